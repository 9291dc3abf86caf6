package text

import (
	"strings"
	"time"

	"billow/engine"
	"billow/internal/control"
)

// RunReport is what reports of a run for other programs are made of.
type RunReport struct {
	// Plan is how the plan was named, for a run that came to nothing.
	Plan string
	// Run is how it went and Tasks how all tasks stand; nil where it did not come so far.
	Run   *control.RunResponse
	Tasks *control.StatusResponse
	// Err is what ended the run other than a task; nil is nothing.
	Err error
	// Began is when billow was called, Host the machine.
	Began time.Time
	Host  string
}

// result is what became of a task, in the words that reports have for it.
type result int

const (
	passed result = iota
	failed
	// broken: it neither passed nor failed, and should have come to an end.
	broken
	notRun
)

// resultOf is what became of a task, one word for it, and why.
func (r *RunReport) resultOf(t *control.StatusTask) (what result, word, why string) {
	why = shortWhy(t.Why)
	switch t.State {
	case engine.Done:
		return passed, "done", ""
	case engine.Failed:
		return failed, "failed", why
	case engine.Cancelled:
		return broken, "cancelled", why
	case engine.Skipped:
		return notRun, "skipped", strings.TrimPrefix(strings.TrimPrefix(why, "it was skipped"), ": ")
	case engine.Blocked:
		return notRun, "blocked", why
	}
	switch {
	case t.Unreachable:
		return notRun, "unreachable", why
	case t.Attempt > 0 && r.Run != nil && r.Run.TimedOut:
		return broken, "time limit", "the time limit of the run passed before it was done"
	case t.Attempt > 0 && r.Run != nil && r.Run.Interrupted:
		return broken, "interrupted", "the run was interrupted before it was done"
	}
	return notRun, "not run", why
}

// took is how long the last attempt of a task took, as far as that is over.
func took(t *control.StatusTask) time.Duration {
	switch {
	case t.Took > 0:
		return t.Took
	case t.Attempt > 0 && t.State != engine.Running && t.Since.After(t.Began):
		return t.Since.Sub(t.Began)
	}
	return 0
}

// planID is the name a report goes by; it is never empty.
func (r *RunReport) planID() string {
	for _, id := range []string{r.tasksPlan(), r.runPlan(), r.Plan} {
		if id = Clean(id); id != "" {
			return id
		}
	}
	return "plan"
}

func (r *RunReport) tasksPlan() string {
	if r.Tasks == nil {
		return ""
	}
	return r.Tasks.PlanID
}

func (r *RunReport) runPlan() string {
	if r.Run == nil {
		return ""
	}
	return r.Run.PlanID
}

// logs is the end of what a task's last attempt printed.
func (r *RunReport) logs(t *control.StatusTask) string {
	if r.Run == nil || r.Run.Run == "" || t.Attempt == 0 {
		return ""
	}
	return logTails(r.Run.AttemptDir(t.ID, t.Attempt))
}
