package local

import (
	"fmt"
	"runtime/debug"
	"sync"

	"billow/agents"
	"billow/engine"
	"billow/failure"
)

// attempt is a step that is out: given away under mu, started without it.
type attempt struct {
	step
	agent      agents.Agent
	assignment agents.Assignment
	notes      int
	asked      bool // a question was told; what follows is no longer of interest

	// own guards what follows. work is nil until Start has returned; stopping and killing are what was wanted of it
	// before.
	own               sync.Mutex
	work              agents.Work
	stopping, killing bool
}

// has takes the work when there is any, and asks of it what was asked of the attempt before.
func (a *attempt) has(w agents.Work) {
	a.own.Lock()
	a.work = w
	stop, kill := a.stopping, a.killing
	a.own.Unlock()
	switch {
	case kill:
		w.Kill()
	case stop:
		w.Stop()
	}
}

// stop and kill end the work, at the latest when it has begun.
func (a *attempt) stop() {
	a.own.Lock()
	a.stopping = true
	w := a.work
	a.own.Unlock()
	if w != nil {
		w.Stop()
	}
}

func (a *attempt) kill() {
	a.own.Lock()
	a.stopping, a.killing = true, true
	w := a.work
	a.own.Unlock()
	if w != nil {
		w.Kill()
	}
}

// began gives the work, nil while there is none, and whether its end is wanted.
func (a *attempt) began() (w agents.Work, ending bool) {
	a.own.Lock()
	defer a.own.Unlock()
	return a.work, a.stopping
}

// assign gives away what was decided and is in the log by now, and adds it to what is due to be started.
func (d *driver) assign(due []*attempt) []*attempt {
	if d.err != nil {
		return due
	}
	starts := d.starts
	d.starts = d.starts[:0]
	for _, step := range starts {
		step.slot = d.slots.take()
		a := &attempt{step: step}
		d.live[step.task.ID] = a
		var err error
		if a.agent, a.assignment, err = d.World.Assign(step.task, step.attempt, step.name, step.slot); err != nil {
			d.refuse(a, err)
			continue
		}
		due = append(due, a)
		d.starting++
		d.inStart.Add(1)
		d.expectClaims()
	}
	return due
}

// start starts one attempt, without mu. What comes of it is told like everything else.
func (d *driver) start(a *attempt) {
	defer d.inStart.Done()
	defer func() {
		if r := recover(); r != nil {
			d.inbox.put(told{from: a, bug: fmt.Errorf("%w: %v\n%s", ErrBug, r, debug.Stack())})
		}
	}()
	if _, ending := a.began(); ending {
		d.inbox.put(told{from: a, update: agents.Update{Report: &agents.Report{Stopped: true,
			Failure: &failure.Observation{Message: "stopped before it began"}}}})
	} else if work, err := a.agent.Start(a.assignment, d.teller(a)); err != nil {
		d.refuse(a, err)
	} else {
		a.has(work)
	}
	d.inbox.put(told{from: a, started: true})
}

// refuse reports an attempt that could not begin.
func (d *driver) refuse(a *attempt, err error) {
	d.inbox.put(told{from: a, update: agents.Update{Report: &agents.Report{
		Failure: &failure.Observation{Message: err.Error()}}}})
}

// started notes which process has an attempt, if it is still out. That is written with the next events, or after a
// moment: a process that ends at once costs no write of its own.
func (d *driver) started(a *attempt) {
	d.starting--
	work, _ := a.began()
	if work == nil || d.live[a.task.ID] != a {
		return
	}
	if c := work.Claim(); c.PID != 0 {
		claim := engine.Claim(c)
		d.claims = append(d.claims, engine.Event{At: d.Now().UTC(), Type: engine.AttemptClaimed, Task: a.task.ID,
			Attempt: a.attempt, Step: a.name, Claim: &claim})
	}
}

// expectClaims sees to it that claims that come in are written soon.
func (d *driver) expectClaims() {
	if d.claimsDue.IsZero() {
		d.claimsDue = d.Now().Add(d.Claims)
	}
}

// abandon is for a loop that ends with an error: nothing of ours goes on without a driver, except what can
// be adopted, which takes a claim in the log. mu is held, so nothing is started any more but what was given away before.
func (d *driver) abandon() {
	for _, a := range d.live {
		if w, _ := a.began(); w == nil || !w.Claim().Supervised {
			a.kill()
		}
	}
	d.inStart.Wait()
}
