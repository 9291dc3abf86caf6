// Package text writes what verbs give back for people who read a terminal or a log, and for programs that
// read JUnit, SARIF or the commands of GitHub's runner.
//
// It knows how things look and nothing of where they come from: every function takes a response and a
// writer. Start with Progress for a run, and with the function named after a response for the others.
package text
