package local_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/agents"
	"billow/engine"
	"billow/engine/local"
	"billow/failure"
	"billow/internal/store"
	"billow/internal/store/mem"
)

// asking is a world whose task "ask" asks until it has an answer; every other task takes an hour.
type asking struct {
	world
}

func (w *asking) Assign(v engine.TaskView, attempt int, step string, _ int) (agents.Agent, agents.Assignment, error) {
	return w, agents.Assignment{TaskID: v.ID, Attempt: attempt, Step: step, Answers: v.Answers}, nil
}

func (w *asking) Start(a agents.Assignment, tell func(agents.Update)) (agents.Work, error) {
	r, takes := agents.Report{}, time.Hour
	if a.TaskID == "ask" {
		if takes = 0; len(a.Answers) == 0 {
			r.Questions = []agents.Question{{Text: "Which?"}}
		}
	}
	return &fake{timer: time.AfterFunc(takes, func() { tell(agents.Update{Report: &r}) }), tell: tell}, nil
}

func TestALiveRunHearsOfAnAnswerWithinATenthOfASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		log := mem.New()
		run := &engine.RunSpec{ID: "r", Tasks: []engine.TaskSpec{{ID: "ask", Class: engine.ClassRun}, {ID: "long", Class: engine.ClassRun}}}
		started := engine.Event{At: time.Now(), Type: engine.RunStarted, Run: run}
		require.NoError(t, log.PutRun(ctx, store.Run{ID: "r"}))
		require.NoError(t, log.Append(ctx, "r", 0, []engine.Event{started}))
		state, err := engine.Replay([]engine.Event{started})
		require.NoError(t, err)
		ended := make(chan local.Result)
		go func() {
			result, err := local.Drive(ctx, local.Options{Log: log, State: state, World: &asking{world: world{t: t}}})
			assert.NoError(t, err)
			ended <- result
		}()
		time.Sleep(10*time.Minute + 37*time.Millisecond)
		synctest.Wait()
		last, err := log.Last(ctx, "r")
		require.NoError(t, err)
		said := time.Now()
		require.NoError(t, log.Append(ctx, "r", last, []engine.Event{{At: said, Type: engine.Answered, Task: "ask", Reason: "this"}}))
		assert.Equal(t, local.Result{Outcome: engine.OutcomeCompleted, Final: true}, <-ended)
		events, err := log.Read(ctx, "r", last+1, 0)
		require.NoError(t, err)
		assert.Equal(t, engine.AttemptStarted, events[0].Type)
		assert.LessOrEqual(t, events[0].At.Sub(said), 100*time.Millisecond)
	})
}

// limited is a world whose task "limited" meets a limit that resets in two hours, once, and whose task "ask" asks. Somebody
// is there until the first is done.
type limited struct {
	asking
	met bool
}

func (w *limited) Assign(v engine.TaskView, attempt int, step string, _ int) (agents.Agent, agents.Assignment, error) {
	return w, agents.Assignment{TaskID: v.ID, Attempt: attempt, Step: step, Answers: v.Answers}, nil
}

func (w *limited) Start(a agents.Assignment, tell func(agents.Update)) (agents.Work, error) {
	if a.TaskID == "ask" {
		return w.asking.Start(a, tell)
	}
	r := agents.Report{}
	if !w.met {
		w.met, r.Failure = true, &failure.Observation{Message: "usage limit reached, try again in 2 hours", Provider: "k"}
	}
	return &fake{timer: time.AfterFunc(time.Second, func() { tell(agents.Update{Report: &r}) }), tell: tell}, nil
}

func (w *limited) Classify(_ string, _ int, o failure.Observation) failure.Signal {
	return failure.Classify(o, nil)
}

func (w *limited) Hold(s *engine.State) bool {
	v, _ := s.Task("limited")
	return v.State != engine.Done
}

func TestWhileAPersonIsThereAProviderIsWaitedForHoweverLongItTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		log := mem.New()
		run := &engine.RunSpec{ID: "r", Policy: failure.Default(), Limits: engine.Limits{QuotaWait: time.Hour}, Tasks: []engine.TaskSpec{
			{ID: "ask", Class: engine.ClassRun}, {ID: "limited", Class: engine.ClassAgent, Providers: []string{"k"}}}}
		began := time.Now()
		started := engine.Event{At: began, Type: engine.RunStarted, Run: run}
		require.NoError(t, log.PutRun(ctx, store.Run{ID: "r"}))
		require.NoError(t, log.Append(ctx, "r", 0, []engine.Event{started}))
		state, err := engine.Replay([]engine.Event{started})
		require.NoError(t, err)
		result, err := local.Drive(ctx, local.Options{Log: log, State: state, World: &limited{asking: asking{world: world{t: t}}}})
		require.NoError(t, err)
		assert.Equal(t, local.Result{Outcome: engine.OutcomeBlocked}, result)
		assert.InDelta(t, 2*time.Hour, time.Since(began), float64(time.Minute))
		events, err := log.Read(ctx, "r", 0, 0)
		require.NoError(t, err)
		counts := map[engine.EventType]int{}
		for _, ev := range events {
			counts[ev.Type]++
		}
		assert.Equal(t, 1, counts[engine.ProviderPaused])
		assert.Equal(t, 1, counts[engine.ProviderResumed])
		assert.LessOrEqual(t, counts[engine.TimeReached], 2)
	})
}
