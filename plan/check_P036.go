package plan

import (
	"fmt"
	"slices"
)

func ruleOneSidedConflict() Rule {
	return Rule{
		Code: "P036", Title: "a conflict that only one side names", Severity: Info,
		What: "A task names another under conflicts_with, and that one does not name it back.",
		Why:  "Billow keeps the two apart all the same. A reader who looks at the other task does not see it.",
		Fix:  "adds the other side. Where several tasks name the same one, one fix adds them all.",
		Bad:  "tasks:\n  - id: a\n    conflicts_with: [b]\n    run: echo a\n  - id: b\n    run: echo b\n",
		Good: "tasks:\n  - id: a\n    conflicts_with: [b]\n    run: echo a\n  - id: b\n    conflicts_with: [a]\n    run: echo b\n",
		check: func(c *checker) {
			silent := func(t *Task, id string) *Task {
				other := c.plan.Task(id)
				if other == nil || other == t || slices.Contains(other.Conflicts, t.ID) {
					return nil
				}
				return other
			}
			missing := map[*Task][]string{} // what a task does not say, once for each
			for _, t := range c.plan.Tasks {
				for _, id := range t.Conflicts {
					if other := silent(t, id); other != nil {
						missing[other] = append(missing[other], t.ID)
					}
				}
			}
			for _, t := range c.plan.Tasks {
				for _, id := range t.Conflicts {
					other := silent(t, id)
					if other == nil {
						continue
					}
					fix := c.fixer().member(other.Source, "conflicts_with", missing[other])
					missing[other] = nil // The others are mended with the first.
					c.reportFixed(t, t.entry(id, "conflicts_with"),
						fmt.Sprintf("%q conflicts with %q, which does not say so; it holds both ways", clip(t.ID), clip(id)),
						fmt.Sprintf("add %q to conflicts_with of %q", clip(t.ID), clip(id)), fix)
				}
			}
		},
	}
}
