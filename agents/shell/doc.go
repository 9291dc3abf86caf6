// Package shell runs commands: a task's `run:` and its acceptance commands.
//
// A command without shell syntax is started directly, since a shell would double the cost of a short one;
// any other goes to the assignment's shell, by default /bin/sh -e -c, which ends a script of several lines
// at the first that fails. What a command prints goes straight into files. Each slot has a pair of scratch
// files that is used again as long as nothing is written to it, and moves into the attempt's folder as
// stdout.log and stderr.log otherwise: making files is the dearest part of a short task, and most short
// tasks print nothing.
//
// The package knows no plan and no run, and does not judge failures: it reports what it observed. Start
// with Agent.
package shell
