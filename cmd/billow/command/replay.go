package command

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"billow/internal/control"
	"billow/internal/text"
)

func (m *program) replay() *cobra.Command {
	var r control.ReplayRequest
	var o text.StatusOptions
	var step, check bool
	var export string
	cmd := &cobra.Command{
		Use:   "replay [RUN|PLAN|FILE]",
		Short: "Show a run as it was after any of its events",
		Long: `Fold the history of a run and show how it stood after an event: its tasks, and what billow was about to do. Nothing
but the history is looked at, and nothing is changed. --step tells of each event what it changed, from --at on.

--check folds the whole history and compares it with the state that is kept of the run; its exit status is 6 where
something is wrong. --export writes the history as a file, an event a line (up to --at), which this and
billow report read as they read a stored run.`,
		Example:           "  billow replay --at 12\n  billow replay 20261121-0930 --step | less\n  billow replay --check\n  billow replay 20261121-0930 --export odd.ndjson",
		Args:              oneRun,
		ValidArgsFunction: m.completeRunOrPlan,
		RunE: func(cmd *cobra.Command, args []string) error {
			if r.At < 0 || r.At == 0 && cmd.Flags().Changed("at") {
				return usageError{fmt.Errorf("--at is the number of an event, from 1, not %d", r.At)}
			}
			s, err := m.service()
			if err != nil {
				return err
			}
			r.Of = first(args)
			switch {
			case export != "":
				return m.exportHistory(cmd, s, r, export)
			case check:
				resp, err := s.CheckReplay(cmd.Context(), r)
				if err != nil {
					return err
				}
				if err := m.show(resp, func(w io.Writer, st text.Style) { text.ReplayCheck(w, resp, st) }); err != nil {
					return err
				}
				if !resp.Sound {
					return statusError(exitEnvironment)
				}
				return nil
			case step:
				return s.ReplaySteps(cmd.Context(), r, m.replayStep)
			}
			resp, err := s.Replay(cmd.Context(), r)
			if err != nil {
				return err
			}
			return m.show(resp, func(w io.Writer, st text.Style) { text.Replay(w, resp, o, st) })
		},
	}
	cmd.Flags().Int64Var(&r.At, "at", 0, "the number of the event; else the last")
	cmd.Flags().BoolVar(&step, "step", false, "tell of each event what it changed; with --json an object a line")
	cmd.Flags().BoolVar(&check, "check", false, "fold it all, and compare with the state that is kept")
	cmd.Flags().StringVar(&export, "export", "", "write the history to this file")
	cmd.Flags().BoolVarP(&o.All, "all", "a", false, "list every task")
	cmd.MarkFlagsMutuallyExclusive("step", "check", "export", "all")
	cmd.MarkFlagsMutuallyExclusive("check", "at")
	return cmd
}

// replayStep prints one event.
func (m *program) replayStep(step *control.ReplayStep) error {
	if !m.json {
		text.ReplayStep(m.Out, step, m.style)
		return m.out.err()
	}
	line, err := json.Marshal(step)
	if err != nil {
		return err
	}
	_, err = m.Out.Write(append(line, '\n'))
	return err
}

func (m *program) exportHistory(cmd *cobra.Command, s *control.Service, r control.ReplayRequest, to string) error {
	write, err := s.ExportHistory(cmd.Context(), r)
	if err != nil {
		return err
	}
	if err := preparePlace(to); err != nil {
		return err
	}
	return replaceFile(to, write)
}
