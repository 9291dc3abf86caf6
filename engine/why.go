package engine

import (
	"fmt"
	"strings"
	"time"
)

// Why says in one sentence why a task is not running, or what it does if it is. It looks only at the
// state, so that it may be asked of a stored run as well as of a live one.
func (s *State) Why(id string) (string, error) {
	if s.stale {
		s.rebuild()
	}
	i, ok := s.index[id]
	if !ok {
		return "", fmt.Errorf("no task %q in run %s", id, s.id)
	}
	return s.why(i), nil
}

func (s *State) why(i int) string {
	t := &s.tasks[i]
	switch t.State {
	case Done:
		return with("it is done", t.Reason)
	case Skipped:
		return with("it was skipped", t.Reason)
	case Failed:
		return with("it failed", t.Reason)
	case Cancelled:
		if t.Dropped {
			return "it was cancelled: a revision took it out of the plan"
		}
		if t.Removed {
			return "it was cancelled: it is no longer in the plan"
		}
		return with("it was cancelled", t.Reason)
	case Blocked:
		return s.whyBlocked(t)
	case Running:
		return s.whyRunning(t)
	}
	return s.whyWaiting(i)
}

func with(text, reason string) string {
	if reason == "" {
		return text
	}
	return text + ": " + reason
}

func (s *State) whyRunning(t *task) string {
	switch {
	case t.Expanded:
		return fmt.Sprintf("its %d items run", len(t.Children))
	case t.Cancelling:
		return "it is being ended"
	case t.NextStep != "" && !t.seated:
		return s.whyResting(t)
	case t.mending(t.Step) >= 0:
		return t.whyMending()
	case t.Step != StepDo:
		return fmt.Sprintf("it is running: attempt %d, step %s", t.Attempt, t.Step)
	case t.Attempt > 1:
		return fmt.Sprintf("it is running: attempt %d", t.Attempt)
	}
	return "it is running"
}

// whyResting says what the next step of a running attempt waits for.
func (s *State) whyResting(t *task) string {
	for _, k := range t.resources[:t.seats] {
		if r := &s.named[k]; r.shut {
			return fmt.Sprintf("its attempt %d goes on with its step %s; %s", t.Attempt, t.NextStep, s.whyShut(r))
		}
	}
	return fmt.Sprintf("its attempt %d waits for a free slot for its step %s", t.Attempt, t.NextStep)
}

// whyMending says what a remedy is at.
func (t *task) whyMending() string {
	text := fmt.Sprintf("it is running: attempt %d, step %s", t.Attempt, t.Step)
	if agent := t.Mend.Steps[t.mending(t.Step)].Agent; agent != "" {
		text += " by " + agent
	}
	if t.Spec.Gate && t.Mend.Kind == "" {
		return text + ", after it has passed"
	}
	return text + fmt.Sprintf(" of the remedy for %s", t.Mend.Kind)
}

func (s *State) whyBlocked(t *task) string {
	switch {
	case t.Approval == ApprovalPending:
		return with("it waits for an approval", t.Reason)
	case t.Approval == ApprovalDenied:
		return with("its approval was denied", t.Reason)
	case t.TimedOut && t.Question != nil:
		return fmt.Sprintf("it waits for an answer: %s (%s)", t.Question.Text, t.Reason)
	case t.Question != nil:
		return "it waits for an answer: " + t.Question.Text
	}
	return with("it is blocked", t.Reason)
}

func (s *State) whyWaiting(i int) string {
	t := &s.tasks[i]
	if t.cat == dead {
		return s.whyUnreachable(i)
	}
	if t.Spec.Gate && t.wave <= s.frontier {
		if why := s.whyGate(i); why != "" {
			return why
		}
	}
	if missing := s.missing(t); missing != "" {
		return fmt.Sprintf("it needs %s, which is not in the plan", missing)
	}
	if t.left > 0 && (!t.Spec.Tolerant || t.left > t.dead) {
		return s.whyNeeds(t)
	}
	switch {
	case t.wave > s.frontier:
		return s.whyBarrier(t)
	case s.selected != nil && !s.selected[i]:
		return "it is not among the tasks that --only or --from chose"
	case s.draining:
		return "the run is ending: nothing new is started"
	case !t.NotBefore.IsZero():
		return s.whyLater(t)
	case s.finished != "":
		return "the run has finished"
	case !s.mayStart(i):
		return "a task failed and the run was told to stop at the first failure"
	case t.Spec.Approval && t.Approval != ApprovalApproved:
		return "it is about to ask for approval"
	}
	return s.whyLimits(t)
}

func (s *State) missing(t *task) string {
	for _, id := range t.Spec.Needs {
		if !s.has(id) {
			return id
		}
	}
	return ""
}

// whyUnreachable names the need that stands in the way and, behind it, the task where it began.
func (s *State) whyUnreachable(i int) string {
	first, root := -1, i
	for seen := 0; seen <= len(s.tasks); seen++ {
		next := -1
		for _, n := range s.tasks[root].needs {
			if s.tasks[n].cat == dead {
				next = n
				break
			}
		}
		if next < 0 {
			break
		}
		if first < 0 {
			first = next
		}
		root = next
	}
	if first < 0 {
		return "it cannot be reached"
	}
	cause := "failed"
	if s.tasks[root].State == Cancelled {
		cause = "was cancelled"
	}
	if first == root {
		return fmt.Sprintf("it needs %s, which %s", s.tasks[first].Spec.ID, cause)
	}
	return fmt.Sprintf("it needs %s, which cannot run because %s %s", s.tasks[first].Spec.ID,
		s.tasks[root].Spec.ID, cause)
}

func (s *State) whyNeeds(t *task) string {
	var names []string
	for _, n := range t.needs {
		need := &s.tasks[n]
		if need.cat != satisfied {
			names = append(names, fmt.Sprintf("%s (%s)", need.Spec.ID, need.State))
		}
	}
	return "it waits for " + few(names, 3)
}

func (s *State) whyBarrier(t *task) string {
	var names []string
	for w := 0; w < t.wave; w++ {
		for _, i := range s.waves[w].tasks {
			if s.tasks[i].shut {
				names = append(names, fmt.Sprintf("%s (%s)", s.tasks[i].Spec.ID, s.tasks[i].State))
			}
		}
		if len(names) > 0 {
			return fmt.Sprintf("it waits for wave %d to settle: %s", s.waves[w].number, few(names, 3))
		}
		if !s.passed(w) {
			g := s.waves[w].gate
			text := fmt.Sprintf("it waits for %s, the gate of wave %d", s.tasks[g].Spec.ID, s.waves[w].number)
			if s.tasks[g].State == Blocked {
				// What it says itself is long, and would be said of every task behind it.
				return text + ", which is blocked: see billow blocked"
			}
			return text + ": " + s.why(g)
		}
	}
	return "it waits for an earlier wave"
}

func (s *State) whyLater(t *task) string {
	text := "it tries again at " + t.NotBefore.UTC().Format(time.TimeOnly) + " UTC"
	if t.Signal != nil {
		text += fmt.Sprintf(" after a failure of kind %s", t.Signal.Kind)
	}
	return text
}

func (s *State) whyLimits(t *task) string {
	for _, c := range t.conflicts {
		if s.tasks[c].holding {
			return fmt.Sprintf("it conflicts with %s, which is running", s.tasks[c].Spec.ID)
		}
	}
	for _, k := range t.resources {
		r := &s.named[k]
		switch {
		case r.shut:
			return s.whyShut(r)
		case r.full():
			return fmt.Sprintf("the limit of %s is reached: %d of %d in use", r.name, r.used, r.limit)
		}
	}
	if t.slot != 2 && s.all.full() {
		return fmt.Sprintf("all %d slots are in use", s.all.limit)
	}
	if r := &s.slots[t.slot]; r.full() {
		return fmt.Sprintf("all %d slots for %s tasks are in use", r.limit, r.name)
	}
	return "it is ready and starts as soon as a driver runs the plan"
}

// few lists at most n names and counts the others.
func few(names []string, n int) string {
	if len(names) <= n {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:n], ", "), len(names)-n)
}
