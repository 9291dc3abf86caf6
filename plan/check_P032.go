package plan

import (
	"fmt"
	"slices"
)

func ruleSelfNeed() Rule {
	return Rule{
		Code: "P032", Title: "a task that needs itself", Severity: Error,
		What: "A task names itself among its dependencies.",
		Why:  "It would wait for itself for ever.",
		Bad:  "tasks:\n  - id: build\n    depends_on: [build]\n    run: make\n",
		Good: "tasks:\n  - id: build\n    run: make\n",
		check: func(c *checker) {
			for _, t := range c.plan.Tasks {
				if slices.Contains(t.Needs, t.ID) {
					c.report(t, t.needEntry(t.ID), fmt.Sprintf("%q needs itself", clip(t.ID)), "take it out of its own dependencies")
				}
			}
		},
	}
}
