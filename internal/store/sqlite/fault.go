package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"billow/internal/store"
)

// fault tells a caller what an error of SQLite or of the system means, where it happened and what to do. The
// store's own errors and nil go through as they are, those of the world with the path put to them.
func (l *Log) fault(err error) error {
	switch {
	case err == nil, errors.Is(err, store.ErrConflict), errors.Is(err, store.ErrNotFound),
		errors.Is(err, store.ErrNoID), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case store.Environment(err):
		return fmt.Errorf("%s: %w%s", l.path, err, l.hint(err))
	}
	if ambiguous := (*store.AmbiguousError)(nil); errors.As(err, &ambiguous) {
		return err
	}
	kind := l.kind(err)
	if kind == nil {
		return fmt.Errorf("%s: %w", l.path, err)
	}
	return fmt.Errorf("%s: %w: %w%s", l.path, kind, err, l.hint(kind))
}

// kind is which error of package store err comes down to, nil when none.
func (l *Log) kind(err error) error {
	if failed := (*sqlite.Error)(nil); errors.As(err, &failed) {
		// The low byte is the class; the rest says more than we need.
		switch failed.Code() & 0xff {
		case lib.SQLITE_FULL:
			return store.ErrFull
		case lib.SQLITE_READONLY, lib.SQLITE_PERM:
			return store.ErrReadOnly
		case lib.SQLITE_BUSY, lib.SQLITE_LOCKED, lib.SQLITE_PROTOCOL:
			return store.ErrBusy
		case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB, lib.SQLITE_FORMAT:
			return store.ErrDamaged
		case lib.SQLITE_IOERR, lib.SQLITE_CANTOPEN:
			// SQLite does not say why. Trying to write another file in the same folder mostly shows it. (Not
			// this file: closing it would give up the locks that SQLite holds on it in this process.)
			if kind := systemKind(probe(filepath.Dir(l.path))); kind != nil {
				return kind
			}
			return store.ErrDisk
		}
		return nil
	}
	return systemKind(err)
}

// systemKind is kind for an error of the system.
func systemKind(err error) error {
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

// probe writes as much as SQLite asks for at once into a temporary file in dir.
func probe(dir string) error {
	f, err := os.CreateTemp(dir, "probe-*")
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, 1<<16))
	return errors.Join(err, f.Close(), os.Remove(f.Name()))
}

// hint is what to do about a kind of error, with a colon before it, empty when there is nothing to say.
func (l *Log) hint(kind error) string {
	switch {
	case errors.Is(kind, store.ErrFull):
		return ": make room on this disk, then run again"
	case errors.Is(kind, store.ErrReadOnly):
		return fmt.Sprintf(": give yourself the right to write in %s", filepath.Dir(l.path))
	case errors.Is(kind, store.ErrBusy):
		return ": see which program has it open"
	case errors.Is(kind, store.ErrDamaged):
		return ": move it away to start with an empty store; statuses are also in the plan files"
	case errors.Is(kind, store.ErrNewer):
		return ": use that version, or move the file away to start with an empty store"
	}
	return ""
}
