package plan

import "fmt"

func ruleUnreachable() Rule {
	return Rule{
		Code: "P047", Title: "a task that cannot run any more", Severity: Info,
		What: "A task needs, directly or through others, one that the file says has failed or was cancelled.",
		Why: "It waits until that task is tried again. A task whose `when` calls always() or failed() runs all the " +
			"same.",
		Bad:  "tasks:\n  - id: a\n    status: failed\n    run: echo a\n  - id: b\n    depends_on: [a]\n    run: echo b\n",
		Good: "tasks:\n  - id: a\n    status: pending\n    run: echo a\n  - id: b\n    depends_on: [a]\n    run: echo b\n",
		check: func(c *checker) {
			cause := make([]*Task, len(c.plan.Tasks)) // the task because of which one cannot run
			for _, i := range c.order.Topo {
				t := c.plan.Tasks[i]
				switch {
				case t.Status == Failed || t.Status == Cancelled:
					cause[i] = t
					continue
				case t.settled() || t.When != "" && c.expressions.Tolerant(t.When):
					continue
				}
				for _, need := range c.order.Needs[i] {
					if cause[need] != nil && cause[i] == nil {
						cause[i] = cause[need]
					}
				}
			}
			for i, t := range c.plan.Tasks {
				if cause[i] != nil && cause[i] != t {
					c.report(t, t.begin(), fmt.Sprintf("%q cannot run: it waits for %q, which is %s", clip(t.ID), clip(cause[i].ID), cause[i].Status),
						fmt.Sprintf("set %q back to pending, or try it again", clip(cause[i].ID)))
				}
			}
		},
	}
}
