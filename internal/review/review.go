package review

import (
	"encoding/json"
	"math"
	"time"

	"billow/engine"
	"billow/failure"
)

// Listed is the largest number of entries in any list of a review: a run of 100 000 tasks has a review that can be
// read. Of longer lists the entries that cost the most time are kept, of a timeline the first of each kind.
const Listed = 20

// Review is how a run went, as of its last event.
type Review struct {
	Run    string `json:"run"`
	PlanID string `json:"plan_id"`
	// PlanHash is the SHA-256 of the plan's bytes as the run began.
	PlanHash string `json:"plan_hash"`
	// Objective is the plan's, where somebody knows it; events do not.
	Objective string `json:"objective,omitempty"`
	// Outcome is how the run ended ("completed", "failed"), "open" where it can go on.
	Outcome string        `json:"outcome"`
	Counts  engine.Counts `json:"counts"`
	// Began and Ended are the times of the first and the last event, Elapsed the time between them. Events is their
	// number.
	Began   time.Time `json:"began"`
	Ended   time.Time `json:"ended"`
	Elapsed Seconds   `json:"elapsed_seconds"`
	Events  int64     `json:"events"`
	// Budget is how much agents may use up.
	Budget engine.Budget `json:"budget,omitzero"`
	Totals

	Right   []Finding `json:"what_went_right"`
	Wrong   []Finding `json:"what_went_wrong"`
	Better  []Finding `json:"what_could_be_better"`
	Actions []Finding `json:"action_items"`

	Timeline []Entry `json:"timeline"`
	// Revisions are those of the plan during the run, oldest first.
	Revisions []engine.Revised `json:"revisions,omitempty"`
	Waves     []Wave           `json:"waves"`
	Agents    []Agent          `json:"agents"`
	Causes    []Cause          `json:"causes"`
	Waiting   Waiting          `json:"waiting"`
	// Path is the chain of tasks that the end of the run waited for, the first task first.
	Path []Link `json:"critical_path"`
	// Tasks are all tasks in the order of the plan where there are at most Listed, else the longest.
	Tasks []Task `json:"tasks"`
	// LeftOut are the numbers of entries that lists are too short for, by the name of the list.
	LeftOut map[string]int `json:"left_out,omitempty"`
}

// Totals are what a run, a wave, an agent or a task came to.
type Totals struct {
	// Attempts are all that were started; Failures the steps that failed; Retries the failures after which billow
	// tried again; Lost the attempts that ended with billow itself.
	Attempts int `json:"attempts"`
	Failures int `json:"failures"`
	Retries  int `json:"retries"`
	Lost     int `json:"lost"`
	// Work is how long attempts ran, all added up, Wasted the part of it that came to nothing: attempts that failed
	// or were lost.
	Work   Seconds `json:"work_seconds"`
	Wasted Seconds `json:"wasted_seconds"`
	// Usage is what agents said they used, WastedUSD the part of it in attempts that came to nothing.
	engine.Usage
	WastedUSD float64 `json:"wasted_usd,omitempty"`
}

// Tokens is all that was read and written.
func (t Totals) Tokens() int64 { return t.InputTokens + t.OutputTokens }

// Finding is one thing that can be said of a run.
type Finding struct {
	// Rule is the name of the rule that found it; see Rules.
	Rule string `json:"rule"`
	Text string `json:"text"`
	// Tasks are the tasks it is about, at most Listed, where it is about tasks.
	Tasks []string `json:"tasks,omitempty"`
}

// Entry is one line of a timeline.
type Entry struct {
	// Seq is the number of the event, for `billow replay --at`.
	Seq int64     `json:"seq"`
	At  time.Time `json:"at"`
	// Kind is what happened: see the constants.
	Kind EntryKind `json:"kind"`
	Task string    `json:"task,omitempty"`
	Wave int       `json:"wave,omitempty"`
	// Text is what the event says of itself.
	Text string `json:"text,omitempty"`
	By   string `json:"by,omitempty"`
	// For is how long it lasted, where it is something that lasts; Open is true while it does.
	For  Seconds `json:"for_seconds,omitempty"`
	Open bool    `json:"open,omitempty"`
	// Count is how many events of the kind came together, where there were several.
	Count int `json:"count,omitempty"`
}

// EntryKind names what a line of a timeline tells.
type EntryKind string

const (
	// RunBegan, RunEnded and RunReopened are about the run.
	RunBegan    EntryKind = "run_began"
	RunEnded    EntryKind = "run_ended"
	RunReopened EntryKind = "run_reopened"
	// Resumed: a driver went on where another had left off; For is how long nobody drove the run.
	Resumed EntryKind = "resumed"
	// Interrupted: nothing new was started from here on, by Ctrl-C or a time limit.
	Interrupted EntryKind = "interrupted"
	// OverBudget: a budget was used up, of a task or, without one, of the plan.
	OverBudget EntryKind = "budget_exceeded"
	// Paused: the limit of a provider, which stands in the place of a task, was reached; For is how long nothing of it was
	// to be started.
	Paused EntryKind = "provider_paused"
	// WaveBegan and WaveEnded are the first start and the last end of an attempt in a wave.
	WaveBegan EntryKind = "wave_began"
	WaveEnded EntryKind = "wave_ended"
	// Blocked: a task waited for a person; For is how long.
	Blocked EntryKind = "blocked"
	// Denied: somebody did not approve. TimedOut: nobody answered or approved in the time that was set.
	Denied   EntryKind = "denied"
	TimedOut EntryKind = "timed_out"
	// Failed: a task failed for good.
	Failed EntryKind = "failed"
	// Lost and Adopted: an attempt ended with billow, or outlived it.
	Lost    EntryKind = "lost"
	Adopted EntryKind = "adopted"
	// RetryAsked and CancelAsked: somebody asked for it.
	RetryAsked  EntryKind = "retry_asked"
	CancelAsked EntryKind = "cancel_asked"
	// Edited: the plan was changed during the run; SetByHand: a status was.
	Edited    EntryKind = "edited"
	SetByHand EntryKind = "set_by_hand"
	// Revised: a planner's plan took the place of the one there was.
	Revised EntryKind = "plan_revised"
	// Warned: a warning was raised.
	Warned EntryKind = "warned"
	// Issue: a failure was put down as an issue, whatever became of its task: flaky work, one platform's trouble.
	Issue EntryKind = "issue"
	// GateFailed: the reviewer of a wave found something; what goes back, or that a person must decide, is in Text.
	GateFailed EntryKind = "gate_failed"
)

// Wave is one wave; a plan without waves has one, 0. The counts are those of tasks, the totals those of everything
// that ran in their place.
type Wave struct {
	engine.WaveCounts
	Totals
	// Began is the first start of an attempt, Ended the last end; zero where nothing ran.
	Began time.Time `json:"began,omitzero"`
	Ended time.Time `json:"ended,omitzero"`
	Took  Seconds   `json:"took_seconds"`
}

// Agent is who did tasks, or steps of them.
type Agent struct {
	// Name is "" for shell commands.
	Name string `json:"agent"`
	// Tasks are those of which it did anything; Done of them are.
	Tasks int `json:"tasks"`
	Done  int `json:"done"`
	// Totals are its share: Attempts are how often it was given something to do, which may be a step of an attempt that
	// others had a part in; Work does not have what passed between two steps.
	Totals
	// Unmetered are attempts that ended and said nothing of what they used. Shell commands have no such number.
	Unmetered int `json:"unmetered"`
}

// Cause is one kind of failure with the rule that gave it that kind.
type Cause struct {
	Kind failure.Kind `json:"kind"`
	Rule string       `json:"rule"`
	// Message is that of the first failure.
	Message string `json:"message,omitempty"`
	// Failures is how often it came, Retries how often billow tried again then.
	Failures int `json:"failures"`
	Retries  int `json:"retries"`
	// Wasted is how long the attempts ran, Backoff how long tasks waited before the next.
	Wasted  Seconds `json:"wasted_seconds"`
	Backoff Seconds `json:"backoff_seconds"`
	// Tasks are the first that failed so, at most Listed.
	Tasks []string `json:"tasks"`
}

// Waiting is what waiting cost. Tasks may wait at the same time, so that what they waited is more than what passed
// meanwhile.
type Waiting struct {
	// People is how long tasks were blocked: they waited for an approval, an answer or another decision.
	People Waits `json:"people"`
	// Limits is how long tasks that could have run waited for slots, pools and the limits of agents and providers, and
	// for billow itself.
	Limits Waits `json:"limits"`
	// Conflicts is how long they waited for tasks that must not run beside them while there were slots.
	Conflicts Waits `json:"conflicts"`
	// Backoff is how long tasks waited between a failure and the next attempt, because a delay was set.
	Backoff Waits `json:"backoff"`

	// Away is how long no driver is known to have been at work, from one's last sign of life to the start of the
	// next; Gaps is how often.
	Away Seconds `json:"away_seconds"`
	Gaps int     `json:"gaps"`
	// Idle is how long a driver was at work and nothing ran; IdlePeople and IdleBackoff are the parts of it in which
	// a task was blocked or waited to be tried again.
	Idle        Seconds `json:"idle_seconds"`
	IdlePeople  Seconds `json:"idle_people_seconds"`
	IdleBackoff Seconds `json:"idle_backoff_seconds"`
	// Slots are the limits that were set for what ran, and how far they were used.
	Slots []Slots `json:"slots"`
	// Peak is the largest number of attempts that ran at once, Parallel how many did on average while any did.
	Peak     int     `json:"peak"`
	Parallel float64 `json:"parallel"`
}

// Waits are the tasks that waited for one thing.
type Waits struct {
	// Tasks is how many waited, Total how long, all added up, and Longest who waited longest, at most 3.
	Tasks   int     `json:"tasks"`
	Total   Seconds `json:"total_seconds"`
	Longest []Wait  `json:"longest"`
}

// Wait is how long one task waited.
type Wait struct {
	Task string  `json:"task"`
	For  Seconds `json:"for_seconds"`
}

// Slots are one limit.
type Slots struct {
	// Class is "all", "run" or "agent"; Limit the last one that was set.
	Class string `json:"class"`
	Limit int    `json:"limit"`
	Peak  int    `json:"peak"`
	// Used is the share of the slots' time in which something ran, of the time in which a driver was at work; 0 to 1.
	Used float64 `json:"used"`
}

// Link is one task of the critical path.
type Link struct {
	Task string `json:"task"`
	Wave int    `json:"wave,omitempty"`
	// Because says why it came after the one before it: "needs" or "wave", "conflict" or "lock" where it could have
	// started before, "" for the first.
	Because string `json:"because,omitempty"`
	// Waited is the time from the end of the one before it (of the first, from the start of the run) to its first
	// start; Took from there to the end that the next one waited for, with all attempts and what lay between them. Work
	// is how long its attempts ran, all of them.
	Waited   Seconds `json:"waited_seconds"`
	Took     Seconds `json:"took_seconds"`
	Work     Seconds `json:"work_seconds"`
	Attempts int     `json:"attempts"`
}

// Task is one task.
type Task struct {
	ID          string           `json:"id"`
	Wave        int              `json:"wave,omitempty"`
	Agent       string           `json:"agent,omitempty"`
	State       engine.TaskState `json:"state"`
	Unreachable bool             `json:"unreachable,omitempty"`
	Flags       []string         `json:"flags,omitempty"`
	Totals
	// Began is its first start; Waited is how long it waited for people, limits, conflicts and delays.
	Began  time.Time `json:"began,omitzero"`
	Waited Seconds   `json:"waited_seconds"`
}

// Seconds is a length of time that JSON has in seconds, to the millisecond.
type Seconds time.Duration

// MarshalJSON writes a number.
func (s Seconds) MarshalJSON() ([]byte, error) {
	return json.Marshal(math.Round(time.Duration(s).Seconds()*1000) / 1000)
}
