// Package sqlite is the store in a folder, .billow: a SQLite file, billow.db, and beside it the histories of runs,
// log/RUN.jsonl (package journal), because a history only grows and a run adds to it for every task; see
// docs/design/0012.
//
// The database is in WAL mode. One connection writes, others read, so that reading never holds up a run; other
// processes may do both at the same time. A commit ends in the operating system's memory, where it survives
// kill -9; a disk.Flusher brings it to the disk in groups, off the caller's way.
//
// Everything that is read is read to its end before the call returns: no cursor stays open. Start with Open.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"modernc.org/sqlite"

	"billow/internal/store"
	"billow/internal/store/disk"
	"billow/internal/store/journal"
)

// Options of Open; the zero value is what a run wants.
type Options struct {
	// FlushEvery is how long written data may wait before it is brought to the disk. 0 is 20 ms; below 0
	// only Sync and Close bring it there.
	FlushEvery time.Duration
	// Busy is how long to wait for another program's write lock before giving up with store.ErrBusy; 0 is
	// 5 s.
	Busy time.Duration
}

const (
	defaultBusy = 5 * time.Second
	// busyPause lies between two attempts to open a file that another program is just creating.
	busyPause = 5 * time.Millisecond
	// readers is the number of connections that may read at once.
	readers = 4
	// checkpointPages is the length of the WAL, in pages of 4 KiB, at which a commit moves it into the
	// database, which takes two fsyncs. SQLite's own 1000 does that four times as often for nothing: the
	// file is small either way.
	checkpointPages = 4000
)

// Log is a store.Log in a SQLite file.
type Log struct {
	// path is the file as it was given to Open, for messages.
	path  string
	write *sql.DB
	read  *sql.DB
	// flush brings the WAL to the disk; commits counts what was written to it.
	flush   *disk.Flusher
	commits atomic.Int64
	events  *journal.Journal

	// gate is held for reading by every call, for writing by Close.
	gate   sync.RWMutex
	closed bool
}

var _ store.Log = (*Log)(nil)

// Open opens the store in the file path and makes what is missing: its folder, in it a .gitignore that keeps
// the folder out of git, and the file. A store of an earlier version is brought to the present form; one of a
// later version is refused with store.ErrNewer, and what is no store at all with store.ErrDamaged.
func Open(path string, o Options) (*Log, error) {
	if o.Busy == 0 {
		o.Busy = defaultBusy
	}
	l := &Log{path: path}
	if err := l.open(o); err != nil {
		return nil, errors.Join(l.fault(err), l.closeAll())
	}
	return l, nil
}

func (l *Log) open(o Options) error {
	full, err := filepath.Abs(l.path)
	if err != nil {
		return err
	}
	made, err := makeFolder(filepath.Dir(full))
	if err != nil {
		return err
	}
	ctx := context.Background()
	if l.write, err = connect(full, o.Busy, "journal_mode(WAL)", "synchronous(NORMAL)",
		fmt.Sprintf("wal_autocheckpoint(%d)", checkpointPages)); err != nil {
		return err
	}
	// One connection, for ever: the statements live on it, and two writers would only wait for each other.
	l.write.SetMaxOpenConns(1)
	if err := l.start(ctx, o.Busy); err != nil {
		return err
	}
	if l.read, err = connect(full, o.Busy, "query_only(1)"); err != nil {
		return err
	}
	l.read.SetMaxOpenConns(readers)
	l.read.SetMaxIdleConns(readers)
	if made {
		// The new folder's name must survive a power loss; SQLite sees to the names in it.
		if err := disk.SyncFolder(filepath.Dir(filepath.Dir(full))); err != nil {
			return err
		}
	}
	l.events = journal.New(filepath.Join(filepath.Dir(full), "log"), journal.Options{FlushEvery: o.FlushEvery, Busy: o.Busy})
	l.flush, err = disk.NewFlusher(full+"-wal", o.FlushEvery)
	return err
}

// start makes the first connection and brings the file to the present form. Going over to WAL and recovering
// it need the file for a moment alone, and SQLite does not wait for that, so we do.
func (l *Log) start(ctx context.Context, patience time.Duration) error {
	for began := time.Now(); ; time.Sleep(busyPause) {
		err := migrate(ctx, l.write)
		if err == nil || !errors.Is(l.fault(err), store.ErrBusy) || time.Since(began) > patience {
			return err
		}
	}
}

// connect describes connections to a file; none is made yet.
func connect(path string, busy time.Duration, pragmas ...string) (*sql.DB, error) {
	q := url.Values{"_txlock": {"immediate"}, "_dqs": {"0"},
		"_pragma": append([]string{fmt.Sprintf("busy_timeout(%d)", busy.Milliseconds())}, pragmas...)}
	// As a URI, because a path may hold "?" or "%".
	u := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path), RawQuery: q.Encode()}
	c, err := sqlite.NewConnector(u.String())
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(c), nil
}

// makeFolder makes dir with its .gitignore where they are missing, and says whether it made the folder.
func makeFolder(dir string) (made bool, err error) {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		made = true
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return false, err
	}
	f, err := os.OpenFile(filepath.Join(dir, ".gitignore"), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return made, nil
	}
	if err != nil {
		return made, err
	}
	_, err = f.WriteString("*\n")
	return made, errors.Join(err, f.Close())
}

// enter begins a call; where it gives no error, leave must follow.
func (l *Log) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.gate.RLock()
	if l.closed {
		l.gate.RUnlock()
		return store.ErrClosed
	}
	return nil
}

func (l *Log) leave() { l.gate.RUnlock() }

// change runs f in a call that writes, once it may.
func (l *Log) change(ctx context.Context, f func(ctx context.Context) error) error {
	if err := l.enter(ctx); err != nil {
		return err
	}
	defer l.leave()
	if err := l.flush.Failed(); err != nil {
		return l.fault(err)
	}
	// Without cancelling: the driver would have to start a goroutine for each statement to watch for it.
	if err := f(context.WithoutCancel(ctx)); err != nil {
		return l.fault(err)
	}
	l.flush.Wrote(l.commits.Add(1))
	return nil
}

// look runs f in a call that reads.
func (l *Log) look(ctx context.Context, f func(ctx context.Context) error) error {
	if err := l.enter(ctx); err != nil {
		return err
	}
	defer l.leave()
	return l.fault(f(context.WithoutCancel(ctx)))
}

// Sync implements store.Log.
func (l *Log) Sync(ctx context.Context) error {
	if err := l.enter(ctx); err != nil {
		return err
	}
	defer l.leave()
	return errors.Join(l.events.Sync(), l.fault(l.flush.Sync()))
}

// Close implements store.Log. The last process to close the file moves the WAL into the database and removes
// it.
func (l *Log) Close() error {
	l.gate.Lock()
	defer l.gate.Unlock()
	if l.closed {
		return nil
	}
	l.closed = true
	return errors.Join(l.events.Close(), l.fault(l.closeAll()))
}

// closeAll closes what is open, the writer last, because the last connection does the tidying.
func (l *Log) closeAll() error {
	var errs []error
	if l.flush != nil {
		errs = append(errs, l.flush.Close())
	}
	for _, db := range []*sql.DB{l.read, l.write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}
