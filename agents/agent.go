package agents

import (
	"errors"
	"time"

	"billow/failure"
	"billow/plan"
)

// Agent turns one Assignment into one Report.
type Agent interface {
	// Start begins the work and returns at once; several may be begun at the same time. tell is called from
	// other goroutines, one call at a time, with notes and questions and last, exactly once, with a Report; it is not
	// called before nothing but the return of Start is left, and must not block for long. An error means that the
	// agent could not be reached at all and that tell will not be called; work that went wrong is a Report with a Failure.
	Start(a Assignment, tell func(Update)) (Work, error)
}

// Adopter is met by agents whose work outlives billow. After a crash the next billow takes such work over
// instead of ending it.
type Adopter interface {
	// Adopt goes on with work that an earlier billow started, as if Start had been called. ErrGone means
	// that nothing of it is left, not even a result.
	Adopt(a Assignment, c Claim, tell func(Update)) (Work, error)
}

// ErrGone is returned by Adopt when there is nothing left to adopt.
var ErrGone = errors.New("the attempt is gone")

// Approver is met by agents that may answer approvals themselves (scripted ones, for tests and demos).
type Approver interface {
	// Approve decides about a task; ok is false when it leaves the decision to a person.
	Approve(taskID, reason string) (granted, ok bool)
}

// Work is an assignment that has been started.
type Work interface {
	// Claim says which process has it; zero for work without one.
	Claim() Claim
	// Stop asks the work to end: TERM to the whole group, KILL after the grace time. The Report still
	// comes, with Stopped set. Stop may be called more than once.
	Stop()
	// Kill ends it at once.
	Kill()
}

// Claim names a process precisely enough to find it again.
type Claim struct {
	PID        int
	Started    uint64
	Boot, Host string
	Supervised bool
	Dir        string
}

// Update is one thing an agent tells while it works: exactly one field is set.
type Update struct {
	Note     string
	Question *Question
	Report   *Report
}

// Question is what an agent asks a person.
type Question struct {
	Text string
	// Type says what an answer must be: choice (the default where there are options), yes_no, number or text.
	Type    string
	Options []string
	// Context is what the person must know, Risk what may go wrong, Decision what is wanted of them.
	Context, Risk, Decision string
	// Recommended is the answer that the agent would take.
	Recommended string
}

// Assignment is one attempt's step, with everything the agent may know.
type Assignment struct {
	PlanID, RunID, TaskID string
	// Attempt counts from 1; Step is "do", "accept.1" ...
	Attempt int
	Step    string
	Task    *plan.Task
	// Agent is the name of the agent the work is given to; in a step of a remedy not the task's own. "" is
	// the task's.
	Agent string
	// Command is what a shell step runs: the task's run, or one acceptance command.
	Command string
	Shell   []string
	// Brief is the text a model agent or a person is given; "" for shell steps.
	Brief string
	// Model is the model wanted, "" for the adapter's own default.
	Model string
	// WorkDir is where the work runs, Dir the attempt's own folder (created on demand), both absolute.
	WorkDir, Dir string
	// Env is the whole environment, KEY=VALUE.
	Env []string
	// OutputFile is where KEY=VALUE outputs are read from ($BILLOW_OUTPUT).
	OutputFile string
	// Secrets are values, not names, that must not reach the disk.
	Secrets  []string
	Timeouts plan.Timeouts
	// Slot is a small number that no other live assignment has, for scratch files that are used again.
	Slot int
	// Answers are what people have said to this task's earlier questions, oldest first.
	Answers []string
	// Answered is true where the last of them is to what this very step has asked.
	Answered bool
	// Now counts what has happened in the run. What an agent has found out about the machine for another assignment,
	// whose Now was above Since, holds for this one: all that this work comes after was done by then. Since is
	// Now where nothing holds.
	Now, Since int64
}

// Report is what an agent gives back. Whoever receives it looks at Stopped first, then at NeedsApproval and
// Questions, then at Failure.
type Report struct {
	// Failure is what was observed when the work went wrong; nil is success.
	Failure *failure.Observation
	// Stopped is true when the work ended because Stop or Kill was called.
	Stopped bool
	// Outputs are the task's outputs.
	Outputs map[string]string
	// Summary is one line for people; Confidence 0..1, 0 where none was given.
	Summary    string
	Confidence float64
	// Files are the files the agent says it made or changed, Learn what it says others should know,
	// Findings what a reviewer or tester found, worst first.
	Files    []string
	Learn    []string
	Findings []string
	Tests    Tests
	// NeedsApproval, where set, asks for an approval during the work.
	NeedsApproval *Question
	// Questions are open questions; the task waits for their answers.
	Questions []Question
	// Flag is a flag to add to the task: "flaky", "platform_specific".
	Flag string
	// Handoff is what the report has for those who go on with the work: fields of a task definition
	// (debugger_diagnosis, lint_rule_recommendations) as JSON texts.
	Handoff map[string]string
	// Usage is what the work cost, where the agent said so.
	Usage Usage
	// Raw is the report as the agent wrote it; nil where there was none.
	Raw []byte
	// Started and Ended are the times of the process.
	Started, Ended time.Time
}

// Tests are counts of tests, as the agent gave them.
type Tests struct {
	Passed, Failed int
}

// Usage is what a piece of work cost. InputTokens counts everything that was read, cached or not.
type Usage struct {
	InputTokens, OutputTokens int64
	USD                       float64
}
