package failure

import "time"

// Policy is the table of what to do about each kind of failure; Decide is a function of the signal and
// how often it came before. A kind without a rule is escalated. A nil Policy has no rules.
type Policy map[Kind]Rule

// Rule is what to do about one kind.
type Rule struct {
	// RetryLimit is the number of extra attempts after the first (3 = four tries).
	RetryLimit int    `json:"retry_limit"`
	Actions    []Step `json:"action,omitempty"`
	// Backoff is the delay before the first retry, doubled for each further one, at most 60 s; 0 is 1 s.
	Backoff time.Duration `json:"backoff,omitempty"`
}
