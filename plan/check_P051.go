package plan

import "fmt"

func ruleReadsNoNeed() Rule {
	return Rule{
		Code: "P051", Title: "an expression that reads a task it does not wait for", Severity: Warning,
		What: "An expression uses the status or outputs of a task that its own task does not need, not even through " +
			"others.",
		Why:  "That task may not have run yet; what the expression gives is then a matter of chance.",
		Bad:  "tasks:\n  - id: build\n    run: make\n  - id: push\n    when: tasks.build.status == \"completed\"\n    run: ./push\n",
		Good: "tasks:\n  - id: build\n    run: make\n  - id: push\n    depends_on: [build]\n    when: tasks.build.status == \"completed\"\n    run: ./push\n",
		check: func(c *checker) {
			for _, e := range c.allExpressions() {
				if e.err != nil || e.task == nil {
					continue
				}
				for i, id := range e.parsed.References {
					other, ok := c.plan.index[id]
					at := e.task.Index
					if !ok || c.order.Barriers && c.order.Wave[other] < c.order.Wave[at] || c.waitsFor(at, other) || c.walk < 0 {
						continue
					}
					place := c.inside(e.value, exprErrorAt(e.source, e.parsed.places[i], "", ""), e.pos)
					text := fmt.Sprintf("%s: %q does not need %q and may run before it", e.key, clip(e.task.ID), clip(id))
					if at == other {
						text = fmt.Sprintf("%s: %q reads itself, before it has run", e.key, clip(id))
					}
					c.report(e.task, place, text, fmt.Sprintf("add %q to its dependencies", clip(id)))
				}
			}
		},
	}
}
