package command

import (
	"io"

	"github.com/spf13/cobra"

	"billow/internal/control"
	"billow/internal/text"
)

func (m *program) version() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Say which billow this is",
		Args:  nothing,
		RunE: func(*cobra.Command, []string) error {
			v := control.Version()
			return m.show(v, func(w io.Writer, _ text.Style) { text.Version(w, v) })
		},
	}
}
