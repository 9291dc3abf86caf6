package command

import (
	"io"

	"github.com/spf13/cobra"

	"billow/internal/control"
	"billow/internal/text"
	"billow/plan"
)

func (m *program) config() *cobra.Command {
	var r control.ConfigRequest
	cmd := &cobra.Command{
		Use:   "config [SETTING...]",
		Short: "Print each setting and where it came from",
		Long: `Print each setting, its value and where it came from: a flag, the environment, billow.yaml, .gem-team.yaml,
the user's own file, or the default. With arguments only settings whose names begin so.

Exit status 3 when the configuration has errors.`,
		Example: "  billow config\n  billow config agents. timeouts.",
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := m.service()
			if err != nil {
				return err
			}
			r.Keys = args
			resp, err := s.Config(cmd.Context(), r)
			if err != nil {
				return err
			}
			if err := m.show(resp, func(w io.Writer, st text.Style) { text.Config(w, resp, st) }); err != nil {
				return err
			}
			if len(plan.Errors(resp.Problems)) > 0 {
				return &control.ProblemsError{File: "the configuration", Problems: resp.Problems}
			}
			text.Problems(m.Err, resp.Problems, m.errStyle)
			return nil
		},
	}
	m.planFlag(cmd, &r.Plan)
	return cmd
}
