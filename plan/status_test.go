package plan_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"billow/plan"
)

func TestParseStatusKnowsEverySpelling(t *testing.T) {
	tests := map[plan.Status][]string{
		plan.Pending: {"", "pending", "PENDING", " Pending ", "not-started", "not started", "NOT_STARTED", "open",
			"backlog", "todo", "needs_revision", "needs-replan"},
		plan.InProgress: {"in_progress", "in-progress", "In Progress", "IN_PROGRESS"},
		plan.Blocked:    {"blocked", "Blocked", "needs_approval", "needs-approval"},
		plan.Completed:  {"completed", "complete", "done", "DONE", "✅ completed", "done ✔️"},
		plan.Skipped:    {"skipped", "deferred", "archived"},
		plan.Failed:     {"failed", "spec_rejected", "spec-rejected"},
		plan.Cancelled:  {"cancelled", "canceled"},
	}
	for want, words := range tests {
		for _, word := range words {
			got, known := plan.ParseStatus(word)
			assert.Equal(t, want, got, "%q", word)
			assert.True(t, known, "%q", word)
		}
	}
	for _, word := range []string{"complted", "maybe", "pending?", "✅", "done and dusted"} {
		got, known := plan.ParseStatus(word)
		assert.Equal(t, plan.Pending, got, "%q", word)
		assert.False(t, known, "%q", word)
	}
}
