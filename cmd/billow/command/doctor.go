package command

import (
	"io"

	"github.com/spf13/cobra"

	"billow/internal/text"
)

func (m *program) doctor() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Look whether plans can be run here",
		Long: `Look whether plans can be run here: the folder, the clock, the store, the configuration, and the programs by
which agents are reached, with their versions. Nothing is changed.

Exit status 6 when something is in the way.`,
		Args: nothing,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := m.service()
			if err != nil {
				return err
			}
			resp, err := s.Doctor(cmd.Context())
			if err != nil {
				return err
			}
			if err := m.show(resp, func(w io.Writer, st text.Style) { text.Doctor(w, resp, st) }); err != nil {
				return err
			}
			if resp.Errors > 0 {
				return statusError(exitEnvironment)
			}
			return nil
		},
	}
}
