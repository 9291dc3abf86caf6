package plan

import "fmt"

func ruleMissingContract() Rule {
	return Rule{
		Code: "P052", Title: "dependencies without a contract in a HIGH plan", Severity: Info,
		What: "A plan of class HIGH that has contracts has none for some of its dependencies.",
		Why:  "In such plans a contract says what one task hands to the next; without it each side guesses.",
		Bad: "risk_signals: [api_change]\ncontracts:\n  - {from_task: a, to_task: b, interface: GET /users}\ntasks:\n  - id: a\n    run: echo a\n" +
			"  - id: b\n    depends_on: [a]\n    run: echo b\n  - id: c\n    depends_on: [b]\n    run: echo c\n",
		Good: "risk_signals: [api_change]\ncontracts:\n  - {from_task: a, to_task: b, interface: GET /users}\n  - {from_task: b, to_task: c, interface: table users}\n" +
			"tasks:\n  - id: a\n    run: echo a\n  - id: b\n    depends_on: [a]\n    run: echo b\n  - id: c\n    depends_on: [b]\n    run: echo c\n",
		check: func(c *checker) {
			contracts := c.plan.headValue("contracts")
			if contracts == nil || len(contracts.Items) == 0 || Classify(c.plan, "").Class != High {
				return
			}
			type edge struct{ from, to int }
			agreed := map[edge]bool{}
			for _, contract := range contracts.Items {
				for _, from := range c.plan.namedTasks(contract.Get("from_task").Inline()).tasks {
					for _, to := range c.plan.namedTasks(contract.Get("to_task").Inline()).tasks {
						if c.walk--; c.walk < 0 {
							return
						}
						agreed[edge{from, to}] = true
					}
				}
			}
			open, first := 0, edge{}
			for i := range c.plan.Tasks {
				for _, need := range c.order.Needs[i] {
					if !agreed[edge{need, i}] {
						if open++; open == 1 {
							first = edge{need, i}
						}
					}
				}
			}
			if open == 0 {
				return
			}
			from, to := c.plan.Tasks[first.from], c.plan.Tasks[first.to]
			c.report(nil, contracts.Pos, fmt.Sprintf("%s no contract, the first from %q to %q", haveOrHas(open), clip(from.ID), clip(to.ID)),
				"say under contracts what is handed over")
		},
	}
}

func haveOrHas(n int) string {
	if n == 1 {
		return "1 dependency has"
	}
	return fmt.Sprintf("%d dependencies have", n)
}
