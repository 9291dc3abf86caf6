package sqlite

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// flusher makes commits safe against a power loss without holding them up.
//
// With synchronous=NORMAL SQLite writes a commit to the end of the WAL and does not wait for the disk. The
// flusher calls fdatasync on the WAL through a descriptor of its own. That is enough, because
//
//   - a commit is in the WAL completely before Append returns, and a sync covers all that was written before;
//   - after a crash SQLite replays the WAL up to the last commit whose frames all carry the right salt and
//     running checksum, so what was torn behind the last sync is left out and nothing before it is lost;
//   - a checkpoint syncs the WAL before it copies pages into the database, and the database before the WAL is
//     begun anew, so a commit that is no longer in the WAL is safe as well;
//   - the WAL stays the same file as long as a connection is open, and SQLite takes its POSIX locks on the
//     database and on the -shm file, so closing this descriptor gives up no lock of its.
//
// The alternative, synchronous=FULL, makes each commit wait for the disk: 0.2 ms on a good one, 10 ms on many
// laptops, on the thread that should be starting the next task.
type flusher struct {
	path string
	file *os.File
	// commits counts what was written, kick says that there is something new, stop that it is over.
	commits atomic.Uint64
	kick    chan struct{}
	stop    chan struct{}
	ended   sync.WaitGroup

	// mu is held while the disk is at work; who waits for it mostly finds its own work done.
	mu     sync.Mutex
	synced uint64
	// broken is the first failure. It stays: after a failed sync the system may forget which data it had not
	// written, and a later sync succeeds without them.
	broken atomic.Pointer[error]
}

// newFlusher opens the WAL, which exists as soon as the database has been read. every below 0 is never.
func newFlusher(path string, every time.Duration) (*flusher, error) {
	// For writing, because Windows flushes nothing through a handle that only reads.
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	f := &flusher{path: path, file: file, kick: make(chan struct{}, 1), stop: make(chan struct{})}
	if every > 0 {
		f.ended.Go(func() { f.run(every) })
	}
	return f, nil
}

// run syncs every so often while there is something to sync, and sleeps without a timer while there is not.
func (f *flusher) run(every time.Duration) {
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
		_ = f.sync()
	}
}

// wrote tells that a commit is in the WAL.
func (f *flusher) wrote() {
	f.commits.Add(1)
	select {
	case f.kick <- struct{}{}:
	default:
	}
}

// sync waits until every commit told of before the call is on the disk.
func (f *flusher) sync() error {
	mine := f.commits.Load()
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.failed(); err != nil || f.synced >= mine {
		return err
	}
	covered := f.commits.Load()
	if err := f.toDisk(); err != nil {
		f.broken.Store(&err)
		return err
	}
	f.synced = covered
	return nil
}

func (f *flusher) failed() error {
	if err := f.broken.Load(); err != nil {
		return *err
	}
	return nil
}

// errRemoved is what happens when somebody cleans up (git clean -x) under a run.
var errRemoved = errors.New("the file was removed or replaced while in use")

func (f *flusher) toDisk() error {
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
	return nil
}

// close ends the goroutine and syncs what is left.
func (f *flusher) close() error {
	close(f.stop)
	f.ended.Wait()
	return errors.Join(f.sync(), f.file.Close())
}
