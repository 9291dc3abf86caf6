package plan

import (
	"fmt"
	"slices"
)

// misreading is an edit that would not read as what was meant.
type misreading struct {
	name, what string
}

func (m *misreading) Error() string {
	return fmt.Sprintf("%s: %s: with the tasks written there, %s; edit the file by hand", m.name, ErrRefuse, m.what)
}

func (m *misreading) Unwrap() error { return ErrRefuse }

// verify reads the result again and holds it to what is meant: the tasks of the edits say what they are to say and keep
// what billow owns, and everything else says what it said.
func (e *taskEditor) verify(todo []TaskEdit, out []byte) error {
	wrong := func(format string, args ...any) error {
		return &misreading{name: e.src.Name, what: fmt.Sprintf(format, args...)}
	}
	doc := Read(e.src.Name, out, Options{Limits: e.limits(len(todo), len(out))})
	if bad := Errors(doc.Problems); len(bad) > 0 {
		return wrong("%s:%d: %s", bad[0].File, bad[0].Line, bad[0].Text)
	}
	now := doc.Plan
	edited := make(map[string]*TaskEdit, len(todo))
	added := 0
	for i := range todo {
		edit := &todo[i]
		edited[edit.ID] = edit
		t, was := now.Task(edit.ID), e.plan.Task(edit.ID)
		switch {
		case t == nil:
			return wrong("there is no task %s", edit.ID)
		case !edit.says(t):
			return wrong("task %s does not say what is meant", edit.ID)
		case was == nil:
			added++
		case !slices.EqualFunc(ownedFields(was.Source), ownedFields(t.Source), sameField):
			return wrong("the status of task %s, or another value that billow owns, is not what it was", edit.ID)
		}
	}
	if len(now.Tasks) != len(e.plan.Tasks)+added {
		return wrong("there are %d tasks instead of %d", len(now.Tasks), len(e.plan.Tasks)+added)
	}
	last := -1
	for _, t := range e.plan.Tasks {
		is := now.Task(t.ID)
		switch {
		case is == nil:
			return wrong("task %s is gone", t.ID)
		case is.Index <= last && e.src.parts == nil:
			return wrong("task %s is not in its place", t.ID)
		case edited[t.ID] != nil:
		case !same(t.Source, is.Source) || t.Wave != is.Wave || t.WaveSet != is.WaveSet:
			return wrong("task %s says something else", t.ID)
		}
		last = is.Index
	}
	if e.plan.Dialect.Documents != now.Dialect.Documents || e.plan.Dialect.TasksAt != now.Dialect.TasksAt {
		return wrong("the plan has another shape")
	}
	c := rest{was: e.plan, now: now}
	if !c.same(e.plan.Root, now.Root) {
		return wrong("something beside the tasks is different")
	}
	return nil
}

// limits are those for a reading of this plan with so many tasks more and so many bytes: whoever read it first may have
// allowed more than Read does.
func (e *taskEditor) limits(tasks, size int) Limits {
	l := Limits{}.withDefaults()
	l.MaxBytes, l.MaxTasks = max(l.MaxBytes, size+2), max(l.MaxTasks, len(e.plan.Tasks)+tasks)
	return l
}

// ownedFields are the fields of a task that billow owns, in the order of the file.
func ownedFields(v *Value) []Field {
	var out []Field
	for _, f := range v.fields() {
		if slices.Contains(ownedKeys(), f.Key) {
			out = append(out, f)
		}
	}
	for _, f := range v.Get("flags").fields() {
		if slices.Contains(ownedFlags(), f.Key) {
			out = append(out, Field{Key: "flags." + f.Key, Value: f.Value})
		}
	}
	return out
}

func sameField(a, b Field) bool { return a.Key == b.Key && same(a.Value, b.Value) }

// rest compares two readings of a plan leaving aside the tasks, which are compared by themselves.
type rest struct{ was, now *Plan }

// underID reports whether a field is a task under its id.
func underID(p *Plan, f Field) bool {
	t := p.Task(f.Key)
	return t != nil && (t.Source == f.Value || f.Value.IsNull() && t.Source.Pos == f.Pos)
}

// listed reports whether an item of a list is a task.
func listed(p *Plan, v *Value) bool {
	if v == nil || v.Kind != Map || idField(v) == nil {
		return false
	}
	t := p.Task((&item{value: v}).id())
	return t != nil && t.Source == v
}

func (c rest) same(a, b *Value) bool {
	if a.IsNull() || b.IsNull() || a.Kind != b.Kind || a.Kind == Scalar {
		return same(a, b)
	}
	if a.Kind == List {
		return slices.EqualFunc(unlisted(c.was, a), unlisted(c.now, b), c.same)
	}
	return slices.EqualFunc(unnamed(c.was, a), unnamed(c.now, b), func(a, b Field) bool { return a.Key == b.Key && c.same(a.Value, b.Value) })
}

func unlisted(p *Plan, v *Value) []*Value {
	var out []*Value
	for _, item := range v.Items {
		if !listed(p, item) {
			out = append(out, item)
		}
	}
	return out
}

func unnamed(p *Plan, v *Value) []Field {
	var out []Field
	for _, f := range v.Fields {
		if !underID(p, f) {
			out = append(out, f)
		}
	}
	return out
}
