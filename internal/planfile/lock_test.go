package planfile

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// lockEnv makes the test binary take a lock (DIR:PLAN), say so, and hold it until its stdin ends.
const lockEnv = "PLANFILE_TEST_LOCK"

func TestMain(m *testing.M) {
	if dir := os.Getenv(lockEnv); dir != "" {
		holdLock(dir)
		return
	}
	os.Exit(m.Run())
}

func holdLock(dir string) {
	l, err := Acquire(filepath.Join(dir, "locks"), filepath.Join(dir, "plan.yaml"), Holder{
		PID: os.Getpid(), Host: "elsewhere", Started: time.Now(), Run: "abc",
	})
	if err != nil {
		fmt.Println("failed:", err)
		return
	}
	fmt.Println("locked")
	_, _ = io.Copy(io.Discard, os.Stdin)
	_ = l.Close()
}

// lockInChild starts a process that holds the lock of dir/plan.yaml; end ends it in good order.
func lockInChild(t *testing.T, dir string) (child *exec.Cmd, end func()) {
	t.Helper()
	child = exec.Command(os.Args[0])
	child.Env = append(os.Environ(), lockEnv+"="+dir)
	in, err := child.StdinPipe()
	require.NoError(t, err)
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "locked\n", line)
	return child, func() {
		require.NoError(t, in.Close())
		require.NoError(t, child.Wait())
	}
}

func TestOnePlanHasOneRunAcrossProcesses(t *testing.T) {
	dir := t.TempDir()
	locks, real := filepath.Join(dir, "locks"), filepath.Join(dir, "plan.yaml")
	child, end := lockInChild(t, dir)

	_, err := Acquire(locks, real, Holder{PID: os.Getpid()})
	require.ErrorIs(t, err, ErrLocked)
	var locked *LockedError
	require.ErrorAs(t, err, &locked)
	assert.Equal(t, child.Process.Pid, locked.Holder.PID)
	assert.Equal(t, "abc", locked.Holder.Run)

	other, err := Acquire(locks, filepath.Join(dir, "other", "plan.yaml"), Holder{PID: 1})
	require.NoError(t, err, "another plan of the same name has a lock of its own")
	require.NoError(t, other.Close())

	end()
	mine, err := Acquire(locks, real, Holder{PID: os.Getpid()})
	require.NoError(t, err)
	require.NoError(t, mine.Close())
	require.NoError(t, mine.Close(), "closing twice is fine")
}

func TestALockDiesWithItsProcess(t *testing.T) {
	dir := t.TempDir()
	child, _ := lockInChild(t, dir)
	require.NoError(t, child.Process.Kill())
	require.Error(t, child.Wait())

	l, err := Acquire(filepath.Join(dir, "locks"), filepath.Join(dir, "plan.yaml"), Holder{PID: 7})
	require.NoError(t, err, "what a killed process leaves behind is free")
	require.NoError(t, l.Close())
}

func TestASecondLockInOneProcessIsRefused(t *testing.T) {
	dir := t.TempDir()
	l, err := Acquire(dir, "/x/plan.yaml", Holder{PID: 1})
	require.NoError(t, err)
	_, err = Acquire(dir, "/x/plan.yaml", Holder{PID: 2})
	require.ErrorIs(t, err, ErrLocked)
	require.NoError(t, l.Close())
}

func TestLookingWhetherAPlanIsRunKeepsNobodyFromRunningIt(t *testing.T) {
	dir := t.TempDir()
	assert.False(t, Held(dir, "/x/plan.yaml"), "nobody ever ran it")
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				Held(dir, "/x/plan.yaml")
			}
		}
	}()
	for range 20 {
		l, err := Acquire(dir, "/x/plan.yaml", Holder{PID: 1})
		require.NoError(t, err)
		assert.True(t, Held(dir, "/x/plan.yaml"))
		require.NoError(t, l.Close())
	}
	close(stop)
	<-stopped
	assert.False(t, Held(dir, "/x/plan.yaml"))
}

func TestLockedErrorSaysWhoAndSinceWhen(t *testing.T) {
	at := time.Now()
	long := time.Date(2024, 5, 6, 10, 31, 0, 0, time.Local)
	for want, h := range map[string]Holder{
		"plan.yaml is being run by another process":                                           {},
		"plan.yaml is being run by process 7":                                                 {PID: 7},
		"plan.yaml is being run by process 7 on x since " + at.Format("15:04") + " (run abc)": {7, "x", at, "abc"},
		"plan.yaml is being run by process 7 on x since 2024-05-06 10:31 (run abc)":           {7, "x", long, "abc"},
	} {
		assert.Equal(t, want, (&LockedError{Plan: "plan.yaml", Holder: h}).Error())
	}
}

func TestTwoProjectsThatLinkToOnePlanMeetAtOneLock(t *testing.T) {
	root := t.TempDir()
	shared := filepath.Join(root, "shared")
	require.NoError(t, os.MkdirAll(filepath.Join(shared, ".git"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(shared, "plan.yaml"), nil, 0o644))
	var dirs []string
	for _, name := range []string{"a", "b"} {
		dir := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Join(dir, ".git"), 0o755))
		require.NoError(t, os.Symlink(filepath.Join(shared, "plan.yaml"), filepath.Join(dir, "plan.yaml")))
		f, err := Open(filepath.Join(dir, "plan.yaml"), Options{})
		require.NoError(t, err)
		dirs = append(dirs, LockDir(f.Real))
	}
	assert.Equal(t, dirs[0], dirs[1])
	assert.Contains(t, dirs[0], filepath.Join("shared", ".billow", "locks"))
}
