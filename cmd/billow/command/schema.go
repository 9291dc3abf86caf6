package command

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"billow/internal/control"
	"billow/internal/text"
)

func (m *program) schema() *cobra.Command {
	var r control.SchemaRequest
	names := control.Schemas()
	cmd := &cobra.Command{
		Use:   "schema " + strings.Join(names, "|"),
		Short: "Print the JSON Schema of plans and other files",
		Long: `Print the JSON Schema (2020-12) of a kind of file: plan, config (billow.yaml), or policy (a failure_handling block on
its own). It is right with whatever billow reads without an error, in every dialect. Needs that are no task, cycles
and conflicts are not for a schema: billow check finds them.

Editors take a schema from the first line of a file, as billow new writes it:

  # yaml-language-server: $schema=.billow/plan.schema.json`,
		Example:   "  billow schema plan\n  billow schema plan -o .billow/plan.schema.json",
		ValidArgs: names,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("name one of %s", strings.Join(names, ", "))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := m.service()
			if err != nil {
				return err
			}
			r.Name = args[0]
			resp, err := s.Schema(r)
			if err != nil || r.File != "" {
				return err
			}
			return m.show(resp.Schema, func(w io.Writer, _ text.Style) { fmt.Fprintf(w, "%s", resp.Schema) })
		},
	}
	cmd.Flags().StringVarP(&r.File, "output", "o", "", "write it to this file, and print nothing")
	return cmd
}
