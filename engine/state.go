package engine

import (
	"time"

	"billow/failure"
	"billow/plan"
)

// TaskState is where a task is; each constant says who moves it on.
type TaskState string

const (
	// Waiting: for needs, a barrier, a conflict, a cap or a time; Next moves it on.
	Waiting TaskState = "waiting"
	// Running: a step is out, or about to be; the driver reports.
	Running TaskState = "running"
	// Blocked: a question, an approval or an escalation; a person moves it on.
	Blocked TaskState = "blocked"
	// Done: final, unless a person or a gate reopens it.
	Done TaskState = "done"
	// Skipped: its condition was false, or it was skipped by hand; satisfies its dependants.
	Skipped TaskState = "skipped"
	// Failed: its remedies are used up; retry reopens it.
	Failed TaskState = "failed"
	// Cancelled: by a person or a revision of the plan, once its process is gone.
	Cancelled TaskState = "cancelled"
)

// TaskStates lists the states in the order in which tables show them.
func TaskStates() []TaskState {
	return []TaskState{Waiting, Running, Blocked, Done, Skipped, Failed, Cancelled}
}

// StepDo is the step of plain work; acceptance commands are the steps "accept.1", "accept.2" ...; the steps of a
// remedy have the names that the remedy gives them.
const StepDo = "do"

// Approval states as the plan file knows them.
const (
	ApprovalPending  = "pending"
	ApprovalApproved = "approved"
	ApprovalDenied   = "denied"
)

// How a run can end, or pause: run_finished carries the first two, the others leave the run open.
const (
	OutcomeCompleted   = "completed"
	OutcomeFailed      = "failed"
	OutcomeBlocked     = "blocked"
	OutcomeInterrupted = "interrupted"
	// OutcomePaused: what is left waits for a provider's limit to reset.
	OutcomePaused = "paused"
)

// State is the fold of a run's events. Apply is the only way it changes, and Next says which commands it
// calls for. Both cost O(degree of the task + what became ready), never O(plan). A State is not safe for
// use by several goroutines; one loop owns it.
type State struct {
	seq     int64
	id      string
	planID  string
	hash    string
	limits  Limits
	policy  failure.Policy
	started time.Time
	// now is the time of the last event.
	now      time.Time
	finished string
	draining bool
	// stopping is set by the first failure of this driver's life under fail-fast.
	stopping bool
	// selected is the choice of --only and --from; nil is every task.
	selected map[int]bool
	tasks    []task
	index    map[string]int
	// providers are those that were ever paused.
	providers []provider
	// revisions are those of the plan, oldest first.
	revisions []Revised
	// spent is what agents have used up; exceeded is true once it was said in this driver's life that the plan's
	// budget keeps something from starting.
	spent    plan.Budget
	exceeded bool
	// quit is the last that was heard before this driver's life.
	quit time.Time

	derived
}

// derived is everything that could be computed from the rest of a State at any time; it is kept so that
// Apply and Next need not look at the whole plan. rebuild makes it anew.
type derived struct {
	waves    []wave
	frontier int
	counts   map[TaskState]int
	// stale is set by events that change the shape of the graph; the next use rebuilds.
	stale bool
	// out is the number of attempts that run and have their slot.
	out     int
	ready   [3]queue
	asks    queue
	expands queue
	steps   []int
	stops   []int
	// overdue are tasks whose question or approval nobody has decided in time.
	overdue []int
	timers  queue
	// slots are the limits of the classes, all the limit over everything, named those of agents, pools and
	// locks.
	slots [3]resource
	all   resource
	named []resource
	// byName finds them, agents only where a limit is set.
	byName map[string]int
	// doors are those that are shut at times, whatever is in use.
	doors []int
	// todo are tasks whose category may have changed.
	todo []int
}

// task is one task of a run.
type task struct {
	Spec    TaskSpec  `json:"spec"`
	State   TaskState `json:"state"`
	Attempt int       `json:"attempt,omitempty"`
	Step    string    `json:"step,omitempty"`
	// NextStep is a step that is to be started; nothing of the task is out while it is set.
	NextStep string    `json:"next_step,omitempty"`
	Reason   string    `json:"reason,omitempty"`
	Approval string    `json:"approval,omitempty"`
	Question *Question `json:"question,omitempty"`
	// Answers are what people said, Asked the questions they said it to; TimedOut is true once nobody has said
	// anything to the open question in time and there was no default.
	Answers  []string `json:"answers,omitempty"`
	Asked    []string `json:"asked,omitempty"`
	TimedOut bool     `json:"timed_out,omitempty"`
	// Heard: the last answer is for the step that is out, or comes next; nothing has come of it yet.
	Heard bool `json:"heard,omitempty"`
	// Wanted is what an approval was asked for, Note what was said when it was given.
	Wanted    string               `json:"wanted,omitempty"`
	Note      string               `json:"note,omitempty"`
	NotBefore time.Time            `json:"not_before,omitzero"`
	Uses      map[failure.Kind]int `json:"uses,omitempty"`
	Retries   int                  `json:"retries,omitempty"`
	Lost      int                  `json:"lost,omitempty"`
	Outputs   map[string]string    `json:"outputs,omitempty"`
	Flags     []string             `json:"flags,omitempty"`
	Claim     *Claim               `json:"claim,omitempty"`
	Signal    *failure.Signal      `json:"signal,omitempty"`
	// Past is the failure that the attempt that runs, or the next one, comes after.
	Past *PastFailure `json:"past,omitempty"`
	// Mend is the remedy that the attempt carries out, or the next one will; nil for plain work. Handoff is what
	// its steps have handed on.
	Mend    *Mend             `json:"mend,omitempty"`
	Handoff map[string]string `json:"handoff,omitempty"`
	// Unchecked: an agent has completed it since the gate of its wave last passed. On a gate: it is to check again,
	// whatever its tasks say.
	Unchecked bool `json:"unchecked,omitempty"`
	// Revised is how often a gate has failed since it last passed; Held is set while it waits for a person to let it
	// pass; Passed is what was said when its reviewer let it pass.
	Revised int    `json:"revised,omitempty"`
	Held    bool   `json:"held,omitempty"`
	Passed  string `json:"passed,omitempty"`
	// Promise is a remedy that counts the task as completed once the acceptance commands have passed.
	Promise    *failure.Remedy `json:"promise,omitempty"`
	Since      time.Time       `json:"since,omitzero"`
	Began      time.Time       `json:"began,omitzero"`
	Took       time.Duration   `json:"took,omitempty"`
	Cancelling bool            `json:"cancelling,omitempty"`
	// Spent is what agents have used up on it and its items, Granted the part of it that no longer counts since a
	// person let the task go on; Exceeded is true while it is blocked for its budget. Clock is when the step that is out
	// began, where it is an agent's.
	Spent    plan.Budget `json:"spent,omitzero"`
	Granted  plan.Budget `json:"granted,omitzero"`
	Exceeded bool        `json:"exceeded,omitempty"`
	Clock    time.Time   `json:"clock,omitzero"`
	Removed  bool        `json:"removed,omitempty"`
	// Dropped: it was removed by a revision of the plan, and stands in the file as cancelled.
	Dropped  bool   `json:"dropped,omitempty"`
	Expanded bool   `json:"expanded,omitempty"`
	Parent   string `json:"parent,omitempty"`
	Item     string `json:"item,omitempty"`
	Children []int  `json:"children,omitempty"`

	// Derived, see derived.
	needs      []int
	dependants []int
	conflicts  []int
	resources  []int // indexes into named
	parked     []int // tasks that wait for this one to end, because of a conflict
	wave       int   // index into waves
	parent     int   // -1 for none
	kids       kids
	left       int // needs that are not satisfied
	dead       int // needs that can no longer be satisfied
	held       int // needs that wait for a person
	cat        category
	shut       bool  // keeps its wave's barrier shut
	news       bool  // gives the gate of its wave something to check
	queued     bool  // is in ready, asks or expands, or parked
	holding    bool  // has its resources
	seated     bool  // has its slot, too
	picked     bool  // chosen within the running Next
	eligible   int64 // event behind which it was last put into a queue
	slot       int   // index into ready and slots: that of the step that is out, or comes next
	seats      int   // how many of the resources, the first ones, go with the slot
}

// PastFailure is the failure of an earlier attempt.
type PastFailure struct {
	Attempt int            `json:"attempt"`
	Step    string         `json:"step,omitempty"`
	Signal  failure.Signal `json:"signal"`
}

// Mend is a remedy under way.
type Mend struct {
	// Kind is what it is a remedy for.
	Kind failure.Kind `json:"kind"`
	// Steps are those of the attempt; acceptance commands follow.
	Steps []failure.Step `json:"steps"`
	// Tries is how often the step with which the attempt began has been tried again.
	Tries int `json:"tries,omitempty"`
}

// kids counts the items of a foreach by how they are.
type kids struct{ open, held, failed, cancelled int }

// category is what a task is for those that depend on it and for its wave's barrier.
type category uint8

const (
	open category = iota
	satisfied
	held // a person is needed, here or before it
	dead // will not be satisfied unless somebody reopens something
)

type wave struct {
	number int
	tasks  []int
	open   int // tasks that keep the barrier shut
	// gate is the task that is this wave's gate, -1 for none; due is how many tasks it has to check.
	gate int
	due  int
}

// New returns the state before the first event.
func New() *State { return &State{index: map[string]int{}} }

// Seq is the number of the last event applied.
func (s *State) Seq() int64 { return s.seq }

// Run is the run's id, PlanID the plan's, Hash the SHA-256 of the plan it began with.
func (s *State) Run() string    { return s.id }
func (s *State) PlanID() string { return s.planID }
func (s *State) Hash() string   { return s.hash }

// Limits are the run's limits as of now.
func (s *State) Limits() Limits { return s.limits }

// Finished is how the run ended ("completed", "failed"), "" while it is open.
func (s *State) Finished() string { return s.finished }

// Draining reports whether nothing new is started any more.
func (s *State) Draining() bool { return s.draining }

// Started is when the run began.
func (s *State) Started() time.Time { return s.started }
