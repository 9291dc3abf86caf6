package plan

import (
	"fmt"
	"regexp"
	"strings"
)

func ruleNoCriteria() Rule {
	return Rule{
		Code: "P043", Title: "no acceptance criteria", Severity: Info,
		What: "A task for an agent says nowhere when it is done: no acceptance_criteria, success_criteria, " +
			"verification, expected result, deliverables, `covers`, handoff with acceptance_checks or `accept` commands.",
		Why:  "The agent decides for itself what is enough, and nobody can check it.",
		Bad:  "tasks:\n  - id: a\n    agent: gem-implementer\n    description: Add search\n",
		Good: "tasks:\n  - id: a\n    agent: gem-implementer\n    description: Add search\n    accept: [make test]\n",
		check: func(c *checker) {
			for _, t := range c.plan.Tasks {
				if c.agentOf(t) != "" && !t.settled() && !t.hasCriteria() {
					c.report(t, t.begin(), fmt.Sprintf("%q does not say when it is done", clip(t.ID)),
						"add acceptance_criteria, or `accept` with commands that must pass")
				}
			}
		},
	}
}

// criteriaBelow reports whether a Markdown text has a heading for criteria, as the bodies of task files do.
func criteriaBelow(text string) bool {
	for line := range strings.Lines(text) {
		words := strings.ToLower(strings.TrimSpace(strings.TrimLeft(line, "#")))
		if strings.HasPrefix(line, "#") && (strings.HasPrefix(words, "acceptance criteria") || strings.HasPrefix(words, "definition of done")) {
			return true
		}
	}
	return false
}

// hasCriteria reports whether a task says when it is done, under any of the names that authors have for that.
func (t *Task) hasCriteria() bool {
	if len(t.Accept) > 0 || len(t.Criteria()) > 0 || criteriaBelow(t.Description) {
		return true
	}
	for _, f := range t.fields() {
		switch {
		case f.Value.IsNull(), f.Value.Kind == List && len(f.Value.Items) == 0, f.Value.Kind == Map && len(f.Value.Fields) == 0:
		case criteria.MatchString(f.Key):
			return true
		case f.Value.Kind == Map && (strings.HasSuffix(f.Key, "handoff") || f.Key == "task_definition"):
			for _, inner := range f.Value.Fields {
				if !inner.Value.IsNull() && criteria.MatchString(inner.Key) {
					return true
				}
			}
		}
	}
	return false
}

// criteria matches the keys under which real plans say when a task is done: acceptance, verification_script,
// validation_logic, expected_result, covers (criteria of the plan), test_coverage ...
var criteria = regexp.MustCompile(`(?i)^ac$|accept|criteri|verif|validat|` +
	`expect\w*(result|outcome|output|behavio)|deliverable|(^|_)done(_|$)|(^|_)cover|(^|_)check|^flows$|exit_condition`)
