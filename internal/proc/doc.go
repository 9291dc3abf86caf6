// Package proc starts child processes, each in a process group of its own, holds their deadlines, ends
// them with everything they started, and finds them again after a crash.
//
// It knows no task, run or plan: a child here is a program with files and deadlines. Every child of billow
// is started by this package, so that none is left without a group that can be ended. Start with Start; Run is the short
// way for a program whose output is wanted at once; StartSupervised is for children that must outlive billow.
package proc
