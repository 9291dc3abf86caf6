package journal

import (
	"errors"
	"os"
	"syscall"
	"time"

	"billow/internal/store"
)

// lockPause lies between two attempts to get a lock that another program has. An append takes microseconds.
const lockPause = time.Millisecond

// lock keeps other programs from adding to a file. Closing the file, and the end of the process, give it up too.
func lock(file *os.File, patience time.Duration) error {
	fd, began := int(file.Fd()), time.Time{}
	for {
		err := syscall.Flock(fd, syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, syscall.EINTR):
			continue
		case !errors.Is(err, syscall.EWOULDBLOCK):
			return err
		case began.IsZero():
			began = time.Now()
		case time.Since(began) > patience:
			return store.ErrBusy
		}
		<-time.After(lockPause)
	}
}

func unlock(file *os.File) { _ = syscall.Flock(int(file.Fd()), syscall.LOCK_UN) }
