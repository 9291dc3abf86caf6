package importer

import (
	"bytes"
	"path"
	"slices"
	"strconv"

	"billow/plan"
)

// markdown imports a folder of task Markdown with front matter (ccpm, beads, taskgraph), which is given as a bundle
// (see plan.Bundle). Such a folder runs as it is; the plan is for those who want one file. Package plan reads the
// folder, so that a dependency by the name of a file means the same here.
func (s *source) markdown(src []byte) error {
	if len(src) == 0 || src[0] != 0 {
		return s.fail(plan.Pos{}, "name the folder that the task files are in", "a single file is no folder of task files")
	}
	doc := plan.Read(s.name, src, plan.Options{Limits: s.opts.Limits, DefaultID: s.opts.ID})
	if errs := plan.Errors(doc.Problems); doc.Plan == nil || len(errs) > 0 {
		p := errs[0]
		return &Error{File: p.File, Line: p.Line, Column: p.Column, Text: p.Text, Hint: p.Hint}
	}
	for _, p := range doc.Problems {
		s.result.Notes = append(s.result.Notes, Note{File: p.File, Line: p.Line, Column: p.Column, Task: p.Task, Text: p.Text})
	}
	s.planText(src)
	s.bundle = doc.Source
	m := &mdPlan{source: s, plan: doc.Plan, needs: make([][]string, len(doc.Plan.Tasks)), left: make([][]string, len(doc.Plan.Tasks))}
	for _, t := range doc.Plan.Tasks {
		m.resolve(t)
	}
	s.result.Plan = []byte(m.write())
	return nil
}

// planText says that the text of the plan's own file stays behind: a plan has no place for it.
func (s *source) planText(src []byte) {
	files, _ := plan.Unbundle(src)
	for _, f := range files {
		kind, _ := plan.SortFile(f.Name, f.Text)
		parts := bytes.SplitN(f.Text, []byte("\n---"), 2)
		if kind == plan.TaskPlan && len(parts) == 2 && len(bytes.TrimSpace(parts[1])) > 0 {
			s.result.Notes = append(s.result.Notes, Note{File: path.Join(s.name, f.Name), Line: bytes.Count(parts[0], []byte("\n")) + 3,
				Column: 1, Text: "the text below the front matter is left out: a plan has no place for it"})
		}
	}
}

type mdPlan struct {
	*source
	plan *plan.Plan
	// needs are what tasks depend on, left what they say they depend on and cannot, both by Task.Index.
	needs, left [][]string
}

// resolve leaves out what a task cannot depend on.
func (m *mdPlan) resolve(t *plan.Task) {
	for _, id := range t.Needs {
		switch {
		case m.plan.Task(id) == nil:
			m.note(t.Pos, t.ID, "task %s depends on %s, which is not there", t.ID, strconv.Quote(clip(id, 60)))
			m.left[t.Index] = append(m.left[t.Index], id+", which is not there")
		case id == t.ID:
			m.note(t.Pos, t.ID, "task %s depends on itself", t.ID)
			m.left[t.Index] = append(m.left[t.Index], "itself")
		default:
			m.needs[t.Index] = append(m.needs[t.Index], id)
		}
	}
}

func (m *mdPlan) write() string {
	var w writer
	p := m.plan
	w.comment("Imported from " + m.name + " by billow import.")
	w.text("plan_id", p.ID)
	w.text("objective", p.Objective)
	if status, known := plan.ParseStatus(p.Status); p.Status != "" && known {
		w.text("status", string(status))
	}
	idle := slices.ContainsFunc(p.Tasks, func(t *plan.Task) bool { return t.Run == "" && t.Agent == "" })
	if m.opts.Agent != "" && idle && p.Root.Get("defaults") == nil {
		w.under("defaults", func() { w.line("agent: " + word(m.opts.Agent, true) + " # does the tasks that name nobody") })
	}
	m.rest(&w, p.Root, "plan_id", "objective", "status", "tasks")
	w.line("tasks:")
	for i, t := range p.Tasks {
		if i > 0 {
			w.line("")
		}
		w.depth += 2
		w.item(func() { m.task(&w, t) })
		w.depth -= 2
		m.result.Tasks++
		m.result.Needs += len(m.needs[i])
	}
	return w.b.String()
}

// rest writes the other keys of a mapping as they are.
func (m *mdPlan) rest(w *writer, v *plan.Value, written ...string) {
	for _, f := range v.Fields {
		if !slices.Contains(written, f.Key) {
			w.value(f.Key, f.Value)
		}
	}
}

func (m *mdPlan) task(w *writer, t *plan.Task) {
	w.text("id", t.ID)
	w.text("title", t.Title)
	w.text("status", string(t.Status))
	for _, name := range m.left[t.Index] {
		w.comment("left out: depends on " + clip(name, 200))
	}
	w.list("depends_on", m.needs[t.Index])
	conflicts := slices.Clone(t.Conflicts)
	if t.Alone {
		w.comment("parallel: false, so it runs with no other that it has no order with")
		conflicts = m.unordered(t, conflicts)
	}
	for _, prose := range t.ConflictNotes {
		w.comment("conflicts with: " + prose)
	}
	w.list("conflicts_with", conflicts)
	w.text("description", t.Description)
	written := []string{"id", "task_id", "title", "status", "dependencies", "depends_on", "deps", "blocked_by",
		"conflicts_with", "parallel", "description"}
	if textOf(t.Source, "name") == t.Title {
		written = append(written, "name")
	}
	m.rest(w, t.Source, written...)
}

// unordered adds the tasks that neither wait for a task nor it for them.
func (m *mdPlan) unordered(t *plan.Task, conflicts []string) []string {
	before := m.reach(t, func(t *plan.Task) []string { return m.needs[t.Index] })
	dependants := map[string][]string{}
	for _, other := range m.plan.Tasks {
		for _, id := range m.needs[other.Index] {
			dependants[id] = append(dependants[id], other.ID)
		}
	}
	after := m.reach(t, func(t *plan.Task) []string { return dependants[t.ID] })
	for _, other := range m.plan.Tasks {
		if other != t && !before[other.ID] && !after[other.ID] && !slices.Contains(conflicts, other.ID) {
			conflicts = append(conflicts, other.ID)
		}
	}
	return conflicts
}

// reach are the tasks that one comes to by going on and on.
func (m *mdPlan) reach(from *plan.Task, next func(*plan.Task) []string) map[string]bool {
	seen := map[string]bool{}
	for todo := []*plan.Task{from}; len(todo) > 0; {
		t := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, id := range next(t) {
			if !seen[id] {
				seen[id] = true
				todo = append(todo, m.plan.Task(id))
			}
		}
	}
	return seen
}
