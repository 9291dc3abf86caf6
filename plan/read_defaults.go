package plan

import "strings"

// defaultSet is what some tasks are given where they do not say otherwise.
type defaultSet struct {
	// agent is whose tasks it is for, run is true when it is for tasks with `run`; neither is every task.
	agent string
	run   bool
	from  *Task
	keys  []string
}

// readDefaults reads `defaults`: keys of tasks for every task, and beside them `run: {...}` for tasks
// that run a command and `agents: {NAME: {...}}`, or NAME itself, for the tasks of one agent.
func (r *reader) readDefaults(f Field) {
	switch {
	case f.Value.IsNull():
		return
	case f.Value.Kind != Map:
		r.wrongType(Error, f, "a mapping of keys of tasks", "{timeout: 5m}")
		return
	}
	r.defaults = nil
	every := defaultSet{from: &Task{Source: f.Value}}
	for _, k := range f.Value.Fields {
		keyed := k.Value != nil && k.Value.Kind == Map
		_, known := r.taskKeys[k.Key]
		switch {
		case keyed && k.Key == "run":
			r.defaults = append(r.defaults, r.defaultSet(defaultSet{run: true}, k.Value))
		case keyed && k.Key == "agents":
			for _, agent := range k.Value.Fields {
				r.agentDefaults(agent)
			}
		case keyed && !known:
			r.agentDefaults(k)
		default:
			r.defaultKey(&every, k)
		}
	}
	r.defaults = append(r.defaults, every)
}

// agentDefaults reads what the tasks of one agent are given.
func (r *reader) agentDefaults(f Field) {
	if f.Value.IsNull() {
		return
	}
	if f.Value.Kind != Map {
		r.wrongType(Error, f, "a mapping of keys of tasks", "{timeout: 30m}")
		return
	}
	set := r.defaultSet(defaultSet{agent: strings.TrimSpace(f.Key)}, f.Value)
	r.defaults = append([]defaultSet{set}, r.defaults...)
}

func (r *reader) defaultSet(set defaultSet, v *Value) defaultSet {
	set.from = &Task{Source: v}
	for _, k := range v.Fields {
		r.defaultKey(&set, k)
	}
	return set
}

// defaultKey reads one key into a set.
func (r *reader) defaultKey(set *defaultSet, f Field) {
	known, ok := r.taskKeys[f.Key]
	switch {
	case !ok:
		hint := "it can have the keys of a task, such as timeout, env and retry"
		if near := nearest(f.Key, r.ownTaskKeys); near != "" {
			hint = "did you mean `" + near + "`?"
		}
		r.add(codeKey, Warning, f.Pos, "defaults: billow does not know the key `"+clip(f.Key)+"`", hint)
	case known.take == nil:
		r.add(codeKey, Warning, f.Pos, "`"+f.Key+"` cannot stand in defaults and counts for nothing",
			"write it at each task")
	default:
		known.read(r, set.from, f)
		set.keys = append(set.keys, f.Key)
	}
}

// applyDefaults gives a task what it does not say itself: first by its agent, then as a task with a
// command, then as any task. A key with nothing behind it (`timeout:`) is said: it takes the default away.
func (r *reader) applyDefaults(t *Task) {
	if len(r.defaults) == 0 {
		return
	}
	var taken []string
	take := func(set *defaultSet, keys []string) {
		for _, key := range keys {
			if t.Source.Get(key) == nil && !contains(taken, key) {
				r.taskKeys[key].take(t, set.from)
				taken = append(taken, key)
			}
		}
	}
	// Who does the task decides which sets hold for it, so that comes first.
	every := &r.defaults[len(r.defaults)-1]
	for _, key := range []string{"run", "agent"} {
		if contains(every.keys, key) {
			take(every, []string{key})
		}
	}
	for i := range r.defaults {
		set := &r.defaults[i]
		if set.agent != "" && set.agent != t.Agent || set.run && t.Run == "" {
			continue
		}
		take(set, set.keys)
	}
}
