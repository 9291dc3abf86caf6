package text

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"billow/engine"
	"billow/failure"
)

// machine writes logs as agents/shell does: into a slot's scratch file while a command runs, which moves
// into the attempt's folder when the command ends and has printed something.
type machine struct {
	t    require.TestingT
	dir  string
	file map[int]*os.File
	// task in each slot.
	runs map[int]string
	got  map[string][]string
	f    *follower
}

func newMachine(t require.TestingT, dir string) *machine {
	m := &machine{t: t, dir: dir, file: map[int]*os.File{}, runs: map[int]string{}, got: map[string][]string{}}
	m.f = newFollower(m.logs, m.paths, func(task string, line []byte) {
		m.got[task] = append(m.got[task], string(line))
	})
	return m
}

func (m *machine) scratch(slot int) string { return filepath.Join(m.dir, fmt.Sprint(slot, ".out")) }
func (m *machine) paths(task string, attempt int) string {
	return filepath.Join(m.dir, task, fmt.Sprint(attempt))
}

func (m *machine) logs(task string, _ int, _ string) (string, string, bool) {
	for slot, name := range m.runs {
		if name == task {
			return m.scratch(slot), m.scratch(slot) + ".err", true
		}
	}
	return "", "", false
}

func (m *machine) start(slot int, task string) {
	if m.file[slot] == nil {
		file, err := os.OpenFile(m.scratch(slot), os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
		require.NoError(m.t, err)
		m.file[slot] = file
	}
	m.runs[slot] = task
}

func (m *machine) write(slot int, text string) {
	_, err := m.file[slot].WriteString(text)
	require.NoError(m.t, err)
}

func (m *machine) end(slot int) {
	task := m.runs[slot]
	info, err := m.file[slot].Stat()
	require.NoError(m.t, err)
	if info.Size() > 0 {
		require.NoError(m.t, os.MkdirAll(m.paths(task, 1), 0o755))
		require.NoError(m.t, os.Rename(m.scratch(slot), filepath.Join(m.paths(task, 1), "stdout.log")))
		require.NoError(m.t, m.file[slot].Close())
		m.file[slot] = nil
	}
	delete(m.runs, slot)
}

func TestFollowingLosesNothingAndMixesNothingUp(t *testing.T) {
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		m := newMachine(t, filepath.Join(dir, fmt.Sprint(n)))
		require.NoError(t, os.MkdirAll(m.dir, 0o755))
		type job struct {
			task string
			slot int
		}
		var live []*job
		want := map[string]string{}
		var news []func()
		for i := range rapid.IntRange(1, 40).Draw(t, "moves") {
			switch rapid.IntRange(0, 4).Draw(t, "move") {
			case 0: // a command starts in a free slot
				slot := 0
				for slices.ContainsFunc(live, func(j *job) bool { return j.slot == slot }) {
					slot++
				}
				j := &job{task: fmt.Sprint("t", i), slot: slot}
				m.start(slot, j.task)
				live = append(live, j)
				news = append(news, func() { m.f.begin(j.task, 1, "do") })
			case 1, 2: // it prints
				if len(live) > 0 {
					j := rapid.SampledFrom(live).Draw(t, "who")
					text := rapid.SampledFrom([]string{"a", "b\n", "\n", "long line\nand", "é"}).Draw(t, "text")
					m.write(j.slot, text)
					want[j.task] += text
				}
			case 3: // it ends, and the slot is free at once
				if len(live) > 0 {
					k := rapid.IntRange(0, len(live)-1).Draw(t, "who")
					j := live[k]
					m.end(j.slot)
					live = slices.Delete(live, k, k+1)
					news = append(news, func() { m.f.end(j.task, 1, "do") })
				}
			case 4: // somebody looks
				for _, tell := range news {
					tell()
				}
				news = nil
				m.f.poll()
			}
			if rapid.Bool().Draw(t, "late look") {
				m.f.poll() // before the news of what has ended
			}
		}
		for _, j := range live {
			m.end(j.slot)
			news = append(news, func() { m.f.end(j.task, 1, "do") })
		}
		for _, tell := range news {
			tell()
		}
		for task, text := range want {
			lines := strings.Split(text, "\n")
			if lines[len(lines)-1] == "" {
				lines = lines[:len(lines)-1]
			}
			if !slices.Equal(lines, m.got[task]) {
				t.Fatalf("%s printed %q, shown as %q", task, lines, m.got[task])
			}
		}
		for task := range m.got {
			if want[task] == "" {
				t.Fatalf("%s printed nothing, but %q was shown", task, m.got[task])
			}
		}
	})
}

func TestALineWithoutAnEndIsShownInPieces(t *testing.T) {
	m := newMachine(t, t.TempDir())
	m.start(0, "a")
	m.write(0, strings.Repeat("x", 3*longestLine))
	m.f.begin("a", 1, "do")
	m.f.poll()
	require.NotEmpty(t, m.got["a"])
	m.end(0)
	m.f.endAll()
	assert.Equal(t, 3*longestLine, len(strings.Join(m.got["a"], "")))
	assert.Empty(t, m.f.order)
}

func TestAnAcceptanceCommandIsFollowedToo(t *testing.T) {
	m := newMachine(t, t.TempDir())
	dir := m.paths("a", 2)
	require.NoError(t, os.MkdirAll(dir, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "accept.1.stderr.log"), []byte("FAIL\n"), 0o600))
	m.f.end("a", 2, "accept.1")
	assert.Equal(t, []string{"FAIL"}, m.got["a"])
}

// shown is what is shown of logs when a step of task a has failed.
func shown(t *testing.T, output Output, logs map[string]string, remedy failure.Action) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range logs {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	var out bytes.Buffer
	p := newProgress(ProgressOptions{Out: &out, Err: &bytes.Buffer{}, Output: output})
	p.paths = func(string, int) string { return dir }
	p.after(&note{what: engine.StepFailed, task: "a", attempt: 1, step: "do", remedy: &failure.Remedy{Action: remedy},
		seat: seat{id: "a", state: engine.Failed, attempt: 1}})
	p.screen.flush()
	return strings.ReplaceAll(out.String(), dir, "DIR")
}

func TestTheEndOfAFailedTasksOutputIsShown(t *testing.T) {
	var long strings.Builder
	for i := range 100 {
		fmt.Fprintln(&long, "line", i)
	}
	got := shown(t, OutputAuto, map[string]string{"stdout.log": long.String(), "stderr.log": "boom\n"}, failure.Fail)
	assert.True(t, strings.HasPrefix(got, "--- a (failed, stdout, last 20 lines)\nline 80\n"), got)
	assert.True(t, strings.HasSuffix(got, "line 99\n--- DIR/stdout.log\n--- a (failed, stderr)\nboom\n--- DIR/stderr.log\n"), got)
	assert.Empty(t, shown(t, OutputAuto, map[string]string{"stdout.log": "x"}, failure.Retry), "it is tried again")
	assert.Empty(t, shown(t, OutputQuiet, map[string]string{"stdout.log": "x"}, failure.Fail))
	assert.Empty(t, shown(t, OutputAuto, nil, failure.Fail))
}

func TestALongLogIsReadOnlyAtItsEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "big.log")
	file, err := os.Create(path)
	require.NoError(t, err)
	require.NoError(t, file.Truncate(1<<40)) // a terabyte that takes no room
	_, err = file.WriteAt([]byte("\nthe end\n"), 1<<40)
	require.NoError(t, err)
	require.NoError(t, file.Close())
	lines, more := lastLines(path, tailLines)
	assert.True(t, more)
	assert.Equal(t, "the end", string(lines[len(lines)-1]))
}

func TestAGroupIsOneBlockWithItsAcceptance(t *testing.T) {
	got := shown(t, OutputGroup, map[string]string{"stdout.log": "one\ntwo", "stderr.log": "warn\n", "accept.1.stdout.log": "ok\n",
		"accept.1.stderr.log": "hm\n", "accept.2.stdout.log": "fine\n", "brief.md": "no log"}, failure.Fail)
	assert.Equal(t, "--- a (failed)\none\ntwo\nwarn\nok\nhm\nfine\n--- end of a\n", got)
	assert.Empty(t, shown(t, OutputGroup, nil, failure.Fail), "nothing printed, nothing shown")
}

func TestAGroupOfOneLongLineIsCopied(t *testing.T) {
	got := shown(t, OutputGroup, map[string]string{"stdout.log": strings.Repeat("x", 5*chunk)}, failure.Fail)
	assert.Equal(t, "--- a (failed)\n"+strings.Repeat("x", 5*chunk)+"\n--- end of a\n", got)
}

func TestTheSameHistoryIsFollowedThroughAProgress(t *testing.T) {
	s := newStory(t, ProgressOptions{Output: OutputPrefix})
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "lint"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "lint", "stderr.log"), []byte("main.go:7: unused\n"), 0o600))
	s.progress.started.Paths = func(task string, _ int) string { return filepath.Join(dir, task) }
	s.until(time.Minute)
	s.progress.last()
	assert.Equal(t, "lint | main.go:7: unused\n", s.out.String())
}
