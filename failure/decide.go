package failure

import (
	"fmt"
	"slices"
	"time"
)

// Abilities is what a remedy can count on.
type Abilities struct {
	// Agent reports whether an agent of this name is configured; nil means that none is.
	Agent func(name string) bool
}

func (a Abilities) has(part string) bool {
	return a.Agent != nil && slices.ContainsFunc(stands(part), a.Agent)
}

const (
	firstDelay   = time.Second
	longestDelay = time.Minute
	// quotaPause is the wait for a provider that gave no reset time.
	quotaPause = 5 * time.Minute
)

// Decide says what is done about a failure. prior is how often this kind has been counted for this task
// before. The rules, in this order:
//
//   - a provider's pause (Signal.Quota): Retry when it is over, not counted;
//   - no rule for the kind: Block, a person must decide;
//   - an approval: Block, however often it came;
//   - steps for other agents: Fail. One that is not configured is named in Wants: a plain CI plan has no
//     debugger, and a person gains nothing from a blocked shell task. With all of them configured the task
//     fails too, for this version does not carry out recipes;
//   - fewer than RetryLimit before: Retry after 1, 2, 4 ... s, counted;
//   - used up: what the rule ends with (if_still_fails, mark_task, skip_platform_test), else Block.
//
// A rule with both retry_same_operation and steps for other agents retries first, and ends with
// if_still_fails where it has that.
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
func (p Policy) Decide(sig Signal, prior int, can Abilities) Remedy {
	if sig.Quota {
		wait := sig.RetryIn
		if wait <= 0 {
			wait = quotaPause
		}
		return Remedy{Action: Retry, Delay: wait, Reason: "the provider's limit is reached; waiting for it is not counted as an attempt"}
	}
	rule, ok := p[sig.Kind]
	if !ok {
		return Remedy{Action: Block, Reason: fmt.Sprintf("the policy has no rule for %s: a person must decide", sig.Kind)}
	}
	c := rule.course(sig.Kind)
	switch {
	case c.approval:
		return Remedy{Action: Block, Reason: "somebody must agree before this goes on"}
	case len(c.recipe) > 0 && (!c.retry || prior >= rule.RetryLimit && c.end == ""):
		return rule.delegated(c.recipe, prior, can)
	case prior < rule.RetryLimit:
		return Remedy{
			Action:  Retry,
			Delay:   max(rule.delay(prior), sig.RetryIn),
			Counted: true,
			Reason:  fmt.Sprintf("retry %d of %d for %s", prior+1, rule.RetryLimit, sig.Kind),
		}
	}
	return rule.ended(c)
}

// course is what the actions of a rule come down to.
type course struct {
	// recipe are the steps for other agents.
	recipe []Step
	// retry: the operation itself is tried again first.
	retry, approval bool
	// end is what happens once the retries are used up, "" where the rule does not say.
	end  Action
	flag string
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
			c.retry = true
		case delegate, sendEvidence:
			c.recipe = append(c.recipe, step)
		case keepApproval, presentTo:
			c.approval = true
		case ifStillFails:
			end(map[string]Action{"escalate": Block, thenFail: Fail}[step.Arg])
		case markTask:
			end(map[string]Action{"blocked": Block, "completed": Complete, "failed": Fail, "skipped": Skip}[step.Arg])
		case escalateTo:
			end(Block)
		case skipPlatform:
			end(Skip)
		case addFlag:
			c.flag = step.Arg
		}
	}
	if c.end == Skip && c.flag == "" {
		c.flag = string(kind)
	}
	return c
}

// delegated is the remedy of a rule whose next move is another agent's.
func (r Rule) delegated(recipe []Step, prior int, can Abilities) Remedy {
	for _, step := range recipe {
		if !can.has(step.Agent) {
			wanted := stands(step.Agent)[0]
			return Remedy{Action: Fail, Wants: wanted, Reason: fmt.Sprintf("needs %s, which is not configured", wanted)}
		}
	}
	if prior >= r.RetryLimit {
		return r.ended(course{end: Block})
	}
	who := stands(recipe[0].Agent)[0]
	return Remedy{Action: Fail, Reason: fmt.Sprintf("the next step is work for %s, and this version does not hand failed tasks to other agents", who)}
}

// ended is the remedy once the retries of a rule are used up.
func (r Rule) ended(c course) Remedy {
	used := fmt.Sprintf("all %d retries are used up", r.RetryLimit)
	switch r.RetryLimit {
	case 0:
		used = "the policy allows no retry"
	case 1:
		used = "the one retry is used up"
	}
	switch c.end {
	case Fail:
		return Remedy{Action: Fail, Reason: used}
	case Complete:
		reason := used + ": counts as completed"
		if c.flag != "" {
			reason += ", flagged " + c.flag
		}
		return Remedy{Action: Complete, Flag: c.flag, Reason: reason}
	case Skip:
		return Remedy{Action: Skip, Flag: c.flag, Reason: used + ": skipped, flagged " + c.flag}
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
