package engine

import (
	"time"

	"billow/failure"
	"billow/plan"
)

// EventType names what happened, in the past tense.
type EventType string

const (
	RunStarted    EventType = "run_started"
	DriverStarted EventType = "driver_started"
	RunFinished   EventType = "run_finished"
	RunReopened   EventType = "run_reopened"
	DrainAsked    EventType = "drain_asked"
	TimeReached   EventType = "time_reached"

	TaskAdded     EventType = "task_added"
	TaskChanged   EventType = "task_changed"
	TaskRemoved   EventType = "task_removed"
	TaskExpanded  EventType = "task_expanded"
	TaskSetByHand EventType = "task_set_by_hand"
	TaskSkipped   EventType = "task_skipped"
	TaskReopened  EventType = "task_reopened"
	TaskCancelled EventType = "task_cancelled"
	PlanRevised   EventType = "plan_revised"
	LimitsChanged EventType = "limits_changed"

	AttemptStarted   EventType = "attempt_started"
	AttemptClaimed   EventType = "attempt_claimed"
	AttemptAdopted   EventType = "attempt_adopted"
	AttemptLost      EventType = "attempt_lost"
	AttemptCancelled EventType = "attempt_cancelled"

	StepStarted EventType = "step_started"
	StepDone    EventType = "step_done"
	StepFailed  EventType = "step_failed"

	GatePassed EventType = "gate_passed"
	GateFailed EventType = "gate_failed"

	IssueLogged   EventType = "issue_logged"
	NoteAdded     EventType = "note_added"
	WarningRaised EventType = "warning_raised"
	UsageAdded    EventType = "usage_added"

	BudgetExceeded  EventType = "budget_exceeded"
	ProviderPaused  EventType = "provider_paused"
	ProviderResumed EventType = "provider_resumed"

	QuestionAsked    EventType = "question_asked"
	Answered         EventType = "answered"
	AnswerTimedOut   EventType = "answer_timed_out"
	ApprovalAsked    EventType = "approval_asked"
	Approved         EventType = "approved"
	Denied           EventType = "denied"
	ApprovalTimedOut EventType = "approval_timed_out"

	RetryAsked  EventType = "retry_asked"
	CancelAsked EventType = "cancel_asked"
)

// Event is one thing that happened to a run; the ordered events are the run. Fields that do not belong to
// the type are empty. Events are kept for ever: names may be added here, never changed.
type Event struct {
	// Seq counts from 1 within the run, without gaps.
	Seq int64 `json:"seq"`
	// At is when it happened, given by whoever reports it, in UTC.
	At   time.Time `json:"at"`
	Type EventType `json:"type"`
	// Task, Attempt and Step say where: attempts count from 1; the step of plain work is "do", those of a
	// remedy are named in it (diagnose, fix, lint, verify, replan), acceptance commands are accept.1 ...
	Task    string `json:"task,omitempty"`
	Attempt int    `json:"attempt,omitempty"`
	Step    string `json:"step,omitempty"`
	// Reason says why in one line, for people; By who caused it (driver, file, a user's name, an agent).
	Reason string `json:"reason,omitempty"`
	By     string `json:"by,omitempty"`

	// Run is the start of a run; Spec what a task is (task_added, task_changed); Revision another plan (plan_revised).
	Run      *RunSpec  `json:"run,omitempty"`
	Spec     *TaskSpec `json:"spec,omitempty"`
	Revision *Revision `json:"revision,omitempty"`
	// Items are the values of a foreach, as JSON texts, in order (task_expanded).
	Items []string `json:"items,omitempty"`
	// Status is what somebody set by hand, or how the run ended ("completed", "failed", "blocked", ...).
	Status string `json:"status,omitempty"`
	// Claim is who has the attempt (attempt_claimed, attempt_adopted).
	Claim *Claim `json:"claim,omitempty"`
	// Outputs are what the step gave (step_done); Flag is added to the task (flaky, platform).
	Outputs map[string]string `json:"outputs,omitempty"`
	Flag    string            `json:"flag,omitempty"`
	// Handoff is what the step gives to those behind it: fields of the task definition, such as
	// debugger_diagnosis, as JSON texts (step_done, step_failed, gate_passed, gate_failed).
	Handoff map[string]string `json:"handoff,omitempty"`
	// Signal and Remedy are the failure and what is done about it (step_failed; gate_failed of a wave that needs another
	// plan; issue_logged has the Signal).
	Signal *failure.Signal `json:"signal,omitempty"`
	Remedy *failure.Remedy `json:"remedy,omitempty"`
	// Verdict is what a gate's reviewer decided, and how the wave stands (gate_passed, gate_failed).
	Verdict *Verdict `json:"verdict,omitempty"`
	// Question is what a person is asked (question_asked, approval_asked).
	Question *Question `json:"question,omitempty"`
	// Answer is the default that is taken where nobody answered in time, "" where there is none
	// (answer_timed_out). What a person answered is the Reason of answered.
	Answer string `json:"answer,omitempty"`
	// Limits are the limits of this driver's life (driver_started, plan_revised, limits_changed), Only the tasks it may
	// start, all when empty (driver_started).
	Limits *Limits  `json:"limits,omitempty"`
	Only   []string `json:"only,omitempty"`
	// Usage is what a step cost (usage_added).
	Usage *Usage `json:"usage,omitempty"`
	// Exceeded is the budget that is used up (budget_exceeded): that of the task, or without one the plan's.
	Exceeded *Exceeded `json:"exceeded,omitempty"`
	// Until is the time that was reached or is waited for.
	Until time.Time `json:"until,omitzero"`
	// Provider is the service whose limit was reached, such as "claude" (provider_paused, provider_resumed).
	Provider string `json:"provider,omitempty"`
}

// SentBack are the tasks that go back for what a gate has found: they change with the event beside its own.
func (e *Event) SentBack() []Reopened {
	switch {
	case e.Verdict != nil:
		return e.Verdict.Reopen
	case e.Revision != nil:
		return e.Revision.Reopen
	}
	return nil
}

// Claim is the process that has an attempt, precise enough to find it again: a pid alone is reused.
type Claim struct {
	PID int `json:"pid,omitempty"`
	// Started is the process's start as the system counts it (clock ticks since boot on Linux).
	Started uint64 `json:"started,omitempty"`
	// Boot is the system's boot id, so that a claim of an earlier boot is known to be dead.
	Boot string `json:"boot,omitempty"`
	Host string `json:"host,omitempty"`
	// Supervised is true where a supervisor keeps the exit status, so that the attempt can be adopted.
	Supervised bool `json:"supervised,omitempty"`
	// Dir is the attempt's folder, relative to the runs' folder.
	Dir string `json:"dir,omitempty"`
}

// Verdict is what came of a gate.
type Verdict struct {
	// Wave is the wave that was checked, 0 in a plan without waves. Completed of its Total tasks are; Blocked and Failed
	// are the others that do not go on by themselves.
	Wave      int      `json:"wave,omitempty"`
	Completed int      `json:"completed"`
	Total     int      `json:"total"`
	Blocked   []string `json:"blocked,omitempty"`
	Failed    []string `json:"failed,omitempty"`
	// Next is the wave that follows, 0 for none, and NextTasks how many of its tasks are still to be done.
	Next      int `json:"next,omitempty"`
	NextTasks int `json:"next_tasks,omitempty"`
	// Findings are what was found, worst first; Reopen are the tasks that go back for it. A gate that failed, reopens
	// nothing and has no remedy that goes on waits for a person.
	Findings []string   `json:"findings,omitempty"`
	Reopen   []Reopened `json:"reopen,omitempty"`
	// Steps follow a gate that passed, within its attempt.
	Steps []failure.Step `json:"steps,omitempty"`
}

// Reopened is a task that a gate sends back.
type Reopened struct {
	Task string `json:"task"`
	// Finding is what was found about it; whoever does it again is told.
	Finding string `json:"finding,omitempty"`
}

// Usage is what a piece of work cost, as its agent said.
type Usage struct {
	InputTokens  int64   `json:"input_tokens,omitempty"`
	OutputTokens int64   `json:"output_tokens,omitempty"`
	USD          float64 `json:"usd,omitempty"`
}

// Exceeded is a budget that is used up.
type Exceeded struct {
	// What is tokens, usd or time; Used and Limit are amounts of it, of time in seconds.
	What  string  `json:"what"`
	Used  float64 `json:"used"`
	Limit float64 `json:"limit"`
}

// Question is what a person is asked, and what is needed to decide.
type Question struct {
	Text string `json:"text"`
	// Type says what an answer must be; "" is Choice where there are options, else FreeText.
	Type    AnswerType `json:"type,omitempty"`
	Options []string   `json:"options,omitempty"`
	// Context is what the person must know, Risk what may go wrong, Decision what is wanted of them, in one
	// sentence. The names are those of the gem-orchestrator document.
	Context  string `json:"context,omitempty"`
	Risk     string `json:"risk,omitempty"`
	Decision string `json:"requested_decision,omitempty"`
	// Recommended is the answer that whoever asks would take; it counts where nobody answers in time.
	Recommended string `json:"recommended,omitempty"`
	// Then are asked once this one is answered.
	Then []Question `json:"then,omitempty"`
}

// AnswerType is what an answer must be.
type AnswerType string

const (
	// Choice: one of the options.
	Choice AnswerType = "choice"
	// YesNo: yes or no.
	YesNo AnswerType = "yes_no"
	// Number: a number, with or without a fraction.
	Number AnswerType = "number"
	// FreeText: anything but nothing.
	FreeText AnswerType = "text"
)

// RunSpec is what a run starts from. With the tasks in it a history needs nothing else to be replayed.
type RunSpec struct {
	ID     string `json:"id"`
	PlanID string `json:"plan_id"`
	// Hash is the SHA-256 of the plan's bytes, which the store keeps.
	Hash   string     `json:"hash"`
	Limits Limits     `json:"limits"`
	Tasks  []TaskSpec `json:"tasks"`
	// Policy is the plan's failure policy; a task's own is in its spec.
	Policy failure.Policy `json:"policy"`
}

// Limits are how much may run at once; 0 is no limit.
type Limits struct {
	// All is the limit over everything (-j); Run over shell tasks, Agents over model agents.
	All    int `json:"all,omitempty"`
	Run    int `json:"run,omitempty"`
	Agents int `json:"agents,omitempty"`
	// PerAgent and Pools are by name.
	PerAgent map[string]int `json:"per_agent,omitempty"`
	Pools    map[string]int `json:"pools,omitempty"`
	// FailFast: after the first failure nothing new is started.
	FailFast bool `json:"fail_fast,omitempty"`
	// Strict: waves are barriers. Edgeless: the plan has no edge at all, so a failed or blocked task keeps
	// its wave's barrier shut.
	Strict   bool `json:"strict,omitempty"`
	Edgeless bool `json:"edgeless,omitempty"`
	// Budget is how much agents may use up in the run. Once it is used up none is started.
	Budget plan.Budget `json:"budget,omitzero"`
	// Order is the rule by which ready tasks are chosen.
	Order Order `json:"order,omitempty"`
	// QuotaWait is how long a run with nothing else to do waits for a provider whose limit resets; where it takes
	// longer, the run ends for now.
	QuotaWait time.Duration `json:"quota_wait,omitempty"`
}

// Order is a rule by which ready tasks are chosen, as far as limits let them start. Among equals the earlier
// wave goes first, then the order of the plan.
type Order string

const (
	// HeaviestFirst takes the task with the longest way to the end first, as TaskSpec.Weight says.
	HeaviestFirst Order = ""
	// FirstCome takes the task first that has been waiting for nothing but limits for longest.
	FirstCome Order = "fifo"
)

// Class is which limit a task falls under.
type Class string

const (
	ClassRun   Class = "run"
	ClassAgent Class = "agent"
	// ClassHuman takes no slot: people have their own limits.
	ClassHuman Class = "human"
)

// TaskSpec is what the engine needs to know of a task; everything else stays in the plan.
type TaskSpec struct {
	ID    string   `json:"id"`
	Wave  int      `json:"wave,omitempty"`
	Needs []string `json:"needs,omitempty"`
	Class Class    `json:"class"`
	Agent string   `json:"agent,omitempty"`
	Pool  string   `json:"pool,omitempty"`
	// Providers are the services by which the agent can be reached, the first preferred. While all of them are paused
	// the task is not started.
	Providers []string `json:"providers,omitempty"`
	// Conflicts are tasks that must not run beside it (conflicts_with and overlapping ownership); one
	// side is enough. Locks are names of which one running task holds each.
	Conflicts []string `json:"conflicts,omitempty"`
	Locks     []string `json:"locks,omitempty"`
	// When is true where the task has a condition, which the driver evaluates when its needs have settled.
	When bool `json:"when,omitempty"`
	// Tolerant: its needs may have failed (`when` says always() or failed()).
	Tolerant bool `json:"tolerant,omitempty"`
	Foreach  bool `json:"foreach,omitempty"`
	// Accept is the number of acceptance commands; they are steps "accept.1" ...
	Accept int `json:"accept,omitempty"`
	// Approval: somebody must agree before the first attempt. ApprovalReason is what they are told.
	Approval       bool   `json:"approval,omitempty"`
	ApprovalReason string `json:"approval_reason,omitempty"`
	// AnswerTimeout is how long a question waits for a person before DefaultAnswer, or what the question itself
	// recommends, is taken; ApprovalTimeout how long an approval does before it counts as denied. 0 is for ever:
	// the run then ends and says that a person is needed.
	AnswerTimeout   time.Duration `json:"answer_timeout,omitempty"`
	ApprovalTimeout time.Duration `json:"approval_timeout,omitempty"`
	DefaultAnswer   string        `json:"default_answer,omitempty"`
	// Gate: it is no task of the plan but the check at the end of its wave. Revisions is how often it may send tasks
	// of the wave back before a person must decide.
	Gate      bool `json:"gate,omitempty"`
	Revisions int  `json:"revisions,omitempty"`
	// Budget is how much agents may use up on the task, all attempts and items together.
	Budget plan.Budget `json:"budget,omitzero"`
	// Weight orders ready tasks: the longest way to the end, this task included, in milliseconds or hops.
	Weight int64 `json:"weight,omitempty"`
	// Policy is the task's own failure policy, laid over the plan's; empty when it has none.
	Policy failure.Policy `json:"policy,omitzero"`
	// Start is the state the file gave it when the run began ("" is waiting), with what the file says of it.
	Start       State0 `json:"start,omitzero"`
	RetriesUsed int    `json:"retries_used,omitempty"`
}

// State0 is what the plan file said of a task when it came into the run.
type State0 struct {
	State    TaskState `json:"state,omitempty"`
	Reason   string    `json:"reason,omitempty"`
	Approval string    `json:"approval,omitempty"`
	Flaky    bool      `json:"flaky,omitempty"`
	// Dropped: a revision in an earlier run took it out of the plan, and the file keeps it as cancelled.
	Dropped bool `json:"dropped,omitempty"`
}

// IsZero lets encoding/json leave an empty State0 out.
func (s State0) IsZero() bool { return s == State0{} }
