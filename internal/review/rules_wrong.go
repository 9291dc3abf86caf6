package review

import (
	"fmt"
	"slices"
	"strings"

	"billow/engine"
	"billow/failure"
)

func inState(state engine.TaskState) func(*record, *engine.TaskView) bool {
	return func(_ *record, v *engine.TaskView) bool { return v.State == state }
}

func failedTasks(j *judged) (finding, action Finding) {
	c := j.choose(inState(engine.Failed))
	if len(c) == 0 {
		return
	}
	finding = c.about("%s: %s", number(len(c), "task failed|tasks failed"), j.because(c))
	action = c.about("mend %s: `billow logs %s` says what it printed, `billow retry %s` runs it again", c.list(), c[0].id, c[0].id)
	return
}

func unreachable(j *judged) (finding, action Finding) {
	c := j.choose(func(_ *record, v *engine.TaskView) bool { return v.Unreachable })
	return c.about("%s run because of others: %s", number(len(c), "task cannot|tasks cannot"), c.list()), action
}

func blocked(j *judged) (finding, action Finding) {
	c := j.choose(inState(engine.Blocked))
	for _, g := range j.fold.state.Gates() {
		if g.State == engine.Blocked {
			c = append(c, j.fold.records[g.ID])
		}
	}
	if len(c) == 0 {
		return
	}
	finding = c.about("%s for a person: %s", number(len(c), "task waits|tasks wait"), j.because(c))
	action = c.about("decide about %s: `billow explain %s` says how", c.list(), c[0].id)
	return
}

func cancelled(j *judged) (finding, action Finding) {
	c := j.choose(inState(engine.Cancelled))
	return c.about("%s cancelled: %s", number(len(c), "task was|tasks were"), c.list()), action
}

func gates(j *judged) (finding, action Finding) {
	var failed chosen
	var work Seconds
	for _, t := range j.fold.order {
		if t.rejected > 0 {
			failed = append(failed, t)
			work += t.Work
		}
	}
	if len(failed) == 0 {
		return
	}
	times := failed.sum(func(t *record) int { return t.rejected })
	back := j.choose(func(t *record, _ *engine.TaskView) bool { return t.sentBack > 0 })
	finding = failed.about("gates failed %s, and took %s of work: %s", number(times, "time"), work, failed.list())
	if len(back) > 0 {
		finding.Text += fmt.Sprintf("; sent back: %s", back.list())
		action = back.about("say in the acceptance criteria of %s what was found", back.list())
	}
	return
}

func givenUp(j *judged) (finding, action Finding) {
	c := j.choose(func(t *record, v *engine.TaskView) bool { return v.State == engine.Skipped && t.skipped != "" })
	return c.about("%s skipped after a failure: %s", number(len(c), "task was|tasks were"), j.because(c)), action
}

func wasted(j *judged) (finding, action Finding) {
	if j.Failures+j.Lost == 0 {
		return
	}
	var what []string
	if j.Failures > 0 {
		what = append(what, number(j.Failures, "failure"))
	}
	if j.Lost > 0 {
		what = append(what, number(j.Lost, "lost attempt"))
	}
	finding.Text = fmt.Sprintf("%s cost %s of %s of work", strings.Join(what, " and "), j.Wasted, j.Work)
	if j.WastedUSD > 0 {
		finding.Text += fmt.Sprintf(" and %s of %s", money(j.WastedUSD), money(j.USD))
	}
	for _, c := range j.Causes {
		if j.worth(c.Wasted + c.Backoff) {
			action.Text = fmt.Sprintf("prevent failures like %q (%s) first: %s cost %s", clip(c.Message), c.Kind,
				number(c.Failures, "of them|of them"), c.Wasted+c.Backoff)
			action.Tasks = c.Tasks
			break // they are in the order of what they cost
		}
	}
	return
}

func flaky(j *judged) (finding, action Finding) {
	c := j.choose(func(_ *record, v *engine.TaskView) bool { return hasFlag(v, string(failure.Flaky)) })
	return c.about("%s flaky: %s", number(len(c), "task is|tasks are"), c.list()), c.about("make %s give the same result every time", c.list())
}

func deadlines(j *judged) (finding, action Finding) {
	c := j.choose(func(t *record, _ *engine.TaskView) bool { return t.deadlines > 0 })
	n := c.sum(func(t *record) int { return t.deadlines })
	return c.about("%s a time limit: %s", number(n, "attempt hit|attempts hit"), c.list()), c.about("give %s more time, or less to do", c.list())
}

func denied(j *judged) (finding, action Finding) {
	c := j.choose(func(t *record, _ *engine.TaskView) bool { return t.denials > 0 })
	return c.about("%s denied: %s", number(c.sum(func(t *record) int { return t.denials }), "approval was|approvals were"), c.list()), action
}

func timedOut(j *judged) (finding, action Finding) {
	c := j.choose(func(t *record, _ *engine.TaskView) bool { return t.timedOut > 0 })
	n := c.sum(func(t *record) int { return t.timedOut })
	return c.about("%s not decided in time: %s", number(n, "question was|questions were"), c.list()),
		c.about("give people more time for %s, or a default that is safe", c.list())
}

func interrupted(j *judged) (finding, action Finding) {
	f := j.fold.facts
	var what []string
	if f.interrupts > 0 {
		what = append(what, "was interrupted "+times(f.interrupts))
	}
	if f.timeLimits > 0 {
		what = append(what, "reached its time limit "+times(f.timeLimits))
	}
	if len(what) > 0 {
		finding.Text = "the run " + strings.Join(what, " and ")
	}
	return
}

func times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}

func lost(j *judged) (finding, action Finding) {
	c := j.choose(func(t *record, _ *engine.TaskView) bool { return t.Lost > 0 })
	return c.about("billow ended while %s: %s", number(j.Lost, "attempt ran|attempts ran"), c.list()), action
}

func warnings(j *judged) (finding, action Finding) {
	f := j.fold.facts
	if f.warnings > 0 {
		texts := slices.Clone(f.warned)
		finding.Text = fmt.Sprintf("%s: %s", number(f.warnings, "warning"), few(len(texts), func(i int) string { return clip(texts[i]) }))
	}
	return
}
