package plan

import "fmt"

func ruleUnknownConflict() Rule {
	return Rule{
		Code: "P037", Title: "a conflict that names no task", Severity: Warning,
		What: "An entry of conflicts_with is no other task of the plan: a mistyped id, prose, or the task itself.",
		Why:  "Nothing is kept apart because of it.",
		Fix:  "writes the id of the one task that differs in nothing but case, separators and leading zeros.",
		Bad:  "tasks:\n  - id: a\n    conflicts_with: [\"any other write to the schema\"]\n    run: echo a\n  - id: b\n    run: echo b\n",
		Good: "tasks:\n  - id: a\n    locks: [schema]\n    run: echo a\n  - id: b\n    locks: [schema]\n    run: echo b\n",
		check: func(c *checker) {
			for _, t := range c.plan.Tasks {
				for _, id := range t.Conflicts {
					switch other := c.plan.Task(id); {
					case other == nil:
						hint := c.meant(id)
						if hint == "" {
							hint = "name a task, or use locks: tasks with the same lock never run at the same time"
						}
						pos, written := t.mention(id, "conflicts_with")
						var fix []TextEdit
						if near, sure := c.guess(id); sure && near != t.ID {
							fix = c.fixer().scalar(written, near)
						}
						c.reportFixed(t, pos,
							fmt.Sprintf("%q conflicts with %q, which is no task of this plan", clip(t.ID), clip(id)), hint, fix)
					case id == t.ID:
						c.report(t, t.entry(id, "conflicts_with"), fmt.Sprintf("%q conflicts with itself", clip(t.ID)),
							"take it out of its own conflicts_with")
					}
				}
				for _, note := range t.ConflictNotes {
					c.report(t, t.entry(note, "conflicts_with"),
						fmt.Sprintf("the conflict %q names no task, so nothing is kept apart", clip(note)),
						"name the tasks, or use locks: tasks with the same lock never run at the same time")
				}
			}
		},
	}
}
