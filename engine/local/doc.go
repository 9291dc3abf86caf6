// Package local drives a run on this machine.
//
// Drive is the loop: it asks the engine what to do, writes down the decision, does it, and writes down what
// came of it. It starts agents, waits for them, adopts or ends what a crashed driver left behind, and obeys
// interrupts. It does not know plan files, verbs or faces: those are functions it is given. Start with
// Drive and Options.
package local
