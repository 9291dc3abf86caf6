package review

import (
	"sort"
	"time"

	"billow/engine"
)

// clock measures how the time of a run passed: with a driver at work or without, with something running or nothing.
type clock struct {
	// now is the time of the last event, sign that of the last event that a driver wrote. life is when the last driver
	// began, before the last sign of the one before it.
	now, sign, life, before time.Time
	lives, gaps             int
	away                    time.Duration
	// pending is what has passed since the last sign; whether a driver was at work then is known at its next sign.
	pending, total tally
	// running are the attempts that run now, by the places of classes: all, run, agent.
	running [3]int
	peak    [3]int
	limits  [3]int
	// full are the times at which slots were full, for a class in its place; all is part of both.
	full    [3]gauge
	human   int
	blocked int
	// delay is the end of the longest delay before an attempt.
	delay time.Time
}

// tally is how time passed: the lengths of each kind, and the slots' time that was there and used.
type tally struct {
	wall, active, idle, idlePeople, idleBackoff time.Duration
	used, slots                                 [3]time.Duration
}

// slotClasses are the names of limits, in their places.
func slotClasses() [3]string { return [3]string{"all", "run", "agent"} }

// advance lets the time up to an event pass.
func (c *clock) advance(ev engine.Event) {
	if d := positive(ev.At.Sub(c.now)); d > 0 {
		c.pass(d)
		c.now = ev.At
	}
	switch {
	case ev.Type == engine.DriverStarted:
		if c.lives > 0 {
			if gap := positive(c.now.Sub(c.sign)); gap > 0 {
				c.away += gap
				c.gaps++
			}
		}
		c.before, c.pending = c.sign, tally{}
		c.lives++
		c.sign, c.life = c.now, c.now
	case ofDriver(ev.Type):
		c.total.add(c.pending)
		c.pending = tally{}
		c.sign = c.now
	}
}

// ofDriver reports whether only a driver at work writes events of the type.
func ofDriver(t engine.EventType) bool {
	switch t {
	case engine.RunStarted, engine.RunReopened, engine.TaskAdded, engine.TaskChanged, engine.TaskRemoved, engine.TaskSetByHand,
		engine.TaskReopened, engine.TaskCancelled, engine.NoteAdded, engine.WarningRaised, engine.Answered, engine.Approved,
		engine.Denied, engine.RetryAsked, engine.CancelAsked:
		return false
	}
	return true
}

func (c *clock) pass(d time.Duration) {
	p := &c.pending
	p.wall += d
	for i := range c.running {
		p.used[i] += d * time.Duration(c.running[i])
		p.slots[i] += d * time.Duration(c.limits[i])
	}
	if c.running[0]+c.human > 0 {
		p.active += d
		return
	}
	p.idle += d
	delayed := min(d, positive(c.delay.Sub(c.now)))
	p.idleBackoff += delayed
	if c.blocked > 0 {
		p.idlePeople += d - delayed
	}
}

func (t *tally) add(o tally) {
	t.wall += o.wall
	t.active += o.active
	t.idle += o.idle
	t.idlePeople += o.idlePeople
	t.idleBackoff += o.idleBackoff
	for i := range o.used {
		t.used[i] += o.used[i]
		t.slots[i] += o.slots[i]
	}
}

// limit takes in the limits of a driver's life.
func (c *clock) limit(l engine.Limits) {
	c.limits = [3]int{l.All, l.Run, l.Agents}
	c.gauge()
}

// gauge notes whether slots are full from now on.
func (c *clock) gauge() {
	full := func(i int) bool { return c.limits[i] > 0 && c.running[i] >= c.limits[i] }
	for i := range c.full {
		c.full[i].set(c.now, full(i) || full(0))
	}
}

// place is that of a class among the limits.
func place(class engine.Class) int {
	if class == engine.ClassAgent {
		return 2
	}
	return 1
}

// delayed notes that a task is tried again at a time.
func (c *clock) delayed(until time.Time) { c.delay = later(c.delay, until) }

// moved notes that a task went from one state to another.
func (c *clock) moved(class engine.Class, from, to engine.TaskState) {
	c.count(class, from, -1)
	c.count(class, to, 1)
}

func (c *clock) count(class engine.Class, st engine.TaskState, by int) {
	switch {
	case st == engine.Blocked:
		c.blocked += by
	case st != engine.Running:
	case class == engine.ClassHuman:
		c.human += by
	default:
		for _, i := range []int{0, place(class)} {
			c.running[i] += by
			c.peak[i] = max(c.peak[i], c.running[i])
		}
		c.gauge()
	}
}

// gauge measures for how long something was so, up to any time.
type gauge struct {
	// turns are the times at which it began and ceased to be so, in turn, with how long it had been so until then.
	turns []turn
}

type turn struct {
	at  time.Time
	sum time.Duration
}

// set says that it is so, or not, from a time on that is not before the last.
func (g *gauge) set(at time.Time, so bool) {
	if so == (len(g.turns)%2 == 1) {
		return
	}
	g.turns = append(g.turns, turn{at, g.until(at)})
}

// until is how long it was so up to a time.
func (g *gauge) until(at time.Time) time.Duration {
	i := sort.Search(len(g.turns), func(i int) bool { return g.turns[i].at.After(at) })
	if i == 0 {
		return 0
	}
	last := g.turns[i-1]
	if i%2 == 1 {
		return last.sum + at.Sub(last.at)
	}
	return last.sum
}
