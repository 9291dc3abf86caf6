package text

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"billow/engine"
	"billow/internal/control"
)

// GitHub shows no summary of more than 1 MiB; these keep it well below.
const (
	mostRows    = 500
	mostDetails = 10
	longestCell = 300
	longestLog  = 32 << 10
)

// GitHubSummary writes a run in Markdown, for the page of a workflow: how it ended, a table of the tasks with
// what went wrong first, and what the failed ones printed last.
func GitHubSummary(w io.Writer, r RunReport) {
	if r.Run == nil {
		fmt.Fprintf(w, "### billow: %s\n\n", code(r.planID()))
		if r.Err != nil {
			fmt.Fprintf(w, "It was not run: %s\n\n", code(shorten(r.Err.Error())))
		}
		problemList(w, r.Err)
		return
	}
	fmt.Fprintf(w, "### billow: %s\n\n%s\n\n", code(r.planID()), headline(r.Run, Style{}))
	if r.Err != nil {
		fmt.Fprintf(w, "The run ended early: %s\n\n", code(shorten(r.Err.Error())))
	}
	if r.Tasks == nil || len(r.Tasks.Tasks) == 0 {
		return
	}
	tasks := slices.Clone(r.Tasks.Tasks)
	slices.SortStableFunc(tasks, func(a, b control.StatusTask) int { return urgency(&a) - urgency(&b) })
	summaryTable(w, &r, tasks)
	if len(tasks) > mostRows {
		fmt.Fprintf(w, "\nand %d more\n", len(tasks)-mostRows)
	}
	fmt.Fprintln(w)
	n := 0
	for i := range tasks {
		if tasks[i].State != engine.Failed {
			continue
		}
		if log := r.logs(&tasks[i]); log != "" {
			if n++; n > mostDetails {
				break
			}
			details(w, tasks[i].ID, log)
		}
	}
}

// problemList names what is wrong with the plan, where that is why it was not run.
func problemList(w io.Writer, err error) {
	var problems *control.ProblemsError
	if !errors.As(err, &problems) {
		return
	}
	for i, p := range problems.Problems {
		if i == mostRows {
			fmt.Fprintf(w, "- and %d more\n", len(problems.Problems)-i)
			break
		}
		fmt.Fprintf(w, "- %s %s: %s\n", p.Severity, p.Code, code(shorten(fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Text))))
	}
	fmt.Fprintln(w)
}

// urgency orders tasks for a summary: first what somebody has to do something about.
func urgency(t *control.StatusTask) int {
	switch t.State {
	case engine.Failed:
		return 0
	case engine.Cancelled:
		return 1
	case engine.Blocked:
		return 2
	case engine.Done, engine.Skipped:
		return 4
	}
	return 3
}

func summaryTable(w io.Writer, r *RunReport, tasks []control.StatusTask) {
	waves := slices.ContainsFunc(tasks, func(t control.StatusTask) bool { return t.Wave > 0 })
	row := func(cells ...string) {
		if !waves {
			cells = slices.Delete(cells, 2, 3)
		}
		fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | "))
	}
	row("task", "result", "wave", "attempts", "time", "why")
	row("-", "-", "-:", "-:", "-:", "-")
	for i := range tasks[:min(len(tasks), mostRows)] {
		t := &tasks[i]
		_, word, why := r.resultOf(t)
		if word == "failed" || word == "cancelled" {
			word = "**" + word + "**"
		}
		wave, attempts, time := "", "", ""
		if t.Wave > 0 {
			wave = strconv.Itoa(t.Wave)
		}
		if t.Attempt > 0 {
			attempts = strconv.Itoa(t.Attempt)
		}
		if d := took(t); d > 0 {
			time = span(d)
		}
		row(code(shorten(t.ID)), word, wave, attempts, time, code(shorten(why)))
	}
}

// details folds away the end of a log. Its fence is longer than any in the log, so that nothing in it counts
// as Markdown.
func details(w io.Writer, task, log string) {
	if len(log) > longestLog {
		log = strings.ToValidUTF8(log[len(log)-longestLog:], "")
	}
	fence := "```"
	for strings.Contains(log, fence) {
		fence += "`"
	}
	fmt.Fprintf(w, "<details><summary>%s</summary>\n\n%s\n%s\n%s\n\n</details>\n\n", htmlText(Clean(task)), fence,
		strings.TrimRight(log, "\n"), fence)
}

func htmlText(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

func shorten(s string) string {
	s = Clean(s)
	if runes := []rune(s); len(runes) > longestCell {
		return string(runes[:longestCell-1]) + "…"
	}
	return s
}
