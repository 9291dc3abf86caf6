package plan

import "fmt"

func ruleUnknownNeed() Rule {
	return Rule{
		Code: "P031", Title: "a need that names no task", Severity: Error,
		What: "A task depends on an id that no task has.",
		Why:  "The task could never start.",
		Fix:  "writes the id of the one task that differs in nothing but case, separators and leading zeros.",
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
						pos, written := t.mention(id, needKeys()...)
						var fix []TextEdit
						if near, sure := c.guess(id); sure && c.canNeed(t, c.plan.Task(near)) {
							fix = c.fixer().scalar(written, near)
						}
						c.reportFixed(t, pos, fmt.Sprintf("%q needs %q, which is no task of this plan", clip(t.ID), clip(id)), hint, fix)
					}
				}
			}
		},
	}
}

// canNeed reports whether a task can wait for another that it does not wait for yet: not in a circle, not in a
// later wave.
func (c *checker) canNeed(t, other *Task) bool {
	return t != other && !c.waitsFor(other.Index, t.Index) && c.walk >= 0 &&
		!(c.order.Barriers && c.order.Wave[other.Index] > c.order.Wave[t.Index])
}
