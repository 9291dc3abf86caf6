package proc

import (
	"errors"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// mostThreads is how many threads wait for a child at most. Where more children live, programs are not short, and
// the system may have no room for as many threads again.
const mostThreads = 64

// reap waits, as one of so many, until the leader is dead and takes its exit status, then with the process's lock
// held, which it leaves to ended: nobody signals the group between the moment its number becomes free and the moment
// that is known.
func (p *Process) reap(waiting int32) {
	if err := waitAs(waiting, p.pid); err != nil && !errors.Is(err, syscall.ECHILD) {
		panic("waitid: " + err.Error() + " [this is a bug]")
	}
	p.mu.Lock()
	p.exit.Ended = time.Now()
	var ws syscall.WaitStatus
	var ru syscall.Rusage
	// Wait4 of package syscall would tell the scheduler that the thread may block; this cannot.
	pid, _, errno := syscall.RawSyscall6(syscall.SYS_WAIT4, uintptr(p.pid), uintptr(unsafe.Pointer(&ws)),
		syscall.WNOHANG, uintptr(unsafe.Pointer(&ru)), 0, 0)
	if errno != 0 || int(pid) != p.pid {
		p.lost()
		return
	}
	p.exit.fill(ws, &ru)
	p.exit.MaxRSS = ru.Maxrss << 10
}

func waitAs(waiting int32, pid int) error {
	if waiting > mostThreads && pollDead(pid) {
		return nil
	}
	return waitDead(pid)
}

// pollDead waits until a child is dead without holding a thread. It reports false where the system has no such way.
func pollDead(pid int) bool {
	fd, err := unix.PidfdOpen(pid, unix.PIDFD_NONBLOCK)
	if err != nil {
		return false
	}
	file := os.NewFile(uintptr(fd), "pidfd")
	defer func() { _ = file.Close() }()
	conn, err := file.SyscallConn()
	if err != nil {
		return false
	}
	err = conn.Read(func(fd uintptr) bool {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0)
		return n > 0 || err != nil && !errors.Is(err, unix.EINTR)
	})
	return err == nil
}

// waitDead waits until a child is dead, and leaves it to be waited for. The goroutine is not locked to its thread:
// locked, each wake-up would have to go to that one thread.
func waitDead(pid int) error {
	for {
		_, _, errno := syscall.Syscall6(syscall.SYS_WAITID, unix.P_PID, uintptr(pid), 0, unix.WEXITED|unix.WNOWAIT, 0, 0)
		switch errno {
		case 0:
			return nil
		case syscall.EINTR:
		default:
			return errno
		}
	}
}
