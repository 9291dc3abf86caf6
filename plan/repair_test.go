package plan_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"billow/plan"
)

func TestEveryRepairExplainsItself(t *testing.T) {
	last := ""
	for _, c := range plan.RepairCodes() {
		assert.Greater(t, c.Code, last, "codes ascend and are used once")
		last = c.Code
		page, ok := plan.Explain(strings.ToLower(c.Code))
		require.True(t, ok, c.Code)
		assert.Contains(t, page, c.What)
		got := plan.Repair("plan.yaml", []byte(c.Bad), plan.Options{})
		require.Equal(t, c.Good, string(got.Bytes), c.Code)
		for _, r := range got.Repairs {
			assert.Equal(t, c.Code, r.Code, c.Bad)
		}
		assert.Empty(t, plan.Errors(got.Document.Problems), "%s: its repaired example runs", c.Code)
	}
}

func TestRepairOfOneLine(t *testing.T) {
	for _, c := range []struct{ code, bad, good string }{
		{"R001", "tasks:\n  - id: a\n    description: |\n      all:\n\tmake\n", "tasks:\n  - id: a\n    description: |\n      all:\n        make\n"},
		{"R001", "tasks:\n    - id: a\n\t  run: make\n", "tasks:\n    - id: a\n      run: make\n"},
		{"R001", "tasks:\n  - id: a\n\t  title: \"Build it\n    status: pending\n    accept:\n      - \"make\"\n    run: make\n",
			"tasks:\n  - id: a\n    title: \"Build it\"\n    status: pending\n    accept:\n      - \"make\"\n    run: make\n"},
		{"R002", "objective: a: b # c\n", "objective: 'a: b' # c\n"},
		{"R002", "objective: it's: b #1 of 2\n", "objective: 'it''s: b #1 of 2'\n"},
		{"R002", "objective: use `a: # b`: c\n", "objective: 'use `a: # b`: c'\n"},
		{"R002", "objective: first: one\n  and the rest\nplan_id: p\n", "objective: 'first: one\n  and the rest'\nplan_id: p\n"},
		{"R002", "objective: the first\n  and: the rest\nplan_id: p\n", "objective: 'the first\n  and: the rest'\nplan_id: p\n"},
		{"R002", "a:\n  - f(x: int, y: int) -> z\n", "a:\n  - 'f(x: int, y: int) -> z'\n"},
		{"R002", "a:\n  - Note: this: is\n  - other\n", "a:\n  - 'Note: this: is'\n  - other\n"},
		{"R002", "a:\n  - name: this: is\n    other: x\n", "a:\n  - name: 'this: is'\n    other: x\n"},
		{"R003", "a:\n  - @scope/name is there\n", "a:\n  - '@scope/name is there'\n"},
		{"R003", "a: >90%\n", "a: '>90%'\n"},
		{"R003", "a:\n  - **bold**: text\n", "a:\n  - '**bold**: text'\n"},
		{"R003", "files:\n  - *.go\n", "files:\n  - '*.go'\n"},
		{"R003", "files: [*.go, `b`, c]\n", "files: ['*.go', '`b`', c]\n"},
		{"R003", "context_files:\n  `src/a.go`: x\n", "context_files:\n  '`src/a.go`': x\n"},
		{"R003", "tasks:\n  - id: a\n    dependencies: - b\n", "tasks:\n  - id: a\n    dependencies: [b]\n"},
		{"R003", "tasks:\n  - id: a\n    run: `make` # c\n    accept:\n      - `test -f x`\n", "tasks:\n  - id: a\n    run: make # c\n    accept:\n      - test -f x\n"},
		{"R003", "tasks:\n  - id: a\n    run: `make` && `make test`\n", "tasks:\n  - id: a\n    run: '`make` && `make test`'\n"},
		{"R004", "a: \"b\" c\n", "a: '\"b\" c'\n"},
		{"R004", "a: \"b\",\nc: d\n", "a: \"b\"\nc: d\n"},
		{"R004", "a: 'don't do that'\n", "a: 'don''t do that'\n"},
		{"R004", "a: \"say \"b\" twice\" # c\n", "a: \"say \\\"b\\\" twice\" # c\n"},
		{"R004", "a: {b}_{c}.txt\n", "a: '{b}_{c}.txt'\n"},
		{"R004", "a:\n  - [x] done\n", "a:\n  - '[x] done'\n"},
		{"R004", "tasks:\n  - id: a\n    status: \"pending\" (waits)\n", "tasks:\n  - id: a\n    status: \"pending\" # (waits)\n"},
		{"R002", "a:\n  - b.c: d: e\n  - path: f\n    note: g: h\n", "a:\n  - 'b.c: d: e'\n  - path: f\n    note: 'g: h'\n"},
		{"R004", "tasks:\n  - id: a\n    dependencies: \"b\", 'c', d # e\n", "tasks:\n  - id: a\n    dependencies: [\"b\", 'c', d] # e\n"},
		{"R009", "a:\n  -b\n  -c: d\ne: f\n", "a:\n  - b\n  - 'c: d'\ne: f\n"},
		{"R010", "tasks:\n  - id: a\n    acceptance_cri", "tasks:\n  - id: a\n    # acceptance_cri"},
		{"R004", "tasks:\n  - id: a\n    dependencies: [b] and c\n", "tasks:\n  - id: a\n    dependencies: [b] # and c\n"},
		{"R004", "tasks:\n  - id: a\n    dependencies:\n      - \"b\" (first)\n", "tasks:\n  - id: a\n    dependencies:\n      - \"b\" # (first)\n"},
		{"R005", "a: \"C:\\dir\\name\"\n", "a: 'C:\\dir\\name'\n"},
		{"R005", "a: \"C:\\dir\\\"\n", "a: 'C:\\dir\\'\n"},
		{"R005", "a: \"one\\nx\\|y\"\n", "a: \"one\\nx\\\\|y\"\n"},
		{"R005", "a: \"\\d+\\.\\d+\"\n", "a: '\\d+\\.\\d+'\n"},
		{"R006", "tasks:\n  - status: pending\n    id: a\n    status: completed\n", "tasks:\n  - status: completed\n    id: a\n    # status: completed\n"},
		{"R006", "tasks:\n  - id: a\n    agent: x\n    agent: x\n", "tasks:\n  - id: a\n    agent: x\n    # agent: x\n"},
		{"R007", "a: 'b\nc: d\n", "a: 'b'\nc: d\n"},
		{"R007", "a: \"\nc: d\n", "a: \"\"\nc: d\n"},
		{"R007", "a: [b, {c: d} # e\nc: d\n", "a: [b, {c: d}] # e\nc: d\n"},
		{"R007", "a: \"b\nagent: \"d\"\nobjective: e\n", "a: \"b\"\nagent: \"d\"\nobjective: e\n"},
		{"R008", "tasks:\n  - id: a\n     title: b\n    agent: c\n", "tasks:\n  - id: a\n    title: b\n    agent: c\n"},
		{"R008", "tasks:\n   - id: a\n    title: b\n    agent: c\n", "tasks:\n  - id: a\n    title: b\n    agent: c\n"},
		{"R008", "run: |\n  a\nb c\n", "run: |\n  a\n  b c\n"},
		{"R008", "a:\n  - \"Component: X\"\n    relationship: y\n", "a:\n  - Component: X\n    relationship: y\n"},
		{"R008", "tasks:\n  - id: a\n    run: x\n    id: b\n    run: y\n    deps: [a]\n", "tasks:\n  - id: a\n    run: x\n  - id: b\n    run: y\n    deps: [a]\n"},
		{"R009", "tasks:\n  - id:a\n    title: b\n", "tasks:\n  - id: a\n    title: b\n"},
		{"R009", "tasks:\n  -id: a\n    title: b\n", "tasks:\n  - id: a\n    title: b\n"},
		{"R010", "tasks:\n  - id: a\n    status: pending\n      - src/a.go: \"x\"\n    agent: b\n", "tasks:\n  - id: a\n    status: pending\n      # - src/a.go: \"x\"\n    agent: b\n"},
	} {
		got := plan.Repair("plan.yaml", []byte(c.bad), plan.Options{})
		if assert.Equal(t, c.good, string(got.Bytes), "%s: %s", c.code, c.bad) {
			assert.Equal(t, c.code, got.Repairs[0].Code, c.bad)
		}
	}
}

func TestRepairLeavesAloneWhatOnlyTheAuthorKnows(t *testing.T) {
	for _, text := range []string{
		"tasks:\n  - id: a\n    title: b\n    title: c\n",
		"tasks:\n  - id: a\n    run: x\n    id: b\n",
		"plan_id: a\ntasks: [{id: a}]\nplan_id: a\ntasks: [{id: b}]\n",
		"a: b\n}\nc: d\n",
		"x: [a, b\n  c: ]]\n",
		"\x00",
	} {
		got := plan.Repair("plan.yaml", []byte(text), plan.Options{})
		assert.Equal(t, text, string(got.Bytes))
		assert.Empty(t, got.Repairs)
		assert.Equal(t, plan.Read("plan.yaml", []byte(text), plan.Options{}).Problems, got.Document.Problems)
	}
}

func TestRepairSaysWhereItGivesUp(t *testing.T) {
	text := "objective: a: b\nplan_id: p\n}\n"
	got := plan.Repair("plan.yaml", []byte(text), plan.Options{})
	require.Len(t, got.Faults, 2)
	assert.Equal(t, text, string(got.Bytes), "half a repair helps nobody")
	assert.Equal(t, 1, got.Faults[0].Line)
	assert.NotEmpty(t, got.Faults[0].Fix)
	assert.Equal(t, 3, got.Faults[1].Line)
	assert.Empty(t, got.Faults[1].Fix)
}

func TestRepairSaysWhatToWriteWhereItKnowsBetter(t *testing.T) {
	for text, want := range map[string]string{
		"tasks:\n  - id: a\n    title: \"cut":          "close it; a quote within double quotes is written \\\"; the file seems to be cut off here",
		"{\"tasks\": [\n  {\"id\": \"a\"":              "close it, or have the file written again: it seems to be cut off in its last line",
		"tasks:\n  - id: a\n  id: b\n    run: c\n":     "where another task begins, write `- ` before its id",
		"tasks:\n  - {id: a, title: b: c}\n":           "put it in quotes",
		"tasks:\n  - id: a\n    status: \"done\" ok\n": "leave it out, or make it a comment: # ok",
	} {
		got := plan.Repair("plan.yaml", []byte(text), plan.Options{})
		require.NotEmpty(t, got.Faults, text)
		assert.Equal(t, want, got.Faults[0].Hint, text)
		assert.NotEqual(t, text, string(got.Bytes))
	}
}

func TestRepairKeepsLineEndsAndTheByteOrderMark(t *testing.T) {
	bad := "\ufeffobjective: a: ü\r\nplan_id: p\rtasks:\n- id: `a`"
	got := plan.Repair("plan.yaml", []byte(bad), plan.Options{})
	assert.Equal(t, "\ufeffobjective: 'a: ü'\r\nplan_id: p\rtasks:\n- id: '`a`'", string(got.Bytes))
	honest(t, []byte(bad), got)
}

// honest checks what Repair promises whatever it is given.
func honest(t require.TestingT, src []byte, got plan.Repaired) {
	was, now := split(src), split(got.Bytes)
	require.Len(t, now, len(was), "no line is added or taken away")
	said := map[int]bool{}
	at, rebuilt := 0, []byte(nil)
	for _, r := range got.Repairs {
		said[r.Line] = true
		require.NotEmpty(t, r.Text)
		require.LessOrEqual(t, at, r.Edit.Start)
		rebuilt = append(append(rebuilt, src[at:r.Edit.Start]...), r.Edit.New...)
		at = r.Edit.End
	}
	require.Equal(t, string(got.Bytes), string(append(rebuilt, src[at:]...)), "the edits are what was done")
	for i := range was {
		require.Equal(t, was[i] != now[i], said[i+1], "line %d: %q, %q", i+1, was[i], now[i])
	}
	if len(got.Repairs) > 0 {
		require.NotNil(t, got.Document.Source.Root, "what is repaired can be read")
		_, err := oracle(got.Bytes)
		if err != nil && !strings.Contains(err.Error(), "already defined") {
			// yaml.v3 is stricter than goccy in some corners, with files that it refused before, too.
			_, before := oracle(src)
			require.Error(t, before)
		}
	}
	again := plan.Repair("plan.yaml", got.Bytes, plan.Options{})
	require.Equal(t, string(got.Bytes), string(again.Bytes), "repairing again changes nothing")
}

func split(text []byte) []string {
	return strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(text)), "\n")
}

// collected are the plans of the corpus with the number of tasks that a reader counts in each.
func collected(t *testing.T) map[string]int {
	index, err := os.ReadFile("../../shared/corpus/plans/INDEX.tsv")
	if err != nil {
		t.Skip("the collected plans are not here")
	}
	out := map[string]int{}
	for line := range strings.Lines(string(index)) {
		fields := strings.Split(line, "\t")
		if len(fields) < 3 || fields[0] == "file" {
			continue
		}
		n, err := strconv.Atoi(regexp.MustCompile(`\d+`).FindString(fields[2]))
		require.NoError(t, err)
		out[fields[0]] = n
	}
	require.NotEmpty(t, out)
	return out
}

func TestRealPlansThatAreNotYAMLAreRepairedWithAllTheirTasks(t *testing.T) {
	var invalid, repaired int
	for file, want := range collected(t) {
		src, err := os.ReadFile(filepath.Join("../../shared/corpus", file))
		require.NoError(t, err)
		doc := plan.Read(file, src, plan.Options{})
		got := plan.Repair(file, src, plan.Options{})
		honest(t, src, got)
		if doc.Source.Root != nil {
			if len(got.Faults) == 0 {
				assert.Equal(t, string(src), string(got.Bytes), file)
			}
			continue
		}
		invalid++
		if got.Document.Plan == nil {
			t.Logf("%s: %v", file, got.Faults[len(got.Faults)-1])
			continue
		}
		repaired++
		assert.Len(t, got.Document.Plan.Tasks, want, file)
	}
	assert.GreaterOrEqual(t, repaired*10, invalid*9, "%d of %d", repaired, invalid)
}

// slips are what models and people do to a line of a plan.
var slips = map[string]func(line string) string{
	"no quotes": func(line string) string {
		if m := inQuotes.FindStringSubmatch(line); m != nil {
			return m[1] + m[2] + ": " + m[2]
		}
		return line
	},
	"a backtick": func(line string) string { return inQuotes.ReplaceAllString(line, "$1`$2` works") },
	"a percent":  func(line string) string { return inQuotes.ReplaceAllString(line, "$1>90% $2") },
	"bold":       func(line string) string { return inQuotes.ReplaceAllString(line, "$1**$2** text") },
	"more":       func(line string) string { return inQuotes.ReplaceAllString(line, `$1"$2" and more`) },
	"a comma":    func(line string) string { return inQuotes.ReplaceAllString(line, `$1"$2",`) },
	"quotes":     func(line string) string { return inQuotes.ReplaceAllString(line, `$1"say "$2" twice"`) },
	"apostrophe": func(line string) string { return inQuotes.ReplaceAllString(line, `$1'$2's way'`) },
	"a path":     func(line string) string { return inQuotes.ReplaceAllString(line, `$1"C:\$2\Apps"`) },
	"open":       func(line string) string { return inQuotes.ReplaceAllString(line, `$1"$2`) },
	"tab":        func(line string) string { return strings.Replace(line, "  ", "\t", 1) },
	"bracket":    func(line string) string { return strings.TrimSuffix(line, "]") },
}

var inQuotes = regexp.MustCompile(`^( +(?:- |title: |description: ))"([^"]*)"$`)

// drawRepairable draws a plan whose lines slips can be made on.
func drawRepairable(t *rapid.T) []string {
	words := []string{"Build it", "fix the tests", "it", "déploie", "a (b) c", "x/y.go", "100"}
	word := func() string { return rapid.SampledFrom(words).Draw(t, "word") }
	lines := []string{"plan_id: p", "tasks:"}
	for i := range rapid.IntRange(1, 5).Draw(t, "tasks") {
		lines = append(lines, fmt.Sprintf("  - id: t%d", i), fmt.Sprintf("    title: %q", word()), "    status: pending", "    wave: 1")
		if i > 0 {
			lines = append(lines, fmt.Sprintf("    dependencies: [t%d]", rapid.IntRange(0, i-1).Draw(t, "need")))
		}
		if rapid.Bool().Draw(t, "described") {
			lines = append(lines, fmt.Sprintf("    description: %q", word()))
		}
		if rapid.Bool().Draw(t, "block") {
			lines = append(lines, "    notes: |", "      "+word(), "", "      key: [")
		}
		lines = append(lines, "    acceptance_criteria:")
		for range rapid.IntRange(1, 3).Draw(t, "criteria") {
			lines = append(lines, fmt.Sprintf("      - %q", word()))
		}
		lines = append(lines, "    run: make")
	}
	return lines
}

// meaning is what a run would make of a plan.
func meaning(p *plan.Plan) []string {
	var out []string
	for _, task := range p.Tasks {
		out = append(out, fmt.Sprint(task.ID, task.Needs, task.Status, task.Wave, task.Run, len(task.Accept)))
	}
	return out
}

func TestRepairMendsSlipsAndKeepsTheMeaning(t *testing.T) {
	names := make([]string, 0, len(slips))
	for slip := range slips {
		names = append(names, slip)
	}
	slices.Sort(names)
	rapid.Check(t, func(t *rapid.T) {
		lines := drawRepairable(t)
		want := meaning(plan.Read("plan.yaml", []byte(strings.Join(lines, "\n")), plan.Options{}).Plan)
		for range rapid.IntRange(1, 4).Draw(t, "slips") {
			i := rapid.IntRange(0, len(lines)-1).Draw(t, "line")
			made := slips[rapid.SampledFrom(names).Draw(t, "slip")](lines[i])
			if lines[i] != "" && !strings.HasPrefix(lines[i], "      k") {
				lines[i] = made
			}
		}
		text := []byte(strings.Join(lines, "\n"))
		if rapid.Bool().Draw(t, "windows") {
			text = bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n"))
		}
		got := plan.Repair("plan.yaml", text, plan.Options{})
		require.NotNil(t, got.Document.Plan, "%s\n%v", text, got.Faults)
		honest(t, text, got)
		if doc := plan.Read("plan.yaml", text, plan.Options{}); doc.Plan == nil {
			require.Equal(t, want, meaning(got.Document.Plan), "%s\nbecame\n%s", text, got.Bytes)
		}
	})
}

func TestRepairIsHonestAboutAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := []byte(drawSoup(t))
		honest(t, text, plan.Repair("plan.yaml", text, plan.Options{}))
	})
}

func FuzzRepair(f *testing.F) {
	for _, seed := range seeds() {
		f.Add([]byte(seed))
	}
	for _, c := range plan.RepairCodes() {
		f.Add([]byte(c.Bad))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 4096 {
			return
		}
		got := plan.Repair("plan.yaml", data, plan.Options{})
		honest(t, data, got)
		if got.Document.Source.Root == nil {
			require.Equal(t, string(data), string(got.Bytes), "what cannot be repaired stays as it is")
		}
	})
}
