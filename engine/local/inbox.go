package local

import (
	"sync"

	"billow/agents"
)

// inbox is where agents tell the loop what happens, from any goroutine.
type inbox struct {
	mu   sync.Mutex
	list []told
	// news is true when something in the list calls for a turn.
	news   bool
	closed bool
}

// told is what an agent tells of an attempt; or that its start is over, which can wait until there is more; or that
// it came to nothing by a bug.
type told struct {
	from    *attempt
	update  agents.Update
	started bool
	bug     error
}

func newInbox() *inbox { return &inbox{} }

func (b *inbox) put(t told) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.closed {
		b.list = append(b.list, t)
		b.news = b.news || !t.started
	}
}

// take returns what was told since the last call; used gives back the memory of what it returned then.
func (b *inbox) take(used []told) []told {
	clear(used)
	b.mu.Lock()
	defer b.mu.Unlock()
	list := b.list
	b.list, b.news = used[:0], false
	return list
}

// empty is true when nothing calls for a turn.
func (b *inbox) empty() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.news
}

func (b *inbox) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed, b.list, b.news = true, nil, false
}

// slots are small numbers, the lowest free one first.
type slots struct{ used []bool }

func (s *slots) take() int {
	for i, used := range s.used {
		if !used {
			s.used[i] = true
			return i
		}
	}
	s.used = append(s.used, true)
	return len(s.used) - 1
}

func (s *slots) give(i int) { s.used[i] = false }
