package local

import (
	"sync"

	"billow/agents"
)

// inbox is where agents tell the loop what happens, from any goroutine.
type inbox struct {
	mu     sync.Mutex
	list   []told
	closed bool
}

type told struct {
	from   *attempt
	update agents.Update
}

func newInbox() *inbox { return &inbox{} }

func (b *inbox) put(t told) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.closed {
		b.list = append(b.list, t)
	}
}

// take returns what was told since the last call; used gives back the memory of what it returned then.
func (b *inbox) take(used []told) []told {
	clear(used)
	b.mu.Lock()
	defer b.mu.Unlock()
	list := b.list
	b.list = used[:0]
	return list
}

func (b *inbox) empty() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.list) == 0
}

func (b *inbox) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed, b.list = true, nil
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
