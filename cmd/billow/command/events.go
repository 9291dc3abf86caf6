package command

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"billow/engine"
	"billow/internal/control"
	"billow/internal/text"
)

func (m *program) events() *cobra.Command {
	var r control.EventsRequest
	cmd := &cobra.Command{
		Use:   "events [PLAN]",
		Short: "Tell the history of a run",
		Long: `Tell what happened to a run, a line an event; with --json an object a line. Events are numbered from 1
without gaps: --after N goes on where an earlier call ended. --follow waits for more until the run is over
or nobody runs the plan any more.`,
		Example:           "  billow events --follow\n  billow events --json --after 120 plan.yaml",
		Args:              onePlan,
		ValidArgsFunction: m.completePlan,
		RunE: func(cmd *cobra.Command, args []string) error {
			if r.After < 0 {
				return usageError{fmt.Errorf("--after is the number of an event, not %d", r.After)}
			}
			s, err := m.service()
			if err != nil {
				return err
			}
			r.Plan = first(args)
			r.Each = func(ev engine.Event) error {
				if !m.json {
					text.Event(m.Out, ev, m.style)
					return m.out.err()
				}
				line, err := json.Marshal(ev)
				if err != nil {
					return err
				}
				_, err = m.Out.Write(append(line, '\n'))
				return err
			}
			return s.Events(cmd.Context(), r)
		},
	}
	cmd.Flags().Int64Var(&r.After, "after", 0, "leave out events up to this number")
	cmd.Flags().BoolVarP(&r.Follow, "follow", "f", false, "wait for more")
	m.runFlag(cmd, &r.Run)
	return cmd
}
