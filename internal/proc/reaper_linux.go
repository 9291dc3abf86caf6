package proc

import (
	"errors"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// watch is called with mu held when a child was added.
func (r *reaper) watch(*Process) {
	if !r.running {
		r.running = true
		go r.loop()
	}
}

// loop looks at who died before it takes anybody: a pid it does not know is either a child whose Start has
// not come round to naming it, or the child of some library's os/exec, which would wait for ever if its
// exit were taken here. Both are left where they are.
//
// The goroutine is not locked to its thread: locked, each wake-up would have to go to that one thread.
func (r *reaper) loop() {
	pause := time.Duration(0)
	for r.any() {
		pid, err := nextDead()
		switch {
		case errors.Is(err, syscall.ECHILD):
			r.lost()
		case err != nil:
			panic("waitid: " + err.Error() + " [this is a bug]")
		default:
			if p := r.take(pid); p != nil {
				pause = 0
				p.reap()
				continue
			}
			// The stranger hides those behind it, so each of ours is asked for by name.
			if r.sweep() {
				pause = 0
				continue
			}
			pause = min(max(2*pause, 50*time.Microsecond), 5*time.Millisecond)
			<-time.After(pause)
		}
	}
}

// any tells whether to go on; if not, the next child starts the loop again.
func (r *reaper) any() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.running = len(r.live) > 0
	return r.running
}

// sweep reaps those of our children that are dead.
func (r *reaper) sweep() (found bool) {
	r.mu.Lock()
	all := make([]*Process, 0, len(r.live))
	for _, p := range r.live {
		all = append(all, p)
	}
	r.mu.Unlock()
	for _, p := range all {
		if dead, err := isDead(p.pid); dead || errors.Is(err, syscall.ECHILD) {
			r.take(p.pid)
			p.reap()
			found = true
		}
	}
	return found
}

// lost reports all children as ended although nothing is known: somebody has waited for them. Not to
// report them would leave whoever started them waiting for ever.
func (r *reaper) lost() {
	r.mu.Lock()
	gone := r.live
	r.live = nil
	r.mu.Unlock()
	for _, p := range gone {
		p.mu.Lock()
		p.exit.Ended = time.Now()
		p.exit.Status = -1
		p.exit.Lost = "something else in this program waited for the child"
		p.ended()
	}
}

// reap takes the exit status of a dead leader. It holds the process's lock, so that nobody signals the
// group between the moment its number becomes free and the moment that is known.
func (p *Process) reap() {
	p.mu.Lock()
	p.exit.Ended = time.Now()
	var ws syscall.WaitStatus
	var ru syscall.Rusage
	// Wait4 of package syscall would tell the scheduler that the thread may block; this cannot.
	pid, _, errno := syscall.RawSyscall6(syscall.SYS_WAIT4, uintptr(p.pid), uintptr(unsafe.Pointer(&ws)),
		syscall.WNOHANG, uintptr(unsafe.Pointer(&ru)), 0, 0)
	if errno != 0 || int(pid) != p.pid {
		p.exit.Status = -1
		p.exit.Lost = "something else in this program waited for the child"
	} else {
		p.exit.fill(ws, &ru)
		p.exit.MaxRSS = ru.Maxrss << 10
	}
	p.ended()
}

// siginfo is siginfo_t as waitid fills it in for a child.
type siginfo struct {
	_   [3]int32
	_   [unsafe.Sizeof(uintptr(0)) - 4]byte // the union after it begins at a pointer's alignment
	pid int32
	_   [128]byte
}

// nextDead waits until a child is dead and names it, leaving it to be waited for.
func nextDead() (int, error) {
	return waitid(unix.P_ALL, 0, unix.WEXITED|unix.WNOWAIT)
}

func isDead(pid int) (bool, error) {
	got, err := waitid(unix.P_PID, pid, unix.WEXITED|unix.WNOWAIT|unix.WNOHANG)
	return got == pid, err
}

// waitid is here because x/sys keeps the pid in siginfo to itself.
func waitid(kind, id, options int) (int, error) {
	for {
		var info siginfo
		_, _, errno := syscall.Syscall6(syscall.SYS_WAITID, uintptr(kind), uintptr(id),
			uintptr(unsafe.Pointer(&info)), uintptr(options), 0, 0)
		switch errno {
		case 0:
			return int(info.pid), nil
		case syscall.EINTR:
		default:
			return 0, errno
		}
	}
}
