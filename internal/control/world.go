package control

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"billow/agents"
	"billow/engine"
	"billow/failure"
	"billow/internal/config"
	"billow/plan"
)

// World is what a driver's loop does not know: it answers from the plan, the configuration and the
// environment. Its methods are called by the loop's goroutine only.
type World struct {
	service *Service
	opened  *Opened
	run     string
	// plan is the plan as of the last edit; a running attempt keeps what it was given.
	plan  *plan.Plan
	vars  map[string]any
	env   *environment
	exprs plan.Expressions
	// agents are made when they are first needed.
	agents map[string]agents.Agent
	class  plan.Class
	// context is what lay beside the plan when the run began, for briefs; nil for nothing.
	context *agents.Envelope
	// state is the state after the last event seen, for briefs.
	state *engine.State
	seen  func(*engine.State, []engine.Event)
	hold  func(*engine.State) bool
	// scope says what a planner has to know that revises the plan, revise makes a revision of what it gives back; both
	// are nil where nothing runs.
	scope  func(t engine.TaskView, attempt int, step failure.Step) (*plan.Value, error)
	revise func(s *engine.State, task string, r agents.Report) (engine.Event, []string)
	// lastLook may be nil.
	lastLook func(*engine.State)
	// written makes sure that the plan file says what is known; nil where it is left alone.
	written func(context.Context) error
	// sent are learnings that were handed on after gates, told the agents of which it was said that they are missing.
	sent, told map[string]bool
}

// task is the plan's task behind an engine's, the one it stands in for in the case of an item.
func (w *World) task(t engine.TaskView) *plan.Task {
	switch {
	case t.Gate:
		return w.gateTask(t)
	case t.Parent != "":
		return w.plan.Task(t.Parent)
	}
	return w.plan.Task(t.ID)
}

// doer is who does a task; "" is the shell.
func (w *World) doer(t engine.TaskView, task *plan.Task) string {
	if t.Gate {
		return t.Agent
	}
	return agentOf(w.opened.Config, task)
}

// Assign says who does a step, and with exactly what.
func (w *World) Assign(t engine.TaskView, attempt int, step string, slot int) (_ agents.Agent, _ agents.Assignment, err error) {
	task := w.task(t)
	if task == nil {
		return nil, agents.Assignment{}, fmt.Errorf("task %s is no longer in the plan", t.ID)
	}
	name, command := w.doer(t, task), task.Run
	timeouts := w.timeouts(task, name)
	remedy, delegated := t.RemedyStep(step)
	if delegated {
		// The task's own deadlines are for its own work: a test that may take ten seconds takes longer to mend.
		conf, _ := w.opened.Config.Agent(remedy.Agent)
		name, command, timeouts = remedy.Agent, "", conf.Timeouts
	}
	fields, workDir := agents.StepFields(remedy.Purpose, t.Handoff), w.workDir(task)
	if remedy.Purpose == failure.ForReplan {
		workDir = w.opened.Root // the paths that it is given are relative to it
		var err error
		if fields, err = w.scope(t, attempt, remedy); err != nil {
			return nil, agents.Assignment{}, err
		}
	}
	a := agents.Assignment{
		PlanID: w.plan.ID, RunID: w.run, TaskID: t.ID, Attempt: attempt, Step: step, Task: task, Slot: slot,
		Now: t.AsOf, Since: t.AsOf,
		Agent: name, Command: command, Shell: w.shell(task), Answers: t.Answers, Answered: t.Heard,
		WorkDir:  workDir,
		Dir:      attemptDir(w.opened.Root, w.run, t.ID, attempt),
		Timeouts: timeouts,
	}
	if attempt == 1 && step == engine.StepDo {
		a.Since = t.Eligible // a later step comes after its own task's work
	}
	if strings.HasPrefix(step, "accept.") {
		if a.Command = commandOf(task, step); a.Command == "" {
			return nil, a, fmt.Errorf("task %s has no acceptance command %s", t.ID, strings.TrimPrefix(step, "accept."))
		}
		name = shellAgent
	}
	if remedy.Purpose == failure.ForCommit {
		if a.Env, a.Secrets, err = w.env.forTask(w.plan, task, t, nil, a); err != nil {
			return nil, a, err
		}
		return w.committer(a, w.checkables(t), t.Wave), a, nil
	}
	agent, err := w.agent(name)
	if err != nil {
		return nil, a, err
	}
	if made, ok := agent.(chain); ok {
		agent = made.without(w.state.Paused)
	}
	inputs, err := w.inputs(t, task)
	if err != nil {
		return nil, a, err
	}
	if a.Env, a.Secrets, err = w.env.forTask(w.plan, task, t, inputs, a); err != nil {
		return nil, a, err
	}
	if name != shellAgent {
		conf, _ := w.opened.Config.Agent(name)
		a.Model = modelOf(w.opened.Config, name, conf)
		a.Brief = w.brief(t, task, a, remedy.Purpose, fields, inputs)
	}
	return agent, a, nil
}

// commandOf is the shell command of a step, "" for an agent's.
func commandOf(t *plan.Task, step string) string {
	n, ok := strings.CutPrefix(step, "accept.")
	if !ok && (step == "" || step == engine.StepDo) {
		return t.Run
	}
	k, err := strconv.Atoi(n)
	if !ok || err != nil || k < 1 || k > len(t.Accept) {
		return ""
	}
	return t.Accept[k-1]
}

// shellAgent is the name under which the agent for shell commands is reached.
const shellAgent = ""

// agentOf says who does a task; "" is the shell.
func agentOf(c *config.Config, t *plan.Task) string {
	if t.Run != "" {
		return shellAgent
	}
	return c.Route(t)
}

// agent makes the agent of a name, with what it falls back to, when it is first needed.
func (w *World) agent(name string) (agents.Agent, error) {
	if agent, ok := w.agents[name]; ok {
		return agent, nil
	}
	var made chain
	for i, of := range append([]string{name}, w.fallbacks(name)...) {
		agent, err := w.reach(of)
		if err != nil && i == 0 {
			return nil, err
		}
		if err == nil {
			conf, _ := w.opened.Config.Agent(of)
			made = append(made, link{agent, conf.Provider, modelOf(w.opened.Config, name, conf)})
		}
	}
	w.agents[name] = made[0].Agent
	if len(made) > 1 {
		w.agents[name] = made
	}
	return w.agents[name], nil
}

func (w *World) fallbacks(name string) []string {
	conf, _ := w.opened.Config.Agent(name)
	return conf.Fallback
}

func (w *World) reach(name string) (agents.Agent, error) {
	conf := config.Agent{Adapter: "run"}
	if name != shellAgent {
		var ok bool
		if conf, ok = w.opened.Config.Agent(name); !ok {
			return nil, fmt.Errorf("no adapter for agent %s: %s", name, w.opened.Config.AgentHint(name))
		}
	}
	return w.service.Reach(ReachRequest{Name: name, Config: conf, Root: w.opened.Root,
		Scratch: filepath.Join(runDir(w.opened.Root, w.run), ".scratch")})
}

func (w *World) shell(t *plan.Task) []string {
	if len(t.Shell) > 0 {
		return t.Shell
	}
	return w.opened.Config.Shell
}

func (w *World) workDir(t *plan.Task) string {
	if filepath.IsAbs(t.Dir) {
		return t.Dir
	}
	return filepath.Join(w.opened.Root, filepath.FromSlash(t.Dir))
}

func (w *World) timeouts(t *plan.Task, agent string) plan.Timeouts {
	out := t.Timeouts
	base := w.opened.Config.Timeouts
	if agent != shellAgent {
		if conf, ok := w.opened.Config.Agent(agent); ok {
			base = conf.Timeouts
		}
	}
	if out.Total == 0 {
		out.Total = base.Total
	}
	if out.Idle == 0 {
		out.Idle = base.Idle
	}
	if out.FirstOutput == 0 {
		out.FirstOutput = base.FirstOutput
	}
	return out
}

// inputs evaluates what a task takes from others.
func (w *World) inputs(t engine.TaskView, task *plan.Task) ([]plan.EnvVar, error) {
	if len(task.Inputs) == 0 {
		return nil, nil
	}
	out := make([]plan.EnvVar, 0, len(task.Inputs))
	for _, in := range task.Inputs {
		value, err := w.exprs.EvalString(in.Value, w.exprEnv(w.state, t, in.Value))
		if err != nil {
			return nil, fmt.Errorf("input %s: %w", in.Name, err)
		}
		out = append(out, plan.EnvVar{Name: in.Name, Value: value})
	}
	return out, nil
}

// exprEnv is what an expression of a task can see: only the tasks it names.
func (w *World) exprEnv(s *engine.State, t engine.TaskView, src string) plan.ExprEnv {
	env := plan.ExprEnv{Tasks: map[string]plan.ExprTask{}, Vars: w.vars, Env: w.env.asMap(),
		Platform: plan.ExprPlatform{OS: runtime.GOOS, Arch: runtime.GOARCH}}
	for _, id := range w.exprs.References(src) {
		if v, ok := s.Task(id); ok {
			env.Tasks[id] = plan.ExprTask{Status: string(v.State.Status()), Outputs: v.Outputs, Attempts: v.Attempt}
		}
	}
	if t.Parent != "" {
		var item any
		if json.Unmarshal([]byte(t.Item), &item) == nil {
			env.Item = item
		}
	}
	needs := t.Needs
	if t.Parent != "" {
		if parent, ok := s.Task(t.Parent); ok {
			needs = parent.Needs
		}
	}
	env.NeedFailed = slices.ContainsFunc(needs, func(id string) bool {
		v, ok := s.Task(id)
		return ok && (v.State == engine.Failed || v.State == engine.Cancelled || v.Unreachable)
	})
	if len(needs) == 0 {
		c := s.Counts()
		env.NeedFailed = c.Failed+c.Cancelled > 0
	}
	return env
}

// Condition evaluates `when`. A condition that says nothing of failures holds only where needs are done,
// which the engine has seen to.
func (w *World) Condition(s *engine.State, id string) (bool, string, error) {
	t, _ := s.Task(id)
	task := w.task(t)
	if task == nil || task.When == "" {
		return true, "", nil
	}
	ok, err := w.exprs.EvalWhen(task.When, w.exprEnv(s, t, task.When))
	if err != nil {
		return false, "", fmt.Errorf("when: %w", err)
	}
	return ok, fmt.Sprintf("its condition is false: %s", task.When), nil
}

// Items finds the items of a foreach.
func (w *World) Items(s *engine.State, id string) ([]string, error) {
	t, _ := s.Task(id)
	task := w.task(t)
	if task == nil {
		return nil, fmt.Errorf("task %s is no longer in the plan", id)
	}
	var values []any
	if task.ForeachExpr != "" {
		var err error
		if values, err = w.exprs.EvalList(task.ForeachExpr, w.exprEnv(s, t, task.ForeachExpr), task.MaxItems); err != nil {
			return nil, fmt.Errorf("foreach: %w", err)
		}
	}
	for _, item := range task.ForeachItems {
		values = append(values, plan.ToAny(item))
	}
	if task.MaxItems > 0 && len(values) > task.MaxItems {
		return nil, fmt.Errorf("foreach has %d items, at most %d are allowed; raise max_items of the task", len(values), task.MaxItems)
	}
	items := make([]string, len(values))
	for i, v := range values {
		text, err := json.Marshal(v)
		if err != nil {
			return nil, fmt.Errorf("foreach: item %d: %w", i+1, err)
		}
		items[i] = string(text)
	}
	return items, nil
}

// Classify names the kind of a failure: what the agent said, the plan's own rules, known patterns.
func (w *World) Classify(task string, attempt int, o failure.Observation) failure.Signal {
	o.At = w.service.Now()
	if v, ok := w.state.Task(task); ok {
		if t := w.task(v); t != nil {
			name := w.doer(v, t)
			if step, ok := v.RemedyStep(v.Step); ok {
				name = step.Agent
			}
			if conf, ok := w.opened.Config.Agent(name); ok && o.Provider == "" {
				o.Provider = conf.Provider
			}
		}
	}
	sig := failure.Classify(o, func(o failure.Observation) (failure.Kind, string, bool) {
		env := plan.ClassifyEnv{Exit: -1, Signal: o.Signal, Timeout: o.Timeout, Output: o.Output, Attempt: attempt}
		if o.Exited {
			env.Exit = o.Exit
		}
		for _, rule := range w.plan.Classify {
			if ok, err := w.exprs.EvalClassify(rule.When, env); err == nil && ok {
				return rule.Kind, rule.When, true
			}
		}
		return "", "", false
	})
	if sig.Kind == failure.PlatformSpecific && sig.Platform == "" {
		sig.Platform = runtime.GOOS + "/" + runtime.GOARCH
	}
	return sig
}

// Abilities says which agents the remedies of a task may call: the most suitable of those that are configured.
func (w *World) Abilities(id string) failure.Abilities {
	v, _ := w.state.Task(id)
	task := w.task(v)
	own := shellAgent
	if task != nil {
		own = w.doer(v, task)
	}
	return failure.Abilities{Command: own == shellAgent, Who: func(part string) failure.Hand {
		names := agents.Suitable(part, task, own)
		for _, name := range names {
			if _, ok := w.opened.Config.Agent(name); ok {
				return failure.Hand{Agent: name, Ready: true, Class: string(classOf(w.opened.Config, name)),
					Providers: providersOf(w.opened.Config, name)}
			}
		}
		return failure.Hand{Agent: names[0]}
	}}
}

// classOf is the limit under which the work of an agent falls.
func classOf(c *config.Config, agent string) engine.Class {
	if agent == shellAgent {
		return engine.ClassRun
	}
	if conf, ok := c.Agent(agent); ok && conf.Adapter == "human" {
		return engine.ClassHuman
	}
	return engine.ClassAgent
}

// modelOf is the model that whoever plays an agent's role is asked to use, "" for its own default.
func modelOf(c *config.Config, agent string, by config.Agent) string {
	role, _ := agents.FindRole(agent)
	return c.ModelFor(by, role.Tier)
}

// providersOf are the services by which the work of an agent is done, its fallbacks' last; none for a command and for a
// person.
func providersOf(c *config.Config, agent string) []string {
	if classOf(c, agent) != engine.ClassAgent {
		return nil
	}
	conf, _ := c.Agent(agent)
	var out []string
	for _, name := range append([]string{agent}, conf.Fallback...) {
		of, ok := c.Agent(name)
		switch {
		case !ok:
		case of.Provider == "":
			return nil // a person, say, whose work no limit of a service stops
		case !slices.Contains(out, of.Provider):
			out = append(out, of.Provider)
		}
	}
	return out
}

// Approve lets an agent that may do so decide about an approval of its own task.
func (w *World) Approve(id, reason string) (granted, ok bool, by string) {
	t, known := w.state.Task(id)
	task := w.task(t)
	if !known || task == nil {
		return false, false, ""
	}
	name := w.doer(t, task)
	if name == shellAgent {
		return false, false, ""
	}
	agent, err := w.agent(name)
	if err != nil {
		return false, false, ""
	}
	approver, may := agent.(agents.Approver)
	if !may {
		return false, false, ""
	}
	granted, ok = approver.Approve(id, reason)
	return granted, ok, name
}

// Revise makes a revision of the plan that a planner gives back.
func (w *World) Revise(s *engine.State, task string, r agents.Report) (engine.Event, []string) {
	return w.revise(s, task, r)
}

// Seen passes events on to everybody who follows the run.
func (w *World) Seen(s *engine.State, events []engine.Event) {
	w.state = s
	w.remember(events)
	w.seen(s, events)
}

// LastLook reads the plan file once more before the run is over.
func (w *World) LastLook(s *engine.State) {
	if w.lastLook != nil {
		w.lastLook(s)
	}
}

// Hold is asked when the run cannot go on without a person.
func (w *World) Hold(s *engine.State) bool { return w.hold != nil && w.hold(s) }
