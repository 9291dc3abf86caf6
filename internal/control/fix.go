package control

import (
	"context"
	"os"
	"path"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"billow/internal/planfile"
	"billow/plan"
)

// FixRequest asks to mend a plan file.
type FixRequest struct {
	// Plan is named as for Run.
	Plan string
	// Write puts the mended text in place of the file; else it is only shown.
	Write bool
	// Readable is true where it is enough that the file can be read: it is repaired, and no fix of another
	// problem is carried out.
	Readable bool
}

// FixResponse is what there was to mend.
type FixResponse struct {
	File string `json:"file"`
	// Repairs are the lines that made the file readable, Fixes the other problems that were fixed.
	Repairs []plan.LineRepair `json:"repairs"`
	Fixes   []plan.Problem    `json:"fixes"`
	// Diff is the change as a unified diff, "" where there is nothing to change.
	Diff string `json:"diff"`
	// Written is true where the file now has the change.
	Written bool `json:"written"`
	// Left are the problems of the mended plan. Where the file cannot be repaired, they are the faults that were
	// found on the way to the one that no repair is known for, which is the last.
	Left []plan.Problem `json:"left"`
}

// Fix mends a plan file: it makes it readable where it is not YAML, and carries out the fixes that problems of
// the plan have. With Write it respects who runs the plan (planfile.ErrLocked) and who wrote to the file
// meanwhile (planfile.ErrChanged).
func (s *Service) Fix(_ context.Context, r FixRequest) (*FixResponse, error) {
	o, err := s.open(r.Plan)
	if err != nil {
		return nil, err
	}
	resp := &FixResponse{File: o.Path, Repairs: []plan.LineRepair{}, Fixes: []plan.Problem{}, Left: []plan.Problem{}}
	mended := plan.Repair(o.Path, o.Data, o.readOptions())
	if mended.Document.Source.Root == nil && len(mended.Faults) > 0 {
		resp.Left = mended.Faults
		return resp, nil
	}
	resp.Repairs = append(resp.Repairs, mended.Repairs...)
	text := mended.Bytes
	if !r.Readable {
		var fixed []plan.Problem
		text, fixed = plan.ApplyFixes(text, func(text []byte) []plan.Problem { return s.problems(o, text) })
		resp.Fixes = append(resp.Fixes, fixed...)
	}
	resp.Left = append(resp.Left, s.problems(o, text)...)
	resp.Diff = unified(o.Path, o.Data, text)
	if resp.Diff == "" || !r.Write {
		return resp, nil
	}
	if err := s.replace(o, text); err != nil {
		return nil, err
	}
	resp.Written = true
	return resp, nil
}

// problems are what is wrong with a text in place of the plan's.
func (s *Service) problems(o *Opened, text []byte) []plan.Problem {
	other := *o
	other.Data = text
	s.read(&other)
	return other.Problems
}

// replace writes a text in place of the plan, unless somebody runs it.
func (s *Service) replace(o *Opened, text []byte) error {
	// Nobody runs a plan that has no lock file; asking for the lock would make one.
	if dir := planfile.LockDir(o.Real); planfile.Held(dir, o.Real) {
		lock, err := planfile.Acquire(dir, o.Real, planfile.Holder{PID: os.Getpid(), Host: hostname(), Started: s.Now()})
		if err != nil {
			return err
		}
		defer lock.Close()
	}
	return planfile.Replace(o.Real, o.Data, text)
}

// unified is the difference of two texts of a plan as patch reads it; of a folder, that of each file.
func unified(name string, was, now []byte) string {
	old, _ := plan.Unbundle(was)
	files, _ := plan.Unbundle(now)
	if len(old) == 0 || len(old) != len(files) {
		return unifiedFile(name, was, now)
	}
	var out strings.Builder
	for i, f := range files {
		out.WriteString(unifiedFile(path.Join(name, f.Name), old[i].Text, f.Text))
	}
	return out.String()
}

func unifiedFile(name string, was, now []byte) string {
	text := string(diff.Diff(name, was, name, now))
	_, text, _ = strings.Cut(text, "\n") // Its first line is for people, and says the name twice.
	return text
}
