package control

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"billow/agents"
	"billow/engine"
	"billow/failure"
	"billow/plan"
)

// revising is what a run knows of the plans that planners revise. Beside each attempt of a planner lies the plan as it was
// given it; what is there is compared with that, so that two who revise at once do not undo each other's work.
type revising struct {
	// given are the plans as planners were given them, by task. After a crash they are read again.
	given map[string]givenOut
	// next is a plan that is accepted and not yet in the history.
	next *revisedPlan
	// taken are the edits of the revisions of this life.
	taken [][]plan.TaskEdit
	// missed are edits of earlier lives that the file does not have, file is the file without them; nil where it has all.
	missed []plan.TaskEdit
	file   *plan.Document
}

// givenOut is a plan as a planner was given it.
type givenOut struct {
	attempt int
	// plan is what the planner was shown, of what it was made from; hash is that of its text.
	plan, of *plan.Plan
	hash     string
}

// revisedPlan is a plan that takes the place of the one there is.
type revisedPlan struct {
	number int
	o      *Opened
	env    *environment
	class  plan.Class
	edits  []plan.TaskEdit
}

// revises lets the world of a run revise its plan.
func (r *runner) revises(ctx context.Context) {
	r.revising.given = map[string]givenOut{}
	r.world.scope = func(t engine.TaskView, attempt int, step failure.Step) (*plan.Value, error) {
		return r.planningScope(ctx, t, attempt, step)
	}
	r.world.revise = func(s *engine.State, task string, report agents.Report) (engine.Event, []string) {
		return r.revise(ctx, s, task, report)
	}
}

// revise makes a revision of the plan that a planner gives back; findings say why it cannot take the place of the one
// there is.
func (r *runner) revise(ctx context.Context, s *engine.State, id string, report agents.Report) (ev engine.Event, findings []string) {
	t, _ := s.Task(id)
	given, err := r.asGiven(ctx, t)
	if err != nil {
		return ev, []string{fmt.Sprintf("the plan that it was to revise is no longer known: %v", err)}
	}
	draft := r.planFile(t, t.Attempt, draftFile)
	own, _ := filepath.Rel(r.o.Root, r.o.Real)
	object := agents.ReportObject(report.Raw)
	text, _, err := givenPlan(r.o, object, draft, own)
	switch {
	case err != nil:
		return ev, []string{err.Error()}
	case text == nil:
		return ev, []string{"no plan was given: neither at " + filepath.ToSlash(draft) + " nor in the report"}
	}
	theirs := r.o.with(text)
	theirs.leftOut = nil
	if findings := r.readGiven(theirs); len(findings) > 0 {
		return ev, findings
	}
	delta := plan.Compare(given.plan, theirs.Plan())
	delta.Removed = slices.DeleteFunc(delta.Removed, func(id string) bool {
		v, ok := s.Task(id)
		return !ok || v.Removed
	})
	if findings := slices.Concat(immutable(given.plan, theirs.Plan()), r.unfit(s, t, given.of, delta)); len(findings) > 0 {
		return ev, findings[:min(len(findings), mostFindings)]
	}
	next, findings := r.merged(delta)
	if len(findings) > 0 {
		return ev, findings
	}
	c := plan.Classify(theirs.Plan(), string(r.world.class))
	next.class = c.Class
	if ev.Revision, err = r.revision(ctx, s, next, delta); err != nil {
		return ev, []string{err.Error()}
	}
	rev := ev.Revision
	rev.Base, rev.Class = given.hash, string(c.Class)
	if t.Remedy != nil {
		rev.Kind = t.Remedy.Kind
	}
	if c.Class != r.world.class {
		for _, reason := range c.Reasons {
			if reason.Class == c.Class {
				rev.Reasons = append(rev.Reasons, reason.Rule+": "+reason.Saw)
			}
		}
	}
	if limits := r.limits(next.o.Plan()); !reflect.DeepEqual(limits, s.Limits()) {
		ev.Limits = &limits
	}
	ev.Reason = oneLine(object.Get("summary").Inline())
	if past := t.Past; past != nil && ev.Reason == "" {
		ev.Reason = past.Signal.Message
	}
	_, reopen := reviewed(t)
	for _, back := range reopen {
		if v, ok := s.Task(back.Task); ok && v.State == engine.Done && !v.Removed && (v.Wave == t.Wave || !s.Limits().Strict) {
			rev.Reopen = append(rev.Reopen, back)
		}
	}
	next.number = rev.Number
	r.revising.next = next
	r.tellLeft(given.plan, theirs.Plan())
	return ev, nil
}

// with is another text in the place of the plan.
func (o *Opened) with(text []byte) *Opened {
	return &Opened{Path: o.Path, Root: o.Root, Key: o.Key, Real: o.Real, Folder: o.Folder, leftOut: o.leftOut, Config: o.Config, Data: text}
}

// immutable says what a revised plan changes of what no revision may change: what the plan is for. What it leaves out
// stays as it is.
func immutable(base, revised *plan.Plan) []string {
	var out []string
	must := func(key, is, was string) {
		if is != "" && is != was {
			out = append(out, fmt.Sprintf("%s is %q and must stay %q", key, oneLine(is), oneLine(was)))
		}
	}
	if !revised.Root.Get("plan_id").IsNull() {
		must("plan_id", revised.ID, base.ID)
	}
	must("objective", revised.Objective, base.Objective)
	for _, key := range []string{"baseline", "acceptance_criteria"} {
		is, was := revised.Root.Get(key), base.Root.Get(key)
		if !is.IsNull() && !reflect.DeepEqual(plan.ToAny(is), plan.ToAny(was)) {
			out = append(out, key+" of the plan is another and must stay as it was")
		}
	}
	return out
}

// unfit says what in a delta cannot be, as things stand: work that is done is undone, what somebody else has changed
// meanwhile is changed once more, or there is nothing in it.
func (r *runner) unfit(s *engine.State, t engine.TaskView, base *plan.Plan, delta plan.Delta) []string {
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	changed, removed := editIDs(delta.Changed), delta.Removed
	if len(delta.Added)+len(changed)+len(removed) == 0 {
		add("the revised plan changes nothing")
	}
	meanwhile := map[string]string{}
	now := plan.Compare(base, r.o.Plan())
	for _, id := range slices.Concat(editIDs(now.Added), editIDs(now.Changed), now.Removed) {
		meanwhile[id] = "in the file"
	}
	for _, rev := range s.Revisions() {
		for _, id := range slices.Concat(rev.Added, rev.Changed, rev.Removed) {
			if rev.At.After(t.Began) {
				meanwhile[id] = fmt.Sprintf("by revision %d of the plan", rev.Number)
			}
		}
	}
	for _, id := range slices.Concat(editIDs(delta.Added), changed, removed) {
		v, known := s.Task(id)
		by, twice := meanwhile[id]
		switch {
		case known && !v.Removed && slices.ContainsFunc(delta.Added, func(e plan.TaskEdit) bool { return e.ID == id }) && !twice:
			add("the id %s is taken", id)
		case twice:
			add("task %s was changed meanwhile, %s: begin from current_plan once more", id, by)
		case known && v.State == engine.Done && slices.Contains(removed, id):
			add("task %s is completed and is missing: completed tasks stay", id)
		case known && v.State == engine.Done:
			add("task %s is completed and is changed: completed tasks stay as they are; put new work into a task of its own", id)
		}
	}
	for _, task := range r.o.Plan().Tasks {
		v, known := s.Task(task.ID)
		if slices.Contains(removed, task.ID) || slices.Contains(changed, task.ID) || !known || v.Removed || v.State == engine.Done {
			continue
		}
		for _, need := range task.Needs {
			if slices.Contains(removed, need) {
				add("task %s needs %s, which is missing", task.ID, need)
			}
		}
	}
	return out
}

func editIDs(edits []plan.TaskEdit) []string {
	var out []string
	for _, e := range edits {
		out = append(out, e.ID)
	}
	return out
}

// merged is the plan there is with a delta put into it, as the file will have it; findings say why it would not be one
// that can be run.
func (r *runner) merged(delta plan.Delta) (next *revisedPlan, findings []string) {
	edits := slices.Concat(delta.Added, delta.Changed)
	text, err := plan.EditTasks(r.o.Plan(), r.o.Doc.Source, edits)
	if err != nil {
		return nil, []string{err.Error()}
	}
	next = &revisedPlan{o: r.o.with(text), edits: edits}
	r.read(next.o)
	problems := plan.Errors(next.o.Problems)
	p := next.o.Plan()
	if p != nil && r.keeper != nil {
		problems = append(problems, plan.CanEdit(p, next.o.Doc.Source)...)
	}
	for i := range problems {
		problems[i].Line = 0 // that would be one of a text that nobody has seen
	}
	if findings = findingsOf(problems); len(findings) > 0 || p == nil {
		return nil, findings
	}
	if next.env, err = newEnvironment(r.o.Root, r.Environ, p); err != nil {
		return nil, []string{err.Error()}
	}
	return next, nil
}

// revision is what the run is told of a plan, which the store keeps.
func (r *runner) revision(ctx context.Context, s *engine.State, next *revisedPlan, delta plan.Delta) (*engine.Revision, error) {
	kept, err := json.Marshal(delta)
	if err != nil {
		return nil, err
	}
	p := next.o.Plan()
	rev := s.Revise(r.specs(p, next.o.Schedule, true), editIDs(delta.Changed), delta.Removed)
	for _, ev := range r.gateEvents(s, p, next.o.Schedule) {
		gate, _ := s.Task(ev.Task)
		switch {
		case ev.Type == engine.TaskAdded:
			rev.Added = append(rev.Added, *ev.Spec)
		case ev.Type == engine.TaskChanged && gate.Removed:
			rev.Changed = append(rev.Changed, *ev.Spec)
		case ev.Type == engine.TaskChanged:
			rev.Adjusted = append(rev.Adjusted, *ev.Spec)
		}
		// One that is not wanted any more has nothing to check.
	}
	if rev.Plan, err = r.log.PutBlob(ctx, next.o.Data); err != nil {
		return nil, err
	}
	rev.Delta, err = r.log.PutBlob(ctx, kept)
	return rev, err
}

// tellLeft says what a planner has changed beside the tasks, which stays as it is.
func (r *runner) tellLeft(base, revised *plan.Plan) {
	if base.Root == nil || revised.Root == nil {
		return
	}
	var keys []string
	for _, f := range revised.Root.Fields {
		switch f.Key {
		case "tasks", "waves", "phases", "plan", "status", "plan_metrics":
			continue
		}
		if !reflect.DeepEqual(plan.ToAny(f.Value), plan.ToAny(base.Root.Get(f.Key))) {
			keys = append(keys, f.Key)
		}
	}
	if len(keys) > 0 {
		r.notice("info", "the revised plan has another %s; a revision is of tasks, and the rest of %s stays as it is", list(keys), r.o.Path)
	}
}

// follow takes up a plan that has taken the place of the one there was.
func (r *runner) follow(ev engine.Event) {
	next := r.revising.next
	if next == nil || next.number != ev.Revision.Number {
		return // of a run that is taken up; see missedRevisions
	}
	r.revising.next = nil
	r.o.Doc, r.o.Schedule = next.o.Doc, next.o.Schedule
	r.world.plan, r.world.env, r.world.class = next.o.Plan(), next.env, next.class
	r.revising.taken = append(r.revising.taken, next.edits)
	if r.project == nil {
		return
	}
	r.project.plan = next.o.Plan()
	r.keeper.Revise(next.edits)
}

// oneLine is a text for a message.
func oneLine(text string) string { return cut(strings.Join(strings.Fields(text), " "), 200) }
