package control

import (
	"slices"
	"strings"

	"billow/agents"
	"billow/engine"
	"billow/plan"
)

// verdict is what a reviewer, a critic or a planner said, as far as it decides what comes next.
type verdict struct {
	passed bool
	// hopeless: no revision helps, a person must decide.
	hopeless bool
	// findings are what was found, worst first; why is a line for people.
	findings []string
	why      string
	// required and advice are what the agent says that it needs of a person, and what it would do next.
	required, advice string
}

// verdictOf judges a task of a review by its state and its report. A person who reviews gives no report: done is passed.
func verdictOf(t engine.TaskView, report *plan.Value) verdict {
	if t.State != engine.Done && report == nil {
		return verdict{hopeless: true, why: reasonOf(t)}
	}
	var v verdict
	word := func(key string) string { return strings.ToLower(strings.TrimSpace(report.Get(key).Inline())) }
	v.passed = t.State == engine.Done
	if r, err := agents.ReadReport(report); err == nil {
		v.why = r.Summary
		if r.Failure != nil {
			v.required, v.advice = r.Failure.RequiredInput, r.Failure.NextStep
		}
		if !v.passed || word("verdict") == "blocking" {
			v.add(r.Findings...)
		}
	}
	for _, key := range []string{"critical_findings", "blocking", "critical_issues"} {
		if list := report.Get(key); list != nil && list.Kind == plan.List && len(list.Items) > 0 {
			v.passed = false
			only, _ := agents.ReadReport(&plan.Value{Kind: plan.Map, Fields: []plan.Field{
				{Key: "status", Value: &plan.Value{Kind: plan.Scalar, Text: "failed"}}, {Key: key, Value: list}}})
			v.add(only.Findings...)
		}
	}
	for _, missing := range report.Get("acceptance_criteria_missing").Strings() {
		v.passed = false
		v.add("not covered: " + missing)
	}
	if word("verdict") == "blocking" || slices.Contains([]string{"revise", "defer", "reject"}, word("critic_verdict")) {
		v.passed = false
	}
	v.hopeless = !v.passed && (word("fail") == "escalate" || word("failure_type") == "escalate" || slices.Contains([]string{"blocked", "escalate"}, word("status")))
	if v.passed {
		v.findings = nil
		return v
	}
	if v.why == "" {
		v.why = reasonOf(t)
	}
	if len(v.findings) == 0 && !v.hopeless {
		v.add(v.why)
	}
	return v
}

// mostFound is how many findings of one report count, mostFinding how much of each, in bytes: they become a part of the
// history and of briefs.
const (
	mostFound   = 200
	mostFinding = 1 << 10
)

func (v *verdict) add(findings ...string) {
	for _, s := range findings {
		s = cut(s, mostFinding)
		if s != "" && len(v.findings) < mostFound && !slices.Contains(v.findings, s) {
			v.findings = append(v.findings, s)
		}
	}
}

// reasonOf is why a task is not done, in a line.
func reasonOf(t engine.TaskView) string {
	if t.Signal != nil && t.Signal.Message != "" {
		return t.Signal.Message
	}
	if t.Reason != "" {
		return t.Reason
	}
	return "it is " + string(t.State)
}
