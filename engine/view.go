package engine

import (
	"iter"
	"slices"
	"time"

	"billow/failure"
	"billow/plan"
)

// TaskView is what can be seen of one task.
type TaskView struct {
	ID    string    `json:"id"`
	Wave  int       `json:"wave,omitempty"`
	State TaskState `json:"state"`
	// Unreachable: a need failed or was cancelled, so that it will not run unless that is mended.
	Unreachable bool      `json:"unreachable,omitempty"`
	Agent       string    `json:"agent,omitempty"`
	Class       Class     `json:"class"`
	Attempt     int       `json:"attempt,omitempty"`
	Step        string    `json:"step,omitempty"`
	Reason      string    `json:"reason,omitempty"`
	Approval    string    `json:"approval_state,omitempty"`
	Question    *Question `json:"question,omitempty"`
	// Answers are what people said, Asked the questions they said it to, in the same order; a history from before
	// they were kept has fewer.
	Answers []string `json:"answers,omitempty"`
	Asked   []string `json:"asked,omitempty"`
	// Heard is true while the last answer is for the step that is out, or comes next.
	Heard bool `json:"-"`
	// Wanted is what the approval was asked for, Note what was said when it was given.
	Wanted string `json:"approval_wanted,omitempty"`
	Note   string `json:"approval_note,omitempty"`
	// Deadline is when the open question or approval stops waiting for a person, zero for never.
	Deadline time.Time         `json:"deadline,omitzero"`
	Retries  int               `json:"retries_used,omitempty"`
	Lost     int               `json:"lost,omitempty"`
	Flags    []string          `json:"flags,omitempty"`
	Outputs  map[string]string `json:"outputs,omitempty"`
	Signal   *failure.Signal   `json:"failure,omitempty"`
	Claim    *Claim            `json:"claim,omitempty"`
	// Used is what agents have used up on it and its items; Budget is how much they may, not counting what a person has
	// granted before.
	Used   plan.Budget `json:"used,omitzero"`
	Budget plan.Budget `json:"budget,omitzero"`
	// Exceeded is true while it is blocked because that is used up.
	Exceeded bool `json:"budget_exceeded,omitempty"`
	// Providers are the services by which its agent can be reached.
	Providers []string `json:"providers,omitempty"`
	// Remedy is what the attempt carries out, or the next one will; Past the failure it comes after.
	Remedy *Mend        `json:"remedy,omitempty"`
	Past   *PastFailure `json:"past_failure,omitempty"`
	// Handoff are fields of the task definition that steps of the remedy have handed on, as JSON texts.
	Handoff map[string]string `json:"-"`
	// AsOf is the number of the last event when this was seen; Eligible that of the event since which nothing but
	// limits kept the task from starting.
	AsOf     int64 `json:"-"`
	Eligible int64 `json:"-"`
	// Since is when it came into its state; Began when its last attempt began; Took how long it took, once
	// it is done.
	Since     time.Time     `json:"since,omitzero"`
	Began     time.Time     `json:"began,omitzero"`
	Took      time.Duration `json:"took,omitempty"`
	NotBefore time.Time     `json:"not_before,omitzero"`
	// Parent and Item are set for the items of a foreach, Items is their number on the parent.
	Parent  string   `json:"parent,omitempty"`
	Item    string   `json:"item,omitempty"`
	Items   int      `json:"items,omitempty"`
	Needs   []string `json:"needs,omitempty"`
	Removed bool     `json:"removed,omitempty"`
	// Dropped is true for a task that a revision of the plan removed, and that the file keeps as cancelled.
	Dropped bool `json:"dropped,omitempty"`
	// Expanded is true for a foreach whose items are known: they run, not it.
	Expanded bool `json:"expanded,omitempty"`
	// Gate is true for the gate of a wave; Revised is how often it has failed since it last passed. Unchecked is true
	// for a task that an agent has completed since then.
	Gate      bool `json:"gate,omitempty"`
	Revised   int  `json:"revised,omitempty"`
	Unchecked bool `json:"-"`
}

// RemedyStep is the step of this name of the remedy under way; ok is false for a step of plain work, and for one that
// the remedy leaves to the task's own agent.
func (v TaskView) RemedyStep(name string) (step failure.Step, ok bool) {
	if v.Remedy != nil {
		for _, s := range v.Remedy.Steps {
			if s.Name == name && s.Agent != "" {
				return s, true
			}
		}
	}
	return failure.Step{}, false
}

// Task returns what can be seen of one task; ok is false when there is none.
func (s *State) Task(id string) (v TaskView, ok bool) {
	i, ok := s.index[id]
	if !ok {
		return TaskView{}, false
	}
	return s.view(i), true
}

// Tasks returns all tasks in the order of the plan, items of a foreach last. Gates are none of them.
func (s *State) Tasks() []TaskView {
	if s.stale {
		s.rebuild()
	}
	out := make([]TaskView, 0, len(s.tasks))
	for i := range s.tasks {
		if !s.tasks[i].Spec.Gate {
			out = append(out, s.view(i))
		}
	}
	return out
}

// All gives what Tasks and, behind them, Gates give, one at a time.
func (s *State) All() iter.Seq[TaskView] {
	return func(yield func(TaskView) bool) {
		if s.stale {
			s.rebuild()
		}
		for i := range s.tasks {
			if !s.tasks[i].Spec.Gate && !yield(s.view(i)) {
				return
			}
		}
		for k := range s.waves {
			if g := s.waves[k].gate; g >= 0 && !yield(s.view(g)) {
				return
			}
		}
	}
}

// IDs are the ids of all tasks, in the order of Tasks.
func (s *State) IDs() iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range s.tasks {
			if !s.tasks[i].Spec.Gate && !yield(s.tasks[i].Spec.ID) {
				return
			}
		}
	}
}

func (s *State) view(i int) TaskView {
	t := &s.tasks[i]
	return TaskView{ID: t.Spec.ID, Wave: t.Spec.Wave, State: t.State,
		Unreachable: t.State == Waiting && t.cat == dead,
		Agent:       t.Spec.Agent, Class: t.Spec.Class, Providers: t.Spec.Providers, Used: t.Spent.Minus(t.Granted),
		Budget: t.Spec.Budget, Exceeded: t.Exceeded, Attempt: t.Attempt, Step: t.Step, Reason: t.Reason,
		Approval: t.Approval, Question: t.Question, Answers: t.Answers, Asked: t.Asked, Heard: t.Heard, Wanted: t.Wanted,
		Note: t.Note, Deadline: t.deadline(), Retries: t.Retries, Lost: t.Lost,
		Flags: t.Flags, Outputs: t.Outputs, Signal: t.Signal, Claim: t.Claim, Remedy: t.Mend, Past: t.Past,
		Handoff: t.Handoff, AsOf: s.seq, Eligible: t.eligible, Since: t.Since, Began: t.Began,
		Took: t.Took, NotBefore: t.NotBefore, Parent: t.Parent, Item: t.Item, Items: len(t.Children),
		Needs: t.Spec.Needs, Removed: t.Removed, Dropped: t.Dropped, Expanded: t.Expanded, Gate: t.Spec.Gate, Revised: t.Revised,
		Unchecked: t.Unchecked}
}

// Dependants is the number of tasks that need this one.
func (s *State) Dependants(id string) int {
	i, ok := s.index[id]
	if !ok {
		return 0
	}
	if s.stale {
		s.rebuild()
	}
	return len(s.tasks[i].dependants)
}

// Spec returns what the engine knows a task to be.
func (s *State) Spec(id string) (TaskSpec, bool) {
	i, ok := s.index[id]
	if !ok {
		return TaskSpec{}, false
	}
	return s.tasks[i].Spec, true
}

// Counts are numbers of tasks; items of a foreach, removed tasks and gates are not counted.
type Counts struct {
	Total       int `json:"total"`
	Waiting     int `json:"waiting"`
	Running     int `json:"running"`
	Blocked     int `json:"blocked"`
	Done        int `json:"done"`
	Skipped     int `json:"skipped"`
	Failed      int `json:"failed"`
	Cancelled   int `json:"cancelled"`
	Unreachable int `json:"unreachable"`
}

// Settled is the number of tasks that count as completed.
func (c Counts) Settled() int { return c.Done + c.Skipped }

// WaveCounts are the counts of one wave.
type WaveCounts struct {
	Wave int `json:"wave"`
	Counts
}

// Counts walks the plan once.
func (s *State) Counts() Counts {
	var c Counts
	for i := range s.tasks {
		s.countInto(&c, i)
	}
	return c
}

// Waves are the counts of each wave, in order. A plan without waves has one, 0.
func (s *State) Waves() []WaveCounts {
	at := map[int]int{}
	var out []WaveCounts
	for i := range s.tasks {
		if s.tasks[i].Parent != "" || s.tasks[i].Removed || s.tasks[i].Spec.Gate {
			continue
		}
		n := s.tasks[i].Spec.Wave
		k, ok := at[n]
		if !ok {
			k = len(out)
			at[n] = k
			out = append(out, WaveCounts{Wave: n})
		}
		s.countInto(&out[k].Counts, i)
	}
	slices.SortFunc(out, func(a, b WaveCounts) int { return a.Wave - b.Wave })
	return out
}

func (s *State) countInto(c *Counts, i int) {
	t := &s.tasks[i]
	if t.Parent != "" || t.Removed || t.Spec.Gate {
		return
	}
	c.Total++
	switch t.State {
	case Waiting:
		c.Waiting++
		if t.cat == dead {
			c.Unreachable++
		}
	case Running:
		c.Running++
	case Blocked:
		c.Blocked++
	case Done:
		c.Done++
	case Skipped:
		c.Skipped++
	case Failed:
		c.Failed++
	case Cancelled:
		c.Cancelled++
	}
}

// Live lists the tasks, and gates, that have an attempt out, in the order of the plan.
func (s *State) Live() []TaskView {
	var out []TaskView
	for i := range s.tasks {
		if t := &s.tasks[i]; t.State == Running && !t.Expanded {
			out = append(out, s.view(i))
		}
	}
	return out
}

// Resting reports whether a running task has nothing out: its next step is yet to be started.
func (s *State) Resting(id string) bool {
	i, ok := s.index[id]
	return ok && s.tasks[i].State == Running && s.tasks[i].NextStep != ""
}
