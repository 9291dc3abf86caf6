package engine

import (
	"slices"
	"strings"
	"time"

	"billow/failure"
)

// Revision is another plan for what is left of a run (plan_revised). It takes effect as a whole or not at all, and ends
// the attempt that asked for it: its task begins again as the new plan has it.
type Revision struct {
	// Number counts the revisions of the run, from 1.
	Number int `json:"number"`
	// Kind is the kind of failure that called for it.
	Kind failure.Kind `json:"kind"`
	// Base is the SHA-256 of the plan it was made from, Plan that of the plan it makes of it, Delta that of what is
	// different between the two, as JSON. The store keeps all three.
	Base  string `json:"base"`
	Plan  string `json:"plan"`
	Delta string `json:"delta"`
	// Class is the run's class from then on; Reasons say why it is higher than before, nothing where it is not.
	Class   string   `json:"complexity,omitempty"`
	Reasons []string `json:"reasons,omitempty"`
	// Added and Changed are what tasks are from then on, Removed are ids. Adjusted are tasks whose work is the same, and
	// of which something else is not: what they must not run beside, the wave they stand in.
	Added    []TaskSpec `json:"added,omitempty"`
	Changed  []TaskSpec `json:"changed,omitempty"`
	Adjusted []TaskSpec `json:"adjusted,omitempty"`
	Removed  []string   `json:"removed,omitempty"`
	// Reopen are done tasks of the wave of the gate that asked, which are done again now that the plan is another.
	Reopen []Reopened `json:"reopen,omitempty"`
}

// IDs are the tasks that a revision adds, changes and removes.
func (r *Revision) IDs() []string {
	return slices.Concat(idsOf(r.Added), idsOf(r.Changed), r.Removed)
}

// Did says what a revision did, for people: "added a, b; changed c; removed d".
func (r *Revision) Did() string { return did(idsOf(r.Added), idsOf(r.Changed), r.Removed) }

// Did says what it did, for people.
func (r *Revised) Did() string { return did(r.Added, r.Changed, r.Removed) }

func did(added, changed, removed []string) string {
	const most = 10
	var parts []string
	for _, p := range []struct {
		word string
		ids  []string
	}{{"added ", added}, {"changed ", changed}, {"removed ", removed}} {
		if len(p.ids) > 0 {
			parts = append(parts, p.word+few(p.ids, most))
		}
	}
	return strings.Join(parts, "; ")
}

// Revised is one revision as it is remembered: where it came from and what it did, in ids.
type Revised struct {
	Number int       `json:"number"`
	Seq    int64     `json:"seq"`
	At     time.Time `json:"at"`
	// Task and Attempt are who asked, Kind for what kind of failure; By made the new plan, and Reason says why.
	Task    string       `json:"task"`
	Attempt int          `json:"attempt"`
	Kind    failure.Kind `json:"kind"`
	By      string       `json:"by,omitempty"`
	Reason  string       `json:"reason,omitempty"`
	Base    string       `json:"base"`
	Plan    string       `json:"plan"`
	Delta   string       `json:"delta"`
	Class   string       `json:"complexity,omitempty"`
	Reasons []string     `json:"reasons,omitempty"`
	Added   []string     `json:"added,omitempty"`
	Changed []string     `json:"changed,omitempty"`
	Removed []string     `json:"removed,omitempty"`
}

// Revisions are those of the run, oldest first.
func (s *State) Revisions() []Revised { return slices.Clone(s.revisions) }

// Revise makes a revision of what a plan says its tasks are: those that are new, those whose work is changed, and those
// that are to go and still stand in it, as they do in the file.
func (s *State) Revise(specs []TaskSpec, changed, removed []string) *Revision {
	r := &Revision{Number: len(s.revisions) + 1}
	for i := range specs {
		spec := &specs[i]
		k, known := s.index[spec.ID]
		switch {
		case slices.Contains(removed, spec.ID):
		case !known:
			r.Added = append(r.Added, *spec)
		case slices.Contains(changed, spec.ID), s.tasks[k].Removed && !s.tasks[k].Dropped:
			r.Changed = append(r.Changed, *spec)
		case !sameSpec(s.tasks[k].Spec, *spec):
			r.Adjusted = append(r.Adjusted, *spec)
		}
	}
	r.Removed = slices.Clone(removed)
	return r
}

// checkRevised refuses a revision of which any part cannot be.
func (s *State) checkRevised(ev Event, t *task) error {
	r := ev.Revision
	switch {
	case r == nil:
		return s.illegal(ev, "it carries no revision")
	case ev.Step != t.Step || t.NextStep != "" || !t.replans():
		return s.illegal(ev, "step %q revises no plan", ev.Step)
	case t.Cancelling:
		return s.illegal(ev, "it is being ended")
	case r.Number != len(s.revisions)+1:
		return s.illegal(ev, "revision %d, want %d", r.Number, len(s.revisions)+1)
	case len(r.Added)+len(r.Changed)+len(r.Removed) == 0:
		return s.illegal(ev, "it changes nothing")
	}
	if err := s.checkReopen(ev, t, r.Reopen); err != nil {
		return err
	}
	specs := make(map[string]*TaskSpec, len(r.Added)+len(r.Changed)+len(r.Adjusted))
	for i := range r.Added {
		spec := &r.Added[i]
		if spec.ID == "" || s.has(spec.ID) || specs[spec.ID] != nil {
			return s.illegal(ev, "the id %q is empty or taken", spec.ID)
		}
		specs[spec.ID] = spec
	}
	for n, list := range [][]TaskSpec{r.Changed, r.Adjusted} {
		for i := range list {
			spec := &list[i]
			k, ok := s.index[spec.ID]
			switch {
			case !ok || s.tasks[k].Parent != "" || specs[spec.ID] != nil:
				return s.illegal(ev, "there is no task %q to change, or it is there twice", spec.ID)
			case s.tasks[k].Spec.Gate != spec.Gate:
				return s.illegal(ev, "task %q is a gate", spec.ID)
			case s.tasks[k].State == Done && n == 0:
				return s.illegal(ev, "task %q is done", spec.ID)
			case s.tasks[k].Expanded && !spec.Foreach:
				return s.illegal(ev, "the items of task %q have begun", spec.ID)
			}
			specs[spec.ID] = spec
		}
	}
	gone := make(map[string]bool, len(r.Removed))
	for _, id := range r.Removed {
		k, ok := s.index[id]
		switch {
		case !ok || s.tasks[k].Parent != "" || s.tasks[k].Removed || gone[id] || specs[id] != nil:
			return s.illegal(ev, "there is no task %q to remove, or it is there twice", id)
		case s.tasks[k].State == Done:
			return s.illegal(ev, "task %q is done", id)
		}
		gone[id] = true
	}
	return s.checkShape(ev, specs, gone)
}

// checkShape looks at what would be needed by what once a revision had taken effect: nothing that is still to be done may
// need what is not there, and nothing may need itself.
func (s *State) checkShape(ev Event, specs map[string]*TaskSpec, gone map[string]bool) error {
	needs := func(id string) []string {
		if spec := specs[id]; spec != nil {
			return spec.Needs
		}
		if i, ok := s.index[id]; ok && !gone[id] && !s.tasks[i].Removed {
			return s.tasks[i].Spec.Needs
		}
		return nil
	}
	// 1 is on the way, 2 is known to be well.
	seen := map[string]int{}
	var walk func(id string) error
	walk = func(id string) error {
		seen[id] = 1
		for _, need := range needs(id) {
			i, known := s.index[need]
			switch {
			case gone[need], specs[need] == nil && (!known || s.tasks[i].Removed):
				return s.illegal(ev, "task %q would need %q, which is not there", id, need)
			case seen[need] == 1:
				return s.illegal(ev, "task %q would need itself, by %q", need, id)
			case seen[need] == 2 || known && s.tasks[i].State == Done:
				continue
			}
			if err := walk(need); err != nil {
				return err
			}
		}
		seen[id] = 2
		return nil
	}
	check := func(id string) error {
		i, known := s.index[id]
		if seen[id] == 2 || gone[id] || known && (s.tasks[i].State == Done || s.tasks[i].Removed && specs[id] == nil) {
			return nil
		}
		return walk(id)
	}
	for i := range s.tasks {
		if err := check(s.tasks[i].Spec.ID); err != nil {
			return err
		}
	}
	for i := range ev.Revision.Added {
		if err := check(ev.Revision.Added[i].ID); err != nil {
			return err
		}
	}
	return nil
}

// replans reports whether the step that is out revises the plan.
func (t *task) replans() bool {
	k := t.mending(t.Step)
	return k >= 0 && t.Mend.Steps[k].Purpose == failure.ForReplan
}

// revised takes a revision of the plan, and ends the attempt that asked for it.
func (s *State) revised(asks int, ev Event) {
	r := ev.Revision
	s.revisions = append(s.revisions, Revised{Number: r.Number, Seq: s.seq, At: ev.At, Task: ev.Task, Attempt: ev.Attempt,
		Kind: r.Kind, By: ev.By, Reason: ev.Reason, Base: r.Base, Plan: r.Plan, Delta: r.Delta, Class: r.Class,
		Reasons: r.Reasons, Added: idsOf(r.Added), Changed: idsOf(r.Changed), Removed: r.Removed})
	s.stale = true
	if ev.Limits != nil {
		s.limits = *ev.Limits
	}
	// The failure is kept: whoever begins again is to know of it. What the remedy has handed on was for the planner.
	t := &s.tasks[asks]
	t.Claim, t.Signal, t.NextStep, t.Mend, t.Promise, t.Handoff = nil, nil, "", nil, nil, nil
	t.Unchecked = t.Spec.Gate // it checks again, whatever there is to do before
	uses := t.Uses[r.Kind]
	s.set(asks, Waiting, Event{At: ev.At, Reason: ev.Reason})

	why := Event{At: ev.At, Reason: "the plan was revised"}
	for i := range r.Changed {
		s.respec(s.index[r.Changed[i].ID], r.Changed[i], why)
	}
	for i := range r.Adjusted {
		s.adjust(s.index[r.Adjusted[i].ID], r.Adjusted[i])
	}
	for _, id := range r.Removed {
		i := s.index[id]
		s.tasks[i].Removed, s.tasks[i].Dropped = true, true
		s.cancel(i, Event{At: ev.At, Reason: "taken out of the plan"})
	}
	for i := range r.Added {
		s.add(r.Added[i], ev.At)
		k := len(s.tasks) - 1
		// What a revision brings does not bring revisions of its own beyond those that were left.
		if uses > 0 {
			s.tasks[k].Uses = map[failure.Kind]int{r.Kind: uses}
		}
		if s.selected != nil && !r.Added[i].Gate {
			s.selected[k] = true
		}
	}
	for _, back := range r.Reopen {
		s.sendBack(s.index[back.Task], back.Finding, ev)
	}
	if s.selected != nil {
		s.selectNeeds(append(idsOf(r.Added), idsOf(r.Changed)...))
	}
}

// selectNeeds chooses what those of some tasks need that are chosen, as --only does.
func (s *State) selectNeeds(ids []string) {
	for len(ids) > 0 {
		id := ids[len(ids)-1]
		ids = ids[:len(ids)-1]
		if i, ok := s.index[id]; ok && s.selected[i] {
			for _, need := range s.tasks[i].Spec.Needs {
				if k, ok := s.index[need]; ok && !s.selected[k] {
					s.selected[k] = true
					ids = append(ids, need)
				}
			}
		}
	}
}

// respec gives a task the work that a revision has for it. What has failed begins anew with it; what runs, waits for a
// person or was cancelled by one goes on as it is.
func (s *State) respec(i int, spec TaskSpec, ev Event) {
	t := &s.tasks[i]
	t.Spec = spec
	if t.Approval == ApprovalApproved {
		t.Approval, t.Wanted, t.Note = "", "", "" // it was for other work
	}
	again := t.State == Failed || t.State == Blocked && t.Question == nil && t.Approval == "" && t.Signal != nil
	if t.Removed {
		t.Removed, t.Dropped = false, false
		again = again || t.State == Cancelled
	}
	if again && !t.Expanded {
		t.Mend, t.Handoff, t.Promise, t.Signal, t.NotBefore = nil, nil, nil, nil, time.Time{}
		s.set(i, Waiting, ev)
	}
	s.raise(i, ev)
	for _, c := range t.Children {
		// What the task now needs its items wait for: it waits for nothing any more itself.
		item := itemSpec(spec, s.tasks[c].Spec.ID)
		if st := s.tasks[c].State; st != Done && st != Skipped {
			s.respec(c, item, ev)
		}
	}
}

// adjust gives a task what is different of it beside its work, and its items with it, whatever has become of them: they
// stand in its wave. What they wait for stays theirs.
func (s *State) adjust(i int, spec TaskSpec) {
	s.tasks[i].Spec = spec
	for _, c := range s.tasks[i].Children {
		item := itemSpec(spec, s.tasks[c].Spec.ID)
		item.Needs = s.tasks[c].Spec.Needs
		s.tasks[c].Spec = item
	}
}

// idsOf are the tasks of the plan among specs: a gate is none.
func idsOf(specs []TaskSpec) []string {
	var out []string
	for i := range specs {
		if !specs[i].Gate {
			out = append(out, specs[i].ID)
		}
	}
	return out
}
