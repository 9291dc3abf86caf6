package plan_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/plan"
)

// mend applies the fixes of a file's faults, one after the other, until it is good YAML or nothing helps.
func mend(data []byte) (mended []byte, steps int, left []plan.Problem) {
	for range 200 {
		_, problems := plan.Parse("plan.yaml", data, plan.Limits{})
		if len(problems) == 0 || problems[0].Code != "P001" {
			return data, steps, nil
		}
		if len(problems[0].Fix) == 0 {
			return data, steps, problems
		}
		for _, fix := range slices.Backward(problems[0].Fix) {
			data = []byte(string(data[:fix.Start]) + fix.New + string(data[fix.End:]))
		}
		steps++
	}
	return data, steps, nil
}

func TestFaultsAreExplainedWhereTheyStand(t *testing.T) {
	for _, c := range []struct {
		name, src string
		line, col int
		text      string
		hint      string
		// mended is what the fix makes of it, "" where there is none.
		mended string
	}{
		{"a colon in a value", "a:\n  b: c: d\n", 2, 7, "a `: ` in text without quotes begins a new key",
			"put the value of `b` in quotes: 'c: d'", "a:\n  b: 'c: d'\n"},
		{"a colon in an item", "a:\n  - b\n  - Retry (x): it's so: yes\n", 3, 23, "a `: ` in text without quotes begins a new key",
			"put the whole item in quotes: 'Retry (x): it''s so: yes'", "a:\n  - b\n  - 'Retry (x): it''s so: yes'\n"},
		{"a colon on a second line", "a: b\n   c: d\n", 2, 5, "a `: ` in text without quotes begins a new key",
			"put the whole text in quotes, or indent this line like the key above it", ""},
		{"a backtick", "a:\n  - `b` c\n", 2, 5, "text cannot begin with a backtick",
			"put the text in quotes: '`b` c'", "a:\n  - '`b` c'\n"},
		{"an at sign", "a: @b\n", 1, 4, "text cannot begin with `@`", "put the value of `a` in quotes: '@b'", "a: '@b'\n"},
		{"a tab", "a:\n\tb: c\n", 2, 1, "a tab cannot indent", "indent with blanks", "a:\n  b: c\n"},
		{"a tab in a block of text", "a: |\n\tb\n", 2, 1, "a tab cannot indent", "indent with blanks", "a: |\n  b\n"},
		{"text behind quotes", "a: \"b\" and c\n", 1, 8, "there is more text behind the closing quote",
			"put the value of `a` in quotes: '\"b\" and c'", "a: '\"b\" and c'\n"},
		{"text behind brackets", "a: [b] and c\n", 1, 8, "there is more text behind the closing bracket",
			"put the value of `a` in quotes: '[b] and c'", "a: '[b] and c'\n"},
		{"text that begins with brackets", "a:\n  - {id}_{n} is it\n", 2, 9, "there is more text behind the closing bracket",
			"put the text in quotes: '{id}_{n} is it'", "a:\n  - '{id}_{n} is it'\n"},
		{"a backslash", "a:\n  b: \"C:\\Apps\"\n", 2, 9, "`\\A` is no escape that double quotes know",
			"put the text in single quotes, where a backslash is only a backslash", "a:\n  b: 'C:\\Apps'\n"},
		{"a sign of a block", "a: >90% of it\n", 1, 4, "text that begins with `>` must be quoted",
			"put the value of `a` in quotes: '>90% of it'", "a: '>90% of it'\n"},
		{"an open quote", "a: \"b\nc: d\n", 1, 4, "the double quote that opens here is never closed",
			"close it; a quote within double quotes is written \\\"", ""},
		{"an open bracket", "a: [b, c\n", 1, 4, "the bracket that opens here is never closed", "close it", ""},
		{"a list on the line of its key", "a: - b\n", 1, 4, "a list cannot begin on the line of its key",
			"put each `- ` on a line of its own", ""},
		{"a line too deep", "a: 'b'\n  c: d\n", 2, 3, "the indentation of this line fits nothing above it",
			"indent it like the line above that it stands beside; if it is the second line of a text in quotes, it belongs within them", ""},
		{"a line without key", "a: b\nc d\n", 2, 1, "this is no `key: value`, and what stands above it does not go on here",
			"indent it as a part of the text above, or give it a key", ""},
		{"no blank behind the colon", "a: b\nc:d\n", 2, 2, "there is no blank behind the `:`", "write `c: ...`", ""},
		{"an item among keys", "a: b\n- c\n", 2, 1, "a list item stands among the keys of a mapping",
			"indent it under the key that it belongs to", ""},
		{"told by goccy", "x: &x y\na: b: c\n", 2, 4, "a `: ` in text without quotes begins a new key", "put the text in quotes", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			src, problems := plan.Parse("plan.yaml", []byte(c.src), plan.Limits{})
			require.Len(t, problems, 1)
			p := problems[0]
			assert.Nil(t, src.Root)
			assert.Equal(t, "P001", p.Code)
			assert.Equal(t, plan.Error, p.Severity)
			assert.Equal(t, [2]int{c.line, c.col}, [2]int{p.Line, p.Column})
			assert.Equal(t, "not valid YAML: "+c.text, p.Text)
			assert.Equal(t, c.hint, p.Hint)
			assert.Equal(t, strings.Split(c.src, "\n")[c.line-1], p.Source)
			if c.mended == "" {
				assert.Empty(t, p.Fix)
				return
			}
			got, _, left := mend([]byte(c.src))
			assert.Empty(t, left)
			assert.Equal(t, c.mended, string(got))
		})
	}
}

func TestFaultsOfRealPlansAreOnTheLineWhereTheyStand(t *testing.T) {
	corpusFiles(t)
	for file, line := range map[string]int{
		"03-kanban-auth-rbac-tabs.yaml": 3, "04-kanban-form-actions-backtick.yaml": 57, "08-kanban-auth-before-event.yaml": 250,
		"09-kanban-column-dnd.yaml": 143, "10-kanban-s3-plugin.yaml": 64, "22-tdtb-duration-invalid.yaml": 278,
		"33-astro-catering-tabs-invalid.yaml": 9, "35-astro-registry-colon-invalid.yaml": 25, "47-dungeon-badescape.yaml": 118,
		"48-dungeon-firebase-dag-invalid.yaml": 118, "61-upstream-docs-invalid.yaml": 33, "71-nmc811-plan-a-invalid.yaml": 72,
		"72-nmc811-plan-b2-invalid.yaml": 96,
	} {
		t.Run(file, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join("..", "..", "shared", "corpus", "plans", "gem", file))
			require.NoError(t, err)
			src, problems := plan.Parse(file, data, plan.Limits{})
			require.NotEmpty(t, problems)
			assert.Equal(t, line, problems[0].Line, "%v", problems[0])
			assert.Equal(t, src.Line(line), problems[0].Source)
			assert.NotEmpty(t, problems[0].Hint)
			// Two are beyond a fix of one line: nobody but their author knows what was meant.
			_, steps, left := mend(data)
			if line == 118 && steps == 0 || line == 250 {
				assert.NotEmpty(t, left)
				return
			}
			assert.Empty(t, left)
		})
	}
}
