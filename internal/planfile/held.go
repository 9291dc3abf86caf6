package planfile

import (
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// Held reports whether somebody runs the plan whose real path is real. It looks by taking the lock for a
// moment, shared, so that two who look do not disturb each other; Acquire waits that moment.
func Held(dir, real string) bool {
	lock := flock.New(filepath.Join(dir, lockName(real)), flock.SetFlag(os.O_RDONLY))
	got, err := lock.TryRLock()
	if err != nil {
		return false // no such file: nobody has ever run it
	}
	defer lock.Close()
	return !got
}
