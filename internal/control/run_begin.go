package control

import (
	"context"
	"runtime"
	"slices"

	"billow/agents"
	"billow/engine"
	"billow/failure"
	"billow/internal/config"
	"billow/internal/store"
	"billow/plan"
)

// limits are those of this driver's life, for a plan: -j sets all of them.
func (r *runner) limits(p *plan.Plan) engine.Limits {
	c := r.o.Config
	l := engine.Limits{Run: c.Jobs, Agents: c.MaxConcurrentAgents, Pools: p.Pools, FailFast: c.FailFast, QuotaWait: c.QuotaWait,
		Budget: r.budget(p),
		Strict: p.Waves == plan.Strict, PerAgent: map[string]int{}, Order: r.r.Order.rule()}
	if l.Run == 0 {
		l.Run = runtime.NumCPU()
	}
	if r.r.Jobs > 0 {
		l.All, l.Run, l.Agents = r.r.Jobs, r.r.Jobs, r.r.Jobs
	}
	if r.r.FailFast != nil {
		l.FailFast = *r.r.FailFast
	}
	l.Edgeless = l.Strict && !slices.ContainsFunc(p.Tasks, func(t *plan.Task) bool { return len(t.Needs) > 0 })
	limit := func(name string) {
		if conf, ok := c.Agent(name); ok && conf.Max > 0 {
			l.PerAgent[name] = conf.Max
		}
	}
	for _, t := range p.Tasks {
		if name := agentOf(c, t); name != shellAgent {
			limit(name)
		}
	}
	// Remedies may call any of these.
	for _, role := range agents.Catalogue() {
		limit(role.Name)
	}
	for _, kind := range failure.Kinds() {
		for _, step := range p.Failure[kind].Actions {
			limit(step.Agent)
		}
	}
	return l
}

// budget is how much agents may use up, kind by kind: what the command line says, the environment, the plan, the files.
func (r *runner) budget(p *plan.Plan) plan.Budget {
	if r.free {
		return plan.Budget{}
	}
	c := r.o.Config
	set := func(kind string) bool {
		layer := c.Origin("budget." + kind).Layer
		return layer == config.Flag || layer == config.Environment
	}
	var above plan.Budget
	if set(plan.BudgetTokens) {
		above.Tokens = c.Budget.Tokens
	}
	if set(plan.BudgetUSD) {
		above.USD = c.Budget.USD
	}
	if set(plan.BudgetTime) {
		above.Time = c.Budget.Time
	}
	return r.r.Budget.Over(above).Over(p.Budget).Over(c.Budget)
}

// specs says what the engine needs to know of a plan's tasks. hand is true for what somebody changed during
// the run: what the file says of statuses is then ours, not theirs.
func (r *runner) specs(p *plan.Plan, sched *plan.Schedule, hand bool) []engine.TaskSpec {
	specs := engine.Specs(p, sched, engine.SpecOptions{Hand: hand, Durations: r.took,
		AnswerTimeout: r.o.Config.AnswerTimeout, ApprovalTimeout: r.o.Config.ApprovalTimeout,
		Agent:     func(t *plan.Task) string { return agentOf(r.o.Config, t) },
		Providers: func(t *plan.Task) []string { return providersOf(r.o.Config, agentOf(r.o.Config, t)) },
		Class:     func(t *plan.Task) engine.Class { return classOf(r.o.Config, agentOf(r.o.Config, t)) }})
	for i, t := range p.Tasks {
		// Where a route or the default says who does it, the plan alone cannot tell.
		specs[i].Approval = specs[i].Approval || plan.NeedsApproval(t, specs[i].Agent, r.o.Config.ApprovalRequiredFor)
	}
	for i := range specs {
		if r.r.Fresh {
			specs[i].Start, specs[i].RetriesUsed = engine.State0{}, 0
		}
		if t := p.Tasks[i]; !hand && r.dropped[t.ID] && t.Status == plan.Cancelled {
			specs[i].Start = engine.State0{State: engine.Cancelled, Dropped: true}
		}
		if r.free {
			specs[i].Budget = plan.Budget{}
		}
	}
	return specs
}

// begin folds the run that is to go on, or makes a new one, of which nothing is written down yet but the text of the file.
func (r *runner) begin(ctx context.Context, id string) error {
	runs, err := r.log.Runs(ctx, r.o.Key, 1)
	if err != nil {
		return err
	}
	if len(runs) > 0 && (!r.r.Fresh || slices.ContainsFunc(r.o.Plan().Tasks, func(t *plan.Task) bool { return t.Status == plan.Cancelled })) {
		state, err := foldRun(ctx, r.log, runs[0].ID)
		if err != nil {
			return err
		}
		r.dropped = droppedIn(state)
		if r.r.Fresh {
			return r.prepare(ctx, id)
		}
		if state.Seq() > 0 && state.Finished() == "" {
			r.stored, r.state, r.resumed = runs[0], state, true
			return r.takeUp(ctx)
		}
		r.earlier = earlierRun{runs[0].ID, state}
	}
	return r.prepare(ctx, id)
}

// droppedIn are the tasks that are no part of a run any more because the plan was revised.
func droppedIn(s *engine.State) map[string]bool {
	out := map[string]bool{}
	for _, t := range s.Tasks() {
		if t.Dropped {
			out[t.ID] = true
		}
	}
	return out
}

// startNew begins a new run from what the file says.
func (r *runner) startNew(ctx context.Context, id string) error {
	if err := r.prepare(ctx, id); err != nil {
		return err
	}
	return r.record(ctx)
}

// prepare conceives a new run and keeps the text of the file beside it, because of a large plan both take their time;
// record waits for that.
func (r *runner) prepare(ctx context.Context, id string) error {
	kept := make(chan error, 1)
	go func() {
		_, err := r.log.PutBlob(ctx, r.o.Data)
		kept <- err
	}()
	r.kept = kept
	return r.conceive(id)
}

// conceive makes a new run from what the file says and writes nothing.
func (r *runner) conceive(id string) error {
	p := r.o.Plan()
	now := r.Now().UTC()
	r.first = engine.Event{At: now, Type: engine.RunStarted, By: r.User,
		Run: engine.NewRun(id, hashOf(r.o.Data), p, r.specs(p, r.o.Schedule, false), r.limits(p))}
	r.first.Run.Tasks = append(r.first.Run.Tasks, r.gateSpecs(nil, p, r.o.Schedule)...)
	r.state = engine.New()
	r.stored = store.Run{ID: id, Plan: r.o.Key, PlanID: p.ID, Status: "running", Started: now, Total: len(p.Tasks)}
	return r.state.Apply(r.first)
}

// record writes a new run down: the plan's bytes, and the event it begins with.
func (r *runner) record(ctx context.Context) error {
	if err := <-r.kept; err != nil {
		return err
	}
	if err := r.log.PutRun(ctx, r.stored); err != nil {
		return err
	}
	first := r.first
	r.first = engine.Event{} // of a large plan it is large
	return r.log.Append(ctx, r.stored.ID, 0, []engine.Event{first})
}

// takeUp goes on with a run: it says what was found, and turns what somebody changed in the file meanwhile
// into events.
func (r *runner) takeUp(ctx context.Context) error {
	if r.stored.Status == "running" {
		var lost []string
		for _, t := range r.state.Live() {
			lost = append(lost, t.ID)
		}
		if len(lost) > 0 {
			r.notice("info", "an earlier billow ended while %s ran; run %s goes on", list(lost), r.stored.ID)
		}
	}
	r.stored.Status = "running"
	if err := r.log.PutRun(ctx, r.stored); err != nil {
		return err
	}
	events, err := r.awayEdits(ctx)
	if err != nil {
		return err
	}
	if err := r.append(ctx, events); err != nil {
		return err
	}
	return r.append(ctx, r.gateEvents(r.state, r.o.Plan(), r.o.Schedule))
}

// append adds events to the run before a driver has it.
func (r *runner) append(ctx context.Context, events []engine.Event) error {
	if len(events) == 0 {
		return nil
	}
	after := r.state.Seq()
	for i := range events {
		events[i].At = r.Now().UTC()
		if err := r.state.Apply(events[i]); err != nil {
			return err
		}
	}
	return r.log.Append(ctx, r.stored.ID, after, events)
}

// makeWorld makes the world of a run, with what lies beside the plan.
func (r *runner) makeWorld() error {
	if err := r.newWorld(); err != nil {
		return err
	}
	r.world.class, _ = r.classNow(r.o, r.o.Plan(), r.state)
	var problems []plan.Problem
	r.world.context, problems = r.o.envelope()
	r.tellEnvelope(r.world.context, problems)
	return nil
}

// classNow is the class of a plan that is being run. No revision lowers it, nor what billow do has recorded for it; work that
// billow do has written down itself is of the class that it was written for. stage is true for the small plans by which
// billow do asks agents something on the way to a plan. state may be nil.
func (s *Service) classNow(o *Opened, p *plan.Plan, state *engine.State) (class plan.Class, stage bool) {
	floor := o.Config.ComplexityFloor
	if state != nil {
		if revisions := state.Revisions(); len(revisions) > 0 {
			floor = revisions[len(revisions)-1].Class // it is at least what is configured
		}
	}
	class = plan.Classify(p, floor).Class
	recorded, own, stage := s.recorded(o)
	if own || recorded.AtLeast(class) {
		class = recorded
	}
	return class, stage
}

func (r *runner) newWorld() error {
	p := r.o.Plan()
	env, err := newEnvironment(r.o.Root, r.Environ, p)
	if err != nil {
		return err
	}
	r.world = &World{service: r.Service, opened: r.o, run: r.stored.ID, plan: p, vars: p.ExprVars(r.r.Set), env: env,
		agents: map[string]agents.Agent{}, state: r.state, hold: r.r.Hold, seen: r.seen,
		sent: map[string]bool{}, told: map[string]bool{}}
	return nil
}
