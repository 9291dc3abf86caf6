package command

import (
	"io"

	"github.com/spf13/cobra"

	"billow/internal/control"
	"billow/internal/text"
)

func (m *program) runs() *cobra.Command {
	var r control.RunsRequest
	cmd := &cobra.Command{
		Use:               "runs [PLAN]",
		Short:             "List the runs of a plan",
		Long:              "List the stored runs of a plan, the newest first; with --all those of every plan of the project.",
		Example:           "  billow runs\n  billow runs --all --limit 50",
		Args:              onePlan,
		ValidArgsFunction: m.completePlan,
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := m.service()
			if err != nil {
				return err
			}
			r.Plan = first(args)
			resp, err := s.Runs(cmd.Context(), r)
			if err != nil {
				return err
			}
			return m.show(resp, func(w io.Writer, st text.Style) { text.Runs(w, resp, st) })
		},
	}
	cmd.Flags().BoolVarP(&r.All, "all", "a", false, "of every plan of the project")
	cmd.Flags().IntVarP(&r.Limit, "limit", "n", 20, "at most so many")
	return cmd
}
