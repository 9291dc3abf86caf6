package review

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"billow/engine"
)

func people(j *judged) (finding, action Finding) {
	w := j.Waiting
	if !j.worth(w.People.Total) {
		return
	}
	finding = w.People.about("tasks waited %s for people: %s", w.People.Total, w.People.list())
	if idle := w.IdlePeople; j.worth(idle) {
		finding.Text += fmt.Sprintf("; for %s of that nothing ran", idle)
	}
	first := w.People.Longest[0].Task
	if spec, _ := j.fold.state.Spec(first); spec.Approval {
		action = Finding{Text: fmt.Sprintf("decide about %s before it asks: `billow approve %s` may come first", first, first), Tasks: []string{first}}
	}
	return
}

func limits(j *judged) (finding, action Finding) {
	w := j.Waiting
	if !j.worth(w.Limits.Total) {
		return
	}
	finding = w.Limits.about("tasks that could have run waited %s for a slot: %s", w.Limits.Total, w.Limits.list())
	for _, s := range w.Slots {
		if s.Peak == s.Limit {
			action.Text = fmt.Sprintf("allow more than %d at once (the limit of %s tasks)", s.Limit, s.Class)
			break
		}
	}
	return
}

func conflicts(j *judged) (finding, action Finding) {
	w := j.Waiting.Conflicts
	if !j.worth(w.Total) {
		return
	}
	finding = w.about("tasks waited %s for others that must not run beside them: %s", w.Total, w.list())
	action = w.about("let %s share less with others: smaller locks, fewer files", w.Longest[0].Task)
	return
}

func backoff(j *judged) (finding, action Finding) {
	if w := j.Waiting.Backoff; j.worth(w.Total) {
		finding = w.about("tasks waited %s before they were tried again: %s", w.Total, w.list())
	}
	return
}

func away(j *judged) (finding, action Finding) {
	if w := j.Waiting; j.worth(w.Away) {
		finding.Text = fmt.Sprintf("nobody drove the run for %s, in %s", w.Away, number(w.Gaps, "gap"))
	}
	return
}

func longTask(j *judged) (finding, action Finding) {
	if len(j.Path) < 2 {
		return
	}
	long := slices.MaxFunc(j.Path, func(a, b Link) int { return cmp.Compare(a.Work, b.Work) })
	if !j.worth(long.Work) || share(long.Work, j.Elapsed) < 30 {
		return
	}
	finding = Finding{Text: fmt.Sprintf("%s alone ran for %s of %s, and the end waited for it", long.Task, long.Work, j.Elapsed), Tasks: []string{long.Task}}
	action = Finding{Text: fmt.Sprintf("split %s or make it faster: it is the longest part of the critical path", long.Task), Tasks: []string{long.Task}}
	return
}

func slotsUnused(j *judged) (finding, action Finding) {
	if time.Duration(j.Elapsed) < time.Minute {
		return
	}
	var what []string
	for _, s := range j.Waiting.Slots {
		if s.Used < 0.5 {
			what = append(what, fmt.Sprintf("%d%% of %s for %s tasks", int(s.Used*100+0.5), number(s.Limit, "slot"), s.Class))
		}
	}
	if len(what) > 0 {
		finding.Text = "slots stood empty: in use were " + strings.Join(what, " and ") + ", over the time of all drivers"
	}
	return
}

func questions(j *judged) (finding, action Finding) {
	c := j.choose(func(t *record, _ *engine.TaskView) bool { return t.questions > 0 })
	n := c.sum(func(t *record) int { return t.questions })
	return c.about("%s asked: %s", number(n, "question was|questions were"), c.list()), c.about("say in the plan what %s had to ask", c.list())
}

func unclassified(j *judged) (finding, action Finding) {
	c := j.choose(func(t *record, _ *engine.TaskView) bool { return t.unclassified > 0 })
	n := c.sum(func(t *record) int { return t.unclassified })
	return c.about("of %s nothing more was known: %s", number(n, "failure"), c.list()),
		c.about("say under `classify` in the plan what failures of %s are, so that each gets its own remedy", c.list())
}

func missingAgents(j *judged) (finding, action Finding) {
	f := j.fold.facts
	if len(f.wanted) == 0 {
		return
	}
	finding.Text = "agents were missing: " + few(len(f.wanted), func(i int) string {
		return fmt.Sprintf("%s, wanted %s", f.wanted[i], times(f.wantedTimes[f.wanted[i]]))
	})
	action.Text = "configure " + few(len(f.wanted), func(i int) string { return f.wanted[i] }) + " in billow.yaml"
	return
}

func revised(j *judged) (finding, action Finding) {
	all := j.fold.state.Revisions()
	if len(all) == 0 {
		return
	}
	var tasks []string
	for _, r := range all {
		if len(tasks) < Listed && !slices.Contains(tasks, r.Task) {
			tasks = append(tasks, r.Task)
		}
	}
	names := few(len(tasks), func(i int) string { return tasks[i] })
	finding = Finding{Text: fmt.Sprintf("the plan was revised %s, because of what came out in %s", times(len(all)), names), Tasks: tasks}
	return finding, Finding{Text: fmt.Sprintf("find out before it is planned what only %s brought to light", names), Tasks: tasks}
}

func edited(j *judged) (finding, action Finding) {
	var what []string
	for _, p := range []struct {
		n    int
		word string
	}{{j.fold.facts.added, "added"}, {j.fold.facts.changed, "changed"}, {j.fold.facts.removed, "removed"}} {
		if p.n > 0 {
			what = append(what, fmt.Sprintf("%s %s", number(p.n, "task"), p.word))
		}
	}
	if len(what) > 0 {
		finding.Text = "the plan was changed during the run: " + strings.Join(what, ", ")
	}
	return
}

func byHand(j *judged) (finding, action Finding) {
	c := j.choose(func(t *record, _ *engine.TaskView) bool { return t.hand > 0 })
	return c.about("%s set by hand: %s", number(c.sum(func(t *record) int { return t.hand }), "status was|statuses were"), c.list()), action
}

func unmetered(j *judged) (finding, action Finding) {
	n, all, metered := 0, 0, false
	for _, a := range j.Agents {
		n += a.Unmetered
		if a.Tokens() > 0 || a.USD > 0 {
			metered = true
			all += a.Attempts
		} else if a.Unmetered > 0 {
			all += a.Attempts
		}
	}
	if metered && n > 0 {
		finding.Text = fmt.Sprintf("what was used is not known of %d of %s of agents", n, number(all, "attempt"))
	}
	return
}
