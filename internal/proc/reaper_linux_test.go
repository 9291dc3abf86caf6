package proc

import (
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The moment between the birth of a child and the wait for it is short, so it is made here.
func TestChildThatIsDeadBeforeAnybodyWaitsIsReported(t *testing.T) {
	exits := make(chan Exit, 2)
	p := &Process{done: func(e Exit) { exits <- e }, grace: time.Second}
	pid, err := spawn(Spec{Path: "sh", Args: []string{"-c", "exit 7"}})
	require.NoError(t, err)
	require.NoError(t, waitDead(pid))
	p.pid = pid
	children.add(p)
	assert.Equal(t, 7, (<-exits).Status)
}

func TestChildrenOfOthersAreLeftToThem(t *testing.T) {
	hold, w := pipe(t)
	_, ours := begin(t, "cat", Spec{Stdin: hold})
	stranger := exec.Command("sh", "-c", "exit 5")
	require.NoError(t, stranger.Start())
	require.NoError(t, waitDead(stranger.Process.Pid))
	require.NoError(t, w.Close())
	assert.True(t, (<-ours).OK())
	var failed *exec.ExitError
	require.ErrorAs(t, stranger.Wait(), &failed)
	assert.Equal(t, 5, failed.ExitCode())
}

func TestChildThatSomebodyElseWaitedForIsLost(t *testing.T) {
	pid, err := spawn(Spec{Path: "true"})
	require.NoError(t, err)
	_, err = syscall.Wait4(pid, nil, 0, nil)
	require.NoError(t, err)
	exits := make(chan Exit, 2)
	children.add(&Process{pid: pid, done: func(e Exit) { exits <- e }})
	exit := <-exits
	assert.NotEmpty(t, exit.Lost)
	assert.False(t, exit.OK())
}

func TestManyChildrenDoNotHoldAThreadEach(t *testing.T) {
	const many = 3 * mostThreads
	hold, w := pipe(t)
	exits := make(chan Exit, many)
	for range many {
		_, err := Start(Spec{Path: "cat", Stdin: hold}, func(e Exit) { exits <- e })
		require.NoError(t, err)
	}
	for children.waiting.Load() < many {
		runtime.Gosched()
	}
	threads, err := os.ReadDir("/proc/self/task")
	require.NoError(t, err)
	assert.Less(t, len(threads), 2*mostThreads)
	require.NoError(t, w.Close())
	for range many {
		assert.True(t, (<-exits).OK())
	}
}
