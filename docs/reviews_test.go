package docs

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/internal/review"
)

// The page of reviews lists every rule as it is, in the order of its findings.
func TestTheRulesOfReviewsAreAsThePageSays(t *testing.T) {
	data, err := os.ReadFile("guide/reviews.md")
	require.NoError(t, err)
	_, table, _ := strings.Cut(string(data), "| rule | finds | |\n| --- | --- | --- |\n")
	table, _, _ = strings.Cut(table, "\n\n")
	var want []string
	var section review.Section
	for _, rule := range review.Rules() {
		if rule.Section != section {
			section = rule.Section
			want = append(want, fmt.Sprintf("| **%s** | | |", section))
		}
		action := ""
		if rule.Action {
			action = "action "
		}
		want = append(want, fmt.Sprintf("| `%s` | %s | %s|", rule.Name, rule.When, action))
	}
	assert.Equal(t, strings.Join(want, "\n"), table)
}
