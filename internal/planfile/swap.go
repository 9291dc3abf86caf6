package planfile

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// swapper puts files in the place of one plan file, and what was there back.
type swapper struct {
	// real is the plan file, symlinks resolved.
	real string
	// exchange swaps two files in one step, or says errNoExchange.
	exchange func(a, b string) error
}

// swap puts the file fresh where the plan is, which is expected to hold was, and returns the name under which
// what was there can be looked at now; "" where the file system does not let us keep it.
func (s swapper) swap(fresh string, was []byte) (out string, err error) {
	err = s.exchange(fresh, s.real)
	if !errors.Is(err, errNoExchange) {
		return fresh, err
	}
	// The second best: a second name for the old file, then a rename over the first. Somebody else's rename
	// between the two would be lost; the exchange has no such moment.
	out = fresh + ".old"
	if err := os.Link(s.real, out); err == nil {
		if err := os.Rename(fresh, s.real); err != nil {
			return "", errors.Join(err, removeTemp(out))
		}
		return out, nil
	}
	// No links either (exFAT, some shares): a last look, then the rename.
	now, err := os.ReadFile(s.real)
	if err != nil {
		return "", err
	}
	if !bytes.Equal(now, was) {
		return "", ErrChanged
	}
	return "", os.Rename(fresh, s.real)
}

// putBack undoes a swap: what came out is the user's and goes in again. Should they have written a second time
// meanwhile, the later text stands, the earlier is set aside, and the error wraps ErrContested.
func (s swapper) putBack(out string, ours []byte) error {
	again, err := s.swap(out, ours)
	if err != nil {
		return &contestedError{file: s.setAside(out), cause: err}
	}
	text, err := os.ReadFile(again)
	if err == nil && bytes.Equal(text, ours) {
		return removeTemp(again)
	}
	last, err := s.swap(again, nil)
	if err != nil {
		last = again
	}
	return &contestedError{file: s.setAside(last), cause: err}
}

// setAside gives a temporary file a name that people see and no sweep removes, and returns it.
func (s swapper) setAside(temp string) string {
	name := s.real + ".saved-" + strings.TrimPrefix(filepath.Base(temp), tempPrefix(s.real))
	if os.Rename(temp, name) != nil {
		return temp
	}
	return name
}

// contestedError is ErrContested; file holds the text that lost.
type contestedError struct {
	file  string
	cause error
}

func (e *contestedError) Error() string {
	return fmt.Sprintf("%s; the other text was saved as %s", ErrContested, e.file)
}

func (e *contestedError) Unwrap() []error {
	if e.cause == nil {
		return []error{ErrContested}
	}
	return []error{ErrContested, e.cause}
}
