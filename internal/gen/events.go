package main

import (
	"fmt"
	"strings"

	"billow/engine"
)

// eventMeanings says of each event what happened.
func eventMeanings() []struct {
	typ     engine.EventType
	meaning string
} {
	return []struct {
		typ     engine.EventType
		meaning string
	}{
		{engine.RunStarted, "A run began: with which tasks, limits and policy, from a plan of which hash."},
		{engine.DriverStarted, "Something began, or went on, to drive the run."},
		{engine.RunFinished, "Nothing is left to do; `status` says how it ended."},
		{engine.RunReopened, "A finished run goes on, because somebody asked for more."},
		{engine.DrainAsked, "Nothing new is to be started; what runs may finish."},
		{engine.TimeReached, "A time that was waited for has come."},
		{engine.TaskAdded, "A task was added to the plan during the run."},
		{engine.TaskChanged, "A task was changed in the plan during the run."},
		{engine.TaskRemoved, "A task was removed from the plan during the run."},
		{engine.TaskExpanded, "The items of a `foreach` are known."},
		{engine.TaskSetByHand, "Somebody set a status in the plan file."},
		{engine.TaskSkipped, "A task was skipped; it satisfies what needs it."},
		{engine.TaskReopened, "A task that was over is to run again."},
		{engine.TaskCancelled, "A task that was not running was cancelled."},
		{engine.PlanRevised, "A planner's plan took the place of the one there was, as `revision` says, and its task begins again as that has it."},
		{engine.LimitsChanged, "The plan's budget was changed during the run: `limits` are those from then on."},
		{engine.AttemptStarted, "An attempt was decided on. It is in the history before its process is started."},
		{engine.AttemptClaimed, "A process has the attempt; `claim` says which."},
		{engine.AttemptAdopted, "A new driver found an attempt's process alive and looks after it."},
		{engine.AttemptLost, "An attempt's process is gone and nobody knows how it ended; it does not count as a retry."},
		{engine.AttemptCancelled, "An attempt was ended because somebody asked for it, and its process is gone."},
		{engine.StepStarted, "A further step of an attempt began, such as an acceptance command, or the fix of a remedy."},
		{engine.StepDone, "A step succeeded; after the last one the task is done."},
		{engine.StepFailed, "A step failed: `signal` is the verdict, `remedy` what is done about it."},
		{engine.GatePassed, "The gate of a wave has passed: `verdict` says how the wave stands and what steps follow before the next begins."},
		{engine.GateFailed, "The gate of a wave has failed: `verdict` says what was found and which tasks go back; where the plan is wrong, `remedy` says what is done about it; where neither goes on, a person must decide."},
		{engine.IssueLogged, "A failure was put down as an issue, whatever became of its task: `signal` says of which kind, and on which platform."},
		{engine.NoteAdded, "Something worth knowing; it changes nothing."},
		{engine.WarningRaised, "Something that may be wrong; it changes nothing."},
		{engine.UsageAdded, "What a step cost, as its agent said."},
		{engine.BudgetExceeded, "A budget is used up, and something that needs an agent is kept from starting: the task is blocked; where it is the plan's, no agent is started any more."},
		{engine.ProviderPaused, "A provider's limit was reached: nothing of it is started until `until`. What runs goes on."},
		{engine.ProviderResumed, "The pause of a provider is over."},
		{engine.QuestionAsked, "A task asks a person and is blocked until it is answered."},
		{engine.Answered, "The question was answered; `reason` is the answer."},
		{engine.AnswerTimedOut, "Nobody answered within `answer_timeout`; `answer` is the default that counts, and without one the question stays open."},
		{engine.ApprovalAsked, "A task needs an approval and is blocked until somebody approves or denies it."},
		{engine.Approved, "The approval was given."},
		{engine.Denied, "The approval was denied; the task stays blocked."},
		{engine.ApprovalTimedOut, "Nobody approved within `approval_timeout`, which counts as denied."},
		{engine.RetryAsked, "Somebody asked for a task to run again."},
		{engine.CancelAsked, "Somebody asked for a task to be cancelled; one that runs is ended first."},
	}
}

// eventsPage has every event and its fields.
func eventsPage() (string, error) {
	var b strings.Builder
	b.WriteString(head("Events"))
	b.WriteString("What happened to a run, in order: `billow events --json` prints an object a line. The events are the run; " +
		"everything else billow says of it is worked out from them. Types and fields are added in later versions and never " +
		"change their meaning.\n\n| type | what happened |\n| --- | --- |\n")
	known := map[string]bool{}
	for _, e := range eventMeanings() {
		known[string(e.typ)] = true
		fmt.Fprintf(&b, "| `%s` | %s |\n", e.typ, cell(e.meaning))
	}
	types, err := constants("../../engine/event.go", "EventType")
	if err != nil {
		return "", err
	}
	for _, t := range types {
		if !known[t] {
			return "", fmt.Errorf("eventMeanings in internal/gen/events.go does not say what %s is", t)
		}
	}
	for _, part := range []struct{ title, name, file string }{
		{"Fields", "Event", "event"}, {"`claim`", "Claim", "event"}, {"`question`", "Question", "event"}, {"`usage`", "Usage", "event"},
		{"`exceeded`", "Exceeded", "event"}, {"`verdict`", "Verdict", "event"}, {"`reopen` of a verdict", "Reopened", "event"},
		{"`limits`", "Limits", "event"}, {"`revision`", "Revision", "revise"},
	} {
		fields, err := structFields("../../engine/"+part.file+".go", part.name)
		if err != nil {
			return "", err
		}
		fieldTable(&b, part.title, fields)
	}
	for _, part := range []struct{ title, name string }{{"`signal`", "Signal"}, {"`remedy`", "Remedy"}, {"`steps` of a remedy", "Step"}} {
		fields, err := structFields("../../failure/failure.go", part.name)
		if err != nil {
			return "", err
		}
		fieldTable(&b, part.title, fields)
	}
	return b.String(), nil
}

// fieldTable lists the fields of an object. A comment that speaks of several fields stands at the first.
func fieldTable(b *strings.Builder, title string, fields []field) {
	fmt.Fprintf(b, "\n## %s\n\n| field | |\n| --- | --- |\n", title)
	for _, f := range fields {
		if f.json != "" && f.json != "-" {
			fmt.Fprintf(b, "| `%s` | %s |\n", f.json, cell(strings.ReplaceAll(f.doc, "\n", " ")))
		}
	}
}
