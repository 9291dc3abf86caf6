package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"billow/internal/store"
)

// The files of migration are numbered without gaps; each brings a store from the form before to its own. One
// that was published is never changed.
//
//go:embed migration/*.sql
var migration embed.FS

// applicationID marks our databases; migration 001 sets it.
const applicationID = 0x626c6c77

// migrate brings a database to the present form, in one transaction: either it has it or it is as before.
func migrate(ctx context.Context, db *sql.DB) error {
	files, err := fs.Glob(migration, "migration/*.sql")
	if err != nil {
		return err
	}
	// Without the write lock first: nearly always nothing is to be done.
	if v, err := version(ctx, db, len(files)); err != nil || v == len(files) {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after a commit
	v, err := version(ctx, tx, len(files))
	if err != nil {
		return err
	}
	for ; v < len(files); v++ {
		text, err := fs.ReadFile(migration, files[v])
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, string(text)); err != nil {
			return fmt.Errorf("%s: %w", files[v], err)
		}
	}
	// A PRAGMA takes no parameters.
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", v)); err != nil {
		return err
	}
	return tx.Commit()
}

// queryer is a *sql.DB or a *sql.Tx.
type queryer interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// version is the form a database has, 0 for an empty one. It refuses one that is not ours, one that is newer
// than known, and one that could not be put into WAL mode.
func version(ctx context.Context, db queryer, known int) (int, error) {
	var mode string
	var id, v, tables int
	// Table-valued functions, so that the four are of one moment.
	err := db.QueryRowContext(ctx, `SELECT journal_mode, application_id, user_version,
		(SELECT count(*) FROM sqlite_schema)
		FROM pragma_journal_mode, pragma_application_id, pragma_user_version`).Scan(&mode, &id, &v, &tables)
	switch {
	case err != nil:
		return 0, err
	case id == 0 && v == 0 && tables == 0:
	case id != applicationID:
		return 0, fmt.Errorf("%w: this is a database of another program", store.ErrDamaged)
	case v > known:
		return 0, fmt.Errorf("%w: it has form %d, this version knows %d", store.ErrNewer, v, known)
	}
	if mode != "wal" {
		return 0, fmt.Errorf("%w: the folder's file system cannot be shared between programs (a network folder?)",
			store.ErrDisk)
	}
	return v, nil
}
