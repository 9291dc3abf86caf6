package plan

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrRefuse is in the chain of every error about a value that cannot be changed in place.
var ErrRefuse = errors.New("cannot be changed in place")

// Change sets one value of a plan or of one of its tasks.
type Change struct {
	// Task is the id of the task; "" is the plan itself.
	Task string
	// Key is a key of the task, or `flags.` and a key of its flags: status, retries_used,
	// flags.retries_used, flags.flaky, blocked_reason, approval_state, approval_reason.
	Key string
	// Value is the new value, unquoted. retries_used wants a number, flaky true or false.
	Value string
}

// Edit returns the bytes of src with the changes made: a value that is there is replaced, a key that is
// not is inserted near its relatives. It never deletes, and keeps every byte that is not of the values:
// comments, blanks, order, line ends, BOM. Quotes stay where the new value allows it. Of two changes of
// one key the last counts. p must have been read from src.
//
// A value that cannot be replaced in place (over several lines, an alias, a merge key, a collection) is an
// error that wraps ErrRefuse and tells the line; then nothing is changed at all. The cost is that of the
// changes and of one copy of the bytes.
func Edit(p *Plan, src *Source, changes []Change) ([]byte, error) {
	return EditRange(p, src, changes, 0, len(src.Bytes))
}

// EditRange is Edit for changes that all lie between two offsets of src.Bytes: it returns what stands between
// them afterwards, at the cost of that piece alone. A change that reaches out of it is an error.
func EditRange(p *Plan, src *Source, changes []Change, start, end int) ([]byte, error) {
	e := newEditor(src)
	var failed []error
	for _, group := range groupChanges(changes) {
		if err := e.group(p, group); err != nil {
			failed = append(failed, err)
		}
	}
	if len(failed) > 0 {
		return nil, errors.Join(failed...)
	}
	return e.apply(start, end)
}

// CanEdit says which values that a run may have to write cannot be replaced in place: errors P009, because
// to find out when the first task has ended is too late.
func CanEdit(p *Plan, src *Source) []Problem {
	var out []Problem
	e := newEditor(src)
	try := func(task string, target *Value, changes []Change) {
		clear(e.begun)
		e.splices = e.splices[:0]
		for _, run := range (changeGroup{task, changes}).runs() {
			var refused *refusal
			if err := e.set(target, run); errors.As(err, &refused) {
				problem := src.problemAt("P009", Error, refused.pos, refused.Error(), refused.hint)
				problem.Text, problem.Task = refused.text(), task
				out = append(out, problem)
				if refused.pos == target.Pos {
					// Nothing of this task can be written: once is enough.
					return
				}
			}
		}
	}
	if p.Root != nil && planHead(p).Pos.Line > 0 {
		try("", planHead(p), []Change{{Key: "status", Value: "completed"}})
	}
	var changes []Change
	for _, task := range p.Tasks {
		if task.Source == nil {
			continue
		}
		changes = changes[:0]
		for _, key := range keyOrder() {
			switch {
			case key == "status":
				changes = append(changes, Change{task.ID, key, string(Completed)})
			case task.Source.Get(key) == nil:
			case key == "flags":
				changes = append(changes, Change{task.ID, "flags.retries_used", "1"}, Change{task.ID, "flags.flaky", "true"})
			default:
				changes = append(changes, Change{task.ID, key, "1"})
			}
		}
		try(task.ID, task.Source, changes)
	}
	return out
}

// refusal is why one value cannot be changed in place, and where it stands.
type refusal struct {
	src    *Source
	change Change
	pos    Pos
	reason string
	hint   string
}

func (r *refusal) Error() string {
	file, in := r.src.Place(r.pos)
	text := fmt.Sprintf("%s:%d: %s", file, in.Line, r.text())
	if r.hint != "" {
		text += "; " + r.hint
	}
	return text
}

func (r *refusal) text() string {
	what := "`" + r.change.Key + "`"
	switch {
	case r.change.Key == "":
		what = "task " + r.change.Task
	case r.change.Task != "":
		what += " of task " + r.change.Task
	case r.change.Key == "status":
		what += " of the plan"
	}
	return fmt.Sprintf("%s %s: %s", what, ErrRefuse, r.reason)
}

func (r *refusal) Unwrap() error { return ErrRefuse }

// changeGroup is the changes of one task, each key once, in the order in which they are written.
type changeGroup struct {
	task    string
	changes []Change
}

// groupChanges puts the changes of each task together, in the order in which the tasks came up.
func groupChanges(changes []Change) []changeGroup {
	var groups []changeGroup
	place := make(map[string]int, len(changes))
	for _, change := range changes {
		i, known := place[change.Task]
		if !known {
			i = len(groups)
			place[change.Task] = i
			groups = append(groups, changeGroup{task: change.Task})
		}
		g := &groups[i]
		same := slices.IndexFunc(g.changes, func(c Change) bool { return c.Key == change.Key })
		if same >= 0 {
			g.changes[same] = change
			continue
		}
		g.changes = append(g.changes, change)
	}
	for _, g := range groups {
		slices.SortStableFunc(g.changes, func(a, b Change) int { return cmp.Compare(keyRank(a.Key), keyRank(b.Key)) })
	}
	return groups
}

// keyOrder is the order in which keys stand when several are inserted at one place.
func keyOrder() []string {
	return []string{"status", "retries_used", "flags", "approval_state", "approval_reason", "blocked_reason"}
}

func keyRank(key string) int {
	order := keyOrder()
	first, _, _ := strings.Cut(key, ".")
	if i := slices.Index(order, first); i >= 0 {
		return i
	}
	return len(order)
}

// runs splits the changes of a group into those that share the first part of their key: the keys of
// `flags` are written together, since the mapping may have to be made for all of them.
func (g changeGroup) runs() [][]Change {
	var out [][]Change
	for _, change := range g.changes {
		first, _, nested := strings.Cut(change.Key, ".")
		if n := len(out); n > 0 && nested {
			if before, _, nested := strings.Cut(out[n-1][0].Key, "."); nested && before == first {
				out[n-1] = append(out[n-1], change)
				continue
			}
		}
		out = append(out, []Change{change})
	}
	return out
}

// planHead is the mapping that holds the plan's own keys: the document, or the mapping within it that the
// tasks were found in (`plan: {status, tasks}`).
func planHead(p *Plan) *Value {
	key, _, nested := strings.Cut(p.Dialect.TasksAt, ".")
	if inner := p.Root.Get(key); nested && inner != nil && inner.Kind == Map &&
		(inner.Get("status") != nil || p.Root.Get("status") == nil) {
		return inner
	}
	return p.Root
}

// group makes the changes of one task.
func (e *editor) group(p *Plan, g changeGroup) error {
	target := p.Root
	if g.task != "" {
		task := p.Task(g.task)
		if task == nil || task.Source == nil {
			return fmt.Errorf("%s: there is no task %q to change", e.src.Name, g.task)
		}
		target = task.Source
	} else if target != nil {
		target = planHead(p)
	}
	if target == nil {
		return fmt.Errorf("%s: there is no plan to change", e.src.Name)
	}
	for _, run := range g.runs() {
		if err := e.set(target, run); err != nil {
			return err
		}
	}
	return nil
}
