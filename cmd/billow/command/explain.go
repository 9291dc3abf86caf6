package command

import (
	"fmt"
	"io"
	"regexp"

	"github.com/spf13/cobra"

	"billow/internal/control"
	"billow/internal/text"
)

// rulePage is the answer to `billow explain P031`.
type rulePage struct {
	Code string `json:"code"`
	Page string `json:"page"`
}

func (m *program) explain() *cobra.Command {
	var r control.ExplainRequest
	code := regexp.MustCompile(`^[PpCcEeRr]\d{3}$`)
	cmd := &cobra.Command{
		Use:   "explain [TASK...]",
		Short: "Say why tasks are not running and what can be done, or what a code means",
		Long: `Say in one sentence each why tasks are as they are, what they need, and what to type next. Without tasks:
every one that is not done. With the code of a problem, such as P031: what the rule finds, and why.`,
		Example:           "  billow explain deploy\n  billow explain -p docs/plan/release/plan.yaml\n  billow explain P031",
		ValidArgsFunction: m.completeTasks(&r.Plan),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := m.service()
			if err != nil {
				return err
			}
			if len(args) == 1 && code.MatchString(args[0]) && r.Plan == "" {
				page, err := s.Rule(args[0])
				if err != nil {
					return err
				}
				return m.show(rulePage{args[0], page}, func(w io.Writer, _ text.Style) { fmt.Fprint(w, page) })
			}
			r.Tasks = args
			tasks, err := s.Explain(cmd.Context(), r)
			if err != nil {
				return err
			}
			return m.show(tasks, func(w io.Writer, st text.Style) { text.Explained(w, tasks, st) })
		},
	}
	m.planFlag(cmd, &r.Plan)
	m.runFlag(cmd, &r.Run)
	return cmd
}
