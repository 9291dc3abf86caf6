package docs

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/engine"
	"billow/failure"
)

// arrow is a move of a task: from a state, to a state, by an event.
type arrow struct{ from, to, event string }

// TestTheStatesAreAsDrawn compares the picture with everything that can happen to a task: each event, with whatever it
// may carry, tried in each state.
func TestTheStatesAreAsDrawn(t *testing.T) {
	drawn := picture(t)
	happens := moves(t)
	for _, a := range sorted(drawn) {
		assert.True(t, happens[a], "the picture has %s --> %s: %s, and the engine does not do that", a.from, a.to, a.event)
	}
	for _, a := range sorted(happens) {
		// A status set by hand can be any; the picture shows one.
		if a.event == string(engine.TaskSetByHand) && a.to != string(engine.Done) {
			continue
		}
		assert.True(t, drawn[a], "the picture lacks %s --> %s: %s", a.from, a.to, a.event)
	}
	golden(t, happens)
}

func sorted(arrows map[arrow]bool) []arrow {
	return slices.SortedFunc(maps.Keys(arrows), func(a, b arrow) int {
		return strings.Compare(a.from+" "+a.to+" "+a.event, b.from+" "+b.to+" "+b.event)
	})
}

// picture reads the arrows of the first picture of states.md.
func picture(t *testing.T) map[arrow]bool {
	t.Helper()
	drawn := map[arrow]bool{}
	pattern := regexp.MustCompile(`^\s*(\w+) --> (\w+): (.+)$`)
	for line := range strings.Lines(blocks(t, "states.md")[0].text) {
		if m := pattern.FindStringSubmatch(strings.TrimSpace(line)); m != nil {
			for event := range strings.SplitSeq(m[3], ", ") {
				drawn[arrow{m[1], m[2], event}] = true
			}
		}
	}
	require.NotEmpty(t, drawn)
	return drawn
}

// golden holds what was found against the engine's own table: each of its moves must be among them.
func golden(t *testing.T, happens map[arrow]bool) {
	t.Helper()
	data, err := os.ReadFile("../engine/testdata/legal.txt")
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	states := strings.Fields(lines[0])
	require.Len(t, states, len(engine.TaskStates()))
	for _, line := range lines[1:] {
		cells := strings.Fields(line)
		for i, to := range cells[1:] {
			if to == "-" || to == states[i] {
				continue
			}
			assert.True(t, happens[arrow{states[i], to, cells[0]}],
				"%s --> %s: %s is in the table and was not found here", states[i], to, cells[0])
		}
	}
}

// moves tries every event in every state and notes where it leads.
func moves(t *testing.T) map[arrow]bool {
	t.Helper()
	found := map[arrow]bool{}
	for _, before := range situations(t) {
		for _, ev := range events(before) {
			s := before.again(t)
			view, _ := s.Task("a")
			from := view.State
			if s.Apply(ev) != nil {
				continue
			}
			s.Next()
			view, _ = s.Task("a")
			if view.State != from {
				found[arrow{string(from), string(view.State), string(ev.Type)}] = true
			}
		}
	}
	return found
}

// situation is a history that ends with the task "a" in some state.
type situation []engine.Event

func (h situation) again(t *testing.T) *engine.State {
	t.Helper()
	s, err := engine.Replay(h)
	require.NoError(t, err)
	return s
}

func event(typ engine.EventType, more func(*engine.Event)) engine.Event {
	ev := engine.Event{Type: typ, Task: "a", At: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	if more != nil {
		more(&ev)
	}
	return ev
}

func exceeded(ev *engine.Event) { ev.Exceeded = &engine.Exceeded{What: "usd", Used: 2, Limit: 1} }

func attempt(ev *engine.Event) { ev.Attempt, ev.Step = 1, engine.StepDo }

// situations are histories of one task; each state is among their ends, some in more than one way.
func situations(t *testing.T) []situation {
	t.Helper()
	var out []situation
	add := func(spec engine.TaskSpec, more ...engine.Event) {
		spec.ID, spec.Class = "a", engine.ClassRun
		start := engine.Event{Type: engine.RunStarted, Run: &engine.RunSpec{ID: "r", Tasks: []engine.TaskSpec{spec}}}
		out = append(out, append(situation{start}, more...))
	}
	begun := event(engine.AttemptStarted, attempt)
	asked := event(engine.QuestionAsked, func(ev *engine.Event) { attempt(ev); ev.Question = &engine.Question{Text: "?"} })
	for _, st := range engine.TaskStates() {
		if st != engine.Running && st != engine.Blocked {
			add(engine.TaskSpec{Start: engine.State0{State: st}})
		}
	}
	approval := engine.TaskSpec{Approval: true}
	add(approval)
	add(engine.TaskSpec{Foreach: true})
	add(engine.TaskSpec{}, begun)
	add(engine.TaskSpec{Accept: 1}, begun)
	add(engine.TaskSpec{Accept: 1}, begun, event(engine.CancelAsked, nil))
	add(engine.TaskSpec{Accept: 1}, begun, event(engine.StepDone, attempt))
	add(engine.TaskSpec{}, begun, asked)
	add(engine.TaskSpec{}, event(engine.BudgetExceeded, exceeded))
	add(approval, event(engine.ApprovalAsked, nil))
	add(engine.TaskSpec{}, begun, event(engine.StepFailed, func(ev *engine.Event) {
		attempt(ev)
		ev.Signal = &failure.Signal{Kind: failure.NeedsReplan}
		ev.Remedy = &failure.Remedy{Action: failure.Recipe, Steps: []failure.Step{{Name: "replan", Agent: "gem-planner", Purpose: failure.ForReplan}}}
	}), event(engine.AttemptStarted, func(ev *engine.Event) { ev.Attempt, ev.Step = 2, "replan" }))
	return out
}

// events are all events there are, with everything they may carry.
func events(h situation) []engine.Event {
	spec := h[0].Run.Tasks[0]
	all := []engine.Event{
		event(engine.TaskChanged, func(ev *engine.Event) { ev.Spec = &spec }),
		event(engine.TaskRemoved, nil), event(engine.TaskSkipped, nil), event(engine.TaskReopened, nil),
		event(engine.TaskCancelled, nil), event(engine.Answered, nil), event(engine.Approved, nil),
		event(engine.AnswerTimedOut, nil), event(engine.ApprovalTimedOut, nil),
		event(engine.AnswerTimedOut, func(ev *engine.Event) { ev.Answer = "yes" }),
		event(engine.Denied, nil), event(engine.RetryAsked, nil), event(engine.CancelAsked, nil),
		event(engine.ApprovalAsked, nil), event(engine.TaskExpanded, nil), event(engine.NoteAdded, nil),
		event(engine.BudgetExceeded, exceeded),
		event(engine.TaskExpanded, func(ev *engine.Event) { ev.Items = []string{"1"} }),
		event(engine.AttemptLost, func(ev *engine.Event) { attempt(ev); ev.Status = string(engine.Blocked) }),
	}
	all = append(all, event(engine.PlanRevised, func(ev *engine.Event) {
		ev.Attempt, ev.Step, ev.Revision = 2, "replan", &engine.Revision{Number: 1, Added: []engine.TaskSpec{{ID: "b"}}}
	}))
	for _, status := range []string{"pending", "blocked", "completed", "skipped", "failed", "cancelled"} {
		all = append(all, event(engine.TaskSetByHand, func(ev *engine.Event) { ev.Status = status }))
	}
	for _, typ := range []engine.EventType{engine.AttemptStarted, engine.AttemptClaimed, engine.AttemptAdopted,
		engine.AttemptLost, engine.AttemptCancelled, engine.StepStarted, engine.StepDone, engine.QuestionAsked,
		engine.ApprovalAsked, engine.IssueLogged, engine.WarningRaised, engine.UsageAdded} {
		all = append(all, event(typ, func(ev *engine.Event) { attempt(ev); ev.Question = &engine.Question{Text: "?"} }))
	}
	for _, action := range []failure.Action{failure.Retry, failure.Fail, failure.Block, failure.Complete, failure.Skip, failure.Recipe, failure.Continue} {
		all = append(all, event(engine.StepFailed, func(ev *engine.Event) {
			attempt(ev)
			ev.Signal, ev.Remedy = &failure.Signal{Kind: failure.Transient}, &failure.Remedy{Action: action}
		}))
	}
	return all
}
