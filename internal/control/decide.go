package control

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"billow/engine"
	"billow/internal/planfile"
	"billow/internal/store"
	"billow/plan"
)

// DecideRequest asks to approve, deny, retry or cancel tasks of a plan.
type DecideRequest struct {
	// Plan is found as for Run. Run is the id of a stored run, or a unique beginning of it; "" is the plan's
	// latest.
	Plan, Run string
	// Tasks are the tasks meant. Retry without tasks means all that failed; approve and deny without tasks
	// mean the one that waits, if it is one.
	Tasks []string
	// Reason is kept with the decision.
	Reason string
}

// DecideResponse says what came of it.
type DecideResponse struct {
	Run string `json:"run,omitempty"`
	// Live is true when a driver runs the plan now: it does what is left to do.
	Live  bool      `json:"live"`
	Tasks []Decided `json:"tasks"`
	// Next is what a person can type to go on, where no driver does.
	Next []string `json:"next,omitempty"`
}

// Decided is one task after the decision.
type Decided struct {
	Task  string           `json:"task"`
	State engine.TaskState `json:"state"`
	Why   string           `json:"why"`
}

// Approve lets tasks go on that wait for an approval, or says yes to a task that asks for yes or no.
func (s *Service) Approve(ctx context.Context, r DecideRequest) (*DecideResponse, error) {
	return s.decide(ctx, r, decision{verb: "approve", choose: canApprove, event: func(v engine.TaskView) (engine.Event, error) {
		if asksQuestion(v) {
			return sayYes(v, true, "")
		}
		return engine.Event{Type: engine.Approved, Reason: r.Reason}, nil
	}})
}

// Deny keeps tasks from going on that wait for an approval; they stay blocked until they are approved or
// retried. To a task that asks for yes or no it says no.
func (s *Service) Deny(ctx context.Context, r DecideRequest) (*DecideResponse, error) {
	return s.decide(ctx, r, decision{verb: "deny", choose: canApprove, event: func(v engine.TaskView) (engine.Event, error) {
		if asksQuestion(v) {
			return sayYes(v, false, r.Reason)
		}
		reason := "denied by " + s.User
		if r.Reason != "" {
			reason += ": " + r.Reason
		}
		return engine.Event{Type: engine.Denied, Reason: reason}, nil
	}})
}

// sayYes answers a question that is one of yes or no. No other is: to approve a choice says nothing.
func sayYes(v engine.TaskView, yes bool, reason string) (engine.Event, error) {
	answer, ok := v.Question.IsYes(yes)
	if !ok {
		return engine.Event{}, fmt.Errorf("%w: %s asks %q, which is answered and not approved; use billow answer %s with %s",
			ErrUsage, v.ID, v.Question.Text, ShellWord(v.ID), v.Question.Expects())
	}
	if with, err := v.Question.Read(answer + ": " + reason); reason != "" && err == nil {
		answer = with // "failed: why"
	}
	return engine.Event{Type: engine.Answered, Reason: answer}, nil
}

// asksApproval and asksQuestion say what a task waits for; of the two at most one is true.
func asksApproval(v engine.TaskView) bool {
	return v.State == engine.Blocked && v.Approval == engine.ApprovalPending
}

func asksQuestion(v engine.TaskView) bool {
	return v.State == engine.Blocked && v.Approval != engine.ApprovalPending && v.Question != nil
}

// canApprove says whether approving and denying a task means anything.
func canApprove(v engine.TaskView) bool {
	if asksQuestion(v) {
		_, ok := v.Question.IsYes(true)
		return ok
	}
	return asksApproval(v)
}

// Retry lets tasks run again that failed, were cancelled or skipped, or are blocked.
func (s *Service) Retry(ctx context.Context, r DecideRequest) (*DecideResponse, error) {
	return s.decide(ctx, r, decision{verb: "retry", all: true, choose: func(v engine.TaskView) bool { return v.State == engine.Failed },
		event: func(v engine.TaskView) (engine.Event, error) {
			if v.State == engine.Done {
				return engine.Event{Type: engine.TaskReopened, Reason: r.Reason}, nil
			}
			return engine.Event{Type: engine.RetryAsked, Reason: r.Reason}, nil
		}})
}

// Cancel ends tasks: one that runs is stopped first.
func (s *Service) Cancel(ctx context.Context, r DecideRequest) (*DecideResponse, error) {
	return s.decide(ctx, r, decision{verb: "cancel", event: func(v engine.TaskView) (engine.Event, error) {
		reason := "cancelled by " + s.User
		if r.Reason != "" {
			reason += ": " + r.Reason
		}
		return engine.Event{Type: engine.CancelAsked, Reason: reason}, nil
	}})
}

// decision is what the verbs about tasks differ in.
type decision struct {
	verb string
	// choose finds the tasks when none was named; with all there may be several. nil: tasks must be named.
	choose func(engine.TaskView) bool
	all    bool
	event  func(engine.TaskView) (engine.Event, error)
}

func (s *Service) decide(ctx context.Context, r DecideRequest, d decision) (*DecideResponse, error) {
	o, err := s.open(r.Plan)
	if err != nil {
		return nil, err
	}
	log, err := s.log(o.Root, true)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	s.read(o)
	// With the plan's lock nobody drives it, and the file is ours to write; without it the driver does that.
	lock, err := planfile.Acquire(planfile.LockDir(o.Real), o.Real, planfile.Holder{PID: os.Getpid(), Host: hostname(), Started: s.Now()})
	live := errors.Is(err, planfile.ErrLocked)
	if err != nil && !live {
		return nil, err
	}
	if lock != nil {
		defer lock.Close()
		if s.overtaken(o) {
			if o, err = s.Open(r.Plan); err != nil {
				return nil, err
			}
		}
	}
	w := &runner{Service: s, o: o, log: log}
	if err := w.load(ctx, r.Run, live); err != nil {
		return nil, err
	}
	ids, err := d.chosen(w.state, o, r.Tasks)
	if err != nil {
		return nil, err
	}
	if err := w.decideAll(ctx, d, ids); err != nil {
		return nil, err
	}
	resp := &DecideResponse{Run: w.stored.ID, Live: live}
	for _, id := range ids {
		v, _ := w.state.Task(id)
		why, _ := w.state.Why(id)
		resp.Tasks = append(resp.Tasks, Decided{Task: id, State: v.State, Why: why})
	}
	if live {
		return resp, nil
	}
	if v, _ := w.state.Task(ids[0]); len(ids) == 1 && asksQuestion(v) {
		resp.Next = nextSteps(&viewed{o: o, state: w.state}, v) // an answer that was followed by another question
	}
	resp.Next = append(resp.Next, "billow run "+ShellWord(o.Path))
	return resp, w.rewrite(ctx)
}

// chosen are the tasks meant: those that were named, else those that fit.
func (d decision) chosen(s *engine.State, o *Opened, named []string) ([]string, error) {
	for _, id := range named {
		if _, ok := s.Task(id); !ok {
			if o.Plan() == nil {
				return nil, fmt.Errorf("%w: there is no task %q", ErrUsage, id)
			}
			return nil, noTask(o, id)
		}
	}
	if len(named) > 0 {
		return named, nil
	}
	if d.choose == nil {
		return nil, fmt.Errorf("%w: name the tasks to %s", ErrUsage, d.verb)
	}
	var ids []string
	for v := range s.All() {
		if d.choose(v) && !v.Removed {
			ids = append(ids, v.ID)
		}
	}
	switch {
	case len(ids) == 0:
		return nil, fmt.Errorf("%w: there is nothing to %s", ErrUsage, d.verb)
	case len(ids) > 1 && !d.all:
		return nil, fmt.Errorf("%w: name the task to %s: %s", ErrUsage, d.verb, list(ids))
	}
	return ids, nil
}

// load folds the run that is meant; where there is none, it makes one of what the file says.
func (r *runner) load(ctx context.Context, id string, live bool) error {
	if id != "" {
		run, err := which(ctx, r.o, r.log, id)
		if err != nil {
			return err
		}
		r.stored = run
	} else {
		runs, err := r.log.Runs(ctx, r.o.Key, 1)
		if err != nil {
			return err
		}
		if len(runs) > 0 {
			r.stored = runs[0]
		}
	}
	if r.stored.ID == "" {
		if len(plan.Errors(r.o.Problems)) > 0 {
			return &ProblemsError{File: r.o.Path, Problems: r.o.Problems}
		}
		if err := r.startNew(ctx, newRunID(r.Now())); err != nil {
			return err
		}
		r.stored.Status = engine.OutcomeBlocked
		return nil
	}
	state, err := foldRun(ctx, r.log, r.stored.ID)
	if err != nil {
		return err
	}
	r.state = state
	if live || id != "" || len(plan.Errors(r.o.Problems)) > 0 {
		return nil
	}
	events, err := r.awayEdits(ctx)
	if err != nil || len(events) == 0 {
		return err
	}
	if state.Finished() != "" {
		events = slices.Insert(events, 0, engine.Event{Type: engine.RunReopened, By: "file"})
	}
	return r.append(ctx, events)
}

// decideAll appends the decisions. When a driver is first, they are taken again on what it has said.
func (r *runner) decideAll(ctx context.Context, d decision, ids []string) error {
	for {
		before := r.state.Seq()
		var events []engine.Event
		add := func(ev engine.Event) error {
			ev.At = r.Now().UTC()
			if err := r.state.Apply(ev); err != nil {
				return err
			}
			events = append(events, ev)
			return nil
		}
		if r.state.Finished() != "" {
			if err := add(engine.Event{Type: engine.RunReopened, By: r.User}); err != nil {
				return err
			}
			r.stored.Status = engine.OutcomeBlocked
		}
		for _, id := range ids {
			v, _ := r.state.Task(id)
			ev, err := d.event(v)
			if err != nil {
				return err
			}
			ev.Task, ev.By = id, r.User
			if err := add(ev); err != nil {
				why, _ := r.state.Why(id)
				return fmt.Errorf("%w: cannot %s %s: %s", ErrUsage, d.verb, id, why)
			}
		}
		err := r.log.Append(ctx, r.stored.ID, before, events)
		if err == nil {
			return r.log.PutRun(ctx, r.stored)
		}
		if !errors.Is(err, store.ErrConflict) {
			return err
		}
		if r.state, err = foldRun(ctx, r.log, r.stored.ID); err != nil {
			return err
		}
	}
}

// rewrite brings the plan file up to date where no driver does.
func (r *runner) rewrite(ctx context.Context) error {
	if r.o.Plan() == nil || r.stored.Plan != r.o.Key {
		return nil
	}
	r.world = &World{state: r.state}
	if err := r.keep(ctx); err != nil {
		return err
	}
	return r.letGo(ctx)
}
