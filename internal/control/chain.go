package control

import (
	"errors"

	"billow/agents"
)

// chain is an agent with what it falls back to, in order. One that cannot be reached is passed over; work
// that goes wrong is not: that is for the failure policy.
type chain []link

// link is one agent of a chain, with the service behind it and the model it is asked to use.
type link struct {
	agents.Agent
	provider, model string
}

// without leaves out those whose provider is paused, unless all are.
func (c chain) without(paused func(provider string) bool) chain {
	var out chain
	for _, l := range c {
		if !paused(l.provider) {
			out = append(out, l)
		}
	}
	if len(out) == 0 {
		return c
	}
	return out
}

// telling says of a failure whose limits the work was under, which nobody else knows.
func (l link) telling(tell func(agents.Update)) func(agents.Update) {
	return func(u agents.Update) {
		if u.Report != nil && u.Report.Failure != nil {
			u.Report.Failure.Provider = l.provider
		}
		tell(u)
	}
}

// Start begins the work with the first agent that can be reached.
func (c chain) Start(a agents.Assignment, tell func(agents.Update)) (agents.Work, error) {
	var failed []error
	for _, l := range c {
		a.Model = l.model
		work, err := l.Start(a, l.telling(tell))
		if err == nil {
			return work, nil
		}
		failed = append(failed, err)
	}
	return nil, errors.Join(failed...)
}

// Adopt takes over work that any of them has.
func (c chain) Adopt(a agents.Assignment, claim agents.Claim, tell func(agents.Update)) (agents.Work, error) {
	for _, l := range c {
		adopter, ok := l.Agent.(agents.Adopter)
		if !ok {
			continue
		}
		if work, err := adopter.Adopt(a, claim, l.telling(tell)); !errors.Is(err, agents.ErrGone) {
			return work, err
		}
	}
	return nil, agents.ErrGone
}

// Approve asks the first that may answer.
func (c chain) Approve(task, reason string) (granted, ok bool) {
	for _, l := range c {
		if approver, may := l.Agent.(agents.Approver); may {
			return approver.Approve(task, reason)
		}
	}
	return false, false
}
