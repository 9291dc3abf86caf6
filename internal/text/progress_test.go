package text

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"billow/engine"
	"billow/internal/control"
	"billow/plan"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "progress", name)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), got, "%s; -update writes it anew", path)
}

// story is a stored history that is told again, event by event, to a Progress.
type story struct {
	t        *testing.T
	state    *engine.State
	events   []engine.Event
	at       int
	progress *Progress
	now      time.Time
	out, err bytes.Buffer
}

func newStory(t *testing.T, o ProgressOptions) *story {
	t.Helper()
	s := &story{t: t, state: engine.New()}
	data, err := os.ReadFile("testdata/progress/history.jsonl")
	require.NoError(t, err)
	for _, line := range bytes.Split(bytes.TrimSpace(data), []byte{'\n'}) {
		var ev engine.Event
		require.NoError(t, json.Unmarshal(line, &ev))
		s.events = append(s.events, ev)
	}
	source, err := os.ReadFile("testdata/progress/plan.yaml")
	require.NoError(t, err)
	doc := plan.Read("plan.yaml", source, plan.Options{})
	require.Empty(t, plan.Errors(doc.Problems))

	o.Out, o.Err = &s.out, &s.err
	s.now = s.events[0].At
	o.Now = func() time.Time { return s.now }
	s.progress = newProgress(o)
	require.NoError(t, s.state.Apply(s.events[0]))
	s.at = 1
	s.progress.Started(control.Started{Run: s.state.Run(), Plan: doc.Plan, Path: "plan.yaml", Dir: ".billow/runs/" + s.state.Run(),
		State: s.state, Limits: s.state.Limits(), Schedule: plan.Order(doc.Plan),
		Durations: map[string]time.Duration{"compile": 1500 * time.Millisecond, "deploy": 300 * time.Millisecond},
		Paths:     func(task string, attempt int) string { return fmt.Sprintf("nowhere/%s/%d", task, attempt) }})
	return s
}

// until tells everything that had happened by a time after the beginning, and draws.
func (s *story) until(after time.Duration) {
	s.t.Helper()
	began := s.events[0].At
	for s.at < len(s.events) && !s.events[s.at].At.After(began.Add(after)) {
		require.NoError(s.t, s.state.Apply(s.events[s.at]))
		s.progress.Watch(s.state, s.events[s.at:s.at+1])
		s.at++
	}
	s.now = began.Add(after)
	s.progress.tick(s.now)
}

func TestFramesOfAStoredHistory(t *testing.T) {
	for name, o := range map[string]struct {
		columns, rows int
		style         Style
		ascii         bool
	}{
		"frames": {columns: 100, rows: 24}, "frames-narrow": {columns: 34, rows: 24},
		"frames-low": {columns: 100, rows: 5}, "frames-color": {columns: 100, rows: 24, style: Style{Color: true}, ascii: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t, ProgressOptions{Live: true, Style: o.style, ASCII: o.ascii,
				Size: func() (int, int) { return o.columns, o.rows }})
			var b strings.Builder
			for _, ms := range []int{0, 10, 100, 240, 850, 1000, 1530, 2050, 2300, 2600} {
				s.until(time.Duration(ms) * time.Millisecond)
				fmt.Fprintf(&b, "=== %d ms\n%s\n", ms, strings.ReplaceAll(strings.Join(s.progress.screen.block, "\n"), "\x1b", "^"))
				assert.Less(t, len(s.progress.screen.block), o.rows)
				for _, line := range s.progress.screen.block {
					assert.Less(t, width(line), o.columns)
				}
			}
			s.progress.last()
			b.WriteString("=== what stays\n" + strings.ReplaceAll(onTerminal(s.err.String(), 10_000), "\x1b", "^"))
			golden(t, name+".golden", b.String())
		})
	}
}

func TestLinesOfAStoredHistory(t *testing.T) {
	for _, output := range []Output{OutputAuto, OutputPrefix, OutputGroup, OutputQuiet} {
		t.Run("lines-"+string(output), func(t *testing.T) {
			s := newStory(t, ProgressOptions{Output: output, NoOpening: output == OutputQuiet})
			s.until(time.Minute)
			s.progress.last()
			want := "lines.golden"
			if output == OutputQuiet {
				want = "lines-quiet.golden"
			}
			golden(t, want, s.err.String())
			assert.Empty(t, s.out.String(), "no log was there to show")
		})
	}
}

func TestAProgressEndsWithItsGoroutine(t *testing.T) {
	defer goleak.VerifyNone(t)
	var out, err bytes.Buffer
	p := NewProgress(ProgressOptions{Out: &out, Err: &err})
	p.Notice("on the way")
	p.Close()
	p.Close()
	assert.Equal(t, "billow: on the way\n", err.String())
	assert.Empty(t, out.String())
}

func TestAnInterruptSaysHowManyTasksFinish(t *testing.T) {
	s := newStory(t, ProgressOptions{})
	s.until(10 * time.Millisecond)
	s.err.Reset()
	for n := 1; n <= 3; n++ {
		s.progress.Interrupted(n)
	}
	s.progress.tick(s.now)
	assert.Equal(t, "billow: interrupted: finishing 3 running tasks; Ctrl-C again stops them\n"+
		"billow: stopping what runs; once more kills it\nbilly", strings.Replace(s.err.String(), "billow: killing what runs\n", "billy", 1))
}

func TestWhatIsNotShownCostsTheLoopNothing(t *testing.T) {
	s := newStory(t, ProgressOptions{Output: OutputQuiet})
	for s.at < len(s.events) {
		require.NoError(t, s.state.Apply(s.events[s.at]))
		s.at++
	}
	var unseen []engine.Event
	for _, ev := range s.events {
		if ev.Type != engine.StepFailed {
			unseen = append(unseen, ev)
		}
	}
	assert.Zero(t, testing.AllocsPerRun(100, func() { s.progress.Watch(s.state, unseen) }))
	assert.Empty(t, s.progress.notes)
}

func BenchmarkWatch(b *testing.B) {
	for name, o := range map[string]ProgressOptions{"quiet": {Output: OutputQuiet}, "lines": {}, "live": {Live: true}} {
		b.Run(name, func(b *testing.B) {
			const tasks = 10_000
			specs := make([]engine.TaskSpec, tasks)
			for i := range specs {
				specs[i] = engine.TaskSpec{ID: fmt.Sprint("t", i), Class: engine.ClassRun}
			}
			state := engine.New()
			require.NoError(b, state.Apply(engine.Event{Type: engine.RunStarted, Run: &engine.RunSpec{ID: "r", Tasks: specs}}))
			o.Out, o.Err = &bytes.Buffer{}, &bytes.Buffer{}
			p := newProgress(o)
			events := []engine.Event{{}}
			for i := 0; b.Loop(); i++ {
				events[0] = engine.Event{Type: engine.AttemptStarted, Task: specs[i%tasks].ID, Attempt: 1}
				p.Watch(state, events)
				if len(p.notes) == 1000 {
					p.notes = p.notes[:0]
				}
			}
		})
	}
}
