// Package failure knows what can go wrong with a task and what is done about it.
//
// It holds the ten kinds of failure, decides from what was observed which kind a failure is
// (Classify), and says what to do next (Policy.Decide). It does not know plans, runs, files or
// clocks: a failure is data here, never a Go error. Start with Policy.
package failure
