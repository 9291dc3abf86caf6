package plan_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/plan"
)

// revise edits a plan so that its tasks say what those of another plan say, by way of JSON, as a recorded replan goes.
func revise(t require.TestingT, name, src, revised string) (string, error) {
	doc, want := plan.Read(name, []byte(src), plan.Options{}), plan.Read("revised.yaml", []byte(revised), plan.Options{})
	require.Empty(t, plan.Errors(doc.Problems), "%s", src)
	require.Empty(t, plan.Errors(want.Problems), "%s", revised)
	data, err := json.Marshal(plan.Compare(doc.Plan, want.Plan))
	require.NoError(t, err)
	var delta plan.Delta
	require.NoError(t, json.Unmarshal(data, &delta))
	got, err := plan.EditTasks(doc.Plan, doc.Source, append(delta.Added, delta.Changed...))
	if err != nil {
		require.Nil(t, got)
		return "", err
	}
	// To do it twice is to do it once.
	after := plan.Read(name, got, plan.Options{})
	require.Empty(t, plan.Errors(after.Problems), "%s", got)
	again, err := plan.EditTasks(after.Plan, after.Source, append(delta.Added, delta.Changed...))
	require.NoError(t, err)
	require.Equal(t, string(got), string(again))
	left := plan.Compare(after.Plan, want.Plan)
	require.Empty(t, left.Added)
	require.Empty(t, left.Changed, "%s", got)
	return string(got), nil
}

func TestEditTasks(t *testing.T) {
	for _, c := range []struct{ name, src, revised, want string }{
		{"puts a new task behind the one it comes after",
			"tasks:\n- id: a\n  run: x\n  status: completed\n# of c\n- id: c\n  run: z\n  status: pending\n",
			"tasks:\n- {id: a, run: x}\n- {id: b, run: y, depends_on: [a]}\n- {id: c, run: z}\n",
			"tasks:\n- id: a\n  run: x\n  status: completed\n- id: b\n  status: pending\n  run: y\n  depends_on: [a]\n# of c\n- id: c\n  run: z\n  status: pending\n"},
		{"replaces the keys that changed and those alone",
			"tasks:\n  # one\n  - id: a # the first\n    title: 'A'  # t\n    status: 'done' # s\n    run: x\n    note: gone # n\n    wave: 1\n  # two\n  - id: b\n    run: y\n",
			"tasks:\n- {id: a, title: A, run: \"x: y\", wave: 2, timeout: 5m}\n- {id: b, run: y}\n",
			"tasks:\n  # one\n  - id: a # the first\n    title: 'A'  # t\n    status: 'done' # s\n    run: \"x: y\"\n    wave: 2\n    timeout: 5m\n  # two\n  - id: b\n    run: y\n"},
		{"writes JSON into JSON",
			"{\n  \"tasks\": [\n    {\n      \"id\": \"a\",\n      \"run\": \"x\"\n    }\n  ]\n}\n",
			"tasks:\n- {id: a, run: x2, env: {A: \"1\"}}\n- {id: b, run: \"one\\ntwo\", retry: 2}\n",
			"{\n  \"tasks\": [\n    {\n      \"id\": \"a\",\n      \"run\": \"x2\",\n      \"env\": {\n        \"A\": \"1\"\n      }\n    },\n    {\n      \"id\": \"b\",\n      \"run\": \"one\\ntwo\",\n      \"retry\": 2\n    }\n  ]\n}\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := revise(t, "plan.yaml", c.src, c.revised)
			require.NoError(t, err)
			assert.Equal(t, c.want, got)
		})
	}
}
