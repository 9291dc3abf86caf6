package engine

import "container/heap"

// entry is a task in a queue: the heaviest first, then the earlier wave, then the order of the plan. What weighs is
// the rule's business, see State.entry.
type entry struct {
	weight int64
	wave   int
	task   int
}

func (a entry) before(b entry) bool {
	if a.weight != b.weight {
		return a.weight > b.weight
	}
	if a.wave != b.wave {
		return a.wave < b.wave
	}
	return a.task < b.task
}

// queue is a heap of tasks. Entries may be stale: whoever takes one looks whether it still holds.
type queue []entry

func (q *queue) push(e entry) { heap.Push((*entries)(q), e) }

func (q *queue) pop() entry { return heap.Pop((*entries)(q)).(entry) }

// entries is a queue as container/heap wants it.
type entries queue

func (e entries) Len() int           { return len(e) }
func (e entries) Less(i, j int) bool { return e[i].before(e[j]) }
func (e entries) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e *entries) Push(x any)        { *e = append(*e, x.(entry)) }
func (e *entries) Pop() any {
	last := len(*e) - 1
	x := (*e)[last]
	*e = (*e)[:last]
	return x
}

// resource is something of which only so much can be used at once: slots, an agent, a pool, a lock.
type resource struct {
	name  string
	limit int // 0 is no limit
	used  int
	// shut keeps everything out: while all of the providers are paused or, of the plan's budget, once it is used up.
	shut      bool
	providers []string
	budget    bool
	// waiting are ready tasks that did not get it, by their place in State.ready: one that waits for a slot of its class
	// besides must not keep those of another from it. As many as it has room for go back to their queue when some of it
	// is freed.
	waiting [3]queue
}

func (r *resource) full() bool { return r.shut || r.limit > 0 && r.used >= r.limit }
