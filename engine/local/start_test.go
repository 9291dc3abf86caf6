package local_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/agents"
	"billow/engine"
	"billow/engine/local"
	"billow/failure"
	"billow/internal/store/mem"
)

// slow is a world whose starts take as long as a test wants.
type slow struct {
	world
	// start is what Start does.
	start func(a agents.Assignment, tell func(agents.Update)) (agents.Work, error)

	mu    sync.Mutex
	begun []string
	tells map[string]func(agents.Update)
}

func (w *slow) Assign(v engine.TaskView, attempt int, step string, _ int) (agents.Agent, agents.Assignment, error) {
	return w, agents.Assignment{TaskID: v.ID, Attempt: attempt, Step: step}, nil
}

func (w *slow) Start(a agents.Assignment, tell func(agents.Update)) (agents.Work, error) {
	w.mu.Lock()
	w.begun = append(w.begun, a.TaskID)
	w.tells[a.TaskID] = tell
	w.mu.Unlock()
	return w.start(a, tell)
}

// started are the tasks whose starts have begun.
func (w *slow) started() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.begun...)
}

// done tells from a goroutine of its own that a task is done.
func (w *slow) done(task string) {
	w.mu.Lock()
	tell := w.tells[task]
	w.mu.Unlock()
	tell(agents.Update{Report: &agents.Report{}})
}

// held is work that ends when it is told to, and then says so.
type held struct {
	tell           func(agents.Update)
	mu             sync.Mutex
	stopped, ended bool
	claim          agents.Claim
}

func (h *held) Claim() agents.Claim { return h.claim }
func (h *held) Kill()               { h.Stop() }
func (h *held) Stop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stopped = true; !h.ended {
		h.ended = true
		go h.tell(agents.Update{Report: &agents.Report{Stopped: true, Failure: &failure.Observation{}}})
	}
}

// driven is a run that goes on while a test looks at it.
type driven struct {
	t          *testing.T
	log        *mem.Log
	world      *slow
	interrupts chan struct{}
	kill       context.CancelFunc
	result     chan local.Result
	err        chan error
}

// drive begins to drive tasks; `start` is what starting one does.
func drive(t *testing.T, tasks []engine.TaskSpec, start func(agents.Assignment, func(agents.Update)) (agents.Work, error)) *driven {
	t.Helper()
	ctx, kill := context.WithCancel(context.Background())
	d := &driven{t: t, log: mem.New(), interrupts: make(chan struct{}), kill: kill, result: make(chan local.Result, 1), err: make(chan error, 1),
		world: &slow{world: world{t: t}, start: start, tells: map[string]func(agents.Update){}}}
	for i := range tasks {
		tasks[i].Class = engine.ClassRun
	}
	run := engine.Event{At: time.Now(), Type: engine.RunStarted, Run: &engine.RunSpec{ID: "r", Tasks: tasks}}
	require.NoError(t, d.log.Append(ctx, "r", 0, []engine.Event{run}))
	state, err := engine.Replay([]engine.Event{run})
	require.NoError(t, err)
	go func() {
		result, err := local.Drive(ctx, local.Options{Log: d.log, State: state, World: d.world, Interrupts: d.interrupts})
		d.result <- result
		d.err <- err
	}()
	synctest.Wait()
	return d
}

// ends waits for the end of the run and gives its history in short.
func (d *driven) ends(outcome string) []string {
	d.t.Helper()
	require.NoError(d.t, <-d.err)
	result := <-d.result
	assert.Equal(d.t, outcome, result.Outcome)
	return d.history()
}

func (d *driven) history() (short []string) {
	events, err := d.log.Read(context.Background(), "r", 0, 0)
	require.NoError(d.t, err)
	for _, ev := range events {
		if ev.Task != "" {
			short = append(short, fmt.Sprintf("%s %s", ev.Task, ev.Type))
		}
	}
	return short
}

// gate makes the start of one task wait.
func gate(task string) (open chan struct{}, start func(agents.Assignment, func(agents.Update)) (agents.Work, error)) {
	open = make(chan struct{})
	return open, func(a agents.Assignment, tell func(agents.Update)) (agents.Work, error) {
		if a.TaskID == task {
			<-open
		}
		return &held{tell: tell, claim: agents.Claim{PID: 7, Host: a.TaskID}}, nil
	}
}

// behind are tasks of which `slow` starts once `first` is done, and `last` when both `slow` and `other` are.
func behind() []engine.TaskSpec {
	return []engine.TaskSpec{{ID: "first"}, {ID: "other"}, {ID: "slow", Needs: []string{"first"}},
		{ID: "quick", Needs: []string{"other"}}, {ID: "last", Needs: []string{"slow", "quick"}}}
}

func TestTheLoopGoesOnWhileSomethingIsStarted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		open, start := gate("slow")
		d := drive(t, behind(), start)
		go d.world.done("first")
		synctest.Wait()
		assert.Equal(t, []string{"first", "other", "slow"}, d.world.started())
		go d.world.done("other")
		synctest.Wait()
		assert.Equal(t, []string{"first", "other", "slow", "quick"}, d.world.started())
		go d.world.done("quick")
		synctest.Wait()
		time.Sleep(time.Second)
		assert.NotContains(t, d.history(), "slow attempt_claimed", "there is no process yet")
		assert.Contains(t, d.history(), "quick attempt_claimed")
		close(open)
		time.Sleep(25 * time.Millisecond)
		assert.Contains(t, d.history(), "slow attempt_claimed")
		go d.world.done("slow")
		synctest.Wait()
		go d.world.done("last")
		d.ends(engine.OutcomeCompleted)
		assert.Equal(t, []string{"first", "other", "slow", "quick", "last"}, d.world.started())
	})
}

func TestAReportMayComeBeforeStartHasReturned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := drive(t, behind(), func(a agents.Assignment, tell func(agents.Update)) (agents.Work, error) {
			go tell(agents.Update{Report: &agents.Report{}})
			time.Sleep(time.Minute)
			return &held{tell: tell, claim: agents.Claim{PID: 7}}, nil
		})
		history := d.ends(engine.OutcomeCompleted)
		assert.ElementsMatch(t, []string{"first", "other", "slow", "quick", "last"}, d.world.started())
		assert.NotContains(t, fmt.Sprint(history), "attempt_claimed", "what has ended needs no claim")
	})
}

func TestWhatIsInterruptedWhileItIsStartedIsStoppedWhenItHasBegun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		open, start := gate("slow")
		d := drive(t, behind(), start)
		go d.world.done("first")
		synctest.Wait()
		d.interrupts <- struct{}{}
		d.interrupts <- struct{}{}
		synctest.Wait()
		assert.Empty(t, d.result, "one is not known to have ended")
		assert.Equal(t, []string{"first", "other", "slow"}, d.world.started())
		close(open)
		history := d.ends(engine.OutcomeInterrupted)
		assert.Contains(t, history, "slow attempt_cancelled")
		assert.Contains(t, history, "other attempt_cancelled")
		assert.Equal(t, []string{"first", "other", "slow"}, d.world.started(), "nothing new")
	})
}

func TestWhatIsInterruptedBeforeItIsStartedIsNotStarted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		open, start := gate("slow")
		tasks := []engine.TaskSpec{{ID: "first"}, {ID: "slow", Needs: []string{"first"}}, {ID: "beside", Needs: []string{"first"}}}
		d := drive(t, tasks, start)
		go d.world.done("first")
		synctest.Wait()
		for range 2 {
			d.interrupts <- struct{}{}
		}
		synctest.Wait()
		close(open)
		history := d.ends(engine.OutcomeInterrupted)
		assert.Contains(t, history, "slow attempt_cancelled")
		assert.Contains(t, history, "beside attempt_cancelled")
		assert.NotContains(t, d.world.started(), "beside")
	})
}

func TestADrainLetsWhatIsBeingStartedFinish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		open, start := gate("slow")
		d := drive(t, behind(), start)
		go d.world.done("first")
		synctest.Wait()
		d.interrupts <- struct{}{}
		synctest.Wait()
		go d.world.done("other")
		synctest.Wait()
		close(open)
		synctest.Wait()
		go d.world.done("slow")
		history := d.ends(engine.OutcomeInterrupted)
		assert.Contains(t, history, "slow step_done")
		assert.Equal(t, []string{"first", "other", "slow"}, d.world.started())
	})
}

func TestWhatOthersSayWhileSomethingIsStartedIsHeardAndStartsNothingTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		open, start := gate("slow")
		d := drive(t, behind(), start)
		go d.world.done("first")
		synctest.Wait()
		last, err := d.log.Last(t.Context(), "r")
		require.NoError(t, err)
		note := engine.Event{At: time.Now(), Type: engine.NoteAdded, Task: "slow", Attempt: 1, Step: engine.StepDo, Reason: "hello"}
		require.NoError(t, d.log.Append(t.Context(), "r", last, []engine.Event{note}))
		go d.world.done("other") // whose report finds that somebody else was first
		synctest.Wait()
		close(open)
		synctest.Wait()
		for _, task := range []string{"slow", "quick", "last"} {
			go d.world.done(task)
			synctest.Wait()
		}
		assert.Contains(t, d.ends(engine.OutcomeCompleted), "slow note_added")
		assert.Equal(t, []string{"first", "other", "slow", "quick", "last"}, d.world.started())
	})
}

func TestADriverThatFailsWaitsForWhatIsBeingStartedAndKillsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		open, start := gate("slow")
		var works []*held
		d := drive(t, behind(), func(a agents.Assignment, tell func(agents.Update)) (agents.Work, error) {
			work, err := start(a, tell)
			works = append(works, work.(*held))
			return work, err
		})
		go d.world.done("first")
		synctest.Wait()
		d.kill()
		synctest.Wait()
		assert.Empty(t, d.err)
		close(open)
		require.ErrorIs(t, <-d.err, context.Canceled)
		require.Len(t, works, 3)
		for _, w := range works[1:] {
			assert.True(t, w.stopped)
		}
	})
}

func TestAPanicOfAnAgentEndsTheRunWithAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := drive(t, behind(), func(a agents.Assignment, tell func(agents.Update)) (agents.Work, error) {
			if a.TaskID == "slow" {
				panic("no such luck")
			}
			return &held{tell: tell}, nil
		})
		go d.world.done("first")
		err := <-d.err
		require.ErrorIs(t, err, local.ErrBug)
		assert.ErrorContains(t, err, "no such luck")
	})
}
