package plan_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"billow/plan"
)

func TestParseDurationReadsWhatPeopleWrite(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0":              0,
		"90":             90 * time.Second,
		"1.5":            1500 * time.Millisecond,
		"90s":            90 * time.Second,
		"5m":             5 * time.Minute,
		" 5 m ":          5 * time.Minute,
		"1h30m":          90 * time.Minute,
		"1 h 30 min":     90 * time.Minute,
		"1h 30m 10s":     90*time.Minute + 10*time.Second,
		"250ms":          250 * time.Millisecond,
		"2 hours":        2 * time.Hour,
		"1 Day":          24 * time.Hour,
		"2w":             14 * 24 * time.Hour,
		"1.5h":           90 * time.Minute,
		"10 seconds":     10 * time.Second,
		"1h0m0.5s":       time.Hour + 500*time.Millisecond,
		"3us":            3 * time.Microsecond,
		"100000 minutes": 100000 * time.Minute,
	} {
		got, err := plan.ParseDuration(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
}

func TestParseDurationRefusesWhatIsNone(t *testing.T) {
	for _, text := range []string{
		"", " ", "soon", "5 parsecs", "-5s", "5m30", "1 2", "1.2.3", ".", "s", "1e3s", "5m,", "NaN", "Inf",
		"9999999999h", "5 m s", "５m",
	} {
		_, err := plan.ParseDuration(text)
		assert.Error(t, err, "%q", text)
	}
}

func TestParseDurationReadsGoDurations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Whole microseconds up to a year: there a float64 is exact.
		want := time.Duration(rapid.Int64Range(0, 365*24*3600*1e6).Draw(t, "µs")) * time.Microsecond
		got, err := plan.ParseDuration(want.String())
		require.NoError(t, err)
		assert.Equal(t, want, got)
	})
}
