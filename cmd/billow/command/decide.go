package command

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"billow/internal/control"
	"billow/internal/text"
)

func (m *program) approve() *cobra.Command {
	return m.decision(&cobra.Command{
		Use:   "approve [TASK...]",
		Short: "Let tasks go on that wait for an approval",
		Long: `Let tasks go on that wait for an approval, or say yes to what a task asks. Without a task: the one that
waits, where there is only one. A run that goes on takes it up at once; else run the plan again.`,
		Example: "  billow approve deploy\n  billow approve -p docs/plan/release/plan.yaml deploy --reason 'tested on staging'",
	}, "approved", (*control.Service).Approve)
}

func (m *program) deny() *cobra.Command {
	return m.decision(&cobra.Command{
		Use:   "deny [TASK...]",
		Short: "Keep tasks from going on that wait for an approval",
		Long: `Keep tasks from going on that wait for an approval, or say no to what a task asks. A denied task stays
blocked until it is approved or retried.`,
		Example: "  billow deny deploy --reason 'not on a Friday'",
	}, "denied", (*control.Service).Deny)
}

func (m *program) retry() *cobra.Command {
	return m.decision(&cobra.Command{
		Use:   "retry [TASK...]",
		Short: "Let tasks run again that failed",
		Long: `Let tasks run again that failed, were cancelled, were skipped, or are blocked; one that is done is done
again. Without tasks: all that failed. A run that goes on takes it up at once; else run the plan again.`,
		Example: "  billow retry\n  billow retry -p plan.yaml test",
	}, "retry", (*control.Service).Retry)
}

func (m *program) cancel() *cobra.Command {
	return m.decision(&cobra.Command{
		Use:     "cancel TASK...",
		Short:   "End tasks, or keep them from running",
		Long:    "End tasks: what runs is stopped first. What needs them cannot be reached until they are retried.",
		Example: "  billow cancel build --reason 'wrong branch'",
	}, "cancelled", (*control.Service).Cancel)
}

// decision completes a command about tasks whose answer is what became of them.
func (m *program) decision(cmd *cobra.Command, did string, verb func(*control.Service, context.Context, control.DecideRequest) (*control.DecideResponse, error)) *cobra.Command {
	var r control.DecideRequest
	cmd.ValidArgsFunction = m.completeTasks(&r.Plan)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		s, err := m.service()
		if err != nil {
			return err
		}
		r.Tasks = args
		resp, err := verb(s, cmd.Context(), r)
		if err != nil {
			return err
		}
		return m.show(resp, func(w io.Writer, st text.Style) { text.Decided(w, did, resp, st) })
	}
	m.planFlag(cmd, &r.Plan)
	m.runFlag(cmd, &r.Run)
	cmd.Flags().StringVar(&r.Reason, "reason", "", "why; it is kept in the history")
	return cmd
}
