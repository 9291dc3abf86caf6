package command

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"billow/internal/control"
	"billow/internal/text"
)

func (m *program) logs() *cobra.Command {
	var r control.LogsRequest
	var stdout, stderr, path, follow bool
	cmd := &cobra.Command{
		Use:   "logs TASK",
		Short: "Print what a task printed",
		Long: `Print what a task's latest attempt printed: standard output, standard error, and that of its acceptance
commands. --path prints where the files are, those of the brief and the report included.`,
		Example:           "  billow logs build\n  billow logs -p plan.yaml build --attempt 1 --stderr\n  less $(billow logs build --path)",
		ValidArgsFunction: m.completeTasks(&r.Plan),
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("name one task")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := m.service()
			if err != nil {
				return err
			}
			r.Task = args[0]
			wanted := func(f control.LogFile) bool {
				switch {
				case stdout != stderr:
					return stdout && strings.HasSuffix(f.Name, "stdout.log") || stderr && strings.HasSuffix(f.Name, "stderr.log")
				case path:
					return !f.Live
				}
				return strings.HasSuffix(f.Name, ".log")
			}
			logs := text.NewLogs(m.Out, m.style)
			if follow {
				return s.FollowLogs(cmd.Context(), r, func(f control.LogFile, piece []byte) error {
					if !wanted(f) {
						return nil
					}
					return logs.Piece(f, piece)
				})
			}
			files, err := s.Logs(cmd.Context(), r)
			if err != nil {
				return err
			}
			chosen := []control.LogFile{}
			for _, f := range files {
				if wanted(f) {
					chosen = append(chosen, f)
				}
			}
			if m.json || path {
				return m.show(chosen, func(w io.Writer, _ text.Style) { text.Paths(w, chosen) })
			}
			if len(chosen) == 0 {
				fmt.Fprintf(m.Err, "billow: %s printed nothing\n", text.Clean(r.Task))
			}
			for _, f := range chosen {
				if err := printLog(logs, f, len(chosen) > 1); err != nil {
					return err
				}
			}
			return nil
		},
	}
	m.planFlag(cmd, &r.Plan)
	m.runFlag(cmd, &r.Run)
	cmd.Flags().IntVar(&r.Attempt, "attempt", 0, "the attempt, from 1; else the latest that printed something")
	cmd.Flags().BoolVar(&stdout, "stdout", false, "only standard output")
	cmd.Flags().BoolVar(&stderr, "stderr", false, "only standard error")
	cmd.Flags().BoolVar(&path, "path", false, "print where the files are")
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on until the task is at rest")
	return cmd
}

// printLog prints one file.
func printLog(logs *text.Logs, f control.LogFile, named bool) error {
	file, err := os.Open(f.Path)
	if f.Live && errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s has just ended; ask again", f.Task)
	}
	if err != nil {
		return err
	}
	defer file.Close()
	return logs.File(f, file, named)
}
