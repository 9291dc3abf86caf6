package engine

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"billow/failure"
)

// firstStep is the step with which the next attempt begins.
func (t *task) firstStep() string {
	if t.Mend != nil {
		for _, s := range t.Mend.Steps {
			if t.called(s) {
				return s.Name
			}
		}
	}
	return StepDo
}

// called reports whether a step of a remedy is to be done: what it waits for was handed on.
func (t *task) called(s failure.Step) bool {
	if s.If == "" {
		return true
	}
	_, ok := t.Handoff[s.If]
	return ok
}

// mending is the place of a step in the remedy under way, -1 for one that is none of its steps.
func (t *task) mending(step string) int {
	if t.Mend == nil {
		return -1
	}
	return slices.IndexFunc(t.Mend.Steps, func(s failure.Step) bool { return s.Name == step })
}

// stepAfter is the step that follows; "" after the last.
func (t *task) stepAfter(step string) string {
	if k := t.mending(step); k >= 0 {
		for _, s := range t.Mend.Steps[k+1:] {
			if t.called(s) {
				return s.Name
			}
		}
	}
	if n := acceptance(step); n < t.Spec.Accept {
		return fmt.Sprintf("accept.%d", n+1)
	}
	return ""
}

// acceptance is the number of an acceptance command, 0 for any other step.
func acceptance(step string) int {
	k, ok := strings.CutPrefix(step, "accept.")
	if !ok {
		return 0
	}
	n, _ := strconv.Atoi(k)
	return n
}

// remains are the steps of the remedy with which to go on when an attempt has ended at a step. Acceptance alone is
// no attempt: the step before it is done once more, as plain work is.
func (t *task) remains(step string) []failure.Step {
	steps := t.Mend.Steps
	k := t.mending(step)
	if k < 0 {
		k = len(steps) - 1
	}
	return steps[k:]
}

// putOff keeps what is left of a remedy for the next attempt, because this one gives no result.
func (t *task) putOff() {
	t.Promise = nil
	if t.Mend == nil {
		return
	}
	step := t.NextStep
	if step == "" {
		step = t.Step
	}
	t.Mend = &Mend{Kind: t.Mend.Kind, Steps: t.remains(step), Tries: t.Mend.Tries}
}

// handOn keeps what a step gives to those behind it.
func (t *task) handOn(fields map[string]string) {
	if len(fields) == 0 {
		return
	}
	// A copy: views of the task hold the map.
	t.Handoff = maps.Clone(t.Handoff)
	if t.Handoff == nil {
		t.Handoff = make(map[string]string, len(fields))
	}
	maps.Copy(t.Handoff, fields)
}

// heal forgets remedies, and what they came from.
func (t *task) heal() { t.Past, t.Mend, t.Handoff, t.Promise = nil, nil, nil, nil }

// stepFailed does what the remedy says that was recorded with the failure.
func (s *State) stepFailed(i int, ev Event) {
	t := &s.tasks[i]
	t.Claim, t.Signal, t.NextStep, t.Promise = nil, ev.Signal, "", nil
	t.handOn(ev.Handoff)
	r := ev.Remedy
	kind := ev.Signal.Kind
	if r.Kind != "" {
		kind = r.Kind
	}
	switch {
	case r.Counted && r.Again:
		t.Retries++
	case r.Counted:
		t.used(kind)
	}
	if t.Cancelling {
		s.set(i, Cancelled, ev)
		return
	}
	if !r.Again && r.Action != failure.Continue && !ev.Signal.Quota && !t.replans() {
		t.Past = &PastFailure{Attempt: ev.Attempt, Step: ev.Step, Signal: *ev.Signal}
	}
	if t.Spec.Gate && r.Action != failure.Retry && r.Action != failure.Recipe && r.Action != failure.Continue {
		var findings []string
		if past := t.Past; t.replans() && past != nil && past.Signal.Rule == RuleGate {
			findings = []string{past.Signal.Message} // nothing has come of what the reviewer found
		}
		t.Mend = nil
		s.holdGate(i, ev, findings)
		return
	}
	switch r.Action {
	case failure.Continue:
		s.goOn(i, ev)
		return
	case failure.Complete:
		if r.Else != "" {
			t.Promise = r
		} else {
			t.flag(r.Flag)
		}
		if r.Else != "" && acceptance(ev.Step) < t.Spec.Accept {
			s.step(i, fmt.Sprintf("accept.%d", acceptance(ev.Step)+1))
			return
		}
		s.finish(i, ev)
		return
	case failure.Recipe:
		mend := &Mend{Kind: kind, Steps: r.Steps}
		if r.Again && t.Mend != nil {
			mend.Tries = t.Mend.Tries
		}
		if r.Again && r.Counted {
			mend.Tries++
		}
		t.Mend = mend
	default:
		t.Mend = nil
	}
	switch r.Action {
	case failure.Retry, failure.Recipe:
		if r.Delay > 0 {
			t.NotBefore = ev.At.Add(r.Delay)
		}
		t.undecided()
		s.set(i, Waiting, ev)
	case failure.Skip:
		t.flag(r.Flag)
		s.set(i, Skipped, ev)
	case failure.Block:
		s.set(i, Blocked, ev)
	default:
		s.set(i, Failed, ev)
	}
}

// used counts a use of a rule of the policy.
func (t *task) used(kind failure.Kind) {
	t.Retries++
	if t.Uses == nil {
		t.Uses = map[failure.Kind]int{}
	}
	t.Uses[kind]++
}

// goOn leads on to the next step of an attempt, or to its end.
func (s *State) goOn(i int, ev Event) {
	t := &s.tasks[i]
	next := t.stepAfter(ev.Step)
	switch {
	case next == "":
		s.finish(i, ev)
	case t.Cancelling:
		s.set(i, Cancelled, ev)
	default:
		s.step(i, next)
	}
}

// finish ends a task well.
func (s *State) finish(i int, ev Event) {
	t := &s.tasks[i]
	if t.Promise != nil {
		t.flag(t.Promise.Flag)
		if ev.Reason == "" {
			ev.Reason = t.Promise.Reason
		}
	}
	t.Took = ev.At.Sub(t.Began)
	if t.Spec.Gate {
		s.gateDone(i, ev)
		return
	}
	s.toCheck(i)
	s.set(i, Done, ev)
}

// step lets the next step of an attempt wait for its start. Where it falls under other limits than the one before
// it, the slot is given back; locks and conflicts stay.
func (s *State) step(i int, next string) {
	t := &s.tasks[i]
	t.NextStep = next
	if t.Mend != nil && t.Mend.Tries > 0 {
		t.Mend = &Mend{Kind: t.Mend.Kind, Steps: t.Mend.Steps}
	}
	if s.stale {
		return
	}
	s.steps = once(s.steps, i)
	if t.keepsSeat() {
		return
	}
	s.takeSeat(i, -1)
	t.seated = false
	s.out--
	for _, k := range t.resources[:t.seats] {
		s.refill(k)
	}
	s.fit(i)
}

// seatOf says under which class and agent a step falls.
func (t *task) seatOf(step string) (Class, string) {
	if k := t.mending(step); k >= 0 && t.Mend.Steps[k].Agent != "" {
		class := Class(t.Mend.Steps[k].Class)
		if class == "" {
			class = ClassAgent
		}
		return class, t.Mend.Steps[k].Agent
	}
	return t.Spec.Class, t.Spec.Agent
}

// keepsSeat reports whether the next step of a running attempt falls under the limits of the one before it.
func (t *task) keepsSeat() bool {
	if t.Mend == nil {
		return true
	}
	if acceptance(t.NextStep) == 0 {
		return false // whether it may start is decided anew
	}
	class, agent := t.seatOf(t.Step)
	nextClass, nextAgent := t.seatOf(t.NextStep)
	return class == nextClass && agent == nextAgent
}

// fit finds the limits of the step that is out, or comes next.
func (s *State) fit(i int) {
	t := &s.tasks[i]
	step := t.NextStep
	switch {
	case t.State != Running:
		step = t.firstStep()
	case step == "":
		step = t.Step
	}
	class, agent := t.seatOf(step)
	slot := 0
	switch class {
	case ClassAgent:
		slot = 1
	case ClassHuman:
		slot = 2
	}
	seats := make([]int, 0, 3)
	if t.costs(step) && !s.limits.Budget.IsZero() {
		seats = append(seats, s.budgetResource())
	}
	if providers := t.providersOf(step); len(providers) > 0 {
		seats = append(seats, s.providerResource(providers))
	}
	if n := s.limits.PerAgent[agent]; agent != "" && n > 0 {
		seats = append(seats, s.namedResource("agent", agent, n))
	}
	if slot == t.slot && slices.Equal(seats, t.resources[:t.seats]) {
		return
	}
	if t.queued {
		// It stands in a queue in which it no longer belongs; rare enough for making everything anew.
		s.stale = true
	}
	t.slot, t.resources = slot, slices.Concat(seats, t.resources[t.seats:])
	t.seats = len(seats)
}

// namedResource is the place of a resource in named.
func (s *State) namedResource(kind, name string, limit int) int {
	key := kind + " " + name
	k, ok := s.byName[key]
	if !ok {
		k = len(s.named)
		s.byName[key] = k
		s.named = append(s.named, resource{name: key, limit: limit})
	}
	return k
}

// hasRoom reports whether the limits of a running task's next step have room for it.
func (s *State) hasRoom(i int) bool {
	t := &s.tasks[i]
	if t.slot != 2 && s.all.full() || s.slots[t.slot].full() {
		return false
	}
	for _, k := range t.resources[:t.seats] {
		if s.named[k].full() {
			return false
		}
	}
	return true
}

// nextSteps gives the steps of running attempts that may start, and takes their slots; lent are those whose slots
// are to be given back, since Next only proposes. When the run is ending, a remedy is put off between two steps.
func (s *State) nextSteps(out []Command) (_ []Command, lent []int) {
	s.steps = keep(s.steps, func(i int) bool { return s.tasks[i].NextStep != "" })
	for _, i := range s.steps {
		t := &s.tasks[i]
		switch {
		case t.Cancelling:
			continue
		case s.draining && t.mending(t.NextStep) >= 0:
			out = append(out, s.command(Stop, i))
			continue
		case s.overBudget(i, t.NextStep):
			out = append(out, s.command(Exceed, i))
			continue
		case !t.seated && !s.hasRoom(i):
			continue
		case !t.seated:
			s.takeSeat(i, 1)
			lent = append(lent, i)
		}
		c := s.command(StartStep, i)
		c.Step = t.NextStep
		out = append(out, c)
	}
	return out, lent
}

// Remedy says what the policy calls for after a failure of the step of a task that is out, given what the task has
// used up. The driver records it with the failure (step_failed).
func (s *State) Remedy(id string, sig failure.Signal, can failure.Abilities) failure.Remedy {
	i, ok := s.index[id]
	if !ok {
		return failure.Remedy{Action: failure.Fail, Reason: "no such task"}
	}
	t := &s.tasks[i]
	policy := s.policy
	if t.Spec.Policy != nil {
		policy = t.Spec.Policy.Over(policy)
	}
	n := acceptance(t.Step)
	at := failure.Case{Uses: t.Uses, Accept: t.Spec.Accept, Left: t.Spec.Accept - n, Acceptance: n > 0, Promise: t.Promise}
	if t.Mend != nil {
		at.Under = &failure.Under{Kind: t.Mend.Kind, Steps: t.remains(t.Step), Tries: t.Mend.Tries}
	}
	r := policy.Decide(sig, at, can)
	switch {
	case !t.Spec.Gate:
	case r.Action == failure.Fail, r.Action == failure.Complete, r.Action == failure.Skip:
		// Nobody but a person says of a gate how it ends.
		r.Action, r.Reason = failure.Block, r.Reason+": a person must decide"
	case r.Action == failure.Recipe && !r.Again && r.Steps[len(r.Steps)-1].Purpose != failure.ForReplan:
		// Others' steps are no check, and at their end the gate would have passed.
		r = failure.Remedy{Action: failure.Block, Kind: r.Kind, Log: r.Log, Reason: "a person must decide"}
	}
	return r
}
