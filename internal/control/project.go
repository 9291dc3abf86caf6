package control

import (
	"billow/engine"
	"billow/internal/planfile"
	"billow/plan"
)

// projector writes what the run knows into the plan file, through the file's keeper. It knows what it has
// said, so that only changes are passed on.
type projector struct {
	keeper *planfile.Keeper
	// plan is the file as somebody else last left it.
	plan   *plan.Plan
	said   map[string]*said
	status string
	batch  int // of events, counted from 1
	// changes and values are room for those of a batch and of a task.
	changes []plan.Change
	values  []engine.FileValue
}

// said is what was said of one task.
type said struct {
	// batch is the one in which the task was looked at last: one event can name thousands.
	batch  int
	values []engine.FileValue
}

func newProjector(k *planfile.Keeper, p *plan.Plan) *projector {
	return &projector{keeper: k, plan: p, said: make(map[string]*said, len(p.Tasks))}
}

// of is what was said of a task.
func (p *projector) of(id string) *said {
	of := p.said[id]
	if of == nil {
		of = &said{}
		p.said[id] = of
	}
	return of
}

// value is the value that was said last; ok is false where none was.
func (of *said) value(key string) (value string, ok bool) {
	for i := range of.values {
		if of.values[i].Key == key {
			return of.values[i].Value, true
		}
	}
	return "", false
}

func (of *said) set(key, value string) {
	for i := range of.values {
		if of.values[i].Key == key {
			of.values[i].Value = value
			return
		}
	}
	of.values = append(of.values, engine.FileValue{Key: key, Value: value})
}

// all says what the file should hold of every task: at the start, and at the end, when it is known for sure
// what cannot run.
func (p *projector) all(s *engine.State) {
	var changes []plan.Change
	for id := range s.IDs() {
		changes = p.task(changes, s, id, p.of(id), true)
	}
	p.keeper.Set(p.planStatus(changes, s))
}

// seen says what has changed with these events.
func (p *projector) seen(s *engine.State, events []engine.Event) {
	changes := p.changes[:0]
	p.batch++
	var say func(id string, byHand bool)
	say = func(id string, byHand bool) {
		if id == "" {
			return
		}
		of := p.of(id)
		if of.batch == p.batch {
			return
		}
		of.batch = p.batch
		changes = p.task(changes, s, id, of, byHand)
		if v, ok := s.Task(id); ok && v.Parent != "" {
			say(v.Parent, false)
		}
	}
	var ids []string
	for i := range events {
		ids = tasksOf(ids[:0], &events[i])
		for _, id := range ids {
			say(id, events[i].Type == engine.TaskSetByHand)
		}
	}
	p.changes = changes
	if len(changes) > 0 {
		p.keeper.Set(changes)
	}
}

// tasksOf adds the tasks that an event is about.
func tasksOf(out []string, ev *engine.Event) []string {
	out = append(out, ev.Task)
	for _, back := range ev.SentBack() {
		out = append(out, back.Task)
	}
	if ev.Revision != nil {
		out = append(out, ev.Revision.IDs()...)
	}
	return out
}

// task adds what the file should hold of one task. With again, also what was said before: somebody may have
// changed it since.
func (p *projector) task(changes []plan.Change, s *engine.State, id string, of *said, again bool) []plan.Change {
	values, ok := s.Project(p.values[:0], id)
	if !ok {
		return changes
	}
	p.values = values
	inFile := p.plan.Task(id)
	for _, v := range values {
		key := v.Key
		if key == engine.KeyRetriesUsed && p.plan.Dialect.Retries != "" {
			key = p.plan.Dialect.Retries
		}
		last, known := of.value(key)
		if known && last == v.Value && !again || !known && says(inFile, v) {
			continue
		}
		of.set(key, v.Value)
		changes = append(changes, plan.Change{Task: id, Key: key, Value: v.Value})
	}
	return changes
}

// says reports whether a file says something of a task by itself. What it does not, and is written once and for
// all, is not asked for.
func says(t *plan.Task, v engine.FileValue) bool {
	if t == nil {
		return v.Value == ""
	}
	switch v.Key {
	case engine.KeyStatus:
		return string(t.Status) == v.Value
	case engine.KeyBlockedReason:
		return t.BlockedReason == v.Value
	case engine.KeyApprovalState:
		// Planners write not_required where others write nothing.
		return t.ApprovalState == v.Value || v.Value == "" && t.ApprovalState == "not_required"
	case engine.KeyApprovalReason:
		return t.ApprovalReason == v.Value
	}
	return false
}

// planStatus adds the plan's own status, where the file keeps one or is the kind of file that does.
func (p *projector) planStatus(changes []plan.Change, s *engine.State) []plan.Change {
	status := s.PlanStatus()
	if status == p.status || p.plan.Status == "" && p.plan.Dialect.TasksAt != "tasks" {
		return changes
	}
	if p.plan.Status == "" && status == "pending" {
		return changes
	}
	p.status = status
	return append(changes, plan.Change{Key: engine.KeyStatus, Value: status})
}
