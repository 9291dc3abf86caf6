package planfile

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// Holder is who runs a plan; it stands in the lock file for the next one who wants it.
type Holder struct {
	PID     int       `json:"pid"`
	Host    string    `json:"host"`
	Started time.Time `json:"started"`
	Run     string    `json:"run"`
}

// Lock is the right to run one plan. It ends with Close, or with the process, however that ends.
type Lock struct {
	lock *flock.Flock
	path string
}

// LockedError says who runs the plan; it is ErrLocked. Holder is zero when the lock file could not be read.
type LockedError struct {
	Plan   string
	Holder Holder
}

func (e *LockedError) Error() string {
	h := e.Holder
	if h.PID == 0 {
		return e.Plan + " is being run by another process"
	}
	text := fmt.Sprintf("%s is being run by process %d", e.Plan, h.PID)
	if h.Host != "" {
		text += " on " + h.Host
	}
	if !h.Started.IsZero() {
		layout := "15:04"
		if time.Since(h.Started) > 12*time.Hour {
			layout = "2006-01-02 15:04"
		}
		text += " since " + h.Started.Local().Format(layout)
	}
	if h.Run != "" {
		text += " (run " + h.Run + ")"
	}
	return text
}

func (e *LockedError) Unwrap() error { return ErrLocked }

// LockDir is the folder of the locks for a plan: .billow/locks in the project the file really lies in, so
// that two projects that link to one plan still meet at one lock.
func LockDir(real string) string {
	root := Root(filepath.Dir(real))
	if isFolder(real) {
		root = folderRoot(real)
	}
	return filepath.Join(root, ".billow", "locks")
}

// Acquire takes the lock of the plan whose real path (symlinks resolved) is real, in dir, which is created.
// If another process, or another Lock of this one, has it, the error is a *LockedError. It waits only for as
// long as somebody may be looking (Held).
//
// The lock is the operating system's (flock) and not the file's existence: what a killed process leaves
// behind is free. The file is never removed, because a third process could hold a lock on the removed file
// while a fourth creates a new one.
func Acquire(dir, real string, h Holder) (*Lock, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, explain("write", dir, err)
	}
	path := filepath.Join(dir, lockName(real))
	lock := flock.New(path, flock.SetPermissions(0o644))
	// Not by what the file says of its holder: that may be a killed one, and only a looker in the way.
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	got, err := lock.TryLockContext(ctx, 5*time.Millisecond)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return nil, explain("write", path, err)
	}
	if !got {
		return nil, &LockedError{Plan: filepath.Base(real), Holder: readHolder(path)}
	}
	l := &Lock{lock: lock, path: path}
	if err := l.write(h); err != nil {
		return nil, errors.Join(explain("write", path, err), lock.Close())
	}
	return l, nil
}

// Close gives the plan back. It may be called twice.
func (l *Lock) Close() error {
	if !l.lock.Locked() {
		return nil
	}
	// Emptied first, so that nobody reads of a holder who is gone.
	return errors.Join(os.Truncate(l.path, 0), l.lock.Close())
}

func (l *Lock) write(h Holder) error {
	data, err := json.Marshal(h)
	if err != nil {
		return err
	}
	return os.WriteFile(l.path, append(data, '\n'), 0o644)
}

// readHolder never fails: the lock is held whether or not we can say by whom.
func readHolder(path string) Holder {
	var h Holder
	data, err := os.ReadFile(path)
	if err != nil || json.Unmarshal(data, &h) != nil {
		return Holder{}
	}
	return h
}

// lockName is readable for people who look into the folder and distinct for every path.
func lockName(real string) string {
	sum := sha256.Sum256([]byte(real))
	return fmt.Sprintf("%s-%x.lock", filepath.Base(real), sum[:8])
}
