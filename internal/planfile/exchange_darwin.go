package planfile

import (
	"errors"

	"golang.org/x/sys/unix"
)

// exchange swaps two files in one step: nobody sees a moment without either, and unlike rename it cannot
// create what is not there. errNoExchange where the file system does not know it.
func exchange(a, b string) error {
	err := unix.RenamexNp(a, b, unix.RENAME_SWAP)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOTSUP) {
		return errNoExchange
	}
	return err
}
