package sqlite

import (
	"context"

	"billow/engine"
)

// Append implements store.Log.
func (l *Log) Append(ctx context.Context, run string, after int64, events []engine.Event) error {
	if err := l.enter(ctx); err != nil {
		return err
	}
	defer l.leave()
	if len(events) == 0 {
		return nil
	}
	return l.events.Append(run, after, events)
}

// Last implements store.Log.
func (l *Log) Last(ctx context.Context, run string) (int64, error) {
	if err := l.enter(ctx); err != nil {
		return 0, err
	}
	defer l.leave()
	return l.events.Last(run)
}

// Read implements store.Log.
func (l *Log) Read(ctx context.Context, run string, after int64, limit int) ([]engine.Event, error) {
	if err := l.enter(ctx); err != nil {
		return nil, err
	}
	defer l.leave()
	return l.events.Read(ctx, run, after, limit)
}
