// Package journal keeps the events of runs: one file for each run, to whose end they are added.
//
// A file is lines of JSON: events as store.Encode writes them, and after each Append a line that closes its batch:
//
//	{"end":12,"safe":9,"crc":"0a1b2c3d"}
//
// with the number of its last event, the last event that was known to be on the disk, and a checksum. What a crash or
// a power loss leaves behind the last such line never happened. Several processes may read and add at the same time.
//
// The package knows events as lines and nothing of what they mean, and nothing else of a run. Start with Journal.
package journal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"path/filepath"
	"sync"
	"time"

	"billow/engine"
	"billow/internal/store"
)

// Options of a Journal; the zero value is what a run wants.
type Options struct {
	// FlushEvery is how long written events may wait before they are brought to the disk. 0 is disk.Every;
	// below 0 only Sync and Close bring them there.
	FlushEvery time.Duration
	// Busy is how long to wait for another program that is adding to the same run before giving up with
	// store.ErrBusy; 0 is 5 s.
	Busy time.Duration
}

const defaultBusy = 5 * time.Second

// Journal is the histories in one folder. Its methods keep the contract of those of store.Log that have their
// names; who ends it sees to it that none is called afterwards.
type Journal struct {
	dir string
	Options

	mu   sync.Mutex
	runs map[string]*history
}

// New makes a journal of the histories in dir, which is made when the first event is written.
func New(dir string, o Options) *Journal {
	if o.Busy == 0 {
		o.Busy = defaultBusy
	}
	return &Journal{dir: dir, Options: o, runs: map[string]*history{}}
}

// Path is the file of a run's events.
func (j *Journal) Path(run string) string { return filepath.Join(j.dir, fileName(run)+".jsonl") }

// Append adds events to a run, all or none; see store.Log.
func (j *Journal) Append(run string, after int64, events []engine.Event) error {
	if run == "" {
		return store.ErrNoID
	}
	return j.history(run).append(after, events)
}

// Last is the number of the run's last event, 0 when there is none.
func (j *Journal) Last(run string) (int64, error) {
	return j.history(run).lastEvent()
}

// Read returns the events of a run behind after, at most limit; 0 is all.
func (j *Journal) Read(ctx context.Context, run string, after int64, limit int) ([]engine.Event, error) {
	return j.history(run).read(ctx, max(after, 0), limit)
}

// Sync waits until everything written through this Journal is on the disk.
func (j *Journal) Sync() error {
	return j.each((*history).sync)
}

// Close syncs and gives all files back.
func (j *Journal) Close() error {
	return j.each((*history).close)
}

func (j *Journal) each(do func(*history) error) error {
	j.mu.Lock()
	all := make([]*history, 0, len(j.runs))
	for _, h := range j.runs {
		all = append(all, h)
	}
	j.mu.Unlock()
	var errs []error
	for _, h := range all {
		errs = append(errs, do(h))
	}
	return errors.Join(errs...)
}

func (j *Journal) history(run string) *history {
	j.mu.Lock()
	defer j.mu.Unlock()
	h := j.runs[run]
	if h == nil {
		h = &history{run: run, path: j.Path(run), options: j.Options}
		j.runs[run] = h
	}
	return h
}

// plainLimit is the longest id that is a file's name as it stands, in bytes.
const plainLimit = 100

// fileName is the name of a run's file, without its ending: the id itself where every system takes it for a name,
// else a hash of it. Ids of billow's own making are of the first kind.
func fileName(run string) string {
	plain := run != "" && len(run) <= plainLimit && run[0] != '.'
	for i := 0; i < len(run) && plain; i++ {
		c := run[i]
		plain = 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '.'
	}
	if plain {
		return run
	}
	sum := sha256.Sum256([]byte(run))
	return "=" + hex.EncodeToString(sum[:])
}
