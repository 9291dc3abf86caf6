package agents

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/failure"
	"billow/plan"
)

func TestLearningsOfEveryEra(t *testing.T) {
	for _, c := range []struct {
		report string
		want   []Learning
	}{
		{`{status: completed}`, nil},
		{`{confidence: 0.9, learn: [one, "gotcha: two", "[convention] three", "https://x: four", ""]}`,
			[]Learning{{"", "one", 0.9}, {"gotcha", "two", 0.9}, {"convention", "three", 0.9}, {"", "https://x: four", 0.9}}},
		{`{learn: [{text: one, confidence: 0.95}, {learning: two, type: Failure Modes, confidence: 91%}, {nothing: x}]}`,
			[]Learning{{"", "one", 0.95}, {"failure_mode", "two", 0.91}}},
		{`{confidence: 0.8, extra: {learnings: {facts: [f], patterns: [p, {text: q, confidence: 1}], conventions: c}}}`,
			[]Learning{{"fact", "f", 0.8}, {"pattern", "p", 0.8}, {"pattern", "q", 1}, {"convention", "c", 0.8}}},
		{`{learn: {text: alone, kind: decision}, learnings: [more]}`, []Learning{{"decision", "alone", 0}, {"", "more", 0}}},
	} {
		doc, problems := plan.Parse("report", []byte(c.report), plan.Limits{})
		require.Empty(t, plan.Errors(problems))
		assert.Equal(t, c.want, ReadLearnings(doc.Root), c.report)
	}
	assert.Nil(t, ReadLearnings(nil))
}

// TestAWriterIsGivenWhatWasLearnt and nobody else's fields.
func TestAWriterIsGivenWhatWasLearnt(t *testing.T) {
	handed := map[string]string{"action": `"persist_learnings"`, "learnings": `[{"text": "x"}]`, "patterns": `[{"text": "y"}]`, "source_task_id": `"a"`}
	in := BriefInput{Plan: &plan.Plan{ID: "p"}, Task: &plan.Task{ID: "gate-1"}, Purpose: failure.ForLearnings, Fields: StepFields(failure.ForLearnings, handed)}
	docs := Brief("gem-documentation-writer", in)
	assert.Contains(t, docs, "action: persist_learnings\n  learnings:\n    - text: x\n")
	assert.NotContains(t, docs, "text: y")
	assert.Contains(t, docs, `"completed" means that everything that was worth keeping stands where it belongs, once.`)
	skills := Brief("gem-skill-creator", in)
	assert.Contains(t, skills, "patterns:\n    - text: y\n  source_task_id: a\n")
	assert.NotContains(t, skills, "text: x")
}

func TestATaskIsGivenItsContracts(t *testing.T) {
	contracts := &plan.Value{Kind: plan.List, Items: []*plan.Value{tree(t, "testdata/brief/config.yaml")}}
	in := wholeInput(t)
	in.Contracts = contracts
	assert.Contains(t, Brief("gem-implementer", in), "\n  contracts:\n    - ")
	// What a tester's task says of them itself counts.
	assert.Equal(t, Brief("gem-browser-tester", wholeInput(t)), Brief("gem-browser-tester", in))
}
