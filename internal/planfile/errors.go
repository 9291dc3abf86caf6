package planfile

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
)

// What can be wrong with a plan file. Errors of this package wrap one of these, and the operating system's
// own error where there is one.
var (
	// ErrGone: there is no such file, or it was removed.
	ErrGone = errors.New("no such file")
	// ErrNotFile: a folder, a device, a pipe: something that cannot be a plan.
	ErrNotFile = errors.New("not a regular file")
	// ErrTooBig: larger than Options.MaxBytes.
	ErrTooBig = errors.New("too big")
	// ErrPermission: we may not read it, or may not write it or its folder.
	ErrPermission = errors.New("permission denied")
	// ErrReadOnly: the file system takes no writes.
	ErrReadOnly = errors.New("the file system is read-only")
	// ErrNoSpace: the disk or the quota is full.
	ErrNoSpace = errors.New("no space left on the disk")
	// ErrMounted: the file itself is a mount point, as in a container, and cannot be replaced.
	ErrMounted = errors.New("the file is mounted by itself")
	// ErrChanged: somebody else wrote the file meanwhile; their text stands.
	ErrChanged = errors.New("the file was changed meanwhile")
	// ErrInvalid: the file does not read as a plan.
	ErrInvalid = errors.New("not a valid plan")
	// ErrContested: two programs wrote the file at the same moment; the text that lost was saved elsewhere.
	ErrContested = errors.New("written by two programs at the same moment")
	// ErrLocked: another process runs this plan; see LockedError.
	ErrLocked = errors.New("the plan is being run already")
	// ErrClosed: the Keeper was closed before.
	ErrClosed = errors.New("the plan file's keeper is closed")
	// ErrNoPlan: Find found no plan. ErrSeveral: it found more than one that could be meant.
	ErrNoPlan  = errors.New("no plan found")
	ErrSeveral = errors.New("several plans are open")
)

// fileError says in text what happened to which file and what to do; kind is one of the errors above and
// cause the operating system's, whose own text names our temporary files and would only confuse.
type fileError struct {
	text        string
	kind, cause error
}

func (e *fileError) Error() string { return e.text }

func (e *fileError) Unwrap() []error {
	if e.cause == nil {
		return []error{e.kind}
	}
	return []error{e.kind, e.cause}
}

// explain words an operating system's error about a file for the person who reads it; doing is "read" or
// "write".
func explain(doing, path string, err error) error {
	say := func(kind error, todo string) error {
		return &fileError{text: fmt.Sprintf("cannot %s %s: %s; %s", doing, path, kind, todo), kind: kind, cause: err}
	}
	var said *fileError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &said):
		return err
	case errors.Is(err, ErrContested):
		return fmt.Errorf("cannot %s %s: %w", doing, path, err)
	case errors.Is(err, ErrChanged):
		return say(ErrChanged, "read it again")
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return say(ErrNoSpace, "free some space")
	case errors.Is(err, syscall.EROFS):
		return say(ErrReadOnly, "mount it for writing, or copy the plan to where it can be written")
	case errors.Is(err, syscall.EBUSY):
		return say(ErrMounted, "mount its folder instead")
	case errors.Is(err, fs.ErrPermission) && doing == "write":
		return say(ErrPermission, "billow needs to create files in the plan's folder")
	case errors.Is(err, fs.ErrPermission):
		return say(ErrPermission, "check who may read it")
	case errors.Is(err, fs.ErrNotExist):
		return say(ErrGone, "was it moved or removed?")
	}
	var no syscall.Errno
	if errors.As(err, &no) {
		// Without the name of a temporary file, which would make every attempt look like another trouble.
		return &fileError{text: fmt.Sprintf("cannot %s %s: %s", doing, path, no), kind: no, cause: err}
	}
	return fmt.Errorf("cannot %s %s: %w", doing, path, err)
}
