package text

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/engine"
	"billow/internal/control"
	"billow/plan"
)

// spender is a run with a budget, and its progress.
type spender struct {
	*testing.T
	state    *engine.State
	progress *Progress
	now      time.Time
	err      bytes.Buffer
}

func spending(t *testing.T, limit engine.Budget, o ProgressOptions) *spender {
	t.Helper()
	s := &spender{T: t, state: engine.New(), now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	doc := plan.Read("plan.yaml", []byte("tasks: [{id: a, agent: x}]"), plan.Options{})
	sched := plan.Order(doc.Plan)
	limits := engine.Limits{Budget: limit}
	s.tell(engine.Event{Type: engine.RunStarted, Run: engine.NewRun("r", "", doc.Plan, engine.Specs(doc.Plan, sched, engine.SpecOptions{}), limits)})
	o.Out, o.Err, o.NoOpening, o.Now = &s.err, &s.err, true, func() time.Time { return s.now }
	s.progress = newProgress(o)
	s.progress.Started(control.Started{Run: "r", Plan: doc.Plan, Path: "plan.yaml", State: s.state, Limits: limits, Schedule: sched})
	return s
}

func (s *spender) tell(ev engine.Event) {
	s.Helper()
	ev.At = s.now
	require.NoError(s, s.state.Apply(ev))
	if s.progress != nil {
		s.progress.Watch(s.state, []engine.Event{ev})
	}
}

// uses lets an agent report what it used, and returns the lines that are new.
func (s *spender) uses(usd float64) string {
	s.Helper()
	s.tell(engine.Event{Type: engine.UsageAdded, Task: "a", Usage: &engine.Usage{InputTokens: 1000, USD: usd}})
	return s.drawn()
}

func (s *spender) drawn() string {
	s.progress.tick(s.now)
	defer s.err.Reset()
	return s.err.String()
}

func TestABudgetIsSpokenOfAtEachQuarter(t *testing.T) {
	s := spending(t, engine.Budget{USD: 4}, ProgressOptions{})
	assert.Empty(t, s.uses(0.5))
	s.now = s.now.Add(time.Second)
	assert.Equal(t, "   1.00s  budget    used 1.50 of 4.00 USD\n", s.uses(1))
	assert.Empty(t, s.uses(0.25))
	assert.Equal(t, "   1.00s  budget    used 3.25 of 4.00 USD\n", s.uses(1.5))
	assert.Empty(t, s.uses(1), "that it is used up is said where it matters")

	limits := engine.Limits{Budget: engine.Budget{USD: 8, Tokens: 20_000}}
	s.tell(engine.Event{Type: engine.LimitsChanged, Limits: &limits})
	assert.Empty(t, s.drawn())
	assert.Equal(t, "   1.00s  budget    used 6k of 20k tokens, 6.25 of 8.00 USD\n", s.uses(2))
}

func TestWithoutABudgetNothingIsSaidOfIt(t *testing.T) {
	s := spending(t, engine.Budget{}, ProgressOptions{})
	assert.Empty(t, s.uses(100))
	s = spending(t, engine.Budget{USD: 4}, ProgressOptions{Output: OutputQuiet})
	assert.Empty(t, s.uses(3))
	s = spending(t, engine.Budget{}, ProgressOptions{Live: true})
	s.uses(100)
	assert.Len(t, s.progress.screen.block, 2)
}

func TestTheBoardHasWhatWasUsedOfTheBudget(t *testing.T) {
	s := spending(t, engine.Budget{USD: 4, Time: time.Hour}, ProgressOptions{Live: true})
	s.drawn()
	assert.Equal(t, "used 0.00 of 4.00 USD, 0s of 1h of work", s.progress.screen.block[1])
	s.uses(0.5)
	assert.Equal(t, "used 0.50 of 4.00 USD, 0s of 1h of work", s.progress.screen.block[1])
	assert.Len(t, s.progress.screen.block, 3)
}
