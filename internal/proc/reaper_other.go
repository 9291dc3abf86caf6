//go:build unix && !linux

package proc

import (
	"errors"
	"runtime"
	"syscall"
	"time"
)

// watch waits for each child in a goroutine of its own: waiting for any child without taking it, which the
// one goroutine on Linux rests on, cannot be done portably.
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
			p.exit.MaxRSS = int64(ru.Maxrss)
			if runtime.GOOS != "darwin" {
				p.exit.MaxRSS <<= 10
			}
		}
		p.ended()
	}()
}
