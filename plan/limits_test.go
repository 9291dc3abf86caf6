package plan_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/plan"
)

// bomb is a document whose aliases stand for 10^levels values.
func bomb(levels int) string {
	var b strings.Builder
	b.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < levels; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	return b.String()
}

// keys is a mapping of n keys, each line made by a format.
func keys(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

func TestParseOfWhatIsMadeToHurtTakesLittleMemory(t *testing.T) {
	for _, c := range []struct{ name, src, text string }{
		{"brackets", strings.Repeat("[", 100_000), "deep"},
		{"braces", strings.Repeat("{a: ", 100_000), "deep"},
		{"closed brackets", strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000), "deep"},
		{"dashes", strings.Repeat("- ", 100_000), "deep"},
		{"question marks", strings.Repeat("? ", 100_000), "deep"},
		{"indentation", func() string {
			var b strings.Builder
			for i := range 2000 {
				b.WriteString(strings.Repeat(" ", i) + "a:\n")
			}
			return b.String()
		}(), "deep"},
		{"dashes in keys", func() string {
			var b strings.Builder
			for i := range 2000 {
				b.WriteString(strings.Repeat(" ", i) + "-\n")
			}
			return b.String()
		}(), "deep"},
		{"aliases", bomb(9), "stand for more than"},
		{"tags", "a: " + strings.Repeat("! ", 100_000), "tags"},
		{"anchors", "a: " + strings.Repeat("&a ", 100_000), ""},
		{"many anchors", keys(50_000, "a%[1]d: &a%[1]d x\n"), "more than"},
		{"many keys with anchors", "x: &x y\n" + keys(200_000, "a%d: b\n"), "keys"},
		{"many keys in braces", "x: &x y\ny: {" + keys(200_000, "a%d: b, ") + "}\n", "keys"},
		{"colons", strings.Repeat(": ", 100_000), ""},
		{"colons on lines", strings.Repeat(":\n", 100_000), ""},
		{"quotes", strings.Repeat("\"a\" ", 100_000), ""},
		{"open quotes", strings.Repeat("'\n", 100_001), ""},
		{"block scalars", "&a x: " + strings.Repeat("|\n", 100_000), ""},
		{"comments", "&a x: y\n" + strings.Repeat("# c\n", 300_000) + "z: [", ""},
		{"directives", strings.Repeat("%TAG ! x\n", 50_000), ""},
		{"documents", "&a x: y\n" + strings.Repeat("---\n", 100_000), ""},
		{"merges", "a: &a {" + keys(1000, "k%d: v, ") + "}\n" + strings.Repeat("- <<: *a\n", 3000), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, problems := plan.Parse("plan.yaml", []byte(c.src), plan.Limits{})
			runtime.ReadMemStats(&after)
			if c.text != "" {
				require.NotEmpty(t, problems)
				assert.Equal(t, "P003", problems[0].Code, "%v", problems[0].Text)
				assert.Contains(t, problems[0].Text, c.text)
			}
			// All that was ever allocated: what is slow allocates, and a clock would depend on the machine.
			assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(300<<20))
		})
	}
}

func TestLimitsAreWhatTheCallerSays(t *testing.T) {
	for _, c := range []struct {
		name, src string
		lim       plan.Limits
		text      string
	}{
		{"bytes", "a: b\n", plan.Limits{MaxBytes: 4}, "the file has 5 bytes, more than the limit of 4"},
		{"depth", "a: [[b]]\n", plan.Limits{MaxDepth: 2}, "lists and mappings stand more than 2 deep in each other"},
		{"keys", "a: 1\nb: 2\nc: &x 3\n", plan.Limits{MaxKeys: 2}, "a mapping has more than 2 keys"},
		{"anchors", "a: &a 1\nb: *a\n", plan.Limits{MaxAnchors: 1}, "the file has more than 1 anchors and aliases"},
		{"tokens", "a: &b c\n", plan.Limits{MaxTokens: 3}, "the file has more than 3 tokens and needs the slow way of reading"},
		{"aliased", "a: &a [1, 2]\nb: [*a, *a]\n", plan.Limits{MaxAliased: 5}, "the aliases of this file stand for more than 5 values"},
	} {
		t.Run(c.name, func(t *testing.T) {
			src, problems := plan.Parse("plan.yaml", []byte(c.src), c.lim)
			require.Len(t, problems, 1)
			assert.Equal(t, "P003", problems[0].Code)
			assert.Equal(t, c.text, problems[0].Text)
			assert.Nil(t, src.Root)

			_, problems = plan.Parse("plan.yaml", []byte(c.src), plan.Limits{})
			assert.Empty(t, problems, "within the defaults it is a good file")
		})
	}
}
