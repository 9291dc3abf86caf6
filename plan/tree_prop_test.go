package plan_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"billow/plan"
)

// drawSoup draws lines that are each good YAML, at random depths: most of what comes out is none.
func drawSoup(t *rapid.T) string {
	lines := []string{
		"a:", "b: c", "- d", "- e: f", "- g:", "\"h\": 'i'", "j k", "# l", "", "m: |", "n: >-", "- - o", "p: [q,", "r]", "-",
		"s: {t: u}", "v: \"w", "x\"", "y : z # c", "- 'it''s'", "- \"\\n\\\"\"", "aa: ~", "bb: null", "cc: # c", "- # c", "dd:  ee  ff",
		"gg: hh:ii", "jj: 'kk' ll", "mm: nn: oo", "  pp", "qq: |2", "rr: >+", "- |", "ss: [tt, {uu: vv}, 'ww']", "- [xx]: yy", "zz:\t1",
		"é: ü # ñ", "- 日本: 語", "a1: b1 #c1", "a2: b2# c2", "a3: -", "a4: - b", "- -", "'a5': b", "\"a6\" : b", "a7: [", "]", "a8: >",
	}
	var b strings.Builder
	for range rapid.IntRange(1, 8).Draw(t, "lines") {
		b.WriteString(strings.Repeat(" ", rapid.IntRange(0, 4).Draw(t, "indent")))
		b.WriteString(rapid.SampledFrom(lines).Draw(t, "line"))
		b.WriteString("\n")
	}
	text := b.String()
	if rapid.IntRange(0, 3).Draw(t, "cut") == 0 {
		text = strings.TrimSuffix(text, "\n")
	}
	return text
}

func TestParseReadsWhatYAMLv3Reads(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := drawSoup(t)
		src, problems := plan.Parse("plan.yaml", []byte(text), plan.Limits{})
		for _, p := range problems {
			if p.Code == "P001" || p.Code == "P004" || p.Code == "P007" {
				return
			}
		}
		want, err := oracle([]byte(text))
		require.NoError(t, err, "%s\n%v", text, problems)
		require.Equal(t, want, ofValue(src.Root), "%s", text)
	})
}

func TestFastReaderRefusesOnlyWhatYAMLv3Refuses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := drawSoup(t)
		_, _, _, err := plan.Produce([]byte(text), true)
		if err == nil || errors.Is(err, plan.ErrUnusual) || errors.As(err, new(*plan.UseError)) {
			return
		}
		_, oracleErr := oracle([]byte(text))
		require.Error(t, oracleErr, "%s\n%v", text, err)
	})
}

func TestParseAcceptsWhatYAMLv3Accepts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := drawSoup(t)
		if _, err := oracle([]byte(text)); err != nil || strings.Contains(text, "[\n") || strings.Contains(text, "[q,\n") {
			// goccy does not like pairs without braces in lists over several lines, and says so.
			return
		}
		_, problems := plan.Parse("plan.yaml", []byte(text), plan.Limits{})
		for _, p := range problems {
			require.NotEqual(t, "P001", p.Code, "%s\n%v", text, p)
		}
	})
}
