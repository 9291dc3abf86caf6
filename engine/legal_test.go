package engine

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"billow/failure"
)

var update = flag.Bool("update", false, "rewrite golden files")

// taskEvents are all events about one task, in the order of event.go.
func taskEvents() []EventType {
	return []EventType{TaskChanged, TaskRemoved, TaskExpanded, TaskSetByHand, TaskSkipped, TaskReopened,
		TaskCancelled, AttemptStarted, AttemptClaimed, AttemptAdopted, AttemptLost, AttemptCancelled,
		StepStarted, StepDone, StepFailed, GatePassed, GateFailed, PlanRevised, IssueLogged, NoteAdded, WarningRaised, UsageAdded, BudgetExceeded, QuestionAsked, Answered,
		AnswerTimedOut, ApprovalAsked, Approved, Denied, ApprovalTimedOut, RetryAsked, CancelAsked}
}

// TestLegalMoves tries every event in every state and compares what follows with the golden table: a rule
// that became too wide is caught by nothing else.
func TestLegalMoves(t *testing.T) { legalMoves(t, "legal.txt", inState) }

// TestLegalMovesOfAGate is the same for the gate of a wave, whose one task is done.
func TestLegalMovesOfAGate(t *testing.T) {
	legalMoves(t, "legal-gate.txt", func(t *testing.T, st TaskState) *State {
		s := inState(t, st)
		s.tasks[0].Spec.Gate, s.tasks[0].Spec.Foreach, s.tasks[0].Spec.Approval, s.tasks[0].Spec.Accept = true, false, false, 0
		s.tasks[0].Held = st == Blocked
		if st == Waiting {
			s.tasks[0].Approval = ""
		}
		require.NoError(t, s.Apply(Event{Type: TaskAdded, Task: "b", Spec: &TaskSpec{ID: "b", Class: ClassAgent, Start: State0{State: Done}}}))
		return s
	})
}

func legalMoves(t *testing.T, golden string, inState func(*testing.T, TaskState) *State) {
	var b strings.Builder
	fmt.Fprintf(&b, "%-20s", "")
	for _, st := range TaskStates() {
		fmt.Fprintf(&b, "%-11s", st)
	}
	b.WriteString("\n")
	for _, typ := range taskEvents() {
		fmt.Fprintf(&b, "%-20s", typ)
		for _, from := range TaskStates() {
			s := inState(t, from)
			cell := "-"
			if err := s.Apply(sample(s, typ)); err == nil {
				s.Next()
				view, _ := s.Task("a")
				cell = string(view.State)
			} else {
				require.ErrorIs(t, err, ErrIllegal)
			}
			fmt.Fprintf(&b, "%-11s", cell)
		}
		b.WriteString("\n")
	}
	got := strings.ReplaceAll(b.String(), " \n", "\n")
	for strings.Contains(got, " \n") {
		got = strings.ReplaceAll(got, " \n", "\n")
	}
	if *update {
		require.NoError(t, os.WriteFile("testdata/"+golden, []byte(got), 0o644))
	}
	want, err := os.ReadFile("testdata/" + golden)
	require.NoError(t, err)
	require.Equal(t, string(want), got, "run: go test ./engine -run TestLegalMoves -update")
}

// inState makes a run of one task in a state. A blocked one has an open question and a pending approval,
// so that every event that can end a block is tried.
func inState(t *testing.T, st TaskState) *State {
	s := New()
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	spec := TaskSpec{ID: "a", Class: ClassRun, Approval: true, Foreach: st == Waiting, Accept: 1,
		Start: State0{State: st, Approval: ApprovalApproved}}
	switch st {
	case Waiting, Running, Blocked:
		spec.Start.State = ""
	}
	require.NoError(t, s.Apply(Event{Type: RunStarted, At: at, Run: &RunSpec{ID: "r", Tasks: []TaskSpec{spec}}}))
	if st == Running || st == Blocked {
		s.tasks[0].Spec.Foreach = false
		require.NoError(t, s.Apply(Event{Type: AttemptStarted, At: at, Task: "a", Attempt: 1}))
	}
	if st == Blocked {
		require.NoError(t, s.Apply(Event{Type: ApprovalAsked, At: at, Task: "a", Attempt: 1,
			Question: &Question{Text: "?"}}))
	}
	return s
}

func sample(s *State, typ EventType) Event {
	v, _ := s.Task("a")
	spec, _ := s.Spec("a")
	ev := Event{Type: typ, Task: "a", Attempt: v.Attempt, Step: v.Step, Status: "completed", By: "someone"}
	switch typ {
	case AttemptStarted:
		ev.Attempt++
	case TaskChanged:
		ev.Spec = &spec
	case StepStarted:
		s.tasks[0].NextStep = "accept.1"
		ev.Step = "accept.1"
	case BudgetExceeded:
		ev.Exceeded = &Exceeded{What: "usd"}
		if v.State == Running {
			s.tasks[0].NextStep = "accept.1"
		}
	case StepFailed:
		ev.Signal, ev.Remedy = &failure.Signal{Kind: failure.Transient}, &failure.Remedy{Action: failure.Retry}
	case PlanRevised:
		s.tasks[0].Mend = &Mend{Kind: failure.NeedsReplan, Steps: []failure.Step{{Name: "replan", Purpose: failure.ForReplan}}}
		s.tasks[0].Step, ev.Step = "replan", "replan"
		ev.Revision = &Revision{Number: 1, Kind: failure.NeedsReplan, Added: []TaskSpec{{ID: "b", Class: ClassRun}}}
	case Answered, AnswerTimedOut:
		s.tasks[0].Approval, ev.Answer = ApprovalApproved, "yes"
	case QuestionAsked, ApprovalAsked:
		ev.Question = &Question{Text: "?"}
	case StepDone:
		ev.Step = StepDo
	case GatePassed:
		ev.Verdict = &Verdict{}
	case GateFailed:
		ev.Verdict = &Verdict{Reopen: []Reopened{{Task: "b"}}}
	}
	return ev
}

// TestRefusedEventsAboutTheRun holds what the table of tasks cannot.
func TestRefusedEventsAboutTheRun(t *testing.T) {
	run := &RunSpec{ID: "r", Tasks: []TaskSpec{{ID: "a", Class: ClassRun}}}
	started := func() *State {
		s := New()
		require.NoError(t, s.Apply(Event{Type: RunStarted, Run: run}))
		return s
	}
	finished := func() *State {
		s := started()
		require.NoError(t, s.Apply(Event{Type: RunFinished, Status: OutcomeFailed}))
		return s
	}
	running := func() *State {
		s := started()
		require.NoError(t, s.Apply(Event{Type: AttemptStarted, Task: "a", Attempt: 1}))
		return s
	}
	pending := func() *State {
		s := started()
		require.NoError(t, s.Apply(Event{Type: ApprovalAsked, Task: "a", Question: &Question{Text: "may I?"}}))
		return s
	}
	for name, c := range map[string]struct {
		s  *State
		ev Event
	}{
		"before the start":          {New(), Event{Type: DrainAsked}},
		"without tasks":             {New(), Event{Type: RunStarted}},
		"a task twice":              {New(), Event{Type: RunStarted, Run: &RunSpec{Tasks: []TaskSpec{{ID: "a"}, {ID: "a"}}}}},
		"a second start":            {started(), Event{Type: RunStarted, Run: run}},
		"a number out of order":     {started(), Event{Seq: 7, Type: DrainAsked}},
		"an unknown task":           {started(), Event{Type: RetryAsked, Task: "zz"}},
		"an unknown type":           {started(), Event{Type: "made_up", Task: "a"}},
		"an id that is taken":       {started(), Event{Type: TaskAdded, Task: "a", Spec: &TaskSpec{ID: "a"}}},
		"after the end":             {finished(), Event{Type: RetryAsked, Task: "a"}},
		"a pause of nobody":         {started(), Event{Type: ProviderPaused}},
		"nothing that is used up":   {started(), Event{Type: BudgetExceeded}},
		"a step that is out":        {running(), Event{Type: BudgetExceeded, Task: "a", Exceeded: &Exceeded{}}},
		"reopening an open run":     {started(), Event{Type: RunReopened}},
		"a status nobody knows":     {started(), Event{Type: TaskSetByHand, Task: "a", Status: "fine"}},
		"an answer to an approval":  {pending(), Event{Type: Answered, Task: "a", Reason: "approve"}},
		"no answer to an approval":  {pending(), Event{Type: AnswerTimedOut, Task: "a", Answer: "approve"}},
		"approval nobody asked for": {started(), Event{Type: Approved, Task: "a"}},
	} {
		t.Run(name, func(t *testing.T) { require.ErrorIs(t, c.s.Apply(c.ev), ErrIllegal) })
	}
}
