package command

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"billow/internal/control"
	"billow/internal/text"
)

func (m *program) report() *cobra.Command {
	var r control.ReportRequest
	var format, out string
	cmd := &cobra.Command{
		Use:   "report [RUN|PLAN]",
		Short: "Write the after-action review of a run",
		Long: `Write how a run went: what went right and wrong, what could be better, what to do about it; a timeline, figures of
waves and agents, failures with their causes, cost, the critical path, and what waiting cost. All of it follows from
the run's history: the same history gives the same report.

A run is named by its id or the beginning of it, or by its plan, whose latest run is meant; a history as a file
(*.jsonl, *.ndjson) will do as well.`,
		Example:           "  billow report\n  billow report 20261121-0930 -o review.md\n  billow report --format json docs/plan/release/plan.yaml",
		Args:              oneRun,
		ValidArgsFunction: m.completeRunOrPlan,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch format {
			case "md", "json":
			default:
				return usageError{fmt.Errorf("--format is md or json, not %q", format)}
			}
			s, err := m.service()
			if err != nil {
				return err
			}
			r.Of = first(args)
			resp, err := s.Report(cmd.Context(), r)
			if err != nil {
				return err
			}
			m.json = m.json || format == "json"
			return m.showTo(out, resp, func(w io.Writer, _ text.Style) { text.Review(w, resp) })
		},
	}
	cmd.Flags().StringVar(&format, "format", "md", "md (Markdown) or json")
	cmd.Flags().StringVarP(&out, "output", "o", "", "write it to this file")
	m.complete(cmd, "format", cobra.FixedCompletions([]cobra.Completion{"md", "json"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// oneRun accepts a run or a plan, or nothing.
func oneRun(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return fmt.Errorf("%s takes one run or plan, found %d", cmd.CommandPath(), len(args))
	}
	return nil
}

// completeRunOrPlan offers ids of runs, and plans.
func (m *program) completeRunOrPlan(cmd *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	if runs, how := m.completeRuns(cmd, args, begun); begun != "" && len(runs) > 0 {
		return runs, how
	}
	return m.completePlan(cmd, args, begun)
}
