package plan_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"billow/plan"
)

func TestSourceKnowsItsLines(t *testing.T) {
	for _, c := range []struct {
		name, src, eol string
		bom            bool
		lines          []string
	}{
		{"plain", "a: b\nc: d\n", "\n", false, []string{"a: b", "c: d", ""}},
		{"no last line end", "a: b\nc: d", "\n", false, []string{"a: b", "c: d"}},
		{"CRLF", "a: b\r\nc: d\r\n", "\r\n", false, []string{"a: b", "c: d", ""}},
		{"CR", "a: b\rc: d", "\r", false, []string{"a: b", "c: d"}},
		{"mixed", "a: b\nc: d\r\ne: f", "\n", false, []string{"a: b", "c: d", "e: f"}},
		{"BOM and CRLF", "\ufeffa: é\r\nc: d", "\r\n", true, []string{"a: é", "c: d"}},
		{"one line", "a: b", "\n", false, []string{"a: b"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			src, problems := plan.Parse("plan.yaml", []byte(c.src), plan.Limits{})
			require.Empty(t, problems)
			assert.Equal(t, c.eol, src.EOL)
			assert.Equal(t, c.bom, src.BOM)
			require.Equal(t, len(c.lines), src.Lines())
			for i, line := range c.lines {
				assert.Equal(t, line, src.Line(i+1))
			}
			assert.Empty(t, src.Line(0))
			assert.Empty(t, src.Line(len(c.lines)+1))
		})
	}
}

func TestPlacesAndOffsetsAreEachOthersInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.SampledFrom([]rune("ab é日🙂\n\r")), 0, 40, -1).Draw(t, "text")
		src, _ := plan.Parse("plan.yaml", []byte(text), plan.Limits{})
		line, column := 1, 1
		for i, r := range text {
			if i > 0 && (text[i-1] == '\n' || text[i-1] == '\r' && text[i] != '\n') {
				line, column = line+1, 1
			}
			want := plan.Pos{Line: line, Column: column, Offset: i}
			require.Equal(t, want, src.Pos(i))
			if r != '\r' && r != '\n' {
				require.Equal(t, i, src.Offset(line, column))
			}
			column++
		}
	})
}
