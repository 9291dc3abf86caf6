package plan

import "fmt"

func ruleSameWave() Rule {
	return Rule{
		Code: "P035", Title: "a need in the same wave", Severity: Info,
		What: "A task needs a task of its own wave.",
		Why: "It works: the task waits within the wave. But then the wave is not a set of tasks that can all run at " +
			"once, which some readers of plans take it for.",
		Bad:  "tasks:\n  - id: a\n    wave: 1\n    run: echo a\n  - id: b\n    wave: 1\n    depends_on: [a]\n    run: echo b\n",
		Good: "tasks:\n  - id: a\n    wave: 1\n    run: echo a\n  - id: b\n    wave: 2\n    depends_on: [a]\n    run: echo b\n",
		check: func(c *checker) {
			for i, t := range c.plan.Tasks {
				if !t.WaveSet {
					continue
				}
				for _, need := range c.order.Needs[i] {
					if c.order.Wave[need] == c.order.Wave[i] {
						id := c.plan.Tasks[need].ID
						c.report(t, t.needEntry(id),
							fmt.Sprintf("%q needs %q of the same wave %d and waits for it there", clip(t.ID), clip(id), t.Wave), "")
					}
				}
			}
		},
	}
}
