package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"billow/internal/store"
)

// exec runs one statement that writes.
func (l *Log) exec(ctx context.Context, query string, args ...any) error {
	return l.change(ctx, func(ctx context.Context) error {
		_, err := l.write.ExecContext(ctx, query, args...)
		return err
	})
}

// row reads one row; what, for the message, is what was not found.
func (l *Log) row(ctx context.Context, what, query string, key string, to ...any) error {
	return l.look(ctx, func(ctx context.Context) error {
		err := l.read.QueryRowContext(ctx, query, key).Scan(to...)
		if errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("%s %s: %w", what, key, store.ErrNotFound)
		}
		return err
	})
}

func (l *Log) syncEvents(ctx context.Context) error {
	if err := l.enter(ctx); err != nil {
		return err
	}
	defer l.leave()
	return l.events.Sync()
}

// PutSnapshot implements store.Log. The events that a snapshot stands for are on the disk before it is.
func (l *Log) PutSnapshot(ctx context.Context, run string, seq int64, data []byte) error {
	if run == "" {
		return store.ErrNoID
	}
	if err := l.syncEvents(ctx); err != nil {
		return err
	}
	return l.exec(ctx, `INSERT INTO snapshot (run, seq, body) VALUES (?, ?, ?)
		ON CONFLICT (run) DO UPDATE SET seq = excluded.seq, body = excluded.body WHERE excluded.seq >= seq`,
		run, seq, append([]byte{}, data...))
}

// Snapshot implements store.Log.
func (l *Log) Snapshot(ctx context.Context, run string) (seq int64, data []byte, err error) {
	err = l.row(ctx, "snapshot of run", `SELECT seq, body FROM snapshot WHERE run = ?`, run, &seq, &data)
	return seq, data, err
}

// PutProjection implements store.Log. The events that a plan file tells of are on the disk before it does.
func (l *Log) PutProjection(ctx context.Context, p store.Projection) error {
	if err := l.syncEvents(ctx); err != nil {
		return err
	}
	return l.exec(ctx, `INSERT INTO projection (plan, run, seq, hash) VALUES (?, ?, ?, ?)
		ON CONFLICT (plan) DO UPDATE SET run = excluded.run, seq = excluded.seq, hash = excluded.hash`,
		p.Plan, p.Run, p.Seq, p.Hash)
}

// Projection implements store.Log.
func (l *Log) Projection(ctx context.Context, plan string) (p store.Projection, err error) {
	err = l.row(ctx, "projection of", `SELECT plan, run, seq, hash FROM projection WHERE plan = ?`, plan,
		&p.Plan, &p.Run, &p.Seq, &p.Hash)
	return p, err
}

// PutDurations implements store.Log. The whole map is one statement: a statement for each task would take a
// second for a plan of a hundred thousand.
func (l *Log) PutDurations(ctx context.Context, plan string, took map[string]time.Duration) error {
	if len(took) == 0 {
		return l.look(ctx, func(context.Context) error { return nil })
	}
	text, err := json.Marshal(took)
	if err != nil {
		return err
	}
	return l.exec(ctx, `INSERT INTO duration (plan, task, took) SELECT ?, key, value FROM json_each(?) WHERE true
		ON CONFLICT (plan, task) DO UPDATE SET took = excluded.took`, plan, string(text))
}

// Durations implements store.Log.
func (l *Log) Durations(ctx context.Context, plan string) (took map[string]time.Duration, err error) {
	err = l.look(ctx, func(ctx context.Context) error {
		rows, err := l.read.QueryContext(ctx, `SELECT task, took FROM duration WHERE plan = ?`, plan)
		if err != nil {
			return err
		}
		defer rows.Close()
		took = map[string]time.Duration{}
		for rows.Next() {
			var task string
			var d time.Duration
			if err := rows.Scan(&task, &d); err != nil {
				return err
			}
			took[task] = d
		}
		return rows.Err()
	})
	return took, err
}
