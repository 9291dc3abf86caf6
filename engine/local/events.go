package local

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"billow/agents"
	"billow/engine"
	"billow/failure"
	"billow/internal/store"
)

// wait returns when something has happened: a report, an edit, an interrupt, a time, an event of others.
func (d *driver) wait(ctx context.Context) error {
	if d.collect() {
		return nil
	}
	timer := time.NewTimer(d.patience())
	defer timer.Stop()
	select {
	case <-d.inbox.bell:
		d.collect()
	case edit, ok := <-d.Edits:
		if !ok {
			d.Edits = nil
			return nil
		}
		d.edit(edit)
	case _, ok := <-d.Interrupts:
		if !ok {
			d.Interrupts = nil
			return nil
		}
		d.interrupt()
	case <-timer.C:
		return d.tick(ctx)
	case <-ctx.Done():
		return fmt.Errorf("the run was ended from outside: %w", ctx.Err())
	}
	return nil
}

// patience is how long there is nothing to do unless something happens.
func (d *driver) patience() time.Duration {
	now := d.Now()
	until := d.looked.Add(d.Look)
	for _, at := range []time.Time{d.claimsDue, d.wake, d.deadline} {
		if !at.IsZero() && at.Before(until) {
			until = at
		}
	}
	return max(until.Sub(now), 0)
}

// tick does what has become due.
func (d *driver) tick(ctx context.Context) error {
	now := d.Now()
	if !d.wake.IsZero() && !now.Before(d.wake) {
		d.fact(engine.Event{Type: engine.TimeReached, Until: now.UTC()})
	}
	if !d.claimsDue.IsZero() && !now.Before(d.claimsDue) {
		d.flushClaims()
	}
	if !d.deadline.IsZero() && !now.Before(d.deadline) {
		d.deadline = time.Time{}
		d.timedOut = true
		d.interrupts = max(d.interrupts, 1)
		d.drain("the time limit of the run has passed")
		d.interrupt()
	}
	if now.Sub(d.looked) >= d.Look {
		return d.catchUp(ctx)
	}
	return nil
}

// collect takes what agents have told since the last look.
func (d *driver) collect() bool {
	list := d.inbox.take(nil)
	for _, t := range list {
		d.told(t.from, t.update)
	}
	return len(list) > 0
}

func (d *driver) told(a *attempt, u agents.Update) {
	if d.live[a.task.ID] != a {
		return // an attempt that is over; whatever it says comes too late
	}
	switch {
	case u.Report != nil:
		delete(d.live, a.task.ID)
		d.slots.give(a.slot)
		d.report(a, *u.Report)
	case u.Question != nil:
		d.question(a, *u.Question)
	case u.Note != "" && a.notes < notesPerAttempt && !a.asked:
		a.notes++
		d.fact(engine.Event{Type: engine.NoteAdded, Task: a.task.ID, Attempt: a.attempt, Step: a.name,
			Reason: shorten(u.Note, noteLimit), By: a.task.Agent})
	}
}

// question puts an attempt on hold: its work ends, and the answer begins the next attempt.
func (d *driver) question(a *attempt, q agents.Question) {
	if a.asked {
		return
	}
	a.asked = true
	question := engine.Question(q)
	d.fact(engine.Event{Type: engine.QuestionAsked, Task: a.task.ID, Attempt: a.attempt, Step: a.name,
		Reason: q.Text, Question: &question, By: a.task.Agent})
	if a.work != nil {
		a.work.Stop()
	}
}

// report turns what an agent gives back into what it means for the run.
func (d *driver) report(a *attempt, r agents.Report) {
	ev := engine.Event{Task: a.task.ID, Attempt: a.attempt, Step: a.name, By: a.task.Agent}
	if u := r.Usage; u != (agents.Usage{}) {
		d.fact(engine.Event{Type: engine.UsageAdded, Task: ev.Task, Attempt: ev.Attempt, Step: ev.Step,
			Usage: &engine.Usage{InputTokens: u.InputTokens, OutputTokens: u.OutputTokens, USD: u.USD}})
	}
	switch {
	case a.asked:
		return
	case r.Stopped && r.Failure != nil && r.Failure.Timeout == "":
		ev.Type, ev.Reason = engine.AttemptCancelled, "stopped"
	case r.NeedsApproval != nil:
		q := engine.Question(*r.NeedsApproval)
		ev.Type, ev.Reason, ev.Question = engine.ApprovalAsked, q.Text, &q
		d.fact(ev)
		d.approveBy(ev.Task, q.Text)
		return
	case len(r.Questions) > 0:
		q := engine.Question(r.Questions[0])
		var texts []string
		for _, each := range r.Questions {
			texts = append(texts, each.Text)
		}
		q.Text = strings.Join(texts, "\n")
		ev.Type, ev.Reason, ev.Question = engine.QuestionAsked, r.Questions[0].Text, &q
	case r.Failure != nil:
		d.failed(ev, *r.Failure)
		return
	default:
		ev.Type, ev.Outputs, ev.Flag, ev.Reason = engine.StepDone, r.Outputs, r.Flag, shorten(r.Summary, noteLimit)
	}
	d.fact(ev)
}

// failed records a failure together with what the policy makes of it.
func (d *driver) failed(ev engine.Event, o failure.Observation) {
	signal := d.World.Classify(ev.Task, ev.Attempt, o)
	remedy := d.state.Remedy(ev.Task, signal, d.World.Abilities())
	remedy.Delay = failure.Jitter(remedy.Delay, seed(d.run, ev.Task, ev.Attempt))
	ev.Type, ev.Signal, ev.Remedy = engine.StepFailed, &signal, &remedy
	ev.Reason = signal.Message
	if remedy.Reason != "" {
		ev.Reason = strings.TrimPrefix(signal.Message+"; "+remedy.Reason, "; ")
	}
	d.fact(ev)
}

// seed makes the jitter of a delay the same whenever the same attempt fails.
func seed(run, task string, attempt int) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s\x00%s\x00%d", run, task, attempt)
	return h.Sum64()
}

func shorten(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + "…"
}

// interrupt answers Ctrl-C: the first drains, the second stops what runs, the third kills it.
func (d *driver) interrupt() {
	d.interrupts++
	switch {
	case d.interrupts == 1:
		d.drain("interrupted")
	case d.interrupts == 2:
		for _, a := range d.live {
			a.work.Stop()
		}
	default:
		for _, a := range d.live {
			a.work.Kill()
		}
	}
}

func (d *driver) drain(reason string) {
	if !d.state.Draining() {
		d.fact(engine.Event{Type: engine.DrainAsked, Reason: reason, By: "driver"})
	}
}

func (d *driver) edit(edit func(*engine.State) []engine.Event) {
	for _, ev := range edit(d.state) {
		d.fact(ev)
	}
}

// fact applies something that has happened. What the engine refuses came too late to matter.
func (d *driver) fact(ev engine.Event) { d.apply(ev, true) }

// decision applies something that follows from the state.
func (d *driver) decision(ev engine.Event) { d.apply(ev, false) }

func (d *driver) apply(ev engine.Event, fact bool) {
	if ev.Task != "" && len(d.claims) > 0 {
		d.flushClaims()
	}
	if ev.At.IsZero() {
		ev.At = d.Now().UTC()
	}
	if err := d.state.Apply(ev); err != nil {
		return
	}
	d.batch = append(d.batch, pending{ev, fact})
}

// flushClaims puts the claims that were held back into the batch, before what happened to those attempts.
func (d *driver) flushClaims() {
	claims := d.claims
	d.claims, d.claimsDue = nil, time.Time{}
	for _, ev := range claims {
		d.apply(ev, true)
	}
}

// commit writes the batch. When somebody else has appended first, the state is folded anew with what they
// said, facts of ours are applied again, and decisions are left to be taken again.
func (d *driver) commit(ctx context.Context) error {
	if len(d.batch) == 0 {
		return nil
	}
	events := make([]engine.Event, len(d.batch))
	for i := range d.batch {
		events[i] = d.batch[i].Event
	}
	err := d.Log.Append(ctx, d.run, d.seq, events)
	if errors.Is(err, store.ErrConflict) {
		return d.again(ctx)
	}
	if err != nil {
		return fmt.Errorf("%w could not be written: %w", errStore, err)
	}
	d.seq += int64(len(events))
	d.batch = d.batch[:0]
	d.World.Seen(d.state, events)
	if d.seq-d.snapshot >= d.SnapshotEvery {
		return d.save(ctx)
	}
	return nil
}

func (d *driver) again(ctx context.Context) error {
	batch := d.batch
	d.batch, d.starts = nil, nil
	events, err := d.Log.Read(ctx, d.run, 0, 0)
	if err != nil {
		return fmt.Errorf("%w could not be read: %w", errStore, err)
	}
	state, err := engine.Replay(events)
	if err != nil {
		return fmt.Errorf("%w does not fold: %w", errStore, err)
	}
	known := d.seq
	d.state, d.seq = state, state.Seq()
	d.World.Seen(d.state, events[known:])
	for _, p := range batch {
		if p.fact {
			d.apply(p.Event, true)
		}
	}
	return d.commit(ctx)
}

// catchUp applies what others have appended.
func (d *driver) catchUp(ctx context.Context) error {
	d.looked = d.Now()
	last, err := d.Log.Last(ctx, d.run)
	if err != nil {
		return fmt.Errorf("%w could not be read: %w", errStore, err)
	}
	if last == d.seq {
		return nil
	}
	if len(d.batch) > 0 {
		return d.again(ctx)
	}
	events, err := d.Log.Read(ctx, d.run, d.seq, 0)
	if err != nil {
		return fmt.Errorf("%w could not be read: %w", errStore, err)
	}
	for _, ev := range events {
		if err := d.state.Apply(ev); err != nil {
			return fmt.Errorf("%w does not fold: %w", errStore, err)
		}
	}
	d.seq = d.state.Seq()
	d.World.Seen(d.state, events)
	return nil
}

// pending is an event that is applied and not yet in the log.
type pending struct {
	engine.Event
	fact bool
}
