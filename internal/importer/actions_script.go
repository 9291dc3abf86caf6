package importer

import (
	"regexp"
	"slices"
	"strings"

	"billow/plan"
)

// step is one step of a job.
type step struct {
	value *plan.Value
	// title names it in the script.
	title string
	// comments say what is not carried over of it.
	comments []string
	// script is what it runs, "" where it is left out.
	script string
	// shell is "" for the default, else as the workflow names it; dir is where it runs.
	shell, dir string
	env        []pair
	exports    []string
	// condition is a command that succeeds where the step is to run, "" for always; whatever is true where it
	// runs after a failure too.
	condition string
	whatever  bool
	// asks is true where the condition asks how the job goes.
	asks, forgiven bool
	timeout        string
}

// script translates the steps into one script. Each step has a shell of its own, as there: what one sets or where
// it goes is nothing to the next, and `exit 0` ends the step alone.
func (t *jobTask) script() {
	list := t.job.value.Get("steps")
	t.byStep = map[string]*step{}
	if list == nil {
		list = &plan.Value{Pos: t.job.pos}
	}
	for _, v := range list.Items {
		s := &step{value: v}
		t.steps = append(t.steps, s)
		if id := textOf(v, "id"); id != "" {
			t.byStep[id] = s
		}
		s.script = textOf(v, "run")
		t.checkoutOf(s)
	}
	for _, s := range t.steps {
		t.step(s)
	}
	var runs []*step
	for _, s := range t.steps {
		if s.script != "" {
			runs = append(runs, s)
		}
	}
	if len(runs) == 0 {
		t.nothingToRun()
		return
	}
	tail := t.outputLines()
	if len(runs) == 1 && tail == nil && t.oneStep(runs[0]) {
		return
	}
	t.manySteps(runs, tail)
}

// checkoutOf remembers where the repository is checked out to. The plan runs in it, so that is here.
func (t *jobTask) checkoutOf(s *step) {
	with := s.value.Get("with")
	if strings.HasPrefix(textOf(s.value, "uses"), "actions/checkout@") && textOf(with, "repository") == "" {
		if path := strings.Trim(strings.TrimPrefix(textOf(with, "path"), "./"), "/"); path != "" && !dynamic(with.Get("path")) {
			t.checkout = path
		}
	}
}

// step translates one step.
func (t *jobTask) step(s *step) {
	v := s.value
	t.scope, t.hidden = nil, nil
	if env := v.Get("env"); env != nil && s.script != "" {
		s.env, s.exports = t.variables(env.Fields, nil)
		t.scope = s.env
		for _, f := range env.Fields {
			if !slices.ContainsFunc(s.env, func(p pair) bool { return p.name == f.Key }) {
				t.hidden = append(t.hidden, f.Key)
			}
		}
	}
	s.title, _ = t.static(textOf(v, "name"))
	s.title = clip(s.title, 100)
	switch {
	case textOf(v, "uses") != "":
		t.uses(s)
	case s.script == "":
		t.leaveStep(s, v.Pos, "a step without run")
	default:
		t.shellOf(s)
		t.conditionOf(s)
		if s.script != "" {
			t.translate(s)
		}
	}
	t.scope, t.hidden = nil, nil
}

// leaveStep leaves a step out; what it would have run stays to be read.
func (t *jobTask) leaveStep(s *step, at plan.Pos, why string) {
	t.note(at, t.id, "%s; the step is left out", why)
	s.comments = append(s.comments, "left out: "+why)
	if s.script != "" {
		s.comments = append(s.comments, strings.Split(strings.TrimRight(s.script, "\n"), "\n")...)
	}
	s.script = ""
}

var hash = regexp.MustCompile(`@([0-9a-f]{7})[0-9a-f]{33}$`)

// uses leaves an action out. A checkout of the repository itself is not missed: the plan runs in it.
func (t *jobTask) uses(s *step) {
	v := s.value
	uses := textOf(v, "uses")
	with := v.Get("with")
	if strings.HasPrefix(uses, "actions/checkout@") && textOf(with, "repository") == "" {
		if ref := textOf(with, "ref"); ref != "" {
			t.note(v.Pos, t.id, "the checkout of %s is left out: the plan runs on what is there", clip(ref, 60))
			s.comments = append(s.comments, "left out: the checkout of "+clip(ref, 60))
		}
		return
	}
	text := "uses: " + hash.ReplaceAllString(uses, "@$1")
	t.note(keyPos(v, "uses"), t.id, "%s is left out", text)
	if with != nil && len(with.Fields) > 0 {
		var list []string
		for _, f := range with.Fields {
			list = append(list, f.Key+": "+f.Value.Inline())
		}
		text += " (" + clip(strings.Join(list, ", "), 100) + ")"
	}
	if s.title != "" {
		text = s.title + ", " + text
	}
	s.comments = append(s.comments, "left out: "+text)
}

// shellOf finds the shell and the folder of a step: its own, else the job's, else the workflow's.
func (t *jobTask) shellOf(s *step) {
	look := func(key string) (string, plan.Pos) {
		for _, v := range []*plan.Value{s.value, t.job.value.Get("defaults").Get("run"), t.root.Get("defaults").Get("run")} {
			if text := textOf(v, key); text != "" {
				return text, keyPos(v, key)
			}
		}
		return "", plan.Pos{}
	}
	shell, at := look("shell")
	if text, ok := t.static(shell); ok {
		s.shell = text
	} else {
		t.leaveStep(s, at, "shell: "+clip(shell, 60))
		return
	}
	if s.shell == "" && t.runsOn == "Windows" {
		s.shell = "pwsh"
	}
	if s.shell == "cmd" {
		t.leaveStep(s, s.value.Pos, "shell: cmd is there on Windows alone")
		return
	}
	dir, at := look("working-directory")
	text, ok := t.static(dir)
	if ok {
		s.dir = t.inCheckout(text)
	} else {
		word, missing := t.quoted(dir)
		if missing != "" {
			t.leaveStep(s, at, "working-directory: "+clip(dir, 60))
			return
		}
		s.exports = append(s.exports, "cd "+word)
	}
	if s.dir != text && s.dir == "" && ok {
		t.once(at, "working-directory: %s is where the repository was checked out to, which is the project's root here", text)
	}
	if m := s.value.Get("timeout-minutes"); !m.IsNull() {
		if text, ok := t.static(m.Inline()); ok && positive.MatchString(text) {
			s.timeout = minutes(text)
		} else {
			t.note(m.Pos, t.id, "timeout-minutes: %s of a step is left out", clip(m.Inline(), 60))
			s.comments = append(s.comments, "left out: timeout-minutes: "+clip(m.Inline(), 60))
		}
	}
	if c := s.value.Get("continue-on-error"); !c.IsNull() {
		if text, ok := t.static(c.Inline()); ok {
			s.forgiven = text == "true"
		} else {
			t.note(c.Pos, t.id, "continue-on-error: %s of a step is left out", clip(c.Inline(), 60))
			s.comments = append(s.comments, "left out: continue-on-error: "+clip(c.Inline(), 60))
		}
	}
}

// inCheckout is a folder of the workspace as a folder of the project.
func (t *jobTask) inCheckout(dir string) string {
	dir = strings.Trim(strings.TrimPrefix(dir, "./"), "/")
	if strings.HasPrefix(dir, "..") || t.checkout == "" {
		if dir == "." {
			return ""
		}
		return dir
	}
	if dir == t.checkout {
		return ""
	}
	if inside, ok := strings.CutPrefix(dir, t.checkout+"/"); ok {
		return inside
	}
	return dir
}

// conditionOf translates the `if` of a step.
func (t *jobTask) conditionOf(s *step) {
	v := s.value.Get("if")
	if v.IsNull() && (v == nil || !v.Tagged) {
		return
	}
	at := keyPos(s.value, "if")
	n, err := parseCondition(v.Text)
	if err != nil || v.Kind != plan.Scalar {
		t.leaveStep(s, at, "if: "+clip(v.Inline(), 100)+" cannot be read")
		return
	}
	s.asks = n.calls("always", "failure", "cancelled", "success")
	s.whatever = n.calls("always", "failure", "cancelled")
	n = t.settle(n.fold(t.known)).fold(t.known).condition()
	if n.op == "value" && !truthy(n.value) {
		s.script = "" // it is for other combinations of the matrix
		return
	}
	n = n.fold(t.knownStep).condition()
	if n.op == "value" {
		if !truthy(n.value) {
			t.leaveStep(s, at, "if: "+clip(v.Inline(), 100)+" asks for a step that is left out, and is never true")
		}
		return
	}
	condition, ok := t.shellTruth(n)
	if !ok {
		t.leaveStep(s, at, "if: "+clip(v.Inline(), 100)+" has no counterpart")
		return
	}
	s.condition = condition
}

// settle puts in what a run of billow decides: it is never cancelled while a step goes on.
func (t *jobTask) settle(n *node) *node {
	if n.op == "call" && len(n.args) == 0 && (n.name == "always" || n.name == "cancelled") {
		return &node{op: "value", value: n.name == "always"}
	}
	out := *n
	out.args = nil
	for _, arg := range n.args {
		out.args = append(out.args, t.settle(arg))
	}
	return &out
}

// translate puts values and variables in the place of the expressions in a script.
func (t *jobTask) translate(s *step) {
	script := strings.TrimRight(strings.ReplaceAll(s.script, "\r\n", "\n"), "\n ")
	parts, ok := split(script)
	if !ok {
		t.note(s.value.Get("run").Pos, t.id, "an expression in the script does not end; it stands as it is")
		s.script = script
		return
	}
	places := quotings(script)
	shell, _, _ := strings.Cut(s.shell, " ")
	var b strings.Builder
	for i, part := range parts {
		if i%2 == 0 {
			b.WriteString(part)
			continue
		}
		if value, ok := t.constant(part); ok {
			b.WriteString(value)
			continue
		}
		if text, ok := t.inScript(part, shell, places, i/2); ok {
			before, opens := strings.CutSuffix(b.String(), "'")
			after, closes := strings.CutPrefix(parts[i+1], "'")
			switch single := places[i/2] == singleQuoted; {
			case single && opens && closes:
				// Nothing else is in the quotes.
				b.Reset()
				b.WriteString(before + `"` + text + `"`)
				parts[i+1] = after
			case single:
				b.WriteString(`'"` + text + `"'`)
			default:
				b.WriteString(text)
			}
			continue
		}
		whole := "${{" + part + "}}"
		t.note(s.value.Get("run").Pos, t.id, "%s has no counterpart; it stands as it is, and the script fails there", clip(whole, 100))
		s.comments = append(s.comments, "to be replaced by hand: "+clip(whole, 100))
		b.WriteString(whole)
	}
	s.script = b.String()
	t.output = t.output || strings.Contains(s.script, "GITHUB_OUTPUT")
	t.setsEnv = t.setsEnv || strings.Contains(s.script, "GITHUB_ENV")
	t.setsPath = t.setsPath || strings.Contains(s.script, "GITHUB_PATH")
	t.summary = t.summary || strings.Contains(s.script, "GITHUB_STEP_SUMMARY")
	t.workspace = t.workspace || strings.Contains(s.script, "GITHUB_WORKSPACE")
	for _, line := range s.exports {
		t.workspace = t.workspace || strings.Contains(line, "GITHUB_WORKSPACE")
	}
}

// inScript is what stands for an expression whose value comes when the script runs.
func (t *jobTask) inScript(expr, shell string, places []quoting, i int) (string, bool) {
	n, err := parseExpr(expr)
	if err != nil || i >= len(places) || !slices.Contains([]string{"", "bash", "sh"}, shell) || places[i] == rawHeredoc {
		return "", false
	}
	return t.shellRef(n.fold(t.known))
}

// nothingToRun is a job of actions alone. A command that does nothing would say that it was done, so a person is
// asked.
func (t *jobTask) nothingToRun() {
	t.note(t.job.pos, t.id, "the job %s has nothing that can be run here; the task asks a person", t.job.id)
	t.agent = "human"
	text := "Do what the job " + t.job.id + " does. Nothing of it is a command.\n"
	for _, s := range t.steps {
		if len(s.comments) > 0 {
			text += "- " + strings.TrimPrefix(s.comments[0], "left out: ") + "\n"
		}
	}
	t.description = text
	t.lostOutputs()
}

// outputLines are the lines that make the outputs of the job of those of its steps.
func (t *jobTask) outputLines() []string {
	v := t.job.value.Get("outputs")
	if v == nil {
		return nil
	}
	var lines []string
	for _, f := range v.Fields {
		word, missing := t.quoted(f.Value.Inline())
		if !isName(f.Key) || missing != "" {
			t.leave(f.Pos, "outputs: "+clip(f.Key, 40)+": "+clip(f.Value.Inline(), 80))
			continue
		}
		t.outputs = append(t.outputs, f.Key)
		if n, whole := wholeExpr(f.Value.Inline()); whole && len(n.path) == 4 && n.path[0] == "steps" && n.path[3] == f.Key {
			continue // the step writes it itself, under this name
		}
		lines = append(lines, `echo "`+f.Key+`=`+strings.TrimPrefix(word, `"`)+` >> "$BILLOW_OUTPUT"`)
	}
	return lines
}

// prelude makes what scripts expect of GitHub's runner.
func (t *jobTask) prelude() []string {
	var lines []string
	if t.workspace {
		lines = append(lines, `export GITHUB_WORKSPACE="${GITHUB_WORKSPACE:-$PWD}"`)
	}
	if t.output {
		lines = append(lines, `export GITHUB_OUTPUT="$BILLOW_OUTPUT"`)
	}
	if t.summary {
		lines = append(lines, `export GITHUB_STEP_SUMMARY="${GITHUB_STEP_SUMMARY:-/dev/null}"`)
	}
	if t.setsEnv {
		lines = append(lines, `export GITHUB_ENV="$(mktemp)"`)
	}
	if t.setsPath {
		lines = append(lines, `export GITHUB_PATH="$(mktemp)"`)
	}
	return append(lines, t.exports...)
}

// commandShell is the shell of a task whose script is that of a step; "" is the default of the plan.
func commandShell(shell string) (command string, ok bool) {
	switch shell {
	case "":
		return "", true
	case "bash":
		return "bash --noprofile --norc -eo pipefail -c", true
	case "sh":
		return "sh -e -c", true
	case "python":
		return "python -c", true
	case "pwsh", "powershell":
		return shell + " -NoProfile -Command", true
	}
	return "", false
}

// oneStep is the script of a job with a single step, which needs nothing around it.
func (t *jobTask) oneStep(s *step) bool {
	command, ok := commandShell(s.shell)
	prelude := append(t.prelude(), s.exports...)
	if !ok || s.condition != "" || s.forgiven || s.timeout != "" ||
		len(prelude) > 0 && s.shell != "" && s.shell != "bash" && s.shell != "sh" || len(prelude) > 0 && s.dir != "" {
		return false
	}
	t.shell, t.dir = command, s.dir
	for _, p := range s.env {
		t.env = slices.DeleteFunc(t.env, func(o pair) bool { return o.name == p.name })
	}
	t.env = append(t.env, s.env...)
	lines := prelude
	for _, other := range t.steps {
		for _, c := range other.comments {
			lines = append(lines, commentLines(c)...)
		}
		if other == s {
			lines = append(lines, s.script)
		}
	}
	t.run = strings.Join(lines, "\n")
	return true
}

// manySteps is the script of several steps. Where one of them runs after a failure too, the script goes on and
// remembers it, as a job does.
func (t *jobTask) manySteps(runs []*step, tail []string) {
	tracked := slices.ContainsFunc(runs, func(s *step) bool { return s.asks })
	dir := runs[0].dir
	for _, s := range runs {
		if s.dir != dir || t.workspace || len(tail) > 0 {
			dir = ""
		}
	}
	t.dir = dir
	lines := t.prelude()
	if tracked {
		lines = append(lines, "set +e", "failed=")
	}
	for _, s := range t.steps {
		if len(s.comments) == 0 && s.script == "" {
			continue
		}
		if len(lines) > 0 {
			lines = append(lines, "")
		}
		if s.title != "" && s.script != "" {
			lines = append(lines, commentLines(s.title)...)
		}
		for _, c := range s.comments {
			lines = append(lines, commentLines(c)...)
		}
		if s.script != "" {
			lines = append(lines, t.stepLines(s, dir, tracked)...)
		}
	}
	if len(tail) > 0 {
		lines = append(append(lines, ""), tail...)
	}
	if tracked {
		lines = append(lines, "", `[ -z "$failed" ]`)
	}
	t.run = strings.Join(lines, "\n")
}

// alone are scripts that need no shell of their own to leave no trace.
var alone = regexp.MustCompile(`^[A-Za-z./][A-Za-z0-9_./-]+( [^;&|<>(){}` + "`" + `]*)?$`)

var traces = []string{"cd", "exit", "export", "set", "exec", "source", "trap", "unset", "shopt", "eval", "return",
	"ulimit", "umask", "if", "for", "while", "until", "case", "function", "alias", "pushd", "popd", "read", "declare", "select",
	"time", "coproc"}

func leavesNoTrace(script string) bool {
	for line := range strings.SplitSeq(script, "\n") {
		first, _, _ := strings.Cut(line, " ")
		if !alone.MatchString(line) || slices.Contains(traces, first) {
			return false
		}
	}
	return true
}

// stepLines is one step of several.
func (t *jobTask) stepLines(s *step, dir string, tracked bool) []string {
	var before []string
	for _, p := range s.env {
		before = append(before, "export "+p.name+"="+single(p.value))
	}
	before = append(before, s.exports...)
	if s.dir != "" && s.dir != dir {
		before = append(before, "cd "+single(s.dir))
	}
	var lines []string
	own := tracked || s.forgiven || s.timeout != "" || s.shell != "" && s.shell != "bash"
	switch {
	case own:
		lines = append(before, ownProcess(s)...)
	case len(before) == 0 && leavesNoTrace(s.script):
		lines = []string{s.script}
	default:
		lines = append(lines, "(")
		if s.shell == "bash" {
			lines = append(lines, "set -o pipefail")
		}
		lines = append(append(append(lines, before...), s.script), ")")
	}
	end := ""
	switch {
	case s.forgiven:
		end = " || true # continue-on-error"
	case tracked:
		end = " || failed=1"
	}
	switch {
	case own && len(before) > 0:
		lines = append(append([]string{"("}, lines...), ")"+end)
	case own:
		lines[0] += end
	}
	condition := s.condition
	if tracked && !s.whatever {
		condition = strings.TrimSuffix(`[ -z "$failed" ] && `+condition, " && ")
		if strings.Contains(s.condition, " || ") {
			condition = `[ -z "$failed" ] && { ` + s.condition + `; }`
		}
	}
	if strings.Contains(s.script, "GITHUB_ENV") {
		lines = append(lines, `while IFS= read -r line; do export "$line"; done < "$GITHUB_ENV"`)
	}
	if strings.Contains(s.script, "GITHUB_PATH") {
		lines = append(lines, `while IFS= read -r line; do PATH="$line:$PATH"; done < "$GITHUB_PATH"`)
	}
	if condition != "" {
		lines = append(append([]string{"if " + condition + "; then"}, lines...), "fi")
	}
	return lines
}

// ownProcess runs a script in a shell of its own, which ends at the first command that fails whatever is around
// it: to a subshell before || that does not apply.
func ownProcess(s *step) []string {
	command := map[string]string{"": "bash -e {0}", "bash": "bash --noprofile --norc -eo pipefail {0}", "sh": "sh -e {0}",
		"python": "python {0}", "pwsh": "pwsh -NoProfile -Command -", "powershell": "powershell -NoProfile -Command -"}[s.shell]
	if command == "" {
		command = s.shell
	}
	end := "STEP"
	for slices.Contains(strings.Split(s.script, "\n"), end) {
		end += "_"
	}
	read := " 3<<'" + end + "'"
	if strings.HasSuffix(command, " -") {
		read = " <<'" + end + "'"
	}
	command = strings.ReplaceAll(command, "{0}", "/dev/fd/3")
	if s.timeout != "" {
		command = "timeout " + s.timeout + " " + command
	}
	return []string{command + read, s.script, end}
}

// single is a text as one word of a shell.
func single(text string) string {
	if text != "" && strings.Trim(text, plainShell) == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
