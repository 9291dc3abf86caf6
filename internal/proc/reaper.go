package proc

import "sync"

// children are all children of this process that Start has started. It is the one global of the package,
// because what it stands for is one per process: the system tells of a dead child only to its parent, and
// two that wait for any child take each other's.
var children reaper

// reaper waits for all children in one goroutine. A goroutine per child would hold a thread each in the
// system's wait call, and measured 10 % slower on short programs. The goroutine lives while there are
// children.
type reaper struct {
	mu      sync.Mutex
	live    map[int]*Process
	running bool
}

func (r *reaper) add(p *Process) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.live == nil {
		r.live = map[int]*Process{}
	}
	r.live[p.pid] = p
	r.watch(p)
}

// take removes and returns the child with this pid, nil if it is none of ours.
func (r *reaper) take(pid int) *Process {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.live[pid]
	delete(r.live, pid)
	return p
}
