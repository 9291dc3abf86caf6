package human

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"billow/agents"
	"billow/plan"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start runs one attempt and makes sure that exactly one report is told, whatever is called meanwhile.
func start(t *testing.T, a agents.Assignment) (r agents.Report) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var told []agents.Update
		w, err := Agent{}.Start(a, func(u agents.Update) { told = append(told, u) })
		require.NoError(t, err)
		w.Stop()
		w.Kill()
		assert.Equal(t, agents.Claim{}, w.Claim())
		synctest.Wait()
		require.Len(t, told, 1)
		r = *told[0].Report
		assert.False(t, r.Ended.IsZero())
	})
	return r
}

func TestAPersonIsToldWhatToDo(t *testing.T) {
	doc, problems := plan.Parse("p", []byte("acceptance_criteria: [it is signed, password hunter2 works]"), plan.Limits{})
	require.Empty(t, problems)
	task := &plan.Task{ID: "sign", Title: "Sign it", Description: "Print and sign.\n", Source: doc.Root}
	r := start(t, agents.Assignment{TaskID: "sign", Attempt: 1, Task: task, Brief: "not for people", Secrets: []string{"hunter2"}})
	assert.Equal(t, []agents.Question{{
		Text:    "do this, then answer done or failed: Sign it (sign)",
		Options: []string{"done", "failed: why", "blocked: what is wanted"},
		Context: "Print and sign.\n\nit is done when:\n- it is signed\n- password *** works",
	}}, r.Questions)
	assert.Nil(t, r.Failure)

	r = start(t, agents.Assignment{TaskID: "x", Brief: "the brief"})
	assert.Equal(t, "the brief", r.Questions[0].Context)
}

func TestAnAnswerBecomesAReport(t *testing.T) {
	for answer, want := range map[string]struct{ summary, status, message string }{
		"done":               {},
		" Done : in the bin": {summary: "in the bin"},
		"yes":                {},
		"failed: no ink":     {status: "failed", message: "no ink"},
		"fail":               {status: "failed", message: "a person answered failed"},
		"blocked: need key":  {status: "blocked", message: "need key"},
	} {
		r := start(t, agents.Assignment{TaskID: "a", Attempt: 2, Answers: []string{answer}, Answered: true})
		assert.Empty(t, r.Questions, answer)
		assert.Equal(t, want.summary, r.Summary, answer)
		if want.status == "" {
			assert.Nil(t, r.Failure, answer)
			continue
		}
		require.NotNil(t, r.Failure, answer)
		assert.Equal(t, want.status, r.Failure.Status)
		assert.Equal(t, want.message, r.Failure.Message)
	}
}

func TestAnAnswerThatCannotBeReadIsAskedAgain(t *testing.T) {
	for _, answer := range []string{"", "done but not really", "maybe", "not done"} {
		r := start(t, agents.Assignment{TaskID: "a", Attempt: 2, Answers: []string{answer}, Answered: true})
		require.Len(t, r.Questions, 1, answer)
		if answer != "" {
			assert.Contains(t, r.Questions[0].Text, answer)
		}
		r = start(t, agents.Assignment{TaskID: "a", Attempt: 3, Answers: []string{answer, "done"}, Answered: true})
		assert.Empty(t, r.Questions, answer)
	}
}

func TestAfterAFailureThePersonIsAskedAnew(t *testing.T) {
	answers := []string{"failed: no ink", "hm", "done: new ink"}
	for _, c := range []struct {
		attempt, answers      int
		answered, asks, fails bool
	}{{1, 0, false, true, false}, {2, 1, true, false, true}, {3, 1, false, true, false}, {4, 2, true, true, false}, {5, 3, true, false, false}} {
		r := start(t, agents.Assignment{TaskID: "a", Attempt: c.attempt, Answers: answers[:c.answers], Answered: c.answered})
		assert.Equal(t, c.asks, len(r.Questions) > 0, "attempt %d", c.attempt)
		assert.Equal(t, c.fails, r.Failure != nil, "attempt %d", c.attempt)
	}
}

// A step of a remedy is told from its brief, and what a person found goes to those who mend it.
func TestAPersonMayDoAStep(t *testing.T) {
	a := agents.Assignment{TaskID: "a", Attempt: 2, Step: "diagnose", Task: &plan.Task{ID: "a", Description: "build it"},
		Brief: "# Brief\nFind the root cause.\n\n## What to give back\n\nJSON\n", Answers: []string{"done: of another step"}}
	r := start(t, a)
	assert.Equal(t, []agents.Question{{Text: "do this, then answer done or failed: a, step diagnose",
		Options: []string{"done: what you found or did", "failed: why", "blocked: what is wanted"},
		Context: "# Brief\nFind the root cause."}}, r.Questions)

	a.Answers, a.Answered = append(a.Answers, "done: a typo"), true
	r = start(t, a)
	assert.Nil(t, r.Failure)
	assert.Equal(t, map[string]string{"debugger_diagnosis": `{"root_cause":"a typo"}`}, r.Handoff)
}
