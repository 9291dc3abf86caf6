package control

import (
	"fmt"

	"billow/engine"
	"billow/plan"
)

// choose finds the tasks that --only and --from mean, nil is all, and what --from reopens.
func (r *runner) choose() (only []string, again []engine.Event, err error) {
	if len(r.r.Only) == 0 && len(r.r.From) == 0 {
		return nil, nil, nil
	}
	p, sched := r.o.Plan(), r.o.Schedule
	chosen := map[int]bool{}
	place := func(id string) (int, error) {
		if t := p.Task(id); t != nil {
			return t.Index, nil
		}
		return 0, noTask(r.o, id)
	}
	var walk func(i int, edges [][]int, want func(int) bool)
	walk = func(i int, edges [][]int, want func(int) bool) {
		if chosen[i] || !want(i) {
			return
		}
		chosen[i] = true
		for _, n := range edges[i] {
			walk(n, edges, want)
		}
	}
	for _, id := range r.r.Only {
		i, err := place(id)
		if err != nil {
			return nil, nil, err
		}
		walk(i, sched.Needs, func(n int) bool {
			v, _ := r.state.Task(p.Tasks[n].ID)
			return n == i || v.State != engine.Done && v.State != engine.Skipped
		})
	}
	for _, id := range r.r.From {
		i, err := place(id)
		if err != nil {
			return nil, nil, err
		}
		for _, n := range sched.Needs[i] {
			if v, _ := r.state.Task(p.Tasks[n].ID); v.State != engine.Done && v.State != engine.Skipped {
				return nil, nil, fmt.Errorf("%w: --from %s: it needs %s, which is %s; use --only %s to run it with what it needs",
					ErrUsage, id, v.ID, v.State, id)
			}
		}
		walk(i, sched.Dependants, func(int) bool { return true })
	}
	for i, t := range p.Tasks {
		if !chosen[i] {
			continue
		}
		only = append(only, t.ID)
		v, _ := r.state.Task(t.ID)
		settled := v.State == engine.Done || v.State == engine.Skipped || v.State == engine.Failed || v.State == engine.Cancelled
		if len(r.r.From) > 0 && settled {
			again = append(again, engine.Event{Type: engine.TaskReopened, Task: t.ID, By: r.User, Reason: "run again by --from"})
		}
	}
	return only, again, nil
}

// noTask is the error for a task's id that the plan does not have.
func noTask(o *Opened, id string) error {
	hint := ""
	if near := plan.Nearest(id, taskIDs(o.Plan())); near != "" {
		hint = fmt.Sprintf("; did you mean %s?", near)
	}
	return fmt.Errorf("%w: there is no task %q in %s%s", ErrUsage, id, o.Path, hint)
}

func taskIDs(p *plan.Plan) []string {
	ids := make([]string, len(p.Tasks))
	for i, t := range p.Tasks {
		ids[i] = t.ID
	}
	return ids
}
