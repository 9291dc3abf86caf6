package plan

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// knownAgents are those of the tests.
func knownAgents(name string) (bool, string) {
	switch name {
	case "gem-implementer", "gem-reviewer", "gem-debugger", "gem-devops":
		return true, ""
	}
	return false, "add `" + name + ": {adapter: ...}` under agents in billow.yaml"
}

func checkText(name, text string) ([]Problem, *Document) {
	doc := Read(name, []byte(text), Options{})
	if doc.Plan == nil {
		return doc.Problems, doc
	}
	return append(doc.Problems, Check(doc.Plan, doc.Source, CheckOptions{Agents: knownAgents})...), doc
}

// want is a comment in a test file: `# want P031 "part of the text"`, about its own line, or with
// `# want+2` about the line two below; `@12` after the code is the column.
var want = regexp.MustCompile(`# want(\+\d+)? (P\d+)(@\d+)? "((?:[^"\\]|\\.)*)"`)

// TestRulesFindWhatTheFilesSay reads testdata/check/P0NN.txtar: bad files, whose comments say what the rule
// finds, and good ones, in which it finds nothing. Where fixes change a bad file, X.yaml.fixed is what they make
// of it.
func TestRulesFindWhatTheFilesSay(t *testing.T) {
	all := Rules()
	for _, code := range Codes() {
		// Those of reading have a file only where there is more to show than their examples do.
		if _, err := os.Stat(filepath.Join("testdata", "check", code.Code+".txtar")); err == nil {
			all = append(all, Rule{Code: code.Code, Fix: code.Fix})
		}
	}
	for _, rule := range all {
		t.Run(rule.Code, func(t *testing.T) {
			archive, err := txtar.ParseFile(filepath.Join("testdata", "check", rule.Code+".txtar"))
			require.NoError(t, err)
			bad, good, fixes := 0, 0, 0
			for _, file := range archive.Files {
				if before, isFixed := strings.CutSuffix(file.Name, ".fixed"); isFixed {
					assert.Equal(t, string(file.Data), fixedText(fileOf(archive, before)), file.Name)
					continue
				}
				for _, p := range TryFixes(file.Data, findAll(file.Data), findAll) {
					if p.Code == rule.Code && len(p.Fix) > 0 {
						fixes++
					}
				}
				if text := string(file.Data); fileOf(archive, file.Name+".fixed") == "" {
					assert.Equal(t, text, fixedText(text), "%s.fixed is missing", file.Name)
				}
				problems, _ := checkText(file.Name, string(file.Data))
				var found, wanted []string
				for _, p := range problems {
					if p.Code == rule.Code {
						if rule.Severity != "" {
							assert.Equal(t, rule.Severity, p.Severity)
						}
						found = append(found, fmt.Sprintf("%s:%d", file.Name, p.Line))
					}
				}
				for i, line := range strings.Split(string(file.Data), "\n") {
					for _, m := range want.FindAllStringSubmatch(line, -1) {
						below, _ := strconv.Atoi(m[1])
						at := i + 1 + below
						wanted = append(wanted, fmt.Sprintf("%s:%d", file.Name, at))
						text := strings.ReplaceAll(m[4], `\"`, `"`)
						assert.True(t, hasProblem(problems, m[2], at, m[3], text), "%s:%d: no %s%s with %q among\n%s",
							file.Name, at, m[2], m[3], text, show(problems))
					}
				}
				assert.ElementsMatch(t, wanted, found, "lines of %s in\n%s", rule.Code, show(problems))
				if strings.HasPrefix(file.Name, "good") {
					good++
					assert.Empty(t, wanted)
				} else {
					bad++
					assert.NotEmpty(t, wanted)
				}
			}
			assert.Positive(t, bad)
			assert.Positive(t, good)
			assert.Equal(t, rule.Fix != "", fixes > 0, "a rule with fixes shows one, and says what they do")
		})
	}
}

// fileOf is the text of a file of an archive, "" where there is none.
func fileOf(a *txtar.Archive, name string) string {
	for _, file := range a.Files {
		if file.Name == name {
			return string(file.Data)
		}
	}
	return ""
}

// findAll finds what there is to find in a text, the faults of one that is not YAML included.
func findAll(text []byte) []Problem {
	problems, doc := checkText("plan.yaml", string(text))
	if !MayRepair(problems) {
		return problems
	}
	faults := Repair("plan.yaml", text, Options{}).Faults
	if doc.Source.Root == nil {
		return faults
	}
	for _, p := range problems {
		if p.Code != "P006" {
			faults = append(faults, p)
		}
	}
	return faults
}

func fixedText(text string) string {
	fixed, _ := ApplyFixes([]byte(text), findAll)
	return string(fixed)
}

func TestExamplesAreFixedAsTheyAreShown(t *testing.T) {
	only := func(code, text string) string {
		fixed, _ := ApplyFixes([]byte(text), func(text []byte) []Problem {
			problems := findAll(text)
			for i := range problems {
				if problems[i].Code != code {
					problems[i].Fix = nil
				}
			}
			return problems
		})
		return string(fixed)
	}
	shown := func(code, fix, bad, good string) {
		switch now := only(code, bad); {
		case now == bad:
		case fix == "":
			assert.Equal(t, bad, now, "%s: there is a fix and its page does not say what it does", code)
		default:
			assert.Equal(t, good, now, code)
		}
	}
	for _, r := range Rules() {
		shown(r.Code, r.Fix, r.Bad, r.Good)
	}
	for _, c := range Codes() {
		shown(c.Code, c.Fix, c.Bad, c.Good)
		if c.Fix != "" {
			assert.NotEqual(t, c.Bad, only(c.Code, c.Bad), "%s: its example is not fixed", c.Code)
		}
		page, _ := Explain(c.Code)
		assert.Contains(t, page, c.Fix)
	}
}

func hasProblem(problems []Problem, code string, line int, column, text string) bool {
	for _, p := range problems {
		if p.Code == code && p.Line == line && strings.Contains(p.Text, text) && (column == "" || column == fmt.Sprintf("@%d", p.Column)) {
			return true
		}
	}
	return false
}

func show(problems []Problem) string {
	var b strings.Builder
	for _, p := range problems {
		fmt.Fprintf(&b, "  %s %s %d:%d %s (%s)\n", p.Code, p.Severity, p.Line, p.Column, p.Text, p.Hint)
	}
	return b.String()
}

func TestEveryRuleExplainsItself(t *testing.T) {
	last := "P029"
	for _, rule := range Rules() {
		assert.Greater(t, rule.Code, last, "codes ascend and are used once")
		assert.Less(t, rule.Code, "P070")
		last = rule.Code
		for _, text := range []string{rule.Title, rule.What, rule.Why, string(rule.Severity)} {
			assert.NotEmpty(t, text, rule.Code)
		}
		bad, _ := checkText("bad.yaml", rule.Bad)
		assert.True(t, hasCode(bad, rule.Code), "%s: its bad example is not found:\n%s", rule.Code, show(bad))
		good, _ := checkText("good.yaml", rule.Good)
		assert.False(t, hasCode(good, rule.Code), "%s: its good example is:\n%s", rule.Code, show(good))
		assert.Empty(t, Errors(good), "%s: its good example runs", rule.Code)

		page, ok := Explain(strings.ToLower(rule.Code))
		require.True(t, ok)
		assert.Contains(t, page, rule.Bad)
	}
	_, ok := Explain("P999")
	assert.False(t, ok)
}

func hasCode(problems []Problem, code string) bool {
	for _, p := range problems {
		if p.Code == code {
			return true
		}
	}
	return false
}

func TestEveryRuleHasAFileOfItsOwn(t *testing.T) {
	for _, rule := range Rules() {
		assert.FileExists(t, "check_"+rule.Code+".go")
	}
}

func TestProblemsAreFitToPrint(t *testing.T) {
	for _, rule := range Rules() {
		problems, _ := checkText("bad.yaml", rule.Bad)
		for _, p := range problems {
			assert.Equal(t, "bad.yaml", p.File)
			assert.NotContains(t, p.Text, "\n")
			assert.False(t, strings.HasSuffix(p.Text, "."), p.Text)
			if p.Line > 0 {
				lines := strings.Split(rule.Bad, "\n")
				assert.Equal(t, lines[p.Line-1], p.Source, p.Text)
				assert.LessOrEqual(t, p.Column, len(p.Source)+1, p.Text)
			}
		}
	}
}

func TestHintsSayWhatWasMeant(t *testing.T) {
	for _, c := range []struct{ ids, need, hint string }{
		{"[T-01, T-02]", "t1", `did you mean "T-01"?`},
		{"[build_app, x]", "build-app", `did you mean "build_app"?`},
		{"[deploy, x]", "depoly", `did you mean "deploy"?`},
		{"[alpha, x]", "omega", `add the task, or take it out of the dependencies`},
	} {
		var text strings.Builder
		text.WriteString("tasks:\n")
		for _, id := range strings.Split(strings.Trim(c.ids, "[]"), ", ") {
			fmt.Fprintf(&text, "  - {id: %s, run: x}\n", id)
		}
		fmt.Fprintf(&text, "  - {id: last, run: x, deps: [%s]}\n", c.need)
		problems, _ := checkText("plan.yaml", text.String())
		require.Len(t, problems, 1, show(problems))
		assert.Equal(t, c.hint, problems[0].Hint)
	}
}

func TestAgentsAreCheckedOnlyWhenSomebodyKnowsThem(t *testing.T) {
	p := planOf(task("a", nil, func(t *Task) { t.Agent = "nobody" }))
	assert.False(t, hasCode(Check(p, nil, CheckOptions{}), "P040"))
	assert.True(t, hasCode(Check(p, nil, CheckOptions{Agents: knownAgents}), "P040"))
	p = planOf(task("a", nil))
	assert.True(t, hasCode(Check(p, nil, CheckOptions{}), "P041"))
	assert.False(t, hasCode(Check(p, nil, CheckOptions{DefaultAgent: "gem-implementer", Agents: knownAgents}), "P041"))
	assert.True(t, hasCode(Check(p, nil, CheckOptions{DefaultAgent: "gone", Agents: knownAgents}), "P040"),
		"a default agent must be reachable, too")
}

func TestManyProblemsOfOneKindAreCounted(t *testing.T) {
	var tasks []*Task
	for i := range 1000 {
		tasks = append(tasks, task(fmt.Sprint(i), needs("ghost"), func(t *Task) { t.Run = "x" }))
	}
	problems := Check(planOf(tasks...), nil, CheckOptions{})
	require.Len(t, problems, maxAlike+1)
	assert.Equal(t, "and 800 more like these", problems[len(problems)-1].Text)
	assert.Equal(t, Error, problems[len(problems)-1].Severity)
}

func TestCheckOfALargePlanIsQuick(t *testing.T) {
	var b strings.Builder
	b.WriteString("tasks:\n")
	for i := range 10_000 {
		fmt.Fprintf(&b, "  - id: task-%d\n    run: make\n    wave: %d\n    ownership: {paths: [src/p%d/**]}\n", i, i/100, i)
		if i >= 100 {
			fmt.Fprintf(&b, "    depends_on: [task-%d, task-%d]\n    conflicts_with: [task-%d]\n", i-100, i-99-i%2, i-50)
		}
	}
	doc := Read("plan.yaml", []byte(b.String()), Options{})
	require.Empty(t, Errors(doc.Problems))
	began := time.Now()
	problems := Check(doc.Plan, doc.Source, CheckOptions{Agents: knownAgents})
	took := time.Since(began)
	assert.Empty(t, Errors(problems))
	assert.Less(t, took, soon)
	t.Log("checked in", took)
}

// Plans made to hurt: each makes some rule compare everything with everything, were it not bounded.
func TestHostilePlansAreCheckedSoon(t *testing.T) {
	const n = 5_000
	agent := func(name string) func(*Task) { return func(t *Task) { t.Agent = name } }
	for name, nth := range map[string]func(i int) *Task{
		"one path":       func(i int) *Task { return task(fmt.Sprint(i), nil, owns("exclusive", "**")) },
		"paths in paths": func(i int) *Task { return task(fmt.Sprint(i), nil, owns("exclusive", strings.Repeat("a/", i%100+1))) },
		"unknown needs": func(i int) *Task {
			return task(fmt.Sprintf("some-long-id-%05d", i), needs(fmt.Sprintf("some-long-ie-%05d-", i)))
		},
		"conflicts": func(i int) *Task {
			return task(fmt.Sprint(i), needs(fmt.Sprint(i-1)), conflicts("0", fmt.Sprint(n-1)))
		},
		"debuggers": func(i int) *Task {
			if i < n/2 {
				return task(fmt.Sprint(i), needs(fmt.Sprint(i-1)), agent("gem-implementer"))
			}
			return task(fmt.Sprint(i), needs(fmt.Sprint(i-1)), agent("gem-debugger"))
		},
		"readers": func(i int) *Task {
			return task(fmt.Sprint(i), needs(fmt.Sprint(i-1)), func(t *Task) { t.When = `tasks["1"].status == "failed"` })
		},
		"one long circle": func(i int) *Task { return task(fmt.Sprint(i), needs(fmt.Sprint((i+1)%n))) },
	} {
		t.Run(name, func(t *testing.T) {
			var tasks []*Task
			for i := range n {
				tasks = append(tasks, nth(i))
			}
			p := planOf(tasks...)
			began := time.Now()
			Check(p, nil, CheckOptions{Agents: knownAgents})
			assert.Less(t, time.Since(began), soon)
		})
	}
}

func TestCheckOfAnyPlanEnds(t *testing.T) {
	words := []string{"a", "b", "c", "T1", "T-1", "ghost", "", " ", "a-c", "all of it", "1.0"}
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.SampledFrom(words)
		list := rapid.SliceOfN(word, 0, 4)
		var tasks []*Task
		for range rapid.IntRange(0, 6).Draw(t, "tasks") {
			tasks = append(tasks, &Task{
				ID: word.Draw(t, "id"), Needs: list.Draw(t, "needs"), Conflicts: list.Draw(t, "conflicts"),
				ConflictNotes: list.Draw(t, "notes"), Agent: word.Draw(t, "agent"), Pool: word.Draw(t, "pool"),
				When:   rapid.SampledFrom([]string{"", "always()", "tasks.a", `tasks["ghost"].status == "failed"`, "("}).Draw(t, "when"),
				Status: rapid.SampledFrom(statuses()).Draw(t, "status"),
				Wave:   rapid.IntRange(-1, 3).Draw(t, "wave"), WaveSet: rapid.Bool().Draw(t, "set"),
				Ownership: Ownership{Paths: list.Draw(t, "paths"), Mode: rapid.SampledFrom([]string{"", "shared"}).Draw(t, "mode")},
			})
		}
		p := planOf(tasks...)
		p.Status = word.Draw(t, "status")
		for _, problem := range Check(p, nil, CheckOptions{Agents: knownAgents}) {
			require.NotEmpty(t, problem.Text)
		}
		Classify(p, word.Draw(t, "floor"))
		FindExclusions(p)
	})
}

// corpus returns the paths of collected plans, and skips the test where they are not there.
func corpus(t *testing.T) []string {
	paths, err := filepath.Glob("../../shared/corpus/plans/*/*.yaml")
	require.NoError(t, err)
	if len(paths) == 0 {
		t.Skip("the collected plans are not here")
	}
	return paths
}

func TestRealPlansHaveNoErrorsButAgents(t *testing.T) {
	clean := 0
	for _, path := range corpus(t) {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		doc := Read(filepath.Base(path), text, Options{})
		if doc.Plan == nil || len(Errors(doc.Problems)) > 0 {
			continue // not valid: Read's business
		}
		clean++
		problems := Check(doc.Plan, doc.Source, CheckOptions{Agents: knownAgents})
		for _, p := range Errors(problems) {
			assert.Contains(t, []string{"P040", "P041"}, p.Code, "%s:%d: %s", path, p.Line, p.Text)
		}
		for _, p := range problems {
			assert.Positive(t, p.Line, "%s: %s %s has no place", path, p.Code, p.Text)
		}
		t.Logf("%s: %s, %d problems", filepath.Base(path), Classify(doc.Plan, "").Class, len(problems))
	}
	assert.Greater(t, clean, 25)
}
