package intake_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"billow/agents"
	"billow/internal/intake"
)

func TestSmallWorkGoesToTheMostSuitableAgentThatCanBeReached(t *testing.T) {
	all := ""
	for _, c := range []struct{ objective, reachable, fallback, want string }{
		{"Run `make`", all, "", "run: make"},
		{"Add a flag", all, "", "implement: gem-implementer"},
		{"Add dark mode to the iOS app", all, "", "implement: gem-implementer-mobile"},
		{"Add dark mode to the iOS app", "gem-implementer", "", "implement: gem-implementer"},
		{"Fix the crash", all, "", "diagnose: gem-debugger; fix: gem-implementer after diagnose"},
		{"Fix the crash", "gem-implementer", "", "fix: gem-implementer"},
		{"Clean up read.go", "gem-implementer", "", "simplify: gem-implementer"},
		{"Write the docs for read.go", all, "", "document: gem-documentation-writer"},
		{"Write the docs for read.go", "claude", "claude", "document: claude"},
		{"Write the docs for read.go", "claude", "", "document: gem-documentation-writer"},
		{"Review read.go", all, "", "review: gem-reviewer"},
		{"Challenge the idea of sharding", all, "", "challenge: gem-critic"},
		{"Test that the page loads", all, "", "test: gem-browser-tester"},
		{"Test that the page loads on Android", all, "", "test: gem-mobile-tester"},
		{"Find out why it is slow", all, "", "research: gem-researcher"},
		{"Design a settings page", all, "", "design: gem-designer"},
		{"Deploy the site to staging", all, "", "deploy: gem-devops in staging"},
		{"Write a skill for releases", all, "", "skill: gem-skill-creator"},
	} {
		reachable := func(name string) bool {
			return c.reachable == all || slices.Contains(strings.Fields(c.reachable), name)
		}
		var got []string
		for _, w := range intake.Work(c.objective, intake.Assess(intake.Input{Objective: c.objective}), reachable, c.fallback) {
			s := w.ID + ": " + w.Agent + w.Run
			if len(w.Needs) > 0 {
				s += " after " + strings.Join(w.Needs, ", ")
			}
			if w.Environment != "" {
				s += " in " + w.Environment
			}
			if w.Agent != "" && w.Agent != c.fallback {
				_, known := agents.FindRole(w.Agent)
				assert.True(t, known, w.Agent)
			}
			got = append(got, s)
		}
		assert.Equal(t, c.want, strings.Join(got, "; "), c.objective)
	}
}

func TestWhatIsRememberedIsChosenByScopeSpecificityAndAge(t *testing.T) {
	items := []intake.Item{
		{Kind: "convention", Text: "global style", Topic: "style", At: "2026-09-01", Scope: "global"},
		{Kind: "convention", Text: "repository style", Topic: "Style", At: "2026-01-01", Scope: "repository"},
		{Kind: "gotcha", Text: "the store locks on empty batches", Scope: "repository", At: "2026-02-01"},
		{Kind: "fact", Text: "old number of shards", Topic: "shards", Scope: "repository", At: "2026-02-01", AppliesTo: []string{"db/**"}},
		{Kind: "fact", Text: "new number of shards", Topic: "shards", Scope: "repository", At: "2026-05-01", AppliesTo: []string{"db/**"}},
		{Kind: "fact", Text: "general number of shards", Topic: "shards", Scope: "repository", At: "2026-08-01"},
		{Kind: "fact", Text: "cats sleep", Scope: "session"},
		{Kind: "decision", Text: "for the web alone", Scope: "session", AppliesTo: []string{"web/*"}},
	}
	var got []string
	for _, i := range intake.Relevant(items, "Make the store faster", []string{"db/write.go"}) {
		got = append(got, i.Text)
	}
	assert.Equal(t, []string{"new number of shards", "the store locks on empty batches", "repository style"}, got)
}
