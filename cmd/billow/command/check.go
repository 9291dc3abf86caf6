package command

import (
	"io"

	"github.com/spf13/cobra"

	"billow/internal/control"
	"billow/internal/text"
)

func (m *program) check() *cobra.Command {
	var r control.CheckRequest
	var strict bool
	cmd := &cobra.Command{
		Use:   "check [PLAN...]",
		Short: "Say what is wrong with plans",
		Long: `Say what is wrong with plans, all of it at once: where, which rule, the line, and what to write instead.

Exit status 3 when there are errors; with --strict warnings count too.`,
		Example:           "  billow check plan.yaml\n  billow check --strict --json docs/plan/*/plan.yaml",
		ValidArgsFunction: m.completePlans,
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := m.service()
			if err != nil {
				return err
			}
			r.Plans = args
			resp, err := s.Check(cmd.Context(), r)
			if err != nil {
				return err
			}
			if err := m.show(resp, func(w io.Writer, st text.Style) { text.Check(w, resp, st) }); err != nil {
				return err
			}
			if resp.Errors > 0 || strict && resp.Warnings > 0 {
				return statusError(exitProblems)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&strict, "strict", false, "warnings count like errors")
	return cmd
}
