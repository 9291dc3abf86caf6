// Package human is an agent that is a person.
//
// The first attempt at a task asks: what is to be done stands in the question, and the task waits, blocked,
// for its answer (billow answer). The next attempt reads it:
//
//	done                    the task is completed
//	done: one line          the same, with a summary
//	failed: what happened   it failed
//	blocked: what is wanted it cannot go on
//
// Anything else is asked again. When a task that failed is tried again, the person is asked anew. The package
// knows no screen, no mail and no chat: questions are told and answers come as billow's other questions and
// answers do. Start with Agent.
package human
