package text

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/engine"
	"billow/internal/review"
)

// reviewed is the review of a kept history.
func reviewed(t *testing.T, file string) *review.Review {
	t.Helper()
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	r, err := review.Of(func(yield func(engine.Event, error) bool) {
		for line := range strings.Lines(string(data)) {
			var ev engine.Event
			if err := json.Unmarshal([]byte(line), &ev); !yield(ev, err) {
				return
			}
		}
	})
	require.NoError(t, err)
	return r
}

func TestReviewIsTheCoordinatorsFormatWithItsFigures(t *testing.T) {
	r := reviewed(t, "../review/testdata/release.ndjson")
	r.Objective = "Ship version 2"
	got := written(func(w *strings.Builder) { Review(w, r) })
	const golden = "testdata/reviews/release.md"
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(got), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), got)

	at := -1
	for _, title := range []string{"# AAR: Ship version 2\n", "## What Went Right\n\n- ", "## What Went Wrong\n\n- ",
		"## What Could Be Better\n\n- ", "## Action Items\n\n1. "} {
		i := strings.Index(got, title)
		assert.Greater(t, i, at, title)
		at = i
	}
}

func TestReviewOfAShortRunHasEverySection(t *testing.T) {
	got := written(func(w *strings.Builder) { Review(w, &review.Review{PlanID: "p", Outcome: "open"}) })
	assert.Contains(t, got, "# AAR: p\n")
	assert.Contains(t, got, "## What Went Wrong\n\n- nothing that the rules look for\n")
	assert.Contains(t, got, "## Action Items\n\nNone.\n")
}

func TestNothingInAReviewCountsAsMarkdownOfSomebodyElse(t *testing.T) {
	for text, want := range map[string]string{
		"a_b *c* <img src=x> [d](e)":  `a\_b \*c\* &lt;img src=x&gt; \[d\](e)`,
		"type `billow retry a_b` now": "type `billow retry a_b` now",
		"one ` backquote_":            `one ' backquote\_`,
		"two\nlines":                  "two lines",
	} {
		assert.Equal(t, want, prose(text))
	}
	r := reviewed(t, "../review/testdata/release.ndjson")
	r.Timeline[2].Text, r.Tasks[0].ID = "a|b`c\n## d", "x|y`z"
	got := written(func(w *strings.Builder) { Review(w, r) })
	assert.Contains(t, got, "`a\\|b'c ## d`")
	assert.Contains(t, got, "`x\\|y'z`")
}
