package engine

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"billow/failure"
	"billow/plan"
)

// FileValue is one value that the plan file should hold of a task: a key billow owns and what it says.
// An empty value means that nothing is to be said; where the file already says something, it is emptied.
type FileValue struct {
	Key, Value string
}

// The keys billow owns on a task, in the order in which they are written.
const (
	KeyStatus         = "status"
	KeyBlockedReason  = "blocked_reason"
	KeyApprovalState  = "approval_state"
	KeyApprovalReason = "approval_reason"
	KeyRetriesUsed    = "retries_used"
	KeyFlaky          = "flags.flaky"
)

// maxReason bounds what is written into the plan file of a reason, in characters.
const maxReason = 300

// Project adds to values what the plan file should hold of a task. ok is false for tasks that are not in the file:
// items of a foreach, gates, and tasks that were removed from it.
func (s *State) Project(values []FileValue, id string) (_ []FileValue, ok bool) {
	i, ok := s.index[id]
	if !ok || s.tasks[i].Parent != "" || s.tasks[i].Removed && !s.tasks[i].Dropped || s.tasks[i].Spec.Gate {
		return values, false
	}
	t := &s.tasks[i]
	values = append(values, FileValue{KeyStatus, string(t.State.Status())}, FileValue{KeyBlockedReason, s.fileReason(i)},
		FileValue{KeyApprovalState, t.Approval})
	switch {
	case t.Approval == ApprovalPending || t.Approval == ApprovalDenied:
		values = append(values, FileValue{KeyApprovalReason, oneLine(t.Reason)})
	case t.Approval == ApprovalApproved && t.Wanted != "":
		values = append(values, FileValue{KeyApprovalReason, oneLine(t.Wanted)})
	}
	if t.Retries > 0 {
		values = append(values, FileValue{KeyRetriesUsed, strconv.Itoa(t.Retries)})
	}
	if slices.Contains(t.Flags, string(failure.Flaky)) {
		values = append(values, FileValue{KeyFlaky, "true"})
	}
	return values, true
}

// fileReason says why a task does not go on, where it cannot by itself.
func (s *State) fileReason(i int) string {
	t := &s.tasks[i]
	switch {
	case t.State == Blocked:
		if q := t.Question; q != nil && t.Approval != ApprovalPending {
			// Whoever has only the file must know what would be an answer.
			return oneLine(t.Reason + " (" + q.Expects() + ")")
		}
		if t.Reason != "" {
			return oneLine(t.Reason)
		}
		return oneLine(s.why(i))
	case t.State == Waiting && t.cat == dead:
		return oneLine(s.why(i))
	}
	return ""
}

// Status is how a state is written into a plan file.
func (st TaskState) Status() plan.Status {
	switch st {
	case Running:
		return plan.InProgress
	case Blocked:
		return plan.Blocked
	case Done:
		return plan.Completed
	case Skipped:
		return plan.Skipped
	case Failed:
		return plan.Failed
	case Cancelled:
		return plan.Cancelled
	}
	return plan.Pending
}

// PlanStatus is what the plan file should say of the plan as a whole. It is not completed before its last gate has
// passed.
func (s *State) PlanStatus() string {
	c := s.Counts()
	switch {
	case c.Settled() == c.Total && !s.gatesLeft():
		return "completed"
	case s.finished == OutcomeFailed:
		return "failed"
	case c.Waiting == c.Total:
		return "pending"
	}
	return "in_progress"
}

// Unreachable lists the tasks that cannot run because of a failure, in the order of the plan.
func (s *State) Unreachable() []string {
	var out []string
	for i := range s.tasks {
		if t := &s.tasks[i]; t.State == Waiting && t.cat == dead && !t.Removed && t.Parent == "" {
			out = append(out, t.Spec.ID)
		}
	}
	return out
}

func oneLine(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if r := []rune(text); len(r) > maxReason {
		return string(r[:maxReason-1]) + "…"
	}
	return text
}

// NewRun describes the start of a run from a plan that has been checked.
func NewRun(id, hash string, p *plan.Plan, specs []TaskSpec, limits Limits) *RunSpec {
	limits.Strict = p.Waves == plan.Strict
	limits.Edgeless = limits.Strict && !slices.ContainsFunc(specs, func(t TaskSpec) bool { return len(t.Needs) > 0 })
	limits.Pools = p.Pools
	return &RunSpec{ID: id, PlanID: p.ID, Hash: hash, Limits: limits, Tasks: specs, Policy: p.Failure}
}

// fromFile is the state in which a task comes into a run that has no history: what the file says, and
// waiting for what no driver is running any more.
func fromFile(t *plan.Task) State0 {
	st := State0{Flaky: t.Flaky}
	switch t.ApprovalState {
	case ApprovalPending, ApprovalApproved, ApprovalDenied:
		st.Approval = t.ApprovalState
	}
	state, _ := byHand(string(t.Status))
	switch {
	case state == Blocked && st.Approval == ApprovalApproved:
		// Somebody approved in the file; the status is ours to change.
	case state == Blocked && st.Approval == "" && t.RequiresApproval:
		st.Approval = ApprovalPending
		st.State = Blocked
	case state != Waiting:
		st.State = state
	case st.Approval == ApprovalDenied:
		st.State = Blocked
	case st.Approval == ApprovalPending:
		st.Approval = "" // asked before, not answered: it is asked again
	}
	if st.State == Blocked {
		st.Reason = t.BlockedReason
		if st.Reason == "" && t.RawStatus != "" && t.RawStatus != string(plan.Blocked) {
			st.Reason = fmt.Sprintf("the plan says %q", t.RawStatus)
		}
	}
	return st
}
