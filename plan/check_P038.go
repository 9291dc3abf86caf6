package plan

import "fmt"

func ruleOrderedConflict() Rule {
	return Rule{
		Code: "P038", Title: "a conflict between tasks that are ordered anyway", Severity: Info,
		What: "Two tasks conflict, and one waits for the other or is in an earlier wave.",
		Why:  "They never run at the same time; the conflict says nothing new. conflicts_with is never an order.",
		Bad:  "tasks:\n  - id: a\n    run: echo a\n  - id: b\n    depends_on: [a]\n    conflicts_with: [a]\n    run: echo b\n",
		Good: "tasks:\n  - id: a\n    run: echo a\n  - id: b\n    depends_on: [a]\n    run: echo b\n",
		check: func(c *checker) {
			said := map[[2]int]bool{}
			for i, t := range c.plan.Tasks {
				for _, id := range t.Conflicts {
					j, ok := c.plan.index[id]
					pair := [2]int{min(i, j), max(i, j)}
					if !ok || i == j || said[pair] || !c.ordered(i, j) {
						continue
					}
					said[pair] = true
					c.report(t, t.entry(id, "conflicts_with"),
						fmt.Sprintf("%q and %q never run at the same time anyway; the conflict says nothing new", clip(t.ID), clip(id)), "")
				}
			}
		},
	}
}
