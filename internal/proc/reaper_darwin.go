package proc

import (
	"errors"
	"syscall"
	"time"
)

// reap waits until the leader is dead and takes its exit status, both at once, since waiting for a child without
// taking it is not to be had here in package syscall. It leaves the process's lock to ended.
func (p *Process) reap(int32) {
	var ws syscall.WaitStatus
	var ru syscall.Rusage
	_, err := syscall.Wait4(p.pid, &ws, 0, &ru)
	for errors.Is(err, syscall.EINTR) {
		_, err = syscall.Wait4(p.pid, &ws, 0, &ru)
	}
	p.mu.Lock()
	p.exit.Ended = time.Now()
	if err != nil {
		p.lost()
		return
	}
	p.exit.fill(ws, &ru)
	p.exit.MaxRSS = ru.Maxrss
}
