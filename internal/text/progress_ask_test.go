package text

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/engine"
)

// asked is a story that stands at the question of its history, with somebody at the keyboard.
type asked struct {
	*story
	decided chan string
	fails   error
}

func newAsked(t *testing.T, live bool) *asked {
	t.Helper()
	a := &asked{decided: make(chan string, 10)}
	a.story = newStory(t, ProgressOptions{Live: live, Size: func() (int, int) { return 100, 30 }, Ask: &AskOptions{
		Begin: func(bool) (<-chan []byte, error) { return make(chan []byte), nil },
		Decide: func(run, task string, yes bool, reason string) error {
			a.decided <- fmt.Sprint(run, " ", task, " ", yes, " ", reason)
			return a.fails
		},
		Answer: func(run, task, question, answer string) error {
			a.decided <- fmt.Sprint(task, " ", question, " ", answer)
			return a.fails
		},
	}})
	a.until(2050 * time.Millisecond)
	require.NotNil(t, a.progress.prompt, "the question is on the screen")
	a.err.Reset()
	return a
}

func (a *asked) typed(text string) {
	a.progress.typing([]byte(text))
	a.progress.tick(a.now)
}

func TestOnlyTheWordsThatAreOfferedAreAnswers(t *testing.T) {
	const run = "20260102-030405-1a2b deploy "
	for typed, want := range map[string]string{
		"a\n": run + "true ", "approve\n": run + "true ", "A\r": run + "true ", " a \n": run + "true ",
		"d\n": run + "false ", "deny\n": run + "false ", "d not on a friday\n": run + "false not on a friday",
		"x\x7fa\n": run + "true ", "yes please\x15a\n": run + "true ",
		"a bit later\n": "", "approve nothing\n": "", "yes\n": "", "ok\n": "", "all right\n": "", "\n": "", "a": "",
		"approved\n": "", "aa\n": "", "l\n": "", "later\n": "", "\x1b[Aa\n": "",
	} {
		t.Run(fmt.Sprintf("%q", typed), func(t *testing.T) {
			a := newAsked(t, true)
			a.typed(typed)
			if want != "" {
				assert.Equal(t, want, <-a.decided)
			}
			assert.Equal(t, want != "", a.progress.asks.open[0].given)
			assert.Empty(t, a.decided)
		})
	}
}

func TestARunWaitsForAnAnswerUntilItIsPutOff(t *testing.T) {
	a := newAsked(t, true)
	assert.True(t, a.progress.Hold(a.state))
	a.typed("hm\n")
	assert.True(t, a.progress.Hold(a.state), "that was no answer")
	a.typed("l\n")
	assert.False(t, a.progress.Hold(a.state))
	assert.Nil(t, a.progress.prompt)
}

func TestAnAnswerHoldsTheRunUntilTheRunHasSeenIt(t *testing.T) {
	a := newAsked(t, true)
	a.typed("a\n")
	<-a.decided
	assert.True(t, a.progress.Hold(a.state))
	assert.Nil(t, a.progress.prompt, "it is not asked twice")
	a.until(2150 * time.Millisecond) // approved
	assert.False(t, a.progress.Hold(a.state))
}

func TestAnAnswerThatCouldNotBeGivenIsAskedForAgain(t *testing.T) {
	a := newAsked(t, false)
	a.fails = errors.New("the disk is full")
	a.typed("a\n")
	<-a.decided
	require.Eventually(t, func() bool {
		a.progress.tick(a.now)
		return a.progress.prompt != nil
	}, 5*time.Second, time.Millisecond)
	assert.Contains(t, a.err.String(), "billow: the disk is full\n")
}

func TestAnAnswerGivenElsewhereTakesTheQuestionAway(t *testing.T) {
	a := newAsked(t, true)
	a.typed("approv")
	a.until(2150 * time.Millisecond) // somebody typed billow approve
	assert.Nil(t, a.progress.prompt)
	a.typed("e\n")
	assert.Empty(t, a.decided)
}

// asks lets the task that waits for an approval be approved, and ask a question.
func (a *asked) asks(t *testing.T, q engine.Question) {
	t.Helper()
	for _, ev := range []engine.Event{{Type: engine.Approved, Task: "deploy"},
		{Type: engine.AttemptStarted, Task: "deploy", Attempt: 1, Step: engine.StepDo},
		{Type: engine.QuestionAsked, Task: "deploy", Attempt: 1, Question: &q}} {
		ev.At = a.now
		require.NoError(t, a.state.Apply(ev))
		a.progress.Watch(a.state, []engine.Event{ev})
	}
}

func TestAQuestionIsAnsweredByWhatItExpects(t *testing.T) {
	for name, c := range map[string]struct {
		q       engine.Question
		choices string
		answers map[string]string // "" is none
	}{
		"choice": {engine.Question{Options: []string{"eu", "us"}, Recommended: "us"}, "[1] eu  [2] us  (recommended: us)  [l] later",
			map[string]string{"1": "eu", "US": "us", "a": "", "approve": "", "3": "", "": "", "l": ""}},
		"yes or no": {engine.Question{Type: engine.YesNo}, "[y] yes  [n] no  [l] later",
			map[string]string{"y": "yes", "No": "no", "a": "", "d": "", "yes please": ""}},
		"number": {engine.Question{Type: engine.Number}, "a number  [l] later", map[string]string{"3": "3", "three": ""}},
		"text":   {engine.Question{}, "any text  [l] later", map[string]string{"a": "a", "the blue one": "the blue one", "later": ""}},
		"work": {engine.Question{Options: []string{"done", "failed: why"}}, "[1] done  [2] failed: why  [l] later",
			map[string]string{"1": "done", "failed: no disk": "failed: no disk", "a": ""}},
	} {
		t.Run(name, func(t *testing.T) {
			for typed, want := range c.answers {
				a := newAsked(t, true)
				c.q.Text = "Which?"
				a.asks(t, c.q)
				a.progress.tick(a.now)
				require.NotNil(t, a.progress.prompt)
				assert.Equal(t, []string{"? deploy  Which?", "  " + c.choices + " > "}, a.progress.prompt.lines(Style{}))
				a.typed(typed + "\n")
				if want != "" {
					assert.Equal(t, "deploy Which? "+want, <-a.decided, typed)
				}
				assert.Equal(t, want != "", a.progress.asks.open[0].given, typed)
				assert.Empty(t, a.decided, typed)
			}
		})
	}
}

func TestAQuestionThatChangesIsNotAnsweredByWhatWasTypedBefore(t *testing.T) {
	a := newAsked(t, true)
	a.typed("a")
	a.asks(t, engine.Question{Text: "Which cluster?", Options: []string{"the new one", "the old one"}, Context: "one is empty", Risk: "high",
		Decision: "a cluster"})
	a.typed("\n")
	assert.Empty(t, a.decided)
	require.NotNil(t, a.progress.prompt)
	assert.Equal(t, []string{"? deploy  Which cluster?", "  [1] the new one  [2] the old one  [l] later > "},
		a.progress.prompt.lines(Style{}))
	assert.Contains(t, a.err.String(), "context:\n            one is empty\n")
	assert.Contains(t, a.err.String(), "risk:\n            high\n")
	assert.Contains(t, a.err.String(), "decision:\n            a cluster\n")
}

func TestATerminalThatGoesAwayLetsTheRunGoOn(t *testing.T) {
	a := newAsked(t, true)
	a.progress.hangUp()
	assert.False(t, a.progress.Hold(a.state))
	a.until(time.Minute)
	assert.Nil(t, a.progress.prompt)
}

func TestWhoeverHasNoKeyboardIsNotWaitedFor(t *testing.T) {
	s := newStory(t, ProgressOptions{})
	s.until(2050 * time.Millisecond)
	assert.False(t, s.progress.Hold(s.state))
}
