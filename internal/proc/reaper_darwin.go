package proc

import (
	"errors"
	"syscall"
	"time"
)

// watch waits for each child in a goroutine of its own: waiting for any child without taking it, which the
// one goroutine on Linux rests on, is not to be had here in package syscall.
func (r *reaper) watch(p *Process) {
	go func() {
		var ws syscall.WaitStatus
		var ru syscall.Rusage
		_, err := syscall.Wait4(p.pid, &ws, 0, &ru)
		for errors.Is(err, syscall.EINTR) {
			_, err = syscall.Wait4(p.pid, &ws, 0, &ru)
		}
		r.take(p.pid)
		p.mu.Lock()
		p.exit.Ended = time.Now()
		if err != nil {
			p.exit.Status = -1
			p.exit.Lost = "something else in this program waited for the child"
		} else {
			p.exit.fill(ws, &ru)
			p.exit.MaxRSS = ru.Maxrss
		}
		p.ended()
	}()
}
