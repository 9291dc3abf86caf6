// Package examples runs every example the way its README tells a reader to: the commands of its console block, one
// after the other, in a copy of the folder. Start with TestEveryExampleDoesWhatItsReadmeSays.
package examples

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/plan"
)

var update = flag.Bool("update", false, "write the plans as they end to want.yaml")

func TestEveryExampleDoesWhatItsReadmeSays(t *testing.T) {
	bin := build(t)
	for _, name := range names(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), name)
			require.NoError(t, os.CopyFS(dir, os.DirFS(name)))
			env := environ(t, bin)
			steps := console(t, filepath.Join(name, "README.md"))
			require.NotEmpty(t, steps, "the README shows no command")
			for _, s := range steps {
				out, exit := run(t, dir, env, s.command)
				assert.Equal(t, s.exit, exit, "the exit status of %q, which printed:\n%s", s.command, out)
				missing, ok := shown(out, s.shows)
				assert.True(t, ok, "%q does not show %q as the README says; it printed:\n%s", s.command, missing, out)
			}
			compare(t, name, dir)
		})
	}
}

// A reader types the commands once more: what is in the repository has not been run, and is sound.
func TestExamplesWaitToBeRun(t *testing.T) {
	for _, name := range names(t) {
		page, err := os.ReadFile(filepath.Join(name, "README.md"))
		require.NoError(t, err)
		readme := string(page)
		for _, file := range plans(t, name) {
			doc := plan.Read(file, contents(t, file), plan.Options{})
			require.NotNil(t, doc.Plan, file)
			if isFolder(file) {
				waitsInAFolder(t, doc)
				continue
			}
			problems := append(doc.Problems, plan.Check(doc.Plan, doc.Source, plan.CheckOptions{})...)
			for _, p := range problems {
				// A warning is fine where it is what the example is about.
				if p.Severity == plan.Error || p.Severity == plan.Warning && !strings.Contains(readme, p.Code) {
					t.Errorf("%s:%d:%d: %s %s", file, p.Line, p.Column, p.Code, p.Text)
				}
			}
			assert.Equal(t, "pending", doc.Plan.Status, "%s: billow would add a line for the status of the plan", file)
			for _, task := range doc.Plan.Tasks {
				assert.NotEmpty(t, task.RawStatus, "%s: task %s: billow would add a line for its status", file, task.ID)
				assert.Zero(t, task.RetriesUsed, "%s: task %s has been run", file, task.ID)
				assert.Empty(t, task.ApprovalState, "%s: task %s has been run", file, task.ID)
			}
		}
	}
}

// names are the folders with an example.
func names(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob("*/README.md")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(found), 8)
	for i := range found {
		found[i] = filepath.Dir(found[i])
		if !isFolder(filepath.Join(found[i], "tasks")) {
			require.FileExists(t, filepath.Join(found[i], "plan.yaml"))
		}
		require.FileExists(t, filepath.Join(found[i], "billow.yaml"))
	}
	return found
}

// waitsInAFolder holds a folder of task files to the same; there is one, whose tasks begin as other tools leave them.
func waitsInAFolder(t *testing.T, doc *plan.Document) {
	t.Helper()
	assert.Empty(t, plan.Errors(append(doc.Problems, plan.Check(doc.Plan, doc.Source, plan.CheckOptions{DefaultAgent: "writer"})...)))
	for _, task := range doc.Plan.Tasks {
		assert.Equal(t, plan.Pending, task.Status, "task %s has been run", task.ID)
	}
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// contents is the text of a plan: a file, or the bundle of a folder of task files.
func contents(t *testing.T, path string) []byte {
	t.Helper()
	if !isFolder(path) {
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		return data
	}
	found, err := filepath.Glob(filepath.Join(path, "*.md"))
	require.NoError(t, err)
	var files []plan.TaskFile
	for _, file := range found {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		if kind, _ := plan.SortFile(filepath.Base(file), text); kind != plan.NoTask {
			files = append(files, plan.TaskFile{Name: filepath.Base(file), Text: text})
		}
	}
	bundle, err := plan.Bundle(files)
	require.NoError(t, err)
	return bundle
}

// plans are the plans of an example: files, or its folder of task files.
func plans(t *testing.T, name string) []string {
	t.Helper()
	if folder := filepath.Join(name, "tasks"); isFolder(folder) {
		return []string{folder}
	}
	files := []string{filepath.Join(name, "plan.yaml")}
	wanted, err := filepath.Glob(filepath.Join(name, "want-*.yaml"))
	require.NoError(t, err)
	for _, file := range wanted {
		files = append(files, filepath.Join(name, strings.TrimPrefix(filepath.Base(file), "want-")))
	}
	return files
}

// compare holds the plans as they ended against want.yaml (plan.yaml) and want-NAME.yaml (NAME.yaml), each file of
// tasks/ against that of want/.
func compare(t *testing.T, name, dir string) {
	t.Helper()
	for _, file := range plans(t, name) {
		base := filepath.Base(file)
		if isFolder(file) {
			compareFolder(t, filepath.Join(name, "want"), filepath.Join(dir, base))
			continue
		}
		want := filepath.Join(name, "want-"+base)
		if base == "plan.yaml" {
			want = filepath.Join(name, "want.yaml")
		}
		got, err := os.ReadFile(filepath.Join(dir, base))
		require.NoError(t, err)
		if *update {
			require.NoError(t, os.WriteFile(want, got, 0o644))
		}
		expected, err := os.ReadFile(want)
		require.NoError(t, err, "run the tests with -update to write it, and read what it says")
		assert.Equal(t, string(expected), string(got), "%s as it ended; if that is right, run the tests with -update", base)
	}
}

func compareFolder(t *testing.T, want, got string) {
	t.Helper()
	entries, err := os.ReadDir(got)
	require.NoError(t, err)
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(got, e.Name()))
		require.NoError(t, err)
		file := filepath.Join(want, e.Name())
		if *update {
			require.NoError(t, os.MkdirAll(want, 0o755))
			require.NoError(t, os.WriteFile(file, text, 0o644))
		}
		expected, err := os.ReadFile(file)
		require.NoError(t, err, "run the tests with -update to write it, and read what it says")
		assert.Equal(t, string(expected), string(text), "%s as it ended; if that is right, run the tests with -update", e.Name())
	}
}

// build makes the program that a reader would have.
func build(t *testing.T) string {
	t.Helper()
	bin := t.TempDir()
	out, err := exec.Command("go", "build", "-o", filepath.Join(bin, "billow"), "billow/cmd/billow").CombinedOutput()
	require.NoError(t, err, string(out))
	return bin
}

// environ is the environment of a reader who has configured nothing and is at no terminal.
func environ(t *testing.T, bin string) []string {
	t.Helper()
	var env []string
	for _, entry := range os.Environ() {
		switch name, _, _ := strings.Cut(entry, "="); {
		case strings.HasPrefix(name, "BILLOW_"), name == "PATH", name == "CI", name == "GITHUB_ACTIONS",
			name == "UPLOAD", name == "APP_TOKEN":
		default:
			env = append(env, entry)
		}
	}
	// A billow.yaml of the person who runs the tests must not count. Go looks there too, for its own settings.
	return append(env, "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "NO_COLOR=1",
		"XDG_CONFIG_HOME="+t.TempDir())
}

func run(t *testing.T, dir string, env []string, command string) (out string, exit int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", command)
	cmd.Dir, cmd.Env = dir, env
	all, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		require.NoError(t, err)
	}
	return string(all), cmd.ProcessState.ExitCode()
}

// step is one command of a README.
type step struct {
	command string
	// exit is its exit status, from a remark `# exit status N`; 0 without one.
	exit int
	// shows are the lines that the README shows under it: it prints at least these, in this order, with
	// anything where they have `...`.
	shows []string
}

// console reads the console blocks of a README.
func console(t *testing.T, file string) []step {
	t.Helper()
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	var steps []step
	within := false
	for line := range strings.Lines(string(data)) {
		line = strings.TrimRight(line, "\n")
		switch command, typed := strings.CutPrefix(line, "$ "); {
		case strings.HasPrefix(line, "```"):
			within = line == "```console"
		case !within:
		case typed:
			command, remark, _ := strings.Cut(command, " # ")
			s := step{command: strings.TrimSpace(command)}
			if status := exitRemark.FindStringSubmatch(remark); status != nil {
				s.exit, err = strconv.Atoi(status[1])
				require.NoError(t, err)
			}
			steps = append(steps, s)
		case len(steps) > 0 && strings.TrimSpace(line) != "" && strings.TrimSpace(line) != "...":
			last := &steps[len(steps)-1]
			last.shows = append(last.shows, line)
		}
	}
	return steps
}

var exitRemark = regexp.MustCompile(`exit status (\d+)`)

// shown looks for lines in what was printed, in their order, and gives the first that is missing.
func shown(out string, lines []string) (missing string, ok bool) {
	printed := strings.Split(out, "\n")
	for _, line := range lines {
		parts := strings.Split(strings.TrimSpace(line), "...")
		for i := range parts {
			parts[i] = spaces.ReplaceAllString(regexp.QuoteMeta(strings.TrimSpace(parts[i])), `\s+`)
		}
		pattern := regexp.MustCompile(fmt.Sprintf(`^\s*%s\s*$`, strings.Join(parts, ".*")))
		found := false
		for len(printed) > 0 && !found {
			found = pattern.MatchString(printed[0])
			printed = printed[1:]
		}
		if !found {
			return line, false
		}
	}
	return "", true
}

var spaces = regexp.MustCompile(`\s+`)
