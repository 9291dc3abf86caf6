package text

import (
	"time"

	"billow/engine"
	"billow/plan"
)

// estimate says how much longer a run takes: the longest way through what is left, or the work that is left
// spread over all slots, whichever is more. Tasks that never ran are taken to be as long as the others are
// on average; while nothing is known of any task there is no estimate.
type estimate struct {
	sched *plan.Schedule
	ids   []string
	took  map[string]time.Duration
	sum   time.Duration
	known int
	slots int
	// at is when it was worked out last: once a second is often enough for a pass over the whole plan.
	at  time.Time
	end time.Duration
	ok  bool
}

func newEstimate(s *start) *estimate {
	e := &estimate{sched: s.Schedule, took: s.took, slots: slots(s.Limits)}
	for _, t := range s.Plan.Tasks {
		e.ids = append(e.ids, t.ID)
		if d, ok := e.took[t.ID]; ok {
			e.sum += d
			e.known++
		}
	}
	return e
}

// slots is how many tasks can run at once; 0 is no limit.
func slots(l engine.Limits) int {
	if l.All > 0 {
		return l.All
	}
	return l.Run
}

// learn notes how long a task took.
func (e *estimate) learn(s *seat) {
	if old, ok := e.took[s.id]; ok {
		e.sum -= old
		e.known--
	}
	e.took[s.id] = s.took
	e.sum += s.took
	e.known++
}

// left is how much longer the run takes.
func (e *estimate) left(b *board, now time.Time) (time.Duration, bool) {
	if e.known == 0 || e.sched == nil {
		return 0, false
	}
	if e.at.IsZero() || now.Sub(e.at) >= time.Second {
		e.at, e.ok = now, true
		e.end = e.work(b, now)
	}
	return max(e.end-now.Sub(e.at), 0), e.ok
}

// work passes over the plan once, needs first.
func (e *estimate) work(b *board, now time.Time) time.Duration {
	average := e.sum / time.Duration(e.known)
	ends := make([]time.Duration, len(e.ids))
	var total, longest, wall time.Duration
	wave := 0
	for _, i := range e.sched.Topo {
		s := b.seats[e.ids[i]]
		if s == nil || s.removed || s.lost || s.state != engine.Waiting && s.state != engine.Running {
			continue
		}
		takes, ok := e.took[s.id]
		if !ok {
			takes = average
		}
		if s.state == engine.Running {
			takes = max(takes-now.Sub(s.began), 0)
		}
		if e.sched.Barriers && e.sched.Wave[i] != wave {
			wave, wall = e.sched.Wave[i], longest
		}
		begins := wall
		for _, n := range e.sched.Needs[i] {
			begins = max(begins, ends[n])
		}
		ends[i] = begins + takes
		total += takes
		longest = max(longest, ends[i])
	}
	if e.slots > 0 {
		longest = max(longest, total/time.Duration(e.slots))
	}
	return longest
}
