package command

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"billow/internal/control"
	"billow/internal/text"
	"billow/plan"
)

func (m *program) fix() *cobra.Command {
	var r control.FixRequest
	var only bool
	cmd := &cobra.Command{
		Use:   "fix [PLAN]",
		Short: "Repair a plan that is not YAML, and fix what can be fixed",
		Long: `Repair a plan that is not YAML line by line (tabs, a colon or a backtick in text without quotes, text behind a
closing quote, backslashes, a status that stands twice), and carry out the fixes that problems of the plan
have. Every change has a code, which billow explain R002 explains; every other byte stays. Where not
everything can be repaired, nothing is changed, and it is said which line stands in the way.

Without --write the change is shown and nothing is written. A plan that is being run is not written to.

Exit status 0 when there is nothing to fix, or when it was written and no error is left; else 3.`,
		Example:           "  billow fix plan.yaml\n  billow fix --write plan.yaml\n  billow fix --diff plan.yaml | patch -p0",
		Args:              onePlan,
		ValidArgsFunction: m.completePlan,
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := m.service()
			if err != nil {
				return err
			}
			r.Plan = first(args)
			resp, err := s.Fix(cmd.Context(), r)
			if err != nil {
				return err
			}
			err = m.show(resp, func(w io.Writer, st text.Style) {
				if !only {
					text.Fix(w, resp, st)
					return
				}
				if text.Diff(w, resp.Diff, st); resp.Diff == "" {
					text.Fix(m.Err, resp, m.errStyle)
				}
			})
			if err != nil {
				return err
			}
			if resp.Diff != "" && !resp.Written || len(plan.Errors(resp.Left)) > 0 {
				return statusError(exitProblems)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&r.Write, "write", false, "write the change into the file")
	cmd.Flags().BoolVar(&only, "diff", false, "print the change alone, as patch reads it")
	cmd.MarkFlagsMutuallyExclusive("write", "diff")
	return cmd
}

// repairFirst is run --fix: it writes the repairs of a plan that is not YAML into the file and says so.
func (m *program) repairFirst(ctx context.Context, s *control.Service, name string) error {
	resp, err := s.Fix(ctx, control.FixRequest{Plan: name, Write: true, Readable: true})
	if err != nil || !resp.Written {
		return err
	}
	text.Fix(m.Err, resp, m.errStyle)
	_, err = fmt.Fprintln(m.Err, "billow: the repaired plan is what runs")
	return err
}
