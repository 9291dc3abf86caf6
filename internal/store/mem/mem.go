// Package mem is a store in memory, for tests and dry runs.
//
// It keeps the whole contract of store.Log but one word: "survives" means as long as the Log. Events are kept
// in the form in which a database would hold them, so that what comes back is a copy and has lost what a
// database would lose (a time's monotonic part, the difference between nil and empty). Start with New.
package mem

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"billow/engine"
	"billow/internal/store"
)

// Log is a store.Log in memory.
type Log struct {
	mu          sync.RWMutex
	closed      bool
	events      map[string][][]byte
	runs        map[string]store.Run
	blobs       map[string][]byte
	snapshots   map[string]snapshot
	projections map[string]store.Projection
	durations   map[string]map[string]time.Duration
}

type snapshot struct {
	seq  int64
	data []byte
}

var _ store.Log = (*Log)(nil)

// New returns an empty store.
func New() *Log {
	return &Log{
		events:      map[string][][]byte{},
		runs:        map[string]store.Run{},
		blobs:       map[string][]byte{},
		snapshots:   map[string]snapshot{},
		projections: map[string]store.Projection{},
		durations:   map[string]map[string]time.Duration{},
	}
}

// write runs f alone, read beside other reads; neither when the context has ended or the store is closed.
func (l *Log) write(ctx context.Context, f func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return store.ErrClosed
	}
	return f()
}

func (l *Log) read(ctx context.Context, f func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.closed {
		return store.ErrClosed
	}
	return f()
}

// Append implements store.Log.
func (l *Log) Append(ctx context.Context, run string, after int64, events []engine.Event) error {
	return l.write(ctx, func() error {
		if len(events) == 0 {
			return nil
		}
		if run == "" {
			return store.ErrNoID
		}
		body, err := store.Encode(nil, after, events)
		if err != nil {
			return fmt.Errorf("run %s: %w", run, err)
		}
		if last := int64(len(l.events[run])); last != after {
			return fmt.Errorf("run %s ends at event %d, not %d: %w", run, last, after, store.ErrConflict)
		}
		for line := range strings.Lines(string(body)) {
			l.events[run] = append(l.events[run], []byte(line))
		}
		return nil
	})
}

// Read implements store.Log.
func (l *Log) Read(ctx context.Context, run string, after int64, limit int) (out []engine.Event, err error) {
	err = l.read(ctx, func() error {
		lines := l.events[run]
		lines = lines[min(max(after, 0), int64(len(lines))):]
		if limit > 0 {
			lines = lines[:min(limit, len(lines))]
		}
		out = make([]engine.Event, 0, len(lines))
		var d store.Decoder
		for _, line := range lines {
			if out, err = d.Decode(out, line); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// Last implements store.Log.
func (l *Log) Last(ctx context.Context, run string) (last int64, err error) {
	err = l.read(ctx, func() error {
		last = int64(len(l.events[run]))
		return nil
	})
	return last, err
}

// Sync implements store.Log; there is nothing to wait for.
func (l *Log) Sync(ctx context.Context) error {
	return l.read(ctx, func() error { return nil })
}

// Runs implements store.Log.
func (l *Log) Runs(ctx context.Context, plan string, limit int) (out []store.Run, err error) {
	err = l.read(ctx, func() error {
		for _, r := range l.runs {
			if plan == "" || r.Plan == plan {
				out = append(out, r)
			}
		}
		slices.SortFunc(out, func(a, b store.Run) int {
			return cmp.Or(b.Started.Compare(a.Started), cmp.Compare(b.ID, a.ID))
		})
		if limit > 0 {
			out = out[:min(limit, len(out))]
		}
		return nil
	})
	return out, err
}

// Run implements store.Log.
func (l *Log) Run(ctx context.Context, id string) (out store.Run, err error) {
	err = l.read(ctx, func() error {
		if r, ok := l.runs[id]; ok {
			out = r
			return nil
		}
		var found []string
		for _, key := range slices.Sorted(maps.Keys(l.runs)) {
			if id != "" && strings.HasPrefix(key, id) {
				found = append(found, key)
			}
		}
		switch len(found) {
		case 0:
			return fmt.Errorf("run %q: %w", id, store.ErrNotFound)
		case 1:
			out = l.runs[found[0]]
			return nil
		}
		return store.Ambiguous(id, found)
	})
	return out, err
}

// PutRun implements store.Log.
func (l *Log) PutRun(ctx context.Context, r store.Run) error {
	return l.write(ctx, func() error {
		if r.ID == "" {
			return store.ErrNoID
		}
		r.Started, r.Ended = kept(r.Started), kept(r.Ended)
		l.runs[r.ID] = r
		return nil
	})
}

// kept is t as a database gives it back: in UTC, without its monotonic part.
func kept(t time.Time) time.Time { return t.Round(0).UTC() }

// PutBlob implements store.Log.
func (l *Log) PutBlob(ctx context.Context, data []byte) (hash string, err error) {
	err = l.write(ctx, func() error {
		sum := sha256.Sum256(data)
		hash = hex.EncodeToString(sum[:])
		l.blobs[hash] = slices.Clone(data)
		return nil
	})
	return hash, err
}

// Blob implements store.Log.
func (l *Log) Blob(ctx context.Context, hash string) (data []byte, err error) {
	err = l.read(ctx, func() error {
		found, ok := l.blobs[hash]
		if !ok {
			return fmt.Errorf("blob %s: %w", hash, store.ErrNotFound)
		}
		data = append([]byte{}, found...)
		return nil
	})
	return data, err
}

// PutSnapshot implements store.Log.
func (l *Log) PutSnapshot(ctx context.Context, run string, seq int64, data []byte) error {
	return l.write(ctx, func() error {
		if run == "" {
			return store.ErrNoID
		}
		if old, ok := l.snapshots[run]; !ok || old.seq <= seq {
			l.snapshots[run] = snapshot{seq, slices.Clone(data)}
		}
		return nil
	})
}

// Snapshot implements store.Log.
func (l *Log) Snapshot(ctx context.Context, run string) (seq int64, data []byte, err error) {
	err = l.read(ctx, func() error {
		s, ok := l.snapshots[run]
		if !ok {
			return fmt.Errorf("snapshot of run %s: %w", run, store.ErrNotFound)
		}
		seq, data = s.seq, append([]byte{}, s.data...)
		return nil
	})
	return seq, data, err
}

// PutProjection implements store.Log.
func (l *Log) PutProjection(ctx context.Context, p store.Projection) error {
	return l.write(ctx, func() error {
		l.projections[p.Plan] = p
		return nil
	})
}

// Projection implements store.Log.
func (l *Log) Projection(ctx context.Context, plan string) (out store.Projection, err error) {
	err = l.read(ctx, func() error {
		p, ok := l.projections[plan]
		if !ok {
			return fmt.Errorf("projection of %s: %w", plan, store.ErrNotFound)
		}
		out = p
		return nil
	})
	return out, err
}

// Durations implements store.Log.
func (l *Log) Durations(ctx context.Context, plan string) (out map[string]time.Duration, err error) {
	err = l.read(ctx, func() error {
		out = map[string]time.Duration{}
		maps.Copy(out, l.durations[plan])
		return nil
	})
	return out, err
}

// PutDurations implements store.Log.
func (l *Log) PutDurations(ctx context.Context, plan string, took map[string]time.Duration) error {
	return l.write(ctx, func() error {
		if l.durations[plan] == nil {
			l.durations[plan] = map[string]time.Duration{}
		}
		maps.Copy(l.durations[plan], took)
		return nil
	})
}

// Close implements store.Log.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	return nil
}
