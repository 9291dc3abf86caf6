package plan_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"billow/plan"
)

// bigPlan is a plan of n tasks of some 200 bytes each.
func bigPlan(n int) []byte {
	var b strings.Builder
	b.WriteString("plan_id: big\nstatus: approved\ntasks:\n")
	for i := range n {
		fmt.Fprintf(&b, "  - id: task-%05d\n    title: \"Do the thing number %d\"\n    description: |\n      A line of text that says what to do.\n"+
			"    wave: %d\n    agent: gem-implementer\n    status: pending # not yet\n    dependencies: [task-%05d]\n    acceptance_criteria:\n      - it works\n",
			i, i, i/100+1, max(i-1, 0))
	}
	return []byte(b.String())
}

func BenchmarkParse(b *testing.B) {
	src := bigPlan(10_000)
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		if s, problems := plan.Parse("plan.yaml", src, plan.Limits{}); s.Root == nil {
			b.Fatal(problems)
		}
	}
}

func BenchmarkParseWithAnchors(b *testing.B) {
	src := append([]byte("base: &base {agent: x}\n"), bigPlan(10_000)...)
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		if s, problems := plan.Parse("plan.yaml", src, plan.Limits{}); s.Root == nil {
			b.Fatal(problems)
		}
	}
}

func BenchmarkEdit(b *testing.B) {
	src := bigPlan(10_000)
	doc := plan.Read("plan.yaml", src, plan.Options{})
	require.NotNil(b, doc.Plan)
	var changes []plan.Change
	for _, task := range doc.Plan.Tasks {
		changes = append(changes, plan.Change{Task: task.ID, Key: "status", Value: "completed"})
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := plan.Edit(doc.Plan, doc.Source, changes); err != nil {
			b.Fatal(err)
		}
	}
}
