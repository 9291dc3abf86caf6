package local

import (
	"sync"

	"billow/agents"
)

// inbox is where agents tell the loop what happens, from any goroutine. It is a list and a bell: however
// many reports come at once, the loop is woken once and takes them all.
type inbox struct {
	mu     sync.Mutex
	list   []told
	closed bool
	bell   chan struct{}
}

type told struct {
	from   *attempt
	update agents.Update
}

func newInbox() *inbox { return &inbox{bell: make(chan struct{}, 1)} }

// teller is what an agent is given to report with.
func (b *inbox) teller(a *attempt) func(agents.Update) {
	return func(u agents.Update) {
		b.mu.Lock()
		if !b.closed {
			b.list = append(b.list, told{a, u})
		}
		b.mu.Unlock()
		select {
		case b.bell <- struct{}{}:
		default:
		}
	}
}

// take returns what was told since the last call; reuse gives back the memory of an earlier one.
func (b *inbox) take(reuse []told) []told {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := b.list
	b.list = reuse[:0]
	return list
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
