package text

import (
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"

	"billow/internal/review"
)

// Review writes a review as Markdown: the after-action review of the coordinator document, and below it the figures
// that it follows from.
func Review(w io.Writer, r *review.Review) {
	fmt.Fprintf(w, "# AAR: %s\n\n", prose(cmp.Or(r.Objective, r.PlanID)))
	fmt.Fprintf(w, "Run %s of %s: **%s**. %s; %s.\n", code(r.Run), code(r.PlanID), r.Outcome, Counts(r.Counts, Style{}), reviewTotals(r))
	findings(w, "What Went Right", r.Right)
	findings(w, "What Went Wrong", r.Wrong)
	findings(w, "What Could Be Better", r.Better)
	actions(w, r.Actions)
	reviewTimeline(w, r)
	reviewRevisions(w, r)
	reviewWaves(w, r)
	reviewAgents(w, r)
	reviewCauses(w, r)
	reviewCost(w, r)
	reviewPath(w, r)
	reviewWaiting(w, r)
	reviewTasks(w, r)
}

func reviewTotals(r *review.Review) string {
	budget := ""
	if !r.Budget.IsZero() {
		budget = " of a budget of " + r.Budget.String()
	}
	return fmt.Sprintf("%s, %s, %s, %s of work, %s%s", r.Elapsed, count(r.Attempts, "attempt"), count(r.Failures, "failure"), r.Work, usage(r.Totals), budget)
}

// usage is what agents said they used.
func usage(t review.Totals) string {
	if t.Tokens() == 0 && t.USD == 0 {
		return "no tokens"
	}
	return fmt.Sprintf("%d tokens, $%.2f", t.Tokens(), t.USD)
}

func findings(w io.Writer, title string, list []review.Finding) {
	fmt.Fprintf(w, "\n## %s\n\n", title)
	for _, f := range list {
		fmt.Fprintf(w, "- %s\n", prose(f.Text))
	}
	if len(list) == 0 {
		fmt.Fprintln(w, "- nothing that the rules look for")
	}
}

func actions(w io.Writer, list []review.Finding) {
	fmt.Fprint(w, "\n## Action Items\n\n")
	for i, f := range list {
		fmt.Fprintf(w, "%d. %s\n", i+1, prose(f.Text))
	}
	if len(list) == 0 {
		fmt.Fprintln(w, "None.")
	}
}

// prose is text outside of tables. What stands between backquotes is left; nothing else of it counts as Markdown.
func prose(s string) string {
	parts := strings.Split(Clean(s), "`")
	if len(parts)%2 == 0 { // an odd number of backquotes quotes nothing
		return markdownText().Replace(strings.Join(parts, "'"))
	}
	for i := 0; i < len(parts); i += 2 {
		parts[i] = markdownText().Replace(parts[i])
	}
	return strings.Join(parts, "`")
}

func markdownText() *strings.Replacer {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "~", `\~`, "&", "&amp;", "<", "&lt;", ">", "&gt;")
}

// head begins a section with a table.
func head(w io.Writer, title string, columns ...string) [][]string {
	fmt.Fprintf(w, "\n## %s\n\n", title)
	rule := make([]string, len(columns))
	for i := range rule {
		rule[i] = "-"
	}
	return [][]string{columns, rule}
}

func leftOut(w io.Writer, r *review.Review, list, what string) {
	if n := r.LeftOut[list]; n > 0 {
		fmt.Fprintf(w, "\nand %d more%s\n", n, what)
	}
}

func reviewTimeline(w io.Writer, r *review.Review) {
	rows := head(w, "Timeline", "After", "Event", "What")
	for _, e := range r.Timeline {
		rows = append(rows, []string{review.Seconds(e.At.Sub(r.Began)).String(), strconv.FormatInt(e.Seq, 10), entryText(r, e)})
	}
	markdownTable(w, rows)
	leftOut(w, r, "timeline", " of the same kinds")
}

// entryText says what an entry tells, for a cell of a table.
func entryText(r *review.Review, e review.Entry) string {
	task, was := code(shorten(e.Task)), " was "
	if e.Count > 1 {
		task, was = task+fmt.Sprintf(" and %d more", e.Count-1), " were "
	}
	text, by := "", ""
	if e.Text != "" {
		text = ": " + code(shorten(e.Text))
	}
	if e.By != "" {
		by = ", by " + code(e.By)
	}
	lasted := ", for " + e.For.String()
	switch e.Kind {
	case review.RunBegan:
		return "the run began at " + e.At.UTC().Format("2006-01-02 15:04:05 MST") + by
	case review.RunEnded:
		return "the run ended" + text
	case review.RunReopened:
		return "the run was opened again" + by
	case review.Resumed:
		return "a driver went on; nobody had driven the run for " + e.For.String()
	case review.Interrupted:
		return "nothing new was started any more" + text
	case review.OverBudget:
		if e.Task == "" {
			return "no agent was started any more" + text
		}
		return task + was + "not gone on with" + text
	case review.Paused:
		return "nothing of " + task + " was started for " + e.For.String() + text
	case review.WaveBegan:
		return fmt.Sprintf("wave %d began", e.Wave)
	case review.WaveEnded:
		return fmt.Sprintf("wave %d ended, after %s", e.Wave, e.For)
	case review.Blocked:
		if e.Open {
			lasted = ", and does still"
		}
		return task + " waited for a person" + lasted + text
	case review.Edited:
		if e.Task == "" {
			return "the plan was changed" + text + by
		}
		return "the plan was changed: " + task + text + by
	case review.Revised:
		return "the plan was revised, because " + task + " asked" + text + by
	case review.SetByHand:
		return task + was + "set by hand" + text
	case review.Issue:
		return "an issue of " + task + text + by
	case review.GateFailed:
		return task + " did not pass" + text + by
	case review.Warned:
		return strings.TrimSpace(task + " warning" + text)
	case review.RetryAsked:
		return task + was + "to be tried again" + text + by
	case review.CancelAsked:
		return task + was + "to be cancelled" + text + by
	case review.Lost:
		return task + was + "lost" + text
	case review.Adopted:
		return task + was + "taken over" + text
	case review.Denied:
		return task + was + "denied" + text + by
	case review.TimedOut:
		return task + was + "not decided in time" + text
	case review.Failed:
		return task + " failed" + text
	}
	return string(e.Kind) + " " + task + text
}

// reviewRevisions is where the plan that the run ended with came from.
func reviewRevisions(w io.Writer, r *review.Review) {
	if len(r.Revisions) == 0 {
		return
	}
	rows := head(w, "Revisions of the Plan", "Revision", "Event", "Asked for by", "Because of", "Made by", "What", "Why", "Plan")
	for i := range r.Revisions {
		v := &r.Revisions[i]
		class := ""
		if len(v.Reasons) > 0 {
			class = fmt.Sprintf("; complexity %s: %s", v.Class, strings.Join(v.Reasons, ", "))
		}
		rows = append(rows, []string{strconv.Itoa(v.Number), strconv.FormatInt(v.Seq, 10), code(shorten(v.Task)),
			string(v.Kind), code(shorten(v.By)), prose(v.Did() + class), prose(shorten(v.Reason)), code(v.Base[:min(len(v.Base), 8)]) + " to " + code(v.Plan[:min(len(v.Plan), 8)])})
	}
	markdownTable(w, rows)
	leftOut(w, r, "revisions", "")
}

func reviewWaves(w io.Writer, r *review.Review) {
	if len(r.Waves) == 0 || len(r.Waves) == 1 && r.Waves[0].Wave == 0 {
		return
	}
	rows := head(w, "Waves", "Wave", "Tasks", "Attempts", "Failures", "Took", "Work", "Used")
	for _, v := range r.Waves {
		took := ""
		if !v.Began.IsZero() {
			took = v.Took.String()
		}
		rows = append(rows, []string{strconv.Itoa(v.Wave), Counts(v.Counts, Style{}), strconv.Itoa(v.Attempts), strconv.Itoa(v.Failures),
			took, v.Work.String(), usage(v.Totals)})
	}
	markdownTable(w, rows)
	leftOut(w, r, "waves", ", which took less")
}

func reviewAgents(w io.Writer, r *review.Review) {
	if len(r.Agents) == 0 {
		return
	}
	rows := head(w, "Agents", "Agent", "Tasks", "Done", "Attempts", "Failures", "Work", "Wasted", "Tokens in", "Tokens out", "USD")
	for _, a := range r.Agents {
		rows = append(rows, []string{agentName(a.Name), strconv.Itoa(a.Tasks), strconv.Itoa(a.Done), strconv.Itoa(a.Attempts),
			strconv.Itoa(a.Failures), a.Work.String(), a.Wasted.String(), strconv.FormatInt(a.InputTokens, 10),
			strconv.FormatInt(a.OutputTokens, 10), fmt.Sprintf("%.2f", a.USD)})
	}
	markdownTable(w, rows)
	leftOut(w, r, "agents", ", which worked less")
}

func agentName(name string) string {
	if name == "" {
		return "shell commands"
	}
	return code(name)
}

func reviewCauses(w io.Writer, r *review.Review) {
	if len(r.Causes) == 0 {
		return
	}
	rows := head(w, "Failures and Retries", "Kind", "By", "Failures", "Retries", "Work lost", "Delays", "First", "Tasks")
	for _, c := range r.Causes {
		var tasks []string
		for i, id := range c.Tasks {
			if i == 3 {
				tasks = append(tasks, "…")
				break
			}
			tasks = append(tasks, code(shorten(id)))
		}
		rows = append(rows, []string{string(c.Kind), code(shorten(c.Rule)), strconv.Itoa(c.Failures), strconv.Itoa(c.Retries),
			c.Wasted.String(), c.Backoff.String(), code(shorten(c.Message)), strings.Join(tasks, ", ")})
	}
	markdownTable(w, rows)
	leftOut(w, r, "causes", ", which cost less")
}

func reviewCost(w io.Writer, r *review.Review) {
	fmt.Fprint(w, "\n## Cost\n\n")
	fmt.Fprintf(w, "- %s of work, %s of it in attempts that failed or were lost\n", r.Work, r.Wasted)
	if r.Tokens() == 0 && r.USD == 0 {
		fmt.Fprintln(w, "- no agent said that it used tokens")
		return
	}
	fmt.Fprintf(w, "- %d tokens read, %d written\n", r.InputTokens, r.OutputTokens)
	fmt.Fprintf(w, "- $%.2f, $%.2f of it in attempts that failed or were lost\n", r.USD, r.WastedUSD)
}

func reviewPath(w io.Writer, r *review.Review) {
	if len(r.Path) == 0 {
		return
	}
	rows := head(w, "Critical Path", "Task", "Came after the one before by", "Waited", "Took", "Ran", "Attempts")
	for _, l := range r.Path {
		rows = append(rows, []string{code(shorten(l.Task)), l.Because, l.Waited.String(), l.Took.String(), l.Work.String(), strconv.Itoa(l.Attempts)})
	}
	markdownTable(w, rows)
	leftOut(w, r, "critical_path", " in between, which took less")
}

func reviewWaiting(w io.Writer, r *review.Review) {
	rows := head(w, "Waiting", "Tasks waited for", "Tasks", "All in all", "Longest")
	x := r.Waiting
	for _, k := range []struct {
		what string
		review.Waits
	}{{"people", x.People}, {"slots and other limits", x.Limits}, {"conflicts and locks", x.Conflicts}, {"delays before retries", x.Backoff}} {
		var longest []string
		for _, l := range k.Longest {
			longest = append(longest, code(shorten(l.Task))+" "+l.For.String())
		}
		rows = append(rows, []string{k.what, strconv.Itoa(k.Tasks), k.Total.String(), strings.Join(longest, ", ")})
	}
	markdownTable(w, rows)
	fmt.Fprintf(w, "\n- nobody drove the run for %s\n", x.Away)
	fmt.Fprintf(w, "- with a driver at work, nothing ran for %s: %s of it while a task was blocked, %s before retries\n", x.Idle, x.IdlePeople, x.IdleBackoff)
	fmt.Fprintf(w, "- at most %s ran at once, %.1f on average while any did\n", count(x.Peak, "attempt"), x.Parallel)
	for _, s := range x.Slots {
		fmt.Fprintf(w, "- %s for %s tasks: at most %d in use, %d%% of the time\n", count(s.Limit, "slot"), s.Class, s.Peak, int(s.Used*100+0.5))
	}
}

func reviewTasks(w io.Writer, r *review.Review) {
	if len(r.Tasks) == 0 {
		return
	}
	title := "Tasks"
	if r.LeftOut["tasks"] > 0 {
		title = "Longest Tasks"
	}
	rows := head(w, title, "Task", "Result", "Attempts", "Work", "Waited", "Used")
	for _, t := range r.Tasks {
		result := string(t.State)
		if t.Unreachable {
			result = "unreachable"
		}
		for _, f := range t.Flags {
			result += ", " + code(f)
		}
		rows = append(rows, []string{code(shorten(t.ID)), result, strconv.Itoa(t.Attempts), t.Work.String(), t.Waited.String(), usage(t.Totals)})
	}
	markdownTable(w, rows)
	leftOut(w, r, "tasks", ", which worked less")
}
