package plan

import "fmt"

func ruleNobody() Rule {
	return Rule{
		Code: "P041", Title: "a task that nobody does", Severity: Error,
		What: "A task that is not over has neither `run` nor `agent`, and there is no default agent. " +
			"Where the project has no agents at all, `billow check` only warns.",
		Why:  "There is nothing to start.",
		Bad:  "tasks:\n  - id: a\n    title: Build it\n",
		Good: "tasks:\n  - id: a\n    title: Build it\n    run: make\n",
		check: func(c *checker) {
			for _, t := range c.plan.Tasks {
				if t.Run == "" && c.agentOf(t) == "" && !t.settled() {
					c.report(t, t.begin(), fmt.Sprintf("%q has neither run nor agent", clip(t.ID)),
						"write `run: COMMAND` or `agent: NAME`, or name a default agent in billow.yaml")
				}
			}
		},
	}
}
