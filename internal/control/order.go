package control

import (
	"fmt"
	"slices"
	"strings"

	"billow/engine"
	"billow/plan"
)

// Order is an order in which a plan can be run: which of the tasks that may start goes first, and whether waves are
// barriers.
type Order string

const (
	// CriticalPath: no barriers; of the ready tasks the one with the longest way to the end goes first. It is how
	// plans without waves and with `waves: soft` are run.
	CriticalPath Order = "critical-path"
	// FirstCome: no barriers; who became ready first goes first, as most runners do it.
	FirstCome Order = "fifo"
	// Waves: a wave begins when the one before it has settled; within it as CriticalPath. It is how plans with
	// `wave` are run unless they say `waves: soft`. In a plan without waves each level is one: a task that needs
	// nothing is of the first, another of the one behind its needs.
	Waves Order = "waves"
)

// Orders are all orders there are.
func Orders() []Order { return []Order{CriticalPath, FirstCome, Waves} }

// ParseOrder reads the name of an order.
func ParseOrder(name string) (Order, error) {
	if o := Order(name); slices.Contains(Orders(), o) {
		return o, nil
	}
	var names []string
	for _, o := range Orders() {
		names = append(names, string(o))
	}
	hint := ""
	if near := plan.Nearest(name, names); near != "" {
		hint = "; did you mean " + near + "?"
	}
	return "", fmt.Errorf("there is no order %q, only %s%s", name, strings.Join(names, ", "), hint)
}

// orderOf is the order in which a plan is run.
func orderOf(p *plan.Plan) Order {
	if p.Waves == plan.Strict {
		return Waves
	}
	return CriticalPath
}

// rule is how the engine is told.
func (o Order) rule() engine.Order {
	if o == FirstCome {
		return engine.FirstCome
	}
	return engine.HeaviestFirst
}

// onlyWaves reports whether waves are the only order a plan has. They stay barriers whatever is asked for: without
// them everything would run at once.
func onlyWaves(p *plan.Plan) bool {
	return p.Waves == plan.Strict && !slices.ContainsFunc(p.Tasks, func(t *plan.Task) bool { return len(t.Needs) > 0 })
}

// in is a plan as it would have to be written to be run in an order.
func (o Order) in(p *plan.Plan, sched *plan.Schedule) (*plan.Plan, *plan.Schedule) {
	out := *p
	switch {
	case orderOf(p) == o, onlyWaves(p):
		return p, sched
	case o != Waves:
		if p.Waves != plan.Strict {
			return p, sched
		}
		out.Waves = plan.Soft
	default:
		out.Waves = plan.Strict
		if p.Waves == plan.NoWaves || needsLater(sched) {
			out.Tasks = make([]*plan.Task, len(p.Tasks))
			for i, t := range p.Tasks {
				level := *t
				level.Wave, level.WaveSet = sched.Level[i], true
				out.Tasks[i] = &level
			}
		}
	}
	return &out, plan.Order(&out)
}

// needsLater reports whether a task needs one of a later wave: allowed where waves are no barriers.
func needsLater(sched *plan.Schedule) bool {
	for i, needs := range sched.Needs {
		for _, n := range needs {
			if sched.Wave[n] > sched.Wave[i] {
				return true
			}
		}
	}
	return false
}
