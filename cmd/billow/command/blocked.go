package command

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"billow/internal/control"
	"billow/internal/text"
)

func (m *program) blocked() *cobra.Command {
	var r control.BlockedRequest
	cmd := &cobra.Command{
		Use:   "blocked [PLAN]",
		Short: "Show what waits for a person",
		Long: `Show everything that waits for a person: questions, approvals, and what was left to somebody because nothing else
helped. Each comes with its context and risk, since when it waits, and what to type. It changes nothing, and its exit
status is 0 whatever it shows.`,
		Example:           "  billow blocked\n  billow blocked --json docs/plan/release/plan.yaml",
		Args:              onePlan,
		ValidArgsFunction: m.completePlan,
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := m.service()
			if err != nil {
				return err
			}
			r.Plan = first(args)
			resp, err := s.Blocked(cmd.Context(), r)
			if err != nil {
				return err
			}
			return m.show(resp, func(w io.Writer, st text.Style) { text.Blocked(w, resp, st) })
		},
	}
	m.runFlag(cmd, &r.Run)
	return cmd
}

func (m *program) answer() *cobra.Command {
	var r control.AnswerRequest
	cmd := &cobra.Command{
		Use:   "answer TASK ANSWER...",
		Short: "Answer what a task asks",
		Long: `Answer what a task asks. The answer must be what the question expects: one of its options (or its number, counted from
1), yes or no, a number, or any text; anything else is refused and changes nothing. An approval is never given by an
answer: see billow approve. A run that goes on takes the answer up at once; else run the plan again.`,
		Example: "  billow answer deploy eu-west\n  billow answer -p docs/plan/release/plan.yaml name 'the blue one'",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 2 {
				return usageError{fmt.Errorf("name the task and the answer: billow answer TASK ANSWER; billow blocked shows what is asked")}
			}
			return nil
		},
	}
	complete := m.completeTasks(&r.Plan)
	cmd.ValidArgsFunction = func(cmd *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return complete(cmd, args, begun)
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		s, err := m.service()
		if err != nil {
			return err
		}
		r.Task, r.Answer = args[0], strings.Join(args[1:], " ")
		resp, err := s.Answer(cmd.Context(), r)
		if err != nil {
			return err
		}
		return m.show(resp, func(w io.Writer, st text.Style) { text.Decided(w, "answered", resp, st) })
	}
	m.planFlag(cmd, &r.Plan)
	m.runFlag(cmd, &r.Run)
	return cmd
}
