package control

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"billow/agents"
	"billow/engine"
	"billow/internal/intake"
	"billow/plan"
)

// The agents that billow knows by the names of the gem-orchestrator document.
const (
	plannerAgent  = "gem-planner"
	reviewerAgent = "gem-reviewer"
	criticAgent   = "gem-critic"
	debuggerAgent = "gem-debugger"
)

// stagePolicy is what is done about failures of agents on the way to a plan. What a reviewer finds is no failure to be
// mended in its own task: it goes back to the planner. What cannot be known to have been done is tried once more.
const stagePolicy = `failure_handling:
  transient: {retry_limit: 3, action: [retry_same_operation, {if_still_fails: fail}]}
  new_failure: {retry_limit: 1, action: [retry_same_operation, {if_still_fails: fail}]}
  fixable: {retry_limit: 0, action: [{mark_task: failed}]}
  needs_replan: {retry_limit: 0, action: [{mark_task: failed}]}
  escalate: {retry_limit: 0, action: [{mark_task: failed}]}
  flaky: {retry_limit: 0, action: [{mark_task: failed}]}
  test_bug: {retry_limit: 0, action: [{mark_task: failed}]}
  regression: {retry_limit: 0, action: [{mark_task: failed}]}
  platform_specific: {retry_limit: 0, action: [{mark_task: failed}]}
`

// stage carries out a small plan that asks agents something on the way to a plan; make gives its text, by the number of
// the stage among those of its kind, which is in the ids of its tasks too. One that was begun
// and not ended is gone on with. ok is false when a person is needed first, or the run was interrupted: then d.resp says
// so.
func (d *doing) stage(ctx context.Context, kind string, make func(number int) []byte) (st *Stage, ok bool, err error) {
	if n := len(d.st.Stages); n == 0 || d.st.Stages[n-1].Outcome != "" || d.st.Stages[n-1].Kind != kind {
		number := 1
		for _, s := range d.st.Stages {
			if s.Kind == kind {
				number++
			}
		}
		path := filepath.Join(".billow", "do", d.st.PlanID, fmt.Sprintf("%s-%d.yaml", kind, number))
		if err := writeFile(filepath.Join(d.o.Root, path), make(number)); err != nil {
			return nil, false, err
		}
		d.st.Stages = append(d.st.Stages, Stage{Kind: kind, Number: number, Path: filepath.ToSlash(path)})
		if err := d.save(); err != nil {
			return nil, false, err
		}
	}
	st = &d.st.Stages[len(d.st.Stages)-1]
	resp, err := d.run(ctx, st.Path)
	if err != nil {
		return nil, false, err
	}
	if resp.Outcome != engine.OutcomeCompleted && resp.Outcome != engine.OutcomeFailed || resp.Interrupted || resp.TimedOut {
		d.resp.Run, d.resp.Outcome = resp, resp.Outcome
		return st, false, nil
	}
	st.Outcome = resp.Outcome
	return st, true, nil
}

// taskID is the id of a stage's task.
func taskID(what string, number int) string { return fmt.Sprintf("%s-%d", what, number) }

// run carries out a plan of the project, for which billow do has written some files.
func (d *doing) run(ctx context.Context, path string, ours ...string) (*RunResponse, error) {
	r := RunRequest{Plan: nearPath(d.Dir, filepath.Join(d.o.Root, filepath.FromSlash(path))), Jobs: d.r.Jobs, Timeout: d.r.Timeout, Budget: d.r.Budget,
		Ours: ours}
	if d.r.Execute != nil {
		return d.r.Execute(ctx, r)
	}
	return d.Run(ctx, r)
}

// planned are the plan and its context where they are as the planner's turn left them: not those that somebody has edited.
func (d *doing) planned() []string {
	data, err := os.ReadFile(filepath.Join(d.o.Root, filepath.FromSlash(d.st.Path)))
	if err != nil || d.st.InMemory || d.st.Before != hashOf(data) {
		return nil
	}
	return []string{d.st.Path, path.Join(path.Dir(d.st.Path), agents.EnvelopeFile)}
}

// nearPath is a path as somebody in dir would type it, where it lies within.
func nearPath(dir, path string) string {
	if rel, err := filepath.Rel(dir, path); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return path
}

// said is what became of a task of a stage: its state, and its agent's report as an object, nil where it gave none.
func (d *doing) said(ctx context.Context, path, task string) (engine.TaskView, *plan.Value, error) {
	v, err := d.look(ctx, filepath.Join(d.o.Root, filepath.FromSlash(path)), "")
	if err != nil {
		return engine.TaskView{}, nil, err
	}
	t, ok := v.state.Task(task)
	if !ok {
		return t, nil, fmt.Errorf("%s: there is no task %s", path, task)
	}
	data, err := os.ReadFile(filepath.Join(attemptDir(d.o.Root, v.run.ID, task, t.Attempt), "report.json"))
	if errors.Is(err, os.ErrNotExist) {
		return t, nil, nil
	}
	return t, agents.ReportObject(data), err
}

// reachable reports whether an agent can be reached as far as the configuration tells.
func (d *doing) reachable(agent string) bool {
	_, ok := d.o.Config.Agent(agent)
	return ok
}

// head is what the plans that billow makes begin with.
func (d *doing) head() mapping {
	return mapping{{"plan_id", d.st.PlanID}, {"objective", d.st.Objective}, {"complexity", string(d.st.Assessment.Class)},
		{"created_by", "billow do"}, {"status", "pending"}}
}

// assessText is the plan of the one question about an objective that the rules leave open.
func (d *doing) assessText(agent string) []byte {
	var intents []string
	for _, i := range intake.Intents() {
		if i != intake.Run {
			intents = append(intents, string(i))
		}
	}
	m := append(d.head(), entry{"tasks", []mapping{{
		{"id", taskID("assess", 1)}, {"title", "Say what the objective comes to"}, {"agent", agent},
		{"description", "Say how much care this objective needs and what is unclear about it. Look at the project; change nothing.\n" +
			"Report, beside status and summary, these keys:\n" +
			"  complexity: TRIVIAL (one mechanical change), LOW (one or two files, a known pattern), MEDIUM (several files or modules, a new " +
			"pattern) or HIGH (architecture, interfaces, schemas, authentication, migrations)\n" +
			"  reason: why, in one sentence\n" +
			"  intent: " + strings.Join(intents, ", ") + "\n" +
			"  risk_signals: any of " + strings.Join(plan.RiskSignals(), ", ") + "\n" +
			"  assumptions: at most five\n" +
			"  unclear: at most three questions that only a person can answer and without which the work would be wasted, each a text or " +
			"{text, options}" + d.refText()},
		{"acceptance_criteria", []string{"complexity and reason are given"}},
		{"timeout", "10m"}, {"status", "pending"}}}})
	return append(m.yaml(), stagePolicy...)
}

// planText is the plan of a planner's turn; number names its folder for drafts.
func (d *doing) planText(number int) []byte {
	a := d.st.Assessment
	draft := d.draft(number)
	scope := mapping{
		{"plan_path", filepath.ToSlash(filepath.Join(draft, "plan.yaml"))},
		{"envelope_path", filepath.ToSlash(filepath.Join(draft, agents.EnvelopeFile))},
		{"intent", string(a.Intent)}, {"complexity", string(a.Class)}, {"risk_signals", a.Signals},
		{"assumptions", a.Assumptions()}, {"agents", d.o.team()}, {"knowledge_sources", projectFiles(d.o.Root)},
		{"feedback", d.st.Feedback}, {"findings", d.st.Findings},
	}
	if d.st.Path != "" && exists(filepath.Join(d.o.Root, filepath.FromSlash(d.st.Path))) {
		scope = append(scope, entry{"current_plan", d.st.Path}, entry{"keep_completed", d.st.Completed})
	}
	title, what := "Write the plan", "Write a plan of tasks for the objective."
	if len(d.st.Findings) > 0 {
		title, what = "Revise the plan", "Revise the plan: planning_scope says what was found and what must stay."
	}
	what += " Write it as YAML to the plan_path of planning_scope, and the context the tasks need to its envelope_path as JSON; or give the " +
		"YAML as `plan` and the JSON as `context_envelope` in the report. `billow schema plan` prints every key, `billow check FILE` says " +
		"what is wrong. Use the agents listed and no others. Give every task acceptance criteria."
	if a.Class == plan.High {
		what += " Every dependency has an entry in contracts."
	}
	m := append(d.head(), d.context()...)
	m = append(m, entry{"tasks", []mapping{{
		{"id", taskID("plan", number)}, {"title", title}, {"agent", plannerAgent}, {"description", what},
		{"acceptance_criteria", []string{"the plan has the plan_id " + d.st.PlanID, "billow check finds no errors in it", "every part of the objective is covered by a task"}},
		{"task_clarifications", a.Clarifications()}, {"relevant_context", d.relevant()}, {"planning_scope", scope},
		{"memory_seed", remembered(d.st.Memory)}, {"status", "pending"}}}})
	return append(m.yaml(), stagePolicy...)
}

// draft is the folder for the drafts of a planner's turn, relative to the root.
func (d *doing) draft(number int) string {
	return filepath.Join(".billow", "do", d.st.PlanID, fmt.Sprintf("draft-%d", number))
}

// reviewText is the plan of a review: by the reviewer, and by the critic where one is called for.
func (d *doing) reviewText(number int, p *plan.Plan, critic bool) []byte {
	criteria := []string{"every part of the objective is covered by a task", "every task can be checked by its acceptance criteria",
		"no task depends on what no task makes"}
	scope := mapping{{"kind", "plan"}, {"plan_path", d.st.Path}, {"objective", d.st.Objective}}
	if prd := "docs/PRD.yaml"; slices.Contains(projectFiles(d.o.Root), prd) {
		scope = append(scope, entry{"prd_path", prd})
		criteria = append(criteria, "every requirement of "+prd+" that the objective touches is covered by a task; those that are not are in acceptance_criteria_missing, and prd_score is the share that is, 0 to 100")
	}
	if p.Root.Get("contracts") != nil || d.st.Assessment.Class == plan.High {
		criteria = append(criteria, "contracts name what passes between tasks")
	}
	depth := "standard"
	if d.st.Assessment.Class == plan.High {
		depth = "full"
	}
	signals := d.st.Assessment.Signals
	verdict := "Report completed when it can be carried out as it is; else needs_revision with critical_findings, each with what to change. " +
		"Report failed with fail: escalate where no revision helps and a person must decide."
	tasks := []mapping{{
		{"id", taskID("review", number)}, {"title", "Review the plan"}, {"agent", reviewerAgent},
		{"description", "Review the plan that review_scope names. Change nothing. " + verdict},
		{"acceptance_criteria", criteria}, {"review_scope", scope}, {"review_depth", depth},
		{"review_security_sensitive", slices.Contains(signals, "security_sensitive") || slices.Contains(signals, "auth_change")},
		{"status", "pending"}}}
	if critic {
		tasks = append(tasks, mapping{
			{"id", taskID("critic", number)}, {"title", "Challenge the plan"}, {"agent", criticAgent},
			{"description", "Challenge the plan that target names: its assumptions, its edge cases, simpler ways. Change nothing. " +
				"Report a verdict: pass, warning, or blocking with what blocks it."},
			{"acceptance_criteria", []string{"the verdict is given with reasons"}},
			{"target", d.st.Path}, {"context", "what calls for it: " + strings.Join(signals, ", ")}, {"status", "pending"}})
	}
	m := append(d.head(), d.context()...)
	m = append(m, entry{"plan_summary", summaryOf(p)}, entry{"tasks", tasks})
	return append(m.yaml(), stagePolicy...)
}

// summaryOf is a plan in short, for whoever reviews it.
func summaryOf(p *plan.Plan) mapping {
	const most = 200
	var tasks []string
	for _, t := range p.Tasks[:min(len(p.Tasks), most)] {
		line := t.ID + ": " + t.Name()
		if t.Agent != "" {
			line += " (" + t.Agent + ")"
		}
		if len(t.Needs) > 0 {
			line += " after " + strings.Join(t.Needs, ", ")
		}
		tasks = append(tasks, line)
	}
	return mapping{{"tldr", p.Root.Get("tldr").Inline()}, {"tasks", tasks}}
}

// context is what is known of the project before the planner has looked at it: the plan's own envelope where there is
// one already, else what is remembered.
func (d *doing) context() mapping { return snapshot(d.st.Memory) }

// relevant is what was given along with the objective.
func (d *doing) relevant() []mapping {
	var out []mapping
	for _, r := range d.refs {
		out = append(out, mapping{{"path", r.Path}, {"text", r.Text}})
	}
	return out
}

// refText is the same for agents whose role has no field for it.
func (d *doing) refText() string {
	var b strings.Builder
	for _, r := range d.refs {
		fmt.Fprintf(&b, "\n\n%s:\n%s", r.Path, strings.TrimSpace(r.Text))
	}
	return b.String()
}

// workText is the plan of an objective that needs no planner. Of an earlier one what is completed stays, and what a person
// said since goes to what is not; where all is completed it is a task of its own.
func (d *doing) workText(work []intake.Task, completed []string) []byte {
	a := d.st.Assessment
	m := append(d.head(), entry{"assumptions", a.Assumptions()}, entry{"clarifications", a.Clarifications()})
	if a.Class != plan.Trivial {
		m = append(m, d.context()...)
	}
	done := func(id string) bool { return slices.Contains(completed, id) }
	status := func(id string) string {
		if done(id) {
			return "completed"
		}
		return "pending"
	}
	last := work[len(work)-1]
	if !done(last.ID) {
		d.st.Folded = len(d.st.Feedback)
	}
	var tasks []mapping
	for _, w := range work {
		what := d.st.Objective
		if w.ID == last.ID {
			for _, s := range d.st.Feedback[:d.st.Folded] {
				what += "\n\nSaid since: " + s
			}
		}
		tasks = append(tasks, d.workTask(w, what, d.refText(), status(w.ID)))
	}
	for i, said := range d.st.Feedback[d.st.Folded:] {
		w := intake.Task{ID: fmt.Sprintf("feedback-%d", i+1), Title: "Do what was said afterwards", Agent: last.Agent, Needs: []string{last.ID}}
		if i > 0 {
			w.Needs = []string{fmt.Sprintf("feedback-%d", i)}
		}
		tasks = append(tasks, d.workTask(w, said+"\n\nIt was said after this had been done: "+d.st.Objective, "", status(w.ID)))
	}
	// Work that needs another plan has grown: that is found when the run is over.
	m = append(m, entry{"failure_handling", mapping{{"needs_replan", mapping{{"retry_limit", 0}, {"action", []mapping{{{"mark_task", "failed"}}}}}}}})
	return append(m, entry{"tasks", tasks}).yaml()
}

func (d *doing) workTask(w intake.Task, what, refs, status string) mapping {
	if w.Run != "" {
		return mapping{{"id", w.ID}, {"title", w.Title}, {"run", w.Run}, {"status", status}}
	}
	for _, s := range d.st.Assessment.Clarifications() {
		what += "\n\n" + s
	}
	if w.ReadOnly {
		what += "\n\nChange nothing: the answer is what you report."
	}
	return mapping{{"id", w.ID}, {"title", w.Title}, {"agent", w.Agent}, {"dependencies", w.Needs}, {"description", what + refs},
		{"environment", w.Environment}, {"status", status}}
}
