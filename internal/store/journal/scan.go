package journal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"billow/internal/store"
)

// window is how much of a file is looked at in one piece, in bytes, unless a batch is larger.
const window = 1 << 20

// look takes in what was added to the file since the last look, and returns the file's size.
func (h *history) look(file *os.File) (size int64, err error) {
	// Not by Stat, which makes an object for each append.
	if size, err = file.Seek(0, io.SeekEnd); err != nil {
		return 0, err
	}
	if size < h.end {
		return 0, fmt.Errorf("%w: the last %d bytes of run %s are gone", store.ErrDamaged, h.end-size, h.run)
	}
	if size == h.end {
		return size, nil
	}
	return size, h.scan(file, size)
}

// scan takes in the batches between end and size. It stops at the first that is not whole or not sound: what was
// not on the disk yet when the power went is there in part, in any order. But a batch that a later one knew to be
// on the disk did not come to this by itself, and that is damage.
func (h *history) scan(file *os.File, size int64) error {
	var text []byte // what was read, from at on
	at := h.end
	stopped := int64(-1) // event behind which a batch is not sound
	for from := at; ; {
		if n := min(size-from, max(window, int64(len(text)))); n > 0 {
			more := make([]byte, int64(len(text))+n)
			copy(more, text)
			got, err := file.ReadAt(more[len(text):], from)
			if err != nil && !errors.Is(err, io.EOF) {
				return err
			}
			text, from = more[:len(text)+got], from+int64(got)
			if got == 0 {
				size = from // it became shorter: a writer took away what a crash had left
			}
		}
		for {
			b, ok := cutBatch(text)
			if !ok {
				break
			}
			switch {
			case stopped >= 0 && b.sound() && b.safe > stopped:
				return fmt.Errorf("%w: run %s: what begins at byte %d is not what was written", store.ErrDamaged, h.run, h.end)
			case stopped >= 0:
			case !b.sound() || b.end-h.last != int64(bytes.Count(b.events, []byte("\n"))):
				stopped = h.last
			default:
				h.grow(b.end, int64(b.size))
			}
			text = text[b.size:]
		}
		if from >= size {
			return nil
		}
	}
}
