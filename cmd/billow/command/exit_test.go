package command

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"

	"billow/internal/control"
	"billow/internal/planfile"
	"billow/internal/store"
	"billow/plan"
)

func TestExitStatusSaysWhatKindOfErrorItWas(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
	}{
		{nil, exitDone},
		{syscall.EPIPE, exitDone},
		{statusError(exitBlocked), exitBlocked},
		{usageError{errors.New("unknown flag")}, exitUsage},
		{control.ErrUsage, exitUsage},
		{control.ErrNoRun, exitUsage},
		{planfile.ErrNoPlan, exitUsage},
		{planfile.ErrSeveral, exitUsage},
		{store.ErrNotFound, exitUsage},
		{store.Ambiguous("2", []string{"20", "21"}), exitUsage},
		{&control.ProblemsError{File: "plan.yaml"}, exitProblems},
		{planfile.ErrTooBig, exitProblems},
		{planfile.ErrInvalid, exitProblems},
		{planfile.ErrGone, exitEnvironment},
		{planfile.ErrLocked, exitEnvironment},
		{planfile.ErrNoSpace, exitEnvironment},
		{store.ErrDamaged, exitEnvironment},
		{fs.ErrPermission, exitEnvironment},
		{errors.New("anything else"), exitEnvironment},
	} {
		assert.Equal(t, c.want, exitStatus(c.err), "%v", c.err)
		if c.err != nil {
			assert.Equal(t, c.want, exitStatus(fmt.Errorf("open plan.yaml: %w", c.err)), "wrapped: %v", c.err)
		}
	}
}

func TestEveryExitStatusIsListedOnce(t *testing.T) {
	last := -1
	for _, s := range ExitStatuses() {
		assert.Greater(t, s.Code, last)
		assert.NotEmpty(t, s.Meaning)
		assert.Contains(t, exitHelp(), s.Meaning)
		last = s.Code
	}
}

func TestErrorsAreLowerCaseWithHints(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{fmt.Errorf("%w: there is no task \"x\"", control.ErrUsage), "billow: there is no task \"x\"\n"},
		{fmt.Errorf("%w in docs", planfile.ErrNoPlan), "billow: no plan found in docs\nhint: name a plan file, or write a plan.yaml here\n"},
		{errors.New("two\nlines \x1b[31m"), "billow: two lines [31m\n"},
		{errors.Join(fmt.Errorf("no: %w", io.EOF), errors.Join(io.EOF, errors.New("other"))), "billow: no: EOF\nbillow: other\n"},
		{&control.ProblemsError{File: "plan.yaml", Problems: []plan.Problem{{Code: "P014", Severity: plan.Info, File: "plan.yaml", Text: "a key"},
			{Code: "P031", Severity: plan.Error, File: "plan.yaml", Text: "no such task"}}},
			"plan.yaml: info P014: a key\nplan.yaml: error P031: no such task\nbillow: plan.yaml has a problem\nhint: billow explain P031 says more\n"},
		{statusError(1), ""},
		{syscall.EPIPE, ""},
	} {
		var errs bytes.Buffer
		m := newProgram(IO{In: strings.NewReader(""), Out: io.Discard, Err: &errs})
		m.complain(nil, c.err)
		assert.Equal(t, c.want, errs.String())
	}
}

// args are none, which the compiler does not know.
func args() []string { return nil }

func TestAPanicIsOneLineAndExitStatus70(t *testing.T) {
	var errs bytes.Buffer
	m := newProgram(IO{In: strings.NewReader(""), Out: io.Discard, Err: &errs})
	status := func() (status int) {
		defer m.recoverBug(&status)
		none := []int{}
		return none[len(args())]
	}()
	assert.Equal(t, exitBug, status)
	lines := strings.Split(strings.TrimSpace(errs.String()), "\n")
	assert.Len(t, lines, 2)
	assert.Regexp(t, `^billow: this is a bug: runtime error: index out of range \[0\] with length 0 \(command/exit_test\.go:\d+\)$`, lines[0])
	assert.True(t, strings.HasPrefix(lines[1], "hint: BILLOW_DEBUG=1 "), lines[1])
}

func TestColorsAreForTerminalsThatWantThem(t *testing.T) {
	none := func(string) string { return "" }
	assert.False(t, styleOf(&bytes.Buffer{}, "auto", none).Color, "a pipe")
	assert.True(t, styleOf(&bytes.Buffer{}, "always", none).Color)
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("there is no terminal to be had")
	}
	defer terminal.Close()
	assert.True(t, styleOf(terminal, "auto", none).Color, "a terminal")
	assert.False(t, styleOf(terminal, "never", none).Color)
	for name, value := range map[string]string{"NO_COLOR": "1", "CI": "true", "TERM": "dumb"} {
		getenv := func(asked string) string {
			if asked == name {
				return value
			}
			return ""
		}
		assert.False(t, styleOf(terminal, "auto", getenv).Color, name)
		assert.True(t, styleOf(terminal, "always", getenv).Color, name)
	}
}

// failing takes some bytes and then no more.
type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestAReaderThatHasGoneIsNoError(t *testing.T) {
	for err, want := range map[error]int{syscall.EPIPE: exitDone, io.ErrClosedPipe: exitDone, syscall.ENOSPC: exitEnvironment} {
		var errs bytes.Buffer
		status := Main([]string{"billow", "version"}, IO{In: strings.NewReader(""), Out: failing{err}, Err: &errs})
		assert.Equal(t, want, status, "%v", err)
		assert.Equal(t, want == exitDone, errs.Len() == 0, errs.String())
	}
}
