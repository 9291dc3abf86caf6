package plan

import (
	"fmt"
	"strings"
)

func ruleDebuggerAlone() Rule {
	return Rule{
		Code: "P042", Title: "a debugger without an implementer after it", Severity: Warning,
		What: "A task of the debugger is followed by no implementer: none that waits for it, none in a later wave.",
		Why:  "The debugger finds causes and mends nothing. Its diagnosis would lie there unused.",
		Bad:  "tasks:\n  - id: find\n    agent: gem-debugger\n    acceptance_criteria: [cause known]\n",
		Good: "tasks:\n  - id: find\n    agent: gem-debugger\n    acceptance_criteria: [cause known]\n" +
			"  - id: mend\n    agent: gem-implementer\n    depends_on: [find]\n    acceptance_criteria: [test passes]\n",
		check: func(c *checker) {
			var implementers []int
			for i, t := range c.plan.Tasks {
				if role := roleOf(t.Agent); role == "implementer" || role == "implementer-mobile" {
					implementers = append(implementers, i)
				}
			}
			for i, t := range c.plan.Tasks {
				if roleOf(t.Agent) != "debugger" || t.settled() || c.followed(i, implementers) {
					continue
				}
				c.report(t, t.at("agent"), fmt.Sprintf("no implementer comes after the debugger's task %q", clip(t.ID)),
					"add a task for gem-implementer that depends on it")
			}
		},
	}
}

func (c *checker) followed(t int, by []int) bool {
	for _, other := range by {
		if c.order.Wave[other] > c.order.Wave[t] || c.waitsFor(other, t) {
			return true
		}
	}
	return false
}

// roleOf is an agent's name without what teams put before it.
func roleOf(agent string) string {
	return strings.TrimPrefix(strings.ToLower(strings.TrimSpace(agent)), "gem-")
}
