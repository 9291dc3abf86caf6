package engine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestKeptHistoriesFoldAsTheyDid folds histories of earlier versions. The files are never edited: whatever
// changes in the engine, a run that was recorded once means what it meant. `billow replay --export` makes such a file
// of a run; -update writes what it means beside it, to be read before it is committed.
func TestKeptHistoriesFoldAsTheyDid(t *testing.T) {
	files, err := filepath.Glob("testdata/history/*.ndjson")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			var events []Event
			for line := range bytes.Lines(data) {
				var ev Event
				require.NoError(t, json.Unmarshal(line, &ev))
				events = append(events, ev)
			}
			s, err := Replay(events)
			require.NoError(t, err)
			var b strings.Builder
			fmt.Fprintf(&b, "run %s\n", s.Finished())
			for v := range s.All() {
				why, err := s.Why(v.ID)
				require.NoError(t, err)
				fmt.Fprintf(&b, "%s: %s, attempt %d, retries %d: %s\n", v.ID, v.State, v.Attempt, v.Retries, why)
			}
			golden := strings.TrimSuffix(file, ".ndjson") + ".want"
			if *update {
				require.NoError(t, os.WriteFile(golden, []byte(b.String()), 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err, "a history that is new needs -update once")
			require.Equal(t, string(want), b.String())
		})
	}
}
