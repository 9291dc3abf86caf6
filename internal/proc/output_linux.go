package proc

import (
	"fmt"
	"os"
	"strings"
)

// OutputPath names what a process writes to as standard output (fd 1) or standard error (fd 2), where that is
// a file under dir; ok is false where it is not, or the process is gone. The name stays good while the
// process lives, even when the file is renamed.
func OutputPath(id Identity, fd int, dir string) (path string, ok bool) {
	path = fmt.Sprintf("/proc/%d/fd/%d", id.PID, fd)
	target, err := os.Readlink(path)
	if err != nil || !strings.HasPrefix(target, strings.TrimSuffix(dir, "/")+"/") {
		return "", false
	}
	// Asked last: the link was then this process's.
	return path, Alive(id)
}
