package engine

import (
	"slices"
	"time"
)

// Do is what a command asks for.
type Do string

const (
	// Start: begin an attempt of the task. Where the task has a condition the driver evaluates it first and
	// reports task_skipped when it is false.
	Start Do = "start"
	// StartStep: begin the next step of the running attempt.
	StartStep Do = "start_step"
	// Stop: end the attempt's process; the driver reports attempt_cancelled, or what came first.
	Stop Do = "stop"
	// Ask: ask for the approval the task needs before its first attempt (approval_asked).
	Ask Do = "ask"
	// Expand: find the items of a foreach (task_expanded).
	Expand Do = "expand"
	// GiveUp: nobody has answered or approved in time (answer_timed_out, approval_timed_out).
	GiveUp Do = "give_up"
	// Exceed: the budget of the task, or without one that of the plan, is used up (budget_exceeded; see
	// State.Exceeded).
	Exceed Do = "exceed"
	// Resume: the pause of Provider is over (provider_resumed).
	Resume Do = "resume"
	// Wake: report time_reached at At, unless something else happens first.
	Wake Do = "wake"
	// Finish: nothing is left to do; Outcome says how it ended, Final whether the run is over for good
	// (run_finished) or waits for a person, for another selection or for the next driver.
	Finish Do = "finish"
)

// Command is something the core wants done in the world; a driver does it and reports with at least one
// event.
type Command struct {
	Do      Do
	Task    string
	Attempt int
	Step    string
	// Provider is whose pause is over (Resume).
	Provider string
	At       time.Time
	Outcome  string
	Final    bool
}

// Next says what the state calls for, in the order in which it should be done. It changes nothing: called
// twice it gives the same. A driver applies the events for all commands before it asks again.
func (s *State) Next() []Command {
	if s.seq == 0 || s.finished != "" {
		return nil
	}
	if s.stale {
		s.rebuild()
	}
	var out []Command
	s.stops = keep(s.stops, func(i int) bool { return s.tasks[i].State == Running && s.tasks[i].Cancelling })
	for _, i := range s.stops {
		out = append(out, s.command(Stop, i))
	}
	out, lent := s.nextSteps(out)
	out = s.nextNew(out)
	for _, i := range lent {
		s.takeSeat(i, -1)
		for _, k := range s.tasks[i].resources[:s.tasks[i].seats] {
			s.refill(k)
		}
	}
	if len(out) == 0 && s.out == 0 {
		// Nothing goes on for now: attempts that are between two steps are not left as running.
		for _, i := range s.steps {
			out = append(out, s.command(Stop, i))
		}
	}
	if len(out) == 0 && s.out == 0 {
		outcome, final := s.outcome()
		out = append(out, Command{Do: Finish, Outcome: outcome, Final: final})
	}
	return out
}

// nextNew gives the commands for tasks that are not running.
func (s *State) nextNew(out []Command) []Command {
	if s.draining {
		return out
	}
	if over := s.nextResumes(); len(over) > 0 {
		return append(out, over...)
	}
	if given := s.nextOverdue(); len(given) > 0 {
		return append(out, given...) // what may start is another matter once these have gone on
	}
	out = s.nextWaiting(out, &s.asks, Ask)
	out = s.nextWaiting(out, &s.expands, Expand)
	out = s.nextExceeded(s.nextStarts(out))
	at, ok := s.earliest()
	if reset, waits := s.resumption(ok || len(out) > 0 || s.out > 0); waits && (!ok || reset.Before(at)) {
		at, ok = reset, true
	}
	if ok {
		out = append(out, Command{Do: Wake, At: at})
	}
	return out
}

func (s *State) command(do Do, i int) Command {
	t := &s.tasks[i]
	return Command{Do: do, Task: t.Spec.ID, Attempt: t.Attempt, Step: t.Step}
}

// keep filters in place.
func keep(list []int, ok func(int) bool) []int {
	out := list[:0]
	for _, i := range list {
		if ok(i) {
			out = append(out, i)
		}
	}
	return out
}

// nextOverdue gives a command for every question and approval whose time is up. What could not go on anyway,
// because of a failure or because it was not chosen, is left to a person.
func (s *State) nextOverdue() []Command {
	var out []Command
	s.overdue = keep(s.overdue, func(i int) bool {
		at := s.tasks[i].deadline()
		return !at.IsZero() && !at.After(s.now)
	})
	for _, i := range s.overdue {
		if s.waitsFor(i) {
			out = append(out, s.command(GiveUp, i))
		}
	}
	return out
}

// waitsFor reports whether this driver's life waits for the timer of a task.
func (s *State) waitsFor(i int) bool {
	return s.mayStart(i) && (s.tasks[i].State == Waiting || s.selected == nil || s.selected[i])
}

// mayStart reports whether new work may begin: under fail-fast, after a failure, only what asked to run
// then (always(), failed()).
func (s *State) mayStart(i int) bool { return !s.stopping || s.tasks[i].Spec.Tolerant }

// nextWaiting gives a command for every task of a queue that takes no slot.
func (s *State) nextWaiting(out []Command, q *queue, do Do) []Command {
	var rest queue
	for len(*q) > 0 {
		e := q.pop()
		t := &s.tasks[e.task]
		right := do == Ask && t.Spec.Approval && t.Approval != ApprovalApproved ||
			do == Expand && !t.Expanded
		if !right || !s.eligible(e.task) {
			s.requeue(e.task)
			continue
		}
		rest = append(rest, e)
		if s.mayStart(e.task) {
			c := s.command(do, e.task)
			c.Attempt = t.Attempt + 1
			out = append(out, c)
		}
	}
	*q = rest // sorted, and so a heap
	return out
}

// nextStarts chooses among the ready tasks, the heaviest first, as many as limits allow.
func (s *State) nextStarts(out []Command) []Command {
	var picked, later []entry
	var over []int
	for !s.all.full() || len(s.ready[2]) > 0 {
		q := s.best()
		if q == nil {
			break
		}
		e := q.pop()
		i := e.task
		t := &s.tasks[i]
		switch {
		case !s.eligible(i):
			t.queued = false
			s.freed(i)
		case !s.mayStart(i):
			later = append(later, e)
			s.pass(t, -1)
		case s.overBudget(i, t.firstStep()):
			over = append(over, i)
			later = append(later, e)
			s.pass(t, -1)
		case s.park(e):
		default:
			picked = append(picked, e)
			t.picked = true
			s.takeSeat(i, 1)
			s.takeRest(i, 1)
		}
	}
	// The choice is only proposed: the queues are put back as they were, without what was found stale.
	for _, e := range picked {
		s.takeSeat(e.task, -1)
		s.takeRest(e.task, -1)
		s.tasks[e.task].picked = false
		s.freed(e.task)
		s.ready[s.tasks[e.task].slot].push(e)
		c := s.command(Start, e.task)
		c.Attempt, c.Step = s.tasks[e.task].Attempt+1, s.tasks[e.task].firstStep()
		out = append(out, c)
	}
	for _, e := range later {
		s.ready[s.tasks[e.task].slot].push(e)
	}
	for _, i := range over {
		out = append(out, s.command(Exceed, i))
	}
	return out
}

// best is the queue with the heaviest first task among the classes that have a free slot.
func (s *State) best() *queue {
	var best *queue
	for k := range s.ready {
		q := &s.ready[k]
		if len(*q) == 0 || s.slots[k].full() || k != 2 && s.all.full() {
			continue
		}
		if best == nil || (*q)[0].before((*best)[0]) {
			best = q
		}
	}
	return best
}

// park sets a ready task aside, beside what keeps it from running: a conflicting task, or a resource that
// is used up. It reports false when nothing does.
func (s *State) park(e entry) bool {
	t := &s.tasks[e.task]
	for _, c := range t.conflicts {
		if s.tasks[c].holding || s.tasks[c].picked {
			s.tasks[c].parked = append(s.tasks[c].parked, e.task)
			s.pass(t, -1)
			return true
		}
	}
	for _, k := range t.resources {
		if s.named[k].full() {
			s.named[k].waiting[t.slot].push(e)
			s.pass(t, k)
			return true
		}
	}
	return false
}

// pass offers what a parked task could have used to the next one that waits for it.
func (s *State) pass(t *task, except int) {
	for _, k := range t.resources {
		if k != except {
			s.refill(k)
		}
	}
}

// earliest is the first time that is waited for.
func (s *State) earliest() (time.Time, bool) {
	for len(s.timers) > 0 {
		e := s.timers[0]
		t := &s.tasks[e.task]
		if at := t.due(); !at.IsZero() && at.UnixNano() == -e.weight && s.waitsFor(e.task) {
			return at, true
		}
		s.timers.pop()
	}
	return time.Time{}, false
}

// outcome says how things stand when nothing can go on: of several, the worst.
func (s *State) outcome() (string, bool) {
	var bad, person, left, unselected int
	for i := range s.tasks {
		t := &s.tasks[i]
		switch {
		case t.Removed || t.cat == satisfied || t.parent >= 0 && s.tasks[t.parent].Removed:
		case t.Spec.Gate && s.waves[t.wave].gate != i:
			// Two gates of one wave are one.
		case t.Spec.Gate && t.State == Waiting:
			// What it waits for, where that is anything but a driver, counts by itself.
			switch {
			case !s.hasToCheck(i) || s.waves[t.wave].open > 0:
			case s.selected != nil:
				unselected++
			default:
				left++
			}
		case s.selected != nil && !s.selected[i] && t.State == Waiting:
			unselected++
		case t.cat == dead:
			bad++
		case t.cat == held:
			person++
		default:
			left++
		}
	}
	final := person == 0 && left == 0 && unselected == 0
	switch {
	case left > 0 && s.draining:
		return OutcomeInterrupted, false
	case bad > 0:
		return OutcomeFailed, final
	case person > 0:
		return OutcomeBlocked, false
	case left > 0 && slices.ContainsFunc(s.doors, s.awaited):
		return OutcomePaused, false
	case left > 0:
		return OutcomeFailed, false
	}
	return OutcomeCompleted, final
}
