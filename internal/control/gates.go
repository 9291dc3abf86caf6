package control

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"billow/agents"
	"billow/engine"
	"billow/failure"
	"billow/plan"
)

// gating says whether the waves of a plan have gates, and why, in words that complete "gates are on: ".
func (s *Service) gating(o *Opened, p *plan.Plan, state *engine.State) (on bool, why string) {
	if o.Config.Gates == "off" {
		return false, "gates: off is set"
	}
	if !slices.ContainsFunc(p.Tasks, func(t *plan.Task) bool { return classOf(o.Config, agentOf(o.Config, t)) == engine.ClassAgent }) {
		return false, "no task is an agent's"
	}
	class, stage := s.classNow(o, p, state)
	if stage {
		return false, "it is a step of billow do on the way to a plan"
	}
	if !class.AtLeast(plan.Medium) {
		return false, fmt.Sprintf("the plan is of the class %s", class)
	}
	if _, ok := o.Config.Agent(reviewerAgent); !ok {
		return false, fmt.Sprintf("nothing says how %s is reached", reviewerAgent)
	}
	return true, fmt.Sprintf("the plan is of the class %s", class)
}

// recorded is the class that billow do has recorded for a plan, "" for any other plan; own is true where it has written the
// plan itself, stage for the small plans by which it asks agents something on the way to one.
func (s *Service) recorded(o *Opened) (class plan.Class, own, stage bool) {
	rel, err := filepath.Rel(o.Root, o.Real)
	if err != nil {
		return "", false, false
	}
	dir, name := filepath.Split(rel)
	id := filepath.Base(dir)
	own = filepath.Dir(filepath.Clean(dir)) == filepath.Join(".billow", "do")
	if !own && rel != planPath(id) {
		return "", false, false
	}
	if own && name != "plan.yaml" {
		return "", false, true
	}
	st, err := loadState(o.Root, id)
	if err != nil || filepath.FromSlash(st.Path) != rel {
		return "", false, false
	}
	return st.Assessment.Class, own, false
}

// gatePolicy is what is done about failures of a gate's own work: what cannot be known to have been done is tried again,
// and everything else is a person's. What a reviewer finds is no failure; where it is the plan that is wrong, the run's own
// rule for that holds.
func gatePolicy() failure.Policy {
	var kinds []failure.Kind
	for _, kind := range failure.Kinds() {
		if kind != failure.NeedsApproval && kind != failure.NeedsReplan {
			kinds = append(kinds, kind)
		}
	}
	return failure.Policy{}.WithRetry(0, 0, kinds).WithRetry(1, 0, []failure.Kind{failure.NewFailure}).
		WithRetry(3, 0, []failure.Kind{failure.Transient})
}

// gateSpecs are the gates that a plan is to have: one for each wave that is a barrier, else one. s is the run so far, nil
// before it has begun.
func (r *runner) gateSpecs(s *engine.State, p *plan.Plan, sched *plan.Schedule) []engine.TaskSpec {
	if on, _ := r.gating(r.o, p, s); !on || r.ungated {
		return nil
	}
	numbers, names := []int{0}, []int{1}
	if p.Waves == plan.Strict {
		numbers, names = sched.WaveNumbers, sched.WaveNumbers
	}
	known := map[int]string{}
	taken := func(id string) bool { return p.Task(id) != nil }
	if s != nil {
		for _, g := range s.Gates() {
			known[g.Wave] = g.ID
		}
		for i, n := range numbers {
			// One that was taken away comes back.
			if g, ok := s.Task(gateID(names[i], 1)); ok && g.Gate && g.Wave == n && p.Task(g.ID) == nil {
				known[n] = g.ID
			}
		}
		taken = func(id string) bool { _, ok := s.Task(id); return ok || p.Task(id) != nil }
	}
	out := make([]engine.TaskSpec, len(numbers))
	for i, n := range numbers {
		id := known[n]
		for k := 1; id == ""; k++ {
			if id = gateID(names[i], k); taken(id) {
				id = ""
			}
		}
		out[i] = engine.TaskSpec{ID: id, Wave: n, Gate: true, Revisions: r.o.Config.GateRevisions, Agent: reviewerAgent,
			Class: classOf(r.o.Config, reviewerAgent), Providers: providersOf(r.o.Config, reviewerAgent), Policy: gatePolicy(),
			AnswerTimeout: r.o.Config.AnswerTimeout, ApprovalTimeout: r.o.Config.ApprovalTimeout}
	}
	return out
}

// gateID names a gate after its wave, the only one of a plan without waves gate-1; try counts from 1, for where a task of
// the plan has that name.
func gateID(wave, try int) string {
	id := fmt.Sprintf("gate-%d", wave)
	if try > 1 {
		id = fmt.Sprintf("%s-%d", id, try)
	}
	return id
}

// gateEvents bring the gates of a run to what the plan, as it is now, is to have.
func (r *runner) gateEvents(s *engine.State, p *plan.Plan, sched *plan.Schedule) []engine.Event {
	var out []engine.Event
	wanted := map[string]bool{}
	for _, spec := range r.gateSpecs(s, p, sched) {
		wanted[spec.ID] = true
		old, ok := s.Spec(spec.ID)
		view, _ := s.Task(spec.ID)
		switch {
		case !ok:
			out = append(out, engine.Event{Type: engine.TaskAdded, Task: spec.ID, Spec: &spec, By: "driver"})
		case view.Removed || old.Agent != spec.Agent || old.Class != spec.Class || !slices.Equal(old.Providers, spec.Providers) || old.Revisions != spec.Revisions:
			out = append(out, engine.Event{Type: engine.TaskChanged, Task: spec.ID, Spec: &spec, By: "driver"})
		}
	}
	for _, g := range s.Gates() {
		if p.Task(g.ID) != nil {
			r.notice("warning", "the task %s of %s is left out: a gate of this run has that name; rename it, or start anew with --fresh", g.ID, r.o.Path)
		}
		if !wanted[g.ID] {
			out = append(out, engine.Event{Type: engine.TaskRemoved, Task: g.ID, By: "driver", Reason: "there is no such gate any more"})
		}
	}
	return out
}

// readyGates prepares what gates need to know of what was before this driver.
func (r *runner) readyGates(ctx context.Context) error {
	if len(r.state.Gates()) == 0 {
		return nil
	}
	r.noteDirty(ctx)
	if !r.resumed {
		return nil
	}
	events, err := r.log.Read(ctx, r.stored.ID, 0, 0)
	r.world.remember(events)
	return err
}

// gateTask is a gate as a task, for whatever asks a task what it is.
func (w *World) gateTask(t engine.TaskView) *plan.Task {
	return &plan.Task{ID: t.ID, Title: gateTitle(w.state, t), Agent: t.Agent}
}

func gateTitle(s *engine.State, gate engine.TaskView) string { return "Check " + waveText(s, gate) }

// waveText is the wave of a gate as people are told of it.
func waveText(s *engine.State, gate engine.TaskView) string {
	if !s.Limits().Strict {
		return "the plan"
	}
	return fmt.Sprintf("wave %d", gate.Wave)
}

// checkable is what is known of a completed task that a gate checks.
type checkable struct {
	engine.TaskView
	// files are those that its reports name, from all attempts of the run; summary is that of the last report, and
	// reports are those of the last attempt.
	files   []string
	summary string
	reports []*plan.Value
}

// checkables are the completed tasks of a gate's wave, in the order of the plan.
func (w *World) checkables(gate engine.TaskView) []checkable {
	var out []checkable
	for _, t := range w.state.Guarded(gate.ID) {
		if t.State == engine.Done && !t.Removed && !t.Expanded {
			out = append(out, w.checkable(t))
		}
	}
	return out
}

func (w *World) checkable(t engine.TaskView) checkable {
	c := checkable{TaskView: t}
	for n := 1; n <= t.Attempt; n++ {
		files, err := attemptFiles(w.opened.Root, w.run, t.ID, n)
		if err != nil {
			continue
		}
		c.reports = c.reports[:0]
		for _, f := range files {
			if f.Name != "report.json" && !strings.HasSuffix(f.Name, ".report.json") {
				continue
			}
			data, err := readAtMost(f.Path, agents.MaxReport)
			if err != nil {
				continue
			}
			object := agents.ReportObject(data)
			r, unread := agents.ReadReport(object)
			if unread != nil {
				continue
			}
			c.reports = append(c.reports, object)
			if r.Summary != "" {
				c.summary = r.Summary
			}
			for _, name := range r.Files {
				if !slices.Contains(c.files, name) {
					c.files = append(c.files, name)
				}
			}
		}
	}
	return c
}
