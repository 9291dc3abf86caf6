package main_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"billow/engine"
)

// binary builds billow once for all tests that need a process of its own.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "billow-e2e")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "billow")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

// project is a folder with a plan in it.
type project struct {
	*testing.T
	dir string
}

func newProject(t *testing.T, plan string) *project {
	t.Helper()
	p := &project{T: t, dir: t.TempDir()}
	p.write("billow.yaml", "")
	p.write("plan.yaml", plan)
	return p
}

func (p *project) write(name, text string) {
	p.Helper()
	require.NoError(p, os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o644))
}

func (p *project) read(name string) string {
	p.Helper()
	data, err := os.ReadFile(filepath.Join(p.dir, name))
	require.NoError(p, err)
	return string(data)
}

func (p *project) command(args ...string) *exec.Cmd {
	p.Helper()
	path, err := binary()
	require.NoError(p, err)
	cmd := exec.Command(path, args...)
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), "CI=1", "XDG_CONFIG_HOME="+p.dir)
	return cmd
}

// billow runs the program and returns what it printed and its exit status.
func (p *project) billow(args ...string) (out string, status int) {
	p.Helper()
	cmd := p.command(args...)
	var b bytes.Buffer
	cmd.Stdout, cmd.Stderr = &b, &b
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		require.NoError(p, err)
	}
	require.NotContains(p, b.String(), "goroutine ", "no stack traces")
	return b.String(), cmd.ProcessState.ExitCode()
}

// history is the events of the latest run.
func (p *project) history() []engine.Event {
	p.Helper()
	out, err := p.command("events", "--json").Output()
	require.NoError(p, err)
	var events []engine.Event
	sc := bufio.NewScanner(bytes.NewReader(out))
	sc.Buffer(nil, 16<<20)
	for sc.Scan() {
		var ev engine.Event
		require.NoError(p, json.Unmarshal(sc.Bytes(), &ev))
		events = append(events, ev)
	}
	require.NoError(p, sc.Err())
	return events
}

// randomPlan makes tasks that note their start and end in the file trace.
func randomPlan(rnd *rand.Rand, n int, more func(i int) string) string {
	var b strings.Builder
	b.WriteString("# made by a test\nplan_id: random\nstatus: pending\ntasks:\n")
	for i := range n {
		var needs []string
		for k := range i {
			if rnd.IntN(20) == 0 {
				needs = append(needs, fmt.Sprintf("t%d", k))
			}
		}
		fmt.Fprintf(&b, "  - id: t%d\n    depends_on: [%s]\n    status: pending # of t%d\n%s    run: |\n"+
			"      echo start t%d $$ >> trace\n      sleep 0.0%d\n      echo end t%d $$ >> trace\n\n",
			i, strings.Join(needs, ", "), i, more(i), i, 1+rnd.IntN(5), i)
	}
	return b.String()
}

func nothingMore(int) string { return "" }

// killed runs billow again and again, at most so many times, and kills it each time after least to least+spread
// milliseconds, until a run ends by itself. args gives what it is called with. It has been killed at least once.
func (p *project) killed(rnd *rand.Rand, times, least, spread int, args func() []string) {
	p.Helper()
	kills := 0
	for range times {
		cmd := p.command(args()...)
		require.NoError(p, cmd.Start())
		timer := time.AfterFunc(time.Duration(least+rnd.IntN(spread))*time.Millisecond, func() { _ = cmd.Process.Kill() })
		err := cmd.Wait()
		timer.Stop()
		if err == nil {
			break
		}
		kills++
	}
	p.Logf("killed %d times", kills)
	require.Positive(p, kills)
}

// TestKilledRunsGoOn kills billow at random moments and runs it again: no completed task runs again, no
// attempt runs beside a survivor of an earlier one, and the file ends as that of a run that was left alone.
func TestKilledRunsGoOn(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	plan := randomPlan(rnd, 40, nothingMore)
	calm := newProject(t, plan)
	_, status := calm.billow("run", "-j4")
	require.Zero(t, status)

	p := newProject(t, plan)
	p.killed(rnd, 50, 10, 150, func() []string { return []string{"run", "-j4"} })
	out, status := p.billow("run", "-j4")
	require.Zero(t, status, out)
	require.Equal(t, calm.read("plan.yaml"), p.read("plan.yaml"))

	done := map[string]bool{}
	for _, ev := range p.history() {
		switch ev.Type {
		case engine.AttemptStarted:
			require.False(t, done[ev.Task], "%s runs again:\n%s", ev.Task, storyOf(p.history(), ev.Task))
		case engine.StepDone:
			done[ev.Task] = true
		}
	}
	require.Len(t, done, 40)
	running := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(p.read("trace")), "\n") {
		f := strings.Fields(line)
		require.Len(t, f, 3, line)
		if f[0] == "start" {
			running[f[1]] = f[2]
			continue
		}
		require.Equal(t, running[f[1]], f[2], "an attempt of %s ends beside another", f[1])
	}
}

// storyOf lists what happened to a task.
func storyOf(events []engine.Event, task string) string {
	var b strings.Builder
	for _, ev := range events {
		if ev.Task == task || ev.Task == "" {
			fmt.Fprintf(&b, "%d %s %d %s %s %s\n", ev.Seq, ev.Type, ev.Attempt, ev.Step, ev.Status, ev.Reason)
		}
	}
	return b.String()
}

// TestEditsDuringARunTakeEffect edits the plan by hand while it runs: everything is there at the end, and the
// new task has run.
func TestEditsDuringARunTakeEffect(t *testing.T) {
	p := newProject(t, `plan_id: edited
tasks:
  - id: a
    run: echo a >> trace; while [ ! -e go ]; do sleep 0.02; done
    status: pending
  - id: b
    title: old title
    depends_on: [a]
    run: echo b >> trace
    status: pending
`)
	cmd := p.command("run")
	require.NoError(t, cmd.Start())
	waitFor(t, func() bool { return strings.Contains(p.read("plan.yaml"), "in_progress") })
	text := p.read("plan.yaml")
	text = strings.Replace(text, "plan_id: edited\n", "# a comment by hand\nplan_id: edited\n", 1)
	text = strings.Replace(text, "old title", "new title", 1)
	text += "  - id: c\n    depends_on: [b]\n    run: echo c >> trace\n"
	p.write("plan.yaml", text)
	waitFor(t, func() bool {
		out, _ := p.billow("status", "--json")
		return strings.Contains(out, `"id": "c"`) || strings.Contains(out, `"id":"c"`)
	})
	p.write("go", "")
	require.NoError(t, cmd.Wait())
	got := p.read("plan.yaml")
	require.Contains(t, got, "# a comment by hand")
	require.Contains(t, got, "new title")
	require.Equal(t, 4, strings.Count(got, "status: completed"), got)
	require.Equal(t, "a\nb\nc\n", p.read("trace"))
}

// waitFor waits for another process; it gives up after a minute.
func waitFor(t *testing.T, ready func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.NewTimer(time.Minute)
	defer deadline.Stop()
	for !ready() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatal("it does not happen")
		}
	}
}

// TestLimitsAndConflictsHold runs 500 tasks and reads from their own notes that the cap was reached and never
// exceeded and that conflicting tasks never overlapped.
func TestLimitsAndConflictsHold(t *testing.T) {
	const n, limit = 500, 8
	rnd := rand.New(rand.NewPCG(3, 4))
	conflicts := map[string][]string{}
	plan := randomPlan(rnd, n, func(i int) string {
		if i < 10 || rnd.IntN(4) > 0 {
			return ""
		}
		other := fmt.Sprintf("t%d", rnd.IntN(i))
		conflicts[fmt.Sprintf("t%d", i)] = append(conflicts[fmt.Sprintf("t%d", i)], other)
		return fmt.Sprintf("    conflicts_with: [%s]\n", other)
	})
	// Dependencies of a random plan make it narrow; these tasks are free.
	plan = strings.ReplaceAll(plan, "sleep 0.0", "sleep 0.01")
	p := newProject(t, plan)
	out, status := p.billow("run", "-j", strconv.Itoa(limit))
	require.Zero(t, status, out)
	now, most := map[string]bool{}, 0
	for _, line := range strings.Split(strings.TrimSpace(p.read("trace")), "\n") {
		f := strings.Fields(line)
		if f[0] == "end" {
			delete(now, f[1])
			continue
		}
		for other := range now {
			require.False(t, slices.Contains(conflicts[f[1]], other) || slices.Contains(conflicts[other], f[1]),
				"%s and %s overlap", f[1], other)
		}
		now[f[1]] = true
		most = max(most, len(now))
	}
	require.Equal(t, limit, most, "the limit is reached and never exceeded")
}

// TestTwoRunsAtOnce: the second says who has the plan.
func TestTwoRunsAtOnce(t *testing.T) {
	p := newProject(t, "tasks:\n  - id: a\n    run: while [ ! -e go ]; do sleep 0.02; done\n")
	cmd := p.command("run")
	require.NoError(t, cmd.Start())
	waitFor(t, func() bool { return strings.Contains(p.read("plan.yaml"), "in_progress") })
	out, status := p.billow("run")
	require.Equal(t, 6, status, out)
	require.Contains(t, out, strconv.Itoa(cmd.Process.Pid))
	p.write("go", "")
	require.NoError(t, cmd.Wait())
}

// TestAPlanThatGoesAwayIsNotMadeAgain: the run goes on, and what was to be written is saved elsewhere.
func TestAPlanThatGoesAwayIsNotMadeAgain(t *testing.T) {
	p := newProject(t, "tasks:\n  - id: a\n    run: while [ ! -e go ]; do sleep 0.02; done\n  - id: b\n    depends_on: [a]\n    run: touch b\n")
	cmd := p.command("run")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	require.NoError(t, cmd.Start())
	waitFor(t, func() bool { return strings.Contains(p.read("plan.yaml"), "in_progress") })
	require.NoError(t, os.Remove(filepath.Join(p.dir, "plan.yaml")))
	p.write("go", "")
	err := cmd.Wait()
	require.Error(t, err)
	require.Equal(t, 6, cmd.ProcessState.ExitCode(), errs.String())
	require.FileExists(t, filepath.Join(p.dir, "b"), "the run went on")
	require.NoFileExists(t, filepath.Join(p.dir, "plan.yaml"))
	saved, err := filepath.Glob(filepath.Join(p.dir, ".billow/runs/*/plan.yaml"))
	require.NoError(t, err)
	require.Len(t, saved, 1, errs.String())
	require.Contains(t, errs.String(), "plan.yaml")
}

// TestInterruptDrainsThenStops: the first signal lets running tasks finish, the second ends them.
func TestInterruptDrainsThenStops(t *testing.T) {
	plan := "tasks:\n  - id: a\n    run: while [ ! -e go ]; do sleep 0.02; done\n  - id: b\n    depends_on: [a]\n    run: touch b\n"
	for _, c := range []struct {
		name   string
		again  bool
		sig    syscall.Signal
		status int
	}{{"drain", false, syscall.SIGINT, 130}, {"stop", true, syscall.SIGINT, 130}, {"term", false, syscall.SIGTERM, 143}} {
		t.Run(c.name, func(t *testing.T) {
			p := newProject(t, plan)
			cmd := p.command("run")
			require.NoError(t, cmd.Start())
			waitFor(t, func() bool { return strings.Contains(p.read("plan.yaml"), "in_progress") })
			require.NoError(t, cmd.Process.Signal(c.sig))
			waitFor(t, func() bool {
				return slices.ContainsFunc(p.history(), func(ev engine.Event) bool { return ev.Type == engine.DrainAsked })
			})
			if c.again {
				require.NoError(t, cmd.Process.Signal(c.sig))
			} else {
				p.write("go", "")
			}
			_ = cmd.Wait()
			require.Equal(t, c.status, cmd.ProcessState.ExitCode())
			require.NoFileExists(t, filepath.Join(p.dir, "b"))
			require.Equal(t, c.again, !strings.Contains(p.read("plan.yaml"), "status: completed"))
			p.write("go", "")
			out, status := p.billow("run")
			require.Zero(t, status, out)
			require.FileExists(t, filepath.Join(p.dir, "b"))
		})
	}
}

// TestAnAgentThatOutlivesBillowIsTakenOver kills billow under an agent's program: the next run goes on with
// the same process instead of starting another.
func TestAnAgentThatOutlivesBillowIsTakenOver(t *testing.T) {
	p := newProject(t, "tasks:\n  - {id: a, agent: helper, title: do it}\n  - {id: b, depends_on: [a], run: touch b}\n")
	p.write("billow.yaml", "agents:\n  helper: {adapter: command, command: ./agent.sh}\n")
	p.write("agent.sh", "#!/bin/sh\necho begin >> trace\nwhile [ ! -e go ]; do sleep 0.02; done\n"+
		`echo '{"status": "completed", "task_id": "a"}'`+"\n")
	require.NoError(t, os.Chmod(filepath.Join(p.dir, "agent.sh"), 0o755))
	cmd := p.command("run")
	require.NoError(t, cmd.Start())
	waitFor(t, func() bool {
		_, err := os.Stat(filepath.Join(p.dir, "trace"))
		claimed := func(ev engine.Event) bool { return ev.Type == engine.AttemptClaimed }
		return err == nil && slices.ContainsFunc(p.history(), claimed)
	})
	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait()
	again := p.command("run")
	require.NoError(t, again.Start())
	waitFor(t, func() bool {
		return slices.ContainsFunc(p.history(), func(ev engine.Event) bool { return ev.Type == engine.AttemptAdopted })
	})
	p.write("go", "")
	require.NoError(t, again.Wait())
	require.Equal(t, "begin\n", p.read("trace"), "the agent was started once")
	require.FileExists(t, filepath.Join(p.dir, "b"))
}

// taskFile is the text of a task file.
func taskFile(front ...string) string {
	return "---\n" + strings.Join(front, "\n") + "\n---\nbody\n"
}

// TestEditsOfTaskFilesDuringARunTakeEffect edits a folder of task files while it runs: one file is changed, one is
// added, one is removed and one is set by hand.
func TestEditsOfTaskFilesDuringARunTakeEffect(t *testing.T) {
	p := newProject(t, "")
	require.NoError(t, os.Remove(filepath.Join(p.dir, "plan.yaml")))
	require.NoError(t, os.Mkdir(filepath.Join(p.dir, "tasks"), 0o755))
	p.write("tasks/a.md", taskFile("status: open", "run: echo a >> trace; while [ ! -e go ]; do sleep 0.02; done"))
	p.write("tasks/b.md", taskFile("name: old", "status: open", "depends_on: [a]", "run: echo old >> trace"))
	p.write("tasks/gone.md", taskFile("status: open", "depends_on: [a]", "run: echo gone >> trace"))
	p.write("tasks/hand.md", taskFile("status: open", "depends_on: [a]", "run: echo hand >> trace"))
	cmd := p.command("run", "tasks")
	require.NoError(t, cmd.Start())
	waitFor(t, func() bool { return strings.Contains(p.read("tasks/a.md"), "in_progress") })

	_, status := p.billow("run", "tasks")
	require.Equal(t, 6, status, "it is being run")

	p.write("tasks/b.md", taskFile("name: new", "status: open", "depends_on: [a]", "run: echo new >> trace"))
	p.write("tasks/c.md", taskFile("status: open", "depends_on: [b.md]", "run: echo c >> trace"))
	require.NoError(t, os.Remove(filepath.Join(p.dir, "tasks", "gone.md")))
	p.write("tasks/hand.md", taskFile("status: skipped", "depends_on: [a]", "run: echo hand >> trace"))
	waitFor(t, func() bool {
		out, _ := p.billow("status", "tasks", "--json")
		return strings.Contains(out, `"id": "c"`)
	})
	p.write("go", "")
	require.NoError(t, cmd.Wait())
	require.Equal(t, "a\nnew\nc\n", p.read("trace"))
	require.Equal(t, taskFile("name: new", "status: completed", "depends_on: [a]", "run: echo new >> trace"), p.read("tasks/b.md"))
	require.Equal(t, taskFile("status: completed", "depends_on: [b.md]", "run: echo c >> trace"), p.read("tasks/c.md"))
	require.Equal(t, taskFile("status: skipped", "depends_on: [a]", "run: echo hand >> trace"), p.read("tasks/hand.md"))
	require.NoFileExists(t, filepath.Join(p.dir, "tasks", "gone.md"))
}

// TestAKilledRunOfTaskFilesGoesOn kills a run of a folder again and again: nothing that was completed runs twice, and the
// files end as those of a run that nobody disturbs.
func TestAKilledRunOfTaskFilesGoesOn(t *testing.T) {
	const n = 20
	p := newProject(t, "")
	require.NoError(t, os.Remove(filepath.Join(p.dir, "plan.yaml")))
	require.NoError(t, os.Mkdir(filepath.Join(p.dir, "tasks"), 0o755))
	want := map[string]string{}
	for i := range n {
		front := []string{fmt.Sprintf("depends_on: [%d]", i-3), fmt.Sprintf("run: sleep 0.03; echo %d >> trace", i)}
		if i < 3 {
			front[0] = "depends_on: []"
		}
		file := fmt.Sprintf("tasks/%03d.md", i)
		p.write(file, taskFile(append([]string{"status: open"}, front...)...))
		want[file] = taskFile(append([]string{"status: completed"}, front...)...)
	}
	rnd := rand.New(rand.NewPCG(5, 6))
	p.killed(rnd, 50, 10, 150, func() []string { return []string{"run", "-j2", "tasks"} })
	out, status := p.billow("run", "-j2", "tasks")
	require.Zero(t, status, out)
	for file, text := range want {
		require.Equal(t, text, p.read(file), file)
	}
	entries, err := os.ReadDir(filepath.Join(p.dir, "tasks"))
	require.NoError(t, err)
	require.Len(t, entries, n, "nothing is left beside the files")
	done := map[string]bool{}
	for _, ev := range p.history() {
		switch ev.Type {
		case engine.AttemptStarted:
			require.False(t, done[ev.Task], "%s runs again", ev.Task)
		case engine.StepDone:
			done[ev.Task] = true
		}
	}
	require.Len(t, done, n)
}

const shipping = `
tasks:
  - {id: build, wave: 1, run: "until test -e go; do sleep 0.01; done"}
  - {id: ship, wave: 2, run: "true", requires_approval: true, approval_reason: to production}
`
