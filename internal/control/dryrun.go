package control

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"billow/engine"
	"billow/failure"
	"billow/internal/store"
	"billow/plan"
)

// DryRunResponse says what a run would do.
type DryRunResponse struct {
	Plan   string `json:"plan"`
	PlanID string `json:"plan_id,omitempty"`
	// Run is the run that would go on, "" for a new one.
	Run    string        `json:"run,omitempty"`
	Limits engine.Limits `json:"limits"`
	// Counts is how things stand before.
	Counts engine.Counts `json:"counts"`
	// Steps are the tasks that would run, in the order in which they would start; approvals are taken as
	// given and every task as done well.
	Steps []DryStep `json:"steps"`
	// Waves is true where waves are barriers.
	Waves bool `json:"waves"`
	// Outcome is how it would end; Left what would not be done even so, with why.
	Outcome string `json:"outcome"`
	Left    []Left `json:"left,omitempty"`
	// Timed is true where at least one task is known to take how long; others are taken for the average.
	// TakesMS is then how long it would all take.
	Timed   bool  `json:"timed"`
	TakesMS int64 `json:"takes_ms,omitempty"`
}

// DryStep is a task that would run.
type DryStep struct {
	Task  string `json:"task"`
	Title string `json:"title,omitempty"`
	Wave  int    `json:"wave,omitempty"`
	// StartsMS is when it would start, TakesMS how long it would take, in milliseconds.
	StartsMS int64 `json:"starts_ms"`
	TakesMS  int64 `json:"takes_ms"`
	// Slot counts the tasks that would run beside each other, from 1.
	Slot int `json:"slot"`
	// Agent is who does it, "" for a shell command; Adapter how it is reached.
	Agent   string `json:"agent,omitempty"`
	Adapter string `json:"adapter"`
	// Model is what the agent is asked to use, "" for the adapter's own default.
	Model string `json:"model,omitempty"`
	// Command is what a shell task runs, Accept what must pass afterwards.
	Command string   `json:"command,omitempty"`
	Accept  []string `json:"accept,omitempty"`
	// Approval is what a person would be asked before it starts.
	Approval string `json:"approval,omitempty"`
	// When is its condition where that cannot be known before; it is taken as true.
	When string `json:"when,omitempty"`
	// Items is true for a foreach whose items cannot be known before.
	Items bool `json:"items_unknown,omitempty"`
	// Gate is true for the check of a wave, which is no task of the plan.
	Gate bool `json:"gate,omitempty"`
}

// DryRun says what Run would do, and changes nothing: no file, no store, no lock. It lets the engine decide,
// as a driver does, and answers each command with a success some time later.
func (s *Service) DryRun(ctx context.Context, req RunRequest) (*DryRunResponse, error) {
	o, err := s.Open(req.Plan)
	if err != nil {
		return nil, err
	}
	if len(plan.Errors(o.Problems)) > 0 {
		return nil, &ProblemsError{File: o.Path, Problems: o.Problems}
	}
	r := &runner{Service: s, o: o, r: req}
	if err := r.imagine(ctx); err != nil {
		return nil, err
	}
	resp := &DryRunResponse{Plan: o.Path, PlanID: o.Plan().ID, Limits: r.limits(o.Plan()), Counts: r.state.Counts(),
		Waves: r.o.Schedule.Barriers}
	if r.resumed {
		resp.Run = r.stored.ID
	}
	if err := r.makeWorld(); err != nil {
		return nil, err
	}
	only, again, err := r.choose()
	if err != nil {
		return nil, err
	}
	d := newDry(r)
	average, timed := r.average()
	resp.Timed = timed
	d.takes = func(t engine.TaskView, task *plan.Task) time.Duration {
		if task != nil && t.Parent == "" {
			if took, ok := r.known(task); ok {
				return took
			}
		}
		return average
	}
	for _, ev := range append(again, engine.Event{Type: engine.DriverStarted, Limits: &resp.Limits, Only: only}) {
		if err := d.apply(ev); err != nil {
			return nil, err
		}
	}
	if err := d.run(); err != nil {
		return nil, err
	}
	for _, w := range d.ran {
		resp.Steps = append(resp.Steps, d.step(w))
	}
	resp.Outcome, resp.TakesMS = d.outcome, d.now.Sub(d.began).Milliseconds()
	resp.Left = r.left(d.state, r.stored.ID)
	return resp, nil
}

// unknownTakes is how long every task takes where nothing is known of any: only the order counts then.
const unknownTakes = time.Second

// average is how long a task is taken to need that nothing is known of; ok is false where nothing is known of any.
func (r *runner) average() (took time.Duration, ok bool) {
	var sum time.Duration
	known := 0
	for _, t := range r.o.Plan().Tasks {
		if took, ok := r.known(t); ok {
			sum += took
			known++
		}
	}
	if known == 0 {
		return unknownTakes, false
	}
	return sum / time.Duration(known), true
}

// known is how long a task took before, or is said to take.
func (r *runner) known(t *plan.Task) (time.Duration, bool) {
	if took, ok := r.took[t.ID]; ok {
		return took, true
	}
	return t.Estimate, t.Estimate > 0
}

// step is what is told of a task that would have run.
func (d *dry) step(w dryWork) DryStep {
	step := DryStep{Task: w.task, Wave: w.wave, StartsMS: w.began.Sub(d.began).Milliseconds(),
		TakesMS: w.until.Sub(w.began).Milliseconds(), Slot: w.slot + 1, Adapter: "run", Approval: d.approvals[w.task],
		When: d.conditions[w.task], Items: d.unknown[w.task], Gate: w.gate}
	if task := w.of; task != nil {
		step.Title, step.Command, step.Accept = task.Title, task.Run, task.Accept
		if name := agentOf(d.r.o.Config, task); name != shellAgent {
			conf, _ := d.r.o.Config.Agent(name)
			step.Agent, step.Adapter, step.Model = name, conf.Adapter, modelOf(d.r.o.Config, name, conf)
		}
	}
	return step
}

// imagine makes the state that a run would begin with, as begin does, without writing anything.
func (r *runner) imagine(ctx context.Context) error {
	r.took = map[string]time.Duration{}
	log, err := r.Service.log(r.o.Root, false)
	if errors.Is(err, store.ErrNotFound) {
		return r.conceive("dry-run")
	}
	if err != nil {
		return err
	}
	defer log.Close()
	r.log = log
	if r.took, err = log.Durations(ctx, r.o.Key); err != nil {
		return err
	}
	runs, err := log.Runs(ctx, r.o.Key, 1)
	if err != nil {
		return err
	}
	if len(runs) == 0 || r.r.Fresh {
		return r.conceive("dry-run")
	}
	state, err := foldRun(ctx, log, runs[0].ID)
	if err != nil {
		return err
	}
	if state.Seq() == 0 || state.Finished() != "" {
		return r.conceive("dry-run")
	}
	r.stored, r.state, r.resumed = runs[0], state, true
	events, err := r.awayEdits(ctx)
	if err != nil {
		return err
	}
	for _, ev := range events {
		ev.At = r.Now().UTC()
		if err := r.state.Apply(ev); err != nil {
			return err
		}
	}
	return nil
}

// dry is a driver that does nothing but let time pass. A dry run has one, a simulation one for each order and
// number of slots.
type dry struct {
	r     *runner
	state *engine.State
	// takes is how long a task takes; the plan's task is nil where it has it no longer.
	takes func(engine.TaskView, *plan.Task) time.Duration
	// began and now are its own time.
	began, now time.Time
	out        dryQueue
	slots      []bool
	// ran are the tasks that were started, in that order; outcome is how it ended.
	ran     []dryWork
	outcome string
	// notes are what is to be said of a task that was started.
	approvals, conditions map[string]string
	unknown               map[string]bool
}

// dryWork is a task that is out, or was.
type dryWork struct {
	began, until time.Time
	order        int
	task         string
	// of is the plan's task, for an item the one it stands in for.
	of      *plan.Task
	class   engine.Class
	wave    int
	attempt int
	step    string
	slot    int
	gate    bool
}

func newDry(r *runner) *dry {
	began := r.Now().UTC()
	return &dry{r: r, state: r.state, began: began, now: began,
		approvals: map[string]string{}, conditions: map[string]string{}, unknown: map[string]bool{}}
}

func (d *dry) apply(ev engine.Event) error {
	ev.At = d.now
	if err := d.state.Apply(ev); err != nil {
		return fmt.Errorf("dry run: %w", err)
	}
	return nil
}

func (d *dry) run() error {
	for _, t := range d.state.Live() {
		// What a driver that is gone has left running is run again; see the driver's own begin.
		if err := d.apply(engine.Event{Type: engine.AttemptLost, Task: t.ID, Attempt: t.Attempt}); err != nil {
			return err
		}
	}
	for _, t := range slices.Collect(d.state.All()) {
		if asksApproval(t) {
			if err := d.approve(t.ID, t.Reason); err != nil {
				return err
			}
		}
	}
	for {
		wake := time.Time{}
		cmds := d.state.Next()
		for _, c := range cmds {
			switch c.Do {
			case engine.Finish:
				d.outcome = c.Outcome
				return nil
			case engine.Wake:
				wake = c.At
				continue
			}
			if err := d.do(c); err != nil {
				return err
			}
		}
		if len(cmds) > 1 || len(cmds) == 1 && wake.IsZero() {
			continue
		}
		if err := d.pass(wake); err != nil {
			return err
		}
	}
}

// do answers a command.
func (d *dry) do(c engine.Command) error {
	switch c.Do {
	case engine.StartStep:
		// A remedy that an earlier driver has left open is taken to help.
		if err := d.apply(engine.Event{Type: engine.StepStarted, Task: c.Task, Attempt: c.Attempt, Step: c.Step}); err != nil {
			return err
		}
		// The time of a task counts once, for its first step.
		return d.helped(c.Task, c.Attempt, c.Step)
	case engine.Exceed:
		return d.apply(d.state.Exceeded(c.Task))
	case engine.Resume:
		return d.apply(engine.Event{Type: engine.ProviderResumed, Provider: c.Provider})
	case engine.Stop:
		return d.apply(engine.Event{Type: engine.AttemptCancelled, Task: c.Task, Attempt: c.Attempt, Step: c.Step})
	}
	if c.Do == engine.GiveUp {
		return d.apply(d.state.GivenUp(c.Task))
	}
	if skip, err := d.skipped(c); skip || err != nil {
		return err
	}
	switch c.Do {
	case engine.Ask:
		reason := d.r.world.Approval(d.state, c.Task).Text
		if err := d.apply(engine.Event{Type: engine.ApprovalAsked, Task: c.Task, Reason: reason}); err != nil {
			return err
		}
		return d.approve(c.Task, reason)
	case engine.Expand:
		items, err := d.r.world.Items(d.state, c.Task)
		if err == nil && !d.guesses(c.Task, "") {
			return d.apply(engine.Event{Type: engine.TaskExpanded, Task: c.Task, Items: items})
		}
		d.unknown[c.Task] = true
		t, _ := d.state.Task(c.Task)
		c.Attempt, c.Step = t.Attempt+1, engine.StepDo
	}
	return d.start(c)
}

func (d *dry) approve(task, reason string) error {
	d.approvals[task] = reason
	return d.apply(engine.Event{Type: engine.Approved, Task: task})
}

// skipped evaluates a task's condition, where that can be done without having run anything.
func (d *dry) skipped(c engine.Command) (bool, error) {
	spec, _ := d.state.Spec(c.Task)
	t, _ := d.state.Task(c.Task)
	task := d.r.world.task(t)
	if !spec.When || t.Attempt > 0 || task == nil {
		return false, nil
	}
	ok, reason, err := d.r.world.Condition(d.state, c.Task)
	if err != nil || d.guesses(c.Task, task.When) {
		d.conditions[c.Task] = task.When
		return false, nil
	}
	if ok {
		return false, nil
	}
	return true, d.apply(engine.Event{Type: engine.TaskSkipped, Task: c.Task, Reason: reason})
}

// guesses reports whether an expression of a task speaks of what only a run can tell: outputs.
func (d *dry) guesses(id, expr string) bool {
	t, _ := d.state.Task(id)
	task := d.r.world.task(t)
	if expr == "" && task != nil {
		expr = task.ForeachExpr
	}
	return strings.Contains(expr, "outputs")
}

func (d *dry) start(c engine.Command) error {
	if err := d.apply(engine.Event{Type: engine.AttemptStarted, Task: c.Task, Attempt: c.Attempt, Step: c.Step}); err != nil {
		return err
	}
	t, _ := d.state.Task(c.Task)
	w := dryWork{began: d.now, order: len(d.ran), task: c.Task, of: d.r.world.task(t), class: t.Class, wave: t.Wave,
		attempt: c.Attempt, step: t.Step, slot: d.take(), gate: t.Gate}
	w.until = d.now.Add(d.takes(t, w.of))
	d.ran = append(d.ran, w)
	heap.Push(&d.out, w)
	return nil
}

// pass lets time pass until the next task ends, or the time that is waited for.
func (d *dry) pass(wake time.Time) error {
	if len(d.out) == 0 || !wake.IsZero() && wake.Before(d.out[0].until) {
		if wake.IsZero() {
			return errors.New("dry run: nothing runs and nothing may start; this is a bug")
		}
		d.now = wake
		return d.apply(engine.Event{Type: engine.TimeReached, Until: wake})
	}
	w := heap.Pop(&d.out).(dryWork)
	d.now = w.until
	d.slots[w.slot] = false
	if w.gate && w.step == engine.StepDo {
		return d.apply(d.state.Reviewed(w.task, engine.Review{Passed: true}))
	}
	return d.helped(w.task, w.attempt, w.step)
}

// helped ends a step well. What a planner would make of the plan is not known: its task is taken to be possible as it is.
func (d *dry) helped(task string, attempt int, step string) error {
	ev := engine.Event{Type: engine.StepDone, Task: task, Attempt: attempt, Step: step}
	t, _ := d.state.Task(task)
	if of, ok := t.RemedyStep(step); ok && of.Purpose == failure.ForReplan {
		ev.Type = engine.StepFailed
		ev.Signal, ev.Remedy = &failure.Signal{Kind: failure.NeedsReplan}, &failure.Remedy{Action: failure.Retry}
	}
	return d.apply(ev)
}

// take gives the lowest free slot.
func (d *dry) take() int {
	for i, used := range d.slots {
		if !used {
			d.slots[i] = true
			return i
		}
	}
	d.slots = append(d.slots, true)
	return len(d.slots) - 1
}

// dryQueue are the tasks that are out, the first to end first.
type dryQueue []dryWork

func (q dryQueue) Len() int { return len(q) }
func (q dryQueue) Less(i, j int) bool {
	if !q[i].until.Equal(q[j].until) {
		return q[i].until.Before(q[j].until)
	}
	return q[i].order < q[j].order
}
func (q dryQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *dryQueue) Push(x any)   { *q = append(*q, x.(dryWork)) }
func (q *dryQueue) Pop() any {
	last := len(*q) - 1
	x := (*q)[last]
	*q = (*q)[:last]
	return x
}
