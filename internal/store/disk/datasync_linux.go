package disk

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// dataSync brings a file's data and length to the disk, not its times: those would cost a second write.
func dataSync(f *os.File) error {
	for {
		if err := unix.Fdatasync(int(f.Fd())); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// SyncFolder brings the names in dir to the disk.
func SyncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
