package plan_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"billow/plan"
)

func FuzzEditTasks(f *testing.F) {
	for _, seed := range seeds() {
		f.Add([]byte(seed), "a: b # c", uint8(0))
	}
	f.Add([]byte("tasks:\n- {id: a, status: }\n- id: b\n  flags:\n"), "two\nlines", uint8(1))
	f.Add([]byte("tasks:\r\n  a:\r\n  b: {run: |\r\n"), "x", uint8(0))
	f.Add([]byte(`{"tasks": [{"id": "a", "note": "x"}, {"id": "b"}]}`), "\x00é", uint8(1))
	f.Fuzz(func(t *testing.T, data []byte, text string, which uint8) {
		doc := plan.Read("plan.yaml", data, plan.Options{})
		if doc.Plan == nil || len(doc.Plan.Tasks) == 0 || len(plan.Errors(doc.Problems)) > 0 || twice(doc.Plan) {
			return
		}
		task := doc.Plan.Tasks[int(which)%len(doc.Plan.Tasks)]
		if doc.Plan.Task("new") != nil {
			return
		}
		for _, edit := range []plan.TaskEdit{
			{ID: "new", After: task.ID, Value: &plan.Value{Kind: plan.Map, Fields: []plan.Field{{Key: "note", Value: textValue(text)}}}},
			{ID: task.ID, Value: with(task.Source, "note", textValue(text))},
			{ID: task.ID, Value: with(task.Source, "title", nil)},
		} {
			got, err := plan.EditTasks(doc.Plan, doc.Source, []plan.TaskEdit{edit})
			if err != nil {
				require.Nil(t, got)
				continue
			}
			after := plan.Read("plan.yaml", got, plan.Options{})
			require.Empty(t, plan.Errors(after.Problems), "%q", got)
			now := after.Plan.Task(edit.ID)
			require.NotNil(t, now, "%q", got)
			if v := edit.Value.Get("note"); v != nil {
				require.Equal(t, v.Text, now.Source.Get("note").Text, "%q", got)
			}
			for _, other := range doc.Plan.Tasks {
				is := after.Plan.Task(other.ID)
				require.NotNil(t, is, "%q", got)
				require.Equal(t, other.RawStatus, is.RawStatus, "%q", got)
			}
			again, err := plan.EditTasks(after.Plan, after.Source, []plan.TaskEdit{edit})
			require.NoError(t, err)
			require.Equal(t, string(got), string(again))
		}
	})
}
