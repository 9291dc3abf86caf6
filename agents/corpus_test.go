package agents

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/plan"
)

// Tasks of every real plan (each fourth, for speed) give a brief whose data reads as YAML and whose fences hold.
func TestBriefsCanBeMadeOfRealPlans(t *testing.T) {
	files, err := filepath.Glob("../../shared/corpus/plans/*/*.yaml")
	require.NoError(t, err)
	if len(files) == 0 {
		t.Skip("the corpus is not here")
	}
	envelopes, err := filepath.Glob("../../shared/corpus/envelopes/*.json")
	require.NoError(t, err)
	var contexts []*Envelope
	for _, file := range envelopes {
		src, err := os.ReadFile(file)
		require.NoError(t, err)
		e, _ := ReadEnvelope(file, src)
		contexts = append(contexts, e)
	}
	require.NotEmpty(t, contexts)
	tasks := 0
	for i, file := range files {
		src, err := os.ReadFile(file)
		require.NoError(t, err)
		doc := plan.Read(file, src, plan.Options{})
		if doc.Plan == nil {
			continue
		}
		for j, task := range doc.Plan.Tasks {
			if j%4 != i%4 {
				continue
			}
			tasks++
			in := BriefInput{Plan: doc.Plan, Task: task, Attempt: 1, Context: contexts[(i+j)%len(contexts)]}
			for _, agent := range []string{[]string{task.Agent, "somebody"}[i%2], Catalogue()[(i+j)%15].Name} {
				data := blocks(t, Brief(agent, in))
				require.Len(t, data, 1, "%s: %s", file, task.ID)
				got, _ := data[0]["task_definition"].(map[string]any)
				assert.Equal(t, task.ID, got["id"], "%s: %s", file, task.ID)
			}
		}
	}
	assert.Greater(t, tasks, 80)
}

// TestRealEnvelopesSayTheSameWhenWrittenAgain compares whole files: no key, no value and no nothing is lost.
func TestRealEnvelopesSayTheSameWhenWrittenAgain(t *testing.T) {
	files, err := filepath.Glob("../../shared/corpus/envelopes/*.json")
	require.NoError(t, err)
	if len(files) == 0 {
		t.Skip("the corpus is not here")
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		require.NoError(t, err)
		e, problems := ReadEnvelope(file, src)
		require.NotNil(t, e, file)
		for _, p := range problems {
			assert.Equal(t, plan.Info, p.Severity, "%s:%d:%d: %s", filepath.Base(file), p.Line, p.Column, p.Text)
		}
		again, err := json.Marshal(e)
		require.NoError(t, err)
		assert.JSONEq(t, string(src), string(again), file)
		if !e.Bare {
			assert.Empty(t, problems, file)
			assert.NotEmpty(t, e.Meta.PlanID)
			assert.NotEmpty(t, e.TechStack)
			assert.NotEmpty(t, e.Research.RelevantFiles)
			assert.NotEmpty(t, e.PriorDecisions)
			assert.Empty(t, e.Other, file)
		}
		for _, role := range Catalogue() {
			for _, name := range role.ContextFields {
				got := e.Section(name)
				want := sectionOf(t, src, name)
				if want == nil {
					assert.Nil(t, got, "%s: %s", file, name)
					continue
				}
				text, err := json.Marshal(want)
				require.NoError(t, err)
				assert.JSONEq(t, string(text), string(appendJSON(nil, got)), "%s: %s", file, name)
			}
		}
	}
}

// sectionOf is a section of an envelope as encoding/json has it.
func sectionOf(t *testing.T, src []byte, section string) any {
	t.Helper()
	var root map[string]any
	require.NoError(t, json.Unmarshal(src, &root))
	if in, ok := root["context_envelope"].(map[string]any); ok {
		root = in
	}
	return root[section]
}
