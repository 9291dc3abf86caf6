package control

import (
	"slices"

	"billow/engine"
)

// earlierRun is the run before a new one. It knows more of what is not done than the file says.
type earlierRun struct {
	id    string
	state *engine.State
}

// idle answers for a new run that could start nothing: there is then no need for a run. It returns nil where
// something can start.
func (r *runner) idle(only []string, again []engine.Event) (*RunResponse, error) {
	if len(only) == 0 && r.mustMove() {
		return nil, nil
	}
	limits := r.limits(r.o.Plan())
	probe := engine.New()
	events := slices.Concat([]engine.Event{r.first}, again, []engine.Event{{Type: engine.DriverStarted, Limits: &limits, Only: only}})
	for _, ev := range events {
		ev.At = r.first.At
		if err := probe.Apply(ev); err != nil {
			return nil, err
		}
	}
	cmds := probe.Next()
	if len(cmds) != 1 || cmds[0].Do != engine.Finish {
		return nil, nil
	}
	if cmds[0].Outcome == engine.OutcomeCompleted && r.staleHead() {
		return nil, nil
	}
	resp := &RunResponse{Run: r.earlier.id, Plan: r.o.Path, PlanID: r.o.Plan().ID, Root: r.o.Root,
		Outcome: cmds[0].Outcome, Nothing: true, Counts: probe.Counts(), Waves: probe.Waves(), Left: r.left(probe, "")}
	if r.earlier.state == nil {
		return resp, nil
	}
	known := r.left(r.earlier.state, r.earlier.id)
	for i, l := range resp.Left {
		k := slices.IndexFunc(known, func(k Left) bool { return k.Task == l.Task && k.State == l.State })
		if k >= 0 {
			resp.Left[i] = known[k]
		}
	}
	return resp, nil
}

// mustMove tells without folding anything that something can start: tasks wait, and none is in a state that
// could keep others waiting.
func (r *runner) mustMove() bool {
	waiting := false
	for i := range r.first.Run.Tasks {
		if r.first.Run.Tasks[i].Gate {
			continue
		}
		switch r.first.Run.Tasks[i].Start.State {
		case "", engine.Waiting:
			waiting = true
		case engine.Done, engine.Skipped:
		default:
			return false
		}
	}
	return waiting
}

// staleHead reports whether the file says of the plan as a whole something else than that it is completed, and
// a run could mend that.
func (r *runner) staleHead() bool {
	status := r.o.Plan().Status
	return !r.r.NoWriteBack && status != "" && status != "completed"
}
