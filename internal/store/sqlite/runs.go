package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"billow/internal/store"
)

const runColumns = `id, plan, plan_id, status, started, ended, total, done, failed`

// PutRun implements store.Log.
func (l *Log) PutRun(ctx context.Context, r store.Run) error {
	if r.ID == "" {
		return store.ErrNoID
	}
	return l.exec(ctx, `INSERT OR REPLACE INTO run (`+runColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		r.ID, r.Plan, r.PlanID, r.Status, nanoseconds(r.Started), nanoseconds(r.Ended), r.Total, r.Done, r.Failed)
}

// Runs implements store.Log.
func (l *Log) Runs(ctx context.Context, plan string, limit int) ([]store.Run, error) {
	if limit <= 0 {
		limit = -1 // no limit, to SQLite
	}
	return l.runs(ctx, `WHERE ?1 = '' OR plan = ?1 ORDER BY started DESC, id DESC LIMIT ?2`, plan, limit)
}

// Run implements store.Log.
func (l *Log) Run(ctx context.Context, id string) (store.Run, error) {
	// Ids are in the order of their bytes, so those that begin with id come first of all that follow it. One
	// more than is named, to know whether there are more.
	found, err := l.runs(ctx, `WHERE id >= ?1 ORDER BY id LIMIT ?2`, id, store.CandidateLimit+1)
	found = slices.DeleteFunc(found, func(r store.Run) bool { return !strings.HasPrefix(r.ID, id) })
	switch {
	case err != nil:
		return store.Run{}, err
	case id == "" || len(found) == 0:
		return store.Run{}, fmt.Errorf("run %q: %w", id, store.ErrNotFound)
	case len(found) == 1 || found[0].ID == id:
		return found[0], nil
	}
	ids := make([]string, len(found))
	for i, r := range found {
		ids[i] = r.ID
	}
	return store.Run{}, store.Ambiguous(id, ids)
}

// runs lists the runs that a clause of parameters ?1 and ?2 names.
func (l *Log) runs(ctx context.Context, clause, text string, limit int) (out []store.Run, err error) {
	err = l.look(ctx, func(ctx context.Context) error {
		rows, err := l.read.QueryContext(ctx, `SELECT `+runColumns+` FROM run `+clause, text, limit)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var r store.Run
			var started, ended sql.NullInt64
			if err := rows.Scan(&r.ID, &r.Plan, &r.PlanID, &r.Status, &started, &ended, &r.Total, &r.Done,
				&r.Failed); err != nil {
				return err
			}
			r.Started, r.Ended = moment(started), moment(ended)
			out = append(out, r)
		}
		return rows.Err()
	})
	return out, err
}

// nanoseconds is a time as a column holds it, moment the way back.
func nanoseconds(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixNano(), Valid: !t.IsZero()}
}

func moment(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return time.Unix(0, n.Int64).UTC()
}
