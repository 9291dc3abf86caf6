package docs

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// action is a composite action, as far as it matters here.
type action struct {
	Inputs map[string]struct{ Description, Default string }
	Runs   struct {
		Using string
		Steps []step
	}
}

type step struct {
	ID, If, Uses, Shell, Run string
	Env                      map[string]string
	With                     map[string]string
	Dir                      string `yaml:"working-directory"`
}

func readAction(t *testing.T) action {
	t.Helper()
	data, err := os.ReadFile("../.github/actions/billow/action.yml")
	require.NoError(t, err)
	var a action
	require.NoError(t, yaml.Unmarshal(data, &a))
	require.Equal(t, "composite", a.Runs.Using)
	return a
}

var (
	expression = regexp.MustCompile(`\$\{\{\s*([\w.-]+)\s*\}\}`)
	output     = regexp.MustCompile(`(?m)^([\w-]+)=(.*)$`)
)

// runner does what GitHub's does with an action, as far as it is scripts.
type runner struct {
	*testing.T
	dir    string
	env    []string
	values map[string]string
}

func (r *runner) fill(text string) string {
	return expression.ReplaceAllStringFunc(text, func(found string) string {
		name := expression.FindStringSubmatch(found)[1]
		value, ok := r.values[name]
		require.True(r, ok, "the action uses %s, which is not there", name)
		return value
	})
}

// do runs the scripts of an action and gives the exit status of the last one and what it printed.
func (r *runner) do(a action, inputs map[string]string) (int, string) {
	for name, in := range a.Inputs {
		r.values["inputs."+name] = in.Default
		if value, ok := inputs[name]; ok {
			r.values["inputs."+name] = value
		}
	}
	var out bytes.Buffer
	for _, s := range a.Runs.Steps {
		if s.Uses != "" {
			for _, value := range s.With {
				r.fill(value)
			}
			continue
		}
		cmd := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", s.Run)
		cmd.Dir = filepath.Join(r.dir, r.fill(s.Dir))
		outputs := filepath.Join(r.TempDir(), "outputs")
		cmd.Env = append(os.Environ(), append(r.env, "GITHUB_OUTPUT="+outputs)...)
		for name, value := range s.Env {
			cmd.Env = append(cmd.Env, name+"="+r.fill(value))
		}
		out.Reset()
		cmd.Stdout, cmd.Stderr = &out, &out
		err := cmd.Run()
		written, _ := os.ReadFile(outputs)
		for _, m := range output.FindAllStringSubmatch(string(written), -1) {
			r.values["steps."+s.ID+".outputs."+m[1]] = m[2]
		}
		if err != nil {
			require.IsType(r, &exec.ExitError{}, err)
			return err.(*exec.ExitError).ExitCode(), out.String()
		}
	}
	return 0, out.String()
}

func TestTheActionBuildsBillowAndRunsAPlan(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("skipped: there is no bash")
	}
	a := readAction(t)
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	temp, dir := t.TempDir(), t.TempDir()
	r := &runner{T: t, dir: dir, values: map[string]string{"github.action_path": filepath.Join(root, ".github/actions/billow")},
		env: []string{"RUNNER_TEMP=" + temp, "RUNNER_OS=Linux", "RUNNER_ARCH=X64", "GITHUB_PATH=" + filepath.Join(temp, "path"),
			"GITHUB_ACTIONS=true", "GITHUB_WORKSPACE=" + dir, "GITHUB_STEP_SUMMARY=" + filepath.Join(temp, "summary.md"),
			"XDG_CONFIG_HOME=" + temp}}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "billow.yaml"), nil, 0o644))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "sub"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "sub", "a plan.yaml"), []byte("tasks:\n  - {id: a, run: echo done}\n  - {id: b, run: exit 3}\n"), 0o644))

	status, out := r.do(a, map[string]string{"working-directory": "sub", "plan": "a plan.yaml", "junit": "out/it's $(touch stolen).xml",
		"args": "--no-write-back\n  -j 1"})
	require.Equal(t, 1, status, out)
	assert.Equal(t, "1", r.values["steps.run.outputs.exit-status"])
	assert.Contains(t, out, "::error file=sub/a plan.yaml,line=3,")
	assert.FileExists(t, filepath.Join(dir, "sub", "out", "it's $(touch stolen).xml"))
	assert.NoFileExists(t, filepath.Join(dir, "sub", "stolen"))
	assert.FileExists(t, filepath.Join(temp, "summary.md"))
	path, err := os.ReadFile(filepath.Join(temp, "path"))
	require.NoError(t, err)
	assert.FileExists(t, filepath.Join(strings.TrimSpace(string(path)), "billow"))

	// Without inputs it is the plan of the folder.
	require.NoError(t, os.WriteFile(filepath.Join(dir, "plan.yaml"), []byte("tasks:\n  - {id: a, run: \"true\"}\n"), 0o644))
	a.Runs.Steps = a.Runs.Steps[len(a.Runs.Steps)-1:]
	status, out = r.do(a, nil)
	assert.Zero(t, status, out)
}

// A script that holds what somebody else wrote runs it.
func TestTheActionsScriptsHoldNoInputs(t *testing.T) {
	for _, s := range readAction(t).Runs.Steps {
		assert.NotContains(t, s.Run, "${{")
		if s.Run != "" {
			assert.Equal(t, "bash", s.Shell)
		}
	}
}
