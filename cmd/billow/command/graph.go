package command

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"billow/internal/control"
	"billow/internal/text"
	"billow/plan"
)

func (m *program) graph() *cobra.Command {
	var r control.GraphRequest
	var format string
	cmd := &cobra.Command{
		Use:   "graph [PLAN]",
		Short: "Draw a plan",
		Long: `Draw a plan: tasks by wave, what each needs, what never runs at the same time, and the critical path (*),
with the states of its latest run. A plan with errors is drawn as far as it goes.`,
		Example:           "  billow graph\n  billow graph --format dot plan.yaml | dot -Tsvg > plan.svg",
		Args:              onePlan,
		ValidArgsFunction: m.completePlan,
		RunE: func(cmd *cobra.Command, args []string) error {
			draw, ok := map[string]func(*plan.Diagram) string{"text": (*plan.Diagram).Text, "dot": (*plan.Diagram).DOT,
				"mermaid": (*plan.Diagram).Mermaid, "json": nil}[format]
			if !ok {
				return usageError{fmt.Errorf("--format is text, dot, mermaid or json, not %q", format)}
			}
			s, err := m.service()
			if err != nil {
				return err
			}
			r.Plan = first(args)
			d, err := s.Graph(cmd.Context(), r)
			if err != nil {
				return err
			}
			m.json = m.json || format == "json"
			return m.show(d, func(w io.Writer, _ text.Style) { fmt.Fprint(w, draw(d)) })
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "text, dot (Graphviz), mermaid or json")
	cmd.Flags().BoolVar(&r.Reduced, "reduced", false, "leave out what follows from other dependencies")
	m.complete(cmd, "format", cobra.FixedCompletions([]cobra.Completion{"text", "dot", "mermaid", "json"}, cobra.ShellCompDirectiveNoFileComp))
	m.runFlag(cmd, &r.Run)
	return cmd
}
