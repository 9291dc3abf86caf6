package command

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"billow/internal/control"
	"billow/internal/text"
)

func (m *program) simulate() *cobra.Command {
	var r control.SimulateRequest
	var orders []string
	cmd := &cobra.Command{
		Use:   "simulate [PLAN]",
		Short: "Say how long a plan would take, in which order and with how many slots",
		Long: `Lets a plan run in made-up time, from its beginning to its end, and says how long it takes (makespan), how far that
is from what no order can go below (lower bound: the critical path, or the work divided by the slots) and how much of the
slots' time nothing runs in them (idle). The engine decides as in a run; every task is done well at the first attempt,
and approvals are given at once.

How long a task takes is what --durations says, else what it took when it was last run, else its estimate, else
--default, else the mean of the others, or 1s where nothing is known of any.

Orders:
  critical-path  no barriers; of the ready tasks the one with the longest way to the end goes first
  fifo           no barriers; who became ready first goes first
  waves          a wave begins when the one before it has settled, within it as critical-path; in a plan without
                 waves the plan's levels are taken for them

What is left of a plan that is half done, billow run --dry-run tells.`,
		Example:           "  billow simulate -j 2,4,8\n  billow simulate --order critical-path -j 4 --timeline\n  billow simulate --durations took.tsv --json",
		Args:              onePlan,
		ValidArgsFunction: m.completePlan,
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, n := range r.Slots {
				if n < 1 {
					return usageError{fmt.Errorf("--jobs %d: at least 1", n)}
				}
			}
			if cmd.Flags().Changed("default") && r.Default <= 0 {
				return usageError{fmt.Errorf("--default %s: it must be more than 0", r.Default)}
			}
			for _, name := range orders {
				order, err := control.ParseOrder(name)
				if err != nil {
					return usageError{fmt.Errorf("--order: %w", err)}
				}
				r.Orders = append(r.Orders, order)
			}
			s, err := m.service()
			if err != nil {
				return err
			}
			r.Plan = first(args)
			resp, err := s.Simulate(cmd.Context(), r)
			if err != nil {
				return err
			}
			return m.show(resp, func(w io.Writer, st text.Style) { text.Simulated(w, resp, st) })
		},
	}
	flags := cmd.Flags()
	flags.IntSliceVarP(&r.Slots, "jobs", "j", nil, "how many tasks at once, several separated by commas, such as `4,16` (default: as billow run)")
	flags.StringSliceVar(&orders, "order", nil, strings.Join(orderNames(control.Orders()), ", ")+", or several separated by commas (default: all)")
	flags.StringVar(&r.Durations, "durations", "", "a `FILE` that says how long tasks take: YAML or JSON (id: seconds, or such as 90s), or .csv or .tsv with the id first and then the duration")
	flags.DurationVar(&r.Default, "default", 0, "how long a task takes of which nothing is known, such as 30s")
	flags.BoolVar(&r.Timeline, "timeline", false, "show when each task would run")
	m.complete(cmd, "order", cobra.FixedCompletions(orderNames(control.Orders()), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func orderNames(orders []control.Order) []string {
	out := make([]string, len(orders))
	for i, o := range orders {
		out[i] = string(o)
	}
	return out
}
