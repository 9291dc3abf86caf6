// Package disk is what the parts of a store that keep files have in common: bringing them to the disk in groups
// (Flusher), and saying what an error of the system means for a store (Fault).
//
// It knows files and nothing of what is in them. Start with Flusher.
package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"syscall"

	"billow/internal/store"
)

// Fault says what an error means, where it happened and what to do. kind is the error of package store that err
// comes down to; nil is whatever Kind finds.
func Fault(path string, kind, err error) error {
	if kind == nil {
		kind = Kind(err)
	}
	switch {
	case kind == nil:
		return fmt.Errorf("%s: %w", path, err)
	case errors.Is(err, kind):
		return fmt.Errorf("%s: %w%s", path, err, hint(path, kind))
	}
	return fmt.Errorf("%s: %w: %w%s", path, kind, err, hint(path, kind))
}

// Kind is which error of package store an error is or, where it comes from the system, comes down to; nil when none.
func Kind(err error) error {
	for _, kind := range []error{store.ErrFull, store.ErrReadOnly, store.ErrBusy, store.ErrDamaged, store.ErrNewer,
		store.ErrDisk} {
		if errors.Is(err, kind) {
			return kind
		}
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return store.ErrFull
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return store.ErrReadOnly
	case errors.Is(err, errRemoved):
		return store.ErrDisk
	}
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		return store.ErrDisk
	}
	if number := syscall.Errno(0); errors.As(err, &number) {
		return store.ErrDisk
	}
	return nil
}

// hint is what to do about a kind of error, with a colon before it, empty when there is nothing to say.
func hint(path string, kind error) string {
	switch {
	case errors.Is(kind, store.ErrFull):
		return ": make room on this disk, then run again"
	case errors.Is(kind, store.ErrReadOnly):
		return fmt.Sprintf(": give yourself the right to write in %s", filepath.Dir(path))
	case errors.Is(kind, store.ErrBusy):
		return ": see which program has it open"
	case errors.Is(kind, store.ErrDamaged):
		return ": move it away to start with an empty store; statuses are also in the plan files"
	case errors.Is(kind, store.ErrNewer):
		return ": use that version, or move the file away to start with an empty store"
	}
	return ""
}
