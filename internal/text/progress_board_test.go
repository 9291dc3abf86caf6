package text

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/engine"
	"billow/failure"
	"billow/internal/control"
	"billow/plan"
)

// boardOf is the picture of a plan that nothing has happened to yet.
func boardOf(t *testing.T, text string, slots int, took map[string]time.Duration) *board {
	t.Helper()
	doc := plan.Read("plan.yaml", []byte(text), plan.Options{})
	require.Empty(t, plan.Errors(doc.Problems))
	sched := plan.Order(doc.Plan)
	limits := engine.Limits{All: slots}
	state := engine.New()
	require.NoError(t, state.Apply(engine.Event{Type: engine.RunStarted,
		Run: engine.NewRun("r", "", doc.Plan, engine.Specs(doc.Plan, sched, engine.SpecOptions{}), limits)}))
	if took == nil {
		took = map[string]time.Duration{}
	}
	return newBoard(&start{tasks: state.Tasks(), took: took,
		Started: control.Started{Run: "r", Plan: doc.Plan, Path: "plan.yaml", State: state, Limits: limits, Schedule: sched}})
}

// now moves a task to a state.
func (b *board) now(id string, state engine.TaskState, began time.Time) {
	s := *b.seats[id]
	s.state, s.began = state, began
	b.put(s)
}

func TestTheTimeLeftIsTheLongestWayOrTheWorkPerSlot(t *testing.T) {
	const text = `
tasks:
  - {id: a, run: x}
  - {id: b, run: x, depends_on: [a]}
  - {id: c, run: x}
  - {id: d, run: x}
`
	took := func() map[string]time.Duration {
		return map[string]time.Duration{"a": 4 * time.Second, "b": 5 * time.Second, "c": 6 * time.Second, "d": 7 * time.Second}
	}
	t0 := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, c := range []struct {
		slots int
		want  time.Duration
	}{{0, 9 * time.Second}, {1, 22 * time.Second}, {2, 11 * time.Second}, {4, 9 * time.Second}} {
		left, ok := boardOf(t, text, c.slots, took()).leftAt(t0)
		assert.True(t, ok)
		assert.Equal(t, c.want, left, "%d slots", c.slots)
	}

	b := boardOf(t, text, 1, took())
	b.now("a", engine.Done, t0)
	b.now("b", engine.Running, t0.Add(-2*time.Second))
	b.now("c", engine.Blocked, t0)
	left, _ := b.leftAt(t0)
	assert.Equal(t, 10*time.Second, left, "3 s of b and 7 s of d")

	b = boardOf(t, text, 0, nil)
	_, ok := b.leftAt(t0)
	assert.False(t, ok, "nothing is known of any task")
	b.eta.learn(&seat{id: "a", took: 3 * time.Second})
	left, ok = b.leftAt(t0)
	assert.True(t, ok)
	assert.Equal(t, 6*time.Second, left, "b is taken for as long as a")
}

func (b *board) leftAt(now time.Time) (time.Duration, bool) { return b.eta.left(b, now) }

func TestWavesWaitForEachOtherInTheTimeLeft(t *testing.T) {
	const text = `
tasks:
  - {id: a, wave: 1, run: x}
  - {id: b, wave: 1, run: x}
  - {id: c, wave: 2, run: x}
`
	left, _ := boardOf(t, text, 0, map[string]time.Duration{"a": 5 * time.Second, "b": time.Second, "c": 2 * time.Second}).leftAt(time.Now())
	assert.Equal(t, 7*time.Second, left)
}

func TestWhatCannotBeReachedIsToldFromWhatWaits(t *testing.T) {
	b := boardOf(t, `
tasks:
  - {id: a, run: x}
  - {id: b, run: x, depends_on: [a]}
  - {id: c, run: x, depends_on: [b]}
  - {id: rescue, run: x, depends_on: [a], when: failed()}
`, 2, nil)
	now := time.Now()
	b.now("a", engine.Failed, now)
	require.True(t, b.stale)
	b.reach()
	assert.Equal(t, tally{total: 4, waiting: 1, failed: 1, lost: 2}, b.all)
	b.now("a", engine.Waiting, now) // somebody retries
	b.reach()
	assert.Equal(t, tally{total: 4, waiting: 4}, b.all)
}

func TestManyWavesAndTasksMakeAShortBlock(t *testing.T) {
	text := "tasks:\n"
	for i := range 40 {
		text += fmt.Sprintf("  - {id: t%d, wave: %d, run: x}\n", i, i/2+1)
	}
	b := boardOf(t, text, 2, nil)
	now := time.Now()
	for i := range 14 {
		b.now(fmt.Sprint("t", i), engine.Done, now)
	}
	for i := 14; i < 34; i++ {
		b.now(fmt.Sprint("t", i), engine.Running, now)
	}
	p := newProgress(ProgressOptions{ASCII: true})
	p.board = b
	frame := p.frame(now, 80, 50)
	assert.Equal(t, "7 waves before, all 14 tasks done", frame[1])
	assert.Equal(t, "wave 8   .......................  0/2  2 running", frame[2])
	assert.Equal(t, "7 more waves, 14 tasks", frame[8])
	assert.Equal(t, "  10 more running", frame[len(frame)-1])
	assert.Len(t, frame, 1+1+mostWaves+1+mostRunning+1)
}

func TestTheBoardNamesWhoDoesAStep(t *testing.T) {
	v := engine.TaskView{ID: "a", State: engine.Running, Agent: "gem-implementer", Attempt: 2, Step: "diagnose",
		Remedy: &engine.Mend{Steps: []failure.Step{{Name: "diagnose", Agent: "gem-debugger"}, {Name: "do"}}}}
	var s seat
	s.take(&v)
	assert.Equal(t, "gem-debugger, attempt 2, step diagnose", s.extra())
	v.Step = engine.StepDo
	s.take(&v)
	assert.Equal(t, "gem-implementer, attempt 2", s.extra())
}
