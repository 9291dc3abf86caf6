package text

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"billow/engine"
	"billow/internal/control"
)

// listed is the number of tasks of one kind that a summary names.
const listed = 20

// StatusOptions say how much of a status is shown.
type StatusOptions struct {
	// All lists every task, not only those that run or need somebody.
	All bool
}

// Status writes how a plan stands: counts, waves, what runs, what is stuck and why, what to type next.
func Status(w io.Writer, r *control.StatusResponse, o StatusOptions, st Style) {
	title := Clean(r.PlanID)
	if r.Objective != "" {
		title += ": " + Clean(r.Objective)
	}
	fmt.Fprintln(w, st.paint(bold, title))
	from := r.Plan + ", never run"
	if r.Run != "" {
		from = r.Plan + ", run " + r.Run
	}
	fmt.Fprintln(w, from)
	line := Counts(r.Counts, st)
	if r.Live {
		line += "; a driver runs it now"
	}
	fmt.Fprintln(w, line)
	about := "gates " + r.Gates
	if r.GatesWhy != "" {
		about += ": " + r.GatesWhy
	}
	if r.Class != "" {
		about = "complexity " + string(r.Class) + ", " + about
	}
	fmt.Fprintln(w, st.paint(gray, about))
	if used := usedText(r.Used, r.Budget); used != "" {
		fmt.Fprintln(w, "agents have used "+used)
	}
	for _, pause := range r.Pauses {
		text := fmt.Sprintf("nothing of %s is started until %s", Clean(pause.Provider), pause.Until.Local().Format(time.DateTime))
		if pause.Reason != "" {
			text += ": " + Clean(pause.Reason)
		}
		fmt.Fprintln(w, st.paint(yellow, text))
	}
	statusWaves(w, r, st)
	statusGates(w, r, st)
	if o.All {
		statusAll(w, r, st)
	} else {
		statusGroups(w, r, st)
	}
	if len(r.Revisions) > 0 {
		fmt.Fprintf(w, "\nthe plan was revised\n")
		for i := range r.Revisions {
			fmt.Fprintf(w, "  %d  %s\n", r.Revisions[i].Number, Clean(revisionSays(&r.Revisions[i])))
		}
	}
	if len(r.Next) > 0 {
		fmt.Fprintf(w, "\nnext\n")
		for _, next := range r.Next {
			fmt.Fprintf(w, "  %s\n", next)
		}
	}
}

// Counts is how many tasks are where, on one line.
func Counts(c engine.Counts, st Style) string {
	parts := []string{fmt.Sprintf("%d of %d done", c.Done, c.Total)}
	for _, p := range []struct {
		n           int
		word, color string
	}{
		{c.Skipped, "skipped", gray}, {c.Running, "running", blue}, {c.Blocked, "blocked", yellow}, {c.Failed, "failed", red},
		{c.Cancelled, "cancelled", red}, {c.Unreachable, "unreachable", red}, {c.Waiting - c.Unreachable, "waiting", ""},
	} {
		if p.n > 0 {
			parts = append(parts, st.paint(p.color, fmt.Sprintf("%d %s", p.n, p.word)))
		}
	}
	return strings.Join(parts, ", ")
}

func statusWaves(w io.Writer, r *control.StatusResponse, st Style) {
	if len(r.Waves) == 0 || len(r.Waves) == 1 && r.Waves[0].Wave == 0 {
		return
	}
	fmt.Fprintln(w)
	var rows [][]string
	for _, wave := range r.Waves {
		rest := Counts(wave.Counts, Style{})
		_, rest, _ = strings.Cut(rest, ", ")
		rows = append(rows, []string{fmt.Sprintf("wave %d", wave.Wave), fmt.Sprintf("%d/%d", wave.Settled(), wave.Total), rest})
	}
	table(w, "", rows, func(row, column int, cell string) string {
		if c := r.Waves[row].Counts; column == 1 && c.Settled() == c.Total {
			return st.paint(green, cell)
		}
		return cell
	})
}

// statusGates lists the gates that have come to something, or wait for somebody.
func statusGates(w io.Writer, r *control.StatusResponse, st Style) {
	colors := map[engine.TaskState]string{engine.Done: green, engine.Running: blue, engine.Blocked: yellow, engine.Cancelled: red}
	var rows [][]string
	var states []engine.TaskState
	for _, g := range r.GateTasks {
		if g.State != engine.Waiting || g.Attempt > 0 {
			rows, states = append(rows, []string{Clean(g.ID), Clean(g.Why)}), append(states, g.State)
		}
	}
	if len(rows) == 0 {
		return
	}
	fmt.Fprintln(w, "\ngates")
	table(w, "  ", rows, func(row, column int, cell string) string {
		if color := colors[states[row]]; column == 0 && color != "" {
			return st.paint(color, cell)
		}
		return cell
	})
}

// statusGroups lists the tasks that run, or that go on only when somebody does something.
func statusGroups(w io.Writer, r *control.StatusResponse, st Style) {
	for _, g := range []struct {
		name, color string
		fits        func(control.StatusTask) bool
	}{
		{"running", blue, func(t control.StatusTask) bool { return t.State == engine.Running && !t.Expanded }},
		{"blocked", yellow, func(t control.StatusTask) bool { return t.State == engine.Blocked }},
		{"failed", red, func(t control.StatusTask) bool { return t.State == engine.Failed }},
		{"cancelled", red, func(t control.StatusTask) bool { return t.State == engine.Cancelled }},
		{"unreachable", red, func(t control.StatusTask) bool { return t.Unreachable }},
	} {
		var rows [][]string
		more := 0
		for _, t := range r.Tasks {
			switch {
			case !g.fits(t):
			case len(rows) == listed:
				more++
			default:
				rows = append(rows, statusRow(r, t))
			}
		}
		if len(rows) == 0 {
			continue
		}
		fmt.Fprintf(w, "\n%s\n", st.paint(g.color, g.name))
		table(w, "  ", rows, nil)
		if more > 0 {
			fmt.Fprintf(w, "  and %d more; --all lists them\n", more)
		}
	}
}

func statusAll(w io.Writer, r *control.StatusResponse, st Style) {
	fmt.Fprintln(w)
	rows := make([][]string, len(r.Tasks))
	for i, t := range r.Tasks {
		rows[i] = append([]string{stateOf(t)}, statusRow(r, t)...)
	}
	table(w, "", rows, func(row, column int, cell string) string {
		if column == 0 {
			return st.state(cell)
		}
		return cell
	})
}

func stateOf(t control.StatusTask) string {
	if t.Unreachable {
		return "unreachable"
	}
	return string(t.State)
}

// statusRow is a task with what there is to say of it: how long it runs or took, why it does not go on.
func statusRow(r *control.StatusResponse, t control.StatusTask) []string {
	age, say := "", ""
	switch t.State {
	case engine.Running:
		age = Age(r.Now.Sub(t.Began))
		say = Clean(cmp.Or(t.Title, t.Item))
		if t.Attempt > 1 || t.Step != engine.StepDo {
			say = strings.TrimSpace(fmt.Sprintf("%s (attempt %d, %s)", say, t.Attempt, t.Step))
		}
	case engine.Done:
		if t.Took > 0 {
			age = span(t.Took)
		}
		say = Clean(t.Title)
	default:
		if !t.Since.IsZero() && r.Run != "" && t.State != engine.Waiting {
			age = Age(r.Now.Sub(t.Since))
		}
		say = Clean(t.Why)
	}
	return []string{Clean(t.ID), age, say}
}

// state paints the name of a state.
func (st Style) state(s string) string {
	switch engine.TaskState(s) {
	case engine.Done:
		return st.paint(green, s)
	case engine.Running:
		return st.paint(blue, s)
	case engine.Blocked:
		return st.paint(yellow, s)
	case engine.Failed, engine.Cancelled, "unreachable":
		return st.paint(red, s)
	case engine.Skipped:
		return st.paint(gray, s)
	}
	return s
}
