package plan_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/goccy/go-yaml/parser"
	"github.com/stretchr/testify/require"
	yamlv3 "go.yaml.in/yaml/v3"

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

// layers names three tasks of the layer of 100 before task i.
func layers(i int, quote string) string {
	var needs []string
	for k := range 3 {
		if layer := i / 100; layer > 0 {
			needs = append(needs, fmt.Sprintf("%st%d%s", quote, (layer-1)*100+(i*7+k*31)%100, quote))
		}
	}
	return strings.Join(needs, ", ")
}

// commandPlan is a plan of n commands in layers, as a build has them.
func commandPlan(n int) []byte {
	var b strings.Builder
	b.WriteString("plan_id: commands\ntasks:\n")
	for i := range n {
		fmt.Fprintf(&b, "  - id: t%d\n    status: pending\n    deps: [%s]\n    run: true\n    title: \"task number %d of the plan, with a line of prose in it\"\n",
			i, layers(i, ""), i)
	}
	return []byte(b.String())
}

// bracesPlan is the same with each task on one line, as programs write it.
func bracesPlan(n int) []byte {
	var b strings.Builder
	b.WriteString("plan_id: braces\ntasks:\n")
	for i := range n {
		fmt.Fprintf(&b, `  - {"id": "t%d", "status": "pending", "deps": [%s], "run": "true", "title": "task number %d, with a line of prose in it"}`+"\n",
			i, layers(i, `"`), i)
	}
	return []byte(b.String())
}

// agentsPlan is a plan whose tasks have all that planners write, some 2 KB each.
func agentsPlan(n int) []byte {
	var b strings.Builder
	b.WriteString("plan_id: 20260101-agents\nobjective: >-\n  Everything that is to be done,\n  in one go.\ncomplexity: HIGH\nstatus: in_progress\n" +
		"created_at: \"2026-01-01\"\ntldr: |\n  A line.\n  Another.\nopen_questions:\n  - question: Who knows?\n    severity: low\ntasks:\n")
	for i := range n {
		fmt.Fprintf(&b, `  - id: "t%[1]d"
    title: "Make the form number %[1]d write what it was given – as it was given"
    description: |
      Look at src/forms/form%[1]d.ts first. It has a function that writes, and it does
      not write what it was given: what follows a colon is lost.

      - keep what is there
      - write a test that fails without the change
    agent: gem-implementer
    wave: %[2]d
    priority: high
    status: pending # not begun
    dependencies: [%[3]s]
    conflicts_with: []
    covers: [AC-%[1]d, "PRD-3"]
    requires_approval: false
    devops_security_sensitive: false
    flags:
      flaky: false
      retries_used: 0
    focus_area: null
    context_files:
      - path: "src/forms/form%[1]d.ts"
        description: 'the form; it''s the one to change'
      - path: src/forms/index.ts
        description: where the forms are listed
    ownership:
      paths:
        - src/forms/form%[1]d.ts
        - tests/forms/form%[1]d/**
      mode: exclusive
    tech_stack: ["typescript", react, 'zod']
    estimated_effort: small
    estimated_files: 2
    estimated_lines: 120
    acceptance_criteria:
      - "What follows a colon is kept: 'a: b' stays 'a: b'"
      - The test fails without the change and passes with it
      - npm test says nothing new
    failure_modes:
      - scenario: the form is used by the importer, which relies on the loss
        likelihood: low
        impact: medium
        mitigation: look at the importer's tests first
    contracts:
      provides: "write(form: Form): string"
      needs: []
    implementation_specification:
      code_structure: >-
        One function in the file, without a helper, as in the other forms
        beside it.
      affected_areas: [forms, importer]
      component_details:
        - component: Form%[1]d
          responsibility: writes what it was given
    test_coverage: null
    planner_notes: "nothing \"special\" here"
`, i, i/100+1, layers(i, ""))
	}
	return []byte(b.String())
}

// study reads, checks and orders a plan, and asks whether it could be written back: all that comes before a run.
func study(t testing.TB, text []byte, opts plan.Options) *plan.Document {
	doc := plan.Read("plan.yaml", text, opts)
	require.NotNil(t, doc.Plan, "%v", doc.Problems)
	require.Empty(t, plan.Errors(doc.Problems))
	require.Empty(t, plan.Errors(plan.Check(doc.Plan, doc.Source, plan.CheckOptions{})))
	require.Len(t, plan.Order(doc.Plan).Topo, len(doc.Plan.Tasks))
	require.Empty(t, plan.CanEdit(doc.Plan, doc.Source))
	return doc
}

// BenchmarkStudy is what the budget of DESIGN.md is about: 10,000 tasks in 0.25 s, 100,000 in 3 s. Beside it stand
// the YAML libraries with the same bytes, of which they make less: maps without places, and a tree without tasks.
func BenchmarkStudy(b *testing.B) {
	for _, c := range []struct {
		name string
		text []byte
	}{
		{"commands-10k", commandPlan(10_000)},
		{"commands-100k", commandPlan(100_000)},
		{"braces-10k", bracesPlan(10_000)},
		{"braces-100k", bracesPlan(100_000)},
		{"agents-1k", agentsPlan(1000)},
		{"agents-10k", agentsPlan(10_000)},
	} {
		measure := func(name string, do func() error) {
			b.Run(c.name+"/"+name, func(b *testing.B) {
				b.SetBytes(int64(len(c.text)))
				b.ReportAllocs()
				for b.Loop() {
					require.NoError(b, do())
				}
			})
		}
		measure("billow", func() error {
			study(b, c.text, plan.Options{})
			return nil
		})
		measure("yaml.v3", func() error {
			var into any
			return yamlv3.Unmarshal(c.text, &into)
		})
		measure("goccy-tree", func() error {
			_, err := parser.ParseBytes(c.text, 0)
			return err
		})
	}
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
