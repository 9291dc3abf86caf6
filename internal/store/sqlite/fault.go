package sqlite

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"billow/internal/store"
	"billow/internal/store/disk"
)

// fault tells a caller what an error of SQLite or of the system means, where it happened and what to do. The
// store's own errors and nil go through as they are, those of the world with the path put to them.
func (l *Log) fault(err error) error {
	switch {
	case err == nil, errors.Is(err, store.ErrConflict), errors.Is(err, store.ErrNotFound),
		errors.Is(err, store.ErrNoID), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	if ambiguous := (*store.AmbiguousError)(nil); errors.As(err, &ambiguous) {
		return err
	}
	return disk.Fault(l.path, l.kind(err), err)
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
			if kind := disk.Kind(probe(filepath.Dir(l.path))); kind != nil {
				return kind
			}
			return store.ErrDisk
		}
		return nil
	}
	return disk.Kind(err)
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
