package command

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/term"

	"billow/engine"
	"billow/internal/control"
	"billow/internal/text"
)

// runPlan carries out run.
func (m *program) runPlan(ctx context.Context, f runFlags) error {
	s, err := m.service()
	if err != nil {
		return err
	}
	if f.dry {
		resp, err := s.DryRun(ctx, f.request)
		if err != nil {
			return err
		}
		return m.show(resp, func(w io.Writer, st text.Style) { text.DryRun(w, resp, st) })
	}
	if f.fix {
		if err := m.repairFirst(ctx, s, f.request.Plan); err != nil {
			return err
		}
	}
	o := m.progressOptions(s, &f)
	reports, err := m.runReports(s, &f, &o)
	if err != nil {
		return err
	}
	keys := m.keyboard()
	defer keys.close()
	if keys != nil {
		o.Ask = &text.AskOptions{Begin: keys.begin, Decide: decideFor(ctx, s, f.request.Plan),
			Answer: answerFor(ctx, s, f.request.Plan)}
	}
	progress := text.NewProgress(o)
	defer progress.Close()
	s.Notice = func(n control.Notice) { progress.Notice(n.Text) }
	r := &f.request
	signals := attach(s, r, progress, keys != nil)
	defer signals.stop()

	resp, err := s.Run(ctx, *r)
	progress.Close()
	reportErr := reports.write(ctx, resp, err)
	if resp == nil || err != nil {
		return err
	}
	err = m.show(resp, func(w io.Writer, st text.Style) {
		near := *resp
		near.Root = nearer(s.Dir, resp.Root)
		text.Summary(w, &near, st)
	})
	if err != nil {
		return err
	}
	if status := runStatus(resp, signals.terminated()); status != exitDone {
		return statusError(status)
	}
	if reportErr != nil {
		return statusError(exitEnvironment)
	}
	return nil
}

// nearer is a path as somebody in dir would type it, where that is not longer.
func nearer(dir, path string) string {
	if rel, err := filepath.Rel(dir, path); err == nil && len(rel) < len(path) {
		return rel
	}
	return path
}

// progressOptions decides how a run is shown.
func (m *program) progressOptions(s *control.Service, f *runFlags) text.ProgressOptions {
	o := text.ProgressOptions{Out: m.out.to, Err: m.Err, Output: text.Output(f.output), Style: m.errStyle,
		NoOpening: text.Output(f.output) == text.OutputQuiet}
	terminal := terminalOf(m.Err)
	// What tasks print may go elsewhere than the block: then both would be drawn over each other if a pipe
	// behind standard output leads back to the terminal, as `| tee` does.
	printing := o.Output == text.OutputPrefix || o.Output == text.OutputGroup
	o.Live = terminal != nil && o.Output != text.OutputQuiet && (!printing || m.json || terminalOf(m.out.to) != nil) &&
		os.Getenv("TERM") != "dumb" && os.Getenv("CI") == ""
	if m.json {
		// Standard output is one document.
		o.Out = m.Err
		if !o.Live && o.Output == text.OutputAuto {
			o.Output = text.OutputQuiet
		}
	}
	if o.Live {
		o.ASCII = !utf8Locale(os.Getenv)
		o.Size = func() (int, int) {
			columns, rows, err := term.GetSize(int(terminal.Fd()))
			if err != nil || columns <= 0 {
				return 80, 24
			}
			return columns, rows
		}
	}
	if o.Output == text.OutputPrefix {
		logs := newLiveLogs()
		o.Logs = logs.places
		s.Reach = logs.watch(s.Reach)
	}
	return o
}

// terminalOf is the terminal behind a stream, nil when there is none.
func terminalOf(stream any) *os.File {
	if file, ok := stream.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		return file
	}
	return nil
}

// utf8Locale reports whether the terminal is said to show more than ASCII.
func utf8Locale(getenv func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := strings.ToLower(getenv(name)); value != "" {
			return strings.Contains(value, "utf-8") || strings.Contains(value, "utf8")
		}
	}
	return false
}

// runStatus is the exit status for how a run went: of several the first in 130, 124, 1, 4, 5.
func runStatus(r *control.RunResponse, terminated bool) int {
	switch {
	case r.Interrupted && terminated:
		return exitTerminated
	case r.Interrupted:
		return exitInterrupted
	case r.TimedOut:
		return exitTimeout
	case r.Outcome == engine.OutcomeFailed:
		return exitFailed
	case r.Outcome == engine.OutcomeBlocked:
		return exitBlocked
	case r.Outcome == engine.OutcomePaused:
		return exitPaused
	case r.Outcome == engine.OutcomeInterrupted:
		return exitInterrupted
	}
	return exitDone
}

// attach lets a run be followed by progress: what it begins, what happens, and who ends it. hold says that somebody is
// there to answer. The signals are to be stopped.
func attach(s *control.Service, r *control.RunRequest, progress *text.Progress, hold bool) *signals {
	r.Started = func(st control.Started) {
		st.Dir = nearer(s.Dir, st.Dir)
		paths := st.Paths
		st.Paths = func(task string, attempt int) string { return nearer(s.Dir, paths(task, attempt)) }
		progress.Started(st)
	}
	r.Watch = progress.Watch
	if hold {
		r.Hold = progress.Hold
	}
	signals := listen(progress.Interrupted)
	r.Interrupts = signals.interrupts
	return signals
}
