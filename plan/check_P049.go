package plan

import (
	"fmt"
	"maps"
	"slices"
)

func ruleUnknownPool() Rule {
	return Rule{
		Code: "P049", Title: "a pool that is not there", Severity: Error,
		What: "A task names a pool that the plan does not have.",
		Why:  "Its limit is not known.",
		Fix:  "writes the name of the one pool that is a slip away.",
		Bad:  "pools: {database: 1}\ntasks:\n  - id: a\n    pool: databse\n    run: echo a\n",
		Good: "pools: {database: 1}\ntasks:\n  - id: a\n    pool: database\n    run: echo a\n",
		check: func(c *checker) {
			names := slices.Sorted(maps.Keys(c.plan.Pools))
			for _, t := range c.plan.Tasks {
				if t.Pool == "" {
					continue
				}
				if _, ok := c.plan.Pools[t.Pool]; ok {
					continue
				}
				hint := fmt.Sprintf("add it to the plan: `pools: {%s: 1}`", clip(t.Pool))
				near, sure := surely(t.Pool, names)
				if near != "" {
					hint = fmt.Sprintf("did you mean %q?", near)
				}
				var fix []TextEdit
				if sure && digitsOf(near) == digitsOf(t.Pool) {
					fix = c.fixer().scalar(t.Source.Get("pool"), near)
				}
				c.reportFixed(t, t.at("pool"),
					fmt.Sprintf("%q names the pool %q, which the plan does not have", clip(t.ID), clip(t.Pool)), hint, fix)
			}
		},
	}
}
