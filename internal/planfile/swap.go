package planfile

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
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

// swap puts the file fresh where the plan is, and returns the name under which what was there can be looked at
// now; "" where the file system does not let us keep it.
func (s swapper) swap(fresh string) (out string, err error) {
	err = s.exchange(fresh, s.real)
	if !errors.Is(err, errNoExchange) {
		return fresh, err
	}
	// The second best: a second name for the old file, then a rename over the first. Somebody else's rename
	// between the two would be lost; the exchange has no such moment.
	out = fresh + ".old"
	err = os.Link(s.real, out)
	if errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if err != nil {
		// No links either (exFAT, some shares): whoever writes in the last moment is not seen.
		return "", os.Rename(fresh, s.real)
	}
	if err := os.Rename(fresh, s.real); err != nil {
		return "", errors.Join(err, removeTemp(out))
	}
	return out, nil
}

// takeOut looks at what came out of a swap for ours. If that is what was expected, it is retired. Else somebody
// else has written in the last moment: their file is put back, ours is retired, and the error wraps ErrChanged;
// or ErrContested, when they wrote again before it was back: then the later text stands and the earlier one is
// set aside.
func (s swapper) takeOut(out string, was, ours []byte) (old *retired, seen []byte, err error) {
	old, err = retire(out, was)
	if err == nil && bytes.Equal(old.text, was) {
		old, err = old.forget(out)
		return old, nil, err
	}
	if err == nil {
		seen, err = old.text, errors.Join(ErrChanged, old.close())
	}
	again, cause := s.swap(out)
	if cause != nil {
		return nil, seen, &contestedError{file: s.setAside(out), cause: cause}
	}
	mine, cause := retire(again, ours)
	if cause == nil && bytes.Equal(mine.text, ours) {
		mine, cause = mine.forget(again)
		return mine, seen, errors.Join(err, cause)
	}
	if cause == nil {
		cause = mine.close()
	}
	last, lost := s.swap(again)
	if lost != nil {
		last = again
	}
	return nil, seen, &contestedError{file: s.setAside(last), cause: errors.Join(cause, lost)}
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
