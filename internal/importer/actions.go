package importer

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"billow/plan"
)

// workflow is a workflow on its way into a plan.
type workflow struct {
	*source
	root *plan.Value
	jobs []*job
	byID map[string]*job
	// vars are the plan's own values: inputs of the workflow and variables of the repository.
	vars  []pair
	pools []pair
	// env are the values of the workflow's env that are no expressions, rest are those that are.
	env  []pair
	rest []plan.Field
	// ids are the names that tasks have already.
	ids   map[string]bool
	tasks []*jobTask
}

// job is a job of the workflow; a matrix makes several tasks of one.
type job struct {
	id    string
	pos   plan.Pos
	value *plan.Value
	tasks []*jobTask
}

// actions imports a workflow of GitHub Actions: a task for each job, and for each combination of a job's matrix.
// A task runs the `run` steps of its job one after another in one script, each in a shell of its own as there; one
// task for each step was left because steps share a machine and its files, and a job is what others need.
func (s *source) actions(src []byte) error {
	root, err := s.yaml(src, s.opts.Limits)
	if err != nil {
		return err
	}
	jobs := root.Get("jobs")
	if jobs.IsNull() || jobs.Kind != plan.Map || len(jobs.Fields) == 0 {
		return s.fail(root.Pos, CanImport, "there are no jobs in it; it has %s", keysOf(root))
	}
	wf := &workflow{source: s, root: root, byID: map[string]*job{}, ids: map[string]bool{}}
	wf.head()
	for _, f := range jobs.Fields {
		if f.Value == nil || f.Value.Kind != plan.Map {
			return s.fail(f.Pos, "", "the job %s must be a mapping", clip(f.Key, 40))
		}
		j := &job{id: f.Key, pos: f.Pos, value: f.Value}
		wf.jobs, wf.byID[f.Key] = append(wf.jobs, j), j
	}
	for _, j := range wf.jobs {
		if err := wf.expand(j); err != nil {
			return err
		}
	}
	for _, j := range wf.jobs {
		for _, t := range j.tasks {
			t.fill()
		}
	}
	s.result.Plan = []byte(wf.write())
	return nil
}

// head takes over what holds for the whole workflow.
func (wf *workflow) head() {
	if env := wf.root.Get("env"); env != nil {
		for _, f := range env.Fields {
			switch {
			case !isVariable(f.Key):
				wf.note(f.Pos, "", "env: %s is no name for a variable; it is left out", strconv.Quote(clip(f.Key, 40)))
			case dynamic(f.Value):
				wf.rest = append(wf.rest, f)
			default:
				wf.env = append(wf.env, pair{f.Key, textValue(scalarValue(f.Value))})
			}
		}
	}
	if c := wf.root.Get("concurrency"); !c.IsNull() {
		wf.note(keyPos(wf.root, "concurrency"), "", "concurrency: one run of a plan at a time is all there is")
	}
	if p := wf.root.Get("permissions"); !p.IsNull() {
		wf.once(keyPos(wf.root, "permissions"), "permissions: a task has the rights of whoever runs it")
	}
}

// once is note for what concerns many jobs in the same way: the first is enough.
func (wf *workflow) once(at plan.Pos, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !slices.ContainsFunc(wf.result.Notes, func(n Note) bool { return n.Text == text }) {
		wf.note(at, "", "%s", text)
	}
}

func keyPos(v *plan.Value, key string) plan.Pos {
	for _, f := range v.Fields {
		if f.Key == key {
			return f.Pos
		}
	}
	return v.Pos
}

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func isVariable(name string) bool { return variableName.MatchString(name) }

// expand makes the tasks of a job, still empty.
func (wf *workflow) expand(j *job) error {
	strategy := j.value.Get("strategy")
	m := strategy.Get("matrix")
	all, simple, over := matrixOf(m)
	if over {
		return wf.fail(keyPos(strategy, "matrix"), "make the matrix smaller, or write a foreach by hand",
			"the matrix of %s makes more than %d jobs, which is GitHub's limit too", clip(j.id, 40), maxMatrix)
	}
	if len(all) == 0 {
		t := &jobTask{workflow: wf, job: j, id: wf.unique(slug(j.id, "job"))}
		if !simple {
			wf.note(keyPos(strategy, "matrix"), t.id, "the matrix of %s is known only when the workflow runs; there is one task for all of it", j.id)
			t.comments = append(t.comments, "left out: the matrix, which is known only when the workflow runs")
			t.noMatrix = true
		}
		wf.add(j, t)
		return nil
	}
	parallel := ""
	if v := strategy.Get("max-parallel"); !v.IsNull() {
		if n, ok := v.AsInt(); ok && n > 0 {
			parallel = slug(j.id, "job")
			wf.pools = slices.DeleteFunc(wf.pools, func(p pair) bool { return p.name == parallel })
			wf.pools = append(wf.pools, pair{parallel, strconv.Itoa(n)})
		} else {
			wf.note(keyPos(strategy, "max-parallel"), j.id, "max-parallel: %s is not known before it runs", clip(v.Inline(), 60))
		}
	}
	if fast, ok := strategy.Get("fail-fast").AsBool(); len(all) > 1 && (fast || !ok) {
		wf.note(keyPos(j.value, "strategy"), j.id, "fail-fast: when one task of %s fails, the others go on; billow run --fail-fast starts nothing more", j.id)
	}
	names := idsOf(j.id, all)
	for i, c := range all {
		t := &jobTask{workflow: wf, job: j, combination: c, index: i, total: len(all), pool: parallel}
		t.id = wf.unique(names[i])
		wf.add(j, t)
	}
	return nil
}

// idsOf names the tasks of a matrix by as many of their values as it takes to tell them apart.
func idsOf(job string, all []combination) []string {
	most := 1
	for _, c := range all {
		most = max(most, len(c.names()))
	}
	ids := make([]string, len(all))
	for n := 1; n <= most; n++ {
		seen := map[string]bool{}
		for i, c := range all {
			names := c.names()
			ids[i] = slug(strings.Join(append([]string{job}, names[:min(n, len(names))]...), "-"), "job")
			seen[ids[i]] = true
		}
		if len(seen) == len(all) {
			break
		}
	}
	return ids
}

func (wf *workflow) add(j *job, t *jobTask) {
	j.tasks = append(j.tasks, t)
	wf.tasks = append(wf.tasks, t)
}

func (wf *workflow) unique(id string) string {
	for n, base := 2, id; wf.ids[id]; n++ {
		id = base + "-" + strconv.Itoa(n)
	}
	wf.ids[id] = true
	return id
}

// variable is the name of one of the plan's vars that stands for an input of the workflow or a variable of the
// repository.
func (wf *workflow) variable(name, value string) {
	if !slices.ContainsFunc(wf.vars, func(p pair) bool { return p.name == name }) {
		wf.vars = append(wf.vars, pair{name, value})
	}
}

// input looks an input of the workflow up, where it is declared.
func (wf *workflow) input(name string) *plan.Value {
	on := wf.root.Get("on")
	for _, how := range []string{"workflow_dispatch", "workflow_call"} {
		if v := on.Get(how).Get("inputs").Get(name); v != nil {
			return v
		}
	}
	return nil
}

func (wf *workflow) write() string {
	var w writer
	w.comment("Imported from " + wf.name + " by billow import.\nWhat starts the workflow (on) is not part of a plan.")
	name := textOf(wf.root, "name")
	id := wf.opts.ID
	if id == "" {
		id = name
	}
	w.text("plan_id", slug(id, "workflow"))
	w.text("objective", name)
	if len(wf.vars) > 0 {
		w.comment("billow run --set NAME=value sets another value")
		w.pairs("vars", wf.vars)
	}
	w.pairs("env", wf.env)
	if len(wf.pools) > 0 {
		w.under("pools", func() {
			for _, p := range wf.pools {
				w.line(word(p.name, false) + ": " + p.value)
			}
		})
	}
	w.under("defaults", func() {
		w.under("run", func() { w.line("shell: " + defaultShell + " # as steps that name no shell have it") })
	})
	w.line("tasks:")
	for i, t := range wf.tasks {
		if i > 0 {
			w.line("")
		}
		w.depth += 2
		w.item(func() { t.write(&w) })
		w.depth -= 2
		wf.result.Tasks++
		wf.result.Needs += len(t.needs)
	}
	return w.b.String()
}
