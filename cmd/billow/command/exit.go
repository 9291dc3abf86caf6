package command

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"billow/internal/control"
	"billow/internal/importer"
	"billow/internal/planfile"
	"billow/internal/store"
	"billow/internal/text"
	"billow/plan"
)

// The exit statuses; of several the first in 130, 124, 1, 4, 5.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitProblems    = 3
	exitBlocked     = 4
	exitPaused      = 5
	exitEnvironment = 6
	exitBug         = 70
	exitTimeout     = 124
	exitInterrupted = 130
	exitTerminated  = 143
)

// ExitStatus is one exit status and what it means.
type ExitStatus struct {
	Code    int
	Meaning string
}

// ExitStatuses lists what billow can end with.
func ExitStatuses() []ExitStatus {
	return []ExitStatus{
		{exitDone, "done"},
		{exitFailed, "a task failed, was cancelled or cannot be reached"},
		{exitUsage, "the command line makes no sense, or names a plan, run or task that is not there"},
		{exitProblems, "the plan or the configuration has problems"},
		{exitBlocked, "blocked: a person is needed"},
		{exitPaused, "paused by a budget or a quota"},
		{exitEnvironment, "the environment: disk, permission, a file that is gone, a plan that is being run already"},
		{exitBug, "a bug in billow"},
		{exitTimeout, "the time limit has passed"},
		{exitInterrupted, "interrupted"},
		{exitTerminated, "terminated"},
	}
}

// exitHelp is the list of them for people.
func exitHelp() string {
	var b strings.Builder
	for _, s := range ExitStatuses() {
		fmt.Fprintf(&b, "  %-4d %s\n", s.Code, s.Meaning)
	}
	return strings.TrimRight(b.String(), "\n")
}

// statusError carries an exit status and says nothing more.
type statusError int

func (e statusError) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// usageError is a mistake in the command line.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// exitStatus is the exit status for an error; it is the one place where that is decided.
func exitStatus(err error) int {
	var (
		quiet     statusError
		usage     usageError
		problems  *control.ProblemsError
		ambiguous *store.AmbiguousError
		source    *importer.Error
		exists    *control.ExistsError
	)
	switch {
	case err == nil, errors.Is(err, syscall.EPIPE):
		return exitDone
	case errors.As(err, &quiet):
		return int(quiet)
	case errors.As(err, &problems), errors.As(err, &source), errors.Is(err, planfile.ErrTooBig), errors.Is(err, planfile.ErrInvalid):
		return exitProblems
	case errors.As(err, &usage), errors.As(err, &exists), errors.As(err, &ambiguous):
		return exitUsage
	}
	for _, asked := range []error{control.ErrUsage, control.ErrNoRun, planfile.ErrNoPlan, planfile.ErrSeveral, store.ErrNotFound} {
		if errors.Is(err, asked) {
			return exitUsage
		}
	}
	return exitEnvironment
}

// complain prints an error for people: `billow: ` and what is wrong, then hints. cmd is the command that
// was called.
func (m *program) complain(cmd *cobra.Command, err error) {
	var quiet statusError
	if errors.As(err, &quiet) || errors.Is(err, syscall.EPIPE) {
		return
	}
	var problems *control.ProblemsError
	if errors.As(err, &problems) {
		text.Problems(m.Err, problems.Problems, m.errStyle)
	}
	// Several things may have gone wrong at once, and often for one cause: each is told once.
	var told []string
	for _, part := range parts(err) {
		message := part.Error()
		// The sentinels tell faces apart what went wrong; people read it from the rest.
		for _, sentinel := range []error{control.ErrUsage, control.ErrNoRun} {
			message = strings.TrimPrefix(message, sentinel.Error()+": ")
		}
		line := text.Clean(message)
		if !slices.ContainsFunc(told, func(t string) bool { return strings.Contains(t, line) }) {
			told = append(told, line)
			fmt.Fprintf(m.Err, "%s %s\n", m.errStyle.Red("billow:"), line)
		}
	}
	for _, hint := range hints(cmd, err) {
		fmt.Fprintf(m.Err, "hint: %s\n", hint)
	}
}

// parts takes errors.Join apart again; an error that only wraps several is one.
func parts(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	var texts []string
	for _, part := range joined.Unwrap() {
		all = append(all, parts(part)...)
		texts = append(texts, part.Error())
	}
	if strings.Join(texts, "\n") != err.Error() {
		return []error{err}
	}
	return all
}

// hints say what to type next.
func hints(cmd *cobra.Command, err error) []string {
	var usage usageError
	var problems *control.ProblemsError
	var source *importer.Error
	var unplanned *control.UnplannedError
	switch {
	case errors.As(err, &source) && source.Hint != "":
		return []string{source.Hint}
	case errors.As(err, new(*control.ExistsError)):
		return []string{"name another file, or say --force"}
	case errors.As(err, &usage) && cmd != nil:
		return []string{cmd.CommandPath() + " --help"}
	case errors.As(err, &problems) && len(plan.Errors(problems.Problems)) > 0:
		first := plan.Errors(problems.Problems)[0]
		more := []string{fmt.Sprintf("billow explain %s says more", first.Code)}
		if first.Code == "P001" {
			more = append(more, fmt.Sprintf("billow fix %s shows how it can be repaired", control.ShellWord(problems.File)))
		}
		return more
	case errors.As(err, &unplanned):
		var hints []string
		for _, id := range unplanned.IDs {
			hints = append(hints, "billow do --plan-id "+control.ShellWord(id)+" says what it waits for, and goes on with it")
		}
		return hints
	case errors.Is(err, planfile.ErrNoPlan):
		return []string{"name a plan file, or write a plan.yaml here"}
	case errors.Is(err, planfile.ErrLocked):
		return []string{"billow status shows how it stands; billow cancel TASK ends a task of it"}
	}
	return nil
}
