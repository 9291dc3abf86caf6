package text

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"billow/internal/control"
)

// Simulated writes how long a plan would take, a line for each order and number of slots, and their timelines where
// they were asked for.
func Simulated(w io.Writer, r *control.SimulateResponse, st Style) {
	head := fmt.Sprintf("%s: %s, %s of work", r.Plan, count(r.Tasks, "task"), finely(r.WorkMS))
	if r.Skipped > 0 {
		head += fmt.Sprintf(", %d skipped by conditions", r.Skipped)
	}
	fmt.Fprintln(w, head)
	fmt.Fprintf(w, "durations: %s\n", sourcesText(r.Durations))
	path := make([]string, len(r.CriticalPath))
	for i, id := range r.CriticalPath {
		path[i] = Clean(id)
	}
	line := fmt.Sprintf("critical path: %s, %s: %s", finely(r.CriticalPathMS), count(len(path), "task"), strings.Join(path, " > "))
	fmt.Fprintln(w, cut(line, wide(st)))
	if r.OnlyWaves {
		fmt.Fprintln(w, "no task needs another, so that waves are barriers in every order")
	}
	if r.Levels {
		fmt.Fprintln(w, "waves are the plan's levels: a task is in the one behind its needs")
	}
	fmt.Fprintln(w)
	rows := [][]string{{"", "order", "slots", "makespan", "lower bound", "ratio", "idle"}}
	marked := false
	for _, s := range r.Simulations {
		mark := ""
		if s.AsRun {
			mark, marked = "*", true
		}
		rows = append(rows, []string{mark, string(s.Order), strconv.Itoa(s.Slots), finely(s.MakespanMS), finely(s.LowerBoundMS),
			fmt.Sprintf("%.3f", s.Ratio), fmt.Sprintf("%.1f%%", s.IdlePercent)})
	}
	table(w, "", rows, func(row, column int, cell string) string {
		if row == 0 {
			return st.paint(gray, cell)
		}
		return cell
	})
	if marked {
		fmt.Fprintln(w, st.paint(gray, "* the order of billow run"))
	}
	for i := range r.Simulations {
		if len(r.Simulations[i].Timeline) > 0 {
			fmt.Fprintln(w)
			timeline(w, &r.Simulations[i], st)
		}
	}
}

func sourcesText(d control.DurationSources) string {
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{{d.Given, "given"}, {d.Learnt, "learnt from runs"}, {d.Estimated, "estimated by the plan"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	if d.Unknown > 0 {
		text := fmt.Sprintf("%d not known and taken for %s each", d.Unknown, finely(d.UnknownMS))
		if d.Mean {
			text += ", the mean of the others"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

// wide is the number of columns to fill.
func wide(st Style) int {
	const usual, least = 80, 40
	if st.Width == 0 {
		return usual
	}
	return max(st.Width, least)
}

// timeline draws a bar for each task, in the order in which they start.
func timeline(w io.Writer, s *control.Simulation, st Style) {
	fmt.Fprintln(w, st.paint(bold, fmt.Sprintf("%s, %s", s.Order, count(s.Slots, "slot")))+
		st.paint(gray, "  █ critical path  ▒ others"))
	columns, widest := wide(st), 0
	for _, t := range s.Timeline {
		widest = max(widest, width(Clean(t.Task)))
	}
	widest = min(widest, columns/3)
	slot := len(strconv.Itoa(s.Slots)) + 1
	const starts = 7
	room := columns - slot - widest - starts - 7
	for _, t := range s.Timeline {
		bar, color := "▒", ""
		if t.Critical {
			bar, color = "█", yellow
		}
		from, to := barOf(t, s.MakespanMS, room)
		fmt.Fprintf(w, "  %-*s %s  %*s  %s%s\n", slot, "#"+strconv.Itoa(t.Slot), pad(cut(Clean(t.Task), widest), widest),
			starts, finely(t.StartsMS), strings.Repeat(" ", from), st.paint(color, strings.Repeat(bar, to-from)))
	}
}

// barOf is from which column to which a task's bar goes: at least one.
func barOf(t control.SimulatedTask, all int64, room int) (from, to int) {
	if all <= 0 {
		return 0, 1
	}
	from = min(int(t.StartsMS*int64(room)/all), room-1)
	return from, max(from+1, int((t.EndsMS*int64(room)+all/2)/all))
}

// finely is a length of time to be compared with others.
func finely(ms int64) string {
	d := time.Duration(ms) * time.Millisecond
	if d < time.Second {
		return span(d)
	}
	return clock(d)
}
