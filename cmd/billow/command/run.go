package command

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"billow/internal/control"
	"billow/internal/text"
	"billow/plan"
)

// runFlags are the flags of run that are not yet what the verb takes.
type runFlags struct {
	request             control.RunRequest
	keepGoing, failFast bool
	set, budget         []string
	output              string
	order               string
	dry, fix            bool
	junit               string
	profile             string
}

func (m *program) run() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run [PLAN]",
		Short: "Run a plan, or go on with it",
		Long: `Runs what is not done yet, as far as it can without a person, and writes each task's status into the plan.

A run that was interrupted or is blocked goes on where it was. Ctrl-C once lets what runs finish, twice ends
it, three times kills it.

On a terminal the progress is shown in place, elsewhere a line for each thing that happens, on standard
error; what tasks print and the summary go to standard output. With --json the summary is one JSON document
and tasks' output is not shown unless --output asks for it, and then on standard error; billow events
--follow gives the events as they come.

On GitHub's runner logs are folded, failed tasks annotated in the plan, and the step gets a summary.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				f.request.Plan = args[0]
			}
			if err := f.parse(cmd); err != nil {
				return usageError{err}
			}
			if f.profile == "" {
				return m.runPlan(cmd.Context(), f)
			}
			stop, err := startProfile(f.profile)
			if err != nil {
				return err
			}
			return errors.Join(m.runPlan(cmd.Context(), f), stop())
		},
	}
	flags := cmd.Flags()
	r := &f.request
	flags.IntVarP(&r.Jobs, "jobs", "j", 0, "run at most `N` tasks at once (default: see billow config)")
	flags.StringVar(&f.order, "order", string(control.CriticalPath), "which of the tasks that may start goes first: critical-path or fifo; see billow simulate")
	flags.BoolVar(&f.keepGoing, "keep-going", false, "after a failure go on with what does not need it (the default)")
	flags.BoolVar(&f.failFast, "fail-fast", false, "after a failure start nothing new")
	flags.StringSliceVar(&r.Only, "only", nil, "run these `tasks` with what they need and is not done")
	flags.StringSliceVar(&r.From, "from", nil, "run these `tasks` again with everything behind them")
	flags.StringArrayVar(&f.set, "set", nil, "set a var of the plan, `name=value`")
	flags.DurationVar(&r.Timeout, "timeout", 0, "end the run after this long, such as 90s or 2h")
	flags.StringSliceVar(&f.budget, "budget", nil, "let agents use up at most so much, `KIND=AMOUNT` of tokens, usd and time: usd=5,tokens=2M,time=2h")
	flags.StringVar(&f.output, "output", "", "what tasks print: prefix (each line as it comes), group (a block when a task ends) or quiet (failures only)")
	flags.BoolVar(&r.NoWriteBack, "no-write-back", false, "leave the plan file alone")
	flags.BoolVar(&r.Fresh, "fresh", false, "start a new run with every task pending")
	flags.BoolVar(&f.dry, "dry-run", false, "show what would run and change nothing")
	flags.StringVar(&f.junit, "junit", "", "write a JUnit report to `FILE`, a case for each task, however the run ends")
	flags.StringVar(&f.profile, "profile", "", "write where time and memory go into the folder `DIR`, for go tool pprof and trace")
	flags.BoolVar(&f.fix, "fix", false, "repair a plan that is not YAML first, in the file; see billow fix")
	cmd.MarkFlagsMutuallyExclusive("keep-going", "fail-fast")
	cmd.MarkFlagsMutuallyExclusive("fix", "dry-run")
	cmd.MarkFlagsMutuallyExclusive("dry-run", "junit")
	return cmd
}

// parse checks what the flag library cannot.
func (f *runFlags) parse(cmd *cobra.Command) error {
	r := &f.request
	if cmd.Flags().Changed("jobs") && r.Jobs < 1 {
		return fmt.Errorf("--jobs %d: at least 1", r.Jobs)
	}
	if cmd.Flags().Changed("timeout") && r.Timeout <= 0 {
		return fmt.Errorf("--timeout %s: it must be more than 0", r.Timeout)
	}
	if r.Timeout > 0 && r.Timeout < time.Millisecond {
		return fmt.Errorf("--timeout %s: at least 1ms", r.Timeout)
	}
	switch r.Order = control.Order(f.order); r.Order {
	case control.CriticalPath, control.FirstCome:
	case control.Waves:
		return fmt.Errorf("--order waves: whether waves are barriers is the plan's to say, with `waves: strict` or soft")
	default:
		return fmt.Errorf("--order %q: it is critical-path or fifo", f.order)
	}
	switch text.Output(f.output) {
	case text.OutputAuto, text.OutputPrefix, text.OutputGroup, text.OutputQuiet:
	default:
		return fmt.Errorf("--output %q: it is prefix, group or quiet", f.output)
	}
	var err error
	if r.Budget, err = budgetOf(f.budget); err != nil {
		return err
	}
	if f.keepGoing || f.failFast {
		r.FailFast = &f.failFast
	}
	for _, pair := range f.set {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return fmt.Errorf("--set %q: it is name=value", pair)
		}
		if r.Set == nil {
			r.Set = map[string]string{}
		}
		r.Set[name] = value
	}
	return nil
}

// budgetOf reads --budget.
func budgetOf(amounts []string) (plan.Budget, error) {
	var b plan.Budget
	for _, amount := range amounts {
		kind, text, ok := strings.Cut(amount, "=")
		if !ok {
			return b, fmt.Errorf("--budget %q: it is KIND=AMOUNT, such as usd=5", amount)
		}
		if err := b.Set(strings.TrimSpace(kind), text); err != nil {
			return b, fmt.Errorf("--budget: %w", err)
		}
	}
	return b, nil
}
