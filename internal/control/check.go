package control

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"billow/internal/planfile"
	"billow/plan"
)

// CheckRequest asks what is wrong with plans.
type CheckRequest struct {
	// Plans are named as for Run; none means the one that is found.
	Plans []string
}

// CheckResponse is what was found.
type CheckResponse struct {
	Plans []CheckedPlan `json:"plans"`
	// Errors, Warnings and Infos are the numbers of problems in all of them.
	Errors   int `json:"errors"`
	Warnings int `json:"warnings"`
	Infos    int `json:"infos"`
}

// CheckedPlan is one plan with its problems.
type CheckedPlan struct {
	File string `json:"file"`
	// Repaired is true where the file cannot be read as it stands: what is said of it is then of the text as
	// Fix would repair it.
	Repaired bool `json:"repaired,omitempty"`
	// PlanID, Tasks and Waves are only known where the plan could be read; Class is its complexity.
	PlanID   string         `json:"plan_id,omitempty"`
	Tasks    int            `json:"tasks"`
	Waves    int            `json:"waves,omitempty"`
	Class    plan.Class     `json:"complexity,omitempty"`
	Problems []plan.Problem `json:"problems"`
	// Source is the file's text, for fixes; nil where there was none.
	Source *plan.Source `json:"-"`
}

// Check says what is wrong with plans, their configuration included, all at once. Problems are no error.
func (s *Service) Check(_ context.Context, r CheckRequest) (*CheckResponse, error) {
	names := r.Plans
	if len(names) == 0 {
		names = []string{""}
	}
	resp := &CheckResponse{}
	for _, name := range names {
		o, err := s.Open(name)
		if err != nil {
			return nil, err
		}
		c := CheckedPlan{File: o.Path, Source: o.Doc.Source}
		readable := o.Doc.Source != nil && o.Doc.Source.Root != nil
		c.Problems, c.Repaired = s.throughFaults(o)
		if readable {
			c.Problems = plan.TryFixes(o.Data, c.Problems, func(text []byte) []plan.Problem { return s.problems(o, text) })
		}
		if _, folder := plan.Unbundle(o.Data); folder {
			// Their offsets would be those of no file; Fix carries them out.
			for i := range c.Problems {
				c.Problems[i].Fix = nil
			}
		}
		_, ofContext := o.envelope()
		c.Problems = append(c.Problems, ofContext...)
		if p := o.Plan(); p != nil {
			c.Problems = append(c.Problems, cannotEdit(o, c.Problems)...)
			c.PlanID, c.Tasks, c.Waves = p.ID, len(p.Tasks), len(o.Schedule.WaveNumbers)
			c.Class = plan.Classify(p, o.Config.ComplexityFloor).Class
		}
		if !o.Config.HasAgents() {
			allowNobody(c.Problems)
		}
		resp.Count(c.Problems)
		resp.Plans = append(resp.Plans, c)
	}
	return resp, nil
}

// allowNobody makes warnings of what is wrong with a plan only because the project has no agents: with the plan
// itself nothing is, and another orchestrator may run it. To run it here it stays an error.
func allowNobody(problems []plan.Problem) {
	for i := range problems {
		if p := &problems[i]; p.Code == "P040" || p.Code == "P041" {
			p.Severity = plan.Warning
		}
	}
}

// cannotEdit lists what a run could not write back, but for keys that stand twice, which is said already.
func cannotEdit(o *Opened, said []plan.Problem) []plan.Problem {
	return slices.DeleteFunc(plan.CanEdit(o.Plan(), o.Doc.Source), func(p plan.Problem) bool {
		return slices.ContainsFunc(said, func(twice plan.Problem) bool { return twice.Code == "P006" && twice.Line == p.Line })
	})
}

// throughFaults lists the problems of a plan. Where the file is not YAML, Read sees only the first fault; then
// all that can be repaired are listed, and behind them what is wrong with the repaired text, which o holds from
// then on. repaired says so.
func (s *Service) throughFaults(o *Opened) (problems []plan.Problem, repaired bool) {
	problems = append([]plan.Problem{}, o.Problems...)
	if !plan.MayRepair(problems) {
		return problems, false
	}
	mended := plan.Repair(o.Path, o.Data, o.readOptions())
	var rest []plan.Problem
	for _, p := range problems {
		if !slices.ContainsFunc(mended.Faults, func(f plan.Problem) bool { return f.File == p.File && f.Line == p.Line && f.Code == p.Code }) {
			rest = append(rest, p)
		}
	}
	problems = append(append([]plan.Problem{}, mended.Faults...), rest...)
	if o.Plan() != nil || mended.Document.Plan == nil {
		return problems, false
	}
	o.Doc, o.Schedule = mended.Document, plan.Order(mended.Document.Plan)
	for _, p := range append(slices.Clone(o.Doc.Problems), s.check(o, o.Doc, o.Schedule)...) {
		// Its edits would be those of another text.
		p.Repaired, p.Fix = true, nil
		problems = append(problems, p)
	}
	return problems, true
}

// Count adds problems to the numbers.
func (r *CheckResponse) Count(problems []plan.Problem) {
	for _, p := range problems {
		switch p.Severity {
		case plan.Error:
			r.Errors++
		case plan.Warning:
			r.Warnings++
		case plan.Info:
			r.Infos++
		}
	}
}

// ClassifyRequest asks how much care a plan needs.
type ClassifyRequest struct {
	Plan string
}

// ClassifyResponse is the class of a plan, and why.
type ClassifyResponse struct {
	Plan   string `json:"plan"`
	PlanID string `json:"plan_id"`
	plan.Classification
}

// Classify says how much care a plan needs, and why.
func (s *Service) Classify(_ context.Context, r ClassifyRequest) (*ClassifyResponse, error) {
	o, err := s.Open(r.Plan)
	if err != nil {
		return nil, err
	}
	p := o.Plan()
	if p == nil {
		return nil, &ProblemsError{File: o.Path, Problems: o.Problems}
	}
	return &ClassifyResponse{Plan: o.Path, PlanID: p.ID, Classification: plan.Classify(p, o.Config.ComplexityFloor)}, nil
}

// GraphRequest asks for the picture of a plan.
type GraphRequest struct {
	// Plan and Run are named as for Status.
	Plan, Run string
	// Reduced leaves out edges that follow from others.
	Reduced bool
}

// Graph makes the picture of a plan, with the states of its latest run. A plan with errors is drawn as far
// as it goes: to see a circle is the quickest way to mend it.
func (s *Service) Graph(ctx context.Context, r GraphRequest) (*plan.Diagram, error) {
	o, err := s.Open(r.Plan)
	if err != nil {
		return nil, err
	}
	p := o.Plan()
	if p == nil {
		return nil, &ProblemsError{File: o.Path, Problems: o.Problems}
	}
	opts := plan.DiagramOptions{Reduced: r.Reduced}
	if n := len(plan.Errors(o.Problems)); n > 0 {
		s.notice("warning", "%s: see billow check", (&ProblemsError{File: o.Path, Problems: o.Problems}).Error())
		return p.Diagram(opts), nil
	}
	v, err := s.lookAt(ctx, o, r.Run)
	if err != nil {
		return nil, err
	}
	opts.Statuses, opts.Durations = map[string]string{}, map[string]time.Duration{}
	for _, t := range v.state.Tasks() {
		opts.Statuses[t.ID] = string(t.State.Status())
		if t.Took > 0 {
			opts.Durations[t.ID] = t.Took
		}
	}
	return p.Diagram(opts), nil
}

// Rule gives the page about a code of a problem, in Markdown.
func (s *Service) Rule(code string) (string, error) {
	// The codes of repairs are no problems, and have pages all the same.
	if page, ok := plan.Explain(code); ok {
		return page, nil
	}
	for _, c := range Codes() {
		if strings.EqualFold(c.Code, code) {
			return c.Page, nil
		}
	}
	return "", fmt.Errorf("%w: there is no code %q", ErrUsage, code)
}

// TaskIDs are the ids of a plan's tasks and of the gates of its last run, for completion; none where the plan cannot be
// read.
func (s *Service) TaskIDs(ctx context.Context, arg string) []string {
	o, err := s.Open(arg)
	if err != nil || o.Plan() == nil {
		return nil
	}
	ids := taskIDs(o.Plan())
	if v, err := s.lookAt(ctx, o, ""); err == nil { // else only the plan is known
		for _, g := range v.state.Gates() {
			ids = append(ids, g.ID)
		}
	}
	return ids
}

// PlanIDs are the ids by which the project's plans can be named: the folders of docs/plan.
func (s *Service) PlanIDs() []string {
	paths, _ := filepath.Glob(filepath.Join(planfile.Root(s.Dir), "docs", "plan", "*", "plan.y*ml"))
	var ids []string
	for _, path := range paths {
		ids = append(ids, filepath.Base(filepath.Dir(path)))
	}
	return ids
}
