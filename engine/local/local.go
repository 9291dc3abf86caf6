package local

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"billow/agents"
	"billow/engine"
	"billow/failure"
	"billow/internal/store"
)

// World is what the loop does not know: who works, what conditions say, and who wants to hear of it. Its
// methods are called one at a time, from changing goroutines, and must return soon.
type World interface {
	// Assign says who does a step of a task, and with what; slot is a small number that no other live
	// attempt has. An error fails the attempt.
	Assign(t engine.TaskView, attempt int, step string, slot int) (agents.Agent, agents.Assignment, error)
	// Condition evaluates a task's `when`; reason says why it is false, for people.
	Condition(s *engine.State, task string) (ok bool, reason string, err error)
	// Items finds the items of a foreach, as JSON texts.
	Items(s *engine.State, task string) ([]string, error)
	// Classify names the kind of a failure of the step that is out.
	Classify(task string, attempt int, o failure.Observation) failure.Signal
	// Abilities says what the remedies of a task may use.
	Abilities(task string) failure.Abilities
	// Review reads the verdict of a gate's reviewer from the report; ok is false where it gives none: the work
	// went wrong, and the gate's policy says what is done about it.
	Review(gate string, r agents.Report) (verdict engine.Review, ok bool)
	// Approval says what a person needs to know to approve that a task starts: the reason (Text), context, risk
	// and the decision that is wanted.
	Approval(s *engine.State, task string) engine.Question
	// Approve lets an agent decide about an approval before a person is asked; ok is false when it does not.
	Approve(task, reason string) (granted, ok bool, by string)
	// Revise makes a revision of the plan that an agent gives back which was to revise it: the event plan_revised, with
	// Revision, Limits and Reason set. findings say, the worst first, why that plan cannot take the place of the one
	// there is; then there is no revision.
	Revise(s *engine.State, task string, r agents.Report) (ev engine.Event, findings []string)
	// Seen is called after events have become part of the history, in their order. The slice is the driver's again
	// when it returns.
	Seen(s *engine.State, events []engine.Event)
	// LastLook is called before a run is over for good: whatever is still under way towards Edits is to be
	// there when it returns.
	LastLook(s *engine.State)
	// Hold is asked when the run cannot go on without a person; true keeps the driver waiting, because
	// somebody is there to answer.
	Hold(s *engine.State) bool
}

// Options say what to drive and with what. Log, State and World are needed.
type Options struct {
	// Log holds the run's history; State is its fold, up to the last event.
	Log   store.Log
	State *engine.State
	World World
	// Edits bring what somebody changed in the plan file: a function that turns the state into the events
	// that follow from the change. They are applied in the order in which they come.
	Edits <-chan func(*engine.State) []engine.Event
	// Interrupts: the first drains (nothing new is started), the second stops what runs, the third kills.
	Interrupts <-chan struct{}
	// Timeout ends the run as two interrupts would; 0 is no limit.
	Timeout time.Duration
	// Limits and Only are those of this driver's life; nil is what the run began with, and every task.
	Limits *engine.Limits
	Only   []string
	// BlockLost blocks a task whose attempt was lost with its driver, instead of running it again.
	BlockLost bool
	// Claims delays the record of a started process until something else is written, at most this long; 20 ms
	// by default. World.Survivors finds processes that were never recorded.
	Claims time.Duration
	// Look is how often the history is looked at for events of others; 100 ms by default.
	Look time.Duration
	// Now gives the time; time.Now by default.
	Now func() time.Time
	// SnapshotEvery writes a snapshot each so many events; by default four times as many as there are tasks, since
	// it costs as much as those, and at least 20,000.
	SnapshotEvery int64
}

// Result is how a driver's life ended.
type Result struct {
	// Outcome is one of engine's outcomes; Final is true when the run is over.
	Outcome string
	Final   bool
	// Interrupted and TimedOut say that somebody, or the time limit, ended it.
	Interrupted, TimedOut bool
}

// These bound what agents may add to the history, in bytes and pieces.
const (
	noteLimit       = 1024
	notesPerAttempt = 100
	questionLimit   = 8 << 10 // of each text
	questionsAsked  = 20      // at once, and options of each
	maxItems        = 10_000
)

// Drive drives a run until nothing can go on without a person, or it is interrupted. It returns an error
// only when it could not do its own work: the store failed, the engine refused an event (a bug).
//
// The order of things is what makes a crash harmless: a decision is in the log before it is carried out,
// a result before anything that depends on it starts.
func Drive(ctx context.Context, o Options) (Result, error) {
	d := newDriver(ctx, o)
	d.mu.Lock()
	d.begin()
	due := d.turn()
	d.mu.Unlock()
	d.carryOn(due)
	for {
		select {
		case <-d.over:
			d.mu.Lock()
			defer d.mu.Unlock()
			defer d.timer.Stop()
			defer d.abandon()
			return d.result, d.err
		case edit, ok := <-d.Edits:
			d.news(func() { d.editOrEnd(edit, ok) })
		case _, ok := <-d.Interrupts:
			d.news(func() { d.interruptOrEnd(ok) })
		case <-d.timer.C:
			d.news(d.tick)
		case <-ctx.Done():
			d.news(func() { d.stop(fmt.Errorf("the run was ended from outside: %w", ctx.Err())) })
		}
	}
}

// turn is the loop: it takes in what has happened, decides what follows and writes both down, until nothing is left
// to do but wait, and to start what is due. Whoever brings news runs it, with mu held. A goroutine of its own would
// have to be woken for every task that ends, and with all processors busy that alone costs a quarter of
// starting a process.
func (d *driver) turn() (due []*attempt) {
	defer d.catch()
	for d.err == nil && !d.ended {
		d.collect()
		// Decide: everything that follows from what has happened so far.
		if end := d.settle(); end != nil && d.finish(*end) {
			break
		}
		// Write down, then do.
		d.commit()
		due = d.assign(due)
		if d.inbox.empty() && len(d.Edits) == 0 {
			break
		}
	}
	if d.err != nil || d.ended {
		d.end()
	} else {
		d.arm()
	}
	return due
}

// news runs the loop for something that came by another way than an agent's word.
func (d *driver) news(take func()) {
	var due []*attempt
	d.mu.Lock()
	if d.err == nil && !d.ended {
		take()
		due = d.turn()
	}
	d.mu.Unlock()
	d.carryOn(due)
}

// carryOn starts what is due, and runs the loop for what agents have told, unless it is being run: then whoever runs
// it looks again after letting go, so that nothing told is left lying. It starts things without mu, so that the loop
// can be run for one task while another is being started, which takes longer than all the rest.
func (d *driver) carryOn(due []*attempt) {
	for {
		for !d.inbox.empty() && d.mu.TryLock() {
			due = append(due, d.turn()...)
			d.mu.Unlock()
		}
		if len(due) == 0 {
			return
		}
		d.start(due[0])
		due = due[1:]
	}
}

// stop ends the loop with an error; the first counts.
func (d *driver) stop(err error) {
	if d.err == nil {
		d.err = err
	}
}

// catch turns a panic into an error: the loop may run on an agent's goroutine, where nobody else would.
func (d *driver) catch() {
	if r := recover(); r != nil {
		d.stop(fmt.Errorf("%w: %v\n%s", ErrBug, r, debug.Stack()))
		d.end()
	}
}

// end lets Drive return. What is told from now on comes too late.
func (d *driver) end() {
	d.inbox.close()
	d.overOnce.Do(func() { close(d.over) })
}

// ErrBug is wrapped by the error of Drive when billow itself is at fault; its text ends with a stack.
var ErrBug = errors.New("this is a bug")

// settle takes decisions until nothing more follows. It returns the command to finish, when that is what is
// left.
func (d *driver) settle() *engine.Command {
	for {
		cmds := d.state.Next()
		if len(cmds) == 1 && cmds[0].Do == engine.Finish {
			return &cmds[0]
		}
		if !d.decide(cmds) {
			return nil
		}
	}
}

// driver is the loop's own state: what is out, and what is not yet in the log. mu guards all of it but the
// inbox.
type driver struct {
	Options
	mu sync.Mutex
	// ctx is the caller's; the loop has it here because it runs on whatever goroutine brings news.
	ctx   context.Context
	state *engine.State
	run   string
	seq   int64 // last event in the log
	inbox *inbox
	taken []told
	live  map[string]*attempt
	slots slots
	// batch is what is applied and not yet in the log: facts, which came from the world and stay true when
	// somebody else was first, and decisions, which are then taken again.
	batch []pending
	// events is the room in which commit puts them for those who are given them.
	events []engine.Event
	// starts are to be done once their decisions are in the log; starting counts those that are being done.
	starts     []step
	starting   int
	inStart    sync.WaitGroup
	claims     []engine.Event
	claimsDue  time.Time
	wake       time.Time
	deadline   time.Time
	looked     time.Time
	interrupts int
	// holding is the event after which the last look was taken.
	holding  int64
	timedOut bool
	snapshot int64

	// timer wakes Drive at armed; over is closed when the loop has ended, with result or err.
	timer    *time.Timer
	armed    time.Time
	over     chan struct{}
	overOnce sync.Once
	ended    bool
	result   Result
	err      error
}

// step is one step of an attempt that is to be started or is out.
type step struct {
	task    engine.TaskView
	attempt int
	name    string
	slot    int
}

// by is who does the step.
func (s step) by() string {
	if r, ok := s.task.RemedyStep(s.name); ok {
		return r.Agent
	}
	return s.task.Agent
}

// purpose is what the step is for, "" for plain work.
func (s step) purpose() string {
	r, _ := s.task.RemedyStep(s.name)
	return r.Purpose
}

func newDriver(ctx context.Context, o Options) *driver {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Claims == 0 {
		o.Claims = 20 * time.Millisecond
	}
	if o.Look == 0 {
		o.Look = 100 * time.Millisecond
	}
	if o.SnapshotEvery == 0 {
		o.SnapshotEvery = max(20_000, 4*int64(o.State.Counts().Total))
	}
	d := &driver{Options: o, ctx: ctx, state: o.State, run: o.State.Run(), seq: o.State.Seq(), inbox: newInbox(),
		live: map[string]*attempt{}, over: make(chan struct{}), timer: time.NewTimer(time.Hour)}
	d.snapshot = d.seq
	if o.Timeout > 0 {
		d.deadline = d.Now().Add(o.Timeout)
	}
	return d
}

// begin opens this driver's life: what an earlier one left running is taken over or declared lost.
func (d *driver) begin() {
	for len(d.Edits) > 0 {
		d.edit(<-d.Edits)
	}
	d.fact(engine.Event{Type: engine.DriverStarted, Limits: d.Limits, Only: d.Only, By: "driver"})
	var lost []engine.TaskView
	for _, t := range d.state.Live() {
		if d.resting(t) || d.adopt(t) {
			continue
		}
		lost = append(lost, t)
	}
	if len(lost) == 0 {
		return
	}
	found, err := endSurvivors(d.run, lost)
	if err != nil {
		d.stop(fmt.Errorf("end what an earlier run left behind: %w", err))
		return
	}
	for _, t := range lost {
		ev := engine.Event{Type: engine.AttemptLost, Task: t.ID, Attempt: t.Attempt, By: "driver",
			Reason: "billow ended while it ran"}
		if n := found[t.ID]; n > 0 {
			ev.Reason = fmt.Sprintf("billow ended while it ran; %d left-over processes were ended", n)
		}
		if d.BlockLost {
			ev.Status = string(engine.Blocked)
		}
		d.fact(ev)
	}
}

// resting reports whether nothing of the attempt is out: its next step has not been started.
func (d *driver) resting(t engine.TaskView) bool { return d.state.Resting(t.ID) }

// adopt takes over an attempt whose process has outlived its driver.
func (d *driver) adopt(t engine.TaskView) bool {
	if t.Claim == nil || !t.Claim.Supervised {
		return false
	}
	step := step{task: t, attempt: t.Attempt, name: t.Step, slot: d.slots.take()}
	agent, assignment, err := d.World.Assign(t, t.Attempt, t.Step, step.slot)
	adopter, ok := agent.(agents.Adopter)
	if err != nil || !ok {
		d.slots.give(step.slot)
		return false
	}
	a := &attempt{step: step}
	work, err := adopter.Adopt(assignment, agents.Claim(claimOf(t.Claim)), d.teller(a))
	if err != nil {
		d.slots.give(step.slot)
		return false
	}
	a.has(work)
	d.live[t.ID] = a
	d.fact(engine.Event{Type: engine.AttemptAdopted, Task: t.ID, Attempt: t.Attempt, Step: t.Step,
		Claim: t.Claim, By: "driver", Reason: "it went on while billow was away"})
	return true
}

// decide turns commands into events. It reports whether there was anything to decide.
func (d *driver) decide(cmds []engine.Command) bool {
	d.wake = time.Time{}
	decided := false
	for _, c := range cmds {
		switch c.Do {
		case engine.Wake:
			d.wake = c.At
			continue
		case engine.Stop:
			if a := d.live[c.Task]; a != nil {
				a.stop()
			} else {
				d.decision(engine.Event{Type: engine.AttemptCancelled, Task: c.Task, Attempt: c.Attempt, Step: c.Step})
				decided = true
			}
			continue
		case engine.StartStep:
			d.decision(engine.Event{Type: engine.StepStarted, Task: c.Task, Attempt: c.Attempt, Step: c.Step})
			d.toStart(c)
		case engine.Start:
			if d.condition(c) {
				d.decision(engine.Event{Type: engine.AttemptStarted, Task: c.Task, Attempt: c.Attempt, Step: c.Step})
				d.toStart(c)
			}
		case engine.Ask:
			if d.condition(c) {
				d.ask(c.Task)
			}
		case engine.GiveUp:
			d.decision(d.state.GivenUp(c.Task))
		case engine.Exceed:
			d.decision(d.state.Exceeded(c.Task))
		case engine.Resume:
			d.decision(engine.Event{Type: engine.ProviderResumed, Provider: c.Provider, By: "driver"})
		case engine.Expand:
			if d.condition(c) {
				d.expand(c.Task)
			}
		}
		decided = true
	}
	return decided
}

func (d *driver) toStart(c engine.Command) {
	view, _ := d.state.Task(c.Task)
	d.starts = append(d.starts, step{task: view, attempt: c.Attempt, name: c.Step})
}

// condition evaluates a task's condition before its first attempt. A task whose condition is false is
// skipped; one whose condition cannot be evaluated fails.
func (d *driver) condition(c engine.Command) bool {
	spec, _ := d.state.Spec(c.Task)
	if !spec.When || c.Attempt > 1 {
		return true
	}
	ok, reason, err := d.World.Condition(d.state, c.Task)
	switch {
	case err != nil:
		d.fail(c, err)
	case !ok:
		d.decision(engine.Event{Type: engine.TaskSkipped, Task: c.Task, Reason: reason})
	}
	return err == nil && ok
}

// fail records an attempt that could not even begin.
func (d *driver) fail(c engine.Command, err error) {
	d.decision(engine.Event{Type: engine.AttemptStarted, Task: c.Task, Attempt: c.Attempt, Step: engine.StepDo})
	d.decision(failed(c.Task, c.Attempt, engine.StepDo, err))
}

func failed(task string, attempt int, step string, err error) engine.Event {
	return engine.Event{Type: engine.StepFailed, Task: task, Attempt: attempt, Step: step, Reason: err.Error(),
		Signal: &failure.Signal{Kind: failure.Escalate, Rule: "driver", Message: err.Error()},
		Remedy: &failure.Remedy{Action: failure.Fail, Reason: err.Error()}}
}

func (d *driver) ask(task string) {
	q := d.World.Approval(d.state, task)
	q.Options = []string{"approve", "deny"}
	d.decision(engine.Event{Type: engine.ApprovalAsked, Task: task, Reason: q.Text, Question: &q})
	d.approveBy(task, q.Text)
}

// approveBy lets an agent that may do so decide at once.
func (d *driver) approveBy(task, reason string) {
	granted, ok, by := d.World.Approve(task, reason)
	switch {
	case ok && granted:
		d.fact(engine.Event{Type: engine.Approved, Task: task, By: by})
	case ok:
		d.fact(engine.Event{Type: engine.Denied, Task: task, By: by, Reason: "denied by " + by})
	}
}

func (d *driver) expand(task string) {
	items, err := d.World.Items(d.state, task)
	if err == nil && len(items) > maxItems {
		err = fmt.Errorf("foreach has %d items, at most %d are allowed", len(items), maxItems)
	}
	if err != nil {
		view, _ := d.state.Task(task)
		d.fail(engine.Command{Task: task, Attempt: view.Attempt + 1}, err)
		return
	}
	d.decision(engine.Event{Type: engine.TaskExpanded, Task: task, Items: items})
}

func claimOf(c *engine.Claim) engine.Claim {
	if c == nil {
		return engine.Claim{}
	}
	return *c
}

// finish ends the driver's life, unless somebody has said something meanwhile or there is a person to wait
// for. It reports whether there is nothing more to do for now.
func (d *driver) finish(end engine.Command) bool {
	if d.holding != d.state.Seq() {
		d.World.LastLook(d.state)
	}
	if len(d.Edits) > 0 {
		d.edit(<-d.Edits)
		return false
	}
	if end.Final {
		d.decision(engine.Event{Type: engine.RunFinished, Status: end.Outcome})
	}
	d.commit()
	if d.state.Finished() == "" {
		d.catchUp()
		if again := d.settle(); d.err != nil || again == nil || again.Final {
			return false
		}
		d.holding = d.state.Seq()
		if d.interrupts == 0 && d.World.Hold(d.state) {
			// While somebody is there anyway, a provider is waited for as well, however long it takes.
			d.wake = time.Time{}
			for _, pause := range d.state.Pauses() {
				if d.wake.IsZero() || pause.Until.Before(d.wake) {
					d.wake = pause.Until
				}
			}
			return true
		}
	}
	d.ended = true
	d.result = Result{Outcome: end.Outcome, Final: end.Final, Interrupted: d.interrupts > 0 && !d.timedOut,
		TimedOut: d.timedOut}
	return true
}

// save keeps a snapshot, so that the next reader need not fold the whole history. There is none at the end: to read
// three events for each task takes no longer than to read a snapshot.
func (d *driver) save() {
	if d.err != nil {
		return
	}
	data, err := d.state.MarshalJSON()
	if err == nil {
		err = d.Log.PutSnapshot(d.ctx, d.run, d.seq, data)
	}
	if err != nil {
		d.stop(fmt.Errorf("snapshot: %w", err))
	}
	d.snapshot = d.seq
}

var errStore = errors.New("the run's history")
