package proc

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

// ticksPerSecond is the unit of /proc/PID/stat; it is 100 on every architecture that Go runs on.
const ticksPerSecond = 100

var thisBoot = sync.OnceValue(func() string {
	b, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(b))
})

// startClock is the present in the unit of /proc/PID/stat.
func startClock() uint64 {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts) != nil {
		return 0
	}
	return uint64(ts.Nano()) / (1e9 / ticksPerSecond)
}

// clockTrust says whether startClock and /proc agree here; they do on Linux, not on every imitation of it.
var clockTrust atomic.Int32

const (
	clockAgrees  = 1
	clockDiffers = 2
)

// identityOf names a child that was started after the given time. Its start time is in /proc/PID/stat, the
// dearest file there is in /proc (10 µs and more), but a start that began and ended within the same tick
// leaves only one answer, so that one child in a hundred is looked up. The leader cannot have been waited
// for meanwhile.
func identityOf(pid int, before uint64) Identity {
	id := Identity{PID: pid, Started: before, Boot: thisBoot(), Host: ThisHost()}
	after, trust := startClock(), clockTrust.Load()
	if before == after && trust == clockAgrees {
		return id
	}
	st, ok := readStat(pid)
	if !ok {
		return id
	}
	if before == after && trust == 0 {
		verdict := int32(clockAgrees)
		if st.started != before {
			verdict = clockDiffers
		}
		clockTrust.Store(verdict)
	}
	id.Started = st.started
	return id
}

// startOf gives the start of a process and whether it runs.
func startOf(pid int) (started uint64, alive bool) {
	st, ok := readStat(pid)
	return st.started, ok && st.runs()
}

// stat is what we need of /proc/PID/stat.
type stat struct {
	state   byte
	group   int
	started uint64
}

// runs is false for a zombie and for a process on its way out of the table.
func (s stat) runs() bool { return s.state != 'Z' && s.state != 'X' && s.state != 'x' }

func readStat(pid int) (stat, bool) {
	var buf [1024]byte
	fd, err := syscall.Open("/proc/"+strconv.Itoa(pid)+"/stat", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return stat{}, false
	}
	defer func() { _ = syscall.Close(fd) }()
	n, err := syscall.Read(fd, buf[:])
	if err != nil || n <= 0 {
		return stat{}, false
	}
	return parseStat(buf[:n])
}

// parseStat counts fields from the last parenthesis: the second field is the program's name, which may hold
// anything.
func parseStat(line []byte) (stat, bool) {
	const stateField, groupField, startedField = 0, 2, 19 // fields 3, 5 and 22 of the manual
	end := bytes.LastIndex(line, []byte(") "))
	if end < 0 {
		return stat{}, false
	}
	rest, ok := line[end+2:], true
	var s stat
	for i := 0; i <= startedField; i++ {
		var field []byte
		field, rest, ok = bytes.Cut(rest, []byte(" "))
		if !ok || len(field) == 0 {
			return stat{}, false
		}
		var err error
		switch i {
		case stateField:
			s.state = field[0]
		case groupField:
			s.group, err = strconv.Atoi(string(field))
		case startedField:
			s.started, err = strconv.ParseUint(string(field), 10, 64)
		}
		if err != nil {
			return stat{}, false
		}
	}
	return s, true
}

// groupRuns looks for a member that is not a zombie: an orphan whose new parent never waits (the first
// process of many containers) would otherwise keep its group alive for ever.
func groupRuns(group int) bool {
	pids, ok := allPIDs()
	if !ok {
		return true
	}
	for _, pid := range pids {
		if st, ok := readStat(pid); ok && st.group == group && st.runs() {
			return true
		}
	}
	return false
}

func allPIDs() ([]int, bool) {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil, false
	}
	defer func() { _ = dir.Close() }()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, false
	}
	var pids []int
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids, true
}

// FindByEnv gives the running processes whose environment, KEY=VALUE entries each followed by a NUL byte,
// satisfies match. It finds survivors of a billow that died before it could write down their pids. The
// environment is the one a process was started with; those of other users cannot be read and are left out,
// as is billow itself.
func FindByEnv(match func(environ []byte) bool) []Identity {
	pids, _ := allPIDs()
	var found []Identity
	for _, pid := range pids {
		if pid == os.Getpid() {
			continue
		}
		environ, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
		if err != nil || len(environ) == 0 || !match(environ) {
			continue
		}
		if started, alive := startOf(pid); alive {
			found = append(found, Identity{PID: pid, Started: started, Boot: thisBoot(), Host: ThisHost()})
		}
	}
	return found
}
