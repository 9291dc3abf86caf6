package script

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"billow/agents"
	"billow/failure"
	"billow/plan"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func parse(t testing.TB, src string) *Agent {
	t.Helper()
	g, problems := Parse("script.yaml", []byte(src))
	require.Empty(t, problems)
	return g
}

// do runs one assignment to its end, in the time of a synctest bubble.
func do(t *testing.T, g *Agent, a agents.Assignment) (notes []string, r agents.Report) {
	t.Helper()
	told := make(chan agents.Update, 100)
	w, err := g.Start(a, func(u agents.Update) { told <- u })
	require.NoError(t, err)
	assert.Equal(t, agents.Claim{}, w.Claim())
	for u := range told {
		if u.Report != nil {
			synctest.Wait()
			assert.Empty(t, told, "told after the report")
			return notes, *u.Report
		}
		notes = append(notes, u.Note)
	}
	return nil, agents.Report{}
}

func TestTheExampleDoesWhatItsCommentsSay(t *testing.T) {
	src, err := os.ReadFile("testdata/example.yaml")
	require.NoError(t, err)
	g := parse(t, string(src))
	at := func(id string, attempt int) agents.Assignment {
		return agents.Assignment{TaskID: id, Attempt: attempt, Step: "do"}
	}
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		notes, r := do(t, g, at("build", 1))
		assert.Equal(t, []string{"compiling"}, notes)
		assert.Equal(t, &failure.Observation{Reported: "transient", Status: "failed", Message: "the network is down"}, r.Failure)
		assert.Equal(t, 2*time.Second, time.Since(begin))
		assert.Equal(t, 2*time.Second, r.Ended.Sub(r.Started))

		for _, attempt := range []int{2, 3} {
			_, r = do(t, g, at("build", attempt))
			assert.Nil(t, r.Failure)
			assert.Equal(t, map[string]string{"image": "app:1"}, r.Outputs)
		}
		_, r = do(t, g, at("lint", 1))
		assert.Equal(t, &failure.Observation{Exit: 2, Exited: true, Output: "lint.go:3: unused", Message: "exit status 2"}, r.Failure)

		_, r = do(t, g, at("deploy", 1))
		assert.Equal(t, []agents.Question{{Text: "Which region?", Options: []string{"eu", "us"}}}, r.Questions)
		a := at("deploy", 2)
		a.Answers = []string{"eu"}
		_, r = do(t, g, a)
		assert.Empty(t, r.Questions)
		assert.Nil(t, r.Failure)

		begin = time.Now()
		_, r = do(t, g, at("anything", 1))
		assert.Nil(t, r.Failure)
		assert.Equal(t, time.Second, time.Since(begin))

		for attempt, fails := range map[int]bool{1: true, 2: true, 3: false} {
			a := at("check", attempt)
			a.Task = &plan.Task{ID: "check", Agent: "gem-reviewer"}
			_, r = do(t, g, a)
			assert.Equal(t, fails, r.Failure != nil, attempt)
		}
		a = at("build", 1)
		a.Step = "diagnose"
		_, r = do(t, g, a)
		assert.Nil(t, r.Failure)
	})
	for id, want := range map[string][2]bool{"deploy": {false, true}, "build": {true, true}} {
		granted, ok := g.Approve(id, "why")
		assert.Equal(t, want, [2]bool{granted, ok}, id)
	}
}

func TestTheDocumentedExampleIsTheTestedOne(t *testing.T) {
	src, err := os.ReadFile("testdata/example.yaml")
	require.NoError(t, err)
	doc, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	assert.Contains(t, string(doc), "//\t"+strings.ReplaceAll(strings.TrimSpace(string(src)), "\n", "\n//\t")+"\n")
}

func TestApprovalsAreLeftToPeopleUnlessTheFileSaysOtherwise(t *testing.T) {
	for src, want := range map[string][2]bool{
		"{}": {false, false}, "approvals: ask": {false, false}, "approvals: grant": {true, true}, "approvals: deny": {false, true},
		`tasks: {"*": {approve: grant}}`: {true, true}, "tasks: {a: {approve: deny}}\napprovals: grant": {false, true},
	} {
		granted, ok := parse(t, src).Approve("a", "")
		assert.Equal(t, want, [2]bool{granted, ok}, src)
	}
}

func TestTheAgentOfTheAssignmentCountsBeforeTheTasks(t *testing.T) {
	g := parse(t, "agents: {gem-debugger: {fail: escalate}}")
	synctest.Test(t, func(t *testing.T) {
		_, r := do(t, g, agents.Assignment{TaskID: "a", Task: &plan.Task{Agent: "gem-implementer"}, Agent: "gem-debugger"})
		assert.NotNil(t, r.Failure)
		_, r = do(t, g, agents.Assignment{TaskID: "a", Task: &plan.Task{Agent: "gem-implementer"}})
		assert.Nil(t, r.Failure)
	})
}

func TestQuestionsAreAskedOnceEach(t *testing.T) {
	g := parse(t, "tasks: {a: [{question: one?, fail: transient}, {question: two?}]}")
	synctest.Test(t, func(t *testing.T) {
		for i, c := range []struct {
			answers []string
			asks    string
			fails   bool
		}{{nil, "one?", false}, {[]string{"1"}, "", true}, {[]string{"1"}, "two?", false}, {[]string{"1", "2"}, "", false}} {
			_, r := do(t, g, agents.Assignment{TaskID: "a", Attempt: i + 1, Answers: c.answers})
			asked := ""
			if len(r.Questions) > 0 {
				asked = r.Questions[0].Text
			}
			assert.Equal(t, c.asks, asked, "attempt %d", i+1)
			assert.Equal(t, c.fails, r.Failure != nil, "attempt %d", i+1)
		}
	})
}

func TestEveryFieldOfAReportMayBeScripted(t *testing.T) {
	// The keys may stand in any order.
	g := parse(t, `tasks: {a: {usage: {input_tokens: 5, output_tokens: 6, usd: 0.5}, outputs: {n: 1},
  report: {status: needs_approval, approval_reason: prod, confidence: 0.9, learn: [x]}}}`)
	synctest.Test(t, func(t *testing.T) {
		_, r := do(t, g, agents.Assignment{TaskID: "a"})
		assert.Equal(t, &agents.Question{Text: "prod"}, r.NeedsApproval)
		assert.Equal(t, 0.9, r.Confidence)
		assert.Equal(t, []string{"x"}, r.Learn)
		assert.Equal(t, map[string]string{"n": "1"}, r.Outputs)
		assert.Equal(t, agents.Usage{InputTokens: 5, OutputTokens: 6, USD: 0.5}, r.Usage)

		// What one receiver does with its report is not seen by the next.
		r.Outputs["n"] = "2"
		_, again := do(t, g, agents.Assignment{TaskID: "a"})
		assert.Equal(t, "1", again.Outputs["n"])
	})
}

func TestStopEndsTheWorkWithOneReport(t *testing.T) {
	g := parse(t, `tasks: {a: {delay: 1h, notes: [hi]}}`)
	for name, end := range map[string]func(agents.Work){"stop": agents.Work.Stop, "kill": agents.Work.Kill} {
		for _, after := range []time.Duration{0, time.Minute, 2 * time.Hour} {
			t.Run(name+" after "+after.String(), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					told := make(chan agents.Update, 10)
					w, err := g.Start(agents.Assignment{TaskID: "a"}, func(u agents.Update) { told <- u })
					require.NoError(t, err)
					timer := time.NewTimer(after)
					<-timer.C
					end(w)
					end(w)
					synctest.Wait()
					var reports []*agents.Report
					for len(told) > 0 {
						u := <-told
						assert.Empty(t, reports, "told after the report")
						if u.Report != nil {
							reports = append(reports, u.Report)
						}
					}
					require.Len(t, reports, 1)
					assert.Equal(t, after < time.Hour, reports[0].Stopped)
				})
			})
		}
	}
}

func TestWorkMayBeStoppedFromWithinWhatItTells(t *testing.T) {
	g := parse(t, `tasks: {a: {delay: 1h, notes: [one, two]}}`)
	synctest.Test(t, func(t *testing.T) {
		started := make(chan agents.Work, 1)
		var told []agents.Update
		w, err := g.Start(agents.Assignment{TaskID: "a"}, func(u agents.Update) {
			told = append(told, u)
			w := <-started
			w.Stop()
			started <- w
		})
		require.NoError(t, err)
		started <- w
		synctest.Wait()
		require.Len(t, told, 2)
		assert.Equal(t, "one", told[0].Note)
		assert.True(t, told[1].Report.Stopped)
	})
}

func TestTheLogIsWrittenMaskedAndForTheUserAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "1")
	g := parse(t, "tasks:\n  a:\n    log: |\n      line one\n      token s3cret\n")
	synctest.Test(t, func(t *testing.T) {
		_, r := do(t, g, agents.Assignment{TaskID: "a", Dir: dir, Secrets: []string{"s3cret"}})
		assert.Nil(t, r.Failure)
		_, r = do(t, g, agents.Assignment{TaskID: "a", Dir: filepath.Join(dir, "stdout.log", "x")})
		require.NotNil(t, r.Failure)
		assert.Contains(t, r.Failure.Message, "make the attempt's folder")
	})
	data, err := os.ReadFile(filepath.Join(dir, "stdout.log"))
	require.NoError(t, err)
	assert.Equal(t, "line one\ntoken ***\n", string(data))
	info, err := os.Stat(filepath.Join(dir, "stdout.log"))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func TestTheZeroAgentCompletesEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, r := do(t, &Agent{}, agents.Assignment{TaskID: "a", Attempt: 1})
		assert.Nil(t, r.Failure)
	})
}

func TestProblemsSayWhereTheyAre(t *testing.T) {
	for src, want := range map[string]string{
		"colour: red":                            `1:1 unknown key "colour"`,
		"approvals: maybe":                       `1:12 approvals: unknown word "maybe"`,
		"tasks: [a]":                             "1:1 tasks is no mapping",
		"tasks: {a: fine}":                       "1:12 an attempt is no mapping",
		"tasks:\n  a:\n    delai: 2s":            `3:5 unknown key "delai"`,
		"tasks:\n  a:\n    - {}\n    - delay: x": "4:14 delay:",
		"tasks: {a: {fail: broken}}":             `1:19 fail: unknown word "broken"`,
		"tasks: {a: {exit: -1}}":                 `1:19 exit: "-1" is no number from 0 to 255`,
		"tasks: {a: {times: 0}}":                 "1:20 times: 0 attempts is no entry",
		"tasks: {a: {notes: {x: y}}}":            "1:13 notes is no list of texts",
		"tasks: {a: {log: [x]}}":                 "1:13 log is no text",
		"tasks: {a: {outputs: x}}":               "1:13 outputs is no mapping",
		"tasks: {a: {question: {options: [x]}}}": "1:13 a question without text",
		"tasks: {a: {question: {txt: x}}}":       `1:24 unknown key "txt"`,
		"tasks: {a: {report: {status: fine}}}":   `the report has the unknown status "fine"`,
		"tasks: {a: {usage: {usd: free}}}":       `1:26 usd: "free" is no price`,
		"tasks: [":                               "1:8 ",
		"":                                       "the file is empty",
	} {
		g, problems := Parse("s.yaml", []byte(src))
		require.NotEmpty(t, problems, src)
		assert.Nil(t, g, src)
		assert.Equal(t, "s.yaml", problems[0].File)
		var texts []string
		for _, p := range problems {
			texts = append(texts, fmt.Sprintf("%d:%d %s", p.Line, p.Column, p.Text))
		}
		assert.Contains(t, strings.Join(texts, "\n"), want, src)
	}
}
