package review

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"billow/engine"
)

// Section is the part of a review that a rule's finding stands in.
type Section string

// The sections, but for the action items, which go with findings of all of them.
const (
	Right  Section = "right"
	Wrong  Section = "wrong"
	Better Section = "better"
)

// Rule is one rule that findings are made by.
type Rule struct {
	Name    string
	Section Section
	// When says which facts it takes; where it also gives an action item, Action is true.
	When   string
	Action bool

	find func(*judged) (finding, action Finding)
}

// Rules are all rules in the order of their findings.
func Rules() []Rule {
	return []Rule{
		{"completed", Right, "every task is done or was skipped", false, completed},
		{"first_attempt", Right, "tasks were done at their first attempt", false, firstAttempt},
		{"clean_waves", Right, "of several waves, some had no failure", false, cleanWaves},
		{"remedied", Right, "tasks failed, or were lost with billow, and are done all the same", false, remedied},
		{"adopted", Right, "attempts outlived billow and were taken over", false, adopted},
		{"parallel", Right, "while anything ran, 1.5 attempts or more ran at once on average", false, parallel},

		{"failed", Wrong, "tasks failed for good", true, failedTasks},
		{"unreachable", Wrong, "tasks cannot run because others failed or were cancelled", false, unreachable},
		{"blocked", Wrong, "tasks still wait for a person", true, blocked},
		{"cancelled", Wrong, "tasks were cancelled", false, cancelled},
		{"gates", Wrong, "gates of waves have failed", true, gates},
		{"given_up", Wrong, "the failure policy skipped tasks", false, givenUp},
		{"wasted", Wrong, "attempts failed or were lost", true, wasted},
		{"flaky", Wrong, "tasks are flagged as flaky", true, flaky},
		{"deadlines", Wrong, "attempts hit a time limit", true, deadlines},
		{"denied", Wrong, "approvals were denied", false, denied},
		{"timed_out", Wrong, "nobody answered or approved in the time that was set", true, timedOut},
		{"interrupted", Wrong, "the run was interrupted or reached its time limit", false, interrupted},
		{"lost", Wrong, "attempts were lost when billow ended", false, lost},
		{"warnings", Wrong, "warnings were raised", false, warnings},

		{"people", Better, "waiting for people is worth telling", true, people},
		{"limits", Better, "waiting for slots and other limits is worth telling", true, limits},
		{"conflicts", Better, "waiting for conflicting tasks is worth telling", true, conflicts},
		{"backoff", Better, "waiting before retries is worth telling", false, backoff},
		{"away", Better, "the time in which nobody drove the run is worth telling", false, away},
		{"long_task", Better, "one task of several on the critical path ran for 30% of the whole time or more", true, longTask},
		{"slots_unused", Better, "slots were in use for less than half of the time, in a run of a minute or more", false, slotsUnused},
		{"questions", Better, "agents asked questions", true, questions},
		{"unclassified", Better, "nothing was known of failures but that they failed", true, unclassified},
		{"missing_agents", Better, "the failure policy wanted agents that are not configured", true, missingAgents},
		{"revised", Better, "planners revised the plan during the run", true, revised},
		{"edited", Better, "the plan was changed during the run", false, edited},
		{"by_hand", Better, "statuses were set by hand", false, byHand},
		{"unmetered", Better, "of agents that said what they used, some attempts did not", false, unmetered},
	}
}

// judged is what rules look at.
type judged struct {
	*Review
	fold  *fold
	views []engine.TaskView
}

// judge applies the rules.
func (f *fold) judge(r *Review, views []engine.TaskView) {
	r.Right, r.Wrong, r.Better, r.Actions = []Finding{}, []Finding{}, []Finding{}, []Finding{}
	j := &judged{r, f, views}
	for _, rule := range Rules() {
		finding, action := rule.find(j)
		if finding.Text == "" {
			continue
		}
		finding.Rule = rule.Name
		switch rule.Section {
		case Right:
			r.Right = append(r.Right, finding)
		case Wrong:
			r.Wrong = append(r.Wrong, finding)
		case Better:
			r.Better = append(r.Better, finding)
		}
		if action.Text != "" {
			action.Rule = rule.Name
			r.Actions = append(r.Actions, action)
		}
	}
}

// worth says which lengths of time are worth telling: a second or more, and a twentieth of the whole or more.
func (j *judged) worth(d Seconds) bool {
	return time.Duration(d) >= time.Second && d*20 >= j.Elapsed
}

// chosen are tasks that a rule found.
type chosen []*record

// choose finds tasks; a foreach counts by its items.
func (j *judged) choose(is func(*record, *engine.TaskView) bool) chosen {
	var out chosen
	for i := range j.views {
		v := &j.views[i]
		if t := j.fold.records[v.ID]; t != nil && !v.Removed && !v.Expanded && is(t, v) {
			out = append(out, t)
		}
	}
	return out
}

func (c chosen) ids() []string {
	out := make([]string, 0, min(len(c), Listed))
	for _, t := range c[:min(len(c), Listed)] {
		out = append(out, t.id)
	}
	return out
}

// list names the first of them.
func (c chosen) list() string {
	return few(len(c), func(i int) string { return c[i].id })
}

// because names the first of them, each with the reason that the state gives.
func (j *judged) because(c chosen) string {
	return few(len(c), func(i int) string {
		v, _ := j.fold.state.Task(c[i].id)
		if v.Reason == "" {
			return c[i].id
		}
		return fmt.Sprintf("%s (%s)", c[i].id, clip(v.Reason))
	})
}

func (c chosen) about(text string, args ...any) Finding {
	if len(c) == 0 {
		return Finding{}
	}
	return Finding{Text: fmt.Sprintf(text, args...), Tasks: c.ids()}
}

// sum adds up a number of each task.
func (c chosen) sum(of func(*record) int) int {
	n := 0
	for _, t := range c {
		n += of(t)
	}
	return n
}

// few lists at most three and counts the others.
func few(n int, name func(int) string) string {
	const most = 3
	var parts []string
	for i := range min(n, most) {
		parts = append(parts, name(i))
	}
	if n > most {
		return fmt.Sprintf("%s and %d more", strings.Join(parts, ", "), n-most)
	}
	return strings.Join(parts, ", ")
}

// clip makes a text fit into a sentence.
func clip(s string) string {
	const most = 100
	s = strings.Join(strings.Fields(s), " ")
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return s
}

// number is a number with its noun, which gets an s when it is not one, and with the verb that fits, where words
// has one: "task was|tasks were".
func number(n int, words string) string {
	one, many, found := strings.Cut(words, "|")
	if !found {
		many = one + "s"
	}
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// String is a length of time as people say it: 350ms, 4.2s, 2m03s, 1h05m.
func (s Seconds) String() string {
	d := time.Duration(s)
	switch {
	case d < time.Millisecond:
		return "0s"
	case d < time.Second:
		return fmt.Sprintf("%dms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1fs", d.Truncate(100*time.Millisecond).Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
}

func (w Waits) list() string {
	text := few(min(w.Tasks, len(w.Longest)), func(i int) string { return fmt.Sprintf("%s %s", w.Longest[i].Task, w.Longest[i].For) })
	if more := w.Tasks - len(w.Longest); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

func (w Waits) about(text string, args ...any) Finding {
	f := Finding{Text: fmt.Sprintf(text, args...)}
	for _, l := range w.Longest {
		f.Tasks = append(f.Tasks, l.Task)
	}
	return f
}

// share is a part of a whole in percent.
func share(part, whole Seconds) int {
	if whole <= 0 {
		return 0
	}
	return int(part * 100 / whole)
}

func money(usd float64) string { return fmt.Sprintf("$%.2f", usd) }

func hasFlag(v *engine.TaskView, flag string) bool { return slices.Contains(v.Flags, flag) }
