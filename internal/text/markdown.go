package text

import (
	"fmt"
	"io"
	"strings"

	"billow/engine"
	"billow/internal/control"
)

// StatusMarkdown writes a status as the gem-orchestrator's output format has it: "Plan Status" with its table
// of blocked tasks. A plan without waves counts as one.
func StatusMarkdown(w io.Writer, r *control.StatusResponse) {
	c := r.Counts
	percent := 100
	if c.Total > 0 {
		percent = c.Settled() * 100 / c.Total
	}
	fmt.Fprintf(w, "## Plan Status\n\nPlan: %s | %s\n\n", code(r.PlanID), code(r.Objective))
	fmt.Fprintf(w, "Progress: `%d/%d` tasks completed (`%d%%`)\n\n", c.Settled(), c.Total, percent)
	at := currentWave(r.Waves)
	var now, next engine.WaveCounts
	if at < len(r.Waves) {
		now = r.Waves[at]
	}
	if at+1 < len(r.Waves) {
		next = r.Waves[at+1]
	} else {
		next.Wave = max(now.Wave, 1) + 1
	}
	fmt.Fprintf(w, "Waves: Wave `%d` (`%d/%d`)\n\n", max(now.Wave, 1), now.Settled(), now.Total)
	var blocked []control.StatusTask
	var ids []string
	for _, t := range r.Tasks {
		if t.State == engine.Blocked && t.Parent == "" {
			blocked, ids = append(blocked, t), append(ids, code(t.ID))
		}
	}
	fmt.Fprintf(w, "Blocked: `%d`\n", len(blocked))
	if len(ids) > 0 {
		fmt.Fprintln(w, strings.Join(ids, ", "))
	}
	fmt.Fprintf(w, "\nNext: Wave `%d` (`%d` tasks)\n\n", next.Wave, next.Waiting)
	fmt.Fprint(w, "## Blocked Tasks\n\n")
	rows := [][]string{{"Task ID", "Why Blocked", "Waiting Time"}, {"-", "-", "-"}}
	for _, t := range blocked {
		waits := "unknown"
		if !t.Since.IsZero() && r.Run != "" {
			waits = Age(r.Now.Sub(t.Since))
		}
		rows = append(rows, []string{code(t.ID), code(t.Why), code(waits)})
	}
	markdownTable(w, rows)
}

// currentWave is the place of the first wave that has not settled, the last one where all have.
func currentWave(waves []engine.WaveCounts) int {
	for i, w := range waves {
		if w.Settled() < w.Total {
			return i
		}
	}
	return max(len(waves)-1, 0)
}

// code is text between backticks, for a cell of a table: what it holds cannot end either.
func code(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(Clean(s), "`", "'"), "|", `\|`)
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}

// markdownTable writes rows with columns of one width; the second row is the rule under the head.
func markdownTable(w io.Writer, rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	for r, row := range rows {
		for i, cell := range row {
			fill := " "
			if r == 1 {
				fill = "-"
			}
			fmt.Fprintf(w, "| %s%s ", cell, strings.Repeat(fill, widths[i]-len([]rune(cell))))
		}
		fmt.Fprintln(w, "|")
	}
}
