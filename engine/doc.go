// Package engine says what a run is and what it does next.
//
// A run is a list of Events. State is their fold; Apply is the only way it changes, by a table of legal
// moves, and Next says which Commands the state calls for. A driver carries commands out and reports
// with events. The package is pure: it knows no clock, file, goroutine or agent, and a task in it is a
// name with needs, limits and a policy. Time comes in as events. Start with State.
package engine
