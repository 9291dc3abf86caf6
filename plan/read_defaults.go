package plan

import "strings"

// defaults are a plan's `defaults`; nil where it has none.
type defaults struct {
	// every is for every task, run for those with a command, agents for those of one agent.
	every, run defaultSet
	agents     map[string]defaultSet
}

// defaultSet is what some tasks are given where they do not say otherwise: the keys named, as they were
// read into from.
type defaultSet struct {
	from *Task
	keys []string
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
	d := &defaults{agents: map[string]defaultSet{}}
	d.every.from = &Task{Source: f.Value}
	for _, k := range f.Value.Fields {
		keyed := k.Value != nil && k.Value.Kind == Map
		_, known := r.taskKeys[k.Key]
		switch {
		case keyed && k.Key == "run":
			d.run = r.defaultSet(k.Value)
		case keyed && k.Key == "agents":
			for _, agent := range k.Value.Fields {
				r.agentDefaults(d, agent)
			}
		case keyed && !known:
			r.agentDefaults(d, k)
		default:
			r.defaultKey(&d.every, k)
		}
	}
	r.defaults = d
}

// agentDefaults reads what the tasks of one agent are given.
func (r *reader) agentDefaults(d *defaults, f Field) {
	switch {
	case f.Value.IsNull():
	case f.Value.Kind != Map:
		r.wrongType(Error, f, "a mapping of keys of tasks", "{timeout: 30m}")
	default:
		d.agents[strings.TrimSpace(f.Key)] = r.defaultSet(f.Value)
	}
}

func (r *reader) defaultSet(v *Value) defaultSet {
	set := defaultSet{from: &Task{Source: v}}
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
	d := r.defaults
	if d == nil {
		return
	}
	var taken []string
	take := func(set defaultSet, keys []string) {
		for _, key := range keys {
			if t.Source.Get(key) == nil && !contains(taken, key) {
				r.taskKeys[key].take(t, set.from)
				taken = append(taken, key)
			}
		}
	}
	// Who does the task decides which sets hold for it, so that comes first.
	for _, key := range []string{"run", "agent"} {
		if contains(d.every.keys, key) {
			take(d.every, []string{key})
		}
	}
	if set, ok := d.agents[t.Agent]; ok {
		take(set, set.keys)
	}
	if t.Run != "" {
		take(d.run, d.run.keys)
	}
	take(d.every, d.every.keys)
}
