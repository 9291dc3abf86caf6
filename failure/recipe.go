package failure

import (
	"fmt"
	"strings"
)

// What a step of a remedy is for. Beside these a policy may give purposes of its own.
const (
	ForDiagnosis = "diagnosis"
	ForFix       = "apply_fix"
	ForReverify  = "reverify"
	// ForEvidence: a debugger judges a tester's evidence: is it the test that is wrong, or the application?
	ForEvidence = "evidence"
	// ForTestFix: the test or its fixture is mended, not the application.
	ForTestFix = "fix_test_or_fixture"
	// ForLint: the rules are written that a debugger recommends, so that the linter finds the like next time.
	ForLint = "lint_rules"
	// ForLearnings and ForCommit come after a gate that passed: what was learnt is written down, what was done is
	// committed.
	ForLearnings = "persist_learnings"
	ForCommit    = "commit"
	// ForReplan: a planner revises the plan, and the task begins again as the new one has it.
	ForReplan = "revise_plan"
)

// The names of fields that a remedy's step hands on to those behind it.
const (
	FieldDiagnosis = "debugger_diagnosis"
	FieldLint      = "lint_rule_recommendations"
	// FieldFindings are what was found of a revised plan that could not be taken.
	FieldFindings = "plan_findings"
)

// doAgain is the name of the step that is the task's own work.
const doAgain = "do"

// recipe makes the steps of an attempt of a rule's actions; missing is an agent that is wanted and not there.
//
// The last step is always one that shows whether the task is done: a reviewer's or tester's word, or the task's own
// work done again. For a command that is the command; where the rule wants somebody suitable, nobody else is asked,
// and the same holds where nobody is there but acceptance commands are. A recipe that revises the plan ends with that.
func (r Rule) recipe(at Case, can Abilities) (steps []Step, missing *Hand) {
	names := map[string]int{}
	add := func(s Step) {
		s.Name = nameOf(s)
		if names[s.Name]++; names[s.Name] > 1 {
			s.Name = fmt.Sprintf("%s.%d", s.Name, names[s.Name])
		}
		steps = append(steps, s)
	}
	checked := false
	give := func(part, purpose string) {
		hand := can.who(part)
		if part == suitableChecker && can.Command {
			add(Step{Do: retrySame, Purpose: purpose})
			checked = true
			return
		}
		if part == suitableChecker && !hand.Ready && at.Accept > 0 {
			checked = true
			return
		}
		if !hand.Ready && missing == nil {
			missing = &hand
		}
		add(Step{Do: delegate, Agent: hand.Agent, Class: hand.Class, Providers: hand.Providers, Purpose: purpose})
		checked = purpose == ForReverify && !can.Command
	}
	for _, step := range r.Actions {
		switch step.Do {
		case delegate:
			if normal(step.Purpose) == ForReplan {
				give(step.Agent, ForReplan)
				return steps, missing
			}
			give(step.Agent, step.Purpose)
		case continueFrom:
			// Whoever had the last word, whatever its purpose is called, has made the plan to go on from.
			n := len(steps) - 1
			if n < 0 || steps[n].Do != delegate {
				give(planner, ForReplan)
			} else {
				steps[n].Purpose = ForReplan
				steps[n].Name = nameOf(steps[n])
			}
			return steps, missing
		case sendEvidence:
			give(step.Agent, ForEvidence)
		case ifAppValid:
			give(suitableFixer, ForTestFix)
		case retrySame:
			if len(steps) > 0 {
				add(Step{Do: retrySame})
				checked = true
			}
		}
	}
	if missing != nil {
		return nil, missing
	}
	if !checked || len(steps) == 0 {
		add(Step{Do: retrySame})
	}
	return withLint(steps, can), nil
}

// withLint puts behind each fix the rules for the linter that a diagnosis before it may recommend. They come before
// what is checked last, so that it is checked with them.
func withLint(steps []Step, can Abilities) []Step {
	hand := can.who(suitableFixer)
	diagnosed := false
	for i, s := range steps {
		switch s.Purpose {
		case ForDiagnosis, ForEvidence:
			diagnosed = true
		case ForFix, ForTestFix:
			if !diagnosed || !hand.Ready {
				continue
			}
			lint := Step{Do: delegate, Agent: hand.Agent, Class: hand.Class, Providers: hand.Providers, Purpose: ForLint, Name: "lint", If: FieldLint}
			return append(append(steps[:i+1:i+1], lint), steps[i+1:]...)
		}
	}
	return steps
}

// nameOf is a step's name, of which files and logs have theirs.
func nameOf(s Step) string {
	if s.Do == retrySame {
		return doAgain
	}
	switch s.Purpose {
	case ForDiagnosis, ForEvidence:
		return "diagnose"
	case ForFix, ForTestFix:
		return "fix"
	case ForReverify:
		return "verify"
	case ForReplan:
		return "replan"
	}
	var b strings.Builder
	for _, c := range normal(s.Purpose) {
		if (c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_') && b.Len() < 40 {
			b.WriteRune(c)
		}
	}
	if name := b.String(); name != "" && name != doAgain && name != "accept" {
		return name
	}
	return delegate
}

// told is a recipe in a few words, for people.
func told(steps []Step) string {
	var parts []string
	for _, s := range steps {
		switch {
		case s.If != "":
		case s.Agent == "":
			parts = append(parts, "its own work again")
		default:
			parts = append(parts, s.Name+" by "+s.Agent)
		}
	}
	return strings.Join(parts, ", ")
}

// Diagnosed reports whether what was observed of a step for this purpose is no failure after all: an agent that
// diagnoses and completes may name the kind of what it looked at. What it says must be done by others (another plan, a
// person, and of a tester's evidence that the application is at fault) is one all the same.
func (o Observation) Diagnosed(purpose string) bool {
	switch normal(o.Status) {
	case "completed", "complete", "done", "success", "succeeded":
	default:
		return false
	}
	if o.Exit != 0 || o.Signal != "" || o.Timeout != "" {
		return false
	}
	kind, _ := kindOf(o.Reported)
	switch kind {
	case NeedsReplan, Escalate, NeedsApproval:
		return false
	case Regression, NewFailure:
		return purpose == ForDiagnosis
	}
	return purpose == ForDiagnosis || purpose == ForEvidence
}
