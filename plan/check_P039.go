package plan

import (
	"cmp"
	"fmt"
	"slices"
)

func ruleSharedOwnership() Rule {
	return Rule{
		Code: "P039", Title: "two owners of the same files in a wave", Severity: Warning,
		What: "Two tasks that could run at the same time own overlapping paths, one of them exclusively.",
		Why: "Billow runs them one after the other, in no order that the plan says. Most often one was meant to need " +
			"the other, or the paths are too wide.",
		Bad: "tasks:\n  - id: a\n    wave: 1\n    ownership: {paths: [src/**], mode: exclusive}\n    run: echo a\n" +
			"  - id: b\n    wave: 1\n    ownership: {paths: [src/api/**], mode: exclusive}\n    run: echo b\n",
		Good: "tasks:\n  - id: a\n    wave: 1\n    ownership: {paths: [src/web/**], mode: exclusive}\n    run: echo a\n" +
			"  - id: b\n    wave: 1\n    ownership: {paths: [src/api/**], mode: exclusive}\n    run: echo b\n",
		check: func(c *checker) {
			said := map[int]bool{}
			claims := claimsOf(c.plan)
			for _, one := range claims {
				c.rivals(one, one, said)
			}
			overlapping(claims, func(a, b *claim) { c.rivals(a, b, said) })
		},
	}
}

// rivals reports the tasks of two overlapping claims that are not ordered, each task once. Only neighbours
// in the order are compared: where each waits for the one before, all do.
func (c *checker) rivals(a, b *claim, said map[int]bool) {
	type owner struct {
		task      int
		exclusive bool
		of        *claim
	}
	var owners []owner
	add := func(from *claim) {
		for _, t := range from.exclusive {
			owners = append(owners, owner{t, true, from})
		}
		for _, t := range from.other {
			owners = append(owners, owner{t, false, from})
		}
	}
	add(a)
	if b != a {
		add(b)
	}
	if len(owners) < 2 {
		return
	}
	slices.SortStableFunc(owners, func(x, y owner) int {
		return cmp.Or(cmp.Compare(c.order.Wave[x.task], c.order.Wave[y.task]),
			cmp.Compare(c.order.Level[x.task], c.order.Level[y.task]), cmp.Compare(x.task, y.task))
	})
	for i, second := range owners[1:] {
		first := owners[i]
		if first.task == second.task || !first.exclusive && !second.exclusive || said[second.task] || c.ordered(first.task, second.task) {
			continue
		}
		said[second.task] = true
		t := c.plan.Tasks[second.task]
		text := fmt.Sprintf("%q and %q both own %s and may be ready at the same time", clip(c.plan.Tasks[first.task].ID), clip(t.ID), clip(second.of.pattern))
		if first.of != second.of {
			text = fmt.Sprintf("%q owns %s and %q owns %s, which overlap, and they may be ready at the same time",
				clip(c.plan.Tasks[first.task].ID), clip(first.of.pattern), clip(t.ID), clip(second.of.pattern))
		}
		c.report(t, t.at("ownership"), text,
			"they run one after the other; let one need the other, make the paths narrower, or say `mode: shared` for both")
	}
}
