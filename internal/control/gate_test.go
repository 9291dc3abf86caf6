package control

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/agents"
	"billow/engine"
	"billow/failure"
	"billow/plan"
)

func object(t *testing.T, text string) *plan.Value {
	t.Helper()
	doc, problems := plan.Parse("test", []byte(text), plan.Limits{})
	require.Empty(t, plan.Errors(problems))
	return doc.Root
}

func TestWhatAGateReopens(t *testing.T) {
	wave := []checkable{
		{TaskView: engine.TaskView{ID: "api"}, files: []string{"src/api.go", "./src/router.go"}},
		{TaskView: engine.TaskView{ID: "db"}, files: []string{"/home/me/p/db/schema.sql"}},
		{TaskView: engine.TaskView{ID: "api-docs"}, files: []string{"README.md"}},
		{TaskView: engine.TaskView{ID: "each/1", Parent: "each"}},
		{TaskView: engine.TaskView{ID: "each/2", Parent: "each"}},
	}
	for _, c := range []struct {
		name, report string
		findings     []string
		want         []engine.Reopened
	}{
		{name: "nothing is named", report: `{}`, findings: []string{"CRITICAL it does not hold together"}},
		{name: "a list of ids", report: `{reopen: [db, nobody]}`, findings: []string{"a", "b"},
			want: []engine.Reopened{{Task: "db", Finding: "a; b"}}},
		{name: "one id", report: `{reopen: db}`, findings: []string{"a"}, want: []engine.Reopened{{Task: "db", Finding: "a"}}},
		{name: "ids with reasons", report: `{reopen: [{task: db, finding: no index}, {id: api}]}`, findings: []string{"HIGH api does not check", "b"},
			want: []engine.Reopened{{Task: "api", Finding: "HIGH api does not check"}, {Task: "db", Finding: "no index"}}},
		{name: "what is listed and unknown counts for nothing", report: `{reopen: [nobody]}`, findings: []string{"HIGH db has no index"},
			want: []engine.Reopened{{Task: "db", Finding: "HIGH db has no index"}}},
		{name: "ids in the findings, as whole words", findings: []string{"HIGH api-docs is out of date.", "LOW redbird", "HIGH (db) and api."},
			want: []engine.Reopened{{Task: "api", Finding: "HIGH (db) and api."}, {Task: "db", Finding: "HIGH (db) and api."}, {Task: "api-docs", Finding: "HIGH api-docs is out of date."}}},
		{name: "files in the findings", findings: []string{"CRITICAL src/api.go:12 — no check", "HIGH router.go:3 — shadowed", "HIGH db/schema.sql — no index", "LOW other.go:1 — x"},
			want: []engine.Reopened{{Task: "api", Finding: "CRITICAL src/api.go:12 — no check; HIGH router.go:3 — shadowed"}, {Task: "db", Finding: "HIGH db/schema.sql — no index"}}},
		{name: "all items of a foreach, or one", report: `{reopen: [each]}`, findings: []string{"a", "LOW each/2 is slow"},
			want: []engine.Reopened{{Task: "each/1", Finding: "a; LOW each/2 is slow"}, {Task: "each/2", Finding: "LOW each/2 is slow"}}},
		{name: "an item by its name", findings: []string{"LOW each/2 is slow"}, want: []engine.Reopened{{Task: "each/2", Finding: "LOW each/2 is slow"}}},
		{name: "a file of nobody", findings: []string{"CRITICAL api.go.bak:12 — left over"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var report *plan.Value
			if c.report != "" {
				report = object(t, c.report)
			}
			assert.Equal(t, c.want, reopens(report, c.findings, wave))
		})
	}
}

func TestWhereLearningsGo(t *testing.T) {
	learn := func(id, text string) checkable {
		return checkable{TaskView: engine.TaskView{ID: id}, reports: []*plan.Value{object(t, text)}}
	}
	wave := []checkable{
		learn("a", `{confidence: 0.92, learn: ["pattern: retry on EAGAIN", "gotcha: the clock is UTC", {text: not sure, confidence: 0.5}, {text: sure, confidence: 0.99, kind: fact}]}`),
		learn("b", `{confidence: 0.5, learnings: {conventions: [{text: tabs, confidence: 0.9}], patterns: [seen it]}}`),
		learn("c", `{confidence: 90%, learn: ["Gotcha:  the clock   is UTC", "product decision: users pay in EUR", "We decided to use SQLite instead of files", "workflow: make gen && make test"]}`),
		learn("d", `{learn: ["of no confidence"]}`),
	}
	texts := func(list []learnt) (out []string) {
		for _, l := range list {
			out = append(out, l.Source+" "+l.Kind+" "+l.Target+": "+l.Text)
		}
		return out
	}
	docs, skills := routed(wave, 0.90, map[string]bool{"retry on eagain": true})
	assert.Equal(t, []string{"a gotcha " + toMemory + ": the clock is UTC", "a fact " + toMemory + ": sure", "b convention " + toAgents + ": tabs",
		"c product_decision " + toPRD + ": users pay in EUR", "c decision " + toAgents + ": We decided to use SQLite instead of files"}, texts(docs))
	assert.Equal(t, []string{"c workflow " + toSkills + ": make gen && make test"}, texts(skills))
	docs, skills = routed(wave, 0.95, nil)
	assert.Equal(t, []string{"a fact " + toMemory + ": sure"}, texts(docs))
	assert.Empty(t, skills)
}

func TestTheKindOfALearningIsToldByItsWords(t *testing.T) {
	for text, want := range map[string]string{
		"The release procedure is make dist, then tag": "workflow",
		"PRD: exports are CSV":                         "product_decision",
		"Naming of handlers is verb-noun":              "convention",
		"It fails when two run at once":                "failure_mode",
		"Beware of the cache":                          "gotcha",
		"We chose sqlite":                              "decision",
		"Handlers return errors":                       "pattern",
	} {
		assert.Equal(t, want, kindOf(agents.Learning{Text: text}), text)
	}
	assert.Equal(t, "rumour", kindOf(agents.Learning{Kind: "rumour", Text: "we chose"}))
}

func TestWhatIsCommitted(t *testing.T) {
	changed := []string{"a.go", "b.go", "mine.go", "shared.go", ".billow/db", ".billowrc"}
	assert.Equal(t, []string{"a.go", "b.go", "shared.go", ".billowrc"}, toCommit(changed, []string{"mine.go", "shared.go", "gone.go"}, []string{"a.go", "shared.go"}))
	assert.Empty(t, toCommit(nil, nil, []string{"a.go"}))
}

func TestTheContractsOfATask(t *testing.T) {
	p := &plan.Plan{Root: object(t, `
contracts:
  - {from_task: a, to_task: b, interface: x}
  - {from: a, to: c, interface: y}
  - {tasks: [b, c], interface: {method: GET}}
  - a sentence about b
`)}
	about := func(id string) (out []string) {
		for _, c := range contractsOf(p, func(tasks []string) bool { return slices.Contains(tasks, id) }).Elements() {
			out = append(out, c.Get("interface").Inline())
		}
		return out
	}
	assert.Equal(t, []string{"x", "y"}, about("a"))
	assert.Equal(t, []string{"x", "method: GET"}, about("b"))
	assert.Nil(t, contractsOf(&plan.Plan{Root: object(t, "contracts: none yet")}, func([]string) bool { return true }))
}

// Whatever goes wrong with a review, it is tried again a bounded number of times, and never by other agents; only a plan that
// is wrong is a planner's, by the run's own rule.
func TestTheGatesOwnPolicy(t *testing.T) {
	can := failure.Abilities{Who: func(part string) failure.Hand { return failure.Hand{Agent: part, Ready: true} }}
	policy := gatePolicy().Over(failure.Default())
	assert.Equal(t, failure.Default()[failure.NeedsReplan], policy[failure.NeedsReplan])
	for _, kind := range failure.Kinds() {
		if kind == failure.NeedsReplan {
			continue
		}
		most := map[failure.Kind]int{failure.Transient: 3, failure.NewFailure: 1}[kind]
		uses := map[failure.Kind]int{}
		for range most {
			r := policy.Decide(failure.Signal{Kind: kind}, failure.Case{Uses: uses}, can)
			require.Equal(t, failure.Retry, r.Action, kind)
			uses[kind]++
		}
		r := policy.Decide(failure.Signal{Kind: kind}, failure.Case{Uses: uses}, can)
		assert.Contains(t, []failure.Action{failure.Fail, failure.Block}, r.Action, kind)
	}
}
