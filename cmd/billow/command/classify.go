package command

import (
	"io"

	"github.com/spf13/cobra"

	"billow/internal/control"
	"billow/internal/text"
)

func (m *program) classify() *cobra.Command {
	return &cobra.Command{
		Use:   "classify [PLAN]",
		Short: "Say how much care a plan needs: TRIVIAL, LOW, MEDIUM or HIGH",
		Long: `Say how much care a plan needs, TRIVIAL, LOW, MEDIUM or HIGH, and which of its traits say so. What the plan
says of itself and complexity_floor in billow.yaml can raise it.`,
		Example:           "  billow classify plan.yaml",
		Args:              onePlan,
		ValidArgsFunction: m.completePlan,
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := m.service()
			if err != nil {
				return err
			}
			resp, err := s.Classify(cmd.Context(), control.ClassifyRequest{Plan: first(args)})
			if err != nil {
				return err
			}
			return m.show(resp, func(w io.Writer, st text.Style) { text.Class(w, resp, st) })
		},
	}
}
