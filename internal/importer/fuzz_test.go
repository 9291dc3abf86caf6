package importer

import (
	"errors"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"billow/plan"
)

// alwaysParses imports whatever comes. A source is refused with an *Error or becomes a plan that can be read as
// YAML, with as many tasks as the result says.
func alwaysParses(t *testing.T, name string, src []byte, o Options) {
	r, err := Import(name, src, o)
	if err != nil {
		require.True(t, errors.As(err, new(*Error)), "%v", err)
		return
	}
	doc := plan.Read("plan.yaml", r.Plan, plan.Options{})
	require.NotNil(t, doc.Plan, "%v\n%s", doc.Problems, r.Plan)
	for _, p := range plan.Errors(doc.Problems) {
		require.Fail(t, p.Text, "%s line %d: %s\n%s", p.Code, p.Line, p.Source, r.Plan)
	}
	require.Len(t, doc.Plan.Tasks, r.Tasks)
}

func FuzzTaskmaster(f *testing.F) {
	f.Add([]byte(smallTasks))
	f.Add([]byte(`{"tasks": [{"id": {"a": 1}, "title": "- a: b # c", "details": " x\n\ty\u0000", "k": {"": [[], {}, null, true, 1e5]}}]}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		alwaysParses(t, "tasks.json", src, Options{Format: Taskmaster, Agent: "human"})
	})
}

func FuzzActions(f *testing.F) {
	src, err := os.ReadFile("testdata/ci.yml")
	require.NoError(f, err)
	f.Add(src)
	f.Add([]byte("jobs:\n  a b:\n    strategy: {matrix: {x: [{y: 1}, [2], '${{ 1 }}'], include: [3]}}\n    steps:\n      - run: |2\n           a\n"))
	f.Add([]byte("on: [push]\njobs: {a: {needs: a, env: {'=': 1, B: ${{ secrets.B }}}, steps: [1, {run: x, shell: 'perl {0}', if: \"a && 'b'\"}]}}"))
	f.Fuzz(func(t *testing.T, src []byte) {
		alwaysParses(t, "ci.yml", src, Options{Format: Actions})
	})
}

func FuzzMarkdown(f *testing.F) {
	f.Add("name: a\nstatus: done\ndepends_on: [b, a, c]\nk: {x: [1, null]}", "text\n", "status: open\nparallel: false\nconflicts_with: all of it")
	f.Fuzz(func(t *testing.T, head, body, other string) {
		src, err := plan.Bundle([]plan.TaskFile{{Name: "a.md", Text: []byte("---\n" + head + "\n---\n" + body)},
			{Name: "b.md", Text: []byte("---\n" + other + "\n---\n")}, {Name: "plan.md", Text: []byte("---\n" + other + "\n---\n" + body)}})
		if err == nil {
			alwaysParses(t, "folder", src, Options{Agent: "human"})
		}
	})
}

func FuzzExpression(f *testing.F) {
	for _, text := range []string{"a.b['c'] == 'd' && !contains(x.*.y, 1)", "format('{0}', 0x1f) || -1", "((((a))))", "'it''s'"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := parseExpr(text)
		if err != nil {
			return
		}
		n.fold(func(path []string) (any, bool) { return path[0], len(path[0])%2 == 0 }).condition()
	})
}
