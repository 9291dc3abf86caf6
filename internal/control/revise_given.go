package control

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"

	"billow/engine"
	"billow/failure"
	"billow/plan"
)

// The files of a planner's attempt: the plan as it is given, and the place for the one it makes of it.
const (
	givenFile = "replan.given.yaml"
	draftFile = "replan.yaml"
)

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
	if err != nil {
		return err
	}
	p := plan.Read(r.o.Path, shown, r.o.readOptions()).Plan
	if p == nil {
		return fmt.Errorf("%s cannot be shown to a planner", r.o.Path)
	}
	r.revising.given[t.ID] = givenOut{attempt: attempt, plan: p, of: r.o.Plan(), hash: hash}
	return nil
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
	if found, reopen := reviewed(t); len(found) > 0 {
		asked = append(asked, entry{"critical_findings", found})
		if len(reopen) > 0 {
			asked = append(asked, entry{"reopen", idsBack(reopen)})
		}
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

func idsBack(list []engine.Reopened) []string {
	var out []string
	for _, back := range list {
		out = append(out, back.Task)
	}
	return out
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
		values, _ := r.state.Project(nil, t.ID)
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
