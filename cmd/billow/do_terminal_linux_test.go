package main_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// One keyboard serves the questions about an objective and the approvals of its run.
func TestAPersonIsAskedAtTheTerminalWhatIsMeant(t *testing.T) {
	p := newProject(t, shipping)
	p.write("billow.yaml", "agents: {gem-*: {adapter: script, script: agents.yaml}}\n")
	p.write("agents.yaml", "{}\n")
	h := at(t, p, nil, "do", "--plan-id", "site", "--new", "--complexity", "LOW", "Deploy the new version")
	h.sees(`Which environment is it for\?\r\n  1  development\r\n  2  staging\r\n  3  production\r\n> `)
	h.types("moon\n")
	h.sees(`environment: "moon" is none of development, staging, production\r\n> `)
	h.types("3\n")
	h.sees(`\? deploy\x1b\[0m  it works on production\r\n  \[a\] approve  \[d\] deny  \[l\] later > `)
	h.types("a\n")
	assert.Equal(t, 0, h.ends())
	assert.Contains(t, h.screen(), "[x] deploy: Do what is asked")
	assert.Contains(t, h.screen(), "Tip: Customize gem-team behavior")
	assert.Contains(t, p.read(".billow/do/site/plan.yaml"), `environment: "production"`)
}

func TestTheEndOfTheInputLeavesQuestionsOpen(t *testing.T) {
	p := newProject(t, shipping)
	h := at(t, p, nil, "do", "--plan-id", "site", "--new", "make it better")
	h.sees(`What is to be worked on.*\r\n> `)
	h.types("\x04")
	assert.Equal(t, 4, h.ends())
	assert.Contains(t, h.screen(), "next:  billow do --plan-id site --answer target=")
}
