package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"billow/agents"
	"billow/failure"
	"billow/internal/proc"
	"billow/plan"
)

// The test binary, started again, is the supervisor, or a billow that starts an agent and dies.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "supervise":
			os.Exit(proc.Supervise(os.Args[2:]))
		case "leave-behind":
			os.Exit(leaveBehind(os.Args[2], os.Args[3]))
		}
	}
	goleak.VerifyTestMain(m)
}

func leaveBehind(dir, script string) int {
	g, err := New(Options{Command: script, Supervisor: []string{"supervise"}})
	if err == nil {
		var w agents.Work
		w, err = g.Start(agents.Assignment{Brief: "brief", Dir: dir, WorkDir: dir, Env: os.Environ()}, func(agents.Update) {})
		if err == nil {
			err = json.NewEncoder(os.Stdout).Encode(w.Claim())
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// program writes a shell script that stands in for an agent CLI.
func program(t *testing.T, name, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o755))
	return path
}

func assignment(t *testing.T) agents.Assignment {
	t.Helper()
	return agents.Assignment{
		TaskID: "a", Attempt: 1, Step: "do", Brief: "the brief\n", Env: os.Environ(),
		WorkDir: t.TempDir(), Dir: filepath.Join(t.TempDir(), "run", "a", "1"),
	}
}

// start starts an agent called "agent"; what it tells arrives on the channel.
func start(t *testing.T, opts Options, a agents.Assignment) (agents.Work, <-chan agents.Update) {
	t.Helper()
	opts.Name = "agent"
	g, err := New(opts)
	require.NoError(t, err)
	updates := make(chan agents.Update, 10)
	w, err := g.Start(a, func(u agents.Update) { updates <- u })
	require.NoError(t, err)
	return w, updates
}

// outcome waits for the report and makes sure that it is told once.
func outcome(t *testing.T, updates <-chan agents.Update) agents.Report {
	t.Helper()
	u := <-updates
	require.NotNil(t, u.Report)
	select {
	case u := <-updates:
		t.Fatalf("told again: %+v", u)
	default:
	}
	return *u.Report
}

// bothWays runs a test supervised and not.
func bothWays(t *testing.T, test func(t *testing.T, opts Options)) {
	t.Run("plain", func(t *testing.T) { test(t, Options{}) })
	t.Run("supervised", func(t *testing.T) { test(t, Options{Supervisor: []string{"supervise"}}) })
}

func TestTheBriefIsGivenAndTheReportIsRead(t *testing.T) {
	for _, prompt := range []Prompt{PromptStdin, PromptFile, PromptArg} {
		t.Run(string(prompt), func(t *testing.T) {
			bothWays(t, func(t *testing.T, opts Options) {
				read := map[Prompt]string{PromptStdin: "cat", PromptFile: `cat "$1"`, PromptArg: `printf '%s' "$1"`}[prompt]
				opts.Command = program(t, "agent", `got=$(`+read+`)
echo "working in $(pwd)" >&2
printf 'Done:\n{"status":"completed","summary":"%s","outputs":{"editor":"%s%s"}}\n' "$got" "$GIT_EDITOR" "$GIT_TERMINAL_PROMPT"`)
				opts.Prompt = prompt
				a := assignment(t)
				w, updates := start(t, opts, a)
				r := outcome(t, updates)
				assert.Nil(t, r.Failure)
				assert.Equal(t, "the brief", r.Summary)
				assert.Equal(t, map[string]string{"editor": "true0"}, r.Outputs)
				assert.False(t, r.Started.IsZero())
				assert.False(t, r.Ended.Before(r.Started))
				assert.Equal(t, opts.Supervisor != nil, w.Claim().Supervised)

				files := map[string]string{
					"brief.md": "the brief\n", "stderr.log": "working in " + a.WorkDir + "\n",
					"report.json": `{"status":"completed","summary":"the brief","outputs":{"editor":"true0"}}` + "\n",
				}
				for name, want := range files {
					got, err := os.ReadFile(filepath.Join(a.Dir, name))
					require.NoError(t, err)
					assert.Equal(t, want, string(got), name)
				}
				for _, name := range []string{"brief.md", "stdout.log", "stderr.log", "report.json"} {
					info, err := os.Stat(filepath.Join(a.Dir, name))
					require.NoError(t, err)
					assert.Equal(t, os.FileMode(0o600), info.Mode().Perm(), name)
				}
			})
		})
	}
}

func TestHowAProgramEndsBecomesAFailure(t *testing.T) {
	const done = `echo '{"status":"completed"}'`
	for name, c := range map[string]struct {
		script string
		opts   Options
		want   failure.Observation
	}{
		"no report":            {"echo all done", Options{}, failure.Observation{Exited: true, Message: "agent: no report in the agent's output", Output: "all done\n"}},
		"nothing":              {"exit 0", Options{}, failure.Observation{Exited: true, Message: "agent: the agent printed nothing"}},
		"exit status":          {"echo one >&2; echo out; echo two >&2; exit 3", Options{}, failure.Observation{Exit: 3, Exited: true, Message: "agent ended with exit status 3: two", Output: "out\none\ntwo\n"}},
		"reported failure":     {`echo '{"status":"failed","fail":"regression","summary":"broke"}'`, Options{}, failure.Observation{Exited: true, Status: "failed", Reported: "regression", Message: "broke", Output: `{"status":"failed","fail":"regression","summary":"broke"}` + "\n"}},
		"reported and exit":    {`echo '{"status":"needs_retry"}'; exit 1`, Options{}, failure.Observation{Exited: true, Exit: 1, Status: "needs_retry", Message: "the agent reported needs_retry", Output: `{"status":"needs_retry"}` + "\n"}},
		"success and exit":     {done + "; exit 1", Options{}, failure.Observation{Exited: true, Exit: 1, Message: "agent ended with exit status 1", Output: `{"status":"completed"}` + "\n"}},
		"unknown status":       {`echo '{"status":"fine","summary":"x"}'`, Options{}, failure.Observation{Exited: true, Message: `agent: the report has the unknown status "fine"`, Output: `{"status":"fine","summary":"x"}` + "\n"}},
		"the CLI's own error":  {`echo '{"type":"turn.failed","error":{"message":"quota exceeded"}}'; exit 1`, Options{ReportOptional: true}, failure.Observation{Exited: true, Exit: 1, Message: "agent ended with exit status 1: the agent ended with an error: quota exceeded", Output: `{"type":"turn.failed","error":{"message":"quota exceeded"}}` + "\n"}},
		"silent CLI error":     {`echo '{"type":"turn.failed","error":{"message":"quota exceeded"}}'`, Options{ReportOptional: true}, failure.Observation{Exited: true, Message: "agent: the agent ended with an error: quota exceeded", Output: `{"type":"turn.failed","error":{"message":"quota exceeded"}}` + "\n"}},
		"signal":               {`kill -9 $$`, Options{}, failure.Observation{Signal: "killed", Message: "agent ended by signal: killed"}},
		"no output":            {`exec sleep 60`, Options{Timeouts: plan.Timeouts{FirstOutput: 30 * time.Millisecond}}, failure.Observation{Signal: "terminated", Timeout: "first_output", Message: "agent printed nothing within 30ms"}},
		"too long":             {`echo hi; exec sleep 60`, Options{Timeouts: plan.Timeouts{Total: 300 * time.Millisecond}}, failure.Observation{Signal: "terminated", Timeout: "total", Message: "agent took longer than 300ms", Output: "hi\n"}},
		"a report and timeout": {done + `; exec sleep 60`, Options{Timeouts: plan.Timeouts{Total: 300 * time.Millisecond}}, failure.Observation{Signal: "terminated", Timeout: "total", Message: "agent took longer than 300ms", Output: `{"status":"completed"}` + "\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			c.opts.Command = program(t, "agent", c.script)
			_, updates := start(t, c.opts, assignment(t))
			r := outcome(t, updates)
			require.NotNil(t, r.Failure)
			assert.Equal(t, c.want, *r.Failure)
			assert.False(t, r.Stopped)
		})
	}
}

func TestWithoutAReportExitStatusDecidesWhereReportsAreOptional(t *testing.T) {
	_, updates := start(t, Options{Command: program(t, "agent", "echo did it"), ReportOptional: true}, assignment(t))
	assert.Nil(t, outcome(t, updates).Failure)
	_, updates = start(t, Options{Command: program(t, "agent", "exit 1"), ReportOptional: true}, assignment(t))
	assert.NotNil(t, outcome(t, updates).Failure)
}

func TestTheReportMayBeInAFile(t *testing.T) {
	script := program(t, "agent", `echo '{"status":"failed","summary":"not this"}'; echo '{"type":"turn.completed","usage":{"input_tokens":3}}'
echo '{"status":"completed","summary":"from the file"}' > "$1"`)
	for _, file := range []string{"{dir}/last", "last"} {
		opts := Options{Command: script, Args: []string{file}, ReportFile: file}
		_, updates := start(t, opts, assignment(t))
		r := outcome(t, updates)
		assert.Nil(t, r.Failure, file)
		assert.Equal(t, "from the file", r.Summary)
		assert.Equal(t, int64(3), r.Usage.InputTokens)
	}
}

func TestStopAndKillEndTheWholeGroup(t *testing.T) {
	bothWays(t, func(t *testing.T, opts Options) {
		for name, end := range map[string]func(agents.Work){"stop": agents.Work.Stop, "kill": agents.Work.Kill} {
			t.Run(name, func(t *testing.T) {
				a := assignment(t)
				up := filepath.Join(a.WorkDir, "up")
				require.NoError(t, os.WriteFile(up, nil, 0o600))
				opts.Command = program(t, "agent", "sleep 600 & echo $! > up.new; mv up.new up; wait")
				w, updates := start(t, opts, a)
				require.Eventually(t, func() bool { data, err := os.ReadFile(up); return err == nil && len(data) > 0 }, 10*time.Second, 5*time.Millisecond)
				end(w)
				end(w)
				r := outcome(t, updates)
				assert.True(t, r.Stopped)
				require.NotNil(t, r.Failure)
				assert.Equal(t, "agent was stopped", r.Failure.Message)
				end(w)
			})
		}
	})
}

func TestAMissingProgramIsSaidWithAHint(t *testing.T) {
	a := assignment(t)
	a.Env = []string{"PATH=" + t.TempDir()}
	g, err := New(Options{Preset: "claude"})
	require.NoError(t, err)
	_, err = g.Start(a, func(agents.Update) { t.Error("told") })
	var missing *MissingError
	require.ErrorAs(t, err, &missing)
	assert.Equal(t, MissingError{Name: "claude", Command: "claude", Hint: "npm install -g @anthropic-ai/claude-code"}, *missing)
	assert.EqualError(t, err, "claude is not installed or not in PATH; to install it: npm install -g @anthropic-ai/claude-code")
}

func TestAFolderThatCannotBeMadeIsAnError(t *testing.T) {
	a := assignment(t)
	a.Dir = filepath.Join(program(t, "file", ""), "sub")
	g, err := New(Options{Command: "sh"})
	require.NoError(t, err)
	_, err = g.Start(a, func(agents.Update) { t.Error("told") })
	assert.ErrorContains(t, err, "make the attempt's folder")
}

func TestAWorkFolderThatIsNotThereIsAnError(t *testing.T) {
	bothWays(t, func(t *testing.T, opts Options) {
		a := assignment(t)
		a.WorkDir = filepath.Join(a.WorkDir, "gone")
		opts.Command = program(t, "agent", "")
		g, err := New(opts)
		require.NoError(t, err)
		_, err = g.Start(a, func(agents.Update) { t.Error("told") })
		assert.ErrorContains(t, err, "no such folder")
	})
}

func TestSecretsDoNotReachTheDisk(t *testing.T) {
	opts := Options{Command: program(t, "agent", `printf 'tok'; printf 'en-7f\n'; echo "err $TOKEN" >&2
echo "{\"status\":\"failed\",\"summary\":\"used $TOKEN\"}"`), Supervisor: []string{"supervise"}}
	a := assignment(t)
	a.Secrets, a.Env = []string{"token-7f"}, append(a.Env, "TOKEN=token-7f")
	w, updates := start(t, opts, a)
	assert.False(t, w.Claim().Supervised)
	r := outcome(t, updates)
	assert.Equal(t, "used ***", r.Summary)
	assert.Equal(t, "***\n{\"status\":\"failed\",\"summary\":\"used ***\"}\nerr ***\n", r.Failure.Output)
	entries, err := os.ReadDir(a.Dir)
	require.NoError(t, err)
	require.Len(t, entries, 4)
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(a.Dir, e.Name()))
		require.NoError(t, err)
		assert.NotContains(t, string(data), "token-7f", e.Name())
	}
}

func TestAnOutputLeftOpenDoesNotHoldTheReportBack(t *testing.T) {
	a := assignment(t)
	a.Secrets = []string{"s3cret"}
	_, updates := start(t, Options{Command: program(t, "agent", `sleep 600 & echo $! > pid; echo '{"status":"completed"}'`)}, a)
	assert.Nil(t, outcome(t, updates).Failure)
	var pid int
	data, err := os.ReadFile(filepath.Join(a.WorkDir, "pid"))
	require.NoError(t, err)
	_, err = fmt.Sscan(string(data), &pid)
	require.NoError(t, err)
	p, err := os.FindProcess(pid)
	require.NoError(t, err)
	require.NoError(t, p.Kill())
}

func TestEachStepHasItsOwnFiles(t *testing.T) {
	a := assignment(t)
	a.Step = "fix/../x"
	_, updates := start(t, Options{Command: program(t, "agent", `echo '{"status":"completed"}'`)}, a)
	outcome(t, updates)
	assert.FileExists(t, filepath.Join(a.Dir, "fix___x", "report.json"))
	assert.NoFileExists(t, filepath.Join(a.Dir, "report.json"))
}

func TestWorkThatOutlivesBillowIsAdopted(t *testing.T) {
	dir := t.TempDir()
	script := program(t, "agent", `while [ ! -e go ]; do sleep 0.02; done; echo '{"status":"completed","summary":"'$(cat)'"}'`)
	self, err := os.Executable()
	require.NoError(t, err)
	result, err := proc.Run(t.Context(), proc.Spec{Path: self, Args: []string{"leave-behind", dir, script}})
	require.NoError(t, err)
	var claim agents.Claim
	require.NoError(t, json.Unmarshal(result.Stdout, &claim))
	require.True(t, claim.Supervised)

	g, err := New(Options{Command: script, Supervisor: []string{"supervise"}})
	require.NoError(t, err)
	a := agents.Assignment{Dir: dir, WorkDir: dir}
	updates := make(chan agents.Update, 2)
	w, err := g.Adopt(a, claim, func(u agents.Update) { updates <- u })
	require.NoError(t, err)
	assert.Equal(t, claim, w.Claim())
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go"), nil, 0o600))
	r := outcome(t, updates)
	assert.Nil(t, r.Failure)
	assert.Equal(t, "brief", r.Summary)
}

func TestWorkOfWhichNothingIsLeftIsGone(t *testing.T) {
	g, err := New(Options{Command: "sh"})
	require.NoError(t, err)
	told := func(agents.Update) { t.Error("told") }
	for _, c := range []agents.Claim{{}, {PID: 1, Supervised: true}, {PID: os.Getpid()}} {
		_, err = g.Adopt(agents.Assignment{Dir: t.TempDir()}, c, told)
		assert.True(t, errors.Is(err, agents.ErrGone))
	}
}

func TestTheEnvironmentOfTheOptionsWins(t *testing.T) {
	a := assignment(t)
	a.Env = append(a.Env, "GIT_EDITOR=vi", "MODE=a")
	_, updates := start(t, Options{Command: program(t, "agent", `echo "{\"status\":\"completed\",\"summary\":\"$GIT_EDITOR $MODE\"}"`), Env: []string{"MODE=b"}}, a)
	assert.Equal(t, "true b", outcome(t, updates).Summary)
}

func TestALongOutputIsReadFromItsEnd(t *testing.T) {
	_, updates := start(t, Options{Command: program(t, "agent", `head -c 9000000 /dev/zero | tr '\0' 'x'; echo; echo '{"status":"failed","summary":"late"}'`)}, assignment(t))
	r := outcome(t, updates)
	assert.Equal(t, "late", r.Summary)
	assert.LessOrEqual(t, len(r.Failure.Output), maxOutput)
}
