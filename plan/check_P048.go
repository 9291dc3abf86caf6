package plan

import (
	"fmt"
	"strconv"
)

func ruleMetrics() Rule {
	return Rule{
		Code: "P048", Title: "plan_metrics that do not agree with the tasks", Severity: Info,
		What: "plan_metrics gives another number of dependencies, or of tasks in wave 1, than the plan has.",
		Why:  "The numbers serve to choose between variants of a plan. Billow counts for itself.",
		Fix:  "writes the number that the tasks have.",
		Bad: "plan_metrics: {wave_1_task_count: 2, total_dependencies: 1}\ntasks:\n  - id: a\n    wave: 1\n    run: echo a\n" +
			"  - id: b\n    wave: 2\n    depends_on: [a]\n    run: echo b\n",
		Good: "plan_metrics: {wave_1_task_count: 1, total_dependencies: 1}\ntasks:\n  - id: a\n    wave: 1\n    run: echo a\n" +
			"  - id: b\n    wave: 2\n    depends_on: [a]\n    run: echo b\n",
		check: func(c *checker) {
			metrics := c.plan.headValue("plan_metrics")
			needs, first := 0, 0
			for i, t := range c.plan.Tasks {
				needs += len(t.Needs)
				if c.order.Wave[i] == 1 {
					first++
				}
			}
			if c.plan.Waves == NoWaves {
				first = -1 // nothing to compare with
			}
			for _, m := range []struct {
				key string
				is  int
			}{{"total_dependencies", needs}, {"wave_1_task_count", first}} {
				v := metrics.Get(m.key)
				if says, ok := v.AsInt(); ok && says != m.is && m.is >= 0 {
					c.reportFixed(nil, v.Pos, fmt.Sprintf("%s is %d, the tasks have %d", m.key, says, m.is),
						fmt.Sprintf("write %d", m.is), c.fixer().number(v, strconv.Itoa(m.is)))
				}
			}
		},
	}
}
