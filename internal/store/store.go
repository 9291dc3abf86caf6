// Package store holds the contract of the run store.
//
// A Log is the durable, append-only history of runs, with what a run needs beside its events: the bytes of
// plans (blobs), snapshots, and the last projection written to each plan file. It knows events as data and
// nothing of what they mean. Implementations are sqlite and mem; storetest is the suite they pass. What an
// event looks like at rest (Encode, Decoder) is the same in all of them. Start with Log.
package store

import (
	"context"
	"time"

	"billow/engine"
)

// Log is the durable, append-only history of runs. It is safe for use by several goroutines and, where the
// store is shared, by several processes. What it is given it copies; what it returns belongs to the caller.
//
// Every method refuses a context that has ended. Writing that has begun is carried through, because a caller
// who cannot tell whether it happened is worse off than one who waited some microseconds.
//
// Errors of the world outside wrap one of ErrFull, ErrReadOnly, ErrBusy, ErrDamaged, ErrNewer or ErrDisk;
// Environment tells them from the others.
type Log interface {
	// Append adds events to a run, all or none. after is the sequence number of the last event the caller
	// knows, 0 for a new run; when it is not the run's last, nothing is added and the error wraps
	// ErrConflict. The events' Seq are set to after+1, after+2 ... in place, also when Append fails. When
	// Append returns, the events survive the end of this process; Sync makes them survive a power loss.
	// Appending no events does nothing. The run needs no PutRun first. The events are the caller's again when Append
	// returns.
	Append(ctx context.Context, run string, after int64, events []engine.Event) error
	// Read returns the events of a run behind after, oldest first, at most limit (0 is all). A run without
	// events gives an empty slice. Fields that this version does not know are ignored, event types that it
	// does not know are kept.
	Read(ctx context.Context, run string, after int64, limit int) ([]engine.Event, error)
	// Last returns the sequence number of the run's last event, 0 when there is none. It is cheap enough to
	// be called every 100 ms, and sees what other processes have appended.
	Last(ctx context.Context, run string) (int64, error)
	// Sync waits until everything written through this Log so far is on the disk. Calls share the work
	// (group commit).
	Sync(ctx context.Context) error

	// Runs lists runs, newest first by Started, then by ID; plan "" is all plans, limit 0 no limit.
	Runs(ctx context.Context, plan string, limit int) ([]Run, error)
	// Run returns one run; a unique prefix of its id is enough. The error wraps ErrNotFound or is an
	// *AmbiguousError naming the candidates.
	Run(ctx context.Context, id string) (Run, error)
	// PutRun creates a run or replaces what is kept of it beside its events. Times are kept in UTC.
	PutRun(ctx context.Context, r Run) error

	// PutBlob keeps bytes under their SHA-256 (hex), compressed; Blob returns them.
	PutBlob(ctx context.Context, data []byte) (hash string, err error)
	Blob(ctx context.Context, hash string) ([]byte, error)

	// PutSnapshot keeps a state as it was after event seq, replacing an older one; where a newer one is kept
	// already it does nothing. Snapshot returns it.
	PutSnapshot(ctx context.Context, run string, seq int64, data []byte) error
	Snapshot(ctx context.Context, run string) (seq int64, data []byte, err error)

	// PutProjection keeps what was last written to a plan file; Projection returns it.
	PutProjection(ctx context.Context, p Projection) error
	Projection(ctx context.Context, plan string) (Projection, error)

	// Durations returns how long the tasks of a plan took when they last completed, by task id; an empty map
	// where nothing is known. PutDurations adds to them and replaces those of the same tasks.
	Durations(ctx context.Context, plan string) (map[string]time.Duration, error)
	PutDurations(ctx context.Context, plan string, took map[string]time.Duration) error

	// Close makes everything written safe against a power loss and gives the store back. A second Close does
	// nothing; every other method fails after it.
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
