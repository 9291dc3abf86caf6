package review

import (
	"math"
	"sort"
	"time"

	"billow/engine"
)

// ready works out why a task starts now and not earlier: since when nothing but limits and conflicts kept it, and,
// for its first start, after which task it came.
func (f *fold) ready(r *record, ev engine.Event) {
	from, because, after, afterAt := r.since, "", "", time.Time{}
	if began := f.began; from.Before(began) {
		from = began
	}
	for _, id := range f.needs(r) {
		if n := f.records[id]; n != nil && n.settled.After(afterAt) {
			after, because, afterAt = id, "needs", n.settled
		}
	}
	wave, waits := r.wave, f.state.Limits().Strict
	if spec, _ := f.state.Spec(r.id); spec.Gate {
		// It comes after its own wave and, where there are no barriers, after everything.
		if wave++; !waits {
			wave, waits = math.MaxInt, true
		}
	}
	if waits {
		if at, id, ok := f.rest.behind(wave); ok && at.After(afterAt) {
			after, because, afterAt = id, "wave", at
		}
	}
	from = later(later(from, afterAt), f.clock.life)
	if d := positive(earlier(r.notBefore, ev.At).Sub(r.since)); !r.notBefore.IsZero() && d > 0 {
		r.backoff += d
		if r.cause != nil {
			r.cause.Backoff += Seconds(d)
		}
		from = later(from, r.notBefore)
	}
	if ev.Type == engine.AttemptStarted {
		wait := positive(ev.At.Sub(from))
		until, holder, how := f.apart(r)
		apart := f.beside(r, from, earlier(until, ev.At))
		r.conflicts += apart
		r.limits += wait - apart
		if apart > wait/2 {
			after, because, afterAt = holder, how, until
		}
	}
	if r.Attempts == 0 {
		r.after, r.because, r.afterAt = after, because, afterAt
	}
}

// beside is how long a task waited from one time to another while there was a slot for it: then it was not for want
// of one.
func (f *fold) beside(r *record, from, to time.Time) time.Duration {
	d := positive(to.Sub(from))
	if d == 0 || r.class == engine.ClassHuman {
		return d
	}
	full := &f.clock.full[place(r.class)]
	return positive(d - (full.until(to) - full.until(from)))
}

// needs are those of a task; the items of a foreach have their parent's.
func (f *fold) needs(r *record) []string {
	id := r.id
	if r.parent != "" {
		id = r.parent
	}
	spec, _ := f.state.Spec(id)
	return spec.Needs
}

// apart is when the last task ended that must not run beside this one.
func (f *fold) apart(r *record) (until time.Time, holder, how string) {
	spec, _ := f.state.Spec(r.id)
	see := func(o *record, why string) {
		if o != nil && o != r && o.ended.After(until) {
			until, holder, how = o.ended, o.id, why
		}
	}
	for _, id := range spec.Conflicts {
		see(f.records[id], "conflict")
	}
	for _, id := range f.mates[r.id] {
		see(f.records[id], "conflict")
	}
	for _, id := range f.mates[r.parent] {
		see(f.records[id], "conflict")
	}
	for _, lock := range spec.Locks {
		see(f.locks[lock], "lock")
	}
	return until, holder, how
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// barrier knows when waves came to rest. Of all tasks that did, it keeps those that a later wave can have waited for
// last: an entry goes when a task of the same or an earlier wave comes to rest after it, so that waves and times both
// grow along the list.
type barrier struct{ entries []rested }

type rested struct {
	wave int
	at   time.Time
	task string
}

func (b *barrier) push(wave int, at time.Time, task string) {
	n := len(b.entries)
	for n > 0 && b.entries[n-1].wave >= wave {
		n--
	}
	b.entries = append(b.entries[:n], rested{wave, at, task})
}

// behind is the task that last came to rest in the waves before this one.
func (b *barrier) behind(wave int) (at time.Time, task string, ok bool) {
	i := sort.Search(len(b.entries), func(i int) bool { return b.entries[i].wave >= wave })
	if i == 0 {
		return at, "", false
	}
	e := b.entries[i-1]
	return e.at, e.task, true
}
