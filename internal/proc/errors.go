package proc

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// ErrGone says that nothing is left of a process: neither itself nor word of how it ended.
var ErrGone = errors.New("the process is gone and left no result")

// StartError says why a program could not be started, in words for the author of the command.
type StartError struct {
	// Program is the name that was asked for.
	Program string
	// Err is the cause, for errors.Is.
	Err error
	// System is true when the machine had no room for another process; otherwise what was asked for
	// cannot be started, and trying again gives the same.
	System bool

	text string
}

func (e *StartError) Error() string { return e.text }

func (e *StartError) Unwrap() error { return e.Err }

// startError finds out what a failed spawn was about: the system has one and the same error for a missing
// program, a missing interpreter and a missing folder.
func startError(s Spec, path string, env []string, err error) error {
	e := &StartError{Program: s.name(), Err: err}
	if s.Dir != "" {
		if info, statErr := os.Stat(s.Dir); errors.Is(statErr, fs.ErrNotExist) {
			e.text = fmt.Sprintf("no such folder to run %s in: %s", s.name(), s.Dir)
			return e
		} else if statErr == nil && !info.IsDir() {
			e.text = fmt.Sprintf("cannot run %s in %s: it is not a folder", s.name(), s.Dir)
			return e
		}
	}
	switch {
	case errors.Is(err, syscall.ENOENT), errors.Is(err, syscall.ENOTDIR):
		e.text = missing(s, path)
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		e.text = denied(s, path)
	case errors.Is(err, syscall.ENOEXEC):
		e.text = fmt.Sprintf("%s is not a program this machine can run: "+
			"a script needs a first line such as #!/bin/sh, a binary must be built for this machine", s.name())
	case errors.Is(err, syscall.E2BIG):
		e.text = fmt.Sprintf("%s: arguments and environment are too long for the system (%d bytes together, "+
			"of which no single one may exceed 131071): put the long one in a file", s.name(), bytesOf(s.Args)+bytesOf(env))
	case errors.Is(err, syscall.EINVAL):
		e.text = fmt.Sprintf("%s: its arguments or environment hold a NUL byte", s.name())
	case errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.ENOMEM), errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		e.System = true
		e.text = fmt.Sprintf("start %s: %v: the machine has no room for another process, run fewer at once (-j)", s.name(), err)
	default:
		e.text = fmt.Sprintf("start %s: %v", s.name(), err)
	}
	return e
}

func missing(s Spec, path string) string {
	file := path
	if !filepath.IsAbs(file) {
		file = filepath.Join(s.Dir, file)
	}
	if _, err := os.Stat(file); err != nil {
		if s.Dir != "" && !filepath.IsAbs(path) {
			return fmt.Sprintf("no such program: %s, seen from %s", s.name(), s.Dir)
		}
		return "no such program: " + s.name()
	}
	return fmt.Sprintf("%s is there but what it needs to start is not: see its first line (#!), "+
		"or the loader of a binary built for another system", s.name())
}

func denied(s Spec, path string) string {
	file := path
	if !filepath.IsAbs(file) {
		file = filepath.Join(s.Dir, file)
	}
	info, err := os.Stat(file)
	switch {
	case err == nil && info.IsDir():
		return fmt.Sprintf("%s is a folder, not a program", s.name())
	case err == nil && info.Mode()&0o111 == 0:
		return fmt.Sprintf("%s is not executable: chmod +x %s", s.name(), file)
	}
	return fmt.Sprintf("may not run %s: permission denied", s.name())
}

func bytesOf(list []string) int {
	n := 0
	for _, s := range list {
		n += len(s) + 1
	}
	return n
}

// notFound is what Look says. The list of folders is cut: what matters is which PATH it was.
func notFound(name, path string) error {
	const longest = 300
	e := &StartError{Program: name, Err: fs.ErrNotExist}
	switch {
	case name == "":
		e.text = "no program was named"
	case path == "":
		e.text = fmt.Sprintf("no such program: %s; PATH is empty or not set", name)
	default:
		if len(path) > longest {
			path = strings.ToValidUTF8(path[:longest], "") + "…"
		}
		e.text = fmt.Sprintf("no such program: %s; it is in no folder of PATH (%s): install it, or write its path", name, path)
	}
	return e
}
