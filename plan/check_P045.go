package plan

import "fmt"

func rulePlanStatus() Rule {
	return Rule{
		Code: "P045", Title: "the plan's status is at odds with its tasks", Severity: Warning,
		What: "The plan says it is completed and some tasks are not, or all tasks are over and the plan says it is " +
			"still to be done.",
		Why: "Who reads only the first lines is misled. Billow goes by the tasks.",
		Fix: "writes `completed` where all tasks are over and none was cancelled or failed.",
		Bad: "status: completed\ntasks:\n  - id: a\n    status: completed\n    run: echo a\n" +
			"  - id: b\n    status: pending\n    run: echo b\n",
		Good: "status: in_progress\ntasks:\n  - id: a\n    status: completed\n    run: echo a\n" +
			"  - id: b\n    status: pending\n    run: echo b\n",
		check: func(c *checker) {
			if c.plan.Status == "" || len(c.plan.Tasks) == 0 {
				return
			}
			var open []*Task
			cancelled := false
			for _, t := range c.plan.Tasks {
				cancelled = cancelled || t.Status == Cancelled
				if !t.settled() {
					open = append(open, t)
				}
			}
			status, known := ParseStatus(c.plan.Status)
			var pos Pos
			v := c.plan.headValue("status")
			if v != nil {
				pos = v.Pos
			}
			switch word := statusWord(c.plan.Status); {
			case known && status == Completed && len(open) > 0:
				c.report(nil, pos, fmt.Sprintf("the plan is %s, but %s not: %s", clip(c.plan.Status), areOrIs(len(open)), firstIDs(open)),
					"correct the plan's status, or those of the tasks")
			case len(open) == 0 && (known && status != Completed && status != Skipped && status != Cancelled ||
				word == "approved" || word == "proposed" || word == "draft"):
				var fix []TextEdit
				if !cancelled && status != Failed {
					fix = c.fixer().scalar(v, string(Completed))
				}
				c.reportFixed(nil, pos, fmt.Sprintf("all tasks are over, but the plan is %s", clip(c.plan.Status)), "write `status: completed`", fix)
			}
		},
	}
}

func areOrIs(n int) string {
	if n == 1 {
		return "1 task is"
	}
	return plural(n, "task") + " are"
}
