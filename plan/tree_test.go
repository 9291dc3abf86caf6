package plan_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/plan"
)

// corpusFiles are real plans; the tests that want them are skipped where they are not at hand.
func corpusFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "shared", "corpus", "plans", "gem", "*.yaml"))
	require.NoError(t, err)
	if len(files) == 0 {
		t.Skip("no collection of real plans beside the repository")
	}
	return files
}

func TestParseAgreesWithYAMLv3OnRealPlans(t *testing.T) {
	for _, file := range corpusFiles(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			src, problems := plan.Parse(filepath.Base(file), data, plan.Limits{})
			want, err := oracle(data)
			if err != nil {
				require.NotEmpty(t, plan.Errors(problems))
				assert.Equal(t, "P001", problems[0].Code)
				return
			}
			require.NotNil(t, src.Root, "%v", problems)
			assert.Equal(t, want, ofValue(src.Root))
		})
	}
}

func TestParseSaysWhatIsWrongWithTheFileAsAWhole(t *testing.T) {
	for _, c := range []struct {
		name, src, code string
		line, column    int
		text            string
	}{
		{"nothing", "", "P004", 0, 0, "the file is empty"},
		{"a byte order mark", "\ufeff", "P004", 0, 0, "the file is empty"},
		{"blanks", " \n\n", "P004", 0, 0, "the file is empty"},
		{"comments", "# a plan\n# of mine\n", "P004", 0, 0, "there is nothing in the file but comments"},
		{"an empty document", "---\n---\na: b\n", "P004", 0, 0, "the first document of the file is empty"},
		{"a list", "# c\n- a\n", "P005", 2, 1, "the document is a list"},
		{"text", "just some text\n", "P005", 1, 1, "the document is only a piece of text"},
		{"two documents behind a head", "---\na: |\n  ---\n\n...\n---\nc: d\n", "P008", 5, 1, "the file has 2 documents; only the first is the plan"},
		{"two documents", "a: b\n---\nc: d\n", "P008", 2, 1, "the file has 2 documents; only the first is the plan"},
		{"UTF-16", "\xff\xfea\x00:\x00", "P002", 0, 0, "the file is UTF-16, a plan is UTF-8"},
		{"UTF-16 without a mark", "a\x00:\x00 \x00", "P002", 0, 0, "the file is UTF-16, a plan is UTF-8"},
		{"a picture", "\x89PNG\r\n\x1a\n\x00\x00", "P002", 0, 0, "the file is not text: there is a NUL byte at offset 8"},
		{"Latin-1", "a: b\nc: caf\xe9 # d\n", "P002", 2, 7, "the byte 0xE9 here is not UTF-8"},
		{"a control character", "a: b\nc: \x1b[1m\n", "P002", 2, 4, "there is a control character (0x1B) here"},
		{"a control character above ASCII", "é: “b”\nc: \u0096\n", "P002", 2, 4, "there is a control character (0x96) here"},
		{"a key twice", "a: b\nc: d\na: e\n", "P006", 3, 1, "the key `a` already stands on line 1 of the same mapping"},
		{"a key twice in braces", "a: {b: c, 'b': d}\n", "P006", 1, 11, "the key `b` already stands on line 1 of the same mapping"},
		{"an alias of nothing", "a: *b\n", "P007", 1, 4, "the alias `*b` has no anchor `&b` before it"},
		{"an alias of itself", "a: &a\n  b: *a\n", "P007", 2, 6, "the alias `*a` stands within what it stands for"},
		{"a merge of text", "a: &a b\n<<: *a\n", "P007", 2, 5, "a merge key (`<<`) wants a mapping or a list of mappings"},
		{"a list as a key", "[a]: b\n", "P007", 1, 1, "a list or a mapping cannot be a key in a plan"},
		{"a tag directive", "%TAG ! tag:x,2000:\n---\na: b\n", "P007", 1, 1, "%TAG directives are not for plans"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, problems := plan.Parse("plan.yaml", []byte(c.src), plan.Limits{})
			require.Len(t, problems, 1)
			p := problems[0]
			assert.Equal(t, c.code, p.Code)
			assert.Equal(t, [2]int{c.line, c.column}, [2]int{p.Line, p.Column})
			assert.Equal(t, c.text, p.Text)
			assert.Equal(t, "plan.yaml", p.File)
		})
	}
}

func TestAliasesAndMergeKeysShowWhatStandsElsewhere(t *testing.T) {
	src, problems := plan.Parse("plan.yaml", []byte(
		"base: &base {agent: x, wave: 1}\nmore: &more {agent: y, pool: p}\n"+
			"task:\n  <<: [*base, *more]\n  wave: 2\nsame: *base\n"), plan.Limits{})
	require.Empty(t, problems)
	base, task, same := src.Root.Get("base"), src.Root.Get("task"), src.Root.Get("same")

	require.Len(t, task.Fields, 3)
	assert.Equal(t, "2", task.Get("wave").Text, "the mapping's own key wins")
	assert.Equal(t, "x", task.Get("agent").Text, "then the first one merged")
	assert.Equal(t, "p", task.Get("pool").Text)
	assert.False(t, task.Fields[0].Merged)
	assert.True(t, task.Fields[1].Merged)
	assert.Same(t, base.Get("agent"), task.Get("agent"))

	assert.Equal(t, plan.Alias, same.Style)
	assert.Equal(t, plan.Map, same.Kind)
	assert.Equal(t, plan.Pos{Line: 6, Column: 7, Offset: 107}, same.Pos)
	assert.Same(t, base.Get("wave"), same.Get("wave"))
	assert.True(t, base.Shared)
	assert.True(t, base.Get("wave").Shared)
	assert.False(t, task.Shared)
}

func TestScalarsAreKeptAsTheyWereWritten(t *testing.T) {
	for _, text := range []string{"007", "1.10", "1.0", "0x10", "1_000", "True", "yes", "1e5", "2026-01-02", "1.1.1", ".5", "+1"} {
		src, problems := plan.Parse("plan.yaml", []byte("a: "+text+"\n"+text+": b\nc: ["+text+"]\nd: &e "+text+"\n"), plan.Limits{})
		require.Empty(t, problems)
		assert.Equal(t, text, src.Root.Get("a").Text)
		assert.Equal(t, text, src.Root.Fields[1].Key)
		assert.Equal(t, text, src.Root.Get("c").Items[0].Text)
		assert.Equal(t, text, src.Root.Get("d").Text)
	}
}

// goccy's scanner loses its place behind a tab in double quotes; the anchor has the text read by it.
func TestTabsInQuotesAreText(t *testing.T) {
	for _, text := range []string{"\"a\tb\"", "[\"a\tb\", c]", "{d: \"a\tb\"}", "\"\ta\" # b", "'a\tb'", "a\tb", "\"a\n\n  b\tc\""} {
		src := "x: " + text + "\nid:\t&e y\nz: [1,\t2]\t# end\n"
		got, problems := plan.Parse("plan.yaml", []byte(src), plan.Limits{})
		require.Empty(t, problems, src)
		want, err := oracle([]byte(src))
		require.NoError(t, err)
		assert.Equal(t, want, ofValue(got.Root), src)
	}
}

func TestValuesStandWhereTheySay(t *testing.T) {
	const head = "\ufeff# é\r\n"
	for _, c := range []struct {
		name, src, raw string
		line, column   int
	}{
		{"plain", "é: pending  \r\n", "pending", 2, 4},
		{"behind a tab", "a:\tb\r\n", "b", 2, 4},
		{"behind a tag", "a: !!str  b # c\r\n", "b", 2, 11},
		{"behind an anchor and a comment", "a: &x # c\r\n  'b'\r\n", "'b'", 3, 3},
		{"in braces", "a: {日: \"本\", b: c}\r\n", "{日: \"本\", b: c}", 2, 4},
		{"missing", "a:  # c\r\n", "", 2, 3},
		{"missing behind an anchor", "a: &x\r\nb: c\r\n", "", 2, 6},
		{"null", "a: ~ # c\r\n", "~", 2, 4},
		{"a list", "a:\r\n- b\r\n", "-", 3, 1},
		{"text in a block", "a: |  # c\r\n  b\r\n", "|", 2, 4},
		{"over several lines", "a: \"b\r\n  c\"\r\n", "\"", 2, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			src, problems := plan.Parse("plan.yaml", []byte(head+c.src), plan.Limits{})
			require.Empty(t, problems)
			v := src.Root.Fields[0].Value
			assert.Equal(t, c.line, v.Pos.Line)
			assert.Equal(t, c.column, v.Pos.Column)
			end := v.End
			if end == 0 {
				end = v.Pos.Offset + len(c.raw)
			}
			assert.Equal(t, c.raw, string(src.Bytes[v.Pos.Offset:end]))
		})
	}
}

func TestOnlyTwoAnglesAreAMergeKey(t *testing.T) {
	src, problems := plan.Parse("plan.yaml", []byte("0<<: {b: &x c}\n"), plan.Limits{})
	require.Empty(t, problems)
	assert.Equal(t, "0<<", src.Root.Fields[0].Key)
	assert.Equal(t, "c", src.Root.Get("0<<").Get("b").Text)
}
