package review

import (
	"fmt"

	"billow/engine"
)

func completed(j *judged) (finding, action Finding) {
	c := j.Counts
	if c.Total == 0 || c.Settled() < c.Total {
		return
	}
	finding.Text = fmt.Sprintf("all %d tasks are done, in %s", c.Total, j.Elapsed)
	if c.Total == 1 {
		finding.Text = fmt.Sprintf("the one task is done, in %s", j.Elapsed)
	}
	if c.Skipped > 0 {
		finding.Text += fmt.Sprintf("; %d of them skipped", c.Skipped)
	}
	return
}

func firstAttempt(j *judged) (finding, action Finding) {
	ran := j.choose(func(t *record, _ *engine.TaskView) bool { return t.Attempts > 0 })
	first := j.choose(func(t *record, v *engine.TaskView) bool {
		return v.State == engine.Done && t.Attempts > 0 && t.Failures == 0 && t.Lost == 0 && t.sentBack == 0
	})
	if len(first) > 0 {
		finding.Text = fmt.Sprintf("%s done at the first attempt, of %d that ran", number(len(first), "task was|tasks were"), len(ran))
	}
	return
}

func cleanWaves(j *judged) (finding, action Finding) {
	failed := map[int]bool{}
	for _, t := range j.fold.order {
		if t.Attempts > 0 {
			failed[t.wave] = failed[t.wave] || t.Failures > 0 || t.rejected > 0
		}
	}
	clean := 0
	for _, bad := range failed {
		if !bad {
			clean++
		}
	}
	if len(failed) > 1 && clean > 0 {
		finding.Text = fmt.Sprintf("%d of %d waves went through without a failure", clean, len(failed))
	}
	return
}

func remedied(j *judged) (finding, action Finding) {
	c := j.choose(func(t *record, v *engine.TaskView) bool { return v.State == engine.Done && t.Failures+t.Lost > 0 })
	return c.about("%s not done at once and done all the same: %s", number(len(c), "task was|tasks were"), c.list()), action
}

func adopted(j *judged) (finding, action Finding) {
	if n := j.fold.facts.adopted; n > 0 {
		finding.Text = fmt.Sprintf("%s billow and went on", number(n, "attempt outlived|attempts outlived"))
	}
	return
}

func parallel(j *judged) (finding, action Finding) {
	if w := j.Waiting; w.Parallel >= 1.5 {
		finding.Text = fmt.Sprintf("%s of work ran side by side: %.1f attempts at once on average, at most %d", j.Work, w.Parallel, w.Peak)
	}
	return
}
