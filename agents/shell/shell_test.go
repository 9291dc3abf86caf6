package shell

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"billow/agents"
	"billow/failure"
	"billow/internal/proc"
	"billow/plan"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bench is an agent with folders for one test.
type bench struct {
	t     testing.TB
	agent *Agent
	root  string
}

func newBench(t testing.TB, o Options) *bench {
	root, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	o.Scratch = filepath.Join(root, "scratch")
	b := &bench{t: t, agent: New(o), root: root}
	t.Cleanup(func() { require.NoError(t, b.agent.Close()) })
	return b
}

func (b *bench) dir(task string) string { return filepath.Join(b.root, "runs", task, "1") }

// begin starts a command; the channel gives its notes and its report.
func (b *bench) begin(as agents.Assignment) (*Work, <-chan agents.Update) {
	b.t.Helper()
	if as.TaskID == "" {
		as.TaskID = "task"
	}
	if as.Env == nil {
		as.Env = []string{"PATH=" + os.Getenv("PATH")}
	}
	if as.WorkDir == "" {
		as.WorkDir = b.root
	}
	as.Dir = b.dir(as.TaskID)
	updates := make(chan agents.Update, 10)
	w, err := b.agent.Start(as, func(u agents.Update) { updates <- u })
	require.NoError(b.t, err)
	return w.(*Work), updates
}

func (b *bench) run(as agents.Assignment) agents.Report {
	b.t.Helper()
	_, updates := b.begin(as)
	u := <-updates
	require.NotNil(b.t, u.Report, "%+v", u)
	return *u.Report
}

func (b *bench) log(task, name string) string {
	b.t.Helper()
	text, err := os.ReadFile(filepath.Join(b.dir(task), name))
	require.NoError(b.t, err)
	return string(text)
}

func TestCommandRunsWhereAndWithWhatItIsGiven(t *testing.T) {
	b := newBench(t, Options{})
	work := filepath.Join(b.root, "work dir")
	require.NoError(t, os.Mkdir(work, 0o755))
	for task, command := range map[string]string{"direct": "env", "by-shell": "env; pwd >&2"} {
		r := b.run(agents.Assignment{TaskID: task, Command: command, WorkDir: work,
			Env: []string{"PATH=" + os.Getenv("PATH"), "PWD=/elsewhere", "A=1 2", "BILLOW_OUTPUT=/old"}})
		require.Nil(t, r.Failure)
		out := b.log(task, "stdout.log")
		assert.Contains(t, out, "A=1 2\n")
		assert.Contains(t, out, "PWD="+work+"\n")
		assert.Contains(t, out, "BILLOW_OUTPUT="+b.root)
		assert.NotContains(t, out, "/old")
		assert.NotContains(t, out, "HOME=")
	}
	assert.Equal(t, work+"\n", b.log("by-shell", "stderr.log"))
}

func TestSilentCommandsMakeNoFiles(t *testing.T) {
	b := newBench(t, Options{})
	for range 3 {
		r := b.run(agents.Assignment{Command: "true"})
		require.Nil(t, r.Failure)
		require.Nil(t, r.Outputs)
		assert.False(t, r.Stopped)
		assert.False(t, r.Started.IsZero())
		assert.False(t, r.Ended.Before(r.Started))
	}
	assert.NoDirExists(t, filepath.Join(b.root, "runs"))
	files, err := filepath.Glob(filepath.Join(b.root, "scratch", "*", "*"))
	require.NoError(t, err)
	assert.Len(t, files, 2)
}

func TestOutputsOfCommandsInOneSlotStayApart(t *testing.T) {
	b := newBench(t, Options{})
	for _, task := range []string{"a", "b", "c"} {
		require.Nil(t, b.run(agents.Assignment{TaskID: task, Command: "echo " + task + "; echo bad " + task + " >&2"}).Failure)
		require.Nil(t, b.run(agents.Assignment{TaskID: task + "-silent", Command: "true"}).Failure)
	}
	for _, task := range []string{"a", "b", "c"} {
		assert.Equal(t, task+"\n", b.log(task, "stdout.log"))
		assert.Equal(t, "bad "+task+"\n", b.log(task, "stderr.log"))
		info, err := os.Stat(filepath.Join(b.dir(task), "stdout.log"))
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	}
}

func TestStepsOfOneAttemptHaveLogsOfTheirOwn(t *testing.T) {
	b := newBench(t, Options{})
	b.run(agents.Assignment{Step: "do", Command: "echo main"})
	b.run(agents.Assignment{Step: "accept.1", Command: "echo check"})
	assert.Equal(t, "main\n", b.log("task", "stdout.log"))
	assert.Equal(t, "check\n", b.log("task", "accept.1.stdout.log"))
	assert.NoFileExists(t, filepath.Join(b.dir("task"), "stderr.log"))
}

func TestScriptStopsAtTheFirstFailingLine(t *testing.T) {
	b := newBench(t, Options{})
	r := b.run(agents.Assignment{Command: "echo one\nfalse\necho two\n"})
	require.NotNil(t, r.Failure)
	assert.Equal(t, "one\n", b.log("task", "stdout.log"))
}

func TestOtherShellsAreUsedAsGiven(t *testing.T) {
	b := newBench(t, Options{})
	r := b.run(agents.Assignment{Shell: []string{"/bin/sh", "-c"}, Command: "false\necho on"})
	require.Nil(t, r.Failure)
	// A command that looks plain may mean something else to another shell.
	r = b.run(agents.Assignment{TaskID: "cat", Shell: []string{"sh", "-c", "echo shell got: $0"}, Command: "true"})
	require.Nil(t, r.Failure)
	assert.Equal(t, "shell got: true\n", b.log("cat", "stdout.log"))
}

func TestFailureHoldsWhatWasSeen(t *testing.T) {
	b := newBench(t, Options{Grace: 30 * time.Millisecond})
	const silence = 100 * time.Millisecond
	for name, test := range map[string]struct {
		as   agents.Assignment
		want failure.Observation
	}{
		"status": {agents.Assignment{Command: "echo out; echo warn >&2; printf '\\033[31mfatal: bad\\033[0m\\n\\n' >&2; exit 2"},
			failure.Observation{Exit: 2, Exited: true, Output: "out\nwarn\n\x1b[31mfatal: bad\x1b[0m\n\n", Message: "exit status 2: fatal: bad"}},
		"no errors printed": {agents.Assignment{Command: "printf 'a\\nlast'; exit 1"},
			failure.Observation{Exit: 1, Exited: true, Output: "a\nlast", Message: "exit status 1: last"}},
		"both without line break": {agents.Assignment{Command: "printf a; printf b >&2; exit 1"},
			failure.Observation{Exit: 1, Exited: true, Output: "a\nb", Message: "exit status 1: b"}},
		"silent": {agents.Assignment{Command: "false"},
			failure.Observation{Exit: 1, Exited: true, Message: "exit status 1"}},
		"signal": {agents.Assignment{Command: "kill -9 $$"},
			failure.Observation{Signal: "killed", Message: "ended by signal: killed"}},
		"total": {agents.Assignment{Command: "sleep 600", Timeouts: plan.Timeouts{Total: silence}},
			failure.Observation{Signal: "terminated", Timeout: "total", Message: "took longer than its 100ms"}},
		"first output": {agents.Assignment{Command: "sleep 600", Timeouts: plan.Timeouts{FirstOutput: silence}},
			failure.Observation{Signal: "terminated", Timeout: "first_output", Message: "printed nothing in its first 100ms"}},
		"idle": {agents.Assignment{Command: "trap '' TERM; echo x; while :; do sleep 600; done", Timeouts: plan.Timeouts{Idle: silence}},
			failure.Observation{Signal: "killed", Timeout: "idle", Output: "x\n", Message: "printed nothing for 100ms: x"}},
	} {
		r := b.run(test.as)
		require.NotNil(t, r.Failure, name)
		assert.Equal(t, test.want, *r.Failure, name)
		assert.False(t, r.Stopped, name)
	}
}

func TestLongOutputIsCutAtItsBeginning(t *testing.T) {
	b := newBench(t, Options{})
	r := b.run(agents.Assignment{Command: "yes ééé | head -c 200000; yes bad | head -c 200000 >&2; echo the end >&2; exit 1"})
	require.NotNil(t, r.Failure)
	assert.LessOrEqual(t, len(r.Failure.Output), 64<<10)
	assert.Greater(t, len(r.Failure.Output), 63<<10)
	assert.True(t, strings.HasSuffix(r.Failure.Output, "bad\nthe end\n"))
	assert.True(t, utf8.ValidString(r.Failure.Output))
	stdout, stderr, _ := strings.Cut(r.Failure.Output, "bad\n")
	assert.Greater(t, len(stdout), 31<<10, "each output has its share")
	assert.Greater(t, len(stderr), 31<<10)
	assert.Contains(t, stdout, "ééé\n")
	assert.NotContains(t, stderr, "é")
	assert.Equal(t, "exit status 1: the end", r.Failure.Message)
}

func TestWhatCannotBeStartedIsAFailureInPlainWords(t *testing.T) {
	b := newBench(t, Options{})
	require.NoError(t, os.WriteFile(filepath.Join(b.root, "plain"), nil, 0o644))
	for name, test := range map[string]struct {
		as   agents.Assignment
		want string
	}{
		"program":    {agents.Assignment{Command: "no-such-thing --now", Env: []string{"PATH=/bin:/usr/bin"}}, "exit status 127: no such program: no-such-thing; it is in no folder of PATH (/bin:/usr/bin)"},
		"file":       {agents.Assignment{Command: "./none"}, "no such program: ./none, seen from " + b.root},
		"permission": {agents.Assignment{Command: "./plain"}, "./plain is not executable: chmod +x " + b.root + "/plain"},
		"folder":     {agents.Assignment{Command: "true", WorkDir: "/no/such"}, "no such folder to run true in: /no/such"},
		"size":       {agents.Assignment{Command: "true; #" + strings.Repeat("x", 200_000)}, "put the long one in a file"},
		"shell":      {agents.Assignment{Command: "true", Shell: []string{"no-such-shell", "-c"}}, "no such program: no-such-shell"},
		"secret":     {agents.Assignment{Command: "./s3cret", Secrets: []string{"s3cret"}}, "no such program: ./***, seen from"},
	} {
		r := b.run(test.as)
		require.NotNil(t, r.Failure, name)
		assert.Contains(t, r.Failure.Message, test.want, name)
		assert.NotContains(t, r.Failure.Message, "s3cret", name)
	}
}

func TestScriptWithoutInterpreterRunsAsInAShell(t *testing.T) {
	b := newBench(t, Options{})
	require.NoError(t, os.WriteFile(filepath.Join(b.root, "script"), []byte("echo ran $1\n"), 0o755))
	require.Nil(t, b.run(agents.Assignment{Command: "./script well"}).Failure)
	assert.Equal(t, "ran well\n", b.log("task", "stdout.log"))
}

func TestStoppedWorkSaysSo(t *testing.T) {
	b := newBench(t, Options{})
	for _, end := range []func(*Work){(*Work).Stop, (*Work).Kill} {
		w, updates := b.begin(agents.Assignment{Command: "sleep 600; true"})
		claim := w.Claim()
		assert.True(t, proc.Alive(proc.Identity{PID: claim.PID, Started: claim.Started, Boot: claim.Boot, Host: claim.Host}))
		end(w)
		end(w)
		r := (<-updates).Report
		require.NotNil(t, r)
		assert.True(t, r.Stopped)
		assert.Equal(t, "stopped", r.Failure.Message)
		assert.Empty(t, updates)
	}
}

func TestLogsCanBeFollowedWhileACommandRuns(t *testing.T) {
	b := newBench(t, Options{})
	w, updates := b.begin(agents.Assignment{Command: "echo one; until [ -e go ]; do sleep 0.01; done; echo two"})
	running, _ := w.Logs()
	follow, err := os.Open(running)
	require.NoError(t, err)
	defer func() { require.NoError(t, follow.Close()) }()
	buf := make([]byte, 100)
	n := 0
	for n == 0 { // the file grows
		n, _ = follow.Read(buf)
	}
	assert.Equal(t, "one\n", string(buf[:n]))
	require.NoError(t, os.WriteFile(filepath.Join(b.root, "go"), nil, 0o600))
	<-updates
	n, err = follow.Read(buf)
	require.NoError(t, err)
	assert.Equal(t, "two\n", string(buf[:n]))
	stdout, stderr := w.Logs()
	assert.Equal(t, filepath.Join(b.dir("task"), "stdout.log"), stdout)
	assert.Empty(t, stderr)
}

// What a command leaves behind goes on writing into its own log, never into that of the next.
func TestFilesOfWhatACommandLeftBehindAreNotUsedAgain(t *testing.T) {
	b := newBench(t, Options{})
	const daemon = "(until [ -e go ]; do sleep 0.01; done; echo late; echo LATE=1 >>$BILLOW_OUTPUT; touch over) & exit 0"
	require.Nil(t, b.run(agents.Assignment{TaskID: "first", Command: daemon}).Failure)
	r := b.run(agents.Assignment{TaskID: "second", Command: "touch go; until [ -e over ]; do sleep 0.01; done; echo mine"})
	require.Nil(t, r.Failure)
	assert.Nil(t, r.Outputs)
	assert.Equal(t, "mine\n", b.log("second", "stdout.log"))
	assert.Equal(t, "late\n", b.log("first", "stdout.log"))
}

func TestLogThatCannotMoveIsKeptAndTold(t *testing.T) {
	b := newBench(t, Options{})
	require.NoError(t, os.WriteFile(filepath.Join(b.root, "runs"), nil, 0o600)) // where a folder should be
	w, updates := b.begin(agents.Assignment{Command: "echo precious"})
	note := <-updates
	assert.Contains(t, note.Note, "the log stays at")
	require.Nil(t, (<-updates).Report.Failure)
	stdout, _ := w.Logs()
	text, err := os.ReadFile(stdout)
	require.NoError(t, err)
	assert.Equal(t, "precious\n", string(text))
	require.Nil(t, b.run(agents.Assignment{Command: "true"}).Failure)
	require.NoError(t, b.agent.Close())
	assert.FileExists(t, stdout)
}

func TestCloseLeavesNothing(t *testing.T) {
	b := newBench(t, Options{})
	b.run(agents.Assignment{Command: "echo A=1 >>$BILLOW_OUTPUT; echo x"})
	require.NoError(t, b.agent.Close())
	left, err := os.ReadDir(filepath.Join(b.root, "scratch"))
	require.NoError(t, err)
	assert.Empty(t, left)
	b.run(agents.Assignment{Command: "true"}) // and it can go on
}
