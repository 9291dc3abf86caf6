package local

import (
	"encoding/json"
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

// teller is what an agent is given to report with. Its caller runs the loop if nobody else does.
func (d *driver) teller(a *attempt) func(agents.Update) {
	return func(u agents.Update) {
		d.inbox.put(told{from: a, update: u})
		d.carryOn(nil)
	}
}

// arm sets the timer to when there is something to do, unless something happens first. It is left alone
// where it goes off early enough: setting it for every task would wake Drive for every task.
func (d *driver) arm() {
	until := d.looked.Add(d.Look)
	for _, at := range []time.Time{d.claimsDue, d.wake, d.deadline} {
		if !at.IsZero() && at.Before(until) {
			until = at
		}
	}
	if d.armed.IsZero() || until.Before(d.armed) {
		d.armed = until
		d.timer.Reset(max(until.Sub(d.Now()), 0))
	}
}

// tick does what has become due.
func (d *driver) tick() {
	d.armed = time.Time{}
	d.collect()
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
		d.catchUp()
	}
}

func (d *driver) editOrEnd(edit func(*engine.State) []engine.Event, ok bool) {
	if !ok {
		d.Edits = nil
		return
	}
	d.edit(edit)
}

func (d *driver) interruptOrEnd(ok bool) {
	if !ok {
		d.Interrupts = nil
		return
	}
	d.interrupt()
}

// collect takes what agents have told since the last look.
func (d *driver) collect() {
	d.taken = d.inbox.take(d.taken)
	for _, t := range d.taken {
		switch {
		case t.started:
			d.started(t.from)
		case t.bug != nil:
			d.stop(t.bug)
		default:
			d.told(t.from, t.update)
		}
	}
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
			Reason: shorten(u.Note, noteLimit), By: a.by()})
	}
}

// question puts an attempt on hold: its work ends, and the answer begins the next attempt.
func (d *driver) question(a *attempt, q agents.Question) {
	if a.asked {
		return
	}
	a.asked = true
	d.fact(engine.Event{Type: engine.QuestionAsked, Task: a.task.ID, Attempt: a.attempt, Step: a.name,
		Reason: shorten(q.Text, noteLimit), Question: asked(q), By: a.by()})
	a.stop()
}

// report turns what an agent gives back into what it means for the run.
func (d *driver) report(a *attempt, r agents.Report) {
	ev := engine.Event{Task: a.task.ID, Attempt: a.attempt, Step: a.name, By: a.by()}
	if u := r.Usage; u != (agents.Usage{}) {
		d.fact(engine.Event{Type: engine.UsageAdded, Task: ev.Task, Attempt: ev.Attempt, Step: ev.Step, By: ev.By,
			Usage: &engine.Usage{InputTokens: u.InputTokens, OutputTokens: u.OutputTokens, USD: u.USD}})
	}
	if r.Failure != nil && !r.Stopped && r.Failure.Diagnosed(a.purpose()) {
		r.Failure = nil
	}
	switch p := a.purpose(); p {
	case failure.ForDiagnosis, failure.ForEvidence:
		ev.Handoff = r.Handoff
	case failure.ForLearnings, failure.ForCommit:
		asksNobody(&r)
	}
	switch {
	case a.asked:
		return
	case r.Stopped && r.Failure != nil && r.Failure.Timeout == "":
		ev.Type, ev.Reason = engine.AttemptCancelled, "stopped"
	case r.NeedsApproval != nil:
		d.wantApproval(ev, asked(*r.NeedsApproval))
		return
	case len(r.Questions) > 0:
		ev.Type, ev.Reason, ev.Question = engine.QuestionAsked, shorten(r.Questions[0].Text, noteLimit), asked(r.Questions...)
	case a.task.Gate && a.name == engine.StepDo && d.reviewed(ev, r):
		return
	case r.Failure != nil:
		signal := d.World.Classify(ev.Task, ev.Attempt, *r.Failure)
		if a.purpose() == failure.ForReplan && signal.Message != "" {
			d.failed(ev, signal, signal.Message)
			return
		}
		d.failed(ev, signal)
		return
	case a.purpose() == failure.ForReplan:
		d.revise(ev, r)
		return
	default:
		ev.Type, ev.Outputs, ev.Flag, ev.Reason = engine.StepDone, r.Outputs, r.Flag, shorten(r.Summary, noteLimit)
	}
	d.fact(ev)
}

// reviewed records what a gate's reviewer decided; it reports false where nothing was.
func (d *driver) reviewed(ev engine.Event, r agents.Report) bool {
	verdict, ok := d.World.Review(ev.Task, r)
	if !ok {
		return false
	}
	verdict.Summary = shorten(verdict.Summary, noteLimit)
	if verdict.Replan {
		remedy := d.state.Remedy(ev.Task, verdict.Signal(), d.World.Abilities(ev.Task))
		verdict.Remedy = &remedy
	}
	said := d.state.Reviewed(ev.Task, verdict)
	said.By = ev.By
	d.fact(said)
	return true
}

// asksNobody turns what is asked on the way out of a gate into a failure: the next wave does not wait for an answer.
func asksNobody(r *agents.Report) {
	asked := r.Questions
	if r.NeedsApproval != nil {
		asked = []agents.Question{*r.NeedsApproval}
	}
	if len(asked) > 0 {
		r.Failure = &failure.Observation{Reported: string(failure.Escalate), Message: "it asks: " + shorten(asked[0].Text, noteLimit)}
	}
	r.NeedsApproval, r.Questions = nil, nil
}

// revise puts the plan that an agent gives back in the place of the one there is. It is in the history before anything
// follows from it: what is decided next is decided by the new plan.
func (d *driver) revise(ev engine.Event, r agents.Report) {
	revised, findings := d.World.Revise(d.state, ev.Task, r)
	if len(findings) == 0 {
		revised.Type, revised.Task, revised.Attempt, revised.Step, revised.By = engine.PlanRevised, ev.Task, ev.Attempt, ev.Step, ev.By
		if d.apply(revised, true) {
			d.commit()
			return
		}
		findings = []string{"it cannot take the place of the plan as that is now"}
	}
	d.failed(ev, failure.Signal{Kind: failure.NeedsReplan, Rule: "revision",
		Message: "the revised plan is refused: " + shorten(strings.Join(findings, "; "), noteLimit)}, findings...)
}

// failed records a failure together with what the policy makes of it; findings are what a planner is to heed when it is
// asked once more.
func (d *driver) failed(ev engine.Event, signal failure.Signal, findings ...string) {
	if len(findings) > 0 {
		text, _ := json.Marshal(findings) // texts have a JSON form
		ev.Handoff = map[string]string{failure.FieldFindings: string(text)}
	}
	remedy := d.state.Remedy(ev.Task, signal, d.World.Abilities(ev.Task))
	if signal.Kind == failure.NeedsApproval && remedy.Action == failure.Block {
		// By a rule of the plan, say: an exit status that stands for it.
		d.wantApproval(ev, &engine.Question{Text: signal.Message})
		return
	}
	if remedy.Action == failure.Block {
		signal = signal.Escalated()
	}
	ev.At = d.Now().UTC()
	if pause, ok := d.state.PauseFor(ev.Task, signal, &remedy, ev.At); ok {
		pause.At, pause.By = ev.At, ev.By
		d.fact(pause)
	}
	if signal.RetryIn == 0 { // a time that was announced is kept
		remedy.Delay = failure.Jitter(remedy.Delay, seed(d.run, ev.Task, ev.Attempt))
	}
	ev.Type, ev.Signal, ev.Remedy = engine.StepFailed, &signal, &remedy
	ev.Reason = signal.Message
	if remedy.Reason != "" {
		ev.Reason = strings.TrimPrefix(signal.Message+"; "+remedy.Reason, "; ")
	}
	if remedy.Log {
		d.fact(engine.Event{Type: engine.IssueLogged, Task: ev.Task, Attempt: ev.Attempt, Step: ev.Step, By: ev.By,
			Reason: issue(signal), Signal: &signal})
	}
	d.fact(ev)
}

// wantApproval records that an attempt cannot go on without an approval.
func (d *driver) wantApproval(ev engine.Event, q *engine.Question) {
	q.Options = []string{"approve", "deny"}
	if q.Decision == "" {
		q.Decision = fmt.Sprintf("let %s go on, or keep it from doing so", ev.Task)
	}
	ev.Type, ev.Reason, ev.Question = engine.ApprovalAsked, shorten(q.Text, noteLimit), q
	d.fact(ev)
	d.approveBy(ev.Task, q.Text)
}

// asked is what an agent asks in the engine's words; several questions are asked one after the other. What is too long for
// a person to read before answering is cut.
func asked(questions ...agents.Question) *engine.Question {
	short := func(text string) string { return shorten(text, questionLimit) }
	var list []engine.Question
	for _, q := range questions[:min(len(questions), questionsAsked)] {
		e := engine.Question{Text: short(q.Text), Type: engine.AnswerType(q.Type), Context: short(q.Context), Risk: short(q.Risk),
			Decision: short(q.Decision), Recommended: short(q.Recommended)}
		for _, option := range q.Options[:min(len(q.Options), questionsAsked)] {
			e.Options = append(e.Options, shorten(option, noteLimit))
		}
		list = append(list, e)
	}
	list[0].Then = list[1:]
	return &list[0]
}

// issue says in one line what is put down.
func issue(sig failure.Signal) string {
	text := string(sig.Kind)
	if sig.Platform != "" {
		text += " on " + sig.Platform
	}
	if sig.Message != "" {
		text += ": " + sig.Message
	}
	return shorten(text, noteLimit)
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
			a.stop()
		}
	default:
		for _, a := range d.live {
			a.kill()
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

// apply reports whether the engine took the event.
func (d *driver) apply(ev engine.Event, fact bool) bool {
	if ev.Task != "" && len(d.claims) > 0 {
		d.flushClaims()
	}
	if ev.At.IsZero() {
		ev.At = d.Now().UTC()
	}
	if err := d.state.Apply(ev); err != nil {
		return false
	}
	d.batch = append(d.batch, pending{ev, fact})
	return true
}

// flushClaims puts the claims that were held back into the batch, before what happened to those attempts.
func (d *driver) flushClaims() {
	claims := d.claims
	d.claims, d.claimsDue = nil, time.Time{}
	if d.starting > 0 {
		d.expectClaims()
	}
	for _, ev := range claims {
		d.apply(ev, true)
	}
	clear(claims)
	d.claims = claims[:0]
}

// commit writes the batch. When somebody else has appended first, the state is folded anew with what they
// said, facts of ours are applied again, and decisions are left to be taken again.
func (d *driver) commit() {
	if len(d.batch) == 0 || d.err != nil {
		return
	}
	events := d.events[:0]
	for i := range d.batch {
		events = append(events, d.batch[i].Event)
	}
	defer func() { clear(events); d.events = events }()
	err := d.Log.Append(d.ctx, d.run, d.seq, events)
	if errors.Is(err, store.ErrConflict) {
		d.again()
		return
	}
	if err != nil {
		d.stop(fmt.Errorf("%w could not be written: %w", errStore, err))
		return
	}
	d.seq += int64(len(events))
	d.batch = d.batch[:0]
	d.World.Seen(d.state, events)
	if d.seq-d.snapshot >= d.SnapshotEvery {
		d.save()
	}
}

// again folds the run anew after somebody else was first.
func (d *driver) again() {
	batch := d.batch
	d.batch, d.starts = nil, nil
	events, err := d.Log.Read(d.ctx, d.run, 0, 0)
	if err != nil {
		d.stop(fmt.Errorf("%w could not be read: %w", errStore, err))
		return
	}
	state, err := engine.Replay(events)
	if err != nil {
		d.stop(fmt.Errorf("%w does not fold: %w", errStore, err))
		return
	}
	known := d.seq
	d.state, d.seq = state, state.Seq()
	d.World.Seen(d.state, events[known:])
	for _, p := range batch {
		if p.fact && !d.apply(p.Event, true) && p.Type == engine.PlanRevised {
			// Its plan was for another state of things, and its attempt is over.
			d.fact(engine.Event{Type: engine.AttemptLost, Task: p.Task, Attempt: p.Attempt, By: "driver",
				Reason: "the plan that it made came too late"})
		}
	}
	d.commit()
}

// catchUp applies what others have appended.
func (d *driver) catchUp() {
	d.looked = d.Now()
	if d.err != nil {
		return
	}
	last, err := d.Log.Last(d.ctx, d.run)
	if err != nil {
		d.stop(fmt.Errorf("%w could not be read: %w", errStore, err))
		return
	}
	if last == d.seq {
		return
	}
	if len(d.batch) > 0 {
		d.again()
		return
	}
	events, err := d.Log.Read(d.ctx, d.run, d.seq, 0)
	if err != nil {
		d.stop(fmt.Errorf("%w could not be read: %w", errStore, err))
		return
	}
	for _, ev := range events {
		if err := d.state.Apply(ev); err != nil {
			d.stop(fmt.Errorf("%w does not fold: %w", errStore, err))
			return
		}
	}
	d.seq = d.state.Seq()
	d.World.Seen(d.state, events)
}

// pending is an event that is applied and not yet in the log.
type pending struct {
	engine.Event
	fact bool
}
