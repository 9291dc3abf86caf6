package plan

import "fmt"

func ruleDoneTooEarly() Rule {
	return Rule{
		Code: "P044", Title: "a completed task whose needs are not", Severity: Warning,
		What: "The file says that a task is completed, and that one it needs is not.",
		Why: "Either a status is wrong, or the task was done on something unfinished. Billow does not run it again; " +
			"the need still runs.",
		Bad: "tasks:\n  - id: a\n    status: pending\n    run: echo a\n" +
			"  - id: b\n    status: completed\n    depends_on: [a]\n    run: echo b\n",
		Good: "tasks:\n  - id: a\n    status: completed\n    run: echo a\n" +
			"  - id: b\n    status: completed\n    depends_on: [a]\n    run: echo b\n",
		check: func(c *checker) {
			for i, t := range c.plan.Tasks {
				if t.Status != Completed {
					continue
				}
				for _, need := range c.order.Needs[i] {
					if n := c.plan.Tasks[need]; n.Status != Completed && n.Status != Skipped {
						c.report(t, t.at("status"),
							fmt.Sprintf("%q is completed, but it needs %q, which is %s", clip(t.ID), clip(n.ID), n.Status),
							"correct the status that is wrong")
					}
				}
			}
		},
	}
}
