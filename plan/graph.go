package plan

import (
	"slices"
	"strings"

	"github.com/dominikbraun/graph"
)

// Graph returns the tasks and what each needs as a directed graph from a need to the task that waits for
// it. It holds what can be held: a repeated id counts once, and a need that names no task, or the task
// itself, is left out (Check reports all three). Cycles stay in it.
//
// Use it to ask (strongly connected components, paths, neighbours). Do not sort or reduce with it: the
// library's sorts are quadratic, Order is not.
func (p *Plan) Graph() graph.Graph[string, *Task] {
	g := graph.New(func(t *Task) string { return t.ID }, graph.Directed())
	for _, t := range p.Tasks {
		_ = g.AddVertex(t) // its only error is a repeated id
	}
	for _, t := range p.Tasks {
		for _, need := range t.Needs {
			if need != t.ID {
				_ = g.AddEdge(need, t.ID) // unknown or repeated
			}
		}
	}
	return g
}

// Path returns the shortest chain of tasks from one task to another that waits for it, both included; nil
// when the second does not wait for the first. Among chains of one length it is always the same.
func (p *Plan) Path(from, to string) []string {
	start, ok := p.index[from]
	if !ok {
		return nil
	}
	end, ok := p.index[to]
	if !ok {
		return nil
	}
	// graph.ShortestPath would do, but gives any of the shortest, and a verb that explains itself
	// differently each time is no help.
	needs := p.needs()
	next := make([]int, len(p.Tasks)) // the task after this one on the way to the end, +1
	next[end] = end + 1
	for queue := []int{end}; len(queue) > 0 && next[start] == 0; queue = queue[1:] {
		for _, n := range needs[queue[0]] {
			if next[n] == 0 {
				next[n] = queue[0] + 1
				queue = append(queue, n)
			}
		}
	}
	if next[start] == 0 {
		return nil
	}
	path := []string{from}
	for at := start; at != end; {
		at = next[at] - 1
		path = append(path, p.Tasks[at].ID)
	}
	return path
}

// Cycles returns circles of tasks that wait for each other: each task needs the next one and the last
// needs the first, which is the one that comes first in the plan. No two circles share a task, and every
// strongly connected component with more than one task has at least one.
func (p *Plan) Cycles() [][]string {
	var cycles [][]string
	for _, cycle := range findCycles(p.needs()) {
		ids := make([]string, len(cycle))
		for i, t := range cycle {
			ids[i] = p.Tasks[t].ID
		}
		cycles = append(cycles, ids)
	}
	return cycles
}

// headValue is the value of a key of the plan itself; nil when there is none. Where the tasks stand in a
// mapping of their own (`plan: {tasks: ...}`), its keys win over those of the document.
func (p *Plan) headValue(key string) *Value {
	if head, _, inner := strings.Cut(p.Dialect.TasksAt, "."); inner {
		if v := p.Root.Get(head).Get(key); v != nil {
			return v
		}
	}
	return p.Root.Get(key)
}

// needs returns for every task the places of the tasks it needs, in the order of the file, without those
// that do not exist and without the task itself.
func (p *Plan) needs() [][]int {
	total := 0
	for _, t := range p.Tasks {
		total += len(t.Needs)
	}
	all := make([]int, 0, total) // one array for all: a plan of 100,000 tasks is not 100,000 small ones
	out := make([][]int, len(p.Tasks))
	for i, t := range p.Tasks {
		from := len(all)
		for _, id := range t.Needs {
			if n, ok := p.index[id]; ok && n != i {
				all = append(all, n)
			}
		}
		out[i] = all[from:len(all):len(all)]
	}
	return out
}

// reverse turns needs into dependants, each list in plan order.
func reverse(needs [][]int) [][]int {
	count := make([]int, len(needs))
	total := 0
	for _, list := range needs {
		for _, n := range list {
			count[n]++
			total++
		}
	}
	all := make([]int, total)
	out := make([][]int, len(needs))
	for i, c := range count {
		out[i], all = all[:0:c], all[c:]
	}
	for i, list := range needs {
		for _, n := range list {
			out[n] = append(out[n], i)
		}
	}
	return out
}

// postOrder visits every task after all it needs, and otherwise in plan order: a file whose tasks already
// stand in a possible order keeps it. Each task and each edge is looked at once. Where tasks wait for each
// other, back is called with the circle (each needs the next) and the edge that closes it is passed over.
func postOrder(needs [][]int, back func(cycle []int)) []int {
	const (
		unseen = iota
		onPath
		finished
	)
	state := make([]uint8, len(needs))
	next := make([]int, len(needs)) // the edge to look at next
	order := make([]int, 0, len(needs))
	var path []int // own stack: a chain of 100,000 tasks is no reason to recurse as deep
	for root := range needs {
		if state[root] != unseen {
			continue
		}
		state[root], path = onPath, append(path[:0], root)
		for len(path) > 0 {
			at := path[len(path)-1]
			if next[at] == len(needs[at]) {
				state[at], path = finished, path[:len(path)-1]
				order = append(order, at)
				continue
			}
			need := needs[at][next[at]]
			next[at]++
			switch {
			case state[need] == unseen:
				state[need], path = onPath, append(path, need)
			case state[need] == onPath && back != nil:
				back(path[slices.Index(path, need):])
			}
		}
	}
	return order
}

// findCycles returns circles without a task in common, each from its first task in plan order.
func findCycles(needs [][]int) [][]int {
	var cycles [][]int
	known := make([]bool, len(needs))
	postOrder(needs, func(cycle []int) {
		for _, t := range cycle {
			if known[t] {
				return // one report for each knot; mending it shows what is left
			}
		}
		first := 0
		for i, t := range cycle {
			known[t] = true
			if t < cycle[first] {
				first = i
			}
		}
		cycles = append(cycles, slices.Concat(cycle[first:], cycle[:first]))
	})
	return cycles
}
