package plan_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"billow/plan"
)

func FuzzEdit(f *testing.F) {
	for _, seed := range seeds() {
		f.Add([]byte(seed), "completed")
	}
	f.Add([]byte("tasks:\n- {id: a, status: }\n- id: b\n  flags:\n"), "a: b # c")
	f.Add([]byte("tasks:\r\n- id: a\r\n  status: 'x' # c"), "it's")
	f.Fuzz(func(t *testing.T, data []byte, value string) {
		doc := plan.Read("plan.yaml", data, plan.Options{})
		if doc.Plan == nil || len(doc.Plan.Tasks) == 0 || len(plan.Errors(doc.Problems)) > 0 {
			return
		}
		same, err := plan.Edit(doc.Plan, doc.Source, nil)
		require.NoError(t, err)
		require.Equal(t, string(data), string(same))

		id := doc.Plan.Tasks[0].ID
		if one, err := plan.Edit(doc.Plan, doc.Source, []plan.Change{{Task: id, Key: "status", Value: value}}); err == nil {
			onlyStatus(t, doc, one)
		}
		changes := []plan.Change{
			{Task: id, Key: "status", Value: value},
			{Task: id, Key: "blocked_reason", Value: value},
			{Task: id, Key: "flags.retries_used", Value: "1"},
		}
		got, err := plan.Edit(doc.Plan, doc.Source, changes)
		if err != nil {
			require.Nil(t, got)
			return
		}
		after := plan.Read("plan.yaml", got, plan.Options{})
		require.NotNil(t, after.Plan, "%q", got)
		task := after.Plan.Task(id)
		require.NotNil(t, task, "%q", got)
		for _, c := range changes[:2] {
			v := task.Source.Get(c.Key)
			require.NotNil(t, v, "%q", got)
			require.Equal(t, plan.Scalar, v.Kind, "%q", got)
		}
		require.Equal(t, "1", task.Source.Get("flags").Get("retries_used").Text, "%q", got)
		require.Len(t, after.Plan.Tasks, len(doc.Plan.Tasks))

		// To write what it said before, where it said something, gives the same bytes back.
		was := doc.Plan.Tasks[0].Source
		if v := was.Get("status"); v != nil && v.Kind == plan.Scalar {
			now := after.Plan.Task(id).Source.Get("status")
			require.Equal(t, v.Pos, now.Pos)
		}
	})
}

// onlyStatus holds a text to that of a document, of which the status of the first task was changed: every other
// byte is the same, and every other value where aliases do not repeat it.
func onlyStatus(t require.TestingT, doc *plan.Document, got []byte) {
	data, task := doc.Source.Bytes, doc.Plan.Tasks[0].Source
	if v := task.Get("status"); v != nil {
		before, behind := data[:v.Pos.Offset], data[max(v.Pos.Offset, v.End):]
		require.True(t, bytes.HasPrefix(got, before), "%q", got)
		require.True(t, bytes.HasSuffix(got[len(before):], behind), "%q", got)
	} else {
		n := 0
		for n < len(data) && data[n] == got[n] {
			n++
		}
		require.True(t, bytes.HasSuffix(got[n:], data[n:]), "%q", got)
	}
	if bytes.ContainsAny(data, "&*") {
		return
	}
	after := plan.Read("plan.yaml", got, plan.Options{})
	require.NotNil(t, after.Plan, "%q", got)
	// As texts, because .nan is not itself.
	without := func(d *plan.Document) string {
		task := d.Plan.Tasks[0].Source
		task.Fields = slices.DeleteFunc(slices.Clone(task.Fields), func(f plan.Field) bool { return f.Key == "status" })
		return fmt.Sprintf("%#v", plan.ToAny(d.Source.Root))
	}
	require.Equal(t, without(plan.Read("plan.yaml", data, plan.Options{})), without(after), "%q", got)
}
