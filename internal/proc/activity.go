package proc

import (
	"os"
	"time"
)

// activity judges the deadlines of one process by the growth of its output files. It is not polled: each
// look says when the next one is due.
type activity struct {
	timeouts Timeouts
	files    []*os.File
	started  time.Time
	size     int64     // of all files when last looked at
	looked   time.Time // when that was
	latest   time.Time // of the output, as far as known
	printed  bool
}

func newActivity(s Spec, started time.Time) activity {
	a := activity{timeouts: s.Timeouts, files: s.Watch, started: started, looked: started, latest: started}
	if a.timeouts.FirstOutput <= 0 && a.timeouts.Idle <= 0 {
		a.files = nil
		return a
	}
	if len(a.files) == 0 {
		for _, f := range []*os.File{s.Stdout, s.Stderr} {
			if f != nil {
				a.files = append(a.files, f)
			}
		}
	}
	a.size, _ = a.measure()
	return a
}

// measure gives the size of all files together and the time of the latest write. A file that cannot be
// measured counts as empty.
func (a *activity) measure() (size int64, written time.Time) {
	for _, f := range a.files {
		info, err := f.Stat()
		if err != nil {
			continue
		}
		size += info.Size()
		if t := info.ModTime(); t.After(written) {
			written = t
		}
	}
	return size, written
}

// look names the deadline that has passed, or says when to look again; the zero time is never.
func (a *activity) look(now time.Time) (passed string, next time.Time) {
	if len(a.files) > 0 {
		a.notice(now)
	}
	due := func(name string, from time.Time, limit time.Duration) {
		if limit <= 0 || passed != "" {
			return
		}
		at := from.Add(limit)
		if !now.Before(at) {
			passed = name
		} else if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	due(TimeoutTotal, a.started, a.timeouts.Total)
	if a.timeouts.FirstOutput > 0 && !a.printed {
		due(TimeoutFirstOutput, a.started, a.timeouts.FirstOutput)
		// Output may come at any moment from now on, and Idle counts from then.
		if again := now.Add(a.timeouts.Idle); a.timeouts.Idle > 0 && again.Before(next) {
			next = again
		}
	} else {
		due(TimeoutIdle, a.latest, a.timeouts.Idle)
	}
	return passed, next
}

// notice takes in what was written since the last look. How long ago that was comes from the files' own
// times, kept within the time since the last look: a wall clock that was set meanwhile then moves a
// deadline by at most one period.
func (a *activity) notice(now time.Time) {
	size, written := a.measure()
	if size != a.size {
		age := min(max(time.Since(written), 0), now.Sub(a.looked))
		a.size, a.latest, a.printed = size, now.Add(-age), true
	}
	a.looked = now
}
