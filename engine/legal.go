package engine

import (
	"errors"
	"fmt"
	"slices"
)

// ErrIllegal is wrapped by the error of Apply when an event cannot happen in the state.
var ErrIllegal = errors.New("illegal event")

// move says in which states of its task an event is legal. Which state follows is decided where the event
// is applied, since it may depend on what the event carries; testdata/legal.txt holds both, cell by cell.
// Events that are about the run and not about a task are not here.
func legalIn(t EventType) ([]TaskState, bool) {
	switch t {
	case TaskChanged, TaskRemoved, TaskSetByHand, IssueLogged, NoteAdded, WarningRaised, UsageAdded:
		return TaskStates(), true
	case TaskExpanded, AttemptStarted:
		return []TaskState{Waiting}, true
	case TaskSkipped:
		return []TaskState{Waiting, Blocked, Failed}, true
	case TaskReopened:
		return []TaskState{Done, Skipped, Failed, Cancelled}, true
	case TaskCancelled:
		return []TaskState{Waiting, Blocked, Failed}, true
	case AttemptClaimed, AttemptAdopted, AttemptLost, AttemptCancelled, StepStarted, StepDone, StepFailed,
		QuestionAsked, GatePassed, GateFailed, PlanRevised:
		return []TaskState{Running}, true
	case ApprovalAsked:
		return []TaskState{Waiting, Running}, true
	case Answered, AnswerTimedOut, ApprovalTimedOut:
		return []TaskState{Blocked}, true
	case Approved:
		return []TaskState{Waiting, Blocked}, true
	case Denied:
		return []TaskState{Waiting, Blocked}, true
	case BudgetExceeded:
		return []TaskState{Waiting, Running}, true
	case RetryAsked:
		return []TaskState{Waiting, Blocked, Skipped, Failed, Cancelled}, true
	case CancelAsked:
		return []TaskState{Waiting, Running, Blocked, Failed}, true
	}
	return nil, false
}

// illegal says why an event was refused.
func (s *State) illegal(ev Event, format string, args ...any) error {
	return fmt.Errorf("%w %s of task %q at %d: %s", ErrIllegal, ev.Type, ev.Task, s.seq+1,
		fmt.Sprintf(format, args...))
}

// check refuses an event that may not happen now and leaves the state alone. It returns the task's index,
// -1 for an event about the run.
func (s *State) check(ev Event) (int, error) {
	if ev.Seq != 0 && ev.Seq != s.seq+1 {
		return -1, s.illegal(ev, "number %d, want %d", ev.Seq, s.seq+1)
	}
	switch {
	case ev.Type == RunStarted && s.seq != 0:
		return -1, s.illegal(ev, "the run has started")
	case ev.Type != RunStarted && s.seq == 0:
		return -1, s.illegal(ev, "the run has not started")
	case ev.Type == RunStarted && ev.Run == nil:
		return -1, s.illegal(ev, "it carries no run")
	case ev.Type == RunReopened && s.finished == "":
		return -1, s.illegal(ev, "the run is open")
	case s.finished != "" && ev.Type != RunReopened && ev.Type != NoteAdded:
		return -1, s.illegal(ev, "the run has finished")
	}
	switch ev.Type {
	case RunStarted:
		return -1, s.checkSpecs(ev)
	case DriverStarted, RunFinished, RunReopened, DrainAsked, TimeReached:
		return -1, nil
	case LimitsChanged:
		if ev.Limits == nil {
			return -1, s.illegal(ev, "it carries no limits")
		}
		return -1, nil
	case ProviderPaused, ProviderResumed:
		if ev.Provider == "" {
			return -1, s.illegal(ev, "it names no provider")
		}
		return -1, nil
	case TaskAdded:
		return -1, s.checkAdded(ev)
	}
	if ev.Type == BudgetExceeded && ev.Exceeded == nil {
		return -1, s.illegal(ev, "it does not say of what")
	}
	if ev.Type == BudgetExceeded && ev.Task == "" {
		return -1, nil
	}
	states, known := legalIn(ev.Type)
	if !known {
		return -1, s.illegal(ev, "unknown type")
	}
	i, ok := s.index[ev.Task]
	if !ok {
		if ev.Task == "" && ev.Type == NoteAdded {
			return -1, nil
		}
		return -1, s.illegal(ev, "no such task")
	}
	t := &s.tasks[i]
	if !slices.Contains(states, t.State) {
		return i, s.illegal(ev, "it is %s", t.State)
	}
	return i, s.checkDetail(ev, t)
}

func (s *State) checkSpecs(ev Event) error {
	seen := make(map[string]bool, len(ev.Run.Tasks))
	for i := range ev.Run.Tasks {
		spec := &ev.Run.Tasks[i]
		if spec.ID == "" || seen[spec.ID] {
			return s.illegal(ev, "task id %q is empty or there twice", spec.ID)
		}
		seen[spec.ID] = true
	}
	return nil
}

func (s *State) checkAdded(ev Event) error {
	switch {
	case ev.Spec == nil || ev.Spec.ID == "" || ev.Spec.ID != ev.Task:
		return s.illegal(ev, "it carries no task of that id")
	case s.has(ev.Task):
		return s.illegal(ev, "the id is taken")
	}
	return nil
}

func (s *State) has(id string) bool { _, ok := s.index[id]; return ok }

// checkDetail holds what the table cannot say.
func (s *State) checkDetail(ev Event, t *task) error {
	switch ev.Type {
	case AttemptStarted:
		if ev.Attempt != t.Attempt+1 {
			return s.illegal(ev, "attempt %d, want %d", ev.Attempt, t.Attempt+1)
		}
		if first := t.firstStep(); ev.Step != "" && ev.Step != first {
			return s.illegal(ev, "step %q, want %q", ev.Step, first)
		}
		if t.left > 0 && !t.Spec.Tolerant {
			return s.illegal(ev, "%d of its needs are not done", t.left)
		}
	case AttemptClaimed, AttemptAdopted, AttemptLost, AttemptCancelled, StepStarted, StepDone, StepFailed,
		QuestionAsked, GatePassed, GateFailed, PlanRevised:
		if t.Expanded {
			return s.illegal(ev, "its items run, not it")
		}
		if ev.Attempt != t.Attempt {
			return s.illegal(ev, "attempt %d is over, %d is running", ev.Attempt, t.Attempt)
		}
		ends := ev.Type == StepDone || ev.Type == StepFailed || ev.Type == GatePassed || ev.Type == GateFailed
		if ends && (ev.Step != t.Step || t.NextStep != "") {
			return s.illegal(ev, "step %q is not out", ev.Step)
		}
		if err := s.checkGate(ev, t); err != nil {
			return err
		}
		if ev.Type == StepStarted && ev.Step != t.NextStep {
			return s.illegal(ev, "step %q, want %q", ev.Step, t.NextStep)
		}
		if ev.Type == StepFailed && (ev.Signal == nil || ev.Remedy == nil) {
			return s.illegal(ev, "it carries no signal and remedy")
		}
		if ev.Type == StepDone && t.replans() {
			return s.illegal(ev, "step %q ends with a plan", ev.Step)
		}
		if ev.Type == PlanRevised {
			return s.checkRevised(ev, t)
		}
	case ApprovalAsked:
		if t.State == Running && (ev.Attempt != t.Attempt || t.Expanded) {
			return s.illegal(ev, "attempt %d is over, %d is running", ev.Attempt, t.Attempt)
		}
	case BudgetExceeded:
		if t.State == Running && (t.Expanded || t.NextStep == "") {
			return s.illegal(ev, "a step of it is out")
		}
	case RetryAsked, TaskReopened:
		if t.Removed {
			return s.illegal(ev, "it is no longer in the plan")
		}
	case Answered, AnswerTimedOut:
		// An approval is not answered but approved or denied: no text may pass for one.
		if t.Question == nil || t.Approval == ApprovalPending {
			return s.illegal(ev, "it has no open question")
		}
	case ApprovalTimedOut:
		if t.Approval != ApprovalPending {
			return s.illegal(ev, "no approval is asked for")
		}
	case Approved, Denied:
		if ev.Type == Denied && t.Expanded {
			return s.illegal(ev, "its items run, not it")
		}
		if t.Approval == "" && !t.Spec.Approval {
			return s.illegal(ev, "no approval is asked for")
		}
	case TaskExpanded:
		if !t.Spec.Foreach || t.Expanded {
			return s.illegal(ev, "it has no items to run for")
		}
		for i := range ev.Items {
			if s.has(itemID(ev.Task, i)) {
				return s.illegal(ev, "the id %s is taken", itemID(ev.Task, i))
			}
		}
	case TaskChanged:
		if ev.Spec == nil || ev.Spec.ID != ev.Task {
			return s.illegal(ev, "it carries no task of that id")
		}
	case TaskSetByHand:
		if _, ok := byHand(ev.Status); !ok {
			return s.illegal(ev, "unknown status %q", ev.Status)
		}
	}
	return nil
}

// itemID names the task that runs for item i of a foreach, counted from 1 for people.
func itemID(parent string, i int) string { return fmt.Sprintf("%s/%d", parent, i+1) }

// byHand reads the status that somebody wrote into the plan file.
func byHand(status string) (TaskState, bool) {
	switch status {
	case "pending", "in_progress":
		// A file that says in_progress without a live driver waits: nothing runs.
		return Waiting, true
	case "blocked":
		return Blocked, true
	case "completed":
		return Done, true
	case "skipped":
		return Skipped, true
	case "failed":
		return Failed, true
	case "cancelled":
		return Cancelled, true
	}
	return "", false
}
