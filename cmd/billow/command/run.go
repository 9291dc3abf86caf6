package command

import (
	"fmt"

	"github.com/spf13/cobra"

	"billow/engine"
	"billow/internal/control"
)

func (m *program) run() *cobra.Command {
	var r control.RunRequest
	cmd := &cobra.Command{
		Use:   "run [PLAN]",
		Short: "Run a plan, or go on with it",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				r.Plan = args[0]
			}
			s, err := m.service()
			if err != nil {
				return err
			}
			r.Watch = func(st *engine.State, events []engine.Event) {
				for _, ev := range events {
					fmt.Fprintln(m.Out, ev.Seq, ev.Type, ev.Task, ev.Reason)
				}
			}
			resp, err := s.Run(cmd.Context(), r)
			if err != nil {
				return err
			}
			fmt.Fprintf(m.Out, "%+v\n", *resp)
			return nil
		},
	}
	cmd.Flags().IntVarP(&r.Jobs, "jobs", "j", 0, "how many tasks run at once")
	cmd.Flags().BoolVar(&r.Fresh, "fresh", false, "start a new run with every task pending")
	cmd.Flags().StringSliceVar(&r.Only, "only", nil, "")
	cmd.Flags().StringSliceVar(&r.From, "from", nil, "")
	return cmd
}
