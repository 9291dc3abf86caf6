package plan

import "reflect"

// ExprEnv is what the expressions of `when`, `foreach` and `inputs` can see.
//
//	tasks["id"].status     pending, in_progress, blocked, completed, skipped, failed or cancelled
//	tasks["id"].outputs    what the task wrote to $BILLOW_OUTPUT: tasks["id"].outputs.version
//	tasks["id"].attempts   how often it was tried
//	tasks.id               the same, for ids of letters, digits and underscores
//	vars.NAME              the plan's vars: texts, lists and mappings; nil where there is none
//	env.NAME               the environment; "" where there is none
//	item                   the item of a foreach, in `inputs`; `when` is asked once, before there are items
//	platform.os, .arch     linux, darwin, windows …; amd64, arm64 …
//	succeeded()            all needs are completed or skipped; what a task without `when` asks
//	failed()               a need failed, was cancelled or cannot be reached any more
//	always()               true; the task runs whatever became of its needs
type ExprEnv struct {
	// Tasks are the tasks by id; those an expression names are enough (see References).
	Tasks map[string]ExprTask
	// Vars are as Plan.ExprVars gives them.
	Vars map[string]any
	Env  map[string]string
	// Item is plain Go as ToAny gives it; nil outside of a foreach.
	Item     any
	Platform ExprPlatform
	// NeedFailed is true when a need of the task failed, was cancelled or cannot be reached any more.
	NeedFailed bool
}

// ExprTask is what an expression can see of another task.
type ExprTask struct {
	Status   string            `expr:"status"`
	Outputs  map[string]string `expr:"outputs"`
	Attempts int               `expr:"attempts"`
}

// ExprPlatform is the machine a task runs on, in the words of Go (GOOS, GOARCH).
type ExprPlatform struct {
	OS   string `expr:"os"`
	Arch string `expr:"arch"`
}

// ClassifyEnv is what a `classify` rule can see of a failure: exit, signal, timeout, output, attempt.
type ClassifyEnv struct {
	// Exit is the exit status, -1 where there was none.
	Exit int `expr:"exit"`
	// Signal is the signal's name ("killed"), Timeout the deadline that passed ("first_output", "idle",
	// "total"); "" where there was none.
	Signal  string `expr:"signal"`
	Timeout string `expr:"timeout"`
	// Output is the end of what was printed.
	Output string `expr:"output"`
	// Attempt counts from 1.
	Attempt int `expr:"attempt"`
}

// exprNames is ExprEnv as the library sees it: functions are fields, names are those of the plan.
type exprNames struct {
	Tasks     map[string]ExprTask `expr:"tasks"`
	Vars      map[string]any      `expr:"vars"`
	Env       map[string]string   `expr:"env"`
	Item      any                 `expr:"item"`
	Platform  ExprPlatform        `expr:"platform"`
	Always    func() bool         `expr:"always"`
	Failed    func() bool         `expr:"failed"`
	Succeeded func() bool         `expr:"succeeded"`
}

func (e ExprEnv) names() exprNames {
	return exprNames{
		Tasks: e.Tasks, Vars: e.Vars, Env: e.Env, Item: e.Item, Platform: e.Platform,
		Always:    func() bool { return true },
		Failed:    func() bool { return e.NeedFailed },
		Succeeded: func() bool { return !e.NeedFailed },
	}
}

// ExprVars are the plan's vars for expressions, with those in set (--set) laid over them. Every scalar is a
// text, so that a var means the same wherever it was set; lists and mappings are as ToAny makes them.
func (p *Plan) ExprVars(set map[string]string) map[string]any {
	written := p.headValue("vars")
	vars := make(map[string]any, len(p.Vars)+len(set))
	for _, v := range p.Vars {
		vars[v.Name] = v.Value
		if w := written.Get(v.Name); w != nil && w.Kind > Scalar {
			vars[v.Name] = ToAny(w)
		}
	}
	for name, value := range set {
		vars[name] = value
	}
	return vars
}

// namesOf lists what an environment offers, as it is written in expressions.
func namesOf(env any) []string {
	t := reflect.TypeOf(env)
	var names []string
	for i := range t.NumField() {
		name := t.Field(i).Tag.Get("expr")
		if t.Field(i).Type.Kind() == reflect.Func {
			name += "()"
		}
		names = append(names, name)
	}
	return names
}
