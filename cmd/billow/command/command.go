// Package command is the command line: one file a verb. A command parses its flags, calls one verb of
// internal/control and prints what it gives back, as text or JSON. It decides nothing. Start with Main.
package command

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/user"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"billow/internal/control"
	"billow/internal/proc"
	"billow/internal/text"
)

// IO is what the program reads and writes.
type IO struct {
	In       io.Reader
	Out, Err io.Writer
}

// Std is the process's own input and output.
func Std() IO { return IO{In: os.Stdin, Out: os.Stdout, Err: os.Stderr} }

// superviseArg is the hidden verb under which billow looks after a long-running agent; see proc.Supervise.
const superviseArg = "__supervise"

// Main runs the program and returns its exit status. It is where a bug ends: a panic becomes one line.
func Main(args []string, streams IO) (status int) {
	if len(args) > 1 && args[1] == superviseArg {
		return proc.Supervise(args[2:])
	}
	tuneMemory()
	tuneThreads()
	m := newProgram(streams)
	if !debugging() {
		quietCrashes()
		defer m.recoverBug(&status)
	}
	ignoreBrokenPipes()
	root := m.root()
	root.SetArgs(args[1:])
	root.SetIn(m.In)
	root.SetOut(m.Out)
	root.SetErr(m.Err)
	cmd, err := root.ExecuteContextC(context.Background())
	if err != nil && !m.started {
		err = usageError{err}
	}
	if err == nil {
		err = m.out.err()
	}
	if err != nil {
		m.complain(cmd, err)
	}
	return exitStatus(err)
}

// program is one call of billow.
type program struct {
	IO
	// out is Out; it knows whether anybody still reads.
	out *output
	// style is how results on Out may look, errStyle how messages on Err may.
	style, errStyle text.Style
	// started is true once a command's flags and arguments have been accepted.
	started bool

	json  bool
	color string
	dir   string
}

func newProgram(streams IO) *program {
	m := &program{IO: streams, out: &output{to: streams.Out}}
	m.Out = m.out
	m.style, m.errStyle = styleOf(streams.Out, "auto", os.Getenv), styleOf(streams.Err, "auto", os.Getenv)
	return m
}

const rootHelp = `Billow runs plan files: tasks with dependencies, waves, conflicts, agents and a policy for failure.

It checks plan.yaml, runs what may run, deals with failures, asks when it must, and writes each task's
status back into the same file without touching anything else in it.

A plan is named by its path, its folder or its id; without a name it is the plan.yaml here, else the one
plan under docs/plan/ that is not finished.

Exit statuses:
`

func (m *program) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "billow",
		Short:         "Run plan files: tasks with dependencies, waves, agents and a policy for failure",
		Long:          rootHelp + exitHelp(),
		Example:       "  billow check plan.yaml\n  billow run plan.yaml\n  billow status",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if err := cmd.ValidateFlagGroups(); err != nil {
				return err
			}
			switch m.color {
			case "auto", "always", "never":
			default:
				return fmt.Errorf("--color is auto, always or never, not %q", m.color)
			}
			m.style, m.errStyle = styleOf(m.out.to, m.color, os.Getenv), styleOf(m.Err, m.color, os.Getenv)
			m.started = true
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("there is no command %q%s", args[0], suggestion(cmd, args[0]))}
			}
			return cmd.Help()
		},
	}
	flags := root.PersistentFlags()
	flags.BoolVar(&m.json, "json", false, "print the response as JSON")
	flags.StringVar(&m.color, "color", "auto", "auto, always or never")
	flags.StringVarP(&m.dir, "directory", "C", "", "work in this folder")
	root.CompletionOptions.DisableDefaultCmd = true
	root.SuggestionsMinimumDistance = 2
	root.AddCommand(m.verbs()...)
	return root
}

// Root is the tree of commands, for what is written about it.
func Root() *cobra.Command {
	return newProgram(IO{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard}).root()
}

func suggestion(cmd *cobra.Command, name string) string {
	if near := cmd.SuggestionsFor(name); len(near) > 0 {
		return "; did you mean " + strings.Join(near, " or ") + "?"
	}
	if _, err := os.Stat(name); err == nil {
		return "; did you mean billow run " + name + "?"
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
