package text

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/engine"
	"billow/failure"
	"billow/internal/config"
	"billow/internal/control"
	"billow/plan"
)

func TestExplainedSaysWhyAndWhatToType(t *testing.T) {
	got := written(func(w *strings.Builder) {
		Explained(w, []control.Explained{
			{Task: "lint", State: engine.Failed, Why: "it failed: exit status 3", Next: []string{"billow logs lint", "billow retry lint"}},
			{Task: "report", Title: "Report", State: engine.Waiting, Unreachable: true, Why: "it needs lint, which failed",
				Needs: []control.Decided{{Task: "build", State: engine.Done, Why: "it is done"}, {Task: "lint", State: engine.Failed, Why: "it failed"}}},
		}, Style{})
	})
	assert.Equal(t, `lint is failed: exit status 3
  next   billow logs lint
  next   billow retry lint

report (Report) is unreachable: it needs lint, which failed
  needs  build  done
  needs  lint   failed  it failed
`, got)
	assert.Equal(t, "every task is done\n", written(func(w *strings.Builder) { Explained(w, nil, Style{}) }))
}

func TestDecidedSaysWhatBecameOfTasks(t *testing.T) {
	r := &control.DecideResponse{Tasks: []control.Decided{{Task: "ship", Why: "it is ready"}}, Next: []string{"billow run"}}
	assert.Equal(t, "approved ship: it is ready\nnext: billow run\n", written(func(w *strings.Builder) { Decided(w, "approved", r, Style{}) }))
	r = &control.DecideResponse{Tasks: r.Tasks, Live: true}
	assert.Equal(t, "approved ship: it is ready\nthe driver that runs the plan goes on with it\n",
		written(func(w *strings.Builder) { Decided(w, "approved", r, Style{}) }))
}

func TestRunsAreATable(t *testing.T) {
	began := time.Date(2026, 11, 21, 9, 30, 0, 0, time.Local)
	r := &control.RunsResponse{Now: noon(), Runs: []control.StoredRun{
		{ID: "b", Plan: "plan.yaml", Status: "failed", Started: began, Ended: began.Add(90 * time.Second), Total: 5, Done: 3, Failed: 1},
		{ID: "a", Plan: "docs/plan/x/plan.yaml", Status: "running", Started: began, Total: 5},
	}}
	assert.Equal(t, `run  status   tasks          started           took   plan
b    failed   3/5, 1 failed  2026-11-21 09:30  1m30s  plan.yaml
a    running  0/5            2026-11-21 09:30         docs/plan/x/plan.yaml
`, written(func(w *strings.Builder) { Runs(w, r, Style{}) }))
}

func TestAnEventIsALine(t *testing.T) {
	at := time.Date(2026, 11, 21, 9, 30, 5, 0, time.Local)
	for want, ev := range map[string]engine.Event{
		"09:30:05     7  attempt_started build attempt 2\n": {Seq: 7, At: at, Type: engine.AttemptStarted, Task: "build", Attempt: 2, Step: "do", By: "driver"},
		"09:30:05    12  step_failed build attempt 1 accept.1: exit status 3; new_failure; retry\n": {Seq: 12, At: at, Type: engine.StepFailed, Task: "build",
			Attempt: 1, Step: "accept.1", Signal: &failure.Signal{Kind: failure.NewFailure, Message: "exit status 3"}, Remedy: &failure.Remedy{Action: failure.Retry}},
		"09:30:05 12345  approved ship: tested; by ann\n":     {Seq: 12345, At: at, Type: engine.Approved, Task: "ship", Reason: "tested", By: "ann"},
		"09:30:05     9  question_asked ship: which color?\n": {Seq: 9, At: at, Type: engine.QuestionAsked, Task: "ship", Question: &engine.Question{Text: "which\ncolor?"}},
		"09:30:05     1  run_finished: completed\n":           {Seq: 1, At: at, Type: engine.RunFinished, Status: "completed"},
	} {
		assert.Equal(t, want, written(func(w *strings.Builder) { Event(w, ev, Style{}) }))
	}
}

func TestCheckSumsUp(t *testing.T) {
	bad := []plan.Problem{
		{Code: "P031", Severity: plan.Error, File: "bad.yaml", Line: 4, Column: 3, Text: "no such task", Hint: "did you mean x?", Source: "\t\tneeds: y"},
		{Code: "P013", Severity: plan.Warning, File: "bad.yaml", Text: "a status"},
		{Code: "P014", Severity: plan.Info, File: "bad.yaml", Text: "a key"},
	}
	r := &control.CheckResponse{Plans: []control.CheckedPlan{
		{File: "good.yaml", PlanID: "good", Tasks: 1, Waves: 1, Class: plan.Low},
		{File: "bad.yaml", PlanID: "bad", Tasks: 2, Problems: bad},
		{File: "none.yaml", Problems: bad[:1]},
	}}
	assert.Equal(t, `good.yaml: no problems (1 task in 1 wave, complexity LOW)
bad.yaml:4:3: error P031: no such task
    4 |   needs: y
      |   ^
      hint: did you mean x?
bad.yaml: warning P013: a status
bad.yaml: info P014: a key
bad.yaml: 1 error, 1 warning, 1 note (2 tasks)
bad.yaml:4:3: error P031: no such task
    4 |   needs: y
      |   ^
      hint: did you mean x?
none.yaml: 1 error
`, written(func(w *strings.Builder) { Check(w, r, Style{}) }))
}

func TestClassGivesItsReasons(t *testing.T) {
	r := &control.ClassifyResponse{PlanID: "big", Classification: plan.Classification{Class: plan.High, Critic: true,
		Reasons: []plan.Reason{{Rule: "risk signals", Class: plan.High, Saw: "architecture"}, {Rule: "tasks", Class: plan.Low, Saw: "2 tasks"}}}}
	assert.Equal(t, `big is HIGH
  HIGH  risk signals  architecture
  LOW   tasks         2 tasks
  a critic should look at it
`, written(func(w *strings.Builder) { Class(w, r, Style{}) }))
}

func TestSettingsShowWhereTheyCameFrom(t *testing.T) {
	c, err := config.Load(config.Sources{Environ: []string{"BILLOW_JOBS=3"}})
	require.NoError(t, err)
	r := &control.ConfigResponse{Values: c.Values()[:2]}
	assert.Equal(t, "default_agent  -  default\njobs           3  BILLOW_JOBS\n", written(func(w *strings.Builder) { Config(w, r, Style{}) }))
}

func TestDoctorSaysWhatToDo(t *testing.T) {
	r := &control.DoctorResponse{Version: control.VersionResponse{Version: "v1.2.3", Go: "go1.26", OS: "linux", Arch: "arm64", Revision: "0123456789abcdef", Modified: true},
		Root: "/home/ann/app", Errors: 1, Checks: []control.Finding{
			{Name: "folder", Status: control.FindingOK, Text: "can be written", Hint: "never shown"},
			{Name: "gemini", Status: control.FindingAbsent, Text: "gemini is not installed", Hint: "npm install it"},
			{Name: "claude", Status: control.FindingError, Text: "claude is not installed", Hint: "npm install it"},
		}}
	assert.Equal(t, `billow v1.2.3 (go1.26, linux/arm64, commit 0123456789ab with changes)
project /home/ann/app

ok     folder  can be written
-      gemini  gemini is not installed; npm install it
error  claude  claude is not installed; npm install it

1 error
`, written(func(w *strings.Builder) { Doctor(w, r, Style{}) }))
	assert.True(t, strings.HasSuffix(written(func(w *strings.Builder) { Doctor(w, &control.DoctorResponse{}, Style{}) }), "\n\nplans can be run here\n"))
}

func TestLogsNameTheirFilesAndKeepTheirBytes(t *testing.T) {
	out := control.LogFile{Task: "build", Attempt: 1, Name: "stdout.log", Path: "/1/stdout.log"}
	errs := control.LogFile{Task: "build", Attempt: 1, Name: "stderr.log", Path: "/1/stderr.log"}
	got := written(func(w *strings.Builder) {
		l := NewLogs(w, Style{})
		require.NoError(t, l.File(out, strings.NewReader("\x1b[31mraw"), false))
	})
	assert.Equal(t, "\x1b[31mraw", got)
	got = written(func(w *strings.Builder) {
		l := NewLogs(w, Style{})
		for _, p := range []struct {
			file  control.LogFile
			piece string
		}{{out, "one\ntw"}, {out, "o\n"}, {errs, "oops"}, {out, "three\n"}} {
			require.NoError(t, l.Piece(p.file, []byte(p.piece)))
		}
	})
	assert.Equal(t, "==> build, attempt 1: stdout.log <==\none\ntwo\n==> build, attempt 1: stderr.log <==\noops\n==> build, attempt 1: stdout.log <==\nthree\n", got)
}

func TestAgesAreShort(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0s", 0: "0s", 1600 * time.Millisecond: "2s", 61 * time.Second: "1m01s", 3*time.Hour + 4*time.Minute: "3h04m", 50 * time.Hour: "2d2h",
	} {
		assert.Equal(t, want, Age(d))
	}
}
