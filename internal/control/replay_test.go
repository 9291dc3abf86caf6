package control

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/engine"
	"billow/internal/store"
	"billow/internal/store/mem"
)

// recorded is a service over a store with one run of two tasks, of which the first is done, and the state that its
// events give.
func recorded(t *testing.T) (*Service, store.Log, *engine.State) {
	t.Helper()
	log := mem.New()
	t.Cleanup(func() { require.NoError(t, log.Close()) })
	noon := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	events := []engine.Event{
		{At: noon, Type: engine.RunStarted, Run: &engine.RunSpec{ID: "r1", PlanID: "p", Tasks: []engine.TaskSpec{
			{ID: "a", Class: engine.ClassRun}, {ID: "b", Class: engine.ClassRun, Needs: []string{"a"}}}}},
		{At: noon, Type: engine.DriverStarted},
		{At: noon.Add(time.Second), Type: engine.AttemptStarted, Task: "a", Attempt: 1, Step: engine.StepDo},
		{At: noon.Add(2 * time.Second), Type: engine.StepDone, Task: "a", Attempt: 1, Step: engine.StepDo},
	}
	require.NoError(t, log.Append(t.Context(), "r1", 0, events))
	require.NoError(t, log.PutRun(t.Context(), store.Run{ID: "r1", Plan: "plan.yaml", PlanID: "p", Started: noon}))
	state, err := engine.Replay(events)
	require.NoError(t, err)
	s := &Service{Dir: t.TempDir(), OpenStore: func(string, bool) (store.Log, error) { return unclosed{log}, nil }}
	return s, log, state
}

// unclosed is a store that stays open for the next verb.
type unclosed struct{ store.Log }

func (unclosed) Close() error { return nil }

func TestCheckReplayComparesWithTheStateThatWasKept(t *testing.T) {
	s, log, state := recorded(t)
	got, err := s.CheckReplay(t.Context(), ReplayRequest{Of: "r1"})
	require.NoError(t, err)
	want := &ReplayCheck{Run: "r1", PlanID: "p", Sound: true, Events: 4, Outcome: "open"}
	assert.Equal(t, want, got, "without a kept state")

	data, err := json.Marshal(state)
	require.NoError(t, err)
	require.NoError(t, log.PutSnapshot(t.Context(), "r1", 4, data))
	got, err = s.CheckReplay(t.Context(), ReplayRequest{Of: "r1"})
	require.NoError(t, err)
	want.Snapshot = 4
	assert.Equal(t, want, got)
}

func TestCheckReplayNamesTheTaskThatWasKeptOtherwise(t *testing.T) {
	s, log, state := recorded(t)
	data, err := json.Marshal(state)
	require.NoError(t, err)
	other := strings.Replace(string(data), `"state":"done"`, `"state":"failed"`, 1)
	require.NotEqual(t, string(data), other)
	require.NoError(t, log.PutSnapshot(t.Context(), "r1", 4, []byte(other)))
	got, err := s.CheckReplay(t.Context(), ReplayRequest{Of: "r1"})
	require.NoError(t, err)
	assert.False(t, got.Sound)
	assert.Equal(t, `run r1: after event 4 task a is done, but "failed" was kept`, got.Trouble)
}

func TestCheckReplayMissesEventsThatAKeptStateHadSeen(t *testing.T) {
	s, log, state := recorded(t)
	data, err := json.Marshal(state)
	require.NoError(t, err)
	require.NoError(t, log.PutSnapshot(t.Context(), "r1", 9, []byte(strings.Replace(string(data), `"seq":4`, `"seq":9`, 1))))
	got, err := s.CheckReplay(t.Context(), ReplayRequest{Of: "r1"})
	require.NoError(t, err)
	assert.Equal(t, "run r1 ends at event 4, but a state was kept after event 9", got.Trouble)
}

// A run of today can be kept as a test of the engine's.
func TestExportedHistoriesAreAsTheEngineKeepsThem(t *testing.T) {
	s, _, state := recorded(t)
	write, err := s.ExportHistory(t.Context(), ReplayRequest{Of: "r1"})
	require.NoError(t, err)
	var b strings.Builder
	require.NoError(t, write(&b))
	var events []engine.Event
	for line := range strings.Lines(b.String()) {
		var ev engine.Event
		require.NoError(t, json.Unmarshal([]byte(line), &ev))
		events = append(events, ev)
	}
	again, err := engine.Replay(events)
	require.NoError(t, err)
	assert.Equal(t, state.Tasks(), again.Tasks())

	kept, err := filepath.Glob("../../engine/testdata/history/*.ndjson")
	require.NoError(t, err)
	require.NotEmpty(t, kept)
	for _, file := range kept {
		file, err := filepath.Abs(file)
		require.NoError(t, err)
		check, err := s.CheckReplay(t.Context(), ReplayRequest{Of: file})
		require.NoError(t, err)
		assert.True(t, check.Sound, "%s: %s", file, check.Trouble)
	}
}
