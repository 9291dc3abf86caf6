package planfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"billow/plan"
)

// maxEntries is how many Markdown files a folder of task files may have, tasks or not.
const maxEntries = 200_000

// LeftOut is a Markdown file in a folder of task files that is no task.
type LeftOut struct {
	// Name is relative to the folder, with slashes; Why is for people.
	Name, Why string
}

// entry is a Markdown file in a folder: its name in a bundle, and what it looks like.
type entry struct {
	name string
	info os.FileInfo
}

// list returns the Markdown files of a folder and the folders in it, by name. Names that begin with a dot are passed
// over, and so are node_modules and repositories within. Below the root of a repository it does not go: to name that
// is a slip more often than a wish to run whatever documents lie about.
func list(dir string) ([]entry, error) {
	var out []entry
	_, err := os.Lstat(filepath.Join(dir, ".git"))
	flat := err == nil
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case path == dir:
			return err
		case errors.Is(err, fs.ErrNotExist):
			return nil // gone since its folder was read
		case err != nil:
			return err
		case strings.HasPrefix(d.Name(), "."):
			return skip(d)
		case d.IsDir():
			_, git := os.Lstat(filepath.Join(path, ".git"))
			if flat || git == nil || d.Name() == "node_modules" {
				return fs.SkipDir
			}
			return nil
		case !strings.HasSuffix(d.Name(), ".md"):
			return nil
		}
		info, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
			return nil // a link to nowhere, or to a folder
		}
		if err != nil {
			return err
		}
		if len(out) == maxEntries {
			return &fileError{text: fmt.Sprintf("%s has more than %d Markdown files; is it a folder of tasks?", dir, maxEntries), kind: ErrTooBig}
		}
		name, err := filepath.Rel(dir, path)
		out = append(out, entry{name: filepath.ToSlash(name), info: info})
		return err
	})
	slices.SortFunc(out, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	return out, explain("read", dir, err)
}

func skip(d fs.DirEntry) error {
	if d.IsDir() {
		return fs.SkipDir
	}
	return nil
}

// readFolder returns the bundle of a folder's task files (see plan.Bundle), together at most limit bytes, and what was
// left out. A file that known is true of is a task whatever it looks like now: programs that save in place empty a file
// first, and that is not to be taken for a task that was removed.
func readFolder(dir string, limit int64, known func(name string) bool) (data []byte, left []LeftOut, err error) {
	entries, err := list(dir)
	if err != nil {
		return nil, nil, err
	}
	var files []plan.TaskFile
	tasks, size := 0, int64(0)
	for _, e := range entries {
		text, err := readFile(fileIn(dir, e.name), limit)
		if errors.Is(err, ErrGone) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		kind, why := plan.SortFile(e.name, text)
		if kind == plan.NoTask && !known(e.name) {
			left = append(left, LeftOut{Name: e.name, Why: why})
			continue
		}
		if kind != plan.TaskPlan {
			tasks++
		}
		if size += int64(len(text)); size > limit {
			return nil, nil, tooBig(dir, size, limit)
		}
		files = append(files, plan.TaskFile{Name: e.name, Text: text})
	}
	if tasks == 0 {
		return nil, nil, noTasks(dir)
	}
	if data, err = plan.Bundle(files); err != nil {
		text := fmt.Sprintf("cannot read %s: %s", dir, err)
		return nil, nil, &fileError{text: text, kind: ErrInvalid, cause: err}
	}
	return data, left, nil
}

func noTasks(dir string) error {
	return &fileError{text: fmt.Sprintf("%s is a folder without a plan.yaml and without task files "+
		"(Markdown with a front matter that has a status); name the plan file", dir), kind: ErrNotFile}
}

// hasTasks reports whether there is a task in a folder, or something that keeps us from looking: Open says what.
func hasTasks(dir string) bool {
	entries, err := list(dir)
	for _, e := range entries {
		text, wrong := readFile(fileIn(dir, e.name), MaxBytes)
		if kind, _ := plan.SortFile(e.name, text); kind == plan.TaskOne || wrong != nil {
			return true
		}
	}
	return err != nil
}

// nobody knows no file.
func nobody(string) bool { return false }

// isFolder reports whether a path is a folder.
func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// fileIn is the path of a file of a plan: the plan itself where name is "", else a file of its folder.
func fileIn(path, name string) string { return filepath.Join(path, filepath.FromSlash(name)) }

// textOf is the text of one file of a plan, by its name in the bundle; the whole where name is "", nil where there is
// no such file.
func textOf(data []byte, name string) []byte {
	if name == "" {
		return data
	}
	files, _ := plan.Unbundle(data)
	for _, f := range files {
		if f.Name == name {
			return f.Text
		}
	}
	return nil
}

// step is what has to be written to one file to make one text of a plan from another.
type step struct {
	// name is the file's name in the bundle; "" is the plan file itself.
	name      string
	was, text []byte
	// fresh is true for a file that is not there yet; like is then one that is, whose mode and owner it gets.
	fresh bool
	like  string
}

// do writes the file of a plan.
func (s step) do(path string, exchange func(a, b string) error) (replacement, error) {
	at := fileIn(path, s.name)
	if s.fresh {
		info, err := create(at, fileIn(path, s.like), s.text)
		return replacement{info: info}, explain("write", at, err)
	}
	return replace(at, s.was, s.text, exchange)
}

// steps are the files that differ between two texts of a plan, those that are new among them. Nothing here takes a file
// away.
func steps(path string, was, text []byte) ([]step, error) {
	old, bundle := plan.Unbundle(was)
	if !bundle {
		return []step{{was: was, text: text}}, nil
	}
	now, ok := plan.Unbundle(text)
	var out []step
	kept := 0
	for _, f := range now {
		i, there := slices.BinarySearchFunc(old, f.Name, func(o plan.TaskFile, name string) int { return strings.Compare(o.Name, name) })
		switch {
		case !there:
			out = append(out, step{name: f.Name, text: f.Text, fresh: true, like: old[0].Name})
			continue
		case !slices.Equal(old[i].Text, f.Text):
			out = append(out, step{name: f.Name, was: old[i].Text, text: f.Text})
		}
		kept++
	}
	if !ok || kept < len(old) {
		return nil, otherFiles(path)
	}
	return out, nil
}

func otherFiles(path string) error {
	return &fileError{text: fmt.Sprintf("cannot write %s: the new text has other files", path), kind: ErrInvalid}
}

// after is a text of a plan with some steps done.
func after(data []byte, done []step) []byte {
	files, bundle := plan.Unbundle(data)
	for _, s := range done {
		if !bundle {
			return s.text
		}
		if s.fresh {
			files = append(files, plan.TaskFile{Name: s.name, Text: s.text})
			continue
		}
		i := slices.IndexFunc(files, func(f plan.TaskFile) bool { return f.Name == s.name })
		files[i].Text = s.text
	}
	if !bundle || len(done) == 0 {
		return data
	}
	out, err := plan.Bundle(files)
	if err != nil {
		return data // cannot be: they were files of a bundle
	}
	return out
}
