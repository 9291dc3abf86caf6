// Package importer turns what people have in other tools into plans: a tasks.json of Taskmaster, a workflow of
// GitHub Actions, a folder of task Markdown.
//
// It is given bytes and gives back the text of a plan, with a note for everything that the plan cannot say; the
// same is said by a comment in the plan, at its place. What is imported is a start for a person to go on from, so
// the plan is written to be read. The package opens nothing, runs nothing and looks nothing up: what a step of a
// workflow fetches from elsewhere stays unknown to it. Start with Import.
package importer

import (
	"cmp"
	"fmt"
	"slices"

	"billow/plan"
)

// Format is what can be imported.
type Format string

const (
	// Taskmaster is a tasks.json, https://docs.task-master.dev/docs/capabilities/task-structure.
	Taskmaster Format = "taskmaster"
	// Actions is a workflow of GitHub Actions,
	// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax.
	Actions Format = "actions"
	// Markdown is a folder of task files with front matter, as a bundle (see plan.Bundle).
	Markdown Format = "markdown"
)

// Formats are all of them, as --from names them.
func Formats() []Format { return []Format{Taskmaster, Actions, Markdown} }

// Options say how to import. The zero Options let the source speak for itself.
type Options struct {
	// Format is what the source is; "" finds out.
	Format Format
	// ID is the plan's id where the source has no name that would do.
	ID string
	// Tag chooses among the tags of a tasks.json; "" takes the only one, else master.
	Tag string
	// Agent does the tasks that name nobody; "" leaves that to whoever runs the plan.
	Agent string
	// Limits bound what is read; the zero Limits are those of plans.
	Limits plan.Limits
}

// Result is an imported plan.
type Result struct {
	Format Format
	// Plan is the text of the plan.
	Plan []byte
	// Tasks and Needs are the numbers of tasks and of dependencies between them.
	Tasks, Needs int
	// Notes say what was not carried over or means something else now, in the order of the source.
	Notes []Note
}

// Note is something that the plan does not say, or says differently.
type Note struct {
	// File is the source; Line and Column count from 1, 0 where there is no place.
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
	// Task is the id of the task concerned in the plan, "" for the plan as a whole.
	Task string `json:"task,omitempty"`
	Text string `json:"text"`
}

// Error says why a source cannot be imported, worded for whoever typed the command.
type Error struct {
	// File is the source; Line and Column count from 1, 0 where there is no place.
	File         string
	Line, Column int
	// Text says what is wrong, Hint what to do about it; lower case, no full stop.
	Text, Hint string
}

func (e *Error) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Text)
	}
	return e.File + ": " + e.Text
}

// Import reads a source and writes it as a plan. name stands in the notes and at the head of the plan. The error
// is an *Error. The plan can always be read; where the source contradicts itself (tasks that wait for each
// other) so does the plan, and plan.Check says it.
func Import(name string, src []byte, o Options) (*Result, error) {
	if o.Format == "" {
		var err error
		if o.Format, err = recognise(name, src, o.Limits); err != nil {
			return nil, err
		}
	}
	r := &Result{Format: o.Format}
	in := &source{name: name, opts: o, result: r}
	var err error
	switch o.Format {
	case Taskmaster:
		err = in.taskmaster(src)
	case Actions:
		err = in.actions(src)
	case Markdown:
		err = in.markdown(src)
	default:
		err = &Error{File: name, Text: fmt.Sprintf("there is no format %q", o.Format), Hint: CanImport}
	}
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(r.Notes, func(a, b Note) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return r, nil
}

// CanImport says what can be imported, as a hint for whoever comes with something else.
const CanImport = "a tasks.json of Taskmaster, a workflow of GitHub Actions (.github/workflows/*.yml) and a folder of task " +
	"Markdown with front matter can be imported"

// source is one import on its way.
type source struct {
	name   string
	opts   Options
	result *Result
	// bundle is what the places of a folder of task files are places of; nil for a single file.
	bundle *plan.Source
}

// note remembers what the plan does not say; twice the same of one place is once.
func (s *source) note(at plan.Pos, task, format string, args ...any) {
	name := s.name
	if s.bundle != nil {
		name, at = s.bundle.Place(at)
	}
	n := Note{File: name, Line: at.Line, Column: at.Column, Task: task, Text: fmt.Sprintf(format, args...)}
	same := func(o Note) bool {
		return o.File == n.File && o.Line == n.Line && o.Column == n.Column && o.Text == n.Text
	}
	if !slices.ContainsFunc(s.result.Notes, same) {
		s.result.Notes = append(s.result.Notes, n)
	}
}

func (s *source) fail(at plan.Pos, hint, format string, args ...any) error {
	return &Error{File: s.name, Line: at.Line, Column: at.Column, Text: fmt.Sprintf(format, args...), Hint: hint}
}
