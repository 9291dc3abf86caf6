// Package review tells how a run went, for those who want the next one to go better: the after-action review.
//
// Everything in it follows from the events of the run: what happened when, what it cost, what waited for what, and
// findings, each by a rule that has a name. The same events give the same review. The package is pure, so that a
// review can be tested without a run; it does not know plans, files, or how a review looks. Start with Of.
package review
