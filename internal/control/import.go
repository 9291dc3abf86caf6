package control

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"billow/internal/importer"
	"billow/internal/planfile"
	"billow/plan"
)

// ImportRequest asks to make a plan of what somebody has in another tool.
type ImportRequest struct {
	// Source is a file, or a folder that one is looked for in.
	Source string
	// From names the format (see importer.Formats); "" finds out.
	From string
	// Tag chooses among the lists of a tasks.json.
	Tag string
	// Agent does the tasks that name nobody; "" is the default_agent of the configuration, else human, since a
	// person can always be asked.
	Agent string
	// Output is the file for the plan; "" writes none. One that is there is replaced only with Force.
	Output string
	Force  bool
}

// ImportResponse is the plan that was made, and what it does not say.
type ImportResponse struct {
	// Source is the file that was read, File the one that was written, "" where none was.
	Source string          `json:"source"`
	Format importer.Format `json:"format"`
	File   string          `json:"file,omitempty"`
	// Tasks and Needs are the numbers of tasks and of dependencies between them.
	Tasks int `json:"tasks"`
	Needs int `json:"needs"`
	// Notes say what was not carried over or means something else now.
	Notes []importer.Note `json:"notes"`
	// Problems are the errors of the plan, which it has from its source.
	Problems []plan.Problem `json:"problems"`
	// Plan is the text of the plan.
	Plan string `json:"plan"`
}

// Import makes a plan of a source of another tool. The error is an *importer.Error where the source cannot be
// imported.
func (s *Service) Import(_ context.Context, r ImportRequest) (*ImportResponse, error) {
	if r.From != "" && !slices.Contains(importer.Formats(), importer.Format(r.From)) {
		return nil, fmt.Errorf("%w: --from is %s, not %q", ErrUsage, formatNames(), r.From)
	}
	o, err := s.project()
	if err != nil {
		return nil, err
	}
	if r.Output != "" && !r.Force {
		if _, err := os.Lstat(s.path(r.Output)); err == nil {
			return nil, &ExistsError{File: r.Output}
		}
	}
	name, err := s.importable(r.Source, importer.Format(r.From))
	if err != nil {
		return nil, err
	}
	file, err := planfile.Open(s.path(name), planfile.Options{MaxBytes: o.Config.Limits.MaxFileBytes})
	if errors.Is(err, planfile.ErrNotFile) {
		return nil, &importer.Error{File: name, Text: "there is nothing in this folder that can be imported", Hint: importer.CanImport}
	}
	if err != nil {
		return nil, err
	}
	opts := importer.Options{Format: importer.Format(r.From), Tag: r.Tag, Agent: r.Agent, ID: importedID(file.Real, file.Folder),
		Limits: o.readOptions().Limits}
	if opts.Agent == "" && o.Config.DefaultAgent == "" {
		opts.Agent = "human"
	}
	made, err := importer.Import(filepath.ToSlash(name), file.Data, opts)
	if err != nil {
		return nil, err
	}
	notes := append([]importer.Note{}, made.Notes...)
	for _, l := range file.LeftOut {
		notes = append(notes, importer.Note{File: path.Join(filepath.ToSlash(name), l.Name), Text: "left out: " + l.Why})
	}
	resp := &ImportResponse{Source: name, Format: made.Format, Tasks: made.Tasks, Needs: made.Needs, Notes: notes, Problems: []plan.Problem{}, Plan: string(made.Plan)}
	o.Path = r.Output
	if o.Path == "" {
		o.Path = "plan.yaml"
	}
	resp.Problems = append(resp.Problems, plan.Errors(s.problems(o, made.Plan))...)
	if r.Output == "" {
		return resp, nil
	}
	resp.File = r.Output
	return resp, s.create(r.Output, made.Plan, r.Force)
}

func formatNames() string {
	var names []string
	for _, f := range importer.Formats() {
		names = append(names, string(f))
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

func (s *Service) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(s.Dir, name)
}

// importable finds what is meant by a folder: a project's tasks.json, else its only workflow, else itself, with task
// files in it. from looks for one of them alone.
func (s *Service) importable(name string, from importer.Format) (string, error) {
	info, err := os.Stat(s.path(name))
	if err != nil || !info.IsDir() || from == importer.Markdown {
		return name, nil // that there is none planfile.Open says better
	}
	tasks := []string{filepath.Join(name, ".taskmaster", "tasks", "tasks.json"), filepath.Join(name, "tasks", "tasks.json"),
		filepath.Join(name, "tasks.json")}
	for _, path := range tasks {
		if info, err := os.Stat(s.path(path)); from != importer.Actions && err == nil && info.Mode().IsRegular() {
			return path, nil
		}
	}
	var found []string
	folders := []string{filepath.Join(name, ".github", "workflows")}
	if filepath.Base(name) == "workflows" {
		folders = append(folders, name)
	}
	for _, folder := range folders {
		for _, pattern := range []string{"*.yml", "*.yaml"} {
			matches, _ := filepath.Glob(filepath.Join(s.path(folder), pattern))
			for _, m := range matches {
				found = append(found, filepath.Join(folder, filepath.Base(m)))
			}
		}
	}
	switch {
	case len(found) == 0 || from == importer.Taskmaster:
		return name, nil
	case len(found) == 1:
		return found[0], nil
	}
	slices.Sort(found)
	return "", &importer.Error{File: name, Text: "there are several files: " + strings.Join(found, ", "), Hint: "name one of them"}
}

// importedID names the plan after its file or folder, or after the project where the name of the file says nothing.
func importedID(real string, folder bool) string {
	base := filepath.Base(real)
	switch {
	case folder:
		return base
	case base != "tasks.json":
		return strings.TrimSuffix(base, filepath.Ext(base))
	}
	for dir := filepath.Dir(real); ; dir = filepath.Dir(dir) {
		if name := filepath.Base(dir); name != "tasks" && name != ".taskmaster" {
			return name
		}
	}
}

// create writes a new file, or replaces one where that is asked for and nobody runs it.
func (s *Service) create(name string, text []byte, force bool) error {
	path := s.path(name)
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err == nil {
		_, err = file.Write(text)
		return errors.Join(err, file.Close())
	}
	if !errors.Is(err, os.ErrExist) {
		return err
	}
	if !force {
		return &ExistsError{File: name}
	}
	was, err := planfile.Open(path, planfile.Options{})
	if err != nil {
		return err
	}
	return s.replace(&Opened{Real: was.Real, Data: was.Data}, text)
}

// ExistsError says that a file is in the way.
type ExistsError struct{ File string }

func (e *ExistsError) Error() string { return e.File + " is there already, and was not touched" }
