package command

import (
	"github.com/spf13/cobra"

	"billow/internal/control"
)

func (m *program) check() *cobra.Command {
	var r control.CheckRequest
	var strict bool
	var format *checkFormat
	cmd := &cobra.Command{
		Use:   "check [PLAN...]",
		Short: "Say what is wrong with plans",
		Long: `Say what is wrong with plans, all of it at once: where, which rule, the line, and what to write instead.

Exit status 3 when there are errors; with --strict warnings count too. --format says how they are printed:
github are annotations, which on GitHub's runner follow the text by themselves; sarif is one SARIF 2.1.0 log.`,
		Example: "  billow check plan.yaml\n  billow check --strict --json docs/plan/*/plan.yaml\n" +
			"  billow check --sarif=billow.sarif",
		ValidArgsFunction: m.completePlans,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := format.parse(m); err != nil {
				return usageError{err}
			}
			s, err := m.service()
			if err != nil {
				return err
			}
			r.Plans = args
			resp, err := s.Check(cmd.Context(), r)
			if err != nil {
				return err
			}
			if err := m.showCheck(s, resp, format); err != nil {
				return err
			}
			if resp.Errors > 0 || strict && resp.Warnings > 0 {
				return statusError(exitProblems)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&strict, "strict", false, "warnings count like errors")
	format = m.checkFormatFlags(cmd)
	return cmd
}
