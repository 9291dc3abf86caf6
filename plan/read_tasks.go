package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// item is one task as it was found: where it stands, and what its surroundings say about it.
type item struct {
	value *Value
	// key is the field of the task where the tasks are a mapping of ids; its Key is "" in a list.
	key Field
	// wave is the number of the group the task stands in; grouped is false outside of any.
	wave    int
	grouped bool
}

// finder collects the tasks of a document, wherever the author's habit has put them.
type finder struct {
	r *reader
	// head is the mapping that holds the plan's own keys: the document, or its `plan:`.
	head  *Value
	at    string
	items []item
	// references are waves given by a list of ids beside the tasks: `waves: [{wave: 1, tasks: [T1]}]`.
	references map[string]int
	// known are the ids of the top-level tasks, while groups are read that may only repeat them.
	known map[string]bool
	// named are mappings with tasks that were said to be left out.
	named map[*Value]bool
	// leaves counts the groups that hold tasks, which numbers groups within groups.
	leaves int
	full   bool
}

// maxWave bounds wave numbers, so that a date or a ticket number is not taken for one.
const maxWave = 100_000

// groupKeys are the names under which tasks come in groups, one after the other.
func groupKeys() []string { return []string{"waves", "phases", "stages", "milestones"} }

// findTasks looks for tasks at the top of the document, then in its `plan:`, then in any other mapping
// that has tasks, then under keys such as `wave_1:`.
func findTasks(r *reader, root *Value) *finder {
	f := &finder{r: r, head: root, references: map[string]int{}, named: map[*Value]bool{}}
	if f.holder(root, "") {
		return f
	}
	if inner := root.Get("plan"); inner != nil && f.holder(inner, "plan.") {
		f.head = inner
		return f
	}
	for i, field := range root.Fields {
		if _, numbered := waveKey(field.Key); !numbered && f.holder(field.Value, field.Key+".") {
			f.head = field.Value
			f.others(root.Fields[i+1:], field.Key)
			return f
		}
	}
	for _, field := range root.Fields {
		n, numbered := waveKey(field.Key)
		switch {
		case !numbered || field.Value == nil:
		case field.Value.Kind == List && looksLikeTasks(field.Value):
			f.tasks(field.Value, n, true)
			f.at = "wave_N"
		case looksLikeTasks(field.Value.Get("tasks")):
			f.tasks(field.Value.Get("tasks"), n, true)
			f.at = "wave_N.tasks"
		}
	}
	return f
}

// others names the keys behind the one that held the tasks under which more of them stand, as those of each tag
// of Taskmaster do.
func (f *finder) others(fields []Field, key string) {
	for _, field := range fields {
		if v := field.Value; v != nil && v.Kind == Map && v.Get("tasks") != nil && looksLikeTasks(v.Get("tasks")) {
			f.named[v] = true
			f.r.add(codeTask, Warning, field.Pos, fmt.Sprintf("the tasks under %s are left out: the plan is what stands under %s",
				strconv.Quote(clip(field.Key)), strconv.Quote(clip(key))),
				"make a plan of its own of them; `billow import --tag` does so with a tasks.json")
		}
	}
}

// holder collects the tasks of a mapping that has them under `tasks` or in groups, and reports whether
// there were any. prefix is the mapping's own place in Dialect.TasksAt.
func (f *finder) holder(v *Value, prefix string) bool {
	if v == nil || v.Kind != Map {
		return false
	}
	if tasks := v.Get("tasks"); tasks != nil && (prefix == "" || looksLikeTasks(tasks)) {
		f.tasks(tasks, 0, false)
		f.at = prefix + "tasks"
		if tasks.Kind == Map {
			f.at += "{}"
		}
	}
	own := len(f.items)
	f.known = make(map[string]bool, own)
	for i := range f.items {
		if id := f.items[i].id(); id != "" {
			f.known[id] = true
		}
	}
	for _, key := range groupKeys() {
		groups := v.Get(key)
		if own == 0 && !looksLikeGroups(groups) {
			continue
		}
		f.groups(groups, false)
		if own == 0 {
			f.at = prefix + key + "[].tasks"
			if groups.Kind == Map {
				f.at = prefix + key + "{}.tasks"
			}
			break
		}
	}
	return len(f.items) > 0
}

// looksLikeTasks reports whether a value holds something with an id, or groups of such: it is asked of
// values whose own name says nothing.
func looksLikeTasks(v *Value) bool {
	if v == nil {
		return false
	}
	for _, t := range v.Items {
		if t != nil && t.Kind == Map && (idField(t) != nil || looksLikeTasks(t.Get("tasks"))) {
			return true
		}
	}
	for _, field := range v.Fields {
		if field.Value != nil && field.Value.Kind == Map {
			return true
		}
	}
	return false
}

// looksLikeGroups reports whether waves or phases hold any task, and not only prose: a roadmap is no plan.
func looksLikeGroups(v *Value) bool {
	if v == nil {
		return false
	}
	for _, g := range v.Items {
		if isGroup(g) {
			return true
		}
	}
	for _, field := range v.Fields {
		if isGroup(field.Value) || field.Value != nil && field.Value.Kind == List && looksLikeTasks(field.Value) {
			return true
		}
	}
	return false
}

func isGroup(v *Value) bool {
	tasks := v.Get("tasks")
	if tasks != nil && tasks.Kind == Map && len(tasks.Fields) > 0 {
		return true
	}
	if tasks != nil && slices.ContainsFunc(tasks.Items, func(t *Value) bool { return t != nil && t.Kind == Map }) {
		return true
	}
	return slices.ContainsFunc(groupKeys(), func(key string) bool { return looksLikeGroups(v.Get(key)) })
}

// tasks collects a list of tasks, or a mapping of id to task.
func (f *finder) tasks(v *Value, wave int, grouped bool) {
	switch {
	case v.IsNull():
	case v.Kind == List:
		f.items = slices.Grow(f.items, min(len(v.Items), f.r.opts.Limits.withDefaults().MaxTasks))
		for _, t := range v.Items {
			f.entry(item{value: t, wave: wave, grouped: grouped}, v)
		}
	case v.Kind == Map && idField(v) != nil && idField(v).Value != nil && idField(v).Value.Kind == Scalar:
		f.r.add(codeTask, Error, v.Pos, "tasks is one task, not a list of tasks", "write `- ` before its id")
		f.push(item{value: v, wave: wave, grouped: grouped})
	case v.Kind == Map:
		for _, field := range v.Fields {
			if n, numbered := waveNumber(field.Key); numbered && field.Value != nil && field.Value.Kind == List {
				f.tasks(field.Value, n, true)
				continue
			}
			f.entry(item{value: field.Value, key: field, wave: wave, grouped: grouped}, v)
		}
	default:
		f.r.add(codeType, Error, v.Pos, "tasks must be a list, found "+describe(v),
			"write each task as a list item: `- id: NAME`")
	}
}

// entry takes one thing out of a list of tasks: a task, a group of tasks, or the name of a task that
// stands elsewhere.
func (f *finder) entry(it item, in *Value) {
	v := it.value
	named := it.key.Key != ""
	switch {
	case v != nil && v.Kind == Map && !named && idField(v) == nil && looksLikeTasks(v.Get("tasks")):
		f.group(v, f.leaves+1, false)
	case v != nil && v.Kind == Map && f.known[it.id()]:
		f.refer(it.id(), it)
	case v != nil && v.Kind == Map:
		f.push(it)
	case v.IsNull() && named:
		it.value = &Value{Kind: Map, Pos: it.key.Pos}
		f.push(it)
	case v != nil && v.Kind == Scalar && !named && f.known[strings.TrimSpace(v.Text)]:
		f.refer(strings.TrimSpace(v.Text), it)
	case v != nil && v.Kind == Scalar && !named && it.grouped && len(f.known) > 0:
		f.r.add(codeTask, Warning, v.Pos, describe(v)+" is in a wave and is no task of the plan",
			"name a task as its id is written, or take the line out")
	default:
		pos, name := in.Pos, "an entry among the tasks"
		if v != nil && v.Pos.Line > 0 {
			pos = v.Pos
		}
		if named {
			pos, name = it.key.Pos, "the task "+strconv.Quote(clip(it.key.Key))
		}
		f.r.add(codeTask, Error, pos, name+" must be a mapping, found "+describe(v),
			"write a task as `- id: NAME` with its other keys below")
	}
}

// refer notes the wave of a task that stands outside of the group that names it.
func (f *finder) refer(id string, it item) {
	if _, twice := f.references[id]; it.grouped && !twice {
		f.references[id] = it.wave
	}
}

// push takes a task, as long as there are not too many.
func (f *finder) push(it item) {
	if limit := f.r.opts.Limits.withDefaults().MaxTasks; len(f.items) >= limit {
		if !f.full {
			f.r.add(codeTooMany, Error, it.value.Pos, fmt.Sprintf("there are more than %d tasks", limit),
				"split the plan, or raise the limit on tasks")
		}
		f.full = true
		return
	}
	f.items = append(f.items, it)
}

// groups collects the tasks of waves or phases: a list of mappings with tasks, or a mapping of names to
// such mappings or to lists of tasks.
func (f *finder) groups(v *Value, nested bool) {
	if v == nil {
		return
	}
	for i, g := range v.Items {
		if g != nil && g.Kind == Map {
			f.group(g, i+1, nested)
		}
	}
	for i, field := range v.Fields {
		if field.Value == nil {
			continue
		}
		n, numbered := waveNumber(field.Key)
		if !numbered {
			n = i + 1
		}
		switch field.Value.Kind {
		case List:
			f.tasks(field.Value, n, true)
		case Map:
			f.group(field.Value, n, nested)
		}
	}
}

// group collects the tasks of one wave or phase. Groups within groups are numbered in the order of the
// file, since each outer one may count from 1 again.
func (f *finder) group(v *Value, position int, nested bool) {
	for _, key := range groupKeys() {
		f.groups(v.Get(key), true)
	}
	tasks := v.Get("tasks")
	if tasks.IsNull() {
		return
	}
	f.leaves++
	wave := position
	if nested {
		wave = f.leaves
	}
	if n, ok := numberOf(v); ok && !nested {
		wave = n
	}
	f.tasks(tasks, wave, true)
}

// numberOf is the number a group gives itself: `wave: 2`, `id: W2`, `wave_id: wave_2`, `phase_number: 2`.
func numberOf(v *Value) (int, bool) {
	for _, key := range []string{"wave", "wave_number", "number", "phase_number", "wave_id", "phase_id", "phase", "stage", "id"} {
		field := v.Get(key)
		if field == nil || field.Kind != Scalar {
			continue
		}
		if n, ok := field.AsInt(); ok && n >= 0 && n <= maxWave {
			return n, true
		}
		if n, ok := waveNumber(field.Text); ok {
			return n, true
		}
	}
	return 0, false
}

// waveKey reads keys of a document that can only be a group: wave_1, phase-2.
func waveKey(key string) (int, bool) {
	word := statusWord(key)
	for _, prefix := range []string{"wave", "phase", "stage", "milestone"} {
		if rest, ok := strings.CutPrefix(word, prefix); ok {
			return smallNumber(strings.TrimPrefix(rest, "_"))
		}
	}
	return 0, false
}

// waveNumber reads the number of a wave where a wave is expected: "2", "W2", "wave-2", "Phase 2".
func waveNumber(text string) (int, bool) {
	if n, ok := waveKey(text); ok {
		return n, true
	}
	word := statusWord(text)
	for _, prefix := range []string{"w", "p"} {
		word = strings.TrimPrefix(word, prefix)
	}
	return smallNumber(word)
}

func smallNumber(digits string) (int, bool) {
	if digits == "" || leading(digits, func(c byte) bool { return c >= '0' && c <= '9' }) < len(digits) {
		return 0, false
	}
	n, err := strconv.Atoi(digits)
	return n, err == nil && n <= maxWave
}

// idField is the field of a task that names it, nil where it has none.
func idField(v *Value) *Field {
	for _, key := range []string{"id", "task_id"} {
		for i := range v.Fields {
			if v.Fields[i].Key == key {
				return &v.Fields[i]
			}
		}
	}
	return nil
}

// id is the task's name, "" where it has none.
func (it *item) id() string {
	if it.key.Key != "" {
		return it.key.Key
	}
	if it.value == nil {
		return ""
	}
	if f := idField(it.value); f != nil && f.Value != nil && f.Value.Kind == Scalar {
		return strings.TrimSpace(f.Value.Text)
	}
	return ""
}
