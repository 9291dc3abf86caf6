package agents

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/failure"
)

// meaning is what a report comes to for a run, in the order in which a driver looks.
func meaning(r Report) string {
	switch {
	case r.NeedsApproval != nil:
		return "approval"
	case len(r.Questions) > 0:
		return "questions"
	case r.Failure != nil:
		return string(failure.Classify(*r.Failure, nil).Kind)
	case r.Flag != "":
		return "completed, " + r.Flag
	}
	return "completed"
}

// replies are one or more replies of each role in each era of the format: that of the gem-orchestrator document
// (June 2026, "seed"), the latest (August), and the first, with most keys in extra (until May). They are written
// as models write: with prose, fences, comments and slips.
var replies = []struct {
	role, era string
	reply     string
	means     string
	want      Report
}{
	{"gem-researcher", "seed", "I looked around.\n```json\n{\"status\": \"completed\", \"plan_id\": \"p\", \"task_id\": \"T1\", \"complexity\": \"medium\", \"tldr\": \"two callers\", \"coverage_percent\": 80, \"decision_blockers\": [\"which API?\"], \"open_questions\": [\"cache?\"], \"gaps\": [], \"confidence\": 0.85,}\n```",
		"completed", Report{Summary: "two callers", Confidence: 0.85}},
	{"gem-researcher", "latest", `{"status": "completed", "task_id": "T1", "mode": "deep", "next_action": "needs_input", "tldr": "two ways", "relevant_context": ["db/"], "next_questions": ["which database?"], "learn": [{"text": "tests are slow", "confidence": 0.95}]}`,
		"questions", Report{Summary: "two ways", Learn: []string{"tests are slow"}, Questions: []Question{{Text: "which database?"}}}},
	{"gem-researcher", "latest", `{"status": "completed", "mode": "scan", "next_action": "return_findings", "next_questions": ["nice to know?"], "blockers": []}`,
		"completed", Report{}},

	{"gem-planner", "seed", `{"status":"completed","plan_id":"20260610-x","complexity":"complex","task_count":7,"wave_count":3,"prd_update_recommended":false,"quality_overall":0.93,"envelope_path":"docs/plan/20260610-x/context_envelope.json"}`,
		"completed", Report{}},
	{"gem-planner", "latest", `{"status": "needs_revision", "plan_id": "p", "plan_path": "docs/plan/p/plan.yaml", "fail": "needs_replan", "complexity": "HIGH", "risk_signals": ["auth_change"], "complexity_reason": "touches login"}`,
		"needs_replan", Report{Failure: &failure.Observation{Status: "needs_revision", Reported: "needs_replan", Message: "the agent reported needs_revision: needs_replan"}}},

	{"gem-implementer", "first", `{"status": "failed", "task_id": "T1", "summary": "2 of 9 fail", "failure_type": "fixable", "extra": {"execution_details": {"files_modified": 2, "time_elapsed": "3m"}, "test_results": {"total": 9, "passed": 7, "failed": 2, "coverage": "80%"}}}`,
		"fixable", Report{Summary: "2 of 9 fail", Tests: Tests{7, 2}, Failure: &failure.Observation{Status: "failed", Reported: "fixable", Message: "2 of 9 fail"}}},
	{"gem-implementer", "seed", "{\"status\": \"in_progress\", \"task_id\": \"T1\"}\nstill at it\n{\"status\": \"completed\", \"task_id\": \"T1\", \"files\": {\"modified\": [\"src/a.ts\"], \"created\": [\"src/b.ts\"]}, \"tests\": {\"passed\": 12, \"failed\": 0}, \"confidence\": 0.95, \"learn\": [\"use tabs\"]}",
		"completed", Report{Confidence: 0.95, Files: []string{"src/a.ts", "src/b.ts"}, Tests: Tests{12, 0}, Learn: []string{"use tabs"}}},
	{"gem-implementer", "seed", `{"status":"failed","task_id":"T1","fail":"transient"}`,
		"transient", Report{Failure: &failure.Observation{Status: "failed", Reported: "transient", Message: "the agent reported failed: transient"}}},
	{"gem-implementer", "latest", "{\n  \"status\": \"blocked\", // no account\n  \"task_id\": \"T1\",\n  \"blocked_reason\": \"the registry wants a login\"\n  \"confidence\": 0.0-1.0\n}",
		"escalate", Report{Failure: &failure.Observation{Status: "blocked", Message: "the registry wants a login"}}},
	{"gem-implementer", "latest", `{'status': 'needs_retry', 'task_id': 'T1', 'summary': 'npm was away',}`,
		"transient", Report{Summary: "npm was away", Failure: &failure.Observation{Status: "needs_retry", Message: "npm was away"}}},

	{"gem-implementer-mobile", "seed", `{"status": "completed", "fail": "platform_specific", "files": {"modified": ["App.tsx"]}, "platforms": {"ios": "pass", "android": "skipped"}}`,
		"completed, platform_specific", Report{Files: []string{"App.tsx"}, Flag: "platform_specific"}},

	{"gem-reviewer", "seed", `{"status": "needs_revision", "scope": "plan", "critical_findings": ["HIGH plan.yaml:12 — no test"], "files_reviewed": 3, "acceptance_criteria_met": ["a"], "acceptance_criteria_missing": ["b"], "prd_score": 70}`,
		"fixable", Report{Findings: []string{"HIGH plan.yaml:12 — no test"}, Failure: &failure.Observation{Status: "needs_revision", Message: "HIGH plan.yaml:12 — no test"}}},
	{"gem-reviewer", "latest", `{"status": "completed", "review_mode": "critic", "review_target": "integration", "review_scope": "affected", "verdict": "warning", "regression_risk": "LOW", "warnings": 1, "critical_findings": [],
		"security_findings": [{"severity": "LOW", "file": "a.go", "line": 7, "finding": "path from outside", "impact": "i", "remediation": "r", "verification": "v"}], "critic_verdict": "proceed", "challenges": ["why now?"]}`,
		"completed", Report{Findings: []string{"LOW a.go:7 — path from outside"}}},
	{"gem-reviewer", "latest", `{"status": "needs_revision", "review_mode": "critic", "verdict": "blocking", "critic_verdict": "needs_input", "decision_blockers": ["keep v1?"]}`,
		"questions", Report{Questions: []Question{{Text: "keep v1?"}}, Failure: &failure.Observation{Status: "needs_revision", Message: "the agent reported needs_revision"}}},

	{"gem-critic", "seed", `{"status": "completed", "verdict": "blocking", "blocking": 2, "warnings": 1, "suggestions": 0, "top_findings": ["no rollback", "two owners"]}`,
		"completed", Report{Findings: []string{"no rollback", "two owners"}}},

	{"gem-debugger", "seed", `{"status": "completed", "task_id": "T1", "root_cause": "stale cookie", "target_files": ["src/auth.ts"], "fix_recommendations": "clear it", "reproduction_confirmed": true, "lint_rule_recommendations": [{"name": "no-x", "type": "custom", "files": ["a"]}], "confidence": "90%"}`,
		"completed", Report{Confidence: 0.9, Handoff: map[string]string{
			"debugger_diagnosis":        `{"fix_recommendations":"clear it","reproduction_confirmed":true,"root_cause":"stale cookie","target_files":["src/auth.ts"]}`,
			"lint_rule_recommendations": `[{"files":["a"],"name":"no-x","type":"custom"}]`}}},
	{"gem-debugger", "latest", `{"status": "needs_revision", "clarification_needed": true, "questions": ["which browser?"], "handoff": {"debugger_diagnosis": {"root_cause": "?", "reproduction": {"steps": ["open"], "expected": "a", "actual": "b"}}}}`,
		"questions", Report{Questions: []Question{{Text: "which browser?"}}, Failure: &failure.Observation{Status: "needs_revision", Message: "the agent reported needs_revision"},
			Handoff: map[string]string{"debugger_diagnosis": `{"reproduction":{"actual":"b","expected":"a","steps":["open"]},"root_cause":"?"}`}}},

	{"gem-devops", "seed", `{"status": "needs_approval", "environment": "production", "approval_needed": true, "approval_reason": "deploys to production", "approval_state": "pending"}`,
		"approval", Report{NeedsApproval: &Question{Text: "deploys to production"}, Failure: &failure.Observation{Status: "needs_approval", Message: "deploys to production"}}},
	{"gem-devops", "seed", `{"status": "completed", "environment": "staging", "approval_needed": false, "approval_state": "not_required", "health_check": "pass"}`,
		"completed", Report{}},
	{"gem-devops", "latest", `{"status": "failed", "fail": "escalate", "health_check": "not_applicable", "evidence_path": "docs/plan/p/evidence/"}`,
		"escalate", Report{Failure: &failure.Observation{Status: "failed", Reported: "escalate", Message: "the agent reported failed: escalate"}}},

	{"gem-browser-tester", "seed", `{"status": "failed", "fail": "test_bug", "flows": {"passed": 3, "failed": 1}, "console_errors": 2, "network_failures": 0, "a11y_issues": 1, "failures": ["export: button not found"], "evidence_path": "e/"}`,
		"test_bug", Report{Tests: Tests{3, 1}, Findings: []string{"export: button not found"}, Failure: &failure.Observation{Status: "failed", Reported: "test_bug", Message: "export: button not found"}}},
	{"gem-browser-tester", "latest", `{"status": "failed", "fail": "regression", "flows": {"passed": 0, "failed": 2}, "failures": [{"scenario": "login", "file": "login.spec.ts"}]}`,
		"regression", Report{Tests: Tests{0, 2}, Findings: []string{"login.spec.ts — login"}, Failure: &failure.Observation{Status: "failed", Reported: "regression", Message: "login.spec.ts — login"}}},

	{"gem-mobile-tester", "seed", `{"status": "completed", "fail": "flaky", "tests": {"ios": {"passed": 4, "failed": 0}, "android": {"passed": 3, "failed": 1}}, "failures": 1, "crashes": 0, "flaky": 1, "evidence_path": "e/"}`,
		"completed, flaky", Report{Tests: Tests{7, 1}, Flag: "flaky"}},
	{"gem-mobile-tester", "latest", `{"status": "failed", "fail": "platform_specific", "tests": {"ios": {"passed": 1, "failed": 1}}, "crashes": ["SIGABRT on start"]}`,
		"platform_specific", Report{Tests: Tests{1, 1}, Findings: []string{"SIGABRT on start"}, Failure: &failure.Observation{Status: "failed", Reported: "platform_specific", Message: "SIGABRT on start"}}},

	{"gem-code-simplifier", "seed", `{"status": "completed", "files_changed": ["a.ts", {"path": "b.ts"}], "lines_removed": 40, "lines_changed": 12, "tests_passed": true, "preserved_behavior": true, "assumptions": ["no callers outside"]}`,
		"completed", Report{Files: []string{"a.ts", "b.ts"}}},
	{"gem-code-simplifier", "latest", `{"status": "failed", "fail": "new_failure", "files_changed": 0, "tests_passed": false, "summary": "a test broke"}`,
		"new_failure", Report{Summary: "a test broke", Failure: &failure.Observation{Status: "failed", Reported: "new_failure", Message: "a test broke"}}},

	{"gem-documentation-writer", "seed", `{"status": "completed", "created": ["docs/a.md"], "updated": ["README.md"], "envelope_version": 2, "parity_check": "passed"}`,
		"completed", Report{Files: []string{"docs/a.md", "README.md"}}},
	{"gem-documentation-writer", "first", `{"status": "completed", "task_id": "T", "summary": "done", "learnings": {"facts": ["f"], "patterns": [], "conventions": ["c"]}, "extra": {"docs_created": [{"path": "a.md", "title": "A"}], "parity_verified": true, "confidence": 0.8}}`,
		"completed", Report{Summary: "done", Confidence: 0.8, Learn: []string{"f", "c"}}},
	{"gem-documentation-writer", "latest", `{"status": "blocked", "blocked_reason": "the code says otherwise", "fail": "needs_replan", "created": [], "updated": []}`,
		"needs_replan", Report{Failure: &failure.Observation{Status: "blocked", Reported: "needs_replan", Message: "the code says otherwise"}}},

	{"gem-skill-creator", "seed", `{"status": "completed", "created": 1, "skipped": 2, "paths": ["skills/x/SKILL.md"]}`,
		"completed", Report{Files: []string{"skills/x/SKILL.md"}}},
	{"gem-skill-creator", "latest", `{"status": "completed", "paths": []}`, "completed", Report{}},

	{"gem-designer", "seed", `{"status": "needs_revision", "mode": "validate", "a11y_pass": false, "validation_passed": false, "critical_issues": ["contrast 2.1"], "design_path": "docs/DESIGN.md", "confidence": 0.7}`,
		"fixable", Report{Confidence: 0.7, Findings: []string{"contrast 2.1"}, Failure: &failure.Observation{Status: "needs_revision", Message: "contrast 2.1"}}},
	{"gem-designer-mobile", "seed", `{"status": "completed", "mode": "create", "platform": "ios", "platform_compliance": {"ios": "pass"}, "a11y_pass": true, "validation_passed": true, "design_path": "docs/DESIGN.md"}`,
		"completed", Report{}},
}

func TestRepliesOfEveryRoleAndEraMeanWhatTheySay(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range replies {
		t.Run(c.role+"/"+c.era, func(t *testing.T) {
			got, err := ParseReport([]byte(c.reply))
			require.Nil(t, err)
			assert.NotEmpty(t, got.Raw)
			got.Raw = nil
			assert.Equal(t, c.want, got)
			assert.Equal(t, c.means, meaning(got))
		})
		seen[c.role+" "+c.era] = true
	}
	for _, r := range Catalogue() {
		assert.True(t, seen[r.Name+" seed"], "%s has no reply here", r.Name)
		switch r.Name {
		case "gem-critic", "gem-designer", "gem-designer-mobile", "gem-implementer-mobile":
			// The latest era does without them.
		default:
			assert.True(t, seen[r.Name+" latest"], "%s has no reply of the latest era here", r.Name)
		}
	}
}
