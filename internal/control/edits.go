package control

import (
	"cmp"
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"billow/engine"
	"billow/internal/planfile"
	"billow/internal/store"
	"billow/plan"
)

// keep begins to look after the plan file.
func (r *runner) keep(ctx context.Context) error {
	r.edits = make(chan func(*engine.State) []engine.Event, 64)
	if r.r.NoWriteBack || !r.o.Config.WriteBack {
		return nil
	}
	var err error
	r.keeper, err = planfile.NewKeeper(planfile.KeeperOptions{
		Path: r.o.Real, Doc: cmp.Or(r.revising.file, r.o.Doc), Read: r.o.readOptions(), MaxBytes: r.o.Config.Limits.MaxFileBytes,
		Rescue: filepath.Join(runDir(r.o.Root, r.stored.ID), r.o.rescueName()),
		OnEdit: func(e planfile.Edited) {
			// A driver that has ended takes no edits; the next run finds them.
			select {
			case r.edits <- func(s *engine.State) []engine.Event { return r.edited(s, e) }:
			default:
				r.notice("warning", "%s is edited faster than it runs; the last edit counts at the next run", r.o.Path)
			}
		},
		OnTrouble:   func(err error) { r.notice("warning", "%v; the run goes on and writes when it can", err) },
		OnRecovered: func() { r.notice("info", "%s can be written again", r.o.Path) },
		OnRefused: func(c plan.Change, err error) {
			r.notice("warning", "%v", err)
		},
		OnUnfit: func(e plan.TaskEdit, err error) {
			r.notice("warning", "task %s of the revised plan cannot be written: %v; the run goes on with it", e.ID, err)
		},
		OnWriting: func([]byte) error { return r.writing(ctx) },
	})
	if err != nil {
		return err
	}
	r.project = newProjector(r.keeper, r.o.Plan())
	r.world.written = r.keeper.Flush
	r.keeper.Revise(r.revising.missed)
	r.world.lastLook = func(s *engine.State) {
		r.project.all(s)
		r.looked = s.Seq()
		_ = r.keeper.Flush(ctx) // what keeps it from writing, OnTrouble tells
	}
	if proj, err := r.log.Projection(ctx, r.o.Key); err == nil && proj.Run == r.stored.ID {
		r.base, r.before = proj.Seq, proj.Seq
	}
	r.said.Store(r.state.Seq())
	r.project.all(r.state)
	return nil
}

// rescueName is what a plan is called that cannot be written where it was.
func (o *Opened) rescueName() string {
	if o.Folder {
		return "tasks"
	}
	return "plan.yaml"
}

// named is a file of the plan as the plan was named, where it was read under its real path.
func (o *Opened) named(file string) string {
	if rest, ok := strings.CutPrefix(file, filepath.ToSlash(o.Real)); ok {
		return filepath.Join(o.Path, rest)
	}
	return file
}

// writing notes, before each write, up to which event the file is surely true, so that after a crash what
// it says can be told from what somebody changed; see awayEdits. The write before this one has ended, and it
// was put together after the one before that had begun: what was said by then is in the file.
func (r *runner) writing(ctx context.Context) error {
	err := r.log.PutProjection(ctx, store.Projection{Plan: r.o.Key, Run: r.stored.ID, Seq: r.base})
	r.base, r.before = r.before, r.said.Load()
	return err
}

// letGo writes the last values and notes what the file holds.
func (r *runner) letGo(ctx context.Context) error {
	if r.keeper == nil {
		return nil
	}
	if r.state.Seq() == r.looked+1 && r.state.Finished() != "" {
		// Its end is all that has happened since the last look, which said everything else.
		r.keeper.Set(r.project.planStatus(nil, r.state))
	} else {
		r.project.all(r.state)
	}
	text, err := r.keeper.Close(ctx)
	if err != nil {
		return err
	}
	return r.log.PutProjection(ctx, store.Projection{Plan: r.o.Key, Run: r.stored.ID, Seq: r.state.Seq(), Hash: hashOf(text)})
}

// edited turns what somebody did to the plan file into events, if the plan is still one that can run.
func (r *runner) edited(s *engine.State, e planfile.Edited) []engine.Event {
	e.Doc = r.laterRevisions(r.withEdits(e.Doc, e.Unfit), e.Revised)
	sched := plan.Order(e.Doc.Plan)
	problems := append(slices.Clone(e.Doc.Problems), r.check(r.o, e.Doc, sched)...)
	if errs := plan.Errors(problems); len(errs) > 0 {
		p := errs[0]
		r.notice("warning", "%s:%d: %s; the edit takes effect when that is mended", r.o.named(p.File), p.Line, p.Text)
		return nil
	}
	events := s.Diff(r.specs(e.Doc.Plan, sched, true), "file")
	gates := r.gateEvents(s, e.Doc.Plan, sched)
	for _, c := range e.ByHand {
		if ev, ok := handEvent(s, c); ok {
			events = append(events, ev)
		}
	}
	if budget := r.budget(e.Doc.Plan); budget != s.Limits().Budget {
		limits := s.Limits()
		limits.Budget = budget
		ev := engine.Event{Type: engine.LimitsChanged, Limits: &limits, By: "file", Reason: "there is no budget any more"}
		if !budget.IsZero() {
			ev.Reason = "the budget is " + budget.String()
		}
		events = append(events, ev)
	}
	r.world.plan = e.Doc.Plan
	r.o.Doc, r.o.Schedule = e.Doc, sched
	if r.project != nil {
		r.project.plan = e.Doc.Plan
	}
	if len(events) > 0 {
		r.notice("info", "%s was edited: %s", r.o.Path, summary(events))
	}
	return append(events, gates...)
}

func summary(events []engine.Event) string {
	var added, changed, removed, set, rest []string
	for _, ev := range events {
		switch ev.Type {
		case engine.TaskAdded:
			added = append(added, ev.Task)
		case engine.TaskChanged:
			changed = append(changed, ev.Task)
		case engine.TaskRemoved:
			removed = append(removed, ev.Task)
		case engine.LimitsChanged:
			rest = append(rest, ev.Reason)
		default:
			set = append(set, ev.Task)
		}
	}
	var parts []string
	for _, part := range []struct {
		word string
		ids  []string
	}{{"added", added}, {"changed", changed}, {"removed", removed}, {"set by hand", set}} {
		if len(part.ids) > 0 {
			parts = append(parts, part.word+" "+list(part.ids))
		}
	}
	return strings.Join(append(parts, rest...), "; ")
}

// handEvent is what a value means that somebody wrote into the file.
func handEvent(s *engine.State, c plan.Change) (engine.Event, bool) {
	v, ok := s.Task(c.Task)
	if !ok {
		return engine.Event{}, false
	}
	ev := engine.Event{Task: c.Task, By: "file"}
	switch c.Key {
	case engine.KeyStatus:
		status, known := plan.ParseStatus(c.Value)
		if !known || v.State.Status() == status {
			return ev, false
		}
		ev.Type, ev.Status, ev.Reason = engine.TaskSetByHand, string(status), "set by hand in the plan file"
	case engine.KeyApprovalState:
		switch {
		case c.Value == engine.ApprovalApproved && v.Approval != engine.ApprovalApproved:
			ev.Type, ev.Reason = engine.Approved, "approved in the plan file"
		case c.Value == engine.ApprovalDenied && v.Approval != engine.ApprovalDenied:
			ev.Type, ev.Reason = engine.Denied, "denied in the plan file"
		default:
			return ev, false
		}
		if v.State != engine.Waiting && v.State != engine.Blocked {
			return ev, false
		}
	default:
		return ev, false
	}
	return ev, true
}

// awayEdits finds what somebody changed while no driver was there. What the file may say by itself is
// everything that the run said of a value since the event up to which the file was known to be true; a
// driver that was killed may have written any of it.
func (r *runner) awayEdits(ctx context.Context) ([]engine.Event, error) {
	var from int64
	proj, err := r.log.Projection(ctx, r.o.Key)
	switch {
	case errors.Is(err, store.ErrNotFound):
	case err != nil:
		return nil, err
	case proj.Run == r.stored.ID:
		from = proj.Seq
	}
	if err := r.missedRevisions(ctx, from); err != nil {
		return nil, err
	}
	p := r.o.Plan()
	events := r.state.Diff(r.specs(p, r.o.Schedule, true), "file")
	if proj.Hash != "" && proj.Hash == hashOf(r.o.Data) {
		return events, nil
	}
	ours, err := r.saidSince(ctx, from)
	if err != nil {
		return nil, err
	}
	for _, t := range p.Tasks {
		for _, c := range []plan.Change{
			{Task: t.ID, Key: engine.KeyStatus, Value: string(t.Status)},
			{Task: t.ID, Key: engine.KeyApprovalState, Value: t.ApprovalState},
		} {
			if ours[c] {
				continue
			}
			if ev, ok := handEvent(r.state, c); ok {
				events = append(events, ev)
			}
		}
	}
	return events, nil
}

// saidSince collects every value that the run said of a task from an event on.
func (r *runner) saidSince(ctx context.Context, from int64) (map[plan.Change]bool, error) {
	events, err := r.log.Read(ctx, r.stored.ID, 0, 0)
	if err != nil {
		return nil, err
	}
	said := map[plan.Change]bool{}
	note := func(s *engine.State, id string) {
		v, ok := s.Task(id)
		if !ok {
			return
		}
		said[plan.Change{Task: id, Key: engine.KeyStatus, Value: string(v.State.Status())}] = true
		said[plan.Change{Task: id, Key: engine.KeyApprovalState, Value: v.Approval}] = true
		if v.Parent != "" {
			if parent, ok := s.Task(v.Parent); ok {
				said[plan.Change{Task: parent.ID, Key: engine.KeyStatus, Value: string(parent.State.Status())}] = true
			}
		}
	}
	state := engine.New()
	everything := func() {
		for _, t := range state.Tasks() {
			note(state, t.ID)
		}
	}
	for i := range events {
		if err := state.Apply(events[i]); err != nil {
			return nil, err
		}
		switch seq := int64(i + 1); {
		case seq == max(from, 1):
			everything()
		case seq > from:
			for _, id := range tasksOf(nil, &events[i]) {
				note(state, id)
			}
		}
	}
	if from == 0 {
		// Nothing was written yet: the file may still say what it said when the run began.
		for _, t := range r.o.Plan().Tasks {
			if spec, ok := r.state.Spec(t.ID); ok {
				said[plan.Change{Task: t.ID, Key: engine.KeyStatus, Value: string(startStatus(spec))}] = true
				said[plan.Change{Task: t.ID, Key: engine.KeyApprovalState, Value: spec.Start.Approval}] = true
			}
		}
	}
	return said, nil
}

func startStatus(spec engine.TaskSpec) plan.Status {
	if spec.Start.State == "" {
		return plan.Pending
	}
	return spec.Start.State.Status()
}
