package engine

import (
	"reflect"
	"slices"
)

// Diff compares the tasks of a run with what the plan file now says they are, and returns the events that
// bring the run there: added, changed and removed tasks. Statuses are compared by the keeper of the file,
// which knows what was last written. Gates are none of the plan's tasks, and stay as they are.
func (s *State) Diff(specs []TaskSpec, by string) []Event {
	var out []Event
	seen := make(map[string]bool, len(specs))
	for k := range specs {
		spec := &specs[k]
		seen[spec.ID] = true
		i, ok := s.index[spec.ID]
		if !ok {
			out = append(out, Event{Type: TaskAdded, Task: spec.ID, Spec: spec, By: by})
			continue
		}
		t := &s.tasks[i]
		if t.Spec.Gate {
			continue // the gate keeps the name that it had first
		}
		if t.Removed && !t.Dropped || !sameSpec(t.Spec, *spec) {
			out = append(out, Event{Type: TaskChanged, Task: spec.ID, Spec: spec, By: by})
		}
	}
	for i := range s.tasks {
		t := &s.tasks[i]
		if !seen[t.Spec.ID] && (!t.Removed || t.Dropped) && t.Parent == "" && !t.Spec.Gate {
			out = append(out, Event{Type: TaskRemoved, Task: t.Spec.ID, By: by, Reason: "no longer in the plan"})
		}
	}
	return out
}

// sameSpec ignores what is only true at the start of a run, and weights, which follow from the other tasks.
func sameSpec(a, b TaskSpec) bool {
	a.Start, b.Start = State0{}, State0{}
	a.RetriesUsed, b.RetriesUsed = 0, 0
	a.Weight, b.Weight = 0, 0
	// The plan's own reason was taken when the task was asked for; what stands there since then is ours.
	a.ApprovalReason, b.ApprovalReason = "", ""
	if !slices.Equal(a.Needs, b.Needs) || !slices.Equal(a.Conflicts, b.Conflicts) || !slices.Equal(a.Locks, b.Locks) {
		return false
	}
	a.Needs, a.Conflicts, a.Locks = nil, nil, nil
	b.Needs, b.Conflicts, b.Locks = nil, nil, nil
	return reflect.DeepEqual(a, b)
}
