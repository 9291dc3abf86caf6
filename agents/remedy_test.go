package agents

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/failure"
	"billow/plan"
)

func reportOf(t *testing.T, text string) Report {
	t.Helper()
	r, err := ParseReport([]byte(text))
	require.Nil(t, err)
	return r
}

func TestADiagnosisIsHandedOnInTheFormOfEveryEra(t *testing.T) {
	for name, c := range map[string]struct {
		report string
		want   map[string]string
	}{
		"among the other keys": {`{"status": "completed", "root_cause": "a typo", "target_files": ["a.go"], "confidence": 0.9,
			"lint_rule_recommendations": [{"name": "no-typo", "type": "custom"}]}`, map[string]string{
			"debugger_diagnosis":        `{"root_cause":"a typo","target_files":["a.go"]}`,
			"lint_rule_recommendations": `[{"name":"no-typo","type":"custom"}]`}},
		"under extra": {`{"status": "completed", "extra": {"root_cause": "a typo"}}`,
			map[string]string{"debugger_diagnosis": `{"root_cause":"a typo"}`}},
		"under handoff": {`{"status": "completed", "handoff": {"debugger_diagnosis": {"root_cause": "x", "reproduction": {"steps": ["y"]}}, "lint_rule_recommendations": []}}`,
			map[string]string{"debugger_diagnosis": `{"reproduction":{"steps":["y"]},"root_cause":"x"}`}},
		"none": {`{"status": "completed", "target_files": ["a.go"]}`, nil},
		"no more than a history can take": {`{"status": "completed", "debugger_diagnosis": "` + strings.Repeat("x", maxHandoff) + `"}`,
			map[string]string{"debugger_diagnosis": `"\"` + strings.Repeat("x", maxHandoff/2-1) + ` …"`}},
	} {
		assert.Equal(t, c.want, reportOf(t, c.report).Handoff, name)
	}
}

func TestADebuggersVerdictOnTheApplicationIsAFailure(t *testing.T) {
	valid := reportOf(t, `{"status": "completed", "app_behavior_valid": true, "root_cause": "the fixture is old"}`)
	assert.Nil(t, valid.Failure)
	wrong := reportOf(t, `{"status": "completed", "app_behavior_valid": false, "root_cause": "the sum is wrong"}`)
	assert.Equal(t, &failure.Observation{Reported: "new_failure", Status: "completed", Message: "the sum is wrong"}, wrong.Failure)
	named := reportOf(t, `{"status": "completed", "app_behavior_valid": false, "fail": "regression", "summary": "it worked before"}`)
	assert.Equal(t, "regression", named.Failure.Reported)
}

func TestAFailureSaysWhereAndWhatAPersonMustGive(t *testing.T) {
	r := reportOf(t, `{"status": "failed", "fail": "platform_specific", "platforms": {"ios": "fail", "android": "pass"}}`)
	assert.Equal(t, "ios", r.Failure.Platform)
	r = reportOf(t, `{"status": "blocked", "fail": "escalate", "blocked_reason": "no key", "required_input": "an API key",
		"recommended_next_step": "put it into .env"}`)
	assert.Equal(t, &failure.Observation{Reported: "escalate", Status: "blocked", Message: "no key", RequiredInput: "an API key",
		NextStep: "put it into .env"}, r.Failure)
}

// TestEachStepOfARemedyIsGivenItsOwnFields compares the briefs of a remedy's steps with those in testdata.
func TestEachStepOfARemedyIsGivenItsOwnFields(t *testing.T) {
	handed := map[string]string{"debugger_diagnosis": `{"root_cause": "handed on", "target_files": ["src/csv.ts"]}`,
		"lint_rule_recommendations": `[{"name": "no-unescaped-quotes", "type": "custom", "files": ["src/csv.ts"]}]`}
	for _, c := range []struct {
		file, agent, purpose string
		diagnosed            bool
	}{
		{"diagnose", "gem-debugger", failure.ForDiagnosis, true},
		{"evidence", "gem-debugger", failure.ForEvidence, true},
		{"fix", "gem-implementer", failure.ForFix, true},
		{"fix-mobile", "gem-implementer-mobile", failure.ForFix, true},
		{"fix-docs", "gem-documentation-writer", failure.ForFix, true},
		{"fix-test", "gem-implementer", failure.ForTestFix, true},
		{"lint", "gem-implementer", failure.ForLint, true},
		{"verify", "gem-reviewer", failure.ForReverify, false},
		{"verify-browser", "gem-browser-tester", failure.ForReverify, false},
		{"replan", "gem-planner", failure.ForReplan, false},
		{"replan-critic", "gem-critic", failure.ForReplan, false},
	} {
		t.Run(c.file, func(t *testing.T) {
			in := wholeInput(t)
			in.Purpose, in.Fields = c.purpose, StepFields(c.purpose, handed)
			if c.purpose == failure.ForReplan {
				doc, problems := plan.Parse("scope", []byte("planning_scope: {current_plan: given.yaml, plan_path: draft.yaml, keep_completed: [a]}"), plan.Limits{})
				require.Empty(t, problems)
				in.Fields = doc.Root
			}
			got := Brief(c.agent, in)
			file := filepath.Join("testdata", "brief", "remedy", c.file+".md")
			if *update {
				require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
				require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			assert.Equal(t, string(want), got)
			assert.Equal(t, c.diagnosed, strings.Contains(got, "root_cause: handed on"), "who is given the diagnosis")
			assert.Equal(t, c.purpose == failure.ForLint, strings.Contains(got, "no-unescaped-quotes"), "who is given the linter's rules")
			assert.NotContains(t, got, "hunter2")
		})
	}
}

func TestWhatCannotBeReadIsNotHandedOn(t *testing.T) {
	assert.Nil(t, StepFields(failure.ForFix, nil))
	assert.Nil(t, StepFields(failure.ForFix, map[string]string{"debugger_diagnosis": "{"}))
	assert.Nil(t, StepFields(failure.ForFix, map[string]string{"lint_rule_recommendations": "[1]"}))
	got := StepFields(failure.ForFix, map[string]string{"debugger_diagnosis": `{"c": 1}`})
	assert.Equal(t, "1", got.Get("debugger_diagnosis").Get("c").Text)
}
