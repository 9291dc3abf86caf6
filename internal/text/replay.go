package text

import (
	"fmt"
	"io"
	"strings"
	"time"

	"billow/internal/control"
)

// Replay writes a run as it was after an event: the event, the counts, the tasks and what the engine called for. Of
// more tasks than a screen holds it lists those that run or are stuck, unless all are asked for.
func Replay(w io.Writer, r *control.ReplayResponse, o StatusOptions, st Style) {
	fmt.Fprintf(w, "%s, run %s, after event %d of %d\n", st.paint(bold, Clean(r.PlanID)), r.Run, r.Event.Seq, r.Last)
	Event(w, r.Event, st)
	line := Counts(r.Counts, st) + "; " + r.Outcome
	if r.Draining {
		line += ", nothing new is started"
	}
	fmt.Fprintln(w, line)
	status := &control.StatusResponse{Run: r.Run, Counts: r.Counts, Waves: r.Waves, Tasks: r.Tasks, Now: r.Event.At}
	statusWaves(w, status, st)
	if o.All || len(r.Tasks) <= listed {
		statusAll(w, status, st)
	} else {
		statusGroups(w, status, st)
	}
	if len(r.Next) > 0 {
		fmt.Fprint(w, "\nnext\n")
		for _, line := range commandLines(r.Next) {
			fmt.Fprintf(w, "  %s\n", line)
		}
	}
}

// commandLines are what the engine calls for, in words; of many the first.
func commandLines(next []control.ReplayCommand) []string {
	var out []string
	for i, c := range next {
		if i == listed {
			return append(out, fmt.Sprintf("and %d more", len(next)-listed))
		}
		words := []string{string(c.Do)}
		if c.Task != "" {
			words = append(words, Clean(c.Task))
		}
		if c.Attempt > 0 {
			words = append(words, fmt.Sprintf("attempt %d", c.Attempt))
		}
		if c.Step != "" {
			words = append(words, c.Step)
		}
		if !c.At.IsZero() {
			words = append(words, "at", c.At.UTC().Format(time.TimeOnly))
		}
		if c.Outcome != "" {
			words = append(words, c.Outcome)
		}
		out = append(out, strings.Join(words, " "))
	}
	return out
}

// ReplayStep writes an event with what it changed and what is called for after it.
func ReplayStep(w io.Writer, s *control.ReplayStep, st Style) {
	Event(w, s.Event, st)
	for _, c := range s.Changed {
		fmt.Fprintf(w, "         %s: %s -> %s\n", Clean(c.Task), st.state(string(c.From)), st.state(string(c.To)))
	}
	if lines := commandLines(s.Next); len(lines) > 0 {
		fmt.Fprintf(w, "         %s\n", st.paint(gray, "next: "+strings.Join(lines, ", ")))
	}
}

// ReplayCheck writes what came of folding a whole history.
func ReplayCheck(w io.Writer, r *control.ReplayCheck, st Style) {
	if !r.Sound {
		fmt.Fprintf(w, "%s: %s\n", st.paint(red, "not sound"), Clean(r.Trouble))
		return
	}
	line := fmt.Sprintf("run %s: all %d events fold, %s", r.Run, r.Events, r.Outcome)
	if r.Snapshot > 0 {
		line += fmt.Sprintf("; the state kept after event %d is the same", r.Snapshot)
	}
	fmt.Fprintf(w, "%s: %s\n", st.paint(green, "sound"), line)
}
