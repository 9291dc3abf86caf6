package control

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"billow/engine"
	"billow/internal/planfile"
	"billow/internal/store"
)

// told is a history: that of a stored run, or a file.
type told struct {
	o   *Opened
	log store.Log
	run store.Run
	// file is the history as a file, nil for a stored run.
	file []byte
	path string
}

// tell finds the history that is meant: a file (*.jsonl, *.ndjson), a plan, whose latest run it is, or a run by its id
// or the beginning of it. Nothing is the latest run of the plan that is found.
func (s *Service) tell(ctx context.Context, of string) (*told, error) {
	path := of
	if !filepath.IsAbs(path) {
		path = filepath.Join(s.Dir, path)
	}
	if ext := filepath.Ext(of); ext == ".jsonl" || ext == ".ndjson" {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		return &told{file: data, path: of}, nil
	}
	if _, err := os.Lstat(path); err == nil {
		return s.tellStored(ctx, of, "")
	}
	t, err := s.tellStored(ctx, "", of)
	if !errors.Is(err, ErrNoRun) {
		return t, err
	}
	t, err = s.tellStored(ctx, of, "")
	if errors.Is(err, planfile.ErrNoPlan) {
		err = fmt.Errorf("%w: there is no run and no plan %q; billow runs lists runs", ErrNoRun, of)
	}
	return t, err
}

func (s *Service) tellStored(ctx context.Context, plan, run string) (*told, error) {
	o, log, err := s.stored(plan, run)
	if err != nil {
		return nil, err
	}
	t := &told{o: o, log: log}
	if t.run, err = which(ctx, o, log, run); err != nil {
		return nil, errors.Join(err, log.Close())
	}
	return t, nil
}

func (t *told) close() {
	if t.log != nil {
		_ = t.log.Close() // it was only read
	}
}

// name is how the history is called in messages.
func (t *told) name() string {
	if t.path != "" {
		return t.path
	}
	return "run " + t.run.ID
}

// eventsAtOnce is how many events of a stored run are read in one go.
const eventsAtOnce = 10_000

// events are the events, oldest first.
func (t *told) events(ctx context.Context) iter.Seq2[engine.Event, error] {
	if t.log == nil {
		return t.fileEvents()
	}
	return func(yield func(engine.Event, error) bool) {
		for after := int64(0); ; {
			events, err := t.log.Read(ctx, t.run.ID, after, eventsAtOnce)
			if err != nil {
				yield(engine.Event{}, err)
				return
			}
			for i := range events {
				if !yield(events[i], nil) {
					return
				}
			}
			if len(events) == 0 {
				return
			}
			after = events[len(events)-1].Seq
		}
	}
}

// fileEvents reads lines as `billow events --json` prints them. Lines that close a batch in the store's own files are
// passed over: their checksums are for the store.
func (t *told) fileEvents() iter.Seq2[engine.Event, error] {
	return func(yield func(engine.Event, error) bool) {
		var d store.Decoder
		var one []engine.Event
		number := 0
		for line := range bytes.Lines(t.file) {
			number++
			line = bytes.TrimRight(line, "\r\n")
			if len(line) == 0 || bytes.HasPrefix(line, []byte(`{"end":`)) {
				continue
			}
			var err error
			if one, err = d.Decode(one[:0], line); err != nil {
				yield(engine.Event{}, &spoiltError{fmt.Sprintf("%s:%d: %v", t.path, number, err)})
				return
			}
			if !yield(one[0], nil) {
				return
			}
		}
		if number == 0 {
			yield(engine.Event{}, &spoiltError{t.path + " is empty"})
		}
	}
}

// spoiltError says what is wrong with a history that could be read.
type spoiltError struct{ text string }

func (e *spoiltError) Error() string { return e.text }

// spoilt says of an event that it does not fold.
func (t *told) spoilt(n int64, err error) error {
	return &spoiltError{fmt.Sprintf("%s: event %d does not fold: %s", t.name(), n, strings.TrimPrefix(err.Error(), engine.ErrIllegal.Error()+" "))}
}
