// Package command is the command line: one file a verb. A command parses its flags, calls one verb of
// internal/control and prints what it gives back, as text or JSON. It decides nothing. Start with Main.
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"billow/internal/control"
	"billow/internal/planfile"
	"billow/internal/proc"
	"billow/internal/store"
	"billow/internal/text"
)

// IO is what the program reads and writes.
type IO struct {
	In       io.Reader
	Out, Err io.Writer
}

// Std is the process's own input and output.
func Std() IO { return IO{In: os.Stdin, Out: os.Stdout, Err: os.Stderr} }

// The exit statuses; of several the first in 130, 124, 1, 4, 5.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitProblems    = 3
	exitBlocked     = 4
	exitPaused      = 5
	exitEnvironment = 6
	exitBug         = 70
	exitTimeout     = 124
	exitInterrupted = 130
	exitTerminated  = 143
)

// superviseArg is the hidden verb under which billow looks after a long-running agent; see proc.Supervise.
const superviseArg = "__supervise"

// Main runs the program and returns its exit status.
func Main(args []string, streams IO) int {
	if len(args) > 1 && args[1] == superviseArg {
		return proc.Supervise(args[2:])
	}
	m := &program{IO: streams}
	root := m.root()
	root.SetArgs(args[1:])
	root.SetIn(m.In)
	root.SetOut(m.Out)
	root.SetErr(m.Err)
	err := root.ExecuteContext(context.Background())
	if err != nil {
		m.complain(err)
	}
	return m.status(err)
}

// program is one call of billow.
type program struct {
	IO
	json  bool
	color string
	dir   string
}

// statusError carries an exit status and says nothing more.
type statusError int

func (e statusError) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// usageError is a mistake in the command line.
type usageError struct{ error }

func (m *program) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "billow",
		Short:         "Run plan files: tasks with dependencies, waves, agents and a policy for failure",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("there is no command %q%s", args[0], suggestion(cmd, args[0]))}
			}
			return cmd.Help()
		},
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.PersistentFlags().BoolVar(&m.json, "json", false, "print the response as JSON")
	root.PersistentFlags().StringVarP(&m.dir, "directory", "C", "", "work in this folder")
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(m.verbs()...)
	return root
}

func suggestion(cmd *cobra.Command, name string) string {
	if near := cmd.SuggestionsFor(name); len(near) > 0 {
		return "; did you mean " + strings.Join(near, " or ") + "?"
	}
	return "; billow help lists them"
}

// service makes the service that carries out a verb.
func (m *program) service() (*control.Service, error) {
	dir := m.dir
	if dir == "" {
		dir = "."
	}
	if err := os.Chdir(dir); err != nil {
		return nil, err
	}
	wd, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	s := &control.Service{Dir: wd, Environ: os.Environ(), User: userName(), Now: time.Now,
		Notice: func(n control.Notice) { fmt.Fprintf(m.Err, "billow: %s\n", n.Text) }}
	m.wire(s)
	return s, nil
}

func userName() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "someone"
}

// complain prints an error for people: `billow: ` and what is wrong, then hints.
func (m *program) complain(err error) {
	var quiet statusError
	if errors.As(err, &quiet) {
		return
	}
	var problems *control.ProblemsError
	if errors.As(err, &problems) {
		text.Problems(m.Err, problems.Problems, text.Style{})
	}
	var usage usageError
	message := err.Error()
	message = strings.TrimPrefix(message, control.ErrUsage.Error()+": ")
	fmt.Fprintf(m.Err, "billow: %s\n", message)
	if errors.As(err, &usage) {
		fmt.Fprintln(m.Err, "hint: billow help, or billow COMMAND --help")
	}
	for _, hint := range hints(err) {
		fmt.Fprintf(m.Err, "hint: %s\n", hint)
	}
}

// hints say what to type next.
func hints(err error) []string {
	switch {
	case errors.Is(err, planfile.ErrNoPlan):
		return []string{"billow run PATH, or write a plan.yaml here"}
	case errors.Is(err, planfile.ErrLocked):
		return []string{"billow status shows how it stands; billow cancel TASK ends a task of it"}
	}
	return nil
}

// status is the exit status for an error.
func (m *program) status(err error) int {
	var (
		quiet    statusError
		usage    usageError
		problems *control.ProblemsError
	)
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &quiet):
		return int(quiet)
	case errors.As(err, &usage), errors.Is(err, control.ErrUsage), errors.Is(err, planfile.ErrNoPlan),
		errors.Is(err, planfile.ErrSeveral), errors.Is(err, control.ErrNoRun), errors.Is(err, store.ErrNotFound):
		return exitUsage
	case errors.As(err, &problems), errors.Is(err, planfile.ErrTooBig):
		return exitProblems
	}
	return exitEnvironment
}
