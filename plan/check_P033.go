package plan

import (
	"fmt"
	"strings"
)

// maxCycleShown is how many tasks of a circle a problem names.
const maxCycleShown = 100

func ruleCycle() Rule {
	return Rule{
		Code: "P033", Title: "tasks that wait for each other", Severity: Error,
		What: "Each of some tasks needs the next, and the last needs the first.",
		Why: "None of them could ever start. Where several circles hang together only some are reported; mending " +
			"those shows what is left.",
		Bad:  "tasks:\n  - id: a\n    depends_on: [b]\n    run: echo a\n  - id: b\n    depends_on: [a]\n    run: echo b\n",
		Good: "tasks:\n  - id: a\n    run: echo a\n  - id: b\n    depends_on: [a]\n    run: echo b\n",
		check: func(c *checker) {
			for _, cycle := range findCycles(c.order.Needs) {
				var path strings.Builder
				for i, at := range cycle {
					if i == maxCycleShown {
						fmt.Fprintf(&path, "… %d more … -> ", len(cycle)-i)
						break
					}
					path.WriteString(clip(c.plan.Tasks[at].ID))
					path.WriteString(" -> ")
				}
				first := c.plan.Tasks[cycle[0]]
				path.WriteString(clip(first.ID))
				next := c.plan.Tasks[cycle[1]]
				c.report(first, first.needEntry(next.ID), "tasks need each other in a circle: "+path.String(),
					"take out the dependency that is not one")
			}
		},
	}
}
