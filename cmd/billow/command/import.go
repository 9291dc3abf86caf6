package command

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"billow/internal/control"
	"billow/internal/importer"
	"billow/internal/text"
)

func (m *program) importPlan() *cobra.Command {
	var r control.ImportRequest
	cmd := &cobra.Command{
		Use:   "import SOURCE",
		Short: "Make a plan of a tasks.json, a workflow or task files",
		Long: `Make a plan of what you have in another tool: a tasks.json of Taskmaster, a workflow of GitHub Actions, or a
folder of task Markdown with front matter. What SOURCE is, is found out from its content; a folder stands for
the tasks.json in it, else for the only workflow, else for its task files.

The plan goes to standard output, or into the file that -o names. What cannot be carried over (actions,
services, some expressions) is said as warnings with its place, and stands as a comment in the plan. What
only a person or a program elsewhere can do becomes a task for a person; nothing is passed off as done.

Exit status 3 where the source cannot be imported, or where the plan has errors that it has from its source,
such as tasks that wait for each other.`,
		Example: "  billow import .taskmaster/tasks/tasks.json -o plan.yaml\n" +
			"  billow import .github/workflows/test.yml | less\n" +
			"  billow import --from taskmaster --tag feature-x tasks.json",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("%s takes one file or folder, found %d", cmd.CommandPath(), len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := m.service()
			if err != nil {
				return err
			}
			r.Source = args[0]
			resp, err := s.Import(cmd.Context(), r)
			if err != nil {
				return err
			}
			err = m.show(resp, func(w io.Writer, _ text.Style) {
				if resp.File == "" {
					_, _ = io.WriteString(w, resp.Plan)
				}
			})
			if err != nil {
				return err
			}
			if !m.json {
				text.Imported(m.Err, resp, m.errStyle)
			}
			if len(resp.Problems) > 0 {
				return statusError(exitProblems)
			}
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&r.Output, "output", "o", "", "write the plan into this file")
	flags.BoolVar(&r.Force, "force", false, "replace the file of --output where it is there already")
	flags.StringVar(&r.From, "from", "", "what the source is: taskmaster, actions or markdown")
	flags.StringVar(&r.Tag, "tag", "", "the tag of a tasks.json; else the only one, or master")
	flags.StringVar(&r.Agent, "agent", "", "who does the tasks that name nobody; else default_agent of billow.yaml, or human")
	m.complete(cmd, "from", func(_ *cobra.Command, _ []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
		var names []string
		for _, f := range importer.Formats() {
			names = append(names, string(f))
		}
		return begin(names, begun), cobra.ShellCompDirectiveNoFileComp
	})
	return cmd
}
