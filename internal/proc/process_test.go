package proc

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestExitTellsHowAProcessEnded(t *testing.T) {
	for _, test := range []struct {
		script, signal string
		status         int
	}{
		{"true", "", 0},
		{"exit 3", "", 3},
		{"kill -9 $$", "killed", -1},
		{"kill -15 $$", "terminated", -1},
	} {
		before := time.Now()
		_, exits := begin(t, test.script, Spec{})
		exit := <-exits
		assert.Equal(t, test.status, exit.Status, test.script)
		assert.Equal(t, test.signal, exit.Signal, test.script)
		assert.Equal(t, test.script == "true", exit.OK(), test.script)
		assert.Empty(t, exit.Timeout+exit.Lost)
		assert.False(t, exit.Stopped)
		assert.False(t, exit.Started.Before(before))
		assert.False(t, exit.Ended.Before(exit.Started))
		assert.Positive(t, exit.MaxRSS)
	}
}

func TestProcessorTimeIsCounted(t *testing.T) {
	_, exits := begin(t, "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done", Spec{})
	exit := <-exits
	assert.Greater(t, exit.User+exit.System, time.Millisecond)
}

func TestChildGetsExactlyWhatItIsGiven(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	out, err := os.Create(filepath.Join(dir, "out"))
	require.NoError(t, err)
	defer func() { require.NoError(t, out.Close()) }()
	_, exits := begin(t, "pwd; env | grep -v -e ^PWD -e ^SHLVL -e ^_ -e ^OLDPWD; cat; echo bad >&2",
		Spec{Dir: dir, Env: []string{"A=1", "PATH=" + os.Getenv("PATH")}, Stdout: out, Stderr: out})
	require.True(t, (<-exits).OK())
	text, err := os.ReadFile(out.Name())
	require.NoError(t, err)
	want := []string{dir, "A=1", "PATH=" + os.Getenv("PATH"), "bad"}
	assert.ElementsMatch(t, want, strings.Split(strings.TrimSpace(string(text)), "\n"))
}

func TestEveryChildIsReportedOnce(t *testing.T) {
	const children = 1000
	exits := make(chan int, 2*children)
	inFlight := make(chan struct{}, 8)
	for i := range children {
		inFlight <- struct{}{}
		_, err := Start(Spec{Path: "sh", Args: []string{"-c", "exit $0", string(rune('0' + i%8))}}, func(e Exit) {
			exits <- e.Status
			<-inFlight
		})
		require.NoError(t, err)
	}
	counts := map[int]int{}
	for range children {
		counts[<-exits]++
	}
	assert.Empty(t, exits)
	for status := range 8 {
		assert.Equal(t, children/8, counts[status], "status %d", status)
	}
}

func TestDoneIsNotCalledBeforeStartReturns(t *testing.T) {
	for range 50 {
		var p *Process
		seen := make(chan bool)
		ready := make(chan struct{})
		p, err := Start(Spec{Path: "true"}, func(Exit) { <-ready; seen <- p != nil })
		require.NoError(t, err)
		close(ready)
		assert.True(t, <-seen)
	}
}

// The goroutine that tells of a child's end waits for the first that is started meanwhile, and for no more.
func TestAChildStartedInDoneIsLeftToItsGoroutine(t *testing.T) {
	ends := make(chan int, 4)
	left := make(chan int, 1)
	_, err := Start(Spec{Path: "true"}, func(Exit) {
		for _, status := range []string{"1", "2", "3"} {
			_, err := Start(Spec{Path: "sh", Args: []string{"-c", "exit " + status}}, func(e Exit) { ends <- e.Status })
			assert.NoError(t, err)
		}
		children.mu.Lock()
		defer children.mu.Unlock()
		left <- len(children.queue)
	})
	require.NoError(t, err)
	assert.LessOrEqual(t, <-left, 1)
	assert.ElementsMatch(t, []int{1, 2, 3}, []int{<-ends, <-ends, <-ends})
}

func TestAProgramCanBeRunInDone(t *testing.T) {
	ran := make(chan error, 1)
	_, err := Start(Spec{Path: "true"}, func(Exit) {
		_, err := Run(t.Context(), Spec{Path: "true"})
		ran <- err
	})
	require.NoError(t, err)
	require.NoError(t, <-ran)
}

func TestStopEndsGrandchildrenToo(t *testing.T) {
	r, w := pipe(t)
	p, exits := begin(t, "sh -c 'sleep 600 & echo up; wait' & wait", Spec{Stdout: w})
	require.Equal(t, "up", readLine(t, r))
	require.NoError(t, w.Close())
	p.Stop()
	p.Stop()
	exit := <-exits
	assert.True(t, exit.Stopped)
	assert.Equal(t, "terminated", exit.Signal)
	assert.False(t, p.GroupAlive())
	_, err := io.ReadAll(r) // ends when nobody has the pipe any more
	require.NoError(t, err)
}

func TestChildThatIgnoresTermIsKilled(t *testing.T) {
	r, w := pipe(t)
	p, exits := begin(t, "trap '' TERM; echo up; while :; do sleep 600; done", Spec{Stdout: w, Grace: 50 * time.Millisecond})
	require.Equal(t, "up", readLine(t, r))
	p.Stop()
	exit := <-exits
	assert.Equal(t, "killed", exit.Signal)
	assert.True(t, exit.Stopped)
	assert.GreaterOrEqual(t, exit.Ended.Sub(exit.Started), 50*time.Millisecond)
}

func TestKillIsAtOnce(t *testing.T) {
	r, w := pipe(t)
	p, exits := begin(t, "trap '' TERM; echo up; while :; do sleep 600; done", Spec{Stdout: w})
	require.Equal(t, "up", readLine(t, r))
	p.Stop()
	p.Kill()
	assert.Equal(t, "killed", (<-exits).Signal)
	p.Kill() // of a process that is gone: nothing
	assert.False(t, p.GroupAlive())
}

// The leader goes on TERM, its child does not: the end is reported when both are gone.
func TestStoppedGroupIsReportedWhenAllOfItIsGone(t *testing.T) {
	r, w := pipe(t)
	p, exits := begin(t, "sh -c 'trap \"\" TERM; echo up; while :; do sleep 600; done' & wait",
		Spec{Stdout: w, Grace: 60 * time.Millisecond})
	require.Equal(t, "up", readLine(t, r))
	require.NoError(t, w.Close())
	p.Stop()
	exit := <-exits
	assert.Equal(t, "terminated", exit.Signal)
	assert.False(t, p.GroupAlive())
	_, err := io.ReadAll(r)
	require.NoError(t, err)
}

func TestWhatALeaderLeavesBehindIsSeen(t *testing.T) {
	hold, w := pipe(t)
	// The shell gives background jobs /dev/null as input, so another descriptor has to be made of it.
	p, exits := begin(t, "exec 3<&0; cat <&3 >/dev/null & exit 4", Spec{Stdin: hold})
	assert.Equal(t, 4, (<-exits).Status)
	assert.True(t, p.GroupAlive())
	p.Stop() // after the report nothing is touched
	assert.True(t, p.GroupAlive())
	require.NoError(t, hold.Close())
	require.NoError(t, w.Close())
	require.True(t, waitUntilGone(p.GroupAlive, 10*time.Second))
}

func TestStopWakesASuspendedChild(t *testing.T) {
	p, exits := begin(t, "kill -STOP $$", Spec{})
	p.Stop()
	assert.Equal(t, "terminated", (<-exits).Signal)
}
