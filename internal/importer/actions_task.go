package importer

import (
	"slices"
	"strconv"
	"strings"

	"billow/plan"
)

// defaultShell is how GitHub runs a step that names no shell, where it has bash; the script is the last argument.
const defaultShell = "bash -e -c"

// jobTask is the task that a job becomes, or one combination of its matrix.
type jobTask struct {
	*workflow
	job          *job
	combination  combination
	index, total int
	noMatrix     bool

	id, title, description, agent string
	needs, secrets, outputs       []string
	env, inputs                   []pair
	// comments stand in the plan, under the title.
	comments                 []string
	when, dir, timeout, pool string
	locks                    []string
	approval                 bool
	run, shell               string
	steps                    []*step
	byStep                   map[string]*step
	exports                  []string
	// scope is the env of the step that is being translated, hidden the names in it that are expressions.
	scope                     []pair
	hidden                    []string
	runsOn                    string // Linux, Windows, macOS, or "" where that is not known
	checkout                  string // the folder that the repository is checked out to
	output, setsEnv, setsPath bool   // what the script needs of GITHUB_OUTPUT, GITHUB_ENV and GITHUB_PATH
	summary, workspace        bool
}

// leave says that something is not carried over: as a note, and as a comment in the plan.
func (t *jobTask) leave(at plan.Pos, text string) {
	t.note(at, t.id, "%s", text)
	t.comments = append(t.comments, "left out: "+text)
}

// fill translates the job.
func (t *jobTask) fill() {
	v := t.job.value
	t.title = t.name()
	t.need()
	t.machine()
	t.limits()
	t.environment()
	if v.Get("uses") != nil {
		t.reusable()
	} else {
		t.script()
	}
	t.condition()
}

func (t *jobTask) name() string {
	name := textOf(t.job.value, "name")
	if name != "" {
		name, _ = t.static(name)
	}
	if t.combination != nil && (name == "" || !strings.Contains(textOf(t.job.value, "name"), "matrix.")) {
		if name == "" {
			name = t.job.id
		}
		name += " (" + strings.Join(t.combination.names(), ", ") + ")"
	}
	return clip(name, 200)
}

func (t *jobTask) need() {
	v := t.job.value.Get("needs")
	if v.IsNull() {
		return
	}
	items := v.Items
	if v.Kind == plan.Scalar {
		items = []*plan.Value{v}
	}
	for _, item := range items {
		other := t.byID[item.Inline()]
		if other == nil || other == t.job {
			t.leave(item.Pos, "needs: there is no other job "+strconv.Quote(clip(item.Inline(), 40)))
			continue
		}
		for _, o := range other.tasks {
			if !slices.Contains(t.needs, o.id) {
				t.needs = append(t.needs, o.id)
			}
		}
	}
}

// needed are the tasks of a job that this one needs; nil for another job.
func (t *jobTask) needed(id string) []*jobTask {
	j := t.byID[id]
	if j == nil || len(j.tasks) == 0 || !slices.Contains(t.needs, j.tasks[0].id) {
		return nil
	}
	return j.tasks
}

// machine says where the job ran. A job for Windows or macOS runs on no other machine here either.
func (t *jobTask) machine() {
	v := t.job.value
	on := v.Get("runs-on")
	label, known := t.static(on.Inline())
	lower := strings.ToLower(label)
	system := ""
	switch {
	case !known || on.IsNull():
	case strings.Contains(lower, "ubuntu"), strings.Contains(lower, "linux"):
		t.runsOn = "Linux"
	case strings.Contains(lower, "windows"):
		t.runsOn, system = "Windows", "windows"
	case strings.Contains(lower, "macos"):
		t.runsOn, system = "macOS", "darwin"
	}
	if system != "" {
		t.when = `platform.os == "` + system + `"`
		t.note(keyPos(v, "runs-on"), t.id, "runs-on: %s: the task is skipped on other systems than %s", clip(label, 40), t.runsOn)
	} else if t.runsOn == "" && !on.IsNull() {
		t.leave(keyPos(v, "runs-on"), "runs-on: "+clip(on.Inline(), 80)+": it runs on the machine where billow runs")
	}
	for _, key := range []string{"container", "services"} {
		if c := v.Get(key); !c.IsNull() {
			what := c.Inline()
			if image := textOf(c, "image"); image != "" {
				what = image
			} else if c.Kind == plan.Map {
				what = keysOf(c)
			}
			t.leave(keyPos(v, key), key+": "+clip(what, 80)+" is not started")
		}
	}
	if e := v.Get("environment"); !e.IsNull() {
		t.leave(keyPos(v, "environment"), "environment: "+clip(e.Inline(), 80)+", with its rules and secrets")
	}
	if p := v.Get("permissions"); !p.IsNull() {
		t.once(keyPos(v, "permissions"), "permissions: a task has the rights of whoever runs it")
	}
}

func (t *jobTask) limits() {
	v := t.job.value
	if m := v.Get("timeout-minutes"); !m.IsNull() {
		if text, ok := t.static(m.Inline()); ok && positive.MatchString(text) {
			t.timeout = minutes(text)
		} else {
			t.leave(keyPos(v, "timeout-minutes"), "timeout-minutes: "+clip(m.Inline(), 60))
		}
	}
	if c := v.Get("continue-on-error"); !c.IsNull() && c.Inline() != "false" {
		t.leave(keyPos(v, "continue-on-error"), "continue-on-error: "+clip(c.Inline(), 60)+": the run fails when this task fails")
	}
	if c := v.Get("concurrency"); !c.IsNull() {
		group := c.Inline()
		if c.Kind == plan.Map {
			group = textOf(c, "group")
		}
		if text, ok := t.static(group); ok && text != "" && !strings.Contains(text, "\n") {
			t.locks = []string{text}
		} else {
			t.leave(keyPos(v, "concurrency"), "concurrency: "+clip(c.Inline(), 80))
		}
	}
}

// minutes writes a number of minutes as a length of time.
func minutes(text string) string {
	if strings.Contains(text, ".") {
		f, _ := strconv.ParseFloat(text, 64)
		return strconv.FormatFloat(f*60, 'f', 0, 64) + "s"
	}
	return text + "m"
}

// environment takes over the variables of the workflow that are expressions, and those of the job.
func (t *jobTask) environment() {
	fields := slices.Clone(t.rest)
	if env := t.job.value.Get("env"); env != nil {
		fields = append(fields, env.Fields...)
	}
	var exports []string
	t.env, exports = t.variables(fields, t.env)
	t.exports = append(t.exports, exports...)
}

// variables translates an env: what is known goes into pairs, the rest into lines that export it.
func (t *jobTask) variables(fields []plan.Field, pairs []pair) ([]pair, []string) {
	var exports []string
	for _, f := range fields {
		if !isVariable(f.Key) {
			t.leave(f.Pos, "env: "+strconv.Quote(clip(f.Key, 40))+" is no name for a variable")
			continue
		}
		text := f.Value.Inline()
		if f.Value != nil && f.Value.Kind == plan.Scalar && f.Value.Style == plan.Plain && !dynamic(f.Value) {
			text = textValue(scalarValue(f.Value))
		}
		if value, ok := t.static(text); ok {
			pairs = slices.DeleteFunc(pairs, func(p pair) bool { return p.name == f.Key })
			pairs = append(pairs, pair{f.Key, value})
			continue
		}
		if n, whole := wholeExpr(text); whole {
			n = n.fold(t.known)
			// A secret under its own name is there without more ado, and a value of the plan is an input.
			if name, ok := secretName(n); ok && name == f.Key {
				t.secret(name)
				continue
			}
			if n.op == "ref" && slices.Contains([]string{"needs", "inputs", "vars"}, n.path[0]) {
				if expr, ok := t.exprText(n); ok && t.giveInput(f.Key, expr) {
					continue
				}
			}
		}
		value, missing := t.quoted(text)
		if missing != "" {
			t.leave(f.Pos, "env: "+f.Key+": "+missing+" has no counterpart")
			continue
		}
		exports = append(exports, "export "+f.Key+"="+value)
	}
	return pairs, exports
}

func (t *jobTask) secret(name string) {
	if !slices.Contains(t.secrets, name) {
		t.secrets = append(t.secrets, name)
	}
}

// giveInput gives the task a value that an expression of the plan makes, unless the name has another already.
func (t *jobTask) giveInput(name, expr string) bool {
	for _, p := range t.inputs {
		if p.name == name {
			return p.value == expr
		}
	}
	if slices.ContainsFunc(t.env, func(p pair) bool { return p.name == name }) {
		return false
	}
	t.inputs = append(t.inputs, pair{name, expr})
	return true
}

// reusable is a job that calls another workflow. Nothing here can run it, and a command that does nothing would
// say that it was done; so a person is asked.
func (t *jobTask) reusable() {
	uses := textOf(t.job.value, "uses")
	t.note(keyPos(t.job.value, "uses"), t.id, "uses: %s: a workflow that is called is not read; the task asks a person", clip(uses, 100))
	t.agent = "human"
	t.description = "Do what the workflow " + uses + " does.\n" + withText(t.job.value)
	t.lostOutputs()
}

// withText are the inputs of an action or a workflow, a line each.
func withText(v *plan.Value) string {
	var b strings.Builder
	with := v.Get("with")
	if with == nil {
		return ""
	}
	for _, f := range with.Fields {
		b.WriteString("- " + clip(f.Key, 60) + ": " + clip(f.Value.Inline(), 200) + "\n")
	}
	if b.Len() == 0 {
		return ""
	}
	return "With:\n" + b.String()
}

// lostOutputs says which outputs nobody makes.
func (t *jobTask) lostOutputs() {
	if o := t.job.value.Get("outputs"); o != nil {
		for _, f := range o.Fields {
			t.leave(f.Pos, "outputs: "+clip(f.Key, 40)+": "+clip(f.Value.Inline(), 80))
		}
	}
}

// condition translates the job's `if`. What cannot be translated is not dropped, since the job would then run
// where it should not: a person is asked instead.
func (t *jobTask) condition() {
	v := t.job.value.Get("if")
	// An `if: !cancelled()` without quotes is a tag with nothing behind it.
	if v.IsNull() && (v == nil || !v.Tagged) {
		return
	}
	parts := []*node{}
	n, err := parseCondition(v.Text)
	if err != nil || v.Kind != plan.Scalar {
		t.askBecause(keyPos(t.job.value, "if"), v.Inline())
		return
	}
	for todo := []*node{n.fold(t.known).condition()}; len(todo) > 0; {
		part := todo[0]
		todo = todo[1:]
		if part.op == "&&" {
			todo = append(slices.Clone(part.args), todo...)
		} else {
			parts = append(parts, part)
		}
	}
	var exprs []string
	for _, part := range parts {
		expr, ok := t.exprTruth(part)
		if !ok || len(expr) > 2000 {
			t.askBecause(keyPos(t.job.value, "if"), v.Inline())
			continue
		}
		if part.op == "||" && len(parts) > 1 {
			expr = "(" + expr + ")"
		}
		exprs = append(exprs, expr)
	}
	if t.when != "" {
		if len(exprs) == 1 && len(parts) == 1 && parts[0].op == "||" {
			exprs[0] = "(" + exprs[0] + ")"
		}
		exprs = append(exprs, t.when)
	}
	t.when = strings.Join(exprs, " && ")
}

func (t *jobTask) askBecause(at plan.Pos, condition string) {
	t.note(at, t.id, "if: %s: what of it has no counterpart a person decides, by approving the task", clip(condition, 120))
	t.approval = true
	t.comments = append(t.comments, "approve it where this holds: "+clip(condition, 300))
}

func (t *jobTask) write(w *writer) {
	w.text("id", t.id)
	w.text("title", t.title)
	for _, c := range t.comments {
		w.comment(c)
	}
	w.text("status", "pending")
	w.list("depends_on", t.needs)
	w.text("when", t.when)
	if t.approval {
		w.line("requires_approval: true")
	}
	w.text("agent", t.agent)
	w.text("description", t.description)
	w.list("secrets", t.secrets)
	w.pairs("env", t.env)
	w.pairs("inputs", t.inputs)
	w.list("outputs", t.outputs)
	w.list("locks", t.locks)
	w.text("pool", t.pool)
	w.text("dir", t.dir)
	if t.timeout != "" {
		w.line("timeout: " + t.timeout)
	}
	w.text("shell", t.shell)
	w.text("run", t.run)
}
