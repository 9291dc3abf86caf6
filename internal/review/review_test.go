package review_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"billow/engine"
	"billow/internal/review"
)

var update = flag.Bool("update", false, "write the reviews in testdata")

// told gives the events of a text of lines.
func told(data []byte) iter.Seq2[engine.Event, error] {
	return func(yield func(engine.Event, error) bool) {
		for line := range bytes.Lines(data) {
			var ev engine.Event
			if err := json.Unmarshal(line, &ev); !yield(ev, err) {
				return
			}
		}
	}
}

// TestReviewsOfKeptHistories compares reviews with those that were read and found right.
func TestReviewsOfKeptHistories(t *testing.T) {
	for _, file := range histories(t) {
		name := strings.TrimSuffix(filepath.Base(file), ".ndjson")
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			r, err := review.Of(told(data))
			require.NoError(t, err)
			for _, action := range r.Actions {
				require.Contains(t, acting(), action.Rule)
			}
			got, err := json.MarshalIndent(r, "", "  ")
			require.NoError(t, err)
			golden := filepath.Join("testdata", name+".json")
			if *update {
				require.NoError(t, os.WriteFile(golden, append(got, '\n'), 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			require.Equal(t, string(want), string(got)+"\n")
		})
	}
}

// histories are those that the engine keeps, and those of this package.
func histories(t *testing.T) []string {
	t.Helper()
	var files []string
	for _, pattern := range []string{"../../engine/testdata/history/001-*.ndjson", "testdata/*.ndjson"} {
		found, err := filepath.Glob(pattern)
		require.NoError(t, err)
		files = append(files, found...)
	}
	require.NotEmpty(t, files)
	return files
}

// acting are the names of the rules that say that they give action items.
func acting() []string {
	var names []string
	for _, rule := range review.Rules() {
		if rule.Action {
			names = append(names, rule.Name)
		}
	}
	return names
}
