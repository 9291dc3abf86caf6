package plan

import "fmt"

func ruleUnknownNeed() Rule {
	return Rule{
		Code: "P031", Title: "a need that names no task", Severity: Error,
		What: "A task depends on an id that no task has.",
		Why:  "The task could never start.",
		Bad:  "tasks:\n  - id: build-app\n    run: make\n  - id: test\n    depends_on: [build_app]\n    run: make test\n",
		Good: "tasks:\n  - id: build-app\n    run: make\n  - id: test\n    depends_on: [build-app]\n    run: make test\n",
		check: func(c *checker) {
			for _, t := range c.plan.Tasks {
				for _, id := range t.Needs {
					if _, ok := c.plan.index[id]; !ok {
						hint := c.meant(id)
						if hint == "" {
							hint = "add the task, or take it out of the dependencies"
						}
						c.report(t, t.needEntry(id), fmt.Sprintf("%q needs %q, which is no task of this plan", clip(t.ID), clip(id)), hint)
					}
				}
			}
		},
	}
}
