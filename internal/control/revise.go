package control

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"

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
	// taken are the edits of the revisions of this life, count is their number.
	taken [][]plan.TaskEdit
	count atomic.Int64
	// missed are edits of earlier lives that the file does not have, file is the file without them; nil where it has all.
	missed []plan.TaskEdit
	file   *plan.Document
}

// givenOut is a plan as a planner was given it.
type givenOut struct {
	attempt int
	// plan is what the planner was shown, of the plan as it was then; hash is that of its text.
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

// The files of a planner's attempt: the plan as it is given, and the place for the one it makes of it.
const (
	givenFile = "replan.given.yaml"
	draftFile = "replan.yaml"
)

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

// planFile is a file of a planner's attempt, relative to the root.
func (r *runner) planFile(t engine.TaskView, attempt int, name string) string {
	rel, err := filepath.Rel(r.o.Root, filepath.Join(attemptDir(r.o.Root, r.stored.ID, t.ID, attempt), name))
	if err != nil { // both are absolute
		return name
	}
	return rel
}

// give writes the plan as it is now, with what has become of its tasks, where the planner of a task is told to look for it.
func (r *runner) give(ctx context.Context, t engine.TaskView, attempt int) error {
	text := r.withStatuses()
	shown := text
	if r.o.Folder {
		shown = r.asOneFile(text)
	}
	hash, err := r.log.PutBlob(ctx, text)
	if err == nil {
		_, err = r.log.PutBlob(ctx, shown)
	}
	if err == nil {
		err = writeFile(filepath.Join(r.o.Root, r.planFile(t, attempt, givenFile)), shown)
	}
	if err == nil {
		r.revising.given[t.ID] = givenOut{attempt: attempt, plan: plan.Read(r.o.Path, shown, r.o.readOptions()).Plan, of: r.o.Plan(), hash: hash}
	}
	return err
}

// planningScope is what a planner must know that revises the plan of a run because a task of it cannot be done.
func (r *runner) planningScope(ctx context.Context, t engine.TaskView, attempt int, step failure.Step) (*plan.Value, error) {
	given, draft := r.planFile(t, attempt, givenFile), r.planFile(t, attempt, draftFile)
	// A planner that has outlived another billow works on what that one gave it.
	if !exists(filepath.Join(r.o.Root, given)) {
		if err := r.give(ctx, t, attempt); err != nil {
			return nil, err
		}
	}
	var done, running []string
	for _, v := range r.state.Tasks() {
		switch {
		case v.Parent != "" || v.Removed || v.ID == t.ID || v.ID == t.Parent:
		case v.State == engine.Done:
			done = append(done, v.ID)
		case v.State == engine.Running:
			running = append(running, v.ID)
		}
	}
	asked := mapping{{"task", t.ID}}
	if past := t.Past; past != nil {
		asked = append(asked, entry{"kind", string(past.Signal.Kind)}, entry{"reason", past.Signal.Message})
	}
	p := r.o.Plan()
	scope := mapping{{"plan_path", filepath.ToSlash(draft)}, {"current_plan", filepath.ToSlash(given)}, {"requested_by", asked},
		{"findings", findingsIn(t)}, {"baseline", mapping{{"objective", p.Objective}, {"acceptance_criteria", p.Root.Get("acceptance_criteria").Strings()}}},
		{"keep_completed", done}, {"running", running}, {"agents", r.o.team()}, {"revision", step.Arg}}
	doc, problems := plan.Parse("planning_scope", mapping{{"planning_scope", scope}}.yaml(), plan.Limits{})
	if len(plan.Errors(problems)) > 0 || doc == nil {
		return nil, fmt.Errorf("planning_scope: %v", problems)
	}
	return doc.Root, nil
}

// findingsIn are what a planner was told before of plans that could not be taken.
func findingsIn(t engine.TaskView) []string {
	var out []string
	if text, ok := t.Handoff[failure.FieldFindings]; ok && json.Unmarshal([]byte(text), &out) != nil {
		return []string{text}
	}
	return out
}

// withStatuses is the plan with what has become of its tasks, as the file has it or will have it soon.
func (r *runner) withStatuses() []byte {
	p, src := r.o.Plan(), r.o.Doc.Source
	var changes []plan.Change
	for _, t := range p.Tasks {
		values, _ := r.state.Project(t.ID)
		for _, v := range values {
			if (v.Key == engine.KeyStatus || v.Key == engine.KeyBlockedReason) && !says(t, v) {
				changes = append(changes, plan.Change{Task: t.ID, Key: v.Key, Value: v.Value})
			}
		}
	}
	text, err := plan.Edit(p, src, changes)
	if err != nil {
		return src.Bytes // a plan into which nothing can be written is run with --no-write-back
	}
	return text
}

// asOneFile shows a folder of task files as a plan in one file.
func (r *runner) asOneFile(bundle []byte) []byte {
	p := plan.Read(r.o.Path, bundle, r.o.readOptions()).Plan
	if p == nil {
		p = r.o.Plan()
	}
	var tasks []any
	for _, t := range p.Tasks {
		task, _ := plan.ToAny(t.Source).(map[string]any)
		task["id"], task["status"] = t.ID, string(t.Status)
		tasks = append(tasks, task)
	}
	text, err := json.MarshalIndent(map[string]any{"plan_id": p.ID, "objective": p.Objective, "tasks": tasks}, "", "  ")
	if err != nil { // what YAML holds JSON holds
		return bundle
	}
	return append(text, '\n')
}

// asGiven is the plan as the planner of a task was given it.
func (r *runner) asGiven(ctx context.Context, t engine.TaskView) (givenOut, error) {
	if g, ok := r.revising.given[t.ID]; ok && g.attempt == t.Attempt {
		return g, nil
	}
	// Another billow has given it out.
	text, err := readAtMost(filepath.Join(r.o.Root, r.planFile(t, t.Attempt, givenFile)), r.o.Config.Limits.MaxFileBytes)
	if err != nil {
		return givenOut{}, plainError(err)
	}
	g := givenOut{attempt: t.Attempt, plan: plan.Read(r.o.Path, text, r.o.readOptions()).Plan, hash: hashOf(text)}
	if _, err := r.log.Blob(ctx, g.hash); err != nil || g.plan == nil {
		return givenOut{}, fmt.Errorf("somebody has changed it")
	}
	g.of = g.plan
	return g, nil
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
	r.revising.count.Store(int64(len(r.revising.taken)))
	if r.project == nil {
		return
	}
	r.project.plan = next.o.Plan()
	r.keeper.Revise(next.edits)
}

// laterRevisions is a text of somebody else with the revisions that have been taken since it was seen.
func (r *runner) laterRevisions(doc *plan.Document, known int) *plan.Document {
	for _, edits := range r.revising.taken[known:] {
		if text, err := plan.EditTasks(doc.Plan, doc.Source, edits); err == nil { // else OnUnfit is told
			if with := plan.Read(r.o.Path, text, r.o.readOptions()); with.Plan != nil {
				doc = with
			}
		}
	}
	return doc
}

// missedRevisions lays into the plan what the file does not have of the revisions behind the event up to which it is known
// to be true: a driver was killed before it could write them, or was to leave the file alone. What somebody has changed
// since stays, but for what a revision has changed too.
func (r *runner) missedRevisions(ctx context.Context, from int64) error {
	revisions := slices.DeleteFunc(r.state.Revisions(), func(rev engine.Revised) bool { return rev.Seq <= from })
	if len(revisions) == 0 || r.o.Plan() == nil {
		return nil
	}
	failed := func(rev engine.Revised, err error) error {
		return fmt.Errorf("revision %d of the plan: %w", rev.Number, err)
	}
	base, err := r.log.Blob(ctx, revisions[0].Base)
	if err != nil {
		return failed(revisions[0], err)
	}
	before := plan.Read(r.o.Path, base, r.o.readOptions())
	if before.Plan == nil {
		return failed(revisions[0], fmt.Errorf("the plan that it was made from cannot be read"))
	}
	versions := map[string][]plan.TaskEdit{}
	var order []string
	for _, rev := range revisions {
		data, err := r.log.Blob(ctx, rev.Delta)
		if err != nil {
			return failed(rev, err)
		}
		var delta plan.Delta
		if err := json.Unmarshal(data, &delta); err != nil {
			return failed(rev, err)
		}
		for _, e := range slices.Concat(delta.Added, delta.Changed) {
			if versions[e.ID] == nil {
				order = append(order, e.ID)
			}
			versions[e.ID] = append(versions[e.ID], e)
		}
	}
	theirs := editIDs(plan.Compare(before.Plan, r.o.Plan()).Changed)
	for _, id := range order {
		all := versions[id]
		last := all[len(all)-1]
		was, is := before.Plan.Task(id), r.o.Plan().Task(id)
		switch {
		case r.holds(last), was != nil && is == nil:
			continue
		case was != nil && slices.Contains(theirs, id) && !slices.ContainsFunc(all, r.holds):
			last.Value = onto(is.Source, was.Source, last.Value)
		}
		r.revising.missed = append(r.revising.missed, last)
	}
	if len(r.revising.missed) == 0 {
		return nil
	}
	text, err := plan.EditTasks(r.o.Plan(), r.o.Doc.Source, r.revising.missed)
	if err != nil {
		return failed(revisions[0], err)
	}
	r.revising.file = r.o.Doc
	r.o.Doc = plan.Read(r.o.Path, text, r.o.readOptions())
	if r.o.Doc.Plan == nil {
		return failed(revisions[0], fmt.Errorf("it does not go with what %s is now", r.o.Path))
	}
	r.o.Schedule = plan.Order(r.o.Doc.Plan)
	return nil
}

// onto is a task as somebody has left it, with what a revision has changed of it.
func onto(theirs, base, revised *plan.Value) *plan.Value {
	out := *theirs
	out.Fields = slices.Clone(theirs.Fields)
	for _, f := range slices.Concat(revised.Fields, base.Fields) {
		is := revised.Get(f.Key)
		if reflect.DeepEqual(plan.ToAny(is), plan.ToAny(base.Get(f.Key))) {
			continue
		}
		at := slices.IndexFunc(out.Fields, func(o plan.Field) bool { return o.Key == f.Key })
		switch {
		case is == nil && at >= 0:
			out.Fields = slices.Delete(out.Fields, at, at+1)
		case is != nil && at >= 0:
			out.Fields[at].Value = is
		case is != nil:
			out.Fields = append(out.Fields, plan.Field{Key: f.Key, Value: is})
		}
	}
	return &out
}

// holds reports whether the plan has a task as an edit has it.
func (r *runner) holds(e plan.TaskEdit) bool {
	text, err := plan.EditTasks(r.o.Plan(), r.o.Doc.Source, []plan.TaskEdit{e})
	return err == nil && bytes.Equal(text, r.o.Doc.Source.Bytes)
}

// oneLine is a text for a message.
func oneLine(text string) string { return cut(strings.Join(strings.Fields(text), " "), 200) }
