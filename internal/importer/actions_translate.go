package importer

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"billow/plan"
)

// split takes a text apart at its expressions. Every second part is what stands between `${{` and `}}`; ok is
// false where one does not end.
func split(text string) (parts []string, ok bool) {
	for {
		before, rest, found := strings.Cut(text, "${{")
		parts = append(parts, before)
		if !found {
			return parts, true
		}
		end, quoted := -1, false
		for i := 0; i < len(rest) && end < 0; i++ {
			switch {
			case rest[i] == '\'':
				quoted = !quoted
			case !quoted && strings.HasPrefix(rest[i:], "}}"):
				end = i
			}
		}
		if end < 0 {
			return parts, false
		}
		parts = append(parts, rest[:end])
		text = rest[end+2:]
	}
}

// wholeExpr reads a text that is one expression and nothing else.
func wholeExpr(text string) (*node, bool) {
	parts, ok := split(strings.TrimSpace(text))
	if !ok || len(parts) != 3 || parts[0] != "" || parts[2] != "" {
		return nil, false
	}
	n, err := parseExpr(parts[1])
	return n, err == nil
}

// parseCondition reads an `if`, which may stand within `${{ }}` or without.
func parseCondition(text string) (*node, error) {
	if n, ok := wholeExpr(text); ok {
		return n, nil
	}
	if strings.Contains(text, "${{") {
		return nil, errExpression
	}
	return parseExpr(text)
}

// static works a text out whose expressions are all known; else it leaves those that are not and says so.
func (t *jobTask) static(text string) (string, bool) {
	parts, ok := split(text)
	if !ok {
		return text, false
	}
	var b strings.Builder
	for i, part := range parts {
		if i%2 == 0 {
			b.WriteString(part)
			continue
		}
		if value, known := t.constant(part); known {
			b.WriteString(value)
		} else {
			b.WriteString("${{" + part + "}}")
			ok = false
		}
	}
	return b.String(), ok
}

// constant is the value of an expression, where it is known.
func (t *jobTask) constant(expr string) (string, bool) {
	n, err := parseExpr(expr)
	if err != nil {
		return "", false
	}
	n = n.fold(t.known)
	if _, tree := n.value.(*plan.Value); n.op != "value" || tree {
		return "", false
	}
	return textValue(n.value), true
}

// known gives the values of references that do not change from run to run.
func (t *jobTask) known(path []string) (any, bool) {
	switch {
	case path[0] == "matrix" && !t.noMatrix:
		if len(path) < 2 {
			return nil, false
		}
		v := t.combination.get(path[1])
		for _, key := range path[2:] {
			if v = v.Get(key); v == nil {
				return nil, key != "*"
			}
		}
		if dynamic(v) {
			return nil, false
		}
		return scalarValue(v), true
	case len(path) == 2 && path[0] == "env":
		return t.knownEnv(path[1])
	case len(path) == 2 && path[0] == "runner" && path[1] == "os" && t.runsOn != "":
		return t.runsOn, true
	case len(path) == 2 && path[0] == "github" && path[1] == "job":
		return t.job.id, true
	case len(path) == 2 && path[0] == "github" && path[1] == "workflow":
		return textOf(t.root, "name"), textOf(t.root, "name") != ""
	case len(path) == 2 && path[0] == "strategy" && path[1] == "job-total" && t.total > 0:
		return float64(t.total), true
	case len(path) == 2 && path[0] == "strategy" && path[1] == "job-index" && t.total > 0:
		return float64(t.index), true
	}
	return nil, false
}

// knownEnv looks a variable up from the innermost env outwards.
func (t *jobTask) knownEnv(name string) (any, bool) {
	if slices.Contains(t.hidden, name) {
		return nil, false
	}
	for _, level := range [][]pair{t.scope, t.env} {
		for _, p := range level {
			if p.name == name {
				return p.value, true
			}
		}
	}
	if t.job.value.Get("env").Get(name) != nil {
		return nil, false
	}
	for _, p := range t.workflow.env {
		if p.name == name {
			return p.value, true
		}
	}
	return nil, false
}

// knownStep is known for the condition of a step, which can also ask for what a step that was left out did: it
// was skipped, and made nothing.
func (t *jobTask) knownStep(path []string) (any, bool) {
	if len(path) >= 3 && path[0] == "steps" {
		if s := t.byStep[path[1]]; s != nil && s.script == "" {
			switch path[2] {
			case "outputs":
				return "", len(path) == 4
			case "outcome", "conclusion":
				return "skipped", len(path) == 3
			}
		}
		return nil, false
	}
	return t.known(path)
}

// secretName is the name of the variable that a reference to a secret stands for.
func secretName(n *node) (string, bool) {
	switch {
	case n.op != "ref" || len(n.path) != 2:
	case n.path[0] == "secrets" && isVariable(n.path[1]):
		return n.path[1], true
	case n.path[0] == "github" && n.path[1] == "token":
		return "GITHUB_TOKEN", true
	}
	return "", false
}

// githubVariable is the variable of GitHub's runner that holds a value of the github context, "" where none does.
func githubVariable(path []string) string {
	if len(path) != 2 || path[0] != "github" {
		return ""
	}
	switch path[1] {
	case "action", "actor", "actor_id", "api_url", "base_ref", "event_name", "event_path", "graphql_url", "head_ref",
		"job", "ref", "ref_name", "ref_protected", "ref_type", "repository", "repository_id", "repository_owner",
		"repository_owner_id", "retention_days", "run_attempt", "run_id", "run_number", "server_url", "sha",
		"triggering_actor", "workflow", "workflow_ref", "workflow_sha", "workspace":
		return "GITHUB_" + strings.ToUpper(path[1])
	}
	return ""
}

// planVar is the var of the plan that an input of the workflow or a variable of the repository becomes; truth
// says whether it is a boolean.
func (t *jobTask) planVar(path []string) (name string, truth, ok bool) {
	switch {
	case len(path) == 2 && path[0] == "inputs":
		name = path[1]
	case len(path) == 4 && path[0] == "github" && path[1] == "event" && path[2] == "inputs":
		name = path[3]
	case len(path) == 2 && path[0] == "vars" && isVariable(path[1]):
		t.variable(path[1], "")
		return path[1], false, true
	}
	if !isName(name) {
		return "", false, false
	}
	in := t.input(name)
	name = strings.ReplaceAll(name, "-", "_") // vars are named as variables are
	value := textOf(in, "default")
	if truth = textOf(in, "type") == "boolean"; truth && value == "" {
		value = "false"
	}
	if dynamic(in.Get("default")) {
		value = ""
	}
	t.variable(name, value)
	return name, truth, true
}

var nameOfValue = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

func isName(name string) bool { return nameOfValue.MatchString(name) }

// shellRef is how a script sees a reference: a variable, or a command that prints it. The task is given what
// that takes. ok is false where there is no counterpart.
func (t *jobTask) shellRef(n *node) (text string, ok bool) {
	if n.op == "||" && n.args[0].op == "ref" && n.args[1].op == "value" {
		// a || 'b' is what people write for a default.
		ref, ok := t.shellRef(n.args[0])
		value := textValue(n.args[1].value)
		if !ok || !strings.HasPrefix(ref, "${") || strings.Trim(value, plainShell) != "" {
			return "", false
		}
		return strings.TrimSuffix(ref, "}") + ":-" + value + "}", true
	}
	if n.op != "ref" {
		return "", false
	}
	if name, ok := secretName(n); ok {
		t.secret(name)
		return "${" + name + "}", true
	}
	if name, _, ok := t.planVar(n.path); ok {
		variable := "INPUT_" + variableOf(name)
		if n.path[0] == "vars" {
			variable = variableOf(name)
		}
		t.giveInput(variable, "vars."+name)
		return "${" + variable + "}", true
	}
	if name := githubVariable(n.path); name != "" {
		t.workspace = t.workspace || name == "GITHUB_WORKSPACE"
		return "${" + name + "}", true
	}
	switch path := n.path; {
	case len(path) == 2 && path[0] == "env" && isVariable(path[1]):
		return "${" + path[1] + "}", true
	case len(path) == 2 && path[0] == "runner" && path[1] == "temp":
		return "${RUNNER_TEMP:-/tmp}", true
	case len(path) == 4 && path[0] == "needs" && path[2] == "outputs":
		expr, ok := t.exprText(n)
		if !ok {
			return "", false
		}
		variable := "NEEDS_" + variableOf(path[1]) + "_" + variableOf(path[3])
		t.giveInput(variable, expr)
		return "${" + variable + "}", true
	case len(path) == 4 && path[0] == "steps" && path[2] == "outputs":
		if s := t.byStep[path[1]]; s == nil || s.script == "" || !isName(path[3]) {
			return "", false
		}
		t.output = true
		return `$(sed -n 's/^` + path[3] + `=//p' "$GITHUB_OUTPUT" | tail -n 1)`, true
	}
	return "", false
}

// plainShell are the characters that mean nothing to a shell.
const plainShell = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@%+,"

func variableOf(name string) string { return strings.ToUpper(strings.ReplaceAll(name, "-", "_")) }

// quoted is a text with expressions as a shell's word in double quotes. missing is the first expression that has
// no counterpart.
func (t *jobTask) quoted(text string) (word, missing string) {
	parts, ok := split(text)
	if !ok {
		return "", "an expression that does not end"
	}
	var b strings.Builder
	for i, part := range parts {
		if i%2 == 0 {
			b.WriteString(shellEscape.Replace(part))
			continue
		}
		n, err := parseExpr(part)
		if err != nil {
			return "", "${{" + clip(part, 80) + "}}"
		}
		inner, ok := t.shellText(n.fold(t.known))
		if !ok {
			return "", "${{" + clip(part, 80) + "}}"
		}
		b.WriteString(inner)
	}
	return `"` + b.String() + `"`, ""
}

var shellEscape = strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`, "`", "\\`")

// shellText is a value as it stands between a shell's double quotes.
func (t *jobTask) shellText(n *node) (string, bool) {
	if n.op == "value" {
		if _, tree := n.value.(*plan.Value); tree {
			return "", false
		}
		return shellEscape.Replace(textValue(n.value)), true
	}
	return t.shellRef(n)
}

// shellTruth is a condition as a command that succeeds when it holds.
func (t *jobTask) shellTruth(n *node) (string, bool) {
	switch {
	case n.op == "value":
		return strconv.FormatBool(truthy(n.value)), true
	case n.op == "call" && len(n.args) == 0:
		switch n.name {
		case "always":
			return "true", true
		case "cancelled":
			return "false", true
		case "success":
			return `[ -z "$failed" ]`, true
		case "failure":
			return `[ -n "$failed" ]`, true
		}
	case n.op == "call" && len(n.args) == 2:
		a, ok := t.shellText(n.args[0])
		b, okToo := t.shellText(n.args[1])
		pattern := map[string]string{"contains": `*"` + b + `"*`, "startswith": `"` + b + `"*`, "endswith": `*"` + b + `"`}[n.name]
		return `[[ "` + a + `" == ` + pattern + ` ]]`, ok && okToo && pattern != ""
	case n.op == "!":
		inner, ok := t.shellTruth(n.args[0])
		return "! { " + inner + "; }", ok
	case n.op == "&&", n.op == "||":
		a, ok := t.shellTruth(n.args[0])
		b, okToo := t.shellTruth(n.args[1])
		for i, side := range []*string{&a, &b} {
			if op := n.args[i].op; (op == "&&" || op == "||") && op != n.op {
				*side = "{ " + *side + "; }"
			}
		}
		return a + " " + n.op + " " + b, ok && okToo
	case n.op == "==", n.op == "!=":
		a, ok := t.shellText(n.args[0])
		b, okToo := t.shellText(n.args[1])
		return `[ "` + a + `" ` + strings.TrimSuffix(n.op, "=") + ` "` + b + `" ]`, ok && okToo
	case n.op == "ref":
		text, ok := t.shellRef(n)
		if _, truth, isVar := t.planVar(n.path); isVar && truth {
			return `[ "` + text + `" = true ]`, ok
		}
		return `[ -n "` + text + `" ]`, ok
	}
	return "", false
}

// exprText is a value in the expressions of plans, as a text.
func (t *jobTask) exprText(n *node) (string, bool) {
	if n.op == "value" {
		_, tree := n.value.(*plan.Value)
		return strconv.Quote(textValue(n.value)), !tree
	}
	if n.op != "ref" {
		return "", false
	}
	if name, _, ok := t.planVar(n.path); ok {
		return "vars." + name, true
	}
	if name := githubVariable(n.path); name != "" {
		t.note(keyPos(t.job.value, "if"), t.id, "if: github.%s is $%s here, which is empty outside of GitHub's runner", n.path[1], name)
		return "env." + name, true
	}
	if path := n.path; len(path) == 4 && path[0] == "needs" && path[2] == "outputs" {
		if tasks := t.needed(path[1]); len(tasks) == 1 && isName(path[3]) {
			output := "." + path[3]
			if !isVariable(path[3]) {
				output = "[" + strconv.Quote(path[3]) + "]"
			}
			return "tasks[" + strconv.Quote(tasks[0].id) + "].outputs" + output, true
		}
	}
	return "", false
}

// exprTruth is a condition in the expressions of plans.
func (t *jobTask) exprTruth(n *node) (string, bool) {
	switch {
	case n.op == "value":
		return strconv.FormatBool(truthy(n.value)), true
	case n.op == "!" && n.args[0].op == "call" && n.args[0].name == "cancelled":
		// A run that is cancelled starts nothing here, so what is left of it is that failures do not matter.
		return "always()", true
	case n.op == "call" && len(n.args) == 0:
		word := map[string]string{"always": "always()", "success": "succeeded()", "failure": "failed()"}[n.name]
		return word, word != ""
	case n.op == "call" && len(n.args) == 2:
		if p := n.args[0].path; n.name == "contains" && len(p) == 3 && p[0] == "needs" && p[1] == "*" && p[2] == "result" {
			return t.results(t.needs, n.args[1], false)
		}
		a, ok := t.exprText(n.args[0])
		b, okToo := t.exprText(n.args[1])
		word := map[string]string{"contains": "contains", "startswith": "startsWith", "endswith": "endsWith"}[n.name]
		return a + " " + word + " " + b, ok && okToo && word != ""
	case n.op == "!":
		inner, ok := t.exprTruth(n.args[0])
		return "!(" + inner + ")", ok
	case n.op == "&&", n.op == "||":
		a, ok := t.exprTruth(n.args[0])
		b, okToo := t.exprTruth(n.args[1])
		for i, side := range []*string{&a, &b} {
			if op := n.args[i].op; (op == "&&" || op == "||") && op != n.op {
				*side = "(" + *side + ")"
			}
		}
		return a + " " + n.op + " " + b, ok && okToo
	case n.op == "==", n.op == "!=":
		for i, side := range n.args {
			if p := side.path; side.op == "ref" && len(p) == 3 && p[0] == "needs" && p[2] == "result" {
				var ids []string
				for _, other := range t.needed(p[1]) {
					ids = append(ids, other.id)
				}
				text, ok := t.results(ids, n.args[1-i], true)
				if n.op == "!=" {
					text = "!(" + text + ")"
				}
				return text, ok
			}
		}
		a, ok := t.exprText(n.args[0])
		b, okToo := t.exprText(n.args[1])
		return a + " " + n.op + " " + b, ok && okToo
	case n.op == "ref":
		text, ok := t.exprText(n)
		if _, truth, isVar := t.planVar(n.path); isVar && truth {
			return text + ` == "true"`, ok
		}
		return text + ` != ""`, ok
	}
	return "", false
}

// results asks how tasks ended. Of the tasks of one job all must have succeeded, and one that failed is enough.
func (t *jobTask) results(ids []string, want *node, oneJob bool) (string, bool) {
	if want.op != "value" || len(ids) == 0 {
		return "", false
	}
	result := textValue(want.value)
	status := map[string]plan.Status{"success": plan.Completed, "failure": plan.Failed, "cancelled": plan.Cancelled,
		"skipped": plan.Skipped}[result]
	if status == "" {
		return "", false
	}
	join := " || "
	if oneJob && (result == "success" || result == "skipped") {
		join = " && "
	}
	var parts []string
	for _, id := range ids {
		parts = append(parts, "tasks["+strconv.Quote(id)+`].status == "`+string(status)+`"`)
	}
	if len(parts) == 1 {
		return parts[0], true
	}
	return "(" + strings.Join(parts, join) + ")", true
}
