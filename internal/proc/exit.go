package proc

import (
	"syscall"
	"time"
)

// fill takes in what the system says about the end of a process.
func (e *Exit) fill(ws syscall.WaitStatus, ru *syscall.Rusage) {
	e.Status = ws.ExitStatus()
	if ws.Signaled() {
		e.Signal = ws.Signal().String()
	}
	e.User = time.Duration(ru.Utime.Nano())
	e.System = time.Duration(ru.Stime.Nano())
}
