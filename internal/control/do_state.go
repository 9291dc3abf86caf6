package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"billow/internal/intake"
	"billow/internal/planfile"
	"billow/plan"
)

// doState is what billow do keeps of an objective, in .billow/do/ID/state.json, so that it can be gone on with from any
// point. What agents did is not in it: each call of one is a task of a small plan beside it, with a run of its own.
type doState struct {
	PlanID    string            `json:"plan_id"`
	Objective string            `json:"objective"`
	Created   time.Time         `json:"created"`
	Refs      []string          `json:"refs,omitempty"`
	Intent    intake.Intent     `json:"intent,omitempty"`
	Said      string            `json:"complexity,omitempty"`
	Answers   map[string]string `json:"answers,omitempty"`
	Feedback  []string          `json:"feedback,omitempty"`
	// Folded is how much of Feedback is part of the work itself; what was said later is work of its own.
	Folded int `json:"folded,omitempty"`
	// Opinion is what the agent said that was asked about the objective, Unusable why its answer does not count.
	Opinion  *intake.Opinion `json:"opinion,omitempty"`
	Unusable string          `json:"opinion_unusable,omitempty"`
	// Assessment is what the objective came to.
	Assessment intake.Assessment `json:"assessment"`
	Memory     []intake.Item     `json:"memory,omitempty"`
	Phase      phase             `json:"phase"`
	// Path is the plan that is carried out, relative to the root; InMemory is true where it is billow's own.
	Path     string `json:"path,omitempty"`
	InMemory bool   `json:"in_memory,omitempty"`
	// Before is the SHA-256 of the plan as it was when the planner's turn began, or as billow wrote it since; Completed
	// are the tasks that were completed in it.
	Before    string   `json:"before,omitempty"`
	Completed []string `json:"completed,omitempty"`
	Stages    []Stage  `json:"stages,omitempty"`
	// Findings are what the planner is to heed next, Revisions how often it was given any since a person last spoke;
	// Invalid is how often in a row its plan could not be used.
	Findings   []string    `json:"findings,omitempty"`
	Revisions  int         `json:"revisions,omitempty"`
	Invalid    int         `json:"invalid,omitempty"`
	Escalation *Escalation `json:"escalation,omitempty"`
}

// phase is where an objective stands.
type phase string

const (
	phaseClarify phase = "clarify"
	phasePlan    phase = "plan"
	phaseExecute phase = "execute"
)

// Stage is a small plan of billow's own by which an agent was asked something on the way to a plan.
type Stage struct {
	// Kind is assess, plan or review; Number counts the stages of the kind, from 1; Path is its plan, relative to the root.
	Kind   string `json:"kind"`
	Number int    `json:"number"`
	Path   string `json:"path"`
	// Outcome is that of its run, "" while it is not over.
	Outcome string `json:"outcome,omitempty"`
	// Findings are what came of it for the planner.
	Findings []string `json:"findings,omitempty"`
}

// Escalation is what a person is told who must decide.
type Escalation struct {
	Reason   string   `json:"reason"`
	Findings []string `json:"findings,omitempty"`
	Required string   `json:"required_input"`
	// Advice is what an agent that gave up would do next, in its own words; Next are the commands there are.
	Advice string   `json:"advice,omitempty"`
	Next   []string `json:"recommended_next_step"`
}

// doDir is the folder of what billow do keeps of an objective.
func doDir(root, id string) string { return filepath.Join(root, ".billow", "do", id) }

func statePath(root, id string) string { return filepath.Join(doDir(root, id), "state.json") }

// loadState reads a state; fs.ErrNotExist is that there is none.
func loadState(root, id string) (*doState, error) {
	data, err := os.ReadFile(statePath(root, id))
	if err != nil {
		return nil, err
	}
	var st doState
	if err := json.Unmarshal(data, &st); err != nil {
		return nil, fmt.Errorf("%s: %w", statePath(root, id), err)
	}
	return &st, nil
}

// save writes the state in one step: a crash leaves the one before.
func (d *doing) save() error {
	data, err := json.MarshalIndent(d.st, "", "  ")
	if err != nil {
		return err
	}
	path := statePath(d.o.Root, d.st.PlanID)
	if err := writeFile(path+".new", append(data, '\n')); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// planPath is where the plan of an id is, for people and for agents: docs/plan/ID/plan.yaml.
func planPath(id string) string { return filepath.Join("docs", "plan", id, "plan.yaml") }

// adopt makes a state for a plan that is there and that billow do has not made.
func (d *doing) adopt(id string) (*doState, error) {
	o, err := d.Open(filepath.Join(d.o.Root, planPath(id)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if len(plan.Errors(o.Problems)) > 0 {
		return nil, &ProblemsError{File: o.Path, Problems: o.Problems}
	}
	c := plan.Classify(o.Plan(), d.o.Config.ComplexityFloor)
	a := intake.Assess(d.input(&doState{Objective: o.Plan().Objective}))
	a.Class, a.Reasons, a.Signals, a.Critic, a.Certain, a.GrayAreas = c.Class, c.Reasons, c.Signals, c.Critic, true, nil
	return &doState{PlanID: id, Objective: o.Plan().Objective, Created: d.Now().UTC(), Assessment: a, Phase: phaseExecute,
		Path: planPath(id)}, nil
}

// UnplannedError says that what was looked for is an objective of billow do that has no plan yet.
type UnplannedError struct{ IDs []string }

func (e *UnplannedError) Error() string {
	return fmt.Sprintf("%v: billow do has none yet for %s", planfile.ErrNoPlan, list(e.IDs))
}

// Unwrap is planfile.ErrNoPlan.
func (e *UnplannedError) Unwrap() error { return planfile.ErrNoPlan }

// unplanned are the objectives of a project that have no plan yet; of one that is named, only that.
func unplanned(root, id string) []string {
	entries, err := os.ReadDir(filepath.Join(root, ".billow", "do"))
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range entries {
		if id != "" && e.Name() != id {
			continue
		}
		if st, err := loadState(root, e.Name()); err == nil && st.Path == "" {
			out = append(out, e.Name())
		}
	}
	return out
}
