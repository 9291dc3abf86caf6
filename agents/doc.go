// Package agents knows who can do the work of a task, what exactly they are given and what they give back.
//
// An Agent turns one Assignment into one Report. The catalogue of roles, the brief (the text an agent is
// given) and the reading of reports are here; one folder each holds a way to reach an agent. An agent
// never sees a run: the package knows no events and no store. Start with Agent.
package agents
