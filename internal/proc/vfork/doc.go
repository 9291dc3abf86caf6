// Package vfork starts a program in a new process for less than syscall.ForkExec does, where it knows how to: on Linux with an
// amd64 processor. Elsewhere, and where the system has none of what it needs, Start says so and the caller goes on with
// ForkExec.
//
// Between the birth of a child and its program no Go code runs in it: the child is a list of system calls, gone through
// in assembler. So it needs nothing of the runtime. The child's signal handlers are cleared by the system as it is
// born, where ForkExec takes back each of them with a call of its own. And since parent and child share their memory
// until the program begins, the child leaves what went wrong in the list itself; ForkExec has a pipe for that, whose end the parent
// waits for with one more sleep and waking.
//
// A program that imports it is not sent SIGCHLD: each child is waited for, and the signal would interrupt a thread for
// nothing.
//
// It does not know what a program is looked for by, or what a process is for. Start with Start. It imports nothing,
// because it has to see the limit on open files before package syscall raises it.
package vfork
