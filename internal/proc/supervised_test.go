package proc

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func supervise(t *testing.T, dir, script string, s Spec) (*Supervised, <-chan Exit) {
	t.Helper()
	s.Path, s.Args = "sh", []string{"-c", script}
	exits := make(chan Exit, 2)
	w, err := StartSupervised([]string{"supervise"}, s, dir, func(e Exit) { exits <- e })
	require.NoError(t, err)
	return w, exits
}

func TestSupervisedChildIsReportedAsIfItWereOurs(t *testing.T) {
	dir := t.TempDir()
	out := outputFile(t)
	w, exits := supervise(t, dir, "echo $GREETING; exit 3", Spec{Stdout: out, Env: append(os.Environ(), "GREETING=hello"), Dir: dir})
	assert.True(t, w.Identity().PID > 0)
	exit := <-exits
	assert.Equal(t, 3, exit.Status)
	assert.False(t, exit.Stopped)
	text, err := os.ReadFile(out.Name())
	require.NoError(t, err)
	assert.Equal(t, "hello\n", string(text))
	left, err := os.ReadFile(filepath.Join(dir, "exit.json"))
	require.NoError(t, err)
	assert.NotContains(t, string(left), "hello")
}

func TestSupervisorHoldsDeadlines(t *testing.T) {
	_, exits := supervise(t, t.TempDir(), "trap '' TERM; while :; do sleep 600; done",
		Spec{Stdout: outputFile(t), Timeouts: Timeouts{FirstOutput: 100 * time.Millisecond}, Grace: 20 * time.Millisecond})
	exit := <-exits
	assert.Equal(t, "first_output", exit.Timeout)
	assert.Equal(t, "killed", exit.Signal)
}

func TestStopReachesTheSupervisedGroup(t *testing.T) {
	for name, end := range map[string]func(*Supervised){"stop": (*Supervised).Stop, "kill": (*Supervised).Kill} {
		t.Run(name, func(t *testing.T) {
			r, out := pipe(t)
			w, exits := supervise(t, t.TempDir(), "sleep 600 & echo up; wait", Spec{Stdout: out})
			require.Equal(t, "up", readLine(t, r))
			require.NoError(t, out.Close())
			end(w)
			exit := <-exits
			assert.True(t, exit.Stopped)
			assert.Equal(t, map[string]string{"stop": "terminated", "kill": "killed"}[name], exit.Signal)
			_, err := r.Read(make([]byte, 1))
			assert.Error(t, err) // nobody has the pipe any more
			end(w)
		})
	}
}

func TestSupervisorDropsHangUpsAndItsChildDoesNot(t *testing.T) {
	r, out := pipe(t)
	hold, in := pipe(t)
	w, exits := supervise(t, t.TempDir(), "echo up; read x; kill -HUP $$; echo not reached", Spec{Stdin: hold, Stdout: out})
	require.Equal(t, "up", readLine(t, r))
	require.NoError(t, syscall.Kill(w.Identity().PID, syscall.SIGHUP))
	require.NoError(t, syscall.Kill(w.Identity().PID, syscall.SIGINT))
	require.NoError(t, in.Close())
	exit := <-exits
	assert.Empty(t, exit.Lost)
	assert.Equal(t, "hangup", exit.Signal)
	assert.False(t, exit.Stopped)
}

// abandoned starts a script under a supervisor in a billow that has ended when this returns.
func abandoned(t *testing.T, dir, script string) Identity {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	result, err := Run(t.Context(), Spec{Path: self, Args: []string{"leave-behind", dir, script}})
	require.NoError(t, err)
	var id Identity
	require.NoError(t, json.Unmarshal(result.Stdout, &id))
	return id
}

func TestAdoptedChildGivesItsExitStatus(t *testing.T) {
	dir := t.TempDir()
	id := abandoned(t, dir, "while [ ! -e '"+dir+"/go' ]; do sleep 0.02; done; exit 9")
	require.True(t, Alive(id))
	exits := make(chan Exit, 2)
	w, err := AdoptSupervised(dir, id, func(e Exit) { exits <- e })
	require.NoError(t, err)
	assert.Equal(t, id, w.Identity())
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go"), nil, 0o600))
	exit := <-exits
	assert.Equal(t, 9, exit.Status)
	assert.False(t, exit.Stopped)

	// Its result is there for whoever comes later, and only as long as the file is.
	_, err = AdoptSupervised(dir, id, func(e Exit) { exits <- e })
	require.NoError(t, err)
	assert.Equal(t, 9, (<-exits).Status)
	require.True(t, waitUntilGone(func() bool { return Alive(id) }, 10*time.Second))
	require.NoError(t, os.Remove(filepath.Join(dir, "exit.json")))
	_, err = AdoptSupervised(dir, id, func(Exit) { t.Error("done was called") })
	require.ErrorIs(t, err, ErrGone)
}

func TestAdoptedChildCanBeStopped(t *testing.T) {
	dir := t.TempDir()
	id := abandoned(t, dir, "sleep 600")
	exits := make(chan Exit, 2)
	w, err := AdoptSupervised(dir, id, func(e Exit) { exits <- e })
	require.NoError(t, err)
	w.Stop()
	assert.True(t, (<-exits).Stopped)
	require.True(t, waitUntilGone(func() bool { return Alive(id) }, 10*time.Second))
}

func TestSupervisorThatDiesIsReported(t *testing.T) {
	mark := "BILLOW_TEST_MARK=" + t.TempDir()
	r, out := pipe(t)
	w, exits := supervise(t, t.TempDir(), "echo up; sleep 600", Spec{Stdout: out, Env: append(os.Environ(), mark)})
	require.Equal(t, "up", readLine(t, r))
	p, err := os.FindProcess(w.Identity().PID)
	require.NoError(t, err)
	require.NoError(t, p.Kill())
	exit := <-exits
	assert.NotEmpty(t, exit.Lost)
	assert.False(t, exit.OK())
	for _, id := range FindByEnv(func(env []byte) bool { return strings.Contains(string(env), mark) }) {
		require.NoError(t, EndGroup(id, time.Second))
	}
}

func TestSupervisedStartErrorsAreErrors(t *testing.T) {
	done := func(Exit) { t.Error("done was called") }
	_, err := StartSupervised([]string{"supervise"}, Spec{Path: "no-such-program"}, t.TempDir(), done)
	require.ErrorContains(t, err, "no such program: no-such-program")
	_, err = StartSupervised([]string{"supervise"}, Spec{Path: "sh", Dir: "/no/such"}, t.TempDir(), done)
	require.ErrorContains(t, err, "no such folder to run sh in")
}

func TestSupervisorWithoutItsArgumentsSaysSo(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	_, err = Run(t.Context(), Spec{Path: self, Args: []string{"supervise"}})
	require.ErrorContains(t, err, "exit status 2")
	require.ErrorContains(t, err, "needs an attempt's folder")
}

func TestSupervisorGetsTheSpec(t *testing.T) {
	want := Spec{Path: "-x", Args: []string{"--", "-y", ""}, Timeouts: Timeouts{Total: 1, FirstOutput: time.Hour, Idle: time.Second}, Grace: 7}
	got, dir, err := parseSupervise(superviseArgs(want, "/a b"))
	require.NoError(t, err)
	want.Stdin, want.Stdout, want.Stderr = os.Stdin, os.Stdout, os.Stderr
	assert.Equal(t, want, got)
	assert.Equal(t, "/a b", dir)
}
