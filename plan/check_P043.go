package plan

import (
	"fmt"
	"strings"
)

func ruleNoCriteria() Rule {
	return Rule{
		Code: "P043", Title: "no acceptance criteria", Severity: Info,
		What: "A task for an agent says nowhere when it is done: no acceptance_criteria, success_criteria, " +
			"verification, acceptance_checks, validation_matrix or `accept` commands.",
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

func (t *Task) hasCriteria() bool {
	if len(t.Accept) > 0 || len(t.Criteria()) > 0 || criteriaBelow(t.Description) {
		return true
	}
	for _, key := range []string{"success_criteria", "verification", "verification_script", "validation_matrix", "flows"} {
		if !t.Source.Get(key).IsNull() {
			return true
		}
	}
	for _, key := range []string{"handoff", "implementation_handoff"} {
		if !t.Source.Get(key).Get("acceptance_checks").IsNull() {
			return true
		}
	}
	return false
}
