package control

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"billow/engine"
	"billow/plan"
)

// SimulateRequest asks how long a plan would take.
type SimulateRequest struct {
	// Plan is a path, a folder or a plan id; "" is found as planfile.Find says.
	Plan string
	// Slots are limits over everything to compare, as -j of a run; none is the limits a run would have.
	Slots []int
	// Orders are the orders to compare; none is all.
	Orders []Order
	// Durations is a file that says how long tasks take, relative to the working folder; see readDurations. It goes
	// before what was learnt from runs, and that before the plan's estimates.
	Durations string
	// Default is how long a task takes of which nothing is known; 0 is the mean of the others, 1 s where nothing is
	// known of any.
	Default time.Duration
	// Known are the durations, by id, by which tasks are chosen, where they are others than tasks take: to see what
	// wrong ones cost. nil is the right ones.
	Known map[string]time.Duration
	// Timeline asks for when each task would run.
	Timeline bool
}

// SimulateResponse says how long a plan would take, run from its beginning to its end. Every task is done well at the
// first attempt, approvals are given at once, and conditions that only a run can tell are true.
type SimulateResponse struct {
	Plan   string `json:"plan"`
	PlanID string `json:"plan_id,omitempty"`
	// Tasks is how many run, items of a foreach counted one by one; Skipped how many do not, because of their
	// condition.
	Tasks   int `json:"tasks"`
	Skipped int `json:"skipped,omitempty"`
	// Durations says where it is known from how long tasks take.
	Durations DurationSources `json:"durations"`
	// WorkMS is how long all tasks take together, those for people left out.
	WorkMS int64 `json:"work_ms"`
	// CriticalPath is the longest way through the plan without barriers: however much runs at once, it takes no less.
	CriticalPath   []string `json:"critical_path"`
	CriticalPathMS int64    `json:"critical_path_ms"`
	// OnlyWaves is true where no task needs another: waves are then barriers in every order.
	OnlyWaves bool `json:"only_waves,omitempty"`
	// Levels is true where the plan has no waves (or has needs in later ones), so that the order "waves" takes the
	// plan's levels for them.
	Levels bool `json:"levels,omitempty"`
	// Simulations are the runs, by order and slots as they were asked for.
	Simulations []Simulation `json:"simulations"`
}

// DurationSources are numbers of the plan's tasks, by where their duration is from.
type DurationSources struct {
	Given     int `json:"given"`
	Learnt    int `json:"learnt"`
	Estimated int `json:"estimated"`
	Unknown   int `json:"unknown"`
	// UnknownMS is how long each of the unknown is taken for, Mean whether that is the mean of the others.
	UnknownMS int64 `json:"unknown_ms,omitempty"`
	Mean      bool  `json:"mean,omitempty"`
}

// Simulation is one run that was thought through.
type Simulation struct {
	Order Order `json:"order"`
	// AsRun is true for the order in which billow run would do it.
	AsRun bool `json:"as_run"`
	// Slots is how many tasks can run at once, those for people left out.
	Slots  int           `json:"slots"`
	Limits engine.Limits `json:"limits"`
	// MakespanMS is from the first start to the last end. LowerBoundMS is what no order can go below: the critical
	// path, or the work divided by the slots. Ratio is the first over the second.
	MakespanMS   int64   `json:"makespan_ms"`
	LowerBoundMS int64   `json:"lower_bound_ms"`
	Ratio        float64 `json:"ratio"`
	// IdlePercent is how much of the slots' time nothing ran in them.
	IdlePercent float64 `json:"idle_percent"`
	// Timeline is when each task runs, in the order in which they start.
	Timeline []SimulatedTask `json:"timeline,omitempty"`
}

// SimulatedTask is when a task runs, in milliseconds from the beginning.
type SimulatedTask struct {
	Task string `json:"task"`
	Wave int    `json:"wave,omitempty"`
	// Slot counts the tasks beside each other, from 1.
	Slot     int   `json:"slot"`
	StartsMS int64 `json:"starts_ms"`
	EndsMS   int64 `json:"ends_ms"`
	// Critical is true for tasks of the critical path.
	Critical bool `json:"critical,omitempty"`
}

// Simulate says how long a plan would take in one order or another, with so many slots or others. As a run does, it
// lets the engine decide; only the time is made up.
func (s *Service) Simulate(ctx context.Context, req SimulateRequest) (*SimulateResponse, error) {
	if req.Default < 0 {
		return nil, fmt.Errorf("%w: tasks cannot take %s by default", ErrUsage, req.Default)
	}
	o, err := s.Open(req.Plan)
	if err != nil {
		return nil, err
	}
	if len(plan.Errors(o.Problems)) > 0 {
		return nil, &ProblemsError{File: o.Path, Problems: o.Problems}
	}
	resp := &SimulateResponse{Plan: o.Path, PlanID: o.Plan().ID, OnlyWaves: onlyWaves(o.Plan())}
	takes, err := s.durations(ctx, o, req, &resp.Durations)
	if err != nil {
		return nil, err
	}
	known := req.Known
	if known == nil {
		known = takes.tasks
	}
	orders := req.Orders
	if len(orders) == 0 {
		orders = Orders()
	}
	slots := req.Slots
	if len(slots) == 0 {
		slots = []int{0}
	}
	var m *measured
	for _, order := range orders {
		p, sched := order.in(o.Plan(), o.Schedule)
		resp.Levels = resp.Levels || p.Waves == plan.Strict && !slices.Equal(sched.Wave, o.Schedule.Wave)
		doc := *o.Doc
		doc.Plan = p
		arranged := *o
		arranged.Doc, arranged.Schedule = &doc, sched
		for _, n := range slots {
			r := &runner{Service: s, o: &arranged, took: known, free: true, r: RunRequest{Jobs: n, Fresh: true, Order: order}}
			d, err := r.simulate(takes)
			if err != nil {
				return nil, err
			}
			if m == nil {
				// The same tasks run in every order, for as long.
				m = measure(d)
				resp.Tasks, resp.Skipped = len(d.ran), d.state.Counts().Skipped
				resp.WorkMS, resp.CriticalPathMS = m.work().Milliseconds(), m.path.Milliseconds()
				resp.CriticalPath = m.critical
			}
			sim := m.judge(d, d.state.Limits())
			sim.Order, sim.AsRun = order, order == orderOf(o.Plan())
			if req.Timeline {
				sim.Timeline = m.timeline(d)
			}
			resp.Simulations = append(resp.Simulations, sim)
		}
	}
	return resp, nil
}

// simulate runs a plan in made-up time.
func (r *runner) simulate(takes durations) (*dry, error) {
	r.ungated = true // what a reviewer takes is not known from the plan
	if err := r.conceive("simulation"); err != nil {
		return nil, err
	}
	if err := r.newWorld(); err != nil {
		return nil, err
	}
	d := newDry(r)
	d.takes = takes.of
	if err := d.run(); err != nil {
		return nil, err
	}
	if d.outcome != engine.OutcomeCompleted {
		return nil, fmt.Errorf("the simulation ends %s; this is a bug", d.outcome)
	}
	return d, nil
}

// measured is what a plan's tasks are, whatever the order.
type measured struct {
	// path is the length of the critical path, critical its tasks.
	path     time.Duration
	critical []string
	byClass  map[engine.Class]time.Duration
}

func measure(d *dry) *measured {
	p := *d.r.o.Plan()
	p.Waves = plan.NoWaves
	m := &measured{byClass: map[engine.Class]time.Duration{}}
	// Items run beside each other if they can: the longest counts.
	w := plan.Weights{Task: make([]int64, len(p.Tasks))}
	for _, ran := range d.ran {
		took := ran.until.Sub(ran.began)
		m.byClass[ran.class] += took
		w.Task[ran.of.Index] = max(w.Task[ran.of.Index], int64(took))
	}
	for _, i := range plan.Order(&p).CriticalPath(w).Tasks {
		m.path += time.Duration(w.Task[i])
		m.critical = append(m.critical, p.Tasks[i].ID)
	}
	return m
}

// work is what takes slots: people have their own.
func (m *measured) work() time.Duration {
	return m.byClass[engine.ClassRun] + m.byClass[engine.ClassAgent]
}

// judge holds a run against what could not be better.
func (m *measured) judge(d *dry, l engine.Limits) Simulation {
	bound := float64(m.path)
	slots := 0
	for class, limit := range map[engine.Class]int{engine.ClassRun: l.Run, engine.ClassAgent: l.Agents} {
		n := 0
		for _, ran := range d.ran {
			if ran.class == class {
				n++
			}
		}
		if limit == 0 || n == 0 {
			limit = n
		}
		slots += limit
		if limit > 0 {
			bound = max(bound, float64(m.byClass[class])/float64(limit))
		}
	}
	if l.All > 0 {
		slots = l.All
		bound = max(bound, float64(m.work())/float64(slots))
	}
	makespan := d.now.Sub(d.began)
	sim := Simulation{Slots: slots, Limits: l, MakespanMS: makespan.Milliseconds(),
		LowerBoundMS: time.Duration(bound).Milliseconds(), Ratio: 1}
	if bound > 0 {
		sim.Ratio = round(float64(makespan)/bound, 4)
	}
	if all := float64(makespan) * float64(slots); all > 0 {
		sim.IdlePercent = round(100*max(0, 1-float64(m.work())/all), 2)
	}
	return sim
}

// round keeps so many places, as many as say something.
func round(x float64, places int) float64 {
	scale := math.Pow10(places)
	return math.Round(x*scale) / scale
}

func (m *measured) timeline(d *dry) []SimulatedTask {
	critical := map[string]bool{}
	for _, id := range m.critical {
		critical[id] = true
	}
	out := make([]SimulatedTask, len(d.ran))
	for i, ran := range d.ran {
		out[i] = SimulatedTask{Task: ran.task, Wave: ran.wave, Slot: ran.slot + 1, Critical: critical[ran.of.ID],
			StartsMS: ran.began.Sub(d.began).Milliseconds(), EndsMS: ran.until.Sub(d.began).Milliseconds()}
	}
	return out
}
