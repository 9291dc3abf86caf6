package text

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"billow/engine"
	"billow/internal/control"
)

// Explained writes why tasks are as they are.
func Explained(w io.Writer, tasks []control.Explained, st Style) {
	if len(tasks) == 0 {
		fmt.Fprintln(w, "every task is done")
		return
	}
	for i, t := range tasks {
		if i > 0 {
			fmt.Fprintln(w)
		}
		state := string(t.State)
		if t.Unreachable {
			state = "unreachable"
		}
		title := ""
		if t.Title != "" {
			title = " (" + Clean(t.Title) + ")"
		}
		why := shortWhy(t.Why)
		if why != "" {
			why = ": " + why
		}
		fmt.Fprintf(w, "%s%s is %s%s\n", st.paint(bold, Clean(t.Task)), title, st.state(state), why)
		rows := make([][]string, len(t.Needs))
		for i, n := range t.Needs {
			rows[i] = []string{"needs", Clean(n.Task), string(n.State)}
			if n.State != engine.Done {
				rows[i] = append(rows[i], Clean(n.Why))
			}
		}
		table(w, "  ", rows, func(_, column int, cell string) string {
			if column == 2 {
				return st.state(cell)
			}
			return cell
		})
		for i := range t.Revisions {
			r := &t.Revisions[i]
			fmt.Fprintf(w, "  revision %d of the plan %s\n", r.Number, Clean(revisionSays(r)))
		}
		for _, next := range t.Next {
			fmt.Fprintf(w, "  next   %s\n", next)
		}
	}
}

// Decided writes what came of approving, denying, retrying or cancelling. did is the verb in the past tense.
func Decided(w io.Writer, did string, r *control.DecideResponse, st Style) {
	for _, t := range r.Tasks {
		fmt.Fprintf(w, "%s %s: %s\n", did, st.paint(bold, Clean(t.Task)), Clean(t.Why))
	}
	if r.Live {
		fmt.Fprintln(w, "the driver that runs the plan goes on with it")
	}
	for _, next := range r.Next {
		fmt.Fprintf(w, "next: %s\n", next)
	}
}

// Runs writes the list of stored runs.
func Runs(w io.Writer, r *control.RunsResponse, st Style) {
	if len(r.Runs) == 0 {
		fmt.Fprintln(w, "nothing has been run here yet")
		return
	}
	rows := [][]string{{"run", "status", "tasks", "started", "took", "plan"}}
	for _, run := range r.Runs {
		took := ""
		if !run.Ended.IsZero() {
			took = span(run.Ended.Sub(run.Started))
		}
		tasks := fmt.Sprintf("%d/%d", run.Done, run.Total)
		if run.Failed > 0 {
			tasks += fmt.Sprintf(", %d failed", run.Failed)
		}
		rows = append(rows, []string{run.ID, run.Status, tasks, run.Started.Local().Format("2006-01-02 15:04"), took, Clean(run.Plan)})
	}
	table(w, "", rows, func(row, column int, cell string) string {
		switch {
		case row == 0:
			return st.paint(gray, cell)
		case column == 1:
			return st.outcome(cell)
		}
		return cell
	})
}

func (st Style) outcome(s string) string {
	switch s {
	case engine.OutcomeCompleted:
		return st.paint(green, s)
	case engine.OutcomeFailed:
		return st.paint(red, s)
	case engine.OutcomeBlocked, engine.OutcomePaused, engine.OutcomeInterrupted:
		return st.paint(yellow, s)
	}
	return st.paint(blue, s)
}

// Event writes one event of a history as a line: when, its number, what, where, why.
func Event(w io.Writer, ev engine.Event, st Style) {
	what := []string{string(ev.Type)}
	if ev.Task != "" {
		what = append(what, st.paint(bold, Clean(ev.Task)))
	}
	if ev.Provider != "" {
		what = append(what, st.paint(bold, Clean(ev.Provider)))
	}
	if ev.Attempt > 0 {
		what = append(what, "attempt "+strconv.Itoa(ev.Attempt))
	}
	if ev.Step != "" && ev.Step != engine.StepDo {
		what = append(what, Clean(ev.Step))
	}
	line := fmt.Sprintf("%s %5d  %s", ev.At.Local().Format(time.TimeOnly), ev.Seq, strings.Join(what, " "))
	if said := eventSays(ev); said != "" {
		line += ": " + said
	}
	fmt.Fprintln(w, line)
}

// revisionSays is what a revision of a plan did, and why.
func revisionSays(r *engine.Revised) string {
	text := fmt.Sprintf("%s, because %s asked (%s)", r.Did(), r.Task, r.Kind)
	if r.By != "" {
		text += ", by " + r.By
	}
	if r.Reason != "" {
		text += ": " + r.Reason
	}
	return text
}

// eventSays is what an event carries, as far as it is for people.
func eventSays(ev engine.Event) string {
	var parts []string
	add := func(s string) {
		if s = Clean(s); s != "" {
			parts = append(parts, s)
		}
	}
	add(ev.Status)
	if ev.Type == engine.ProviderPaused {
		add("until " + ev.Until.Local().Format(time.DateTime))
	}
	add(ev.Reason)
	if ev.Signal != nil {
		if ev.Reason == "" {
			add(ev.Signal.Message)
		}
		add(string(ev.Signal.Kind))
	}
	if ev.Remedy != nil {
		add(string(ev.Remedy.Action))
	}
	if r := ev.Revision; r != nil {
		add(fmt.Sprintf("revision %d %s", r.Number, r.Did()))
	}
	if ev.Question != nil && ev.Reason == "" {
		add(ev.Question.Text)
	}
	if ev.By != "" && ev.By != "driver" {
		add("by " + ev.By)
	}
	return strings.Join(parts, "; ")
}
