package main

import (
	"fmt"
	"strings"

	"billow/agents"
	"billow/internal/config"
	"billow/plan"
)

// problemsPage has every code that a problem of a plan, its context or the configuration can have.
func problemsPage() string {
	var b strings.Builder
	b.WriteString(head("Problems"))
	b.WriteString("What `billow check` can find. `billow explain P031` prints the same. An error keeps a plan from " +
		"running, a warning does not.\n")
	b.WriteString("\n## Reading\n")
	for _, c := range plan.Codes() {
		explained(&b, c.Code)
	}
	b.WriteString("\n## Rules\n")
	for _, r := range plan.Rules() {
		explained(&b, r.Code)
	}
	b.WriteString("\n## Repairs\n\nWhat `billow fix` does to a file that cannot be read.\n")
	for _, c := range plan.RepairCodes() {
		explained(&b, c.Code)
	}
	b.WriteString("\n## Context envelopes\n\nWhat `context_envelope.json` beside a plan may have.\n")
	for _, c := range agents.EnvelopeCodes() {
		fmt.Fprintf(&b, "\n### %s: %s\n\n%s\n", c.Code, c.Title, c.What)
	}
	b.WriteString("\n## Configuration\n")
	for _, c := range config.Codes() {
		fmt.Fprintf(&b, "\n### %s: %s\n\n%s\n", c.Code, c.Title, c.What)
	}
	return b.String()
}

// explained adds the page of a code as a section.
func explained(b *strings.Builder, code string) {
	if text, ok := plan.Explain(code); ok {
		fmt.Fprintf(b, "\n##%s", text)
	}
}
