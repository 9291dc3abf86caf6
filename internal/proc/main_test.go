package proc

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// The test binary, started again, is the supervisor, or a billow that starts one and dies.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "supervise":
			os.Exit(Supervise(os.Args[2:]))
		case "leave-behind":
			os.Exit(leaveBehind(os.Args[2], os.Args[3]))
		}
	}
	// A program with the race detector waits a second before it ends, in case of late reports.
	if err := os.Setenv("GORACE", "atexit_sleep_ms=0"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// leaveBehind starts a script under a supervisor, prints its identity and ends.
func leaveBehind(dir, script string) int {
	log, err := os.Create(dir + "/stdout.log")
	if err != nil {
		return 1
	}
	w, err := StartSupervised([]string{"supervise"}, Spec{Path: "sh", Args: []string{"-c", script}, Stdout: log, Stderr: log},
		dir, func(Exit) {})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if json.NewEncoder(os.Stdout).Encode(w.Identity()) != nil {
		return 1
	}
	return 0
}

// begin starts a shell script and gives the channel its end comes by.
func begin(t testing.TB, script string, s Spec) (*Process, <-chan Exit) {
	t.Helper()
	s.Path, s.Args = "sh", []string{"-c", script}
	exits := make(chan Exit, 2)
	p, err := Start(s, func(e Exit) { exits <- e })
	require.NoError(t, err)
	return p, exits
}

// pipe gives a pipe whose read end is read to the end by until, which shows that every process that had
// the write end is gone.
func pipe(t testing.TB) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	require.NoError(t, err)
	t.Cleanup(func() { _ = r.Close(); _ = w.Close() })
	return r, w
}

// readLine waits for a line that a child prints.
func readLine(t testing.TB, r *os.File) string {
	t.Helper()
	var line []byte
	b := make([]byte, 1)
	for {
		_, err := r.Read(b)
		require.NoError(t, err)
		if b[0] == '\n' {
			return string(line)
		}
		line = append(line, b[0])
	}
}
