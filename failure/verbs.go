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

// Verb is one action that a policy file may name, and what may stand beside it.
type Verb struct {
	// Name is the action, as `retry_same_operation`.
	Name string
	// Bare: it takes no value. Agent: its value is an agent. Otherwise the value is free, or one of Values.
	Bare, Agent bool
	Values      []string
	// Keys may stand in the verb's own mapping (include, target), Beside may stand next to it (purpose).
	Keys, Beside []string
}

// Verbs are the actions of the gem-orchestrator document, in its order.
func Verbs() []Verb {
	return []Verb{
		{Name: retrySame, Bare: true},
		{Name: ifStillFails, Values: []string{"escalate", thenFail}},
		{Name: delegate, Agent: true, Beside: []string{"purpose"}},
		{Name: "repeat_until"},
		{Name: "continue_from"},
		{Name: markTask, Values: []string{"blocked", "completed", "failed", "skipped"}},
		{Name: escalateTo, Bare: true, Keys: []string{"include"}},
		{Name: "log_issue", Bare: true},
		{Name: addFlag},
		{Name: sendEvidence, Agent: true},
		{Name: "if_app_behavior_valid"},
		{Name: "else"},
		{Name: "log_platform_and_issue", Bare: true},
		{Name: skipPlatform, Bare: true},
		{Name: "continue_wave", Bare: true},
		{Name: keepApproval, Bare: true, Keys: []string{"include", "target"}},
		{Name: presentTo, Bare: true, Keys: []string{"include"}},
		{Name: "on_approved"},
		{Name: "on_denied"},
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
