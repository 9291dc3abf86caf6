package control

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"billow/agents"
	"billow/engine"
	"billow/plan"
)

// contextLimit bounds what a person is shown of a task's description, in bytes.
const contextLimit = 2 << 10

// Approval says what a person needs to know to approve that a task starts. The words are those of the
// gem-orchestrator document: the reason, context, risk and the requested decision.
func (w *World) Approval(s *engine.State, id string) engine.Question {
	t, _ := s.Task(id)
	spec, _ := s.Spec(id)
	task := w.task(t)
	q := engine.Question{Text: spec.ApprovalReason, Risk: strings.Join(w.risks(s, t, task), "; "),
		Decision: fmt.Sprintf("let %s start, or keep it from starting", id)}
	if q.Text == "" {
		if q.Text = w.whyApproval(task); q.Text == "" {
			q.Text = "the plan asks for an approval before this task starts"
		}
	}
	if task != nil {
		mask := agents.NewMask(slices.Collect(maps.Values(w.env.secret)))
		q.Text, q.Risk = mask.Text(q.Text), mask.Text(q.Risk)
		q.Context = mask.Text(approvalContext(task, agentOf(w.opened.Config, task)))
	}
	return q
}

// whyApproval is what makes a task one that needs an approval, "" where it only says that it does.
func (w *World) whyApproval(task *plan.Task) string {
	if task == nil {
		return ""
	}
	var why []string
	if yes, _ := task.Source.Get("devops_security_sensitive").AsBool(); yes {
		why = append(why, "it is security-sensitive")
	}
	if env := environmentOf(task); env != "" {
		why = append(why, "it works on "+env)
	}
	return strings.Join(why, ", ")
}

// environmentOf is what a task says under environment.
func environmentOf(task *plan.Task) string {
	if env := task.Source.Get("environment"); !env.IsNull() && env.Kind == plan.Scalar {
		return strings.TrimSpace(env.Text)
	}
	return ""
}

// risks are what the plan and the run know of what may go wrong.
func (w *World) risks(s *engine.State, t engine.TaskView, task *plan.Task) []string {
	var out []string
	if why := w.whyApproval(task); why != "" {
		out = append(out, why)
	}
	if task != nil {
		for _, key := range []string{"risk", "risks", "risk_level", "failure_modes"} {
			if v := task.Source.Get(key); v != nil {
				out = append(out, cut(strings.Join(v.Strings(), "; "), 300))
			}
		}
	}
	switch n := s.Dependants(t.ID); {
	case n == 1:
		out = append(out, "1 task waits for it")
	case n > 1:
		out = append(out, fmt.Sprintf("%d tasks wait for it", n))
	}
	return slices.DeleteFunc(out, func(text string) bool { return text == "" })
}

// approvalContext is what a task is about to do, a line each.
func approvalContext(task *plan.Task, agent string) string {
	var lines []string
	add := func(name, text string) {
		if text = strings.TrimSpace(text); text != "" {
			lines = append(lines, name+text)
		}
	}
	add("", task.Title)
	add("", cut(task.Description, contextLimit))
	add("environment: ", environmentOf(task))
	if agent == shellAgent {
		add("run: ", cut(task.Run, contextLimit))
	} else {
		add("agent: ", agent)
	}
	return strings.Join(lines, "\n")
}

// cut shortens a text that is longer than a person wants to read before deciding.
func cut(text string, limit int) string {
	text = strings.TrimSpace(text)
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + "…"
}
