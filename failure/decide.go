package failure

import (
	"fmt"
	"time"
)

// Abilities is what a remedy can count on.
type Abilities struct {
	// Who says who plays a part of a policy: an agent by its name, suitable_implementer or
	// suitable_reviewer_or_tester; nil means that nobody plays any.
	Who func(part string) Hand
	// Command is true where the task's own work is a command: to run it again shows better than anybody's word
	// whether the task is mended.
	Command bool
}

// Hand is who plays a part.
type Hand struct {
	// Agent is the agent's name; where Ready is false, the one that was wanted and is not configured.
	Agent string
	Ready bool
	// Class is the limit its work falls under, Providers are the services by which it can be reached; see Step.
	Class     string
	Providers []string
}

func (a Abilities) who(part string) Hand {
	if a.Who == nil {
		return Hand{Agent: firstOf(part)}
	}
	return a.Who(part)
}

// Case is where a failure happened.
type Case struct {
	// Uses is how often each kind has been counted for the task before.
	Uses map[Kind]int
	// Accept is the number of acceptance commands of the task, Left how many of them come after the step that
	// failed; Acceptance is true where the step that failed is one.
	Accept, Left int
	Acceptance   bool
	// Under is the remedy that is under way, nil for plain work.
	Under *Under
	// Promise is the remedy, a Complete, that waits for the acceptance commands of this attempt; nil for none.
	Promise *Remedy
}

// Under is a remedy under way.
type Under struct {
	// Kind is what it is a remedy for.
	Kind Kind
	// Steps are those to go on with when it goes on: the step that failed and those behind it. Where acceptance
	// failed they begin with the last step before it.
	Steps []Step
	// Tries is how often the step has been tried again for transient failures.
	Tries int
}

const (
	firstDelay   = time.Second
	longestDelay = time.Minute
	// quotaPause is the wait for a provider that gave no reset time.
	quotaPause = 5 * time.Minute
)

// Decide says what is done about a failure. The rules, in this order:
//
//   - a provider's pause (Signal.Quota): Retry when it is over, not counted;
//   - no rule for the kind: Block, a person must decide;
//   - an approval: Block, however often it came;
//   - steps for other agents: Recipe, counted, up to RetryLimit times. Where an agent is not configured: Fail, and
//     Wants names it, for a plain CI plan has no debugger and a person gains nothing from a blocked shell task;
//   - fewer than RetryLimit before: Retry after 1, 2, 4 ... s, counted;
//   - used up: what the rule ends with (if_still_fails, mark_task, skip_platform_test), else Block. What is said
//     to be done after all, flaky or another platform's trouble, must pass the acceptance commands that are left.
//
// A rule with both retry_same_operation and steps for other agents retries first, hands over once, and ends with
// if_still_fails where it has that, without handing over. retry_same_operation behind the steps is the last of them.
// Where the plan is revised (purpose revise_plan, or continue_from), the recipe ends there: what comes then is as the
// new plan has it.
//
// A failure within a remedy under way: transient, or a pause, and the step is tried again on its own count; a lint
// rule that could not be written is passed over, and so is what follows a gate; an escalation, a wish for an approval or
// for another plan is what it always is, but for a planner's, whose plan that would be; so is a debugger's verdict that
// the application is at fault and not the test. Everything else ends the remedy as one use of the kind it was for.
//
// With the default policy and no agents that is, by earlier uses of the kind:
//
//	                   0                1         2, 3 ...
//	transient          retry            retry     retry, at 3 block
//	fixable            fail, wants gem-debugger
//	needs_replan       fail, wants gem-planner
//	escalate           block
//	flaky              retry            complete with the flag "flaky"
//	test_bug           fail, wants gem-debugger
//	regression         fail, wants gem-debugger
//	new_failure        fail, wants gem-debugger
//	platform_specific  skip with the flag "platform_specific"
//	needs_approval     block
//
// and with agents, in place of fail, a recipe: three times for fixable and needs_replan, once for the others, then block.
func (p Policy) Decide(sig Signal, at Case, can Abilities) Remedy {
	var r Remedy
	switch {
	case at.Under != nil:
		r = p.within(sig, at, can)
	case at.Promise != nil && !goesOnByItself(sig):
		r = Remedy{Action: at.Promise.Else, Flag: at.Promise.Flag, Kind: at.Promise.Kind,
			Reason: "acceptance did not pass, on which it was to count as completed" + then(at.Promise.Else)}
	default:
		r = p.plain(sig, at, can)
	}
	r.Log = r.Log || p[sig.Kind].logs()
	return r
}

// goesOnByItself reports whether a failure is no verdict on the work.
func goesOnByItself(sig Signal) bool {
	return sig.Quota || sig.Kind == Transient || sig.Kind == NeedsApproval
}

func then(a Action) string {
	if a == Skip {
		return ": skipped"
	}
	return ": a person must decide"
}

// plain decides about work that is no remedy.
func (p Policy) plain(sig Signal, at Case, can Abilities) Remedy {
	if sig.Quota {
		return Remedy{Action: Retry, Delay: pause(sig), Reason: paused}
	}
	rule, ok := p[sig.Kind]
	if !ok {
		return Remedy{Action: Block, Reason: fmt.Sprintf("the policy has no rule for %s: a person must decide", sig.Kind)}
	}
	c, prior := rule.course(sig.Kind), at.Uses[sig.Kind]
	switch {
	case c.approval:
		return Remedy{Action: Block, Reason: "somebody must agree before this goes on"}
	case c.recipe && (!c.retry || prior >= rule.RetryLimit && c.end == ""):
		return rule.delegated(sig, c, at, can)
	case prior < rule.RetryLimit:
		return Remedy{
			Action:  Retry,
			Delay:   max(rule.delay(prior), sig.RetryIn),
			Counted: true,
			Reason:  fmt.Sprintf("retry %d of %d for %s", prior+1, rule.RetryLimit, sig.Kind),
		}
	}
	return rule.ended(c, at)
}

const paused = "the provider's limit is reached; waiting for it is not counted as an attempt"

func pause(sig Signal) time.Duration {
	if sig.RetryIn > 0 {
		return sig.RetryIn
	}
	return quotaPause
}

// within decides about a failure of a remedy's step.
func (p Policy) within(sig Signal, at Case, can Abilities) Remedy {
	u := at.Under
	purpose := ""
	if len(u.Steps) > 0 && !at.Acceptance {
		purpose = u.Steps[0].Purpose
	}
	rule := p[sig.Kind]
	switch {
	case sig.Quota:
		return Remedy{Action: Recipe, Again: true, Kind: u.Kind, Steps: u.Steps, Delay: pause(sig), Reason: paused}
	case sig.Kind == Transient && u.Tries < rule.RetryLimit:
		return Remedy{Action: Recipe, Again: true, Counted: true, Kind: u.Kind, Steps: u.Steps,
			Delay: max(rule.delay(u.Tries), sig.RetryIn),
			Reason: fmt.Sprintf("the step is tried again, %d of %d; the remedy for %s goes on", u.Tries+1,
				rule.RetryLimit, u.Kind)}
	case purpose == ForLint:
		return Remedy{Action: Continue, Log: true, Reason: "the lint rules are left out; the remedy goes on"}
	case purpose == ForLearnings, purpose == ForCommit:
		return Remedy{Action: Continue, Log: true, Reason: "it is left out; the gate has passed"}
	case sig.Kind == Transient, sig.Kind == Escalate, sig.Kind == NeedsApproval, sig.Kind == NeedsReplan && purpose != ForReplan:
		uses := map[Kind]int{Transient: p[Transient].RetryLimit, NeedsReplan: at.Uses[NeedsReplan]}
		return p.plain(sig, Case{Uses: uses, Accept: at.Accept}, can)
	case purpose == ForEvidence && sig.Rule == "report" && (sig.Kind == Regression || sig.Kind == NewFailure):
		r := p.plain(sig, at, can)
		r.Reason = fmt.Sprintf("the test is right and the application is not: a %s; %s", sig.Kind, r.Reason)
		return r
	}
	first := sig
	first.Kind = u.Kind
	r := p.plain(first, at, can)
	r.Kind = u.Kind
	r.Reason = fmt.Sprintf("the remedy for %s did not help; %s", u.Kind, r.Reason)
	return r
}

// course is what the actions of a rule come down to.
type course struct {
	// retry: the operation itself is tried again first. recipe: other agents have steps in it.
	retry, recipe, approval bool
	// end is what happens once the retries are used up, "" where the rule does not say; otherwise is what happens
	// in its place where the criteria do not pass, and proven that they must, even where there are none to try.
	end, otherwise Action
	proven         bool
	flag           string
}

func (r Rule) course(kind Kind) course {
	var c course
	end := func(a Action) {
		if c.end == "" {
			c.end = a
		}
	}
	for _, step := range r.Actions {
		switch step.Do {
		case retrySame:
			c.retry = c.retry || !c.recipe
		case delegate, sendEvidence, continueFrom:
			c.recipe = true
		case keepApproval, presentTo:
			c.approval = true
		case ifStillFails:
			end(map[string]Action{escalates: Block, thenFail: Fail}[step.Arg])
		case markTask:
			end(map[string]Action{"blocked": Block, "completed": Complete, "failed": Fail, "skipped": Skip}[step.Arg])
		case escalateTo:
			end(Block)
		case ifCriteriaPass:
			end(Complete)
			c.proven = true
		case skipPlatform:
			if c.end == "" {
				c.end, c.otherwise, c.proven = Complete, Skip, true
			}
		case orElse:
			if step.Arg == escalates {
				c.otherwise = Block
			}
		case addFlag:
			c.flag = step.Arg
		}
	}
	if c.otherwise == "" {
		c.otherwise = Block
	}
	if c.flag == "" && (c.end == Skip || c.proven) {
		c.flag = string(kind)
	}
	return c
}

// logs reports whether a failure of the kind is put down as an issue.
func (r Rule) logs() bool {
	for _, step := range r.Actions {
		if step.Do == logIssue || step.Do == logPlatform {
			return true
		}
	}
	return false
}

func wants(hand Hand) Remedy {
	return Remedy{Action: Fail, Wants: hand.Agent, Reason: fmt.Sprintf("needs %s, which is not configured", hand.Agent)}
}

// delegated is the remedy of a rule whose next move is other agents'.
func (r Rule) delegated(sig Signal, c course, at Case, can Abilities) Remedy {
	steps, missing := r.recipe(at, can)
	if missing != nil {
		return wants(*missing)
	}
	prior, limit := at.Uses[sig.Kind], r.RetryLimit
	if c.retry {
		limit++
	}
	if prior >= limit {
		if c.end == "" {
			c.end = Block
		}
		return r.ended(c, at)
	}
	if last := &steps[len(steps)-1]; last.Purpose == ForReplan {
		last.Arg = fmt.Sprintf("%d of %d", prior+1, limit)
	}
	return Remedy{Action: Recipe, Counted: true, Steps: steps,
		Reason: fmt.Sprintf("remedy %d of %d for %s: %s", prior+1, limit, sig.Kind, told(steps))}
}

// ended is the remedy once the retries of a rule are used up.
func (r Rule) ended(c course, at Case) Remedy {
	used := fmt.Sprintf("all %d retries are used up", r.RetryLimit)
	switch r.RetryLimit {
	case 0:
		used = "the policy allows no retry"
	case 1:
		used = "the one retry is used up"
	}
	flagged := ""
	if c.flag != "" {
		flagged = ", flagged " + c.flag
	}
	if c.end == Complete {
		// What failed an acceptance command is not done because it has failed it often enough. Where a rule is
		// about one platform, it is that command that is left out, and the others that count.
		passed := at.Acceptance && c.otherwise == Skip
		switch {
		case at.Acceptance && !passed, at.Left == 0 && c.proven && !passed:
			c.end = c.otherwise
		case at.Left > 0:
			return Remedy{Action: Complete, Flag: c.flag, Else: c.otherwise,
				Reason: used + ": counts as completed" + flagged + ", if the acceptance that is left passes"}
		}
	}
	switch c.end {
	case Fail:
		return Remedy{Action: Fail, Reason: used}
	case Complete:
		return Remedy{Action: Complete, Flag: c.flag, Reason: used + ": counts as completed" + flagged}
	case Skip:
		return Remedy{Action: Skip, Flag: c.flag, Reason: used + ": skipped" + flagged}
	}
	if r.RetryLimit == 0 {
		return Remedy{Action: Block, Reason: "a person must decide"}
	}
	return Remedy{Action: Block, Reason: used + ": a person must decide"}
}

// delay is the wait before the retry after prior others.
func (r Rule) delay(prior int) time.Duration {
	first := r.Backoff
	if first <= 0 {
		first = firstDelay
	}
	for range prior {
		if first >= longestDelay {
			break
		}
		first = min(2*first, longestDelay)
	}
	return first
}

// Jitter shortens a backoff to between half of it and all of it, so that tasks that failed together do not
// come back together. The same seed gives the same delay. A wait that was announced (Signal.RetryIn) must
// not be shortened.
func Jitter(delay time.Duration, seed uint64) time.Duration {
	if delay <= 0 {
		return 0
	}
	// The finaliser of SplitMix64: neighbouring seeds give unrelated numbers.
	seed += 0x9e3779b97f4a7c15
	seed = (seed ^ seed>>30) * 0xbf58476d1ce4e5b9
	seed = (seed ^ seed>>27) * 0x94d049bb133111eb
	seed ^= seed >> 31
	half := delay / 2
	return delay - half + time.Duration(seed%uint64(half+1))
}
