//go:build unix

package planfile

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// mayWrite returns the error that writing the file in place would give.
func mayWrite(path string) error { return unix.Access(path, unix.W_OK) }

// keepOwner gives f the owner and group of the file it is to replace. Where the system does not let us (the
// file is somebody else's and we are not root) the new file is ours, as with any editor that saves by rename;
// writing in place instead would keep the owner and risk half a file.
func keepOwner(f *os.File, of os.FileInfo) {
	was, ok := of.Sys().(*syscall.Stat_t)
	if !ok {
		return
	}
	if f.Chown(int(was.Uid), int(was.Gid)) != nil {
		_ = f.Chown(-1, int(was.Gid))
	}
}

// alive reports whether a process of this machine has the id.
func alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || err == syscall.EPERM
}

// syncDir makes a rename in dir survive a power loss.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		return nil // some file systems cannot do it for folders
	}
	return err
}
