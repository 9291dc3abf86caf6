package text

import (
	_ "embed"
	"fmt"
	"hash/fnv"
	"io"
	"slices"
	"strings"
	"time"

	"billow/engine"
	"billow/internal/control"
	"billow/plan"
)

// The closing lines: one for what is completed, one for what is not.
var (
	//go:embed closing.txt
	closingDone string
	//go:embed closing_left.txt
	closingLeft string
)

const doTip = "Tip: Customize gem-team behavior by creating a .gem-team.yaml file; billow config lists the settings."

// Do writes what became of an objective: questions, what a person must decide, or how it stands, in the form that its
// class asks for. With closing a line for the road and a tip stand at the end.
func Do(w io.Writer, r *control.DoResponse, st Style, closing bool) {
	switch {
	case r.Outcome == "planned":
		assessment(w, r, st)
		return
	case len(r.Questions) > 0:
		Questions(w, r.Questions, st)
	case r.Escalation != nil:
		escalation(w, r, st)
	case r.Class == plan.Trivial && r.InMemory:
		trivialResult(w, r, st)
	case r.InMemory && len(r.Tasks) > 0:
		checklist(w, r, st)
	case len(r.Tasks) > 0:
		planStatus(w, r)
	}
	if r.Run != nil && (len(r.Run.Left) > 0 || len(r.Tasks) == 0) {
		fmt.Fprintln(w)
		summaryBody(w, r.Run, st)
	}
	next(w, r.Next)
	if closing && r.Run != nil {
		fmt.Fprintf(w, "\n%s\n%s\n", closingLine(r), st.paint(gray, doTip))
	}
}

// closingLine is always the same for the same plan and outcome: what changes at every look is no record.
func closingLine(r *control.DoResponse) string {
	lines := closingLeft
	if r.Outcome == engine.OutcomeCompleted {
		lines = closingDone
	}
	all := strings.Split(strings.TrimSpace(lines), "\n")
	h := fnv.New32a()
	fmt.Fprint(h, r.PlanID, r.Outcome)
	return all[int(h.Sum32()%uint32(len(all)))]
}

// Questions lists questions with what may be answered.
func Questions(w io.Writer, questions []control.Question, st Style) {
	fmt.Fprintln(w, st.paint(yellow, "blocked")+": this must be known first")
	for _, q := range questions {
		fmt.Fprintf(w, "  %s: %s\n", q.ID, Clean(q.Text))
		if len(q.Options) > 0 {
			fmt.Fprintf(w, "      one of: %s\n", Clean(strings.Join(q.Options, ", ")))
		}
	}
}

// escalation says what a person must decide, with what was found and what can be done.
func escalation(w io.Writer, r *control.DoResponse, st Style) {
	e := r.Escalation
	fmt.Fprintf(w, "%s: %s\n", st.paint(yellow, "blocked"), Clean(e.Reason))
	for _, f := range e.Findings {
		fmt.Fprintf(w, "  - %s\n", Clean(f))
	}
	fmt.Fprintf(w, "wanted: %s\n", Clean(e.Required))
	if e.Advice != "" {
		fmt.Fprintf(w, "advice: %s\n", Clean(e.Advice))
	}
	next(w, e.Next)
}

// assessment is what an objective comes to, with the rules that say so.
func assessment(w io.Writer, r *control.DoResponse, st Style) {
	fmt.Fprintf(w, "plan:       %s (%s)\nintent:     %s: %s\ncomplexity: %s\n", r.PlanID, r.State, r.Intent, r.IntentWhy, st.paint(bold, string(r.Class)))
	for _, reason := range r.Reasons {
		fmt.Fprintf(w, "  %-14s %-8s %s\n", reason.Rule, reason.Class, Clean(reason.Saw))
	}
	for _, g := range r.GrayAreas {
		switch {
		case g.Answer != "":
			fmt.Fprintf(w, "answered:   %s %s\n", Clean(g.Question.Text), Clean(g.Answer))
		case g.Question != nil:
			fmt.Fprintf(w, "question:   %s: %s\n", g.Question.ID, Clean(g.Question.Text))
		default:
			fmt.Fprintf(w, "assumed:    %s\n", Clean(g.Assumption))
		}
	}
}

// result is what came of a TRIVIAL objective: the one task's, and nothing else.
func trivialResult(w io.Writer, r *control.DoResponse, st Style) {
	for _, t := range r.Tasks {
		line := Clean(t.Title)
		if r.Result != "" {
			line = Clean(r.Result)
		}
		fmt.Fprintf(w, "%s %s\n", box(t.State), line)
	}
}

// checklist is the status of a LOW objective.
func checklist(w io.Writer, r *control.DoResponse, st Style) {
	for _, t := range r.Tasks {
		line := Clean(t.ID) + ": " + Clean(t.Title)
		if t.Agent != "" {
			line += st.paint(gray, " ("+Clean(t.Agent)+")")
		}
		fmt.Fprintf(w, "%s %s\n", box(t.State), line)
	}
	if r.Result != "" {
		fmt.Fprintf(w, "\n%s\n", Clean(r.Result))
	}
}

func box(state engine.TaskState) string {
	switch state {
	case engine.Done:
		return "[x]"
	case engine.Skipped, engine.Cancelled:
		return "[-]"
	case engine.Failed, engine.Blocked:
		return "[!]"
	}
	return "[ ]"
}

// planStatus is the output format of the gem-orchestrator document.
func planStatus(w io.Writer, r *control.DoResponse) {
	completed, percent := 0, 100
	var blocked []control.StatusTask
	for _, t := range r.Tasks {
		if t.State == engine.Done || t.State == engine.Skipped {
			completed++
		}
		if t.State == engine.Blocked || t.State == engine.Failed || t.Unreachable {
			blocked = append(blocked, t)
		}
	}
	for _, g := range r.Gates {
		if g.State == engine.Blocked || g.State == engine.Cancelled {
			blocked = append(blocked, g)
		}
	}
	if n := len(r.Tasks); n > 0 {
		percent = completed * 100 / n
	}
	fmt.Fprintf(w, "## Plan Status\n\nPlan: `%s` | `%s`\n\nProgress: `%d/%d` tasks completed (`%d%%`)\n", Clean(r.PlanID), Clean(r.Objective),
		completed, len(r.Tasks), percent)
	waves := r.Waves
	if len(waves) == 1 && waves[0].Wave == 0 {
		waves = nil // the plan has none
	}
	at := slices.IndexFunc(waves, func(c engine.WaveCounts) bool { return c.Settled() < c.Total })
	if at < 0 {
		at = len(waves) - 1
	}
	if at >= 0 {
		fmt.Fprintf(w, "\nWaves: Wave `%d` (`%d/%d`)\n", waves[at].Wave, waves[at].Settled(), waves[at].Total)
	}
	fmt.Fprintf(w, "\nBlocked: `%d`\n", len(blocked))
	if len(blocked) > 0 {
		ids := make([]string, len(blocked))
		for i, t := range blocked {
			ids[i] = "`" + Clean(t.ID) + "`"
		}
		fmt.Fprintln(w, strings.Join(ids, ", "))
	}
	if at >= 0 && at+1 < len(waves) {
		fmt.Fprintf(w, "\nNext: Wave `%d` (`%d` tasks)\n", waves[at+1].Wave, waves[at+1].Total-waves[at+1].Settled())
	}
	blockedTable(w, blocked, r.Now)
}

func blockedTable(w io.Writer, blocked []control.StatusTask, now time.Time) {
	if len(blocked) == 0 {
		return
	}
	fmt.Fprintf(w, "\n## Blocked Tasks\n\n| Task ID | Why Blocked | Waiting Time |\n| --- | --- | --- |\n")
	for _, t := range blocked {
		waiting := "—"
		if !t.Since.IsZero() && now.After(t.Since) {
			waiting = Age(now.Sub(t.Since))
		}
		fmt.Fprintf(w, "| `%s` | %s | %s |\n", Clean(t.ID), strings.ReplaceAll(Clean(t.Why), "|", "\\|"), waiting)
	}
}
