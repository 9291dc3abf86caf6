package command

import (
	"io"

	"github.com/spf13/cobra"

	"billow/internal/control"
	"billow/internal/text"
)

func (m *program) new() *cobra.Command {
	var r control.NewRequest
	var list bool
	cmd := &cobra.Command{
		Use:   "new [NAME|FILE|FOLDER]",
		Short: "Make a plan from a template",
		Long: `Make a plan from a template, to be filled in. A NAME goes to docs/plan/YYYYMMDD-NAME/plan.yaml under the project's
root; a FILE, which ends in .yaml, is where it says; a FOLDER, such as . or work/, gets a plan.yaml. No plan that is
there is written over.

The first line of the plan tells editors where its schema is: .billow/plan.schema.json, which is written too. Where
the project has no billow.yaml, one is written for a plan for agents, to say how they are reached, and for a NAME
outside of a git repository, to say where the project's root is.`,
		Example: "  billow new release\n  billow new --template agents --objective \"Reports can be had as CSV\"\n" +
			"  billow new plan.yaml --template ci\n  billow new --list",
		Args: onePlan,
		RunE: func(_ *cobra.Command, args []string) error {
			if list {
				all := control.Templates()
				return m.show(all, func(w io.Writer, _ text.Style) { text.Templates(w, all) })
			}
			s, err := m.service()
			if err != nil {
				return err
			}
			r.Name = first(args)
			resp, err := s.New(r)
			if err != nil {
				return err
			}
			return m.show(resp, func(w io.Writer, st text.Style) { text.New(w, resp, st) })
		},
	}
	names := templateNames()
	cmd.Flags().StringVar(&r.Template, "template", names[0], "what to begin with; --list says what there is")
	cmd.Flags().StringVar(&r.Objective, "objective", "", "what is true when the plan is done, in a sentence")
	cmd.Flags().BoolVar(&list, "list", false, "list the templates")
	m.complete(cmd, "template", cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func templateNames() []string {
	var out []string
	for _, t := range control.Templates() {
		out = append(out, t.Name)
	}
	return out
}
