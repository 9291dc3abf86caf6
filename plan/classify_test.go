package plan

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestClassifySaysWhy(t *testing.T) {
	for name, c := range map[string]struct {
		text, floor string
		class       Class
		want        []string
	}{
		"one command": {
			"tasks: [{id: a, run: make}]", "", Trivial,
			[]string{"TRIVIAL otherwise: 1 task and nothing that calls for care"},
		},
		"one task with one file": {
			"tasks: [{id: a, agent: x, handoff: {target_files: [a.go]}}]", "auto", Low,
			[]string{"LOW files: changes 1 file"},
		},
		"two tasks": {
			"tasks: [{id: a, run: make}, {id: b, run: make, deps: [a]}]", "", Low,
			[]string{"LOW tasks: 2 tasks"},
		},
		"many tasks that have nothing to do with each other": {
			"tasks: [{id: a, run: make}, {id: b, run: make}, {id: c, run: make}]", "", Low,
			[]string{"LOW tasks: 3 tasks"},
		},
		"tasks that depend on each other": {
			"tasks: [{id: a, run: make}, {id: b, run: make, deps: [a]}, {id: c, run: make, deps: [b]}]", "", Medium,
			[]string{"MEDIUM tasks: 3 tasks that depend on each other", "MEDIUM depth: a chain of 3 tasks"},
		},
		"tasks in waves": {
			"tasks: [{id: a, run: make, wave: 1}, {id: b, run: make, wave: 1}, {id: c, run: make, wave: 2}]", "", Medium,
			[]string{"MEDIUM tasks: 3 tasks that depend on each other"},
		},
		"files are counted once": {
			"tasks:\n  - {id: a, run: x, ownership: [src/a.go]}\n  - {id: b, run: x, ownership: {paths: [./src/a.go, b.go]}}\n" +
				"  - {id: c, run: x, ownership: {paths: [c.go, d.go], mode: read_only}, target_files: [b.go]}", "", Low,
			[]string{"LOW tasks: 3 tasks", "LOW files: changes 2 files"},
		},
		"estimated files": {
			"tasks: [{id: a, agent: x, estimated_files: 3}]", "", Medium,
			[]string{"MEDIUM files: changes 3 files"},
		},
		"a risk signal": {
			"risk_signals: [api_change, nice_weather, API-change]\ntasks: [{id: a, agent: x}]", "", High,
			[]string{"HIGH risk signals: api_change"},
		},
		"a security sensitive task": {
			"tasks: [{id: a, agent: x, review_security_sensitive: true, security_sensitive: false}]", "", High,
			[]string{"HIGH risk signals: security_sensitive"},
		},
		"production": {
			"tasks: [{id: ship, agent: gem-devops, environment: production, requires_approval: true}]", "", High,
			[]string{`HIGH production: "ship" works on production`, `MEDIUM approval: "ship" requires approval`},
		},
		"open decisions": {
			"open_questions:\n  - {question: A?, type: decision_blocker}\n  - {question: B?, type: nice_to_know}\n" +
				"  - {question: C?, type: decision_blocker, answer: yes}\n  - D?\ntasks: [{id: a, agent: x}]", "", Medium,
			[]string{"MEDIUM open decisions: 1 open decision"},
		},
		"many open decisions": {
			"open_questions: [{type: decision_blocker}, {type: decision_blocker}, {type: decision_blocker}]\ntasks: [{id: a, agent: x}]", "", High,
			[]string{"HIGH open decisions: 3 open decisions"},
		},
		"a contract, and what the planner thinks": {
			"pre_mortem: {overall_risk_level: High}\nplan_metrics: {risk_score: medium}\ncontracts: [{from_task: a, to_task: b}]\ntasks: [{id: a, agent: x}]", "", High,
			[]string{"HIGH high risk: pre_mortem: overall_risk_level is high", "MEDIUM contracts: 1 contract", "MEDIUM medium risk: plan_metrics: risk_score is medium"},
		},
		"the plan's own word raises": {
			"complexity: complex\ntasks: [{id: a, run: make}]", "", High,
			[]string{"HIGH complexity: the plan says complexity: complex"},
		},
		"the plan's own word does not lower": {
			"complexity: TRIVIAL\nrisk_signals: [migration]\ntasks: [{id: a, run: make}]", "", High,
			[]string{"HIGH risk signals: migration", "TRIVIAL complexity: the plan says complexity: TRIVIAL"},
		},
		"a floor raises": {
			"tasks: [{id: a, run: make}]", "medium", Medium,
			[]string{"MEDIUM floor: the configured minimum is MEDIUM"},
		},
		"a floor does not lower": {
			"risk_signals: [migration]\ntasks: [{id: a, run: make}]", "LOW", High,
			[]string{"HIGH risk signals: migration", "LOW floor: the configured minimum is LOW"},
		},
		"a word that is no floor": {
			"tasks: [{id: a, run: make}]", "loud", Trivial,
			[]string{"TRIVIAL otherwise: 1 task and nothing that calls for care"},
		},
		"a foreach": {
			"tasks: [{id: a, run: make, foreach: [1, 2]}]", "", Low,
			[]string{`LOW foreach: "a" runs for each item of a list`},
		},
		"keys of a plan in a mapping of its own": {
			"plan:\n  risk_signals: [migration]\n  tasks: [{id: a, run: make}]", "", High,
			[]string{"HIGH risk signals: migration"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			doc := Read("plan.yaml", []byte(c.text), Options{})
			require.Empty(t, Errors(doc.Problems))
			got := Classify(doc.Plan, c.floor)
			var reasons []string
			for _, r := range got.Reasons {
				reasons = append(reasons, string(r.Class)+" "+r.Rule+": "+r.Saw)
			}
			assert.Equal(t, c.want, reasons)
			assert.Equal(t, c.class, got.Class)
		})
	}
}

func TestSomeSignalsCallForACritic(t *testing.T) {
	for word, want := range map[string]bool{"architecture": true, "breaking_change": true, "migration": false} {
		doc := Read("plan.yaml", []byte("tasks: [{id: a, agent: x, task_type: "+word+"}]"), Options{})
		got := Classify(doc.Plan, "")
		assert.Equal(t, want, got.Critic, word)
		assert.Equal(t, []string{word}, got.Signals)
	}
}

func TestClassesAreInOrder(t *testing.T) {
	assert.True(t, High.AtLeast(Medium))
	assert.True(t, Low.AtLeast(Low))
	assert.False(t, Trivial.AtLeast(Low))
}

// Real plans are written because the work is not trivial, and those that say how hard it is are not put lower.
func TestRealPlansAreNotTrivial(t *testing.T) {
	for _, path := range corpus(t) {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		doc := Read(filepath.Base(path), text, Options{})
		if doc.Plan == nil || len(doc.Plan.Tasks) < 2 {
			continue
		}
		got := Classify(doc.Plan, "")
		assert.True(t, got.Class.AtLeast(Low), path)
		assert.NotEmpty(t, got.Reasons)
		if said, ok := ParseClass(doc.Plan.Complexity); ok {
			assert.True(t, got.Class.AtLeast(said), path)
		}
		assert.Equal(t, got, Classify(doc.Plan, ""), "the same plan gets the same reasons")
	}
}
