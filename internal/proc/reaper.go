package proc

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// turn is how long a goroutine goes from child to child before it lets the scheduler have a look at it. The scheduler
// takes what has not been there for 10 ms for stuck in a computation: it interrupts it, gives its turn to another
// thread, and then looks 50 times, every 20 µs, whether there is more of the kind, each time in place of a task.
const turn = 5 * time.Millisecond

// children are all children of this process that Start has started and that nobody waits for yet. It is the one
// global of the package, because Start has no other place to meet the goroutines that wait.
var children waiters

// waiters are the goroutines that wait for children, each for one by its pid, so that the children of others are
// left to them. One that has told of a child's end waits for a child that was started meanwhile: where the next
// program is started in done, the thread that starts it is the one that waits for it, and none has to be woken.
// With all processors busy a wake-up costs as much as half a start.
type waiters struct {
	mu sync.Mutex
	// telling counts those that are in a done; queue are children left to them, never more than they are.
	telling int
	queue   []*Process
	// waiting counts those that wait.
	waiting atomic.Int32
}

// add sees to it that somebody waits for the child.
func (w *waiters) add(p *Process) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) < w.telling {
		w.queue = append(w.queue, p)
		return
	}
	go w.wait(p)
}

// wait waits for a child, tells of its end, and goes on with the next one that is left to it.
func (w *waiters) wait(p *Process) {
	yielded := time.Now()
	for p != nil {
		p.reap(w.waiting.Add(1))
		w.waiting.Add(-1)
		w.mu.Lock()
		w.telling++
		w.mu.Unlock()
		ended := p.exit.Ended
		p.ended()
		p = w.next()
		if ended.Sub(yielded) > turn {
			runtime.Gosched()
			yielded = ended
		}
	}
}

// next is called after a done, and gives the child to wait for now, nil for none.
func (w *waiters) next() *Process {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.telling--
	if len(w.queue) == 0 {
		return nil
	}
	p := w.queue[0]
	w.queue = append(w.queue[:0], w.queue[1:]...)
	return p
}
