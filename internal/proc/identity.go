package proc

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"
)

// Identity names a process so precisely that no other, started before or after on any machine, is taken
// for it.
type Identity struct {
	PID int
	// Started is when it started, in the system's own count: clock ticks since boot on Linux (field 22 of
	// /proc/PID/stat), microseconds since 1970 on macOS.
	Started uint64
	// Boot names the machine's current run, Host the machine.
	Boot, Host string
}

// Alive tells whether exactly this process still runs. A dead one that nobody has waited for does not, nor
// does another with the same pid. Of a process on another machine nothing is known, and the answer is no:
// compare Host with ThisHost first where that matters.
func Alive(id Identity) bool {
	if id.PID <= 0 || id.Host != ThisHost() || id.Boot != thisBoot() {
		return false
	}
	started, alive := startOf(id.PID)
	return alive && started == id.Started
}

// Self is billow's own identity.
func Self() Identity {
	started, _ := startOf(os.Getpid())
	return Identity{PID: os.Getpid(), Started: started, Boot: thisBoot(), Host: ThisHost()}
}

// ThisHost is the name of this machine, as it stands in identities.
var ThisHost = sync.OnceValue(func() string {
	name, _ := os.Hostname()
	return name
})

// endPoll is how often EndGroup looks whether a group has gone.
const endPoll = 10 * time.Millisecond

// EndGroup ends the group of a process that is not billow's child, a survivor of an earlier billow: TERM,
// after grace KILL, and it returns when nothing of the group lives. It does nothing when the process is
// gone already. A grace of 0 is DefaultGrace; a supervisor needs more than its child was given.
func EndGroup(id Identity, grace time.Duration) error {
	if grace <= 0 {
		grace = DefaultGrace
	}
	group, err := syscall.Getpgid(id.PID)
	if !Alive(id) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("end process %d: %w", id.PID, err)
	}
	// A process that shares billow's own group is ended alone.
	target, alive := -group, func() bool { return groupAlive(group) }
	if group == syscall.Getpgrp() {
		target, alive = id.PID, func() bool { return Alive(id) }
	}
	if err := syscall.Kill(target, syscall.SIGTERM); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("end process %d, which an earlier run left behind: %w", id.PID, err)
	}
	_ = syscall.Kill(target, syscall.SIGCONT)
	if waitUntilGone(alive, grace) {
		return nil
	}
	_ = syscall.Kill(target, syscall.SIGKILL)
	if waitUntilGone(alive, afterKill) {
		return nil
	}
	return fmt.Errorf("process %d, which an earlier run left behind, does not end, not even when killed", id.PID)
}

func waitUntilGone(alive func() bool, limit time.Duration) bool {
	ticker := time.NewTicker(endPoll)
	defer ticker.Stop()
	for deadline := time.Now().Add(limit); alive(); <-ticker.C {
		if time.Now().After(deadline) {
			return false
		}
	}
	return true
}

// groupAlive tells whether the group has a member that runs.
func groupAlive(group int) bool {
	// One cheap call answers for the usual case, a group that is gone.
	if err := syscall.Kill(-group, 0); errors.Is(err, syscall.ESRCH) {
		return false
	}
	return groupRuns(group)
}
