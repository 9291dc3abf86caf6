package agents

import (
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
	var contexts []*plan.Value
	for _, file := range envelopes {
		src, err := os.ReadFile(file)
		require.NoError(t, err)
		doc, _ := plan.Parse(file, src, plan.Limits{})
		contexts = append(contexts, doc.Root)
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
