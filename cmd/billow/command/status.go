package command

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"billow/internal/control"
	"billow/internal/text"
)

func (m *program) status() *cobra.Command {
	var r control.StatusRequest
	var o text.StatusOptions
	var format string
	cmd := &cobra.Command{
		Use:   "status [PLAN]",
		Short: "Show how a plan stands",
		Long: `Show how a plan stands: counts, waves, what runs, what is stuck and why, and what to type next. It is told from
the plan's latest run, or from the file where there is none. It changes nothing, and its exit status is 0
whatever it shows.

--format markdown is the gem-orchestrator's "Plan Status" with its table of blocked tasks.`,
		Example:           "  billow status\n  billow status --format markdown docs/plan/release/plan.yaml",
		Args:              onePlan,
		ValidArgsFunction: m.completePlan,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch format {
			case "text", "markdown", "json":
			default:
				return usageError{fmt.Errorf("--format is text, markdown or json, not %q", format)}
			}
			s, err := m.service()
			if err != nil {
				return err
			}
			r.Plan = first(args)
			resp, err := s.Status(cmd.Context(), r)
			if err != nil {
				return err
			}
			m.json = m.json || format == "json"
			return m.show(resp, func(w io.Writer, st text.Style) {
				if format == "markdown" {
					text.StatusMarkdown(w, resp)
					return
				}
				text.Status(w, resp, o, st)
			})
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "text, markdown or json")
	cmd.Flags().BoolVarP(&o.All, "all", "a", false, "list every task")
	m.runFlag(cmd, &r.Run)
	m.complete(cmd, "format", cobra.FixedCompletions([]cobra.Completion{"text", "markdown", "json"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}
