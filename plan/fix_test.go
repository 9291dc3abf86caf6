package plan_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/plan"
)

// each finds a word in a text and offers to write another one, as often as the word is there.
func each(word, now string) func([]byte) []plan.Problem {
	return func(text []byte) []plan.Problem {
		var out []plan.Problem
		for at := 0; ; {
			i := bytes.Index(text[at:], []byte(word))
			if i < 0 {
				return out
			}
			at += i
			out = append(out, plan.Problem{Code: "P999", Severity: plan.Warning,
				Fix: []plan.TextEdit{{Start: at, End: at + len(word), New: now}}})
			at += len(word)
		}
	}
}

func TestApplyFixesGoesOnUntilNothingIsLeftToFix(t *testing.T) {
	text, fixed := plan.ApplyFixes([]byte("bad, bad, good"), each("bad", "well"))
	assert.Equal(t, "well, well, good", string(text))
	assert.Len(t, fixed, 2)

	// Of two that touch each other one is for the next round.
	text, fixed = plan.ApplyFixes([]byte("xxx"), each("x", ""))
	assert.Equal(t, "", string(text))
	assert.Len(t, fixed, 3)
}

func TestApplyFixesKeepsNoFixThatDoesNotHelp(t *testing.T) {
	text, fixed := plan.ApplyFixes([]byte("bad"), each("bad", "bad bad"))
	assert.Equal(t, "bad", string(text))
	assert.Empty(t, fixed)

	for _, edits := range [][]plan.TextEdit{{{Start: 2, End: 9}}, {{Start: -1}}, {{Start: 0, End: 2}, {Start: 1, End: 3}}} {
		text, fixed = plan.ApplyFixes([]byte("bad"), func([]byte) []plan.Problem { return []plan.Problem{{Fix: edits}} })
		assert.Equal(t, "bad", string(text), "%v", edits)
		assert.Empty(t, fixed)
	}
}

func TestFixesOfFaultsMakeTheRepair(t *testing.T) {
	src := []byte("objective: a: b\ntasks:\n\t- id: `a`\n\t  run: make # x\n")
	repaired := plan.Repair("plan.yaml", src, plan.Options{})
	require.NotEmpty(t, repaired.Faults)
	text, _ := plan.ApplyFixes(src, func(text []byte) []plan.Problem { return plan.Repair("plan.yaml", text, plan.Options{}).Faults })
	assert.Equal(t, string(repaired.Bytes), string(text))
}
