package text

import (
	"fmt"
	"io"
	"strings"
	"time"

	"billow/engine"
	"billow/internal/control"
)

// DryRun writes what a run would do.
func DryRun(w io.Writer, r *control.DryRunResponse, st Style) {
	fmt.Fprintln(w, dryHeadline(r))
	wave, first := 0, true
	var rows [][]string
	flush := func() {
		table(w, "  ", rows, func(_, column int, cell string) string {
			if column == 0 {
				return st.paint(gray, cell)
			}
			return cell
		})
		rows = nil
	}
	for _, s := range r.Steps {
		if r.Waves && (first || s.Wave != wave) {
			flush()
			wave, first = s.Wave, false
			fmt.Fprintln(w, st.paint(bold, fmt.Sprintf("wave %d", wave)))
		}
		rows = append(rows, dryRow(r, s))
	}
	flush()
	for _, l := range r.Left {
		fmt.Fprintln(w, "  "+st.paint(gray, "not run")+"  "+Clean(l.Task)+"  "+st.paint(gray, Clean(l.Why)))
	}
}

func dryHeadline(r *control.DryRunResponse) string {
	if len(r.Steps) == 0 {
		if r.Outcome == engine.OutcomeCompleted {
			return fmt.Sprintf("%s: nothing to do, all %s are completed", r.Plan, count(r.Counts.Total, "task"))
		}
		return fmt.Sprintf("%s: nothing could start", r.Plan)
	}
	gates := 0
	for _, s := range r.Steps {
		if s.Gate {
			gates++
		}
	}
	text := fmt.Sprintf("%s: would run %s", r.Plan, count(len(r.Steps)-gates, "task"))
	if gates > 0 {
		text += " and " + count(gates, "gate")
	}
	if r.Run != "" {
		text += ", going on with run " + r.Run
	}
	if n := r.Counts.Settled(); n > 0 {
		text += fmt.Sprintf("; %d of %d are done already", n, r.Counts.Total)
	}
	text += "; " + limitsText(r.Limits)
	if r.Timed {
		text += ", about " + roughly(time.Duration(r.TakesMS)*time.Millisecond)
	}
	return text + "; nothing is changed now"
}

// dryRow is one task: when (or, where no times are known, in which round), on which slot, what, by whom.
func dryRow(r *control.DryRunResponse, s control.DryStep) []string {
	at := span(time.Duration(s.StartsMS) * time.Millisecond)
	if !r.Timed {
		at = fmt.Sprintf("step %d", s.StartsMS/1000+1)
	}
	who, what := s.Agent, s.Title
	if who == "" {
		what = s.Command
	} else if s.Adapter != who {
		who += " (" + s.Adapter + ")"
	}
	if s.Model != "" {
		who += " " + s.Model
	}
	var more []string
	if s.Approval != "" {
		more = append(more, "after approval: "+s.Approval)
	}
	if s.When != "" {
		more = append(more, "when "+s.When)
	}
	if s.Items {
		more = append(more, "once for each item, known when it runs")
	}
	if len(s.Accept) > 0 {
		more = append(more, "then "+strings.Join(s.Accept, "; "))
	}
	parts := []string{}
	for _, part := range append([]string{who, what}, wrapped(more)...) {
		if part = Clean(part); part != "" {
			parts = append(parts, cut(part, 100))
		}
	}
	return []string{at, fmt.Sprintf("#%d", s.Slot), Clean(s.Task), strings.Join(parts, "  ")}
}

func wrapped(notes []string) []string {
	if len(notes) == 0 {
		return nil
	}
	return []string{"(" + strings.Join(notes, "; ") + ")"}
}
