package plan_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"billow/plan"
)

func FuzzTaskFile(f *testing.F) {
	for _, seed := range []string{
		"---\nname: A\nstatus: open\n---\n# A\n", "\ufeff---\r\nstatus: 'open'\r\ndepends_on: [b]\r\n---\r\nbody",
		"---\nid: x\n\n# no end", "---\nstatus: |\n  open\n---\n", "---\n- a\n---\n", "---\na: &x {status: open}\n<<: *x\n---\n",
		"---\ndescription: one\nrun: make\n---\ntwo\n---\nthree", "---\rstatus: open\r---\rbody", "---\n? a\n: b\nstatus: open\n---\n",
		"---\n---\nstatus: open", "---\nstatus: open\n--- \n", "---\n\"status\" : open # c\n---", "---\nstatus: open\nname: a: b\n---\n",
	} {
		f.Add([]byte(seed))
	}
	other := plan.TaskFile{Name: "b.md", Text: []byte("---\nrun: make\n---\nno end of line")}
	f.Fuzz(func(t *testing.T, text []byte) {
		if bytes.IndexByte(text, 0) >= 0 {
			return
		}
		src, err := plan.Bundle([]plan.TaskFile{{Name: "a.md", Text: text}, other, {Name: "c.md", Text: other.Text}})
		require.NoError(t, err)
		doc := plan.Read("tasks", src, plan.Options{})
		require.Len(t, doc.Plan.Tasks, 3)
		plan.Check(doc.Plan, doc.Source, plan.CheckOptions{})
		for _, p := range doc.Problems {
			require.Contains(t, []string{"tasks", "tasks/a.md"}, p.File)
			require.LessOrEqual(t, p.Line, bytes.Count(text, []byte("\n"))+bytes.Count(text, []byte("\r"))+1)
		}
		repaired := plan.Repair("tasks", src, plan.Options{})
		_, ok := plan.Unbundle(repaired.Bytes)
		require.True(t, ok)
		if len(plan.Errors(doc.Problems)) > 0 || len(plan.CanEdit(doc.Plan, doc.Source)) > 0 {
			return
		}
		id := doc.Plan.Tasks[0].ID
		if id == "b" || id == "c" {
			return
		}
		got, err := plan.Edit(doc.Plan, doc.Source, []plan.Change{{Task: id, Key: "status", Value: "completed"}, {Task: "c", Key: "status", Value: "failed"}})
		require.NoError(t, err)
		after := plan.Read("tasks", got, plan.Options{})
		require.Empty(t, plan.Errors(after.Problems), "%q", got)
		require.Equal(t, "completed", after.Plan.Task(id).RawStatus, "%q", got)
		require.Equal(t, doc.Plan.Task(id).Description, after.Plan.Task(id).Description)
		files, ok := plan.Unbundle(got)
		require.True(t, ok)
		require.Equal(t, []plan.TaskFile{other, {Name: "c.md", Text: []byte("---\nrun: make\nstatus: failed\n---\nno end of line")}}, files[1:])
	})
}
