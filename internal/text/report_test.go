package text

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/engine"
	"billow/failure"
	"billow/internal/control"
	"billow/plan"
)

// expect compares with a file in testdata/reports.
func expect(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "reports", name)
	if f := flag.Lookup("update"); f != nil && f.Value.String() == "true" {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), got, "%s; -update writes it anew", path)
}

// began is when the runs of these tests begin.
func began() time.Time { return time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC) }

// someRun is a run in which everything has happened that can happen to a task. Its failed task has logs.
func someRun(t *testing.T) RunReport {
	t.Helper()
	root := t.TempDir()
	task := func(id string, wave int, state engine.TaskState, why string) control.StatusTask {
		return control.StatusTask{Why: why, TaskView: engine.TaskView{ID: id, Wave: wave, State: state, Class: engine.ClassRun}}
	}
	ran := func(s control.StatusTask, attempt int, took time.Duration) control.StatusTask {
		s.Attempt, s.Began, s.Since = attempt, began(), began().Add(took)
		if s.State == engine.Done {
			s.Took = took
		}
		return s
	}
	test := ran(task("test", 1, engine.Failed, "it failed: exit status 2"), 2, 1500*time.Millisecond)
	test.Signal = &failure.Signal{Kind: failure.Fixable}
	tasks := []control.StatusTask{
		ran(task("build", 1, engine.Done, "it is done"), 1, 2*time.Second),
		test,
		task("docs", 1, engine.Skipped, "it was skipped: its condition was false: env.DOCS == \"1\""),
		task("sign", 2, engine.Blocked, "it waits for an approval: is the | key right?"),
		task("deploy", 2, engine.Waiting, "it needs test, which failed"),
		ran(task("lint", 2, engine.Cancelled, "it was cancelled: by ada"), 1, time.Second),
		task("later", 3, engine.Waiting, "the run is ending: nothing new is started"),
		ran(task("each/1", 1, engine.Done, "it is done"), 1, 10*time.Millisecond),
	}
	tasks[4].Unreachable = true
	run := &control.RunResponse{Run: "20260304-050607-abcd", Plan: "docs/plan.yaml", PlanID: "release", Root: root,
		Outcome: engine.OutcomeFailed, Started: began(), Ended: began().Add(4 * time.Second),
		Counts: engine.Counts{Total: 7, Done: 1, Skipped: 1, Failed: 1, Blocked: 1, Cancelled: 1, Waiting: 2, Unreachable: 1}}
	for i, s := range tasks {
		if s.State != engine.Done && s.State != engine.Skipped {
			run.Left = append(run.Left, control.Left{Task: s.ID, State: s.State, Unreachable: s.Unreachable, Why: s.Why,
				Line: 3 * i, Column: 9})
		}
	}
	dir := run.AttemptDir("test", 2)
	require.NoError(t, os.MkdirAll(dir, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "stdout.log"), []byte("\x1b[31mFAIL\x1b[0m ]]> <b> & `x`\n```\n::error::not ours\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "stderr.log"), []byte(strings.Repeat("line\n", 300)+"a\xffb\x00 end"), 0o600))
	return RunReport{Plan: "docs/plan.yaml", Run: run, Tasks: &control.StatusResponse{PlanID: "release", Tasks: tasks},
		Began: began(), Host: "builder"}
}

// notRead is a call of run that came to nothing.
func notRead() RunReport {
	return RunReport{Plan: "docs/plan.yaml", Began: began(), Err: &control.ProblemsError{File: "docs/plan.yaml", Problems: []plan.Problem{
		{Code: "P031", Severity: plan.Error, File: "docs/plan.yaml", Line: 4, Column: 18, Text: `there is no task "x"`,
			Source: "    depends_on: [x]", Hint: "did you mean y?"}}}}
}

func TestATaskThatWasCutOffNeitherPassedNorWasLeftOut(t *testing.T) {
	cut := control.StatusTask{Why: "the run is ending", TaskView: engine.TaskView{ID: "a", State: engine.Waiting, Attempt: 1}}
	fresh := cut
	fresh.Attempt = 0
	for _, c := range []struct {
		name string
		run  control.RunResponse
		task control.StatusTask
		what result
		word string
	}{
		{"by a time limit", control.RunResponse{TimedOut: true}, cut, broken, "time limit"},
		{"by Ctrl-C", control.RunResponse{Interrupted: true}, cut, broken, "interrupted"},
		{"it never began", control.RunResponse{Interrupted: true}, fresh, notRun, "not run"},
		{"it waits for a retry", control.RunResponse{}, cut, notRun, "not run"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := RunReport{Run: &c.run}
			what, word, why := r.resultOf(&c.task)
			assert.Equal(t, c.what, what)
			assert.Equal(t, c.word, word)
			assert.NotEmpty(t, why)
		})
	}
}

func TestAReportAlwaysHasAName(t *testing.T) {
	assert.Equal(t, "plan", (&RunReport{}).planID())
	assert.Equal(t, "a.yaml", (&RunReport{Plan: "a.yaml"}).planID())
	assert.Equal(t, "x", (&RunReport{Plan: "a.yaml", Run: &control.RunResponse{PlanID: "x"}}).planID())
}

func TestPlacesAreRelativeToTheRepository(t *testing.T) {
	for _, c := range []struct {
		places     Places
		file, want string
		inside     bool
	}{
		{Places{}, "a/plan.yaml", "a/plan.yaml", true},
		{Places{}, "/a/plan.yaml", "/a/plan.yaml", false},
		{Places{"/r/sub", "/r"}, "plan.yaml", "sub/plan.yaml", true},
		{Places{"/r/sub", "/r"}, "../plan.yaml", "plan.yaml", true},
		{Places{"/r/sub", "/r"}, "/r/x/plan.yaml", "x/plan.yaml", true},
		{Places{"/r/sub", "/r"}, "../../plan.yaml", "/plan.yaml", false},
		{Places{"/r", "/r"}, "..plan.yaml", "..plan.yaml", true},
	} {
		name, inside := c.places.name(c.file)
		assert.Equal(t, c.want, name, "%v %s", c.places, c.file)
		assert.Equal(t, c.inside, inside, "%v %s", c.places, c.file)
	}
}

func errText(s string) error { return errors.New(s) }
