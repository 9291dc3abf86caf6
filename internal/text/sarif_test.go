package text

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/internal/control"
	"billow/plan"
)

// checked reads and checks a plan as the verb does.
func checked(name, text string) control.CheckedPlan {
	doc := plan.Read(name, []byte(text), plan.Options{})
	c := control.CheckedPlan{File: name, Problems: doc.Problems, Source: doc.Source}
	if doc.Plan != nil {
		c.Problems = append(c.Problems, plan.Check(doc.Plan, doc.Source, plan.CheckOptions{})...)
	}
	return c
}

func sarif(t *testing.T, r *control.CheckResponse, o SARIFOptions) (raw string, log sarifLog) {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, SARIF(&b, r, o))
	require.NoError(t, json.Unmarshal(b.Bytes(), &log))
	return b.String(), log
}

const faulty = `plan_id: release
tasks:
  - id: build
    run: make
    timout: 5m
  - id: ünï
    run: "true"
    depends_on: [biuld]
`

func TestSARIFSaysWhereAndWhat(t *testing.T) {
	r := &control.CheckResponse{Plans: []control.CheckedPlan{
		checked("plan one.yaml", faulty),
		checked("../b.yaml", "tasks:\n  - id: a\n    run: `make`\n"),
		checked("/elsewhere/c.yaml", "# nothing\n"),
	}}
	codes := []control.Code{
		{Code: "P001", Title: "not valid YAML", What: "The file cannot be read.", Page: "# P001\n"},
		{Code: "P031", Title: "a need that is not there", What: "A task needs one that is not there.", Page: "# P031\n", Severity: plan.Error}}
	raw, log := sarif(t, r, SARIFOptions{Version: "1.2.3", Codes: codes, Places: Places{Dir: "/r/sub", Root: "/r"}})
	expect(t, "check.sarif", raw)
	assert.NoError(t, validSARIF(t, raw))

	var files []string
	for _, result := range log.Runs[0].Results {
		files = append(files, result.Locations[0].Physical.Artifact.URI)
		if result.RuleIndex != nil {
			assert.Equal(t, result.RuleID, log.Runs[0].Tool.Driver.Rules[*result.RuleIndex].ID)
		}
	}
	assert.Subset(t, files, []string{"sub/plan%20one.yaml", "b.yaml", "file:///elsewhere/c.yaml"})
}

func TestSARIFOfAllRulesIsValid(t *testing.T) {
	r := &control.CheckResponse{}
	for _, c := range control.Codes() {
		for _, rule := range plan.Rules() {
			if rule.Code == c.Code {
				r.Plans = append(r.Plans, checked("plan.yaml", rule.Bad))
			}
		}
		for _, code := range plan.Codes() {
			if code.Code == c.Code && code.Bad != "" {
				r.Plans = append(r.Plans, checked("plan.yaml", code.Bad))
			}
		}
	}
	raw, log := sarif(t, r, SARIFOptions{Codes: control.Codes()})
	assert.NoError(t, validSARIF(t, raw))
	assert.Greater(t, len(log.Runs[0].Results), 30)
	for _, result := range log.Runs[0].Results {
		assert.NotNil(t, result.RuleIndex, "%s has no rule", result.RuleID)
	}
}

func TestSARIFWithoutProblemsIsValid(t *testing.T) {
	raw, _ := sarif(t, &control.CheckResponse{}, SARIFOptions{})
	assert.NoError(t, validSARIF(t, raw))
}

// Whoever applies the fixes by line and column gets the bytes that the edits give.
func TestSARIFFixesAreTheEdits(t *testing.T) {
	for _, text := range []string{
		"tasks:\n  - id: a\n    run: make it so\n",
		"\ufefftasks:\r\n  - id: ünï\r\n    run: make it so\r\n",
	} {
		from := strings.Index(text, "it")
		edits := []plan.TextEdit{{Start: from, End: from + len("it so"), New: "\"quöted\""}, {Start: from - 5, End: from - 5, New: "+"}}
		c := checked("plan.yaml", text)
		require.NotNil(t, c.Source)
		c.Problems = []plan.Problem{{Code: "P001", Severity: plan.Error, File: "plan.yaml", Line: 3, Column: 1, Text: "x", Fix: edits},
			{Code: "C001", Severity: plan.Error, File: "billow.yaml", Text: "another file's", Fix: edits}}
		raw, log := sarif(t, &control.CheckResponse{Plans: []control.CheckedPlan{c}}, SARIFOptions{})
		assert.NoError(t, validSARIF(t, raw))
		results := log.Runs[0].Results
		assert.Empty(t, results[1].Fixes, "the text of billow.yaml is not known")
		got := text
		for _, e := range results[0].Fixes[0].Changes[0].Replacements {
			a, b := offset(text, e.Deleted.StartLine, e.Deleted.StartColumn), offset(text, e.Deleted.EndLine, e.Deleted.EndColumn)
			got = got[:a] + e.Inserted.Text + got[b:]
		}
		want := text
		for _, e := range edits {
			want = want[:e.Start] + e.New + want[e.End:]
		}
		assert.Equal(t, want, got)
	}
}

// offset is where a line and a column are, as a reader of SARIF counts them.
func offset(text string, line, column int) int {
	at := 0
	rest := strings.TrimPrefix(text, "\ufeff")
	at = len(text) - len(rest)
	for range line - 1 {
		n := strings.Index(rest, "\n") + 1
		rest, at = rest[n:], at+n
	}
	for i := range rest {
		if column--; column == 0 {
			return at + i
		}
	}
	return len(text)
}

func TestTheSchemaRefusesWhatIsNoSARIF(t *testing.T) {
	raw, _ := sarif(t, &control.CheckResponse{Plans: []control.CheckedPlan{checked("plan.yaml", faulty)}}, SARIFOptions{})
	require.NoError(t, validSARIF(t, raw))
	for _, c := range []struct{ old, new, says string }{
		{`"version": "2.1.0"`, `"version": "2.0.0"`, "version"},
		{`"level": "error"`, `"level": "fatal"`, "level"},
		{`"name": "billow"`, `"title": "billow"`, "name"},
		{`"startLine": 8`, `"startLine": 0`, "startLine"},
		{`"startLine": 8`, `"startLine": "8"`, "startLine"},
		{`"ruleId":`, `"rule":`, "rule"},
	} {
		require.Contains(t, raw, c.old)
		assert.ErrorContains(t, validSARIF(t, strings.Replace(raw, c.old, c.new, 1)), c.says)
	}
}
