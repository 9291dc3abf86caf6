package plan

import "fmt"

func ruleLaterWave() Rule {
	return Rule{
		Code: "P034", Title: "a need in a later wave", Severity: Error,
		What: "A task needs a task of a later wave.",
		Why: "Waves are barriers: the later wave begins when this one has settled, and this one cannot settle " +
			"before the later one has begun.",
		Bad:  "tasks:\n  - id: a\n    wave: 1\n    depends_on: [b]\n    run: echo a\n  - id: b\n    wave: 2\n    run: echo b\n",
		Good: "tasks:\n  - id: a\n    wave: 3\n    depends_on: [b]\n    run: echo a\n  - id: b\n    wave: 2\n    run: echo b\n",
		check: func(c *checker) {
			if !c.order.Barriers {
				return
			}
			for i, t := range c.plan.Tasks {
				for _, need := range c.order.Needs[i] {
					if own, other := c.order.Wave[i], c.order.Wave[need]; other > own && t.WaveSet {
						id := c.plan.Tasks[need].ID
						c.report(t, t.needEntry(id),
							fmt.Sprintf("%q of wave %d needs %q of wave %d", clip(t.ID), own, clip(id), other),
							fmt.Sprintf("put %q into wave %d, or say `waves: soft` if waves are no barriers", clip(t.ID), other+1))
					}
				}
			}
		},
	}
}
