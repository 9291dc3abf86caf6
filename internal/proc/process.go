package proc

import (
	"sync"
	"syscall"
	"time"
)

// How often a group that was told to end and whose leader has gone is looked at, and how long it may take
// to vanish after KILL before it is reported anyway (a process stuck in the kernel can take for ever).
const (
	stragglerPoll = 20 * time.Millisecond
	afterKill     = 2 * time.Second
)

// Process is a child that was started; the zero value is of no use.
type Process struct {
	pid      int
	identity Identity
	grace    time.Duration
	done     func(Exit)

	mu       sync.Mutex
	activity activity
	timer    *time.Timer // nil until something has to be looked at
	exit     Exit
	reaped   bool      // the leader has been waited for: its pid may be somebody else's by now
	reported bool      // done was called, or is about to be
	killAt   time.Time // when a group that was told to end is killed; zero while it is left alone
	killed   bool
}

// Start starts a child and returns at once. done is called exactly once, after Start has returned, from a goroutine
// that may be the one to wait for a child started meanwhile, so it should not take long, and must not wait for
// another child's done. Several may be called at the same time. Waking another goroutine while all processors are
// busy costs 100 µs and more: where programs are short, start the next one in done.
//
// A child that ends by itself is reported when its leader exits, even if members of its group live on (a
// program that leaves a daemon behind); GroupAlive tells. One that was stopped, or passed a deadline, is
// reported when its whole group is gone, so that nothing of it overlaps with what is started next.
//
// The error is a *StartError, and done is not called then.
func Start(s Spec, done func(Exit)) (*Process, error) { return start(s, done, children.add) }

// start hands the child to wait, which has to see to it that its end is noticed.
func start(s Spec, done func(Exit), wait func(*Process)) (*Process, error) {
	p := &Process{done: done, grace: s.Grace}
	if p.grace <= 0 {
		p.grace = DefaultGrace
	}
	// Whoever learns of the child's end waits for this lock, and so for Start.
	p.mu.Lock()
	defer p.mu.Unlock()

	before := startClock()
	p.exit.Started = time.Now()
	if s.Timeouts != (Timeouts{}) {
		// Before the spawn: the child may print before we get round to looking.
		p.activity = newActivity(s, p.exit.Started)
	}
	pid, err := spawn(s)
	if err != nil {
		return nil, err
	}
	p.pid = pid
	wait(p)
	p.identity = identityOf(pid, before)
	if s.Timeouts != (Timeouts{}) {
		_, next := p.activity.look(p.exit.Started)
		p.wakeAt(next, p.exit.Started)
	}
	return p, nil
}

// Identity names the process so that it can be found again after a crash.
func (p *Process) Identity() Identity { return p.identity }

// Stop sends TERM to the whole group, and KILL after the grace time. It may be called more than once.
func (p *Process) Stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.reported {
		return
	}
	p.exit.Stopped = true
	p.terminate(time.Now())
}

// Kill ends the whole group at once.
func (p *Process) Kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.reported {
		return
	}
	p.exit.Stopped = true
	p.kill(time.Now())
}

// GroupAlive tells whether anything of the group lives: the process itself or a child it left behind.
func (p *Process) GroupAlive() bool {
	p.mu.Lock()
	reaped := p.reaped
	p.mu.Unlock()
	return !reaped || groupAlive(p.pid)
}

// terminate, kill, wake and wakeAt are called with mu held.

func (p *Process) terminate(now time.Time) {
	if !p.killAt.IsZero() {
		return
	}
	p.killAt = now.Add(p.grace)
	p.signal(syscall.SIGTERM)
	// A suspended process hears TERM only when it goes on.
	p.signal(syscall.SIGCONT)
	p.wakeAt(p.killAt, now)
}

func (p *Process) kill(now time.Time) {
	p.killAt, p.killed = now, true
	p.signal(syscall.SIGKILL)
	p.wakeAt(now.Add(afterKill), now)
}

// signal reaches the whole group. Before the leader has been waited for, its pid is taken and the group's
// number cannot belong to strangers; afterwards it is used only while the group is seen alive every
// stragglerPoll, far too short for the system to come round to the same number.
func (p *Process) signal(sig syscall.Signal) {
	if !p.reaped || groupAlive(p.pid) {
		_ = syscall.Kill(-p.pid, sig)
	}
}

// wakeAt sees to it that wake is called then. The runtime keeps all timers in one heap and starts a
// goroutine only when one is due, which is the one timer structure that all children share.
func (p *Process) wakeAt(at, now time.Time) {
	if at.IsZero() {
		return
	}
	if p.timer == nil {
		p.timer = time.AfterFunc(at.Sub(now), p.wake)
		return
	}
	p.timer.Reset(at.Sub(now))
}

// wake looks at deadlines, or at a group that was told to end.
func (p *Process) wake() {
	p.mu.Lock()
	if p.reported {
		p.mu.Unlock()
		return
	}
	now := time.Now()
	switch {
	case p.killAt.IsZero():
		passed, next := p.activity.look(now)
		if passed == "" {
			p.wakeAt(next, now)
			break
		}
		p.exit.Timeout = passed
		p.terminate(now)
	case p.reaped && (!groupAlive(p.pid) || p.killed && now.Sub(p.killAt) >= afterKill):
		p.report()
		return
	case !p.killed && !now.Before(p.killAt):
		p.kill(now)
		if p.reaped {
			p.wakeAt(now.Add(stragglerPoll), now)
		}
	case p.reaped:
		p.wakeAt(now.Add(stragglerPoll), now)
	}
	p.mu.Unlock()
}

// lost says that nothing is known of the child's end. Not to report it would leave whoever started it waiting for
// ever.
func (p *Process) lost() {
	p.exit.Status = -1
	p.exit.Lost = "something else in this program waited for the child"
}

// ended is called with mu held once the leader has been waited for; it gives mu back.
func (p *Process) ended() {
	p.reaped = true
	if now := p.exit.Ended; !p.killAt.IsZero() && groupAlive(p.pid) {
		p.wakeAt(now.Add(stragglerPoll), now)
		p.mu.Unlock()
		return
	}
	p.report()
}

// report gives mu back and calls done.
func (p *Process) report() {
	p.reported = true
	if p.timer != nil {
		p.timer.Stop()
	}
	exit := p.exit
	p.mu.Unlock()
	p.done(exit)
}
