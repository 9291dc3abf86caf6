package sqlite

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"billow/internal/store/storetest"
)

// childEnv names, in the environment, what the test binary does instead of testing when it is run as a child;
// its argument is a path.
const childEnv = "BILLOW_STORE_TEST_CHILD"

func TestMain(m *testing.M) {
	name := os.Getenv(childEnv)
	if name == "" {
		os.Exit(m.Run())
	}
	child, ok := children()[name]
	if !ok {
		fmt.Fprintln(os.Stderr, "no such child:", name)
		os.Exit(2)
	}
	if err := child(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// children are what a child can do.
func children() map[string]func(path string) error {
	all := systemChildren()
	all["append for ever"] = appendForEver
	all["open, append once, close"] = appendOnce
	return all
}

// child is a command that runs this binary as a child.
func child(t *testing.T, name, path string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self, path)
	cmd.Env = append(os.Environ(), childEnv+"="+name)
	cmd.Stderr = os.Stderr
	return cmd
}

// appendForEver appends to run "r" and prints the last event's number after each Append.
func appendForEver(path string) error {
	ctx := context.Background()
	l, err := Open(path, Options{})
	if err != nil {
		return err
	}
	seq, err := l.Last(ctx, "r")
	if err != nil {
		return err
	}
	for {
		batch := storetest.Typical(3)
		if err := l.Append(ctx, "r", seq, batch); err != nil {
			return err
		}
		seq = batch[2].Seq
		fmt.Println(seq)
	}
}

func TestKillLosesNothingThatWasAppended(t *testing.T) {
	path := filepath.Join(t.TempDir(), "billow.db")
	for round := range 12 {
		cmd := child(t, "append for ever", path)
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		lines, said := bufio.NewScanner(out), int64(0)
		for n := 1 + rand.IntN(300); n > 0 && lines.Scan(); n-- {
			_, err := fmt.Sscan(lines.Text(), &said)
			require.NoError(t, err)
		}
		require.NoError(t, cmd.Process.Kill())
		for lines.Scan() { // what it had said by then
			_, err := fmt.Sscan(lines.Text(), &said)
			require.NoError(t, err)
		}
		require.Error(t, cmd.Wait(), "it was killed")
		require.NotZero(t, said)

		l := openAt(t, path)
		got, err := l.Read(context.Background(), "r", 0, 0)
		require.NoError(t, err)
		require.GreaterOrEqual(t, int64(len(got)), said, "round %d", round)
		require.LessOrEqual(t, int64(len(got)), said+3, "only the batch it was killed in is open")
		require.Zero(t, len(got)%3, "a batch is there whole or not at all")
		require.NoError(t, l.Close())
	}
}

// appendOnce appends one event to run "r", however many others do so.
func appendOnce(path string) error {
	l, err := Open(path, Options{})
	if err != nil {
		return err
	}
	if err := appendSomewhere(l); err != nil {
		return err
	}
	return l.Close()
}

func TestManyProcessesMayCreateTheStoreAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), ".billow", "billow.db")
	const many = 6
	var all []*exec.Cmd
	for range many {
		cmd := child(t, "open, append once, close", path)
		require.NoError(t, cmd.Start())
		all = append(all, cmd)
	}
	for _, cmd := range all {
		require.NoError(t, cmd.Wait())
	}
	last, err := openAt(t, path).Last(context.Background(), "r")
	require.NoError(t, err)
	require.EqualValues(t, many, last)
}
