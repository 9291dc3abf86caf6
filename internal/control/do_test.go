package control

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"billow/agents"
	"billow/engine"
	"billow/failure"
	"billow/plan"
)

func TestReviewsAreJudgedByWhatTheySay(t *testing.T) {
	done, failed := engine.TaskView{State: engine.Done}, engine.TaskView{State: engine.Failed, Signal: &failure.Signal{Message: "it broke"}}
	for _, c := range []struct {
		task   engine.TaskView
		report string
		want   verdict
	}{
		{done, "", verdict{passed: true}},
		{failed, "", verdict{hopeless: true, why: "it broke"}},
		{done, `{"status": "completed", "summary": "fine"}`, verdict{passed: true, why: "fine"}},
		{done, `{"status": "completed", "findings": ["a remark"], "critical_findings": []}`, verdict{passed: true}},
		{done, `{"status": "completed", "critical_findings": ["HIGH a"], "findings": ["a remark"]}`,
			verdict{findings: []string{"HIGH a"}, why: "it is done"}},
		{done, `{"status": "completed", "acceptance_criteria_missing": ["R2"], "summary": "nearly"}`,
			verdict{findings: []string{"not covered: R2"}, why: "nearly"}},
		{done, `{"status": "completed", "verdict": "warning", "warnings": ["w"], "blocking": 0}`, verdict{passed: true}},
		{done, `{"status": "completed", "verdict": "blocking", "blocking": 1, "top_findings": ["t"]}`,
			verdict{findings: []string{"t"}, why: "it is done"}},
		{done, `{"status": "completed", "critic_verdict": "revise", "summary": "too large"}`,
			verdict{findings: []string{"too large"}, why: "too large"}},
		{failed, `{"status": "needs_revision", "critical_findings": [{"file": "p.yaml", "line": 3, "issue": "no wave"}]}`,
			verdict{findings: []string{"p.yaml:3 — no wave"}, why: "it broke"}},
		{failed, `{"status": "failed", "fail": "escalate", "blocked_reason": "the law"}`, verdict{hopeless: true, why: "it broke"}},
		{failed, `{"status": "blocked", "summary": "no access"}`, verdict{hopeless: true, why: "no access"}},
		{failed, `{"status": "failed"}`, verdict{findings: []string{"it broke"}, why: "it broke"}},
	} {
		var report *plan.Value
		if c.report != "" {
			report = agents.ReportObject([]byte(c.report))
			require.NotNil(t, report, c.report)
		}
		assert.Equal(t, c.want, verdictOf(c.task, report), "%s %s", c.task.State, c.report)
	}
}

// Whatever is put into a plan of billow's own is read from it again.
func TestWhatAReviewerFindsHasLimits(t *testing.T) {
	list := make([]string, 1000)
	for i := range list {
		list[i] = fmt.Sprintf("%d %s", i, strings.Repeat("x", 10_000))
	}
	for _, key := range []string{"findings", "critical_findings", "acceptance_criteria_missing"} {
		report := valueOf(mapping{{"status", "failed"}, {key, list}})
		v := verdictOf(engine.TaskView{State: engine.Failed}, report)
		assert.Len(t, v.findings, mostFound, key)
		for _, f := range v.findings {
			assert.LessOrEqual(t, len(f), mostFinding+len("…"), key)
		}
	}
}

func TestPlansOfOurOwnSayWhatWasMeant(t *testing.T) {
	text := rapid.StringOf(rapid.RuneFrom([]rune("a0: #-'\"\\`|>%@&*!{}[],?\n\té€\u2028\U0001F600~"))).Filter(func(s string) bool { return s != "" })
	rapid.Check(t, func(rt *rapid.T) {
		one, list := text.Draw(rt, "one"), rapid.SliceOfN(text, 1, 4).Draw(rt, "list")
		src := mapping{{"objective", one}, {"empty", ""}, {"nothing", mapping{{"a", ""}}}, {"assumptions", list},
			{"tasks", []mapping{{{"id", "a"}, {"run", "true"}, {"inner", mapping{{"k", one}, {"items", []mapping{{{"x", one}}, {{"y", list}}}}}}}}}}.yaml()
		doc, problems := plan.Parse("p", src, plan.Limits{})
		require.Empty(rt, plan.Errors(problems), string(src))
		assert.Equal(rt, map[string]any{"objective": one, "assumptions": anyOf(list), "tasks": []any{map[string]any{"id": "a", "run": "true",
			"inner": map[string]any{"k": one, "items": []any{map[string]any{"x": one}, map[string]any{"y": anyOf(list)}}}}}}, plan.ToAny(doc.Root), string(src))
	})
}

func anyOf(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}
