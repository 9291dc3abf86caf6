package planfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"billow/plan"
)

// planNames are what a plan is called in a folder, best first.
var planNames = [...]string{"plan.yaml", "plan.yml"}

// Found is where a plan is and the project it belongs to.
type Found struct {
	// Path is the plan file, or the folder of task files: relative to the working folder where the argument was.
	Path string
	// Root is the project root, absolute: where .billow/ is and tasks run.
	Root string
}

// Find says which plan file is meant. arg is what the user named: a file, a folder with a plan.yaml in it, a folder of
// task files, or the id of a plan (docs/plan/ID/plan.yaml under the project root of dir, or what billow do keeps under
// that id). Without arg it is the plan.yaml of dir, else the one plan under docs/plan/ that is not finished. dir is
// the working folder.
//
// A file that arg names need not exist: Open says so better. Other errors wrap ErrNoPlan or ErrSeveral and
// list what was found.
func Find(arg, dir string) (Found, error) {
	if arg != "" {
		return findNamed(arg, dir)
	}
	if path, ok := planIn(dir); ok {
		return found(relative(path, dir), dir), nil
	}
	return findOpen(dir)
}

// Root is the project root of a folder: the nearest folder upwards with billow.yaml or .git, else the folder
// itself. Symlinks are taken as they are named.
func Root(dir string) string {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return dir
	}
	for at := abs; ; at = filepath.Dir(at) {
		if isMarked(at) {
			return at
		}
		if filepath.Base(at) == ".billow" {
			return filepath.Dir(at) // billow's own folder lies in the root
		}
		if at == filepath.Dir(at) {
			return abs
		}
	}
}

// isMarked reports whether a folder has what makes it the root of a project.
func isMarked(dir string) bool {
	for _, mark := range [...]string{"billow.yaml", ".git"} {
		if _, err := os.Lstat(filepath.Join(dir, mark)); err == nil {
			return true
		}
	}
	return false
}

// folderRoot is the project root of a folder of task files: the folder is the plan, so without any mark it is the
// folder that it lies in.
func folderRoot(dir string) string {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return Root(dir)
	}
	if root := Root(abs); root != abs || isMarked(abs) {
		return root
	}
	return filepath.Dir(abs)
}

func findNamed(arg, dir string) (Found, error) {
	path := absolute(arg, dir)
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		in, ok := planIn(path)
		switch {
		case !ok && hasTasks(path):
			return Found{Path: filepath.Clean(arg), Root: folderRoot(path)}, nil
		case !ok:
			return Found{}, fmt.Errorf("%w in %s: there is no plan.yaml in it, and no Markdown file that is a task", ErrNoPlan, arg)
		}
		name := filepath.Join(arg, filepath.Base(in))
		return found(name, dir), nil
	case err == nil, !isID(arg):
		return found(arg, dir), nil
	}
	plans := filepath.Join(Root(dir), "docs", "plan")
	if in, ok := planIn(filepath.Join(plans, arg)); ok {
		return found(relative(in, dir), dir), nil
	}
	if in, ok := planIn(filepath.Join(Root(dir), ".billow", "do", arg)); ok {
		// billow do keeps what is too small for a plan file of its own.
		return found(relative(in, dir), dir), nil
	}
	text := fmt.Sprintf(": neither %s nor %s exists", arg, relative(filepath.Join(plans, arg, planNames[0]), dir))
	ids := planIDs(plans)
	if near := plan.Nearest(arg, ids); near != "" {
		text += "; did you mean " + near + "?"
	} else if len(ids) > 0 {
		text += "; plans here: " + strings.Join(ids, ", ")
	}
	return Found{}, fmt.Errorf("%w%s", ErrNoPlan, text)
}

// findOpen looks under docs/plan for the plan that is not finished. One plan alone is meant even when it is.
func findOpen(dir string) (Found, error) {
	plans := filepath.Join(Root(dir), "docs", "plan")
	ids := planIDs(plans)
	var open []string
	for _, id := range ids {
		path, _ := planIn(filepath.Join(plans, id))
		if !finished(path) {
			open = append(open, id)
		}
	}
	if len(open) == 0 && len(ids) == 1 {
		open = ids
	}
	switch {
	case len(ids) == 0:
		return Found{}, fmt.Errorf("%w: there is no plan.yaml here and none under %s; name the file", ErrNoPlan, relative(plans, dir))
	case len(open) == 0:
		return Found{}, fmt.Errorf("%w: all plans under %s are finished; name the one you mean: %s",
			ErrNoPlan, relative(plans, dir), strings.Join(ids, ", "))
	case len(open) > 1:
		return Found{}, fmt.Errorf("%w: name the one you mean: %s", ErrSeveral, strings.Join(open, ", "))
	}
	path, _ := planIn(filepath.Join(plans, open[0]))
	return found(relative(path, dir), dir), nil
}

func found(path, dir string) Found {
	return Found{Path: path, Root: Root(filepath.Dir(absolute(path, dir)))}
}

// finished reports whether nothing in a plan is left to do. What cannot be read is not finished: the user
// should hear of it.
func finished(path string) bool {
	data, err := readFile(path, MaxBytes)
	if err != nil {
		return false
	}
	p := plan.Read(path, data, plan.Options{}).Plan
	if p == nil {
		return false
	}
	if s, known := plan.ParseStatus(p.Status); p.Status != "" && known {
		return settled(s)
	}
	for _, t := range p.Tasks {
		if !settled(t.Status) {
			return false
		}
	}
	return true
}

func settled(s plan.Status) bool {
	return s == plan.Completed || s == plan.Skipped || s == plan.Cancelled
}

// planIn returns the plan file of a folder.
func planIn(dir string) (string, bool) {
	for _, name := range planNames {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			return path, true
		}
	}
	return "", false
}

// planIDs are the folders of docs/plan that hold a plan, by name.
func planIDs(plans string) []string {
	entries, err := os.ReadDir(plans)
	if errors.Is(err, fs.ErrNotExist) || err != nil {
		return nil
	}
	var ids []string
	for _, e := range entries {
		if _, ok := planIn(filepath.Join(plans, e.Name())); ok {
			ids = append(ids, e.Name())
		}
	}
	return ids
}

// isID reports whether arg can be the name of a folder under docs/plan; what looks like a file or a path is not.
func isID(arg string) bool {
	ext := filepath.Ext(arg)
	return !strings.ContainsAny(arg, `/\`) && ext != ".yaml" && ext != ".yml" && ext != ".json" && ext != ".md"
}

func absolute(path, dir string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// relative is path as seen from dir, where that is shorter to read.
func relative(path, dir string) string {
	rel, err := filepath.Rel(dir, path)
	if err != nil || strings.HasPrefix(rel, filepath.Join("..", "..", "..")) {
		return path
	}
	return rel
}
