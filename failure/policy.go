package failure

import (
	"maps"
	"time"
)

// Policy is the table of what to do about each kind of failure; Decide is a function of the signal and
// how often it came before. A kind without a rule is escalated. A nil Policy has no rules.
type Policy map[Kind]Rule

// Rule is what to do about one kind.
type Rule struct {
	// RetryLimit is the number of extra attempts after the first (3 = four tries).
	RetryLimit int    `json:"retry_limit"`
	Actions    []Step `json:"action,omitempty"`
	// Backoff is the delay before the first retry, doubled for each further one, at most 60 s, or Backoff
	// itself where that is longer; 0 is 1 s.
	Backoff time.Duration `json:"backoff,omitempty"`
	// LimitUnset is true where retry_limit was not given, so that Over takes the one below. Actions and
	// Backoff need no such mark: without a value they say nothing.
	LimitUnset bool `json:"limit_unset,omitempty"`
}

// Over lays a policy over another, key by key: what p does not say of a kind is as base has it.
func (p Policy) Over(base Policy) Policy {
	if len(p) == 0 {
		return base
	}
	out := maps.Clone(base)
	if out == nil {
		out = Policy{}
	}
	for kind, rule := range p {
		if below, ok := base[kind]; ok {
			rule = rule.over(below)
		}
		out[kind] = rule
	}
	return out
}

func (r Rule) over(base Rule) Rule {
	if r.LimitUnset {
		r.RetryLimit, r.LimitUnset = base.RetryLimit, base.LimitUnset
	}
	if r.Actions == nil {
		r.Actions = base.Actions
	}
	if r.Backoff == 0 {
		r.Backoff = base.Backoff
	}
	return r
}

// WithRetry is the policy of a plan's `retry:`: each of these kinds is tried again, up to limit times, and
// then the task fails. It does not become blocked, for whoever writes `retry: 2` has said how far to go.
// backoff 0 leaves what the policy has. No kinds stands for all that trying again may help with; flaky is
// not among them, for its own rule (one more try, then completed with a flag) says more.
func (p Policy) WithRetry(limit int, backoff time.Duration, on []Kind) Policy {
	if len(on) == 0 {
		on = []Kind{Transient, Fixable, TestBug, Regression, NewFailure}
	}
	over := Policy{}
	for _, kind := range on {
		over[kind] = Rule{
			RetryLimit: limit,
			Backoff:    backoff,
			Actions:    []Step{{Do: retrySame}, {Do: ifStillFails, Arg: thenFail}},
		}
	}
	return over.Over(p)
}
