package engine

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"billow/failure"
	"billow/plan"
)

// Apply adds one event to the state: the only way a State changes. An event that is not legal now is
// refused with an error that wraps ErrIllegal, and leaves no trace.
func (s *State) Apply(ev Event) error {
	if s.stale && ev.Type != TaskAdded && ev.Type != TaskChanged && ev.Type != TaskRemoved {
		s.rebuild()
	}
	i, err := s.check(ev)
	if err != nil {
		return err
	}
	s.seq++
	if ev.Type == DriverStarted {
		s.quit = s.now
	}
	s.now = ev.At
	if ev.Type == TimeReached && ev.Until.After(s.now) {
		s.now = ev.Until
	}
	if i < 0 {
		s.applyRun(ev)
	} else {
		s.applyTask(i, ev)
	}
	if !s.stale {
		s.settle()
	}
	return nil
}

func (s *State) applyRun(ev Event) {
	switch ev.Type {
	case RunStarted:
		s.id, s.planID, s.hash = ev.Run.ID, ev.Run.PlanID, ev.Run.Hash
		s.limits, s.policy, s.started = ev.Run.Limits, ev.Run.Policy, ev.At
		s.tasks = make([]task, 0, len(ev.Run.Tasks))
		s.index = make(map[string]int, len(ev.Run.Tasks))
		for i := range ev.Run.Tasks {
			s.add(ev.Run.Tasks[i], ev.At)
		}
		s.rebuild()
	case DriverStarted:
		s.draining, s.stopping, s.exceeded, s.selected = false, false, false, nil
		if ev.Limits != nil {
			s.limits = *ev.Limits
		}
		if len(ev.Only) > 0 {
			s.selected = make(map[int]bool, len(ev.Only))
			for _, id := range ev.Only {
				if i, ok := s.index[id]; ok {
					s.selected[i] = true
					for _, c := range s.tasks[i].Children {
						s.selected[c] = true
					}
				}
			}
		}
		s.rebuild()
	case LimitsChanged:
		s.limits, s.exceeded = *ev.Limits, false // that another budget is used up is said again
		s.rebuild()
	case DrainAsked:
		s.draining = true
	case RunFinished:
		s.finished = ev.Status
	case RunReopened:
		s.finished = ""
	case TimeReached:
		s.timeReached(ev.Until)
	case BudgetExceeded:
		s.exceeded = true
	case ProviderPaused:
		s.pause(ev)
	case ProviderResumed:
		s.resume(ev.Provider)
	case TaskAdded:
		s.add(*ev.Spec, ev.At)
		s.stale = true
	}
}

// add appends a task in the state that the plan file gives it.
func (s *State) add(spec TaskSpec, at time.Time) {
	t := task{Spec: spec, State: Waiting, Since: at, Retries: spec.RetriesUsed,
		Approval: spec.Start.Approval, Reason: spec.Start.Reason}
	if spec.Start.State != "" {
		t.State = spec.Start.State
	}
	t.Removed, t.Dropped = spec.Start.Dropped, spec.Start.Dropped
	if spec.Start.Flaky {
		t.Flags = []string{string(failure.Flaky)}
	}
	s.index[spec.ID] = len(s.tasks)
	s.tasks = append(s.tasks, t)
}

func (s *State) applyTask(i int, ev Event) {
	t := &s.tasks[i]
	s.note(i, ev)
	switch ev.Type {
	case UsageAdded:
		if u := ev.Usage; u != nil {
			s.spend(i, plan.Budget{Tokens: u.InputTokens + u.OutputTokens, USD: u.USD})
		}
	case BudgetExceeded:
		s.exceed(i, ev)
	case TaskChanged:
		s.changed(i, ev)
	case TaskRemoved:
		t.Removed, t.Dropped = true, false
		s.cancel(i, ev)
		s.stale = true
	case TaskSetByHand:
		// A running task keeps its state: it finishes on the spec it started with.
		if t.State != Running {
			to, _ := byHand(ev.Status)
			if t.Dropped && to != Cancelled {
				t.Removed, t.Dropped = false, false // somebody wants it after all
			}
			s.force(i, to, ev)
		}
	case TaskExpanded:
		s.expand(i, ev)
	case TaskSkipped:
		s.force(i, Skipped, ev)
	case TaskCancelled:
		s.force(i, Cancelled, ev)
	case CancelAsked:
		s.cancel(i, ev)
	case TaskReopened, RetryAsked:
		s.reopen(i, ev)
	case AttemptStarted:
		t.Attempt, t.Step, t.NextStep, t.Claim, t.Signal = ev.Attempt, t.firstStep(), "", nil, nil
		t.Began, t.Took = ev.At, 0
		if t.Spec.Gate && t.Mend == nil {
			t.Unchecked, t.Passed = false, ""
		}
		s.set(i, Running, ev)
		s.clockOn(i, ev.At)
	case StepStarted:
		t.Step, t.NextStep, t.Claim, t.Heard = ev.Step, "", nil, false
		s.clockOn(i, ev.At)
		if !t.seated {
			s.takeSeat(i, 1)
			t.seated = true
			s.out++
		}
	case AttemptClaimed, AttemptAdopted:
		t.Claim = ev.Claim
	case AttemptLost:
		t.Lost++
		s.back(i, ev)
		if ev.Status == string(Blocked) && s.tasks[i].State == Waiting {
			s.set(i, Blocked, ev)
		}
	case AttemptCancelled:
		s.back(i, ev)
	case StepDone:
		s.stepDone(i, ev)
	case StepFailed:
		s.stepFailed(i, ev)
	case GatePassed:
		s.gatePassed(i, ev)
	case GateFailed:
		s.gateFailed(i, ev)
	case PlanRevised:
		s.revised(i, ev)
	case QuestionAsked:
		t.Question = ev.Question
		s.hang(i, ev)
	case Answered:
		s.answered(i, ev, ev.Reason)
	case AnswerTimedOut:
		if ev.Answer != "" {
			s.answered(i, ev, ev.Answer)
		} else {
			t.TimedOut, t.Reason = true, ev.Reason
		}
	case ApprovalAsked:
		t.Approval, t.Question, t.Wanted, t.Note = ApprovalPending, ev.Question, ev.Reason, ""
		s.hang(i, ev)
	case Approved:
		asked := t.Approval == ApprovalPending || t.Approval == ApprovalDenied
		t.Approval, t.Note = ApprovalApproved, ev.Reason
		switch {
		case t.State == Blocked && asked && t.Held:
			s.letPass(i, ev)
		case t.State == Blocked && asked:
			t.Question = nil
			s.set(i, Waiting, ev)
		default:
			s.consider(i)
		}
	case Denied, ApprovalTimedOut:
		t.Approval, t.Question = ApprovalDenied, nil
		s.set(i, Blocked, ev)
	}
}

// note takes down what an event says of the step that is out (how long it took, that its provider works, that the last
// answer was for it), and that a person grants a budget once more.
func (s *State) note(i int, ev Event) {
	t := &s.tasks[i]
	switch ev.Type {
	case StepDone, GatePassed, GateFailed, PlanRevised:
		s.clockOff(i, ev.At)
		s.served(t, ev.Step)
		t.Heard = false
	case StepFailed, QuestionAsked, ApprovalAsked:
		s.clockOff(i, ev.At)
		t.Heard = false
	case AttemptCancelled:
		s.clockOff(i, ev.At)
	case AttemptAdopted:
		s.clockOff(i, ev.At) // it went on while there was no driver
		s.clockOn(i, ev.At)
	case AttemptLost:
		at := ev.At
		if !t.Clock.After(s.quit) {
			at = s.quit // nobody knows how long it ran on without a driver
		}
		s.clockOff(i, at)
	case RetryAsked, TaskSetByHand:
		s.grant(i)
	}
}

// changed takes a task's new spec. A running attempt goes on with what it was given.
func (s *State) changed(i int, ev Event) {
	t := &s.tasks[i]
	t.Spec = *ev.Spec
	if t.Removed && !t.Dropped {
		t.Removed = false
		if t.State == Cancelled {
			s.set(i, Waiting, ev)
		}
	}
	s.raise(i, ev)
	s.stale = true
}

// reset forgets what stood in the way of a task that somebody moves on by hand.
func (s *State) reset(t *task) {
	t.Uses, t.NotBefore, t.Question, t.Signal, t.Cancelling, t.Heard = nil, time.Time{}, nil, nil, false, false
	t.Revised, t.Held = 0, false
	t.heal()
	if t.Approval == ApprovalDenied || t.Approval == ApprovalPending {
		t.Approval = ""
	}
}

// force moves a task that is not running where somebody wants it; of a foreach, the items that are not
// done, from which its own state follows.
func (s *State) force(i int, to TaskState, ev Event) {
	if !s.tasks[i].Expanded {
		s.reset(&s.tasks[i])
		s.set(i, to, ev)
		return
	}
	if to == Waiting {
		s.reopen(i, ev)
		return
	}
	if to == Done {
		to = Skipped
	}
	for _, c := range s.tasks[i].Children {
		if st := s.tasks[c].State; st != Done && st != Skipped && st != Running {
			s.force(c, to, ev)
		}
	}
}

// reopen puts a settled task back; of a foreach, the items that did not end well (all, when it was done).
func (s *State) reopen(i int, ev Event) {
	if !s.tasks[i].Exceeded { // else it goes on where it stopped
		s.reset(&s.tasks[i])
	}
	if !s.tasks[i].Expanded {
		s.tasks[i].Unchecked = s.tasks[i].Spec.Gate // whoever asks for a gate is given one
		s.set(i, Waiting, ev)
		return
	}
	all := s.tasks[i].State == Done || s.tasks[i].State == Skipped
	for _, c := range s.tasks[i].Children {
		switch s.tasks[c].State {
		case Waiting, Running:
		case Done, Skipped:
			if all {
				s.set(c, Waiting, ev)
			}
		default:
			if !s.tasks[c].Exceeded {
				s.reset(&s.tasks[c])
			}
			s.set(c, Waiting, ev)
		}
	}
}

// cancel ends a task, or asks for its process to be ended first.
func (s *State) cancel(i int, ev Event) {
	t := &s.tasks[i]
	switch {
	case t.Expanded && t.State != Done && t.State != Skipped:
		t.Cancelling = true
		for _, c := range t.Children {
			s.cancel(c, ev)
		}
		s.gather(i, ev)
	case t.State == Running:
		t.Cancelling = true
		t.Reason = ev.Reason
		s.stops = once(s.stops, i)
	case t.State == Waiting, t.State == Blocked, t.State == Failed:
		s.set(i, Cancelled, ev)
	}
}

// back ends an attempt that gave no result; it counts as no try.
func (s *State) back(i int, ev Event) {
	t := &s.tasks[i]
	t.putOff()
	t.Claim, t.NextStep = nil, ""
	if t.Cancelling {
		s.set(i, Cancelled, ev)
		return
	}
	t.undecided()
	s.set(i, Waiting, ev)
}

// hang makes a task wait for a person, unless it is to be cancelled anyway.
func (s *State) hang(i int, ev Event) {
	if s.tasks[i].Cancelling {
		s.tasks[i].Question = nil
		s.set(i, Cancelled, ev)
		return
	}
	s.tasks[i].putOff()
	s.tasks[i].undecided()
	s.set(i, Blocked, ev)
}

func (s *State) stepDone(i int, ev Event) {
	t := &s.tasks[i]
	t.Claim = nil
	for _, name := range sortedKeys(ev.Outputs) {
		if t.Outputs == nil {
			t.Outputs = make(map[string]string, len(ev.Outputs))
		}
		t.Outputs[name] = ev.Outputs[name]
	}
	t.flag(ev.Flag)
	t.handOn(ev.Handoff)
	s.goOn(i, ev)
}

// once appends i to a short list, unless it is there.
func once(list []int, i int) []int {
	if slices.Contains(list, i) {
		return list
	}
	return append(list, i)
}

func (t *task) flag(name string) {
	if name != "" && !slices.Contains(t.Flags, name) {
		t.Flags = append(slices.Clip(t.Flags), name)
	}
}

// timeReached ends every wait up to now.
func (s *State) timeReached(now time.Time) {
	for len(s.timers) > 0 {
		i := s.timers[0].task
		t := &s.tasks[i]
		if at := t.due(); !at.IsZero() && at.UnixNano() == -s.timers[0].weight {
			if at.After(now) {
				return
			}
			if t.State == Blocked {
				s.overdue = once(s.overdue, i)
			} else {
				t.NotBefore = time.Time{}
				s.consider(i)
			}
		}
		s.timers.pop()
	}
}

// expand makes a task for each item; they take the parent's place in every limit.
func (s *State) expand(i int, ev Event) {
	t := &s.tasks[i]
	t.Expanded, t.Attempt, t.Began = true, t.Attempt+1, ev.At
	spec := itemSpec(t.Spec, "")
	spec.Needs = nil // the parent has waited
	approval, wanted, note := t.Approval, t.Wanted, t.Note
	s.set(i, Running, ev)
	for k, item := range ev.Items {
		spec.ID = itemID(ev.Task, k)
		s.index[spec.ID] = len(s.tasks)
		s.tasks[i].Children = append(s.tasks[i].Children, len(s.tasks))
		s.tasks = append(s.tasks, task{Spec: spec, State: Waiting, Since: ev.At, Parent: ev.Task, Item: item,
			Approval: approval, Wanted: wanted, Note: note})
		if s.selected != nil {
			s.selected[len(s.tasks)-1] = true
		}
	}
	if len(ev.Items) == 0 {
		s.set(i, Done, ev)
	}
	s.stale = true
}

// itemSpec is what an item of a foreach is, by what its parent is.
func itemSpec(parent TaskSpec, id string) TaskSpec {
	parent.ID, parent.Foreach, parent.When, parent.Start, parent.RetriesUsed = id, false, false, State0{}, 0
	parent.Budget = plan.Budget{} // theirs is the parent's
	return parent
}

// gather derives the state of a foreach from its items.
func (s *State) gather(i int, ev Event) {
	if s.stale {
		return // the counts are not true; rebuild gathers
	}
	t := &s.tasks[i]
	to := Running
	switch {
	case t.kids.open > 0:
	case t.kids.held > 0:
		to = Blocked
	case t.kids.failed > 0:
		to = Failed
	case t.kids.cancelled > 0:
		to = Cancelled
	default:
		to = Done
	}
	if to == t.State {
		return
	}
	if to == Done {
		t.Took = ev.At.Sub(t.Began)
		s.collect(t)
	}
	reason := ""
	if to == Blocked || to == Failed {
		reason = fmt.Sprintf("%d of %d items", t.kids.held+t.kids.failed+t.kids.cancelled, len(t.Children))
	}
	s.set(i, to, Event{At: ev.At, Reason: reason})
}

// collect joins the outputs of the items, one line each in the order of the items.
func (s *State) collect(t *task) {
	for _, c := range t.Children {
		for _, name := range sortedKeys(s.tasks[c].Outputs) {
			if t.Outputs == nil {
				t.Outputs = map[string]string{}
			}
			if old, ok := t.Outputs[name]; ok {
				t.Outputs[name] = old + "\n" + s.tasks[c].Outputs[name]
			} else {
				t.Outputs[name] = s.tasks[c].Outputs[name]
			}
		}
	}
}

// set is the one place where a task's state changes.
func (s *State) set(i int, to TaskState, ev Event) {
	t := &s.tasks[i]
	from := t.State
	t.State, t.Reason, t.Since, t.TimedOut, t.Exceeded = to, ev.Reason, ev.At, false, false
	if to == Failed && s.limits.FailFast {
		s.stopping = true
	}
	if to != Running {
		t.Cancelling, t.Claim, t.NextStep = false, nil, ""
	}
	if to == Done {
		t.heal()
	} else if !t.Spec.Gate {
		t.Unchecked = false
	}
	if s.stale {
		return
	}
	s.counts[from]--
	s.counts[to]++
	if from == Running && t.holding {
		s.release(i)
	}
	if to == Running && !t.Expanded {
		s.hold(i, true)
	}
	if from == Waiting && to != Running {
		s.freed(i)
	}
	s.todo = append(s.todo, i)
	s.await(i)
	if to == Waiting {
		s.fit(i)
		s.consider(i)
	}
	if p := t.parent; p >= 0 {
		s.tasks[p].kids.move(from, -1)
		s.tasks[p].kids.move(to, 1)
		s.gather(p, ev)
	}
}

// due is when time moves a task on by itself: to its next attempt, or past what nobody has decided. Zero is
// never.
func (t *task) due() time.Time {
	if t.State == Waiting {
		return t.NotBefore
	}
	return t.deadline()
}

// await sets the timer of a task that has one.
func (s *State) await(i int) {
	if at := s.tasks[i].due(); !at.IsZero() {
		s.timers.push(entry{weight: -at.UnixNano(), task: i})
	}
}

func (k *kids) move(st TaskState, by int) {
	switch st {
	case Waiting, Running:
		k.open += by
	case Blocked:
		k.held += by
	case Failed:
		k.failed += by
	case Cancelled:
		k.cancelled += by
	}
}

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
