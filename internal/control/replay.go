package control

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"billow/engine"
	"billow/internal/store"
)

// ReplayRequest asks for a run as it was.
type ReplayRequest struct {
	// Of is a run's id, a plan, whose latest run is meant, or a history as a file.
	Of string
	// At is the number of an event, from 1; 0 is the last.
	At int64
}

// ReplayResponse is a run as it was after an event.
type ReplayResponse struct {
	Run    string `json:"run"`
	PlanID string `json:"plan_id"`
	// Event is the event after which it was so, Last the number of the run's last.
	Event engine.Event `json:"event"`
	Last  int64        `json:"last"`
	// Outcome is how the run had ended, "open" while it had not; Draining is true while nothing new was started.
	Outcome  string              `json:"outcome"`
	Draining bool                `json:"draining,omitempty"`
	Counts   engine.Counts       `json:"counts"`
	Waves    []engine.WaveCounts `json:"waves,omitempty"`
	Tasks    []StatusTask        `json:"tasks"`
	// Next is what the engine called for then.
	Next []ReplayCommand `json:"next"`
}

// ReplayCommand is one thing that the engine calls for.
type ReplayCommand struct {
	Do      engine.Do `json:"do"`
	Task    string    `json:"task,omitempty"`
	Attempt int       `json:"attempt,omitempty"`
	Step    string    `json:"step,omitempty"`
	At      time.Time `json:"at,omitzero"`
	Outcome string    `json:"outcome,omitempty"`
	Final   bool      `json:"final,omitempty"`
}

// Replay folds a run up to an event and says how it stood then.
func (s *Service) Replay(ctx context.Context, r ReplayRequest) (*ReplayResponse, error) {
	t, err := s.tell(ctx, r.Of)
	if err != nil {
		return nil, err
	}
	defer t.close()
	state := engine.New()
	resp := &ReplayResponse{}
	for ev, err := range t.events(ctx) {
		if err != nil {
			return nil, err
		}
		resp.Last++
		if r.At > 0 && resp.Last > r.At {
			continue
		}
		if err := state.Apply(ev); err != nil {
			return nil, t.spoilt(resp.Last, err)
		}
		resp.Event = ev
	}
	if r.At > resp.Last {
		return nil, fmt.Errorf("%w: %s has %d events, and no event %d", ErrUsage, t.name(), resp.Last, r.At)
	}
	return resp, resp.fill(state)
}

func (r *ReplayResponse) fill(state *engine.State) error {
	r.Run, r.PlanID, r.Outcome, r.Draining = state.Run(), state.PlanID(), outcomeOf(state), state.Draining()
	r.Counts, r.Waves, r.Next = state.Counts(), state.Waves(), commandsOf(state)
	r.Event.Seq = state.Seq()
	r.Tasks = []StatusTask{}
	for v := range state.All() {
		if v.Removed {
			continue
		}
		why, err := state.Why(v.ID)
		if err != nil {
			return err
		}
		r.Tasks = append(r.Tasks, StatusTask{TaskView: v, Why: why})
	}
	return nil
}

func outcomeOf(state *engine.State) string {
	if outcome := state.Finished(); outcome != "" {
		return outcome
	}
	return "open"
}

func commandsOf(state *engine.State) []ReplayCommand {
	out := []ReplayCommand{}
	for _, c := range state.Next() {
		out = append(out, ReplayCommand{Do: c.Do, Task: c.Task, Attempt: c.Attempt, Step: c.Step, At: c.At, Outcome: c.Outcome, Final: c.Final})
	}
	return out
}

// ReplayStep is one event with what it changed.
type ReplayStep struct {
	Event engine.Event `json:"event"`
	// Changed are the tasks of the event and the foreach its task belongs to, where their states changed.
	Changed []ReplayChange `json:"changed,omitempty"`
	// Next is what the engine calls for after it.
	Next []ReplayCommand `json:"next"`
}

// ReplayChange is a task that went from one state to another.
type ReplayChange struct {
	Task string           `json:"task"`
	From engine.TaskState `json:"from"`
	To   engine.TaskState `json:"to"`
}

// ReplaySteps folds a run and tells of each event what it changed, from event At on. An error of each ends it.
func (s *Service) ReplaySteps(ctx context.Context, r ReplayRequest, each func(*ReplayStep) error) error {
	t, err := s.tell(ctx, r.Of)
	if err != nil {
		return err
	}
	defer t.close()
	state := engine.New()
	n := int64(0)
	for ev, err := range t.events(ctx) {
		if err != nil {
			return err
		}
		n++
		before := statesAt(state, ev)
		if err := state.Apply(ev); err != nil {
			return t.spoilt(n, err)
		}
		if n < r.At {
			continue
		}
		ev.Seq = n
		step := &ReplayStep{Event: ev, Next: commandsOf(state)}
		for _, b := range before {
			if a, _ := state.Task(b.ID); a.State != b.State {
				step.Changed = append(step.Changed, ReplayChange{Task: b.ID, From: b.State, To: a.State})
			}
		}
		if err := each(step); err != nil {
			return err
		}
	}
	if r.At > n {
		return fmt.Errorf("%w: %s has %d events, and no event %d", ErrUsage, t.name(), n, r.At)
	}
	return nil
}

// statesAt are the tasks of an event, and the foreach that its own task belongs to.
func statesAt(state *engine.State, ev engine.Event) []engine.TaskView {
	v, ok := state.Task(ev.Task)
	if !ok {
		return nil
	}
	out := []engine.TaskView{v}
	if p, ok := state.Task(v.Parent); ok {
		out = append(out, p)
	}
	for _, id := range tasksOf(nil, &ev) {
		if v, ok := state.Task(id); ok && id != ev.Task {
			out = append(out, v)
		}
	}
	return out
}

// ReplayCheck is what came of folding a whole history.
type ReplayCheck struct {
	Run    string `json:"run"`
	PlanID string `json:"plan_id"`
	// Sound: every event folds, and the state that was kept meanwhile is the one that they give.
	Sound bool `json:"sound"`
	// Events is the number of events that fold, Outcome how the run had ended then.
	Events  int64  `json:"events"`
	Outcome string `json:"outcome"`
	// Trouble says what is wrong; Event is the first that does not fold, 0 where all do.
	Trouble string `json:"trouble,omitempty"`
	Event   int64  `json:"event,omitempty"`
	// Snapshot is the number of the event after which the store kept a state, 0 for none.
	Snapshot int64 `json:"snapshot,omitempty"`
}

// CheckReplay folds the whole history of a run and compares what it gives with the state that the store kept. What is
// wrong with the history is in the response; the error is about reading it.
func (s *Service) CheckReplay(ctx context.Context, r ReplayRequest) (*ReplayCheck, error) {
	t, err := s.tell(ctx, r.Of)
	if err != nil {
		return nil, err
	}
	defer t.close()
	kept, resp, err := t.kept(ctx)
	if err != nil {
		return nil, err
	}
	state := engine.New()
	for ev, err := range t.events(ctx) {
		if err == nil {
			if err = state.Apply(ev); err != nil {
				err = t.spoilt(resp.Events+1, err)
				resp.Event = resp.Events + 1
			}
		}
		if errors.Is(err, store.ErrDamaged) || errors.As(err, new(*spoiltError)) {
			resp.Trouble = err.Error()
			break
		}
		if err != nil {
			return nil, err
		}
		resp.Events++
		if resp.Events == resp.Snapshot {
			if resp.Trouble, err = t.compare(state, kept); err != nil {
				return nil, err
			}
		}
	}
	if resp.Trouble == "" && resp.Events < resp.Snapshot {
		resp.Trouble = fmt.Sprintf("%s ends at event %d, but a state was kept after event %d", t.name(), resp.Events, resp.Snapshot)
	}
	resp.Run, resp.PlanID, resp.Outcome, resp.Sound = state.Run(), state.PlanID(), outcomeOf(state), resp.Trouble == ""
	return resp, nil
}

// kept is the state that the store kept, nil for none, or one that this version does not read.
func (t *told) kept(ctx context.Context) (*engine.State, *ReplayCheck, error) {
	resp := &ReplayCheck{}
	if t.log == nil {
		return nil, resp, nil
	}
	seq, data, err := t.log.Snapshot(ctx, t.run.ID)
	if errors.Is(err, store.ErrNotFound) || err == nil && seq == 0 {
		return nil, resp, nil
	}
	if err != nil {
		return nil, nil, err
	}
	state := engine.New()
	if state.UnmarshalJSON(data) != nil {
		return nil, resp, nil
	}
	resp.Snapshot = seq
	return state, resp, nil
}

// compare says in what a state that was kept differs from the one that the events give; "" is in nothing.
func (t *told) compare(folded, kept *engine.State) (string, error) {
	want, err := folded.MarshalJSON()
	if err != nil {
		return "", err
	}
	got, err := kept.MarshalJSON()
	if err != nil {
		return "", err
	}
	if bytes.Equal(want, got) {
		return "", nil
	}
	for v := range folded.All() {
		if k, ok := kept.Task(v.ID); !ok || k.State != v.State {
			return fmt.Sprintf("%s: after event %d task %s is %s, but %q was kept", t.name(), folded.Seq(), v.ID, v.State, k.State), nil
		}
	}
	return fmt.Sprintf("%s: the state that was kept after event %d is not the one that the events give", t.name(), folded.Seq()), nil
}

// ExportHistory writes the history of a run, a line an event, as engine/testdata/history keeps them. It writes nothing
// of a history that does not fold.
func (s *Service) ExportHistory(ctx context.Context, r ReplayRequest) (write func(io.Writer) error, err error) {
	t, err := s.tell(ctx, r.Of)
	if err != nil {
		return nil, err
	}
	defer t.close()
	state := engine.New()
	var lines []byte
	var one [1]engine.Event
	for ev, err := range t.events(ctx) {
		if err != nil {
			return nil, err
		}
		after := state.Seq()
		if r.At > 0 && after == r.At {
			break
		}
		if err := state.Apply(ev); err != nil {
			return nil, t.spoilt(after+1, err)
		}
		one[0] = ev
		if lines, err = store.Encode(lines, after, one[:]); err != nil {
			return nil, err
		}
	}
	return func(w io.Writer) error { _, err := w.Write(lines); return err }, nil
}
