package main

import (
	"fmt"
	"strings"

	"billow/plan"
)

// planPage has every key of a plan file that means something to billow.
func planPage() string {
	var b strings.Builder
	b.WriteString(head("Plan files"))
	b.WriteString("Every key of a plan file that means something to billow. Others are kept and left alone. " +
		"[Writing plans](../guide/writing-plans.md) shows them at work; `billow schema plan` prints the same for editors.\n")
	keyTable(&b, "The plan", plan.PlanKeys())
	keyTable(&b, "A task", plan.TaskKeys())
	return b.String()
}

func keyTable(b *strings.Builder, title string, keys []plan.Key) {
	fmt.Fprintf(b, "\n## %s\n\n| key | for example | |\n| --- | --- | --- |\n", title)
	for _, k := range keys {
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", k.Name, code(cell(k.Example)), cell(k.What))
	}
}
