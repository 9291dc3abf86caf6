package review

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"billow/engine"
	"billow/failure"
)

func noon() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }

func at(seconds int) time.Time { return noon().Add(time.Duration(seconds) * time.Second) }

func events(list []engine.Event) iter.Seq2[engine.Event, error] {
	return func(yield func(engine.Event, error) bool) {
		for _, ev := range list {
			if !yield(ev, nil) {
				return
			}
		}
	}
}

// wide is a run of so many tasks, each in a wave of its own and a second long; every tenth fails.
func wide(n int) []engine.Event {
	run := &engine.RunSpec{ID: "r", PlanID: "wide", Limits: engine.Limits{Run: 1, Strict: true}}
	for i := range n {
		run.Tasks = append(run.Tasks, engine.TaskSpec{ID: fmt.Sprintf("t%d", i), Wave: i, Class: engine.ClassRun, Agent: fmt.Sprintf("a%d", i)})
	}
	out := []engine.Event{{At: noon(), Type: engine.RunStarted, Run: run}, {At: noon(), Type: engine.DriverStarted}}
	for i := range n {
		id := run.Tasks[i].ID
		out = append(out, engine.Event{At: at(i), Type: engine.AttemptStarted, Task: id, Attempt: 1, Step: engine.StepDo})
		end := engine.Event{At: at(i + 1), Type: engine.StepDone, Task: id, Attempt: 1, Step: engine.StepDo}
		if i%10 == 9 {
			kind := failure.Kinds()[i%len(failure.Kinds())]
			end.Type, end.Reason = engine.StepFailed, fmt.Sprint("reason ", i)
			end.Signal, end.Remedy = &failure.Signal{Kind: kind, Rule: fmt.Sprint("rule ", i)}, &failure.Remedy{Action: failure.Fail}
		}
		out = append(out, end)
	}
	return append(out, engine.Event{At: at(n), Type: engine.RunFinished, Status: engine.OutcomeFailed})
}

func TestListsOfAReviewOfALargeRunAreShortAndItsTotalsWhole(t *testing.T) {
	const n = 3000
	r, err := Of(events(wide(n)))
	require.NoError(t, err)
	assert.Equal(t, n, r.Attempts)
	assert.Equal(t, Seconds(n*time.Second), r.Work)
	assert.Equal(t, n/10, r.Failures)
	for name, length := range map[string]int{"waves": len(r.Waves), "agents": len(r.Agents), "tasks": len(r.Tasks),
		"causes": len(r.Causes), "critical_path": len(r.Path)} {
		assert.Equal(t, Listed, length, name)
	}
	assert.Equal(t, map[string]int{"waves": n - Listed, "agents": n - Listed, "tasks": n - Listed, "causes": n/10 - Listed,
		"critical_path": n - Listed, "timeline": 2*(n-Listed) + n/10 - Listed}, r.LeftOut)
	for _, list := range [][]Finding{r.Right, r.Wrong, r.Better, r.Actions} {
		for _, f := range list {
			assert.LessOrEqual(t, len(f.Tasks), Listed, f.Rule)
			assert.Less(t, len(f.Text), 1000, f.Rule)
		}
	}
}

func TestWhatWasUsedIsThatOfWhoeverUsedIt(t *testing.T) {
	run := &engine.RunSpec{ID: "r", PlanID: "p", Tasks: []engine.TaskSpec{{ID: "a", Class: engine.ClassAgent, Agent: "maker"}}}
	usage := func(by string, usd float64) engine.Event {
		return engine.Event{At: at(1), Type: engine.UsageAdded, Task: "a", Attempt: 1, By: by, Usage: &engine.Usage{InputTokens: 10, USD: usd}}
	}
	r, err := Of(events([]engine.Event{{At: noon(), Type: engine.RunStarted, Run: run}, {At: noon(), Type: engine.DriverStarted},
		{At: noon(), Type: engine.AttemptStarted, Task: "a", Attempt: 1, Step: engine.StepDo}, usage("", 1), usage("maker", 2),
		usage("gem-debugger", 4)}))
	require.NoError(t, err)
	got := map[string]float64{}
	for _, a := range r.Agents {
		got[a.Name] = a.USD
	}
	assert.Equal(t, map[string]float64{"maker": 3, "gem-debugger": 4}, got)
	assert.Equal(t, 7.0, r.USD)
}

func TestEveryStepIsTheWorkOfWhoeverDidIt(t *testing.T) {
	run := &engine.RunSpec{ID: "r", PlanID: "p", Tasks: []engine.TaskSpec{{ID: "a", Class: engine.ClassAgent, Agent: "maker"}}}
	step := func(sec int, typ engine.EventType, attempt int, name string) engine.Event {
		return engine.Event{At: at(sec), Type: typ, Task: "a", Attempt: attempt, Step: name}
	}
	broken := step(10, engine.StepFailed, 1, engine.StepDo)
	broken.Signal = &failure.Signal{Kind: failure.Fixable, Rule: "report"}
	broken.Remedy = &failure.Remedy{Action: failure.Recipe, Counted: true, Steps: []failure.Step{
		{Name: "diagnose", Agent: "debugger", Class: "agent"}, {Name: "fix", Agent: "maker", Class: "agent"}}}
	r, err := Of(events([]engine.Event{{At: noon(), Type: engine.RunStarted, Run: run}, {At: noon(), Type: engine.DriverStarted},
		step(0, engine.AttemptStarted, 1, engine.StepDo), broken,
		step(20, engine.AttemptStarted, 2, "diagnose"), step(23, engine.StepDone, 2, "diagnose"),
		step(30, engine.StepStarted, 2, "fix"), step(34, engine.StepDone, 2, "fix")}))
	require.NoError(t, err)
	got := map[string][]int{}
	for _, a := range r.Agents {
		got[a.Name] = []int{a.Attempts, a.Failures, int(time.Duration(a.Work).Seconds()), int(time.Duration(a.Wasted).Seconds()), a.Done}
	}
	assert.Equal(t, map[string][]int{"maker": {2, 1, 14, 10, 1}, "debugger": {1, 0, 3, 0, 1}}, got)
}

func TestTheSameHistoryGivesTheSameReview(t *testing.T) {
	first, err := Of(events(wide(50)))
	require.NoError(t, err)
	second, err := Of(events(wide(50)))
	require.NoError(t, err)
	assert.Equal(t, first, second)
}

func TestAHistoryThatDoesNotFoldIsAnErrorThatSaysWhere(t *testing.T) {
	list := wide(3)
	_, err := Of(events(slices.Concat(list[:3], list[2:])))
	require.ErrorIs(t, err, engine.ErrIllegal)
	assert.ErrorContains(t, err, "event 4 does not fold: ")
	broken := errors.New("the disk failed")
	_, err = Of(func(yield func(engine.Event, error) bool) { yield(engine.Event{}, broken) })
	assert.ErrorIs(t, err, broken)
}

func TestAClockThatIsSetBackMakesNoTimeNegative(t *testing.T) {
	list := wide(3)
	for i := range list[3:] {
		list[3+i].At = noon().Add(-time.Hour)
	}
	r, err := Of(events(list))
	require.NoError(t, err)
	assert.Zero(t, r.Elapsed)
	for _, task := range r.Tasks {
		assert.GreaterOrEqual(t, task.Work, Seconds(0))
		assert.GreaterOrEqual(t, task.Waited, Seconds(0))
	}
	for _, l := range r.Path {
		assert.GreaterOrEqual(t, l.Took+l.Waited, Seconds(0))
	}
}

// What a barrier keeps is as good as all of it.
func TestABarrierKnowsWhoItWaitedForLast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b barrier
		var all []rested
		for i, wave := range rapid.SliceOf(rapid.IntRange(0, 6)).Draw(t, "waves") {
			e := rested{wave, at(i), fmt.Sprint("t", i)}
			b.push(e.wave, e.at, e.task)
			all = append(all, e)
		}
		for wave := range 8 {
			var want rested
			for _, e := range all {
				if e.wave < wave {
					want = e
				}
			}
			when, task, ok := b.behind(wave)
			require.Equal(t, want.task != "", ok)
			require.Equal(t, want.task, task)
			require.Equal(t, want.at, when)
		}
	})
}

func TestTimeLimitsAreKnownByTheirMessages(t *testing.T) {
	f := newFold()
	for _, name := range []string{"total", "idle", "first_output"} {
		assert.True(t, f.deadline(failure.Classify(failure.Observation{Timeout: name, Signal: "killed"}, nil)), name)
	}
	for message, want := range map[string]bool{
		"took longer than its 300ms": true, "printed nothing in its first 1m30s": true, "printed nothing for 5m0s": true,
		"claude took longer than 30m0s": true, "claude printed nothing within 2m0s": true, "codex printed nothing for 1.5s": true,
		"exit status 1": false, "exit status 1: the test took longer than 3s": false, "took longer than I thought": false,
	} {
		assert.Equal(t, want, f.deadline(failure.Signal{Message: message}), message)
	}
}

func TestRulesHaveNamesOfTheirOwnAndSayWhen(t *testing.T) {
	seen := map[string]bool{}
	for _, rule := range Rules() {
		assert.False(t, seen[rule.Name], rule.Name)
		seen[rule.Name] = true
		assert.NotEmpty(t, rule.When, rule.Name)
		assert.Contains(t, []Section{Right, Wrong, Better}, rule.Section)
	}
}

func TestAGaugeSumsUpWhatWasSo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		so := rapid.SliceOf(rapid.Bool()).Draw(t, "so")
		var g gauge
		for i, s := range so {
			g.set(at(i), s)
		}
		sum := time.Duration(0)
		for i := range so {
			require.Equal(t, sum, g.until(at(i)))
			if so[i] {
				sum += time.Second
			}
		}
		require.Equal(t, sum, g.until(at(len(so))))
	})
}

// Two tasks share a lock and one slot is there: the second waits for the slot. With two slots it waits for the lock.
func TestATaskWaitsForALockOnlyWhereItHadASlot(t *testing.T) {
	for slots, want := range map[int][2]Seconds{1: {Seconds(10 * time.Second), 0}, 2: {0, Seconds(10 * time.Second)}} {
		run := &engine.RunSpec{ID: "r", PlanID: "p", Limits: engine.Limits{Run: slots}, Tasks: []engine.TaskSpec{
			{ID: "a", Class: engine.ClassRun, Locks: []string{"db"}}, {ID: "b", Class: engine.ClassRun, Locks: []string{"db"}}}}
		r, err := Of(events([]engine.Event{
			{At: at(0), Type: engine.RunStarted, Run: run}, {At: at(0), Type: engine.DriverStarted},
			{At: at(0), Type: engine.AttemptStarted, Task: "a", Attempt: 1, Step: engine.StepDo},
			{At: at(10), Type: engine.StepDone, Task: "a", Attempt: 1, Step: engine.StepDo},
			{At: at(10), Type: engine.AttemptStarted, Task: "b", Attempt: 1, Step: engine.StepDo},
			{At: at(15), Type: engine.StepDone, Task: "b", Attempt: 1, Step: engine.StepDo},
			{At: at(15), Type: engine.RunFinished, Status: engine.OutcomeCompleted},
		}))
		require.NoError(t, err)
		assert.Equal(t, want, [2]Seconds{r.Waiting.Limits.Total, r.Waiting.Conflicts.Total}, "%d slots", slots)
		assert.Len(t, r.Path, slots, "what freed a slot is not followed")
	}
}

// played is a random run: what the engine calls for is done, and it goes well or badly.
func played(t *rapid.T) []engine.Event {
	run := &engine.RunSpec{ID: "r", PlanID: "p", Limits: engine.Limits{Run: rapid.IntRange(0, 3).Draw(t, "slots"), Strict: rapid.Bool().Draw(t, "strict")}}
	for i := range rapid.IntRange(1, 12).Draw(t, "tasks") {
		spec := engine.TaskSpec{ID: fmt.Sprint("t", i), Wave: i / 4, Class: engine.ClassRun, Agent: fmt.Sprint("a", i%3)}
		for k := range i {
			switch rapid.IntRange(0, 5).Draw(t, "edge") {
			case 0:
				spec.Needs = append(spec.Needs, fmt.Sprint("t", k))
			case 1:
				spec.Conflicts = append(spec.Conflicts, fmt.Sprint("t", k))
			}
		}
		if rapid.Bool().Draw(t, "locked") {
			spec.Locks = []string{"db"}
		}
		run.Tasks = append(run.Tasks, spec)
	}
	state, now := engine.New(), 0
	var out []engine.Event
	add := func(ev engine.Event) {
		ev.At = at(now)
		require.NoError(t, state.Apply(ev))
		out = append(out, ev)
	}
	add(engine.Event{Type: engine.RunStarted, Run: run})
	add(engine.Event{Type: engine.DriverStarted})
	for state.Finished() == "" {
		next := state.Next()
		for _, c := range next {
			switch c.Do {
			case engine.Start:
				add(engine.Event{Type: engine.AttemptStarted, Task: c.Task, Attempt: c.Attempt, Step: engine.StepDo})
			case engine.Wake:
				if len(state.Live()) == 0 {
					now = max(now, int(c.At.Sub(noon())/time.Second))
					add(engine.Event{Type: engine.TimeReached, Until: at(now)})
				}
			case engine.Finish:
				add(engine.Event{Type: engine.RunFinished, Status: c.Outcome})
			}
		}
		if live := state.Live(); len(live) > 0 {
			v := rapid.SampledFrom(live).Draw(t, "ends")
			now += rapid.IntRange(0, 5).Draw(t, "seconds")
			ev := engine.Event{Type: engine.StepDone, Task: v.ID, Attempt: v.Attempt, Step: engine.StepDo}
			switch rapid.IntRange(0, 5).Draw(t, "how") {
			case 0:
				ev.Type, ev.Signal, ev.Remedy = engine.StepFailed, &failure.Signal{Kind: failure.NewFailure, Rule: "default"}, &failure.Remedy{Action: failure.Fail}
			case 1:
				ev.Type, ev.Signal = engine.StepFailed, &failure.Signal{Kind: failure.Transient, Rule: "pattern: network"}
				ev.Remedy = &failure.Remedy{Action: failure.Retry, Delay: 3 * time.Second, Counted: true}
			case 2: // the driver is killed, and another one goes on
				add(engine.Event{Type: engine.UsageAdded, Task: v.ID, Usage: &engine.Usage{InputTokens: 7, USD: 0.5}})
				now += rapid.IntRange(0, 5).Draw(t, "away")
				add(engine.Event{Type: engine.DriverStarted})
				for _, v := range live {
					add(engine.Event{Type: engine.AttemptLost, Task: v.ID, Attempt: v.Attempt})
				}
				continue
			}
			add(ev)
		}
	}
	return out
}

func TestFiguresAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, err := Of(events(played(t)))
		require.NoError(t, err)
		var waves, agents, tasks Totals
		for _, w := range r.Waves {
			waves.add(w.Totals)
		}
		for _, a := range r.Agents {
			agents.add(a.Totals)
		}
		var waited Seconds
		for _, task := range r.Tasks {
			tasks.add(task.Totals)
			waited += task.Waited
			assert.LessOrEqual(t, task.Work+task.Waited, r.Elapsed, task.ID)
			assert.LessOrEqual(t, task.Wasted, task.Work, task.ID)
		}
		assert.Equal(t, r.Totals, waves)
		assert.Equal(t, r.Totals, agents)
		assert.Equal(t, r.Totals, tasks)
		w := r.Waiting
		assert.Equal(t, waited, w.People.Total+w.Limits.Total+w.Conflicts.Total+w.Backoff.Total)
		causes, wasted := 0, Seconds(0)
		for _, c := range r.Causes {
			causes, wasted = causes+c.Failures, wasted+c.Wasted
		}
		assert.Equal(t, r.Failures, causes)
		assert.LessOrEqual(t, wasted, r.Wasted)
		assert.LessOrEqual(t, w.Idle+w.Away, r.Elapsed)

		// The critical path is all of the time up to the last end of an attempt: the end of the run.
		var path Seconds
		for _, l := range r.Path {
			path += l.Waited + l.Took
		}
		if r.Attempts > 0 {
			assert.Equal(t, r.Elapsed, path)
		}
	})
}

func TestUsageOfATaskThatNobodyHasBegunIsNobodysShare(t *testing.T) {
	run := &engine.RunSpec{ID: "r", PlanID: "p", Tasks: []engine.TaskSpec{{ID: "a", Class: engine.ClassAgent, Agent: "x"}}}
	r, err := Of(events([]engine.Event{{At: noon(), Type: engine.RunStarted, Run: run},
		{At: noon(), Type: engine.UsageAdded, Task: "a", Usage: &engine.Usage{InputTokens: 7}}}))
	require.NoError(t, err)
	assert.EqualValues(t, 7, r.InputTokens)
}
