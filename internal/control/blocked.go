package control

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"billow/engine"
	"billow/failure"
	"billow/plan"
)

// Kinds of what waits for a person.
const (
	// WaitsQuestion: a task asks something; `billow answer`.
	WaitsQuestion = "question"
	// WaitsApproval: a task may not go on before somebody agrees; `billow approve`, `billow deny`.
	WaitsApproval = "approval"
	// WaitsDenied: somebody said no, or nobody said anything in time; `billow approve` takes it back.
	WaitsDenied = "denied"
	// WaitsEscalation: nothing is left to try without a person; `billow retry`.
	WaitsEscalation = "escalation"
)

// BlockedRequest asks what waits for a person. Both are found as for Status.
type BlockedRequest struct {
	Plan, Run string
}

// BlockedResponse is everything of a plan that waits for a person, what began to wait first at the top.
type BlockedResponse struct {
	Plan   string        `json:"plan"`
	PlanID string        `json:"plan_id"`
	Run    string        `json:"run,omitempty"`
	Live   bool          `json:"live"`
	Tasks  []BlockedTask `json:"tasks"`
	// Now is when this was asked, for ages.
	Now time.Time `json:"now"`
}

// BlockedTask is one task that waits for a person, with what they need to know to decide. The names are those of the
// gem-orchestrator document.
type BlockedTask struct {
	Task  string `json:"task"`
	Title string `json:"title,omitempty"`
	// Kind is question, approval, denied or escalation.
	Kind string `json:"kind"`
	// Reason is the question, what the approval is for, who denied it, or what went wrong.
	Reason string `json:"reason"`
	// Type, Options and Recommended say what an answer must be; More is the number of questions that follow.
	Type        engine.AnswerType `json:"type,omitempty"`
	Options     []string          `json:"options,omitempty"`
	Recommended string            `json:"recommended,omitempty"`
	More        int               `json:"more,omitempty"`
	Context     string            `json:"context,omitempty"`
	Risk        string            `json:"risk,omitempty"`
	Decision    string            `json:"requested_decision,omitempty"`
	// RequiredInput and NextStep are what an escalation wants of a person.
	RequiredInput string `json:"required_input,omitempty"`
	NextStep      string `json:"recommended_next_step,omitempty"`
	// Since is when it began to wait, zero where only the file tells; Deadline when it stops, zero for never.
	Since    time.Time `json:"since,omitzero"`
	Deadline time.Time `json:"deadline,omitzero"`
	Attempt  int       `json:"attempt,omitempty"`
	// Log is the folder with what the last attempt printed, relative to the project, where there is one.
	Log string `json:"log,omitempty"`
	// Next are commands that a person can type to move it on.
	Next []string `json:"next,omitempty"`
}

// Blocked lists everything that waits for a person. It changes nothing.
func (s *Service) Blocked(ctx context.Context, r BlockedRequest) (*BlockedResponse, error) {
	v, err := s.look(ctx, r.Plan, r.Run)
	if err != nil {
		return nil, err
	}
	resp := &BlockedResponse{Plan: v.o.Path, PlanID: v.state.PlanID(), Run: v.run.ID, Live: v.live, Tasks: []BlockedTask{},
		Now: s.Now().UTC()}
	for t := range v.state.All() {
		// Of a foreach, it is the items that wait.
		if t.State == engine.Blocked && !t.Removed && !t.Expanded {
			resp.Tasks = append(resp.Tasks, v.blocked(t))
		}
	}
	sortBySince(resp.Tasks)
	return resp, nil
}

func (v *viewed) blocked(t engine.TaskView) BlockedTask {
	b := BlockedTask{Task: t.ID, Title: v.title(t), Reason: t.Reason, Attempt: t.Attempt, Deadline: t.Deadline,
		Next: nextSteps(v, t)}
	if v.run.ID != "" {
		b.Since = t.Since
	}
	if q := t.Question; q != nil {
		b.Context, b.Risk, b.Decision, b.More = q.Context, q.Risk, q.Decision, len(q.Then)
	}
	switch {
	case t.Approval == engine.ApprovalPending:
		b.Kind = WaitsApproval
	case t.Approval == engine.ApprovalDenied:
		b.Kind = WaitsDenied
		b.NextStep = "approve it after all, or leave it"
	case t.Question != nil:
		b.Kind, b.Reason = WaitsQuestion, t.Question.Text
		b.Type, b.Options, b.Recommended = t.Question.Kind(), t.Question.Options, t.Question.Recommended
	case t.Exceeded:
		b.Kind = WaitsEscalation
		b.RequiredInput = "a decision: is the task worth more?"
		b.NextStep = "grant its budget once more with billow retry, or raise it in the plan"
	default:
		b.Kind = WaitsEscalation
		var said failure.Signal // nothing of the kind, where somebody blocked it by hand
		if t.Signal != nil {
			said = *t.Signal
		}
		said = said.Escalated()
		b.RequiredInput, b.NextStep = said.RequiredInput, said.NextStep
	}
	if b.Reason == "" {
		b.Reason, _ = v.state.Why(t.ID)
	}
	if dir := attemptDir(v.o.Root, v.run.ID, t.ID, t.Attempt); v.run.ID != "" && t.Attempt > 0 && exists(dir) {
		if rel, err := filepath.Rel(v.o.Root, dir); err == nil {
			b.Log = rel
		}
	}
	return b
}

// saidToNeed is what an agent that left its task to a person says that it needs, and would do next; "" where it said
// nothing of its own.
func saidToNeed(t engine.TaskView) (required, next string) {
	if t.State != engine.Blocked || t.Signal == nil || t.Question != nil || t.Exceeded ||
		t.Approval == engine.ApprovalPending || t.Approval == engine.ApprovalDenied {
		return "", ""
	}
	general := failure.Signal{Kind: t.Signal.Kind}.Escalated()
	if required = t.Signal.RequiredInput; required == general.RequiredInput {
		required = ""
	}
	if next = t.Signal.NextStep; next == general.NextStep {
		next = ""
	}
	return required, next
}

// title is what the plan calls a task, or the task of which it is an item.
func (v *viewed) title(t engine.TaskView) string {
	id := t.ID
	switch {
	case t.Gate:
		return gateTitle(v.state, t)
	case t.Parent != "":
		id = t.Parent
	}
	if p := v.o.Plan(); p != nil {
		if task := p.Task(id); task != nil {
			return task.Title
		}
	}
	return ""
}

// AnswerRequest answers the open question of a task.
type AnswerRequest struct {
	Plan, Run string
	Task      string
	// Answer is what was typed; it must be what the question expects, see engine.Question.
	Answer string
	// Question, where set, is the question that was shown: an answer to another one is refused.
	Question string
}

// Answer answers the open question of a task. What the question does not expect is refused and changes nothing; an
// approval is never given by an answer, whatever it says.
func (s *Service) Answer(ctx context.Context, r AnswerRequest) (*DecideResponse, error) {
	shown := r.Question
	return s.decide(ctx, DecideRequest{Plan: r.Plan, Run: r.Run, Tasks: []string{r.Task}}, decision{verb: "answer",
		event: func(v engine.TaskView) (engine.Event, error) {
			switch {
			case v.Approval == engine.ApprovalPending && v.State == engine.Blocked:
				return engine.Event{}, fmt.Errorf("%w: %s waits for an approval, which no answer gives; use billow approve or billow deny", ErrUsage, v.ID)
			case !asksQuestion(v):
				return engine.Event{}, fmt.Errorf("%w: %s asks nothing: it is %s", ErrUsage, v.ID, v.State)
			case shown != "" && shown != v.Question.Text:
				return engine.Event{}, fmt.Errorf("%w: %s asks something else by now: %s", ErrUsage, v.ID, v.Question.Text)
			}
			shown = v.Question.Text // should somebody else be first
			answer, err := v.Question.Read(r.Answer)
			if err != nil {
				hint := ""
				if near := plan.Nearest(r.Answer, v.Question.Options); near != "" {
					hint = fmt.Sprintf("; did you mean %s?", near)
				}
				return engine.Event{}, fmt.Errorf("%w: %s asks %q: %w%s", ErrUsage, v.ID, v.Question.Text, err, hint)
			}
			return engine.Event{Type: engine.Answered, Reason: answer}, nil
		}})
}

func sortBySince(tasks []BlockedTask) {
	slices.SortStableFunc(tasks, func(a, b BlockedTask) int { return a.Since.Compare(b.Since) })
}
