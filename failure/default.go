package failure

// Default is billow's own policy, that of the gem-orchestrator document: policy.yaml in Go, because to read that takes
// longer than to read most plans.
func Default() Policy {
	return Policy{
		Transient: {RetryLimit: 3, Actions: []Step{{Do: retrySame}, {Do: ifStillFails, Arg: escalates}}},
		Fixable:   {RetryLimit: 3, Actions: append(mending(), Step{Do: "repeat_until", Arg: "fixed_or_retry_limit_reached"})},
		NeedsReplan: {RetryLimit: 3, Actions: []Step{{Do: delegate, Agent: planner, Purpose: "revise_plan"},
			{Do: continueFrom, Arg: "revised_plan"}}},
		Escalate: {Actions: []Step{{Do: markTask, Arg: "blocked"},
			{Do: escalateTo, Include: []string{"reason", "required_input", "recommended_next_step"}}}},
		Flaky: {RetryLimit: 1, Actions: []Step{{Do: logIssue}, {Do: markTask, Arg: "completed"}, {Do: addFlag, Arg: "flaky"}}},
		TestBug: {RetryLimit: 1, Actions: []Step{{Do: sendEvidence, Agent: "gem-debugger"}, {Do: ifAppValid, Arg: "fix_test_or_fixture"},
			{Do: orElse, Arg: "classify_as_regression_or_new_failure"}}},
		Regression:       {RetryLimit: 1, Actions: mending()},
		NewFailure:       {RetryLimit: 1, Actions: mending()},
		PlatformSpecific: {Actions: []Step{{Do: logPlatform}, {Do: skipPlatform}, {Do: "continue_wave"}}},
		NeedsApproval: {Actions: []Step{
			{Do: keepApproval, Arg: "docs/plan/{plan_id}/plan.yaml", Include: []string{"task_id", "approval_reason", "approval_state"}},
			{Do: presentTo, Include: []string{"context", "risk", "requested_decision"}},
			{Do: "on_approved", Arg: "re_delegate_task"}, {Do: "on_denied", Arg: "mark_task_blocked"}}},
	}
}

// mending is what is done about work that is wrong.
func mending() []Step {
	return []Step{{Do: delegate, Agent: "gem-debugger", Purpose: ForDiagnosis}, {Do: delegate, Agent: suitableFixer, Purpose: "apply_fix"},
		{Do: delegate, Agent: suitableChecker, Purpose: "reverify"}}
}

// Latest is the policy of the document's latest version, latest.yaml laid over Default. Beside Default it is stricter
// about what may count as completed: flaky work, and work that fails on one platform, passes only where acceptance
// commands have shown that it is done, and is blocked otherwise; and a plan is revised twice, not three times.
func Latest() Policy {
	return Policy{
		NeedsReplan: {RetryLimit: 2},
		Flaky: {LimitUnset: true, Actions: []Step{{Do: logIssue}, {Do: ifCriteriaPass, Arg: "completed"}, {Do: addFlag, Arg: "flaky"},
			{Do: orElse, Arg: escalates}}},
		PlatformSpecific: {LimitUnset: true, Actions: []Step{{Do: logPlatform}, {Do: ifCriteriaPass, Arg: "completed"},
			{Do: addFlag, Arg: "platform_specific"}, {Do: "continue_wave"}, {Do: orElse, Arg: escalates}}},
	}.Over(Default())
}
