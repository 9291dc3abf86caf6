package plan_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"billow/plan"
)

// anyShape draws a value as JSON, which is YAML too: any nesting of words that mean something somewhere.
func anyShape(depth int) *rapid.Generator[any] {
	words := rapid.SampledFrom([]any{
		nil, true, 0, -1, 7, 1.5, "", "a", "b", "none", "a, b", "yes", "5m", "soft", "done", "A=b", "transient",
		"tasks[0]", "x y", "wave_2", "exclusive", "src/**", "make: test",
	})
	if depth == 0 {
		return words
	}
	keys := rapid.SampledFrom([]string{
		"id", "task_id", "tasks", "waves", "wave", "task", "paths", "mode", "limit", "on", "backoff", "total", "idle",
		"items", "max_items", "tokens", "usd", "time", "when", "kind", "run", "agents", "timeout", "a", "retries_used", "flaky", "gem-x", "path",
	})
	return rapid.OneOf(
		words,
		rapid.Map(rapid.SliceOfN(anyShape(depth-1), 0, 4), func(v []any) any { return v }),
		rapid.Map(rapid.MapOfN(keys, anyShape(depth-1), 0, 4), func(v map[string]any) any { return v }),
	)
}

func taskKeys() []string {
	return []string{
		"title", "name", "description", "wave", "status", "priority", "agent", "dependencies", "depends_on", "deps", "consumes",
		"conflicts_with", "ownership", "locks", "pool", "run", "shell", "env", "env_file", "secrets", "dir", "timeout", "when",
		"foreach", "max_items", "inputs", "outputs", "accept", "retry", "budget", "failure_handling", "requires_approval",
		"devops_security_sensitive", "environment", "approval_state", "approval_reason", "blocked_reason", "flags",
		"retries_used", "estimate", "estimate_hours", "acceptance_criteria", "ac", "tasks", "id", "unknown",
	}
}

func planKeys() []string {
	return []string{
		"plan_id", "objective", "baseline", "status", "complexity", "waves", "phases", "pools", "env", "env_file", "vars",
		"classify", "defaults", "failure_handling", "budget", "plan", "wave_1", "id", "tldr", "unknown",
	}
}

func TestReadTakesAnyShapeUnderAnyKey(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		task := rapid.MapOfN(rapid.SampledFrom(taskKeys()), anyShape(3), 0, 8)
		root := rapid.MapOfN(rapid.SampledFrom(planKeys()), anyShape(3), 0, 6).Draw(t, "plan")
		tasks := rapid.SliceOfN(task, 0, 5).Draw(t, "tasks")
		root["tasks"] = tasks
		text, err := json.Marshal(root)
		require.NoError(t, err)

		doc := plan.Read("plan.yaml", text, plan.Options{})
		require.NotNil(t, doc.Plan, "%s\n%v", text, doc.Problems)
		require.GreaterOrEqual(t, len(doc.Plan.Tasks), len(tasks), "%s", text)
		for i, task := range doc.Plan.Tasks {
			assert.Equal(t, i, task.Index)
			assert.NotEmpty(t, task.ID)
			assert.NotEmpty(t, task.Status)
			assert.NotNil(t, task.Source)
			assert.NotContains(t, task.Needs, "")
			assert.Len(t, task.Needs, len(distinct(task.Needs)))
		}
		for _, p := range doc.Problems {
			assert.NotEmpty(t, p.Text)
			assert.Equal(t, strings.TrimSuffix(p.Text, "."), p.Text)
			assert.Equal(t, 1, p.Line, "%v", p)
			assert.Positive(t, p.Column, "%v", p)
		}
	})
}

// TestReadIsNeverSilentAboutAWrongShape gives each key that decides how a task runs a mapping with a
// strange key, or a list of lists, and wants to hear about it.
func TestReadIsNeverSilentAboutAWrongShape(t *testing.T) {
	for _, key := range []string{
		"wave", "status", "agent", "dependencies", "depends_on", "deps", "consumes", "conflicts_with", "locks", "pool", "run", "shell",
		"env_file", "secrets", "dir", "timeout", "when", "foreach", "max_items", "accept", "retry", "budget", "requires_approval",
		"failure_handling", "retries_used",
	} {
		for _, value := range []string{"{strange: [1]}", "[[1, 2], [3]]"} {
			if key == "foreach" && value[0] == '[' || key == "conflicts_with" && value[0] == '[' {
				continue // a list of anything is a list of items, and of notes
			}
			doc := plan.Read("", []byte("tasks:\n  - id: a\n    "+key+": "+value+"\n"), plan.Options{})
			assert.NotEmpty(t, doc.Problems, "%s: %s", key, value)
		}
	}
	for _, key := range []string{"pools", "vars", "classify", "defaults", "env", "env_file", "failure_handling", "complexity", "status", "budget"} {
		doc := plan.Read("", []byte(key+": [[1, 2]]\ntasks: [{id: a}]\n"), plan.Options{})
		assert.NotEmpty(t, doc.Problems, key)
	}
}

func distinct(words []string) map[string]bool {
	out := map[string]bool{}
	for _, word := range words {
		out[word] = true
	}
	return out
}
