package failure

import (
	"fmt"
	"strings"
)

// Rules are a plan's own rules for the kind of a failure. The text is the rule's expression as the plan has
// it; ok is false where no rule holds.
type Rules func(o Observation) (kind Kind, text string, ok bool)

// Classify says which kind a failure is, and by what. It asks in this order and stops at the first that
// answers:
//
//   - the agent's own report: the kind it gave ("report"), else its status ("status"). An agent that wants
//     an approval is believed before anything else;
//   - the plan's rules, nil for none ("plan: <expression>");
//   - known patterns ("pattern: <name>"; see Patterns);
//   - else it is a NewFailure ("default").
func Classify(o Observation, rules Rules) Signal {
	sig := Signal{Kind: NewFailure, Rule: "default", Message: o.message(), RequiredInput: o.RequiredInput,
		NextStep: o.NextStep, Platform: o.Platform}
	if o.Exited {
		sig.Exit = o.Exit
	}
	if kind, rule, ok := o.reported(); ok {
		sig.Kind, sig.Rule = kind, rule
		return sig
	}
	if rules != nil {
		if kind, text, ok := rules(o); ok {
			sig.Kind, sig.Rule = kind, "plan: "+text
			return sig
		}
	}
	if p, line, ok := o.match(); ok {
		sig.Kind, sig.Rule = p.Kind, "pattern: "+p.Name
		sig.Message = p.message(sig.Message, line)
		if p.Limit {
			sig.RetryIn = waitIn(line, o.At)
			sig.Quota = o.Provider != "" || p.Resets && sig.RetryIn > 0
			if sig.Quota {
				sig.Provider = o.Provider
			}
		}
	}
	return sig
}

// reported is the kind the agent itself gave, in the words of any era of the report format.
func (o Observation) reported() (kind Kind, rule string, ok bool) {
	byStatus, hasStatus := map[string]Kind{
		"needs_retry":    Transient,
		"needs_revision": Fixable,
		"needs_replan":   NeedsReplan,
		"spec_rejected":  NeedsReplan,
		"needs_approval": NeedsApproval,
		"blocked":        Escalate,
		"escalate":       Escalate,
		"needs_input":    Escalate,
	}[normal(o.Status)]
	kind, named := kindOf(o.Reported)
	switch {
	case byStatus == NeedsApproval:
		return NeedsApproval, "status", true
	case named:
		return kind, "report", true
	case hasStatus:
		return byStatus, "status", true
	}
	return "", "", false
}

// message says in one line what happened, where nobody else did.
func (o Observation) message() string {
	switch {
	case o.Message != "":
		return o.Message
	case o.Timeout == "total":
		return "the time limit has passed"
	case o.Timeout == "first_output":
		return "nothing was printed in the time allowed for the first output"
	case o.Timeout == "idle":
		return "nothing more was printed in the time allowed between outputs"
	case o.Timeout != "":
		return "the deadline " + o.Timeout + " has passed"
	case o.Signal != "":
		return "ended by the signal " + o.Signal
	case o.Exited:
		return fmt.Sprintf("exit status %d", o.Exit)
	case o.Reported != "" || o.Status != "":
		return "the agent reported " + strings.TrimSpace(o.Status+" "+o.Reported)
	}
	return "no result"
}

// match finds the first pattern that holds for what was observed, and the line that it was found in.
func (o Observation) match() (Pattern, string, bool) {
	lines := []string{o.Message}
	// An agent that gave a report has seen its own output; what it printed is its work, not its failure.
	if o.Status == "" && o.Reported == "" {
		lines = append(lines, tail(o.Output)...)
	}
	for _, p := range Patterns() {
		// A process that billow ended at a deadline was not killed by anything that trying again may avoid.
		if o.Timeout == "" && (p.Signal != "" && p.Signal == o.Signal || p.Exit != 0 && o.Exited && p.Exit == o.Exit) {
			return p, p.find(lines), true
		}
		for _, line := range lines {
			if p.holds(line) {
				return p, line, true
			}
		}
	}
	return Pattern{}, "", false
}
