package main

import (
	"fmt"
	"strings"

	"billow/cmd/billow/command"
)

// exitPage lists the exit statuses.
func exitPage() string {
	var b strings.Builder
	b.WriteString(head("Exit statuses"))
	b.WriteString("| status | |\n| --- | --- |\n")
	for _, s := range command.ExitStatuses() {
		fmt.Fprintf(&b, "| %d | %s |\n", s.Code, cell(s.Meaning))
	}
	b.WriteString("\nWhere several fit, `billow run` ends with the first of 130, 124, 1, 4, 5. `billow check` ends with 3 for errors, and " +
		"with `--strict` for warnings too. `billow status` and the other commands that only tell something end with 0 " +
		"whatever they tell.\n")
	return b.String()
}
