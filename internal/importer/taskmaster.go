package importer

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"billow/plan"
)

// legacy stands for the one list of a file from before there were tags.
const legacy = ""

// tagsOf finds the lists of tasks of a tasks.json: one a tag, or a single one in files from before there were
// tags.
func tagsOf(root *plan.Value) (names []string, lists map[string]*plan.Value) {
	lists = map[string]*plan.Value{}
	if v := root.Get("tasks"); v != nil && v.Kind == plan.List {
		lists[legacy] = root
		return []string{legacy}, lists
	}
	for _, f := range root.Fields {
		if v := f.Value.Get("tasks"); v != nil && v.Kind == plan.List {
			names, lists[f.Key] = append(names, f.Key), f.Value
		}
	}
	return names, lists
}

// tmTask is a task or a subtask of Taskmaster.
type tmTask struct {
	id     string
	value  *plan.Value
	parent *tmTask
	subs   []*tmTask
	needs  []string
	// left are the dependencies that name no task, or that cannot be, as the comment says them.
	left []string
}

// taskmaster imports a tasks.json. A task with subtasks stays a task: it is done last, when its subtasks are, so
// that what depends on it depends on all of them; and its subtasks start when what it depends on is done.
func (s *source) taskmaster(src []byte) error {
	root, err := s.json(src, s.opts.Limits)
	if err != nil {
		return err
	}
	tag, list, err := s.tag(root)
	if err != nil {
		return err
	}
	tm := &tmPlan{source: s, byID: map[string]*tmTask{}}
	tm.collect(list.Get("tasks").Items, nil)
	if len(tm.tasks) == 0 {
		return s.fail(list.Pos, "", "there are no tasks in it")
	}
	for _, t := range tm.tasks {
		tm.resolve(t)
	}
	for _, t := range tm.tasks {
		tm.inherit(t)
	}
	s.result.Plan = []byte(tm.write(tag, list))
	return nil
}

// tag chooses the list of tasks.
func (s *source) tag(root *plan.Value) (string, *plan.Value, error) {
	names, lists := tagsOf(root)
	tag := s.opts.Tag
	switch {
	case len(names) == 0:
		return "", nil, s.fail(plan.Pos{}, CanImport, "there is no list of tasks in it; it has %s", keysOf(root))
	case tag != "" && names[0] == legacy:
		return "", nil, s.fail(plan.Pos{}, "leave --tag out", "the file has no tags, only one list of tasks")
	case tag != "" && lists[tag] == nil:
		return "", nil, s.fail(plan.Pos{}, "--tag is one of "+strings.Join(names, ", "), "there is no tag %q", tag)
	case tag == "" && len(names) == 1:
		tag = names[0]
	case tag == "" && lists["master"] != nil:
		tag = "master"
	case tag == "":
		return "", nil, s.fail(plan.Pos{}, "choose one with --tag", "there are several tags: %s", strings.Join(names, ", "))
	}
	if len(names) > 1 {
		others := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name == tag })
		s.note(plan.Pos{}, "", "this is the tag %s; the file also has %s, see --tag", tag, strings.Join(others, ", "))
	}
	return tag, lists[tag], nil
}

type tmPlan struct {
	*source
	tasks []*tmTask
	byID  map[string]*tmTask
}

// collect reads tasks in the order of the file, each with its subtasks behind it.
func (p *tmPlan) collect(items []*plan.Value, parent *tmTask) {
	for i, v := range items {
		if v.Kind != plan.Map {
			p.note(v.Pos, "", "a task must be an object, found %s; it is left out", strconv.Quote(clip(v.Inline(), 40)))
			continue
		}
		t := &tmTask{value: v, parent: parent}
		own := strings.TrimSpace(v.Get("id").Inline())
		if id := v.Get("id"); id.IsNull() || id.Kind != plan.Scalar || own == "" {
			own = strconv.Itoa(i + 1)
			p.note(v.Pos, own, "the task has no id; it is named by its place")
		}
		t.id = own
		if parent != nil && !strings.HasPrefix(own, parent.id+".") {
			t.id = parent.id + "." + own
		}
		for n := 2; p.byID[t.id] != nil; n++ {
			if n == 2 {
				p.note(v.Pos, t.id, "two tasks have the id %s; the second gets another", t.id)
			}
			next := strings.TrimSuffix(t.id, "-"+strconv.Itoa(n-1)) + "-" + strconv.Itoa(n)
			t.id = next
		}
		p.byID[t.id] = t
		p.tasks = append(p.tasks, t)
		if parent != nil {
			parent.subs = append(parent.subs, t)
		}
		if subs := v.Get("subtasks"); subs != nil && subs.Kind == plan.List {
			p.collect(subs.Items, t)
		}
	}
}

// resolve finds the tasks that a task names. Among subtasks a number is first of all that of a sister.
func (p *tmPlan) resolve(t *tmTask) {
	deps := t.value.Get("dependencies")
	if deps.IsNull() {
		return
	}
	items := deps.Items
	if deps.Kind != plan.List {
		items = []*plan.Value{deps}
	}
	for _, item := range items {
		name := strings.TrimSpace(item.Inline())
		var need *tmTask
		if t.parent != nil {
			need = p.byID[t.parent.id+"."+name]
		}
		if need == nil {
			need = p.byID[name]
		}
		switch {
		case need == nil:
			p.note(item.Pos, t.id, "task %s depends on %s, which is not there", t.id, strconv.Quote(clip(name, 40)))
			t.left = append(t.left, name+", which is not there")
		case need == t:
			p.note(item.Pos, t.id, "task %s depends on itself", t.id)
			t.left = append(t.left, "itself")
		case need.above(t):
			p.note(item.Pos, t.id, "subtask %s depends on the task it is part of", t.id)
			t.left = append(t.left, need.id+", which it is part of")
		case !slices.Contains(t.needs, need.id):
			t.needs = append(t.needs, need.id)
		}
	}
}

// above reports whether a task is one that other is part of.
func (t *tmTask) above(other *tmTask) bool {
	for up := other.parent; up != nil; up = up.parent {
		if up == t {
			return true
		}
	}
	return false
}

// inherit has a task wait for its subtasks, and the first of them for what it depends on itself.
func (p *tmPlan) inherit(t *tmTask) {
	own := t.needs
	for _, sub := range t.subs {
		first := !slices.ContainsFunc(sub.needs, func(id string) bool { return slices.Contains(t.subs, p.byID[id]) })
		for _, need := range own {
			if !first || slices.Contains(sub.needs, need) || p.byID[need] == sub || t.above(p.byID[need]) {
				continue
			}
			if p.reaches(need, sub.id) {
				p.note(sub.value.Pos, sub.id, "task %s depends on %s, which its subtask %s cannot wait for: it waits for that",
					t.id, need, sub.id)
				continue
			}
			sub.needs = append(sub.needs, need)
		}
	}
	for _, sub := range t.subs {
		if !slices.Contains(t.needs, sub.id) {
			t.needs = append(t.needs, sub.id)
		}
	}
}

// reaches reports whether a task waits for another, in the end.
func (p *tmPlan) reaches(from, to string) bool {
	seen := map[string]bool{from: true}
	for next := []string{from}; len(next) > 0; {
		id := next[len(next)-1]
		next = next[:len(next)-1]
		if id == to {
			return true
		}
		t := p.byID[id]
		more := slices.Clone(t.needs)
		for _, sub := range t.subs {
			more = append(more, sub.id)
		}
		for _, id := range more {
			if !seen[id] {
				seen[id] = true
				next = append(next, id)
			}
		}
	}
	return false
}

func (p *tmPlan) write(tag string, list *plan.Value) string {
	var w writer
	id := p.opts.ID
	if tag != "" && tag != "master" || id == "" {
		id = tag
	}
	w.comment("Imported from " + p.name + " by billow import.")
	w.text("plan_id", slug(id, "tasks"))
	meta := list.Get("metadata")
	objective := textOf(meta, "description")
	if objective == "" || strings.HasPrefix(objective, "Tasks for ") && strings.HasSuffix(objective, " context") {
		objective = textOf(meta, "projectName")
	}
	w.text("objective", objective)
	if p.opts.Agent != "" {
		w.under("defaults", func() { w.line("agent: " + word(p.opts.Agent, true) + " # does the tasks that name nobody") })
	}
	w.line("tasks:")
	for i, t := range p.tasks {
		if i > 0 {
			w.line("")
		}
		w.depth += 2
		w.item(func() { p.task(&w, t) })
		w.depth -= 2
		p.result.Tasks++
		p.result.Needs += len(t.needs)
	}
	return w.b.String()
}

func (p *tmPlan) task(w *writer, t *tmTask) {
	v := t.value
	w.text("id", t.id)
	w.text("title", clip(textOf(v, "title"), 200))
	status, reason := p.status(t)
	w.text("status", string(status))
	w.text("blocked_reason", reason)
	w.text("priority", textOf(v, "priority"))
	for _, name := range t.left {
		w.comment("left out: depends on " + name)
	}
	w.list("depends_on", t.needs)
	description := textOf(v, "description")
	if details := textOf(v, "details"); details != "" && details != description {
		description = strings.TrimLeft(description+"\n\n"+details, "\n")
	}
	w.text("description", description)
	if test := textOf(v, "testStrategy"); test != "" {
		w.under("acceptance_criteria", func() { w.item(func() { w.scalar("", test) }) })
	}
	if hours := textOf(v, "estimatedHours"); positive.MatchString(hours) {
		w.line("estimate_hours: " + hours)
	}
	var rest []plan.Field
	for _, f := range v.Fields {
		if !slices.Contains(tmKeys, f.Key) && !f.Value.IsNull() {
			rest = append(rest, f)
		}
	}
	if len(rest) > 0 {
		w.under("taskmaster", func() {
			for _, f := range rest {
				w.value(f.Key, f.Value)
			}
		})
	}
}

var positive = regexp.MustCompile(`^[0-9]{1,5}(\.[0-9]{1,3})?$`)

// tmKeys are the keys of a task that are said otherwise in the plan. All others go along under `taskmaster`,
// where they cannot be taken for billow's.
var tmKeys = []string{"id", "title", "description", "details", "testStrategy", "status", "priority", "dependencies",
	"subtasks", "estimatedHours", "parentId", "parentTaskId"}

// status is a task's status in the words of plans. A subtask without one goes with the task it is part of, since
// Taskmaster sets both when it sets a task.
func (p *tmPlan) status(t *tmTask) (status plan.Status, reason string) {
	raw, from := textOf(t.value, "status"), t
	for raw == "" && from.parent != nil {
		from = from.parent
		if up := textOf(from.value, "status"); up != "in-progress" && up != "review" {
			raw = up
		}
	}
	switch strings.ToLower(raw) {
	case "review":
		// To billow a task in review would be one that is worked at, and would be done again.
		return plan.Blocked, "in review; set the status to completed when it is accepted"
	case "deferred":
		p.note(t.value.Pos, t.id, "task %s is deferred and becomes skipped, which satisfies the tasks that need it", t.id)
		return plan.Skipped, ""
	}
	status, known := plan.ParseStatus(raw)
	if !known {
		p.note(from.value.Get("status").Pos, t.id, "task %s has the status %s, which is unknown and counts as pending", t.id,
			strconv.Quote(clip(raw, 40)))
	}
	return status, ""
}

// textOf is the text under a key, "" where there is none or something else.
func textOf(v *plan.Value, key string) string {
	f := v.Get(key)
	if f == nil || f.Kind != plan.Scalar {
		return ""
	}
	return strings.TrimSpace(f.Text)
}

// slug makes an id of a name: letters, digits, dots, hyphens and underscores.
func slug(name, otherwise string) string {
	id := strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '_', r == '-':
			return r
		}
		return '-'
	}, strings.TrimSpace(name)), "-")
	for strings.Contains(id, "--") {
		id = strings.ReplaceAll(id, "--", "-")
	}
	if id == "" {
		return otherwise
	}
	return id[:min(len(id), 100)]
}
