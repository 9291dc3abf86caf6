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
			// From the last task to the first: is there an implementer among those that wait for it?
			followed := make([]bool, len(c.plan.Tasks))
			latest := -1 // the latest wave with an implementer
			for k := len(c.order.Topo) - 1; k >= 0; k-- {
				i := c.order.Topo[k]
				implements := false
				switch roleOf(c.plan.Tasks[i].Agent) {
				case "implementer", "implementer-mobile":
					implements = true
					latest = max(latest, c.order.Wave[i])
				}
				for _, need := range c.order.Needs[i] {
					followed[need] = followed[need] || followed[i] || implements
				}
			}
			for i, t := range c.plan.Tasks {
				if roleOf(t.Agent) == "debugger" && !t.settled() && !followed[i] && c.order.Wave[i] >= latest {
					c.report(t, t.at("agent"), fmt.Sprintf("no implementer comes after the debugger's task %q", clip(t.ID)),
						"add a task for gem-implementer that depends on it")
				}
			}
		},
	}
}

// roleOf is an agent's name without what teams put before it.
func roleOf(agent string) string {
	return strings.TrimPrefix(strings.ToLower(strings.TrimSpace(agent)), "gem-")
}
