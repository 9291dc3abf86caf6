// Package store holds the contract of the run store.
//
// A Log is the durable, append-only history of runs, with what a run needs beside its events: the bytes of
// plans (blobs), snapshots, and the last projection written to each plan file. It knows events as data and
// nothing of what they mean. Implementations are sqlite and mem; storetest is the suite they pass. Start
// with Log.
package store

import (
	"context"
	"errors"
	"time"

	"billow/engine"
)

// ErrConflict is returned by Append when someone else has appended first: read what is new and decide again.
var ErrConflict = errors.New("the run's history has grown meanwhile")

// ErrNotFound is returned where a run, blob, snapshot or projection does not exist.
var ErrNotFound = errors.New("not found")

// Log is the durable, append-only history of runs. It is safe for use by several goroutines and, where the
// store is shared, by several processes.
type Log interface {
	// Append adds events to a run, all or none. after is the sequence number of the last event the caller
	// knows, 0 for a new run; when it is not the run's last, nothing is added and the error wraps
	// ErrConflict. The events' Seq are set to after+1, after+2 ... in place. When Append returns, the
	// events survive the end of this process; Sync makes them survive a power loss.
	Append(ctx context.Context, run string, after int64, events []engine.Event) error
	// Read returns the events of a run behind after, oldest first, at most limit (0 is all). A run without
	// events gives an empty slice.
	Read(ctx context.Context, run string, after int64, limit int) ([]engine.Event, error)
	// Last returns the sequence number of the run's last event, 0 when there is none. It is cheap enough to
	// be called every 100 ms.
	Last(ctx context.Context, run string) (int64, error)
	// Sync waits until everything appended so far is on the disk. Calls share the work (group commit).
	Sync(ctx context.Context) error

	// Runs lists runs, newest first; plan "" is all plans, limit 0 no limit.
	Runs(ctx context.Context, plan string, limit int) ([]Run, error)
	// Run returns one run; a unique prefix of its id is enough. ErrNotFound, or an error naming the
	// candidates.
	Run(ctx context.Context, id string) (Run, error)
	// PutRun creates a run or replaces what is kept of it beside its events.
	PutRun(ctx context.Context, r Run) error

	// PutBlob keeps bytes under their SHA-256 (hex), compressed; Blob returns them.
	PutBlob(ctx context.Context, data []byte) (hash string, err error)
	Blob(ctx context.Context, hash string) ([]byte, error)

	// PutSnapshot keeps a state as it was after event seq, replacing an older one; Snapshot returns it.
	PutSnapshot(ctx context.Context, run string, seq int64, data []byte) error
	Snapshot(ctx context.Context, run string) (seq int64, data []byte, err error)

	// PutProjection keeps what was last written to a plan file; Projection returns it.
	PutProjection(ctx context.Context, p Projection) error
	Projection(ctx context.Context, plan string) (Projection, error)

	// Durations returns how long the tasks of a plan took when they last completed, by task id.
	Durations(ctx context.Context, plan string) (map[string]time.Duration, error)
	PutDurations(ctx context.Context, plan string, took map[string]time.Duration) error

	Close() error
}

// Run is what is kept of a run beside its events, so that runs can be listed without folding them.
type Run struct {
	ID string `json:"id"`
	// Plan is the plan file's real path relative to the project root, slashes; PlanID the plan's own id.
	Plan   string `json:"plan"`
	PlanID string `json:"plan_id"`
	// Status is "running", or how it ended: completed, failed, blocked, interrupted.
	Status  string    `json:"status"`
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended,omitzero"`
	// Total and Done are numbers of tasks, as of the last update.
	Total  int `json:"total"`
	Done   int `json:"done"`
	Failed int `json:"failed"`
}

// Projection is what was last written to a plan file: the base of the three-way merge.
type Projection struct {
	Plan string
	// Run is the run that wrote it; Seq the event up to which the file is true.
	Run string
	Seq int64
	// Hash is the SHA-256 of the whole file as written; its bytes are a blob.
	Hash string
}
