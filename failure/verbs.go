package failure

// The verbs that Decide looks at. The others are for whoever carries out a recipe, or for people.
const (
	retrySame    = "retry_same_operation"
	ifStillFails = "if_still_fails"
	delegate     = "delegate"
	sendEvidence = "send_tester_evidence_to"
	markTask     = "mark_task"
	addFlag      = "add_flag"
	skipPlatform = "skip_platform_test"
	escalateTo   = "escalate_to_user"
	keepApproval = "persist_approval_state"
	presentTo    = "present_to_user"

	thenFail = "fail"
)

// verb is one action that a policy file may name, and what may stand beside it.
type verb struct {
	name string
	// bare: it takes no value. agent: its value is an agent. Otherwise the value is free, or one of values.
	bare, agent bool
	values      []string
	// keys may stand in the verb's own mapping (include, target), beside may stand next to it (purpose).
	keys, beside []string
}

// verbs are the actions of the gem-orchestrator document, in its order.
func verbs() []verb {
	return []verb{
		{name: retrySame, bare: true},
		{name: ifStillFails, values: []string{"escalate", thenFail}},
		{name: delegate, agent: true, beside: []string{"purpose"}},
		{name: "repeat_until"},
		{name: "continue_from"},
		{name: markTask, values: []string{"blocked", "completed", "failed", "skipped"}},
		{name: escalateTo, bare: true, keys: []string{"include"}},
		{name: "log_issue", bare: true},
		{name: addFlag},
		{name: sendEvidence, agent: true},
		{name: "if_app_behavior_valid"},
		{name: "else"},
		{name: "log_platform_and_issue", bare: true},
		{name: skipPlatform, bare: true},
		{name: "continue_wave", bare: true},
		{name: keepApproval, bare: true, keys: []string{"include", "target"}},
		{name: presentTo, bare: true, keys: []string{"include"}},
		{name: "on_approved"},
		{name: "on_denied"},
	}
}

// stands lists the agents that can play a part which a policy names without naming an agent.
func stands(part string) []string {
	switch part {
	case "suitable_implementer":
		return []string{"gem-implementer", "gem-implementer-mobile"}
	case "suitable_reviewer_or_tester":
		return []string{"gem-reviewer", "gem-browser-tester", "gem-mobile-tester"}
	}
	return []string{part}
}
