package failure

// The verbs that Decide looks at. The others are for people.
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
	logIssue     = "log_issue"
	logPlatform  = "log_platform_and_issue"
	continueFrom = "continue_from"
	ifAppValid   = "if_app_behavior_valid"
	orElse       = "else"
	// ifCriteriaPass is not in the document: its latest version lets a flaky task pass, and one that fails on one
	// platform, only where what it must fulfil has been seen to hold.
	ifCriteriaPass = "if_criteria_pass"

	thenFail  = "fail"
	escalates = "escalate"
)

// The parts that a policy gives without naming an agent, and who revises a plan where it names nobody.
const (
	suitableFixer   = "suitable_implementer"
	suitableChecker = "suitable_reviewer_or_tester"
	planner         = "gem-planner"
)

// firstOf is the agent that is wanted for a part where nobody says who plays it.
func firstOf(part string) string {
	switch part {
	case suitableFixer:
		return "gem-implementer"
	case suitableChecker:
		return "gem-reviewer"
	}
	return part
}

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

// Verbs are the actions of the gem-orchestrator document, in its order, and one of its latest version.
func Verbs() []Verb {
	return []Verb{
		{Name: retrySame, Bare: true},
		{Name: ifStillFails, Values: []string{escalates, thenFail}},
		{Name: delegate, Agent: true, Beside: []string{"purpose"}},
		{Name: "repeat_until"},
		{Name: continueFrom},
		{Name: markTask, Values: []string{"blocked", "completed", "failed", "skipped"}},
		{Name: escalateTo, Bare: true, Keys: []string{"include"}},
		{Name: logIssue, Bare: true},
		{Name: addFlag},
		{Name: sendEvidence, Agent: true},
		{Name: ifAppValid},
		{Name: orElse},
		{Name: logPlatform, Bare: true},
		{Name: skipPlatform, Bare: true},
		{Name: "continue_wave", Bare: true},
		{Name: keepApproval, Bare: true, Keys: []string{"include", "target"}},
		{Name: presentTo, Bare: true, Keys: []string{"include"}},
		{Name: "on_approved"},
		{Name: "on_denied"},
		{Name: ifCriteriaPass, Values: []string{"completed"}},
	}
}
