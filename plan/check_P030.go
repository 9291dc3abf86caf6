package plan

import "fmt"

func ruleDuplicateID() Rule {
	return Rule{
		Code: "P030", Title: "two tasks with one id", Severity: Error,
		What: "Two tasks have the same id.",
		Why:  "Dependencies, statuses and results are kept by id; nobody could tell which of the two is meant.",
		Bad:  "tasks:\n  - id: build\n    run: make\n  - id: build\n    run: make test\n",
		Good: "tasks:\n  - id: build\n    run: make\n  - id: test\n    run: make test\n",
		check: func(c *checker) {
			for i, t := range c.plan.Tasks {
				if first := c.plan.index[t.ID]; first != i {
					text := fmt.Sprintf("the id %q is taken", clip(t.ID))
					if at := c.plan.Tasks[first].begin(); at.Line > 0 {
						text += " by the task in " + c.line(at)
					}
					c.report(t, t.begin(), text, "give each task an id of its own")
				}
			}
		},
	}
}
