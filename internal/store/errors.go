package store

import (
	"errors"
	"fmt"
	"strings"
)

// ErrConflict is returned by Append when someone else has appended first: read what is new and decide again.
var ErrConflict = errors.New("the run's history has grown meanwhile")

// ErrNotFound is returned where a run, blob, snapshot or projection does not exist.
var ErrNotFound = errors.New("not found")

// ErrNoID is returned where something is to be written for a run whose id is empty.
var ErrNoID = errors.New("a run has no id")

// ErrClosed is returned by every method of a Log after Close.
var ErrClosed = errors.New("the store is closed")

// What the world outside can do to a store. Implementations wrap one of these and say in the text where it
// happened and what to do next.
var (
	// ErrFull: the disk has no room, or a quota is used up.
	ErrFull = errors.New("the disk is full")
	// ErrReadOnly: the folder or the file may not be written.
	ErrReadOnly = errors.New("the store may not be written")
	// ErrBusy: another program has kept the store locked for longer than we wait.
	ErrBusy = errors.New("the store is locked by another program")
	// ErrDamaged: what is there is not a store, or part of it cannot be read.
	ErrDamaged = errors.New("the store is damaged")
	// ErrNewer: a later version of billow has changed the store's form.
	ErrNewer = errors.New("the store belongs to a newer version of billow")
	// ErrDisk: reading, writing or syncing failed for another reason.
	ErrDisk = errors.New("the disk failed")
)

// Environment reports whether err comes from the world outside (disk, permission, another program) and not
// from what was asked.
func Environment(err error) bool {
	for _, e := range []error{ErrFull, ErrReadOnly, ErrBusy, ErrDamaged, ErrNewer, ErrDisk} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// CandidateLimit is the number of candidates an AmbiguousError names.
const CandidateLimit = 5

// AmbiguousError is returned by Run when several runs begin with what was asked for.
type AmbiguousError struct {
	// ID is what was asked for.
	ID string
	// Candidates are ids that begin with it, at most CandidateLimit, in the order of their bytes. More is
	// true where there are others.
	Candidates []string
	More       bool
}

// Ambiguous makes an AmbiguousError of all ids that begin with id, or of as many as are known to tell that
// there are more than CandidateLimit.
func Ambiguous(id string, found []string) *AmbiguousError {
	shown := min(len(found), CandidateLimit)
	return &AmbiguousError{ID: id, Candidates: found[:shown], More: len(found) > shown}
}

func (e *AmbiguousError) Error() string {
	rest := ""
	if e.More {
		rest = " and others"
	}
	return fmt.Sprintf("%q fits several runs (%s%s): give more of the id", e.ID,
		strings.Join(e.Candidates, ", "), rest)
}
