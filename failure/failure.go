package failure

import "time"

// Kind is the class of a failure. The ten kinds and their names are those of the gem-orchestrator
// document; they are strings because they stand in plans, logs and agents' replies.
type Kind string

const (
	// Transient: the same operation may well succeed when tried again (network, lock, rate limit).
	Transient Kind = "transient"
	// Fixable: somebody can diagnose and mend it.
	Fixable Kind = "fixable"
	// NeedsReplan: the plan itself has to change.
	NeedsReplan Kind = "needs_replan"
	// Escalate: only a person can go on.
	Escalate Kind = "escalate"
	// Flaky: passes and fails without a change. Only an agent's own word or a plan's rule says so.
	Flaky Kind = "flaky"
	// TestBug: the test is wrong, not what it tests.
	TestBug Kind = "test_bug"
	// Regression: something that worked no longer does.
	Regression Kind = "regression"
	// NewFailure: a failure nothing more is known about; the default.
	NewFailure Kind = "new_failure"
	// PlatformSpecific: fails on one platform only.
	PlatformSpecific Kind = "platform_specific"
	// NeedsApproval: the work may not go on before somebody has agreed.
	NeedsApproval Kind = "needs_approval"
)

// Kinds lists the ten kinds in the order of the gem-orchestrator document.
func Kinds() []Kind {
	return []Kind{Transient, Fixable, NeedsReplan, Escalate, Flaky, TestBug, Regression, NewFailure,
		PlatformSpecific, NeedsApproval}
}

// Observation is everything that was seen of an attempt that went wrong. Zero fields were not seen.
type Observation struct {
	// Reported is the kind the agent itself gave (`fail`, `failure_type`), as it wrote it.
	Reported string `json:"reported,omitempty"`
	// Status is the status the agent itself gave (`failed`, `needs_retry`, `needs_revision`,
	// `needs_replan`, `needs_approval`, `blocked`), as it wrote it.
	Status string `json:"status,omitempty"`
	// Exit is the exit status of the process; Exited is false when there was none (it was killed, or
	// never started).
	Exit   int  `json:"exit,omitempty"`
	Exited bool `json:"exited,omitempty"`
	// Signal is the name of the signal that ended the process, such as "killed".
	Signal string `json:"signal,omitempty"`
	// Timeout names the deadline that passed: "first_output", "idle" or "total".
	Timeout string `json:"timeout,omitempty"`
	// Output is the end of what was printed, at most 64 KiB, errors last.
	Output string `json:"-"`
	// Message says in one line what happened, for people.
	Message string `json:"message,omitempty"`
	// RequiredInput is what the agent says it needs of a person to go on, NextStep what it would do next.
	RequiredInput string `json:"required_input,omitempty"`
	NextStep      string `json:"recommended_next_step,omitempty"`
	// Provider names the service whose limits the attempt is under, such as "claude"; "" for work that is
	// under nobody's, a shell task. A rate limit pauses a provider; for other work it is transient.
	Provider string `json:"provider,omitempty"`
	// At is when the attempt ended, in the time zone of its machine. It turns "resets at 3pm" into a time
	// to wait; where it is zero, only waits given as a length ("retry after 30s") are understood.
	At time.Time `json:"at,omitzero"`
	// Platform is where it failed, such as "ios" or "linux/amd64"; "" where nobody said.
	Platform string `json:"platform,omitempty"`
}

// Signal is the verdict on one failure: its kind, and the rule that gave it.
type Signal struct {
	Kind Kind `json:"kind"`
	// Rule names what decided: "report", "status", "plan: <expression>", "pattern: <name>", "revision" (a plan that
	// cannot take the place of the one there is) or "default".
	Rule string `json:"rule"`
	// Message says in one line what happened, for people.
	Message string `json:"message,omitempty"`
	// Exit is the exit status, 0 where there was none.
	Exit int `json:"exit,omitempty"`
	// Quota is true for a pause of a provider (quota, rate limit); it counts as no attempt. Provider is whose limit it
	// is, "" where nobody knows: then the task waits alone.
	Quota    bool   `json:"quota,omitempty"`
	Provider string `json:"provider,omitempty"`
	// RetryIn is the wait that was announced, 0 where none was. No jitter may cut it short.
	RetryIn time.Duration `json:"retry_in,omitempty"`
	// Platform is where it failed, such as "ios" or "linux/amd64"; "" where nobody said.
	Platform string `json:"platform,omitempty"`
	// RequiredInput and NextStep are what a person is told beside Message when a task is left to them; see
	// Escalated.
	RequiredInput string `json:"required_input,omitempty"`
	NextStep      string `json:"recommended_next_step,omitempty"`
}

// Escalated is the signal of a failure that a person must deal with. It carries what the gem-orchestrator document
// wants them to be told (reason, required_input, recommended_next_step), in general words where the agent said nothing
// of its own.
func (s Signal) Escalated() Signal {
	input, next := "a decision: mend what stands in the way, or give the work up", "mend it and let the task run again"
	switch s.Kind {
	case Transient:
		input, next = "to know whether what it needs can be reached again", "wait until it can, and let the task run again"
	case NeedsReplan:
		input, next = "a plan that can be carried out", "change the task in the plan and let it run again"
	case Escalate:
		input = "what the task could not decide or get by itself"
	}
	if s.RequiredInput == "" {
		s.RequiredInput = input
	}
	if s.NextStep == "" {
		s.NextStep = next
	}
	return s
}

// Action is what a Remedy comes down to.
type Action string

const (
	// Retry: a new attempt, after Delay.
	Retry Action = "retry"
	// Recipe: a new attempt, whose steps are Steps (diagnose, fix, re-verify ...) and then the acceptance
	// commands.
	Recipe Action = "recipe"
	// Continue: the step was not worth more; the attempt goes on with the next one.
	Continue Action = "continue"
	// Complete: the task counts as done, with Flag, once the acceptance commands that are left have passed. Where
	// one fails, Else is done instead.
	Complete Action = "complete"
	// Skip: the task is skipped, with Flag.
	Skip Action = "skip"
	// Block: a person must decide; the task is blocked.
	Block Action = "block"
	// Fail: nothing is left to try.
	Fail Action = "fail"
)

// Step is one action of a policy; in a Remedy, one step of an attempt.
type Step struct {
	// Do is the verb: delegate, retry_same_operation, log_issue, mark_task, add_flag ...
	Do string `json:"do"`
	// Agent is who does it: in a policy an agent's name, suitable_implementer or suitable_reviewer_or_tester; in
	// a remedy the agent that was found for it, "" for the task's own work done again.
	Agent string `json:"agent,omitempty"`
	// Purpose is what for: diagnosis, apply_fix, reverify, revise_plan; in a remedy also evidence,
	// fix_test_or_fixture and lint_rules.
	Purpose string `json:"purpose,omitempty"`
	// Arg is whatever else the policy says for this verb; in a remedy that revises the plan, how often that has been
	// tried with this, and may be: "1 of 3".
	Arg string `json:"arg,omitempty"`
	// Include lists what a person is told: reason, required_input, risk ...
	Include []string `json:"include,omitempty"`

	// Name is the step's name within the attempt: diagnose, fix, lint, verify, replan, do. It is set in a remedy only, as
	// are those below.
	Name string `json:"name,omitempty"`
	// Class is the limit the step falls under, as the engine names it: run, agent or human; "" is the task's.
	Class string `json:"class,omitempty"`
	// Providers are the services by which the agent can be reached, the first preferred.
	Providers []string `json:"providers,omitempty"`
	// If is a field that a step before it must have handed on; without it the step is passed over.
	If string `json:"if,omitempty"`
}

// Remedy is what is done about one failure. It is recorded with the failure, so that a changed policy
// never changes an old history.
type Remedy struct {
	Action Action `json:"action"`
	// Delay is how long to wait before the next attempt; without jitter, which the caller adds from the
	// run's own seed so that a replay gives the same (see Jitter).
	Delay time.Duration `json:"delay,omitempty"`
	// Counted is true when this use counts towards the retry limit: that of Kind, or with Again that of the step.
	Counted bool `json:"counted,omitempty"`
	// Kind is the kind this is a remedy for, where it is not that of the failure: a remedy that did not help is
	// one use of the kind it was for.
	Kind Kind `json:"kind,omitempty"`
	// Again is true where a remedy under way goes on with the step that failed.
	Again bool   `json:"again,omitempty"`
	Steps []Step `json:"steps,omitempty"`
	Flag  string `json:"flag,omitempty"`
	// Else is what happens in place of Complete where acceptance does not pass: skip or block.
	Else Action `json:"else,omitempty"`
	// Log is true where the failure is to be put down as an issue, whatever becomes of the task.
	Log bool `json:"log,omitempty"`
	// Reason says in one line why this and not another, for people.
	Reason string `json:"reason,omitempty"`
	// Wants names the agent that the recipe needs and that is not configured.
	Wants string `json:"wants,omitempty"`
}
