package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"billow/engine"
	"billow/internal/store"
	"billow/internal/store/disk"
)

// history is the events of one run.
type history struct {
	run     string
	path    string
	options Options

	// mu guards all that follows. It is held for as long as an append or a look at the file's end takes; what lies
	// before end never changes and is read without it.
	mu sync.Mutex
	// reader and writer are nil until they are needed and the file is there.
	reader, writer *os.File
	flush          *disk.Flusher // as soon as there is a writer
	// end is where the last whole batch ends, last the number of its last event. marks are some of the places
	// before it where a batch begins.
	end, last int64
	marks     []mark
	buffer    []byte
}

// mark says that the events behind after begin at offset.
type mark struct{ after, offset int64 }

const (
	// markEvery is how far apart marks are at least, in bytes.
	markEvery = 1 << 18
	// bufferLimit is the length in bytes of the largest buffer that is kept for the next append.
	bufferLimit = 1 << 20
	// roomLimit is the number of events for which room is made before they are seen.
	roomLimit = 1 << 20
)

func (h *history) append(after int64, events []engine.Event) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	body, err := store.Encode(h.buffer[:0], after, events)
	if err != nil {
		return fmt.Errorf("run %s: %w", h.run, err)
	}
	if err := h.openWriter(after == 0); err != nil {
		return h.fault(err)
	}
	if h.writer == nil {
		return h.conflict(after)
	}
	if err := h.flush.Failed(); err != nil {
		return h.fault(err)
	}
	if err := lock(h.writer, h.options.Busy); err != nil {
		return h.fault(err)
	}
	defer unlock(h.writer)
	size, err := h.look(h.writer)
	if err != nil {
		return h.fault(err)
	}
	if h.last != after {
		return h.conflict(after)
	}
	if size > h.end {
		// Nobody else is writing: what lies behind the last whole batch is what a crash left.
		if err := h.writer.Truncate(h.end); err != nil {
			return h.fault(err)
		}
	}
	last := after + int64(len(events))
	body = closeBatch(body, last, h.flush.Synced())
	if cap(body) <= bufferLimit {
		h.buffer = body
	}
	if _, err := h.writer.WriteAt(body, h.end); err != nil {
		return h.fault(errors.Join(err, h.writer.Truncate(h.end)))
	}
	h.grow(last, int64(len(body)))
	h.flush.Wrote(last)
	return nil
}

func (h *history) conflict(after int64) error {
	return fmt.Errorf("run %s ends at event %d, not %d: %w", h.run, h.last, after, store.ErrConflict)
}

// grow takes in a batch of so many bytes that ends with event last.
func (h *history) grow(last, bytes int64) {
	if n := len(h.marks); n == 0 || h.end-h.marks[n-1].offset >= markEvery {
		h.marks = append(h.marks, mark{h.last, h.end})
	}
	h.end, h.last = h.end+bytes, last
}

// openWriter opens the file for appending, once. Where it is not there it stays closed, unless it is to be made.
func (h *history) openWriter(create bool) error {
	if h.writer != nil {
		return nil
	}
	file, err := os.OpenFile(h.path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		if !create {
			return nil
		}
		if err := os.MkdirAll(filepath.Dir(h.path), 0o755); err != nil {
			return err
		}
		file, err = os.OpenFile(h.path, os.O_RDWR|os.O_CREATE, 0o644)
	}
	if err != nil {
		return err
	}
	flush, err := disk.NewFlusher(h.path, h.options.FlushEvery)
	if err != nil {
		return errors.Join(err, file.Close())
	}
	h.writer, h.flush = file, flush
	return nil
}

// openReader opens the file for reading, once. Where it is not there it stays closed.
func (h *history) openReader() error {
	if h.reader != nil {
		return nil
	}
	file, err := os.Open(h.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	h.reader = file
	return err
}

// lastEvent looks at the file every time, because another process may have added to it; that costs one call of
// the system.
func (h *history) lastEvent() (int64, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.openReader(); err != nil || h.reader == nil {
		return 0, h.fault(err)
	}
	_, err := h.look(h.reader)
	return h.last, h.fault(err)
}

// read gives the events behind after, at most limit; 0 is all.
func (h *history) read(ctx context.Context, after int64, limit int) ([]engine.Event, error) {
	piece, n, err := h.piece(after, limit)
	if err != nil || n == 0 {
		return []engine.Event{}, h.fault(err)
	}
	text := make([]byte, piece.to-piece.from)
	if _, err := h.reader.ReadAt(text, piece.from); err != nil {
		return nil, h.fault(err)
	}
	events := make([]engine.Event, 0, min(n, roomLimit))
	var d store.Decoder
	for next := piece.after + 1; int64(len(events)) < n; {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		b, ok := cutBatch(text)
		if !ok || !b.sound() {
			return nil, h.damaged(piece.to - int64(len(text)))
		}
		start := len(events)
		if events, err = d.Decode(events, b.events); err != nil {
			return nil, h.fault(fmt.Errorf("%w: run %s: %w", store.ErrDamaged, h.run, err))
		}
		for i := start; i < len(events); i, next = i+1, next+1 {
			if events[i].Seq != next {
				return nil, h.fault(fmt.Errorf("%w: run %s: event %d is where event %d should be", store.ErrDamaged,
					h.run, events[i].Seq, next))
			}
		}
		if next <= after+1 { // all of it comes before what was asked for
			events = events[:0]
		} else if events[0].Seq <= after {
			events = slices.Delete(events, 0, int(after+1-events[0].Seq))
		}
		text = text[b.size:]
	}
	return events[:n], nil
}

// piece is where to read n events behind after: the events behind piece.after begin at from.
type piece struct{ after, from, to int64 }

func (h *history) piece(after int64, limit int) (p piece, n int64, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.openReader(); err != nil || h.reader == nil {
		return p, 0, err
	}
	if _, err := h.look(h.reader); err != nil {
		return p, 0, err
	}
	n = max(h.last-after, 0)
	if limit > 0 {
		n = min(n, int64(limit))
	}
	p.to = h.end
	for i, m := range slices.Backward(h.marks) {
		if m.after >= after+n {
			p.to = h.marks[i].offset
		}
		if m.after <= after {
			p.after, p.from = m.after, m.offset
			break
		}
	}
	return p, n, nil
}

func (h *history) damaged(at int64) error {
	return h.fault(fmt.Errorf("%w: run %s: what begins at byte %d is not what was written", store.ErrDamaged, h.run, at))
}

func (h *history) sync() error {
	h.mu.Lock()
	flush := h.flush
	h.mu.Unlock()
	if flush == nil {
		return nil
	}
	return h.fault(flush.Sync())
}

func (h *history) close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	var errs []error
	if h.flush != nil {
		errs = append(errs, h.flush.Close())
	}
	for _, file := range []*os.File{h.reader, h.writer} {
		if file != nil {
			errs = append(errs, file.Close())
		}
	}
	h.reader, h.writer, h.flush = nil, nil, nil
	return h.fault(errors.Join(errs...))
}

// fault says where an error happened and what to do about it.
func (h *history) fault(err error) error {
	if err == nil {
		return nil
	}
	return disk.Fault(h.path, nil, err)
}
