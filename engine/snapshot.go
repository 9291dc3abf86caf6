package engine

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"billow/failure"
	"billow/plan"
)

// snapshotVersion changes when a snapshot can no longer be read; readers then fold the whole history.
const snapshotVersion = 1

// snapshot is a State without what can be derived.
type snapshot struct {
	Version  int            `json:"version"`
	Seq      int64          `json:"seq"`
	ID       string         `json:"id"`
	PlanID   string         `json:"plan_id"`
	Hash     string         `json:"hash"`
	Limits   Limits         `json:"limits"`
	Policy   failure.Policy `json:"policy"`
	Started  time.Time      `json:"started"`
	Now      time.Time      `json:"now"`
	Finished string         `json:"finished,omitempty"`
	Draining bool           `json:"draining,omitempty"`
	Stopping bool           `json:"stopping,omitempty"`
	Selected []int          `json:"selected,omitempty"`
	Tasks    []task         `json:"tasks"`
	// Providers are those that were ever paused.
	Providers []provider  `json:"providers,omitempty"`
	Spent     plan.Budget `json:"spent,omitzero"`
	Exceeded  bool        `json:"exceeded,omitempty"`
	Quit      time.Time   `json:"quit,omitzero"`
	// Revisions are those of the plan, oldest first.
	Revisions []Revised `json:"revisions,omitempty"`
}

// MarshalJSON gives the state as of its last event. Together with the events behind it, it is as good as
// the whole history.
func (s *State) MarshalJSON() ([]byte, error) {
	if s.stale {
		s.rebuild()
	}
	snap := snapshot{Version: snapshotVersion, Seq: s.seq, ID: s.id, PlanID: s.planID, Hash: s.hash,
		Limits: s.limits, Policy: s.policy, Started: s.started, Now: s.now, Finished: s.finished,
		Draining: s.draining, Stopping: s.stopping, Tasks: s.tasks, Revisions: s.revisions,
		Providers: s.providers, Spent: s.spent, Exceeded: s.exceeded, Quit: s.quit,
		Selected: slices.Sorted(maps.Keys(s.selected))}
	return json.Marshal(snap)
}

// UnmarshalJSON reads a state that MarshalJSON wrote.
func (s *State) UnmarshalJSON(data []byte) error {
	var snap snapshot
	if err := json.Unmarshal(data, &snap); err != nil {
		return fmt.Errorf("read snapshot: %w", err)
	}
	if snap.Version != snapshotVersion {
		return fmt.Errorf("read snapshot: version %d, want %d", snap.Version, snapshotVersion)
	}
	*s = State{seq: snap.Seq, id: snap.ID, planID: snap.PlanID, hash: snap.Hash, limits: snap.Limits,
		policy: snap.Policy, started: snap.Started, now: snap.Now, finished: snap.Finished,
		draining: snap.Draining, stopping: snap.Stopping, tasks: snap.Tasks, revisions: snap.Revisions, providers: snap.Providers,
		spent: snap.Spent, exceeded: snap.Exceeded, quit: snap.Quit,
		index: make(map[string]int, len(snap.Tasks))}
	for i := range s.tasks {
		s.index[s.tasks[i].Spec.ID] = i
	}
	if snap.Selected != nil {
		s.selected = make(map[int]bool, len(snap.Selected))
		for _, i := range snap.Selected {
			s.selected[i] = true
		}
	}
	s.rebuild()
	return nil
}

// Replay folds a history from its beginning.
func Replay(events []Event) (*State, error) {
	s := New()
	for i := range events {
		if err := s.Apply(events[i]); err != nil {
			return nil, fmt.Errorf("event %d: %w", i+1, err)
		}
	}
	return s, nil
}
