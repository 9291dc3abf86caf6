package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"billow/engine"
	"billow/internal/store"
)

// In these statements ?1 is the base of a history: its number in the upper 32 bits, so that base + n is the
// key of a batch that begins with event n.
const (
	// appendBatch adds a batch if the history ends where the caller thinks it does. One statement outside a
	// transaction is one: SQLite takes the write lock before it reads, waits for it as BEGIN IMMEDIATE does,
	// and commits at the end. Saying BEGIN, SELECT, INSERT and COMMIT one by one costs nearly twice the time.
	appendBatch = `
INSERT INTO batch (id, last, body)
SELECT ?1 + ?2 + 1, ?3, ?4
WHERE ?2 = coalesce((SELECT last FROM batch WHERE id BETWEEN ?1 AND ?1 + 4294967295 ORDER BY id DESC LIMIT 1), 0)`

	// readBatches begins with the batch in which the event behind ?2 is.
	readBatches = `
SELECT body FROM batch
WHERE id BETWEEN coalesce((SELECT max(id) FROM batch WHERE id BETWEEN ?1 AND ?1 + ?2 + 1), ?1) AND ?1 + 4294967295
ORDER BY id`

	lastOf = `SELECT last FROM batch WHERE id BETWEEN ?1 AND ?1 + 4294967295 ORDER BY id DESC LIMIT 1`
)

const (
	// bufferLimit is the length in bytes of the largest buffer that is kept for the next Append.
	bufferLimit = 1 << 20
	// roomLimit is the number of events for which room is made before they are seen.
	roomLimit = 1 << 20
)

// Append implements store.Log.
func (l *Log) Append(ctx context.Context, run string, after int64, events []engine.Event) error {
	if len(events) == 0 {
		return l.look(ctx, func(context.Context) error { return nil })
	}
	if run == "" {
		return store.ErrNoID
	}
	buffer := l.buffers.Get().(*[]byte)
	defer l.buffers.Put(buffer)
	body, err := store.Encode((*buffer)[:0], after, events)
	if err != nil {
		return fmt.Errorf("run %s: %w", run, err)
	}
	if cap(body) <= bufferLimit {
		*buffer = body
	}
	return l.change(ctx, func(ctx context.Context) error {
		base, err := l.baseOf(ctx, run)
		if err == nil && base == 0 && after == 0 {
			base, err = l.begin(ctx, run)
		}
		if err != nil {
			return err
		}
		result, err := l.append.ExecContext(ctx, base, after, after+int64(len(events)), body)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 1 {
			return err
		}
		last, err := l.lastOf(ctx, base)
		if err != nil {
			return err
		}
		return fmt.Errorf("run %s ends at event %d, not %d: %w", run, last, after, store.ErrConflict)
	})
}

// baseOf is the base of a run's history, 0 when it has none. It is asked for once per run and Log: a history
// never changes its number.
func (l *Log) baseOf(ctx context.Context, run string) (base int64, err error) {
	if known, ok := l.bases.Load(run); ok {
		return known.(int64), nil
	}
	err = l.read.QueryRowContext(ctx, `SELECT number << 32 FROM history WHERE run = ?`, run).Scan(&base)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err == nil {
		l.bases.Store(run, base)
	}
	return base, err
}

// begin makes the history of a run, unless somebody else just has.
func (l *Log) begin(ctx context.Context, run string) (base int64, err error) {
	_, err = l.write.ExecContext(ctx, `INSERT INTO history (run) VALUES (?) ON CONFLICT (run) DO NOTHING`, run)
	if err != nil {
		return 0, err
	}
	return l.baseOf(ctx, run)
}

// Last implements store.Log. It asks the file every time: that costs no more than asking SQLite whether
// another process has changed it.
func (l *Log) Last(ctx context.Context, run string) (last int64, err error) {
	err = l.look(ctx, func(ctx context.Context) error {
		base, err := l.baseOf(ctx, run)
		if err != nil {
			return err
		}
		last, err = l.lastOf(ctx, base)
		return err
	})
	return last, err
}

// lastOf is the last event of a history; base 0 has none.
func (l *Log) lastOf(ctx context.Context, base int64) (last int64, err error) {
	err = l.last.QueryRowContext(ctx, base).Scan(&last)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return last, err
}

// Read implements store.Log.
func (l *Log) Read(ctx context.Context, run string, after int64, limit int) (events []engine.Event, err error) {
	after = max(after, 0)
	err = l.look(ctx, func(inner context.Context) error {
		base, err := l.baseOf(inner, run)
		if err != nil {
			return err
		}
		last, err := l.lastOf(inner, base)
		if err != nil {
			return err
		}
		n := max(last-after, 0)
		if limit > 0 {
			n = min(n, int64(limit))
		}
		events = make([]engine.Event, 0, min(n, roomLimit))
		if n == 0 {
			return nil
		}
		rows, err := l.batches.QueryContext(inner, base, after)
		if err != nil {
			return err
		}
		defer rows.Close()
		events, err = readAll(ctx, rows, events, after, n)
		if err != nil {
			return fmt.Errorf("run %s: %w", run, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return events, nil
}

// readAll appends n events behind after to events, from rows that may begin earlier and end later. It stops
// early when ctx ends.
func readAll(ctx context.Context, rows *sql.Rows, events []engine.Event, after, n int64) ([]engine.Event, error) {
	var d store.Decoder
	for int64(len(events)) < n && rows.Next() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		var body sql.RawBytes
		if err := rows.Scan(&body); err != nil {
			return nil, err
		}
		start := len(events)
		var err error
		if events, err = d.Decode(events, body); err != nil {
			return nil, fmt.Errorf("%w: %w", store.ErrDamaged, err)
		}
		if start == 0 {
			events = behind(events, after)
		}
		for i := start; i < len(events); i++ {
			if want := after + int64(i) + 1; events[i].Seq != want {
				return nil, fmt.Errorf("%w: event %d is where event %d should be", store.ErrDamaged,
					events[i].Seq, want)
			}
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if int64(len(events)) < n {
		return nil, fmt.Errorf("%w: the events behind %d are missing", store.ErrDamaged, after+int64(len(events)))
	}
	return events[:n], nil
}

// behind takes the events up to after away, in place.
func behind(events []engine.Event, after int64) []engine.Event {
	skip := 0
	for skip < len(events) && events[skip].Seq <= after {
		skip++
	}
	return append(events[:0], events[skip:]...)
}
