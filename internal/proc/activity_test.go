package proc

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func outputFile(t *testing.T) *os.File {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(t.TempDir(), "out"), os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	return f
}

func TestDeadlines(t *testing.T) {
	const short, long = 150 * time.Millisecond, time.Minute
	for name, test := range map[string]struct {
		script   string
		timeouts Timeouts
		want     string
		atLeast  time.Duration
	}{
		"total":                        {"sleep 600", Timeouts{Total: short}, "total", short},
		"total although it prints":     {"while :; do echo x; sleep 0.02; done", Timeouts{Total: short, Idle: long}, "total", short},
		"first output":                 {"sleep 600", Timeouts{FirstOutput: short, Idle: long}, "first_output", short},
		"first output came":            {"echo x; sleep 0.4", Timeouts{FirstOutput: short}, "", 0},
		"idle after output":            {"echo x; sleep 600", Timeouts{FirstOutput: long, Idle: short}, "idle", short},
		"idle from the start":          {"sleep 600", Timeouts{Idle: short}, "idle", short},
		"idle waits for first output":  {"sleep 0.4; echo x", Timeouts{FirstOutput: long, Idle: short}, "", 0},
		"output on the error side":     {"for i in 1 2 3 4 5 6 7 8; do echo x >&2; sleep 0.05; done", Timeouts{Idle: 300 * time.Millisecond}, "", 350 * time.Millisecond},
		"in time":                      {"true", Timeouts{Total: long, FirstOutput: long, Idle: long}, "", 0},
		"long enough to be told apart": {"sleep 600", Timeouts{Total: short, FirstOutput: long, Idle: long}, "total", short},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := outputFile(t), outputFile(t)
			_, exits := begin(t, test.script, Spec{Stdout: out, Stderr: err, Timeouts: test.timeouts})
			exit := <-exits
			assert.Equal(t, test.want, exit.Timeout)
			assert.GreaterOrEqual(t, exit.Ended.Sub(exit.Started), test.atLeast)
			assert.False(t, exit.Stopped)
			assert.Equal(t, test.want == "", exit.OK())
		})
	}
}

func TestDeadlineIsHeldAgainstAChildThatIgnoresTerm(t *testing.T) {
	_, exits := begin(t, "trap '' TERM; while :; do sleep 600; done",
		Spec{Timeouts: Timeouts{Total: 100 * time.Millisecond}, Grace: 30 * time.Millisecond})
	exit := <-exits
	assert.Equal(t, "total", exit.Timeout)
	assert.Equal(t, "killed", exit.Signal)
}

// A scratch file that is used again is not output of the process that gets it.
func TestWhatWasInAFileBeforeIsNoOutput(t *testing.T) {
	out := outputFile(t)
	_, err := out.WriteString("from before\n")
	require.NoError(t, err)
	_, exits := begin(t, "sleep 600", Spec{Stdout: out, Timeouts: Timeouts{FirstOutput: 100 * time.Millisecond}})
	assert.Equal(t, "first_output", (<-exits).Timeout)
}

func TestWatchedFilesStandForPipes(t *testing.T) {
	log := outputFile(t)
	_, w := pipe(t)
	_, exits := begin(t, "i=0; while [ $i -lt 8 ]; do echo x >>\"$LOG\"; sleep 0.05; i=$((i+1)); done",
		Spec{Stdout: w, Watch: []*os.File{log}, Env: append(os.Environ(), "LOG="+log.Name()), Timeouts: Timeouts{Idle: 300 * time.Millisecond}})
	assert.True(t, (<-exits).OK())
}

func TestNextLookIsTheEarliestDeadline(t *testing.T) {
	t0 := time.Now()
	for name, test := range map[string]struct {
		timeouts Timeouts
		after    time.Duration
		passed   string
		next     time.Duration
	}{
		"none":                       {Timeouts{}, time.Hour, "", 0},
		"total":                      {Timeouts{Total: 5}, 4, "", 5},
		"total passed":               {Timeouts{Total: 5}, 5, "total", 0},
		"first before total":         {Timeouts{Total: 5, FirstOutput: 3}, 1, "", 3},
		"idle begins with output":    {Timeouts{FirstOutput: 30, Idle: 2}, 10, "", 12},
		"first before idle":          {Timeouts{FirstOutput: 30, Idle: 25}, 10, "", 30},
		"first passed":               {Timeouts{Total: 50, FirstOutput: 30, Idle: 2}, 31, "first_output", 0},
		"idle counts from the start": {Timeouts{Idle: 2}, 2, "idle", 0},
	} {
		a := activity{timeouts: test.timeouts, started: t0, looked: t0, latest: t0}
		passed, next := a.look(t0.Add(test.after))
		assert.Equal(t, test.passed, passed, name)
		if passed == "" {
			want := time.Time{}
			if test.next > 0 {
				want = t0.Add(test.next)
			}
			assert.Equal(t, want, next, name)
		}
	}
}
