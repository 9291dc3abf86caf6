package control

import (
	"errors"

	"billow/agents"
)

// chain is an agent with what it falls back to, in order. One that cannot be reached is passed over; work
// that goes wrong is not: that is for the failure policy.
type chain []agents.Agent

// Start begins the work with the first agent that can be reached.
func (c chain) Start(a agents.Assignment, tell func(agents.Update)) (agents.Work, error) {
	var failed []error
	for _, agent := range c {
		work, err := agent.Start(a, tell)
		if err == nil {
			return work, nil
		}
		failed = append(failed, err)
	}
	return nil, errors.Join(failed...)
}

// Adopt takes over work that any of them has.
func (c chain) Adopt(a agents.Assignment, claim agents.Claim, tell func(agents.Update)) (agents.Work, error) {
	for _, agent := range c {
		adopter, ok := agent.(agents.Adopter)
		if !ok {
			continue
		}
		if work, err := adopter.Adopt(a, claim, tell); !errors.Is(err, agents.ErrGone) {
			return work, err
		}
	}
	return nil, agents.ErrGone
}

// Approve asks the first that may answer.
func (c chain) Approve(task, reason string) (granted, ok bool) {
	for _, agent := range c {
		if approver, may := agent.(agents.Approver); may {
			return approver.Approve(task, reason)
		}
	}
	return false, false
}
