package text

import (
	"strings"

	"billow/engine"
)

// waitsForAnswer says whether a task waits for a person's yes or no.
func waitsForAnswer(v *engine.TaskView) bool {
	return v.State == engine.Blocked && !v.Removed && !v.Expanded &&
		(v.Approval == engine.ApprovalPending || v.Question != nil)
}

// asks are the questions that are open, and which of them the person has put off.
type asks struct {
	on   bool
	open []question
}

// question is one thing that a person is asked.
type question struct {
	task     string
	attempt  int
	reason   string
	context  string
	risk     string
	yes, no  string
	put, off bool
}

func (a *asks) see(v *engine.TaskView) {}

// prompt is the question that stands on the screen.
type prompt struct {
	question
	typed string
}

func (q *prompt) line(st Style) string { return strings.TrimSpace(q.typed) }

func (p *Progress) ask() {}
