package text

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"billow/engine"
	"billow/internal/control"
	"billow/plan"
)

// mostLeft is how many tasks of a kind a summary names.
const mostLeft = 20

// Summary writes how a run went: the outcome and the counts, then what failed, what waits for a person and
// what was not run, each with why and with what to type next.
func Summary(w io.Writer, r *control.RunResponse, st Style) {
	summaryBody(w, r, st)
	if used := usedText(r.Used, r.Budget); used != "" {
		fmt.Fprintln(w, "used:  "+used)
	}
	next(w, nextLines(r))
}

// usedText is what agents used up and how much they may, "" where no agent said what it used and none has to.
func usedText(used, budget plan.Budget) string {
	if used.Tokens == 0 && used.USD == 0 && (budget.IsZero() || used.IsZero()) {
		return ""
	}
	return budget.Shares(used)
}

// next writes commands to type next.
func next(w io.Writer, commands []string) {
	for i, line := range commands {
		word := "       "
		if i == 0 {
			word = "next:  "
		}
		fmt.Fprintln(w, word+line)
	}
}

// summaryBody is Summary without what to type next.
func summaryBody(w io.Writer, r *control.RunResponse, st Style) {
	fmt.Fprintln(w, headline(r, st))
	for _, kind := range []struct {
		word, color string
		is          func(control.Left) bool
	}{
		{"failed", red, func(l control.Left) bool { return l.State == engine.Failed }},
		{"cancelled", yellow, func(l control.Left) bool { return l.State == engine.Cancelled }},
		{"blocked", yellow, func(l control.Left) bool { return l.State == engine.Blocked }},
		{"unreachable", gray, func(l control.Left) bool { return l.State == engine.Waiting && l.Unreachable }},
		{"not run", gray, func(l control.Left) bool {
			return explainable(r) && (l.State == engine.Running || l.State == engine.Waiting && !l.Unreachable)
		}},
	} {
		n := 0
		for _, l := range r.Left {
			if !kind.is(l) {
				continue
			}
			if n++; n > mostLeft {
				continue
			}
			fmt.Fprintln(w, strings.TrimRight("  "+st.paint(kind.color, fmt.Sprintf("%-11s", kind.word))+" "+Clean(l.Task)+"  "+shortWhy(l.Why), " "))
			leftDetails(w, r, l, st)
		}
		if n > mostLeft {
			fmt.Fprintf(w, "  %-11s %s\n", kind.word, st.paint(gray, fmt.Sprintf("and %d more; billow status lists them", n-mostLeft)))
		}
	}
}

// explainable reports whether it is news why tasks were not run: after --only the others were not meant, and
// after an interrupt all were kept back for the same reason.
func explainable(r *control.RunResponse) bool {
	return r.Outcome != engine.OutcomeCompleted && !r.Interrupted && !r.TimedOut
}

// headline is the first line of a summary.
func headline(r *control.RunResponse, st Style) string {
	if r.Nothing && r.Outcome == engine.OutcomeCompleted {
		c := r.Counts
		text := fmt.Sprintf("nothing to do: all %d tasks are completed", c.Total)
		if c.Total == 1 {
			text = "nothing to do: the one task is completed"
		}
		if c.Skipped > 0 {
			text += fmt.Sprintf(" (%d skipped)", c.Skipped)
		}
		return text
	}
	word, color := r.Outcome, red
	switch {
	case r.TimedOut:
		word = "time limit reached"
	case r.Interrupted:
		word = "interrupted"
	case r.Outcome == engine.OutcomeCompleted && r.Counts.Settled() < r.Counts.Total:
		word, color = "done", green // what was chosen is, the plan is not
	case r.Outcome == engine.OutcomeCompleted:
		color = green
	case r.Outcome == engine.OutcomeBlocked, r.Outcome == engine.OutcomePaused:
		color = yellow
	}
	if r.Nothing {
		return "nothing can start: " + countsText(r.Counts)
	}
	return st.paint(color, word) + ": " + countsText(r.Counts) + ", in " + span(r.Ended.Sub(r.Started))
}

// countsText names the counts that are not zero.
func countsText(c engine.Counts) string {
	parts := []string{fmt.Sprintf("%d of %s done", c.Done, count(c.Total, "task"))}
	for _, p := range []struct {
		n    int
		word string
	}{{c.Skipped, "skipped"}, {c.Failed, "failed"}, {c.Blocked, "blocked"}, {c.Cancelled, "cancelled"},
		{c.Running, "running"}, {c.Unreachable, "unreachable"}, {c.Waiting - c.Unreachable, "not run"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.word))
		}
	}
	return strings.Join(parts, ", ")
}

// shortWhy leaves out of a sentence what the word before it says already.
func shortWhy(why string) string {
	why = Clean(why)
	for _, said := range []string{"it failed", "it was cancelled", "it is blocked", "it is done"} {
		if rest, ok := strings.CutPrefix(why, said); ok {
			return strings.TrimPrefix(rest, ": ")
		}
	}
	return why
}

// leftDetails are the lines below a task: its log, and how to decide what only a person can.
func leftDetails(w io.Writer, r *control.RunResponse, l control.Left, st Style) {
	indent := strings.Repeat(" ", 14)
	if l.Log != "" && (l.State == engine.Failed || l.State == engine.Blocked) {
		fmt.Fprintln(w, indent+st.paint(gray, "log: "+filepath.Join(r.Root, l.Log)))
	}
	if l.State != engine.Blocked {
		return
	}
	for _, said := range []struct{ word, text string }{{"needed", l.RequiredInput}, {"do", l.NextStep}} {
		if said.text != "" {
			fmt.Fprintln(w, indent+said.word+": "+Clean(said.text))
		}
	}
	for _, command := range l.Next {
		if !strings.HasPrefix(command, "billow run ") {
			fmt.Fprintln(w, indent+command)
		}
	}
}

// nextLines are what to type to go on: what moves one failed task on where there is one, and the run.
func nextLines(r *control.RunResponse) []string {
	var lines []string
	add := func(command string) {
		if !slices.Contains(lines, command) {
			lines = append(lines, command)
		}
	}
	// What was cancelled is meant to stay so, unless it alone is left: then the run alone would lead nowhere.
	state := engine.Failed
	if !slices.ContainsFunc(r.Left, func(l control.Left) bool { return l.State != engine.Cancelled && !l.Unreachable }) {
		state = engine.Cancelled
	}
	failed := 0
	for _, l := range r.Left {
		if l.State != state {
			continue
		}
		if failed++; failed > 3 {
			break
		}
		for _, command := range l.Next {
			if !strings.HasPrefix(command, "billow run ") {
				add(command)
			}
		}
	}
	for _, l := range r.Left {
		for _, command := range l.Next {
			if strings.HasPrefix(command, "billow run ") {
				add(command)
				return lines
			}
		}
		if l.State == engine.Blocked && !l.Unreachable {
			add("billow run " + control.ShellWord(r.Plan))
		}
	}
	return lines
}
