package text

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"billow/engine"
	"billow/internal/control"
	"billow/plan"
)

// obey reads a command as GitHub's runner does: the name up to the first blank, properties between commas,
// and the text behind the second `::`.
func obey(line string) (name string, properties map[string]string, text string, ok bool) {
	line, ok = strings.CutPrefix(strings.TrimLeft(line, " \t"), "::")
	head, text, more := strings.Cut(line, "::")
	if !ok || !more {
		return "", nil, "", false
	}
	name, rest, _ := strings.Cut(head, " ")
	properties = map[string]string{}
	for pair := range strings.SplitSeq(strings.TrimSpace(rest), ",") {
		if key, value, ok := strings.Cut(pair, "="); ok && value != "" {
			properties[key] = strings.NewReplacer("%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",", "%25", "%").Replace(value)
		}
	}
	return name, properties, strings.NewReplacer("%0D", "\r", "%0A", "\n", "%25", "%").Replace(text), true
}

func TestAnnotationsComeOutOfTheRunnerAsTheyWentIn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// The runner takes blanks off the end of the last property.
		some := rapid.Map(rapid.StringOf(rapid.OneOf(rapid.Rune(), rapid.SampledFrom([]rune("%:,=\r\n 0A2C")))), strings.TrimSpace)
		a := annotation{level: "error", file: some.Draw(t, "file"), line: rapid.IntRange(0, 9).Draw(t, "line"),
			column: rapid.IntRange(0, 9).Draw(t, "column"), title: some.Draw(t, "title"), text: some.Draw(t, "text")}
		line := a.String()
		require.NotContains(t, line, "\n")
		require.NotContains(t, line, "\r")
		name, properties, text, ok := obey(line)
		require.True(t, ok, line)
		assert.Equal(t, "error", name)
		assert.Equal(t, a.text, text)
		assert.Equal(t, a.file, properties["file"])
		assert.Equal(t, a.title, properties["title"])
		if a.line > 0 {
			assert.Equal(t, fmt.Sprint(a.line), properties["line"])
		} else {
			assert.NotContains(t, properties, "line")
		}
	})
}

func TestProblemsAreAnnotatedWhereTheyAre(t *testing.T) {
	r := &control.CheckResponse{Plans: []control.CheckedPlan{{Problems: []plan.Problem{
		{Code: "P031", Severity: plan.Error, File: "a,b/plan.yaml", Line: 4, Column: 18, Text: "there is no task 100%", Hint: "did you mean b: c?"},
		{Code: "P014", Severity: plan.Warning, File: "plan.yaml", Line: 2, Text: "an unknown key"},
		{Code: "P099", Severity: plan.Info, File: "plan.yaml", Text: "worth knowing\n::error::or not"},
	}}}}
	codes := []control.Code{{Code: "P031", Title: "a need that is not there"}, {Code: "P014", Title: "a slip"}}
	var b bytes.Buffer
	GitHubProblems(&b, r, codes, Places{Dir: "/r/sub", Root: "/r"})
	assert.Equal(t, `::error file=sub/a%2Cb/plan.yaml,line=4,col=18,title=P031%3A a need that is not there::there is no task 100%25%0Ahint: did you mean b: c?
::warning file=sub/plan.yaml,line=2,title=P014%3A a slip::an unknown key
::notice file=sub/plan.yaml::worth knowing ::error::or not
`, b.String())
}

func TestFailedTasksAreAnnotatedInThePlan(t *testing.T) {
	var b bytes.Buffer
	GitHubFailures(&b, someRun(t).Run, Places{})
	assert.Equal(t, `::error file=docs/plan.yaml,line=3,col=9,title=task test failed::exit status 2
::warning file=docs/plan.yaml,line=9,col=9,title=task sign waits for a person::it waits for an approval: is the | key right?
::error file=docs/plan.yaml,line=15,col=9,title=task lint cancelled::by ada
`, b.String())
}

func TestAThousandFailuresAreNotAThousandAnnotations(t *testing.T) {
	r := &control.RunResponse{Plan: "plan.yaml"}
	for i := range 1000 {
		r.Left = append(r.Left, control.Left{Task: fmt.Sprint(i), State: engine.Failed})
	}
	var b bytes.Buffer
	GitHubFailures(&b, r, Places{})
	assert.Equal(t, mostAnnotations, strings.Count(b.String(), "\n"))
}

func TestWhatEndedARunIsAnnotatedWithoutAPlace(t *testing.T) {
	var b bytes.Buffer
	GitHubError(&b, errText("no space left:\n100%"))
	assert.Equal(t, "::error title=billow::no space left: 100%25\n", b.String())
}

func TestMasksAreOneLine(t *testing.T) {
	assert.Equal(t, "::add-mask::a%25%0Ab", githubMask("a%\nb"))
}

func TestTheSummaryBeginsWithWhatWentWrong(t *testing.T) {
	var b bytes.Buffer
	GitHubSummary(&b, someRun(t))
	expect(t, "summary.md", b.String())
	b.Reset()
	GitHubSummary(&b, notRead())
	expect(t, "summary-problems.md", b.String())
}

func TestTheSummaryFitsWhateverTheRun(t *testing.T) {
	r := someRun(t)
	long := strings.Repeat("<x>|`é", 1000)
	for i := range 5000 {
		r.Tasks.Tasks = append(r.Tasks.Tasks, control.StatusTask{Why: "it failed: " + long,
			TaskView: engine.TaskView{ID: fmt.Sprint(i, long), State: engine.Failed}})
	}
	var b bytes.Buffer
	GitHubSummary(&b, r)
	assert.Less(t, b.Len(), 1<<20)
	assert.Contains(t, b.String(), "and 4508 more")
}
