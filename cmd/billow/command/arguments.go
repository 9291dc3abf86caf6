package command

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"billow/internal/control"
)

// onePlan accepts a plan, or nothing.
func onePlan(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return fmt.Errorf("%s takes one plan, found %s", cmd.CommandPath(), strings.Join(args, " "))
	}
	return nil
}

// nothing accepts no arguments.
func nothing(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%s takes no arguments, found %s", cmd.CommandPath(), strings.Join(args, " "))
	}
	return nil
}

// first is the first argument, "" where there is none.
func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

// planFlag adds -p/--plan, for commands whose arguments are tasks.
func (m *program) planFlag(cmd *cobra.Command, plan *string) {
	cmd.Flags().StringVarP(plan, "plan", "p", "", "the plan: a path, a folder or an id")
	m.complete(cmd, "plan", m.completePlan)
}

// runFlag adds --run.
func (m *program) runFlag(cmd *cobra.Command, run *string) {
	cmd.Flags().StringVar(run, "run", "", "a stored run instead of the latest: its id, or a unique beginning of it")
	m.complete(cmd, "run", m.completeRuns)
}

func (m *program) complete(cmd *cobra.Command, flag string, f cobra.CompletionFunc) {
	if err := cmd.RegisterFlagCompletionFunc(flag, f); err != nil {
		panic(err) // the flag was defined by the caller a line above
	}
}

// completePlan offers plan files and the ids of plans, for one argument.
func (m *program) completePlan(cmd *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 && !cmd.Flags().Changed("plan") {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return m.completePlans(cmd, nil, begun)
}

// completePlans offers plan files and the ids of plans.
func (m *program) completePlans(_ *cobra.Command, _ []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if s, err := m.service(); err == nil && !strings.ContainsAny(begun, "/.") {
		if ids := begin(s.PlanIDs(), begun); len(ids) > 0 {
			return ids, cobra.ShellCompDirectiveNoFileComp
		}
	}
	return []cobra.Completion{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt
}

// completeTasks offers the ids of the plan's tasks, and the gates of its last run, that are not named yet.
func (m *program) completeTasks(plan *string) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
		s, err := m.service()
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		s.Notice = nil
		var ids []string
		for _, id := range s.TaskIDs(cmd.Context(), *plan) {
			named := false
			for _, arg := range args {
				named = named || arg == id
			}
			if !named {
				ids = append(ids, id)
			}
		}
		return begin(ids, begun), cobra.ShellCompDirectiveNoFileComp
	}
}

// completeRuns offers the ids of stored runs.
func (m *program) completeRuns(cmd *cobra.Command, _ []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
	s, err := m.service()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	resp, err := s.Runs(cmd.Context(), control.RunsRequest{All: true})
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var ids []string
	for _, run := range resp.Runs {
		ids = append(ids, run.ID)
	}
	return begin(ids, begun), cobra.ShellCompDirectiveNoFileComp
}

// begin are the words that begin like this.
func begin(words []string, with string) []cobra.Completion {
	var out []cobra.Completion
	for _, w := range words {
		if strings.HasPrefix(w, with) {
			out = append(out, w)
		}
	}
	return out
}
