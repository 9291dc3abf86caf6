package proc

import (
	"bytes"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestIdentityIsWhatTheSystemSays(t *testing.T) {
	for range 20 { // the first is looked up, most others are worked out
		p, exits := begin(t, "sleep 600", Spec{})
		started, alive := startOf(p.pid)
		require.True(t, alive)
		assert.Equal(t, Identity{PID: p.pid, Started: started, Boot: thisBoot(), Host: ThisHost()}, p.Identity())
		assert.True(t, Alive(p.Identity()))
		p.Kill()
		<-exits
		assert.False(t, Alive(p.Identity()))
	}
	assert.NotEmpty(t, thisBoot())
}

func TestAnotherProcessWithTheSamePidIsNotTakenForIt(t *testing.T) {
	self := Self()
	require.True(t, Alive(self))
	for _, change := range []func(*Identity){
		func(id *Identity) { id.Started-- },
		func(id *Identity) { id.Started += 100 },
		func(id *Identity) { id.Boot = "another" },
		func(id *Identity) { id.Host = "another" },
		func(id *Identity) { id.PID = 0 },
		func(id *Identity) { id.PID = -1 },
	} {
		other := self
		change(&other)
		assert.False(t, Alive(other), other)
	}
	require.NoError(t, EndGroup(Identity{PID: self.PID, Started: self.Started - 1, Boot: self.Boot, Host: self.Host}, time.Second))
}

func TestAZombieIsNotAlive(t *testing.T) {
	pid, err := spawn(Spec{Path: "true"})
	require.NoError(t, err)
	require.NoError(t, waitDead(pid))
	started, alive := startOf(pid)
	assert.False(t, alive)
	assert.False(t, Alive(Identity{PID: pid, Started: started, Boot: thisBoot(), Host: ThisHost()}))
	assert.False(t, groupAlive(pid))
	_, err = syscall.Wait4(pid, nil, 0, nil)
	require.NoError(t, err)
}

func TestSurvivorIsFoundByItsEnvironmentAndEnded(t *testing.T) {
	mark := "BILLOW_TEST_MARK=" + t.TempDir()
	match := func(environ []byte) bool { return bytes.Contains(environ, []byte(mark+"\x00")) }
	r, w := pipe(t)
	_, exits := begin(t, "trap '' TERM; sh -c 'echo up; sleep 600' & while :; do sleep 600; done",
		Spec{Stdout: w, Env: append(os.Environ(), mark)})
	require.Equal(t, "up", readLine(t, r))
	require.NoError(t, w.Close())
	found := FindByEnv(match)
	assert.GreaterOrEqual(t, len(found), 2, "both shells")
	for _, id := range found {
		assert.NoError(t, EndGroup(id, 50*time.Millisecond))
		assert.False(t, Alive(id))
	}
	assert.Equal(t, "killed", (<-exits).Signal)
	assert.Empty(t, FindByEnv(match))
}

func TestStatIsReadWhateverTheProgramIsCalled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringOf(rapid.RuneFrom([]rune("ab) (Z\t\n1"))).Draw(t, "name")
		line := "12 (" + name + ") S 1 77 77 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 1 2 3\n"
		got, ok := parseStat([]byte(line))
		require.True(t, ok)
		require.Equal(t, stat{state: 'S', group: 77, started: 987654}, got)
		cut := rapid.IntRange(0, strings.LastIndex(line, "987654")).Draw(t, "cut")
		_, ok = parseStat([]byte(line[:cut]))
		require.False(t, ok)
	})
}
