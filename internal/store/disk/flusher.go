package disk

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// Every is how long written data may wait before a Flusher brings it to the disk, unless it is told otherwise.
const Every = 20 * time.Millisecond

// Flusher makes what is written to a file safe against a power loss without holding up whoever writes it: it
// calls fdatasync through a descriptor of its own, at most every so often.
//
// The alternative, a sync for each write, makes a run wait for the disk: 0.2 ms on a good one, 10 ms on many
// laptops, on the thread that should be starting the next task.
type Flusher struct {
	path string
	file *os.File
	// written is how far the file was written, by the count of whoever writes; kick says that there is something
	// new, stop that it is over.
	written atomic.Int64
	kick    chan struct{}
	stop    chan struct{}
	ended   sync.WaitGroup

	// synced is how much of written is on the disk.
	synced atomic.Int64
	// mu is held while the disk is at work; who waits for it mostly finds its own work done.
	mu    sync.Mutex
	named bool // the file's name is on the disk too
	// broken is the first failure. It stays: after a failed sync the system may forget which data it had not
	// written, and a later sync succeeds without them.
	broken atomic.Pointer[error]
}

// NewFlusher flushes the file at path, which exists. every 0 is Every; below 0 only Sync and Close bring
// anything to the disk.
func NewFlusher(path string, every time.Duration) (*Flusher, error) {
	// For writing, because Windows flushes nothing through a handle that only reads.
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	f := &Flusher{path: path, file: file, kick: make(chan struct{}, 1), stop: make(chan struct{})}
	if every == 0 {
		every = Every
	}
	if every > 0 {
		f.ended.Go(func() { f.run(every) })
	}
	return f, nil
}

// run syncs every so often while there is something to sync, and sleeps without a timer while there is not.
func (f *Flusher) run(every time.Duration) {
	timer := time.NewTimer(every)
	defer timer.Stop()
	for {
		select {
		case <-f.kick:
		case <-f.stop:
			return
		}
		timer.Reset(every)
		select {
		case <-timer.C:
		case <-f.stop:
			return
		}
		// A failure stays in broken, where the next call finds it.
		_ = f.Sync()
	}
}

// Wrote tells how far the file is written now, by a count of the caller's that only grows.
func (f *Flusher) Wrote(upTo int64) {
	for {
		was := f.written.Load()
		if upTo <= was || f.written.CompareAndSwap(was, upTo) {
			break
		}
	}
	select {
	case f.kick <- struct{}{}:
	default:
	}
}

// Synced is the count up to which the file is on the disk.
func (f *Flusher) Synced() int64 { return f.synced.Load() }

// Sync waits until everything told of before the call is on the disk.
func (f *Flusher) Sync() error {
	mine := f.written.Load()
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.Failed(); err != nil || f.synced.Load() >= mine {
		return err
	}
	covered := f.written.Load()
	if err := f.toDisk(); err != nil {
		f.broken.Store(&err)
		return err
	}
	f.synced.Store(covered)
	return nil
}

// Failed is the first sync that failed, nil when none has.
func (f *Flusher) Failed() error {
	if err := f.broken.Load(); err != nil {
		return *err
	}
	return nil
}

// errRemoved is what happens when somebody cleans up (git clean -x) under a run.
var errRemoved = errors.New("the file was removed or replaced while in use")

func (f *Flusher) toDisk() error {
	if err := dataSync(f.file); err != nil {
		return fmt.Errorf("sync of %s: %w", f.path, err)
	}
	there, err := os.Stat(f.path)
	if err != nil {
		return errors.Join(errRemoved, err)
	}
	ours, err := f.file.Stat()
	if err != nil {
		return err
	}
	if !os.SameFile(there, ours) {
		return errRemoved
	}
	if f.named {
		return nil
	}
	// The file may be new, and then its name is not on the disk yet.
	err = SyncFolder(filepath.Dir(f.path))
	f.named = err == nil
	return err
}

// Close syncs what is left and gives everything back.
func (f *Flusher) Close() error {
	close(f.stop)
	f.ended.Wait()
	return errors.Join(f.Sync(), f.file.Close())
}
