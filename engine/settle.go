package engine

import (
	"slices"
	"time"
)

// rebuild makes everything derived anew from the rest of the state. It costs O(plan) and is done when a run
// or a driver's life begins, and once for all changes of the plan that came together.
func (s *State) rebuild() {
	s.derived = derived{counts: make(map[TaskState]int, 7)}
	s.buildResources()
	s.buildWaves()
	for i := range s.tasks {
		t := &s.tasks[i]
		t.needs, t.dependants, t.conflicts, t.parked = t.needs[:0], t.dependants[:0], t.conflicts[:0], nil
		t.left, t.dead, t.held, t.kids, t.parent = len(t.Spec.Needs), 0, 0, kids{}, -1
		t.cat, t.shut, t.news, t.queued, t.holding, t.seated, t.picked = open, false, false, false, false, false, false
	}
	for i := range s.tasks {
		s.link(i)
	}
	for i := range s.tasks {
		t := &s.tasks[i]
		s.counts[t.State]++
		s.todo = append(s.todo, i)
		if p := t.parent; p >= 0 {
			s.tasks[p].kids.move(t.State, 1)
		}
		if t.State == Running && !t.Expanded {
			s.hold(i, t.NextStep == "" || t.keepsSeat())
			if t.Cancelling {
				s.stops = append(s.stops, i)
			}
			if t.NextStep != "" {
				s.steps = append(s.steps, i)
			}
		}
		s.await(i)
	}
	for i := range s.tasks {
		if s.tasks[i].Expanded && s.tasks[i].State != Waiting {
			s.gather(i, Event{At: s.now})
		}
	}
	s.settle()
	for i := range s.tasks {
		s.consider(i)
	}
}

// buildResources counts what limits name: classes, agents, pools and locks.
func (s *State) buildResources() {
	s.all = resource{name: "all", limit: s.limits.All}
	s.slots = [3]resource{
		{name: "run", limit: s.limits.Run}, {name: "agent", limit: s.limits.Agents}, {name: "human"}}
	s.byName = map[string]int{}
	for i := range s.tasks {
		t := &s.tasks[i]
		t.resources, t.seats, t.queued = t.resources[:0], 0, false
		if n := s.limits.Pools[t.Spec.Pool]; t.Spec.Pool != "" && n > 0 {
			t.resources = append(t.resources, s.namedResource("pool", t.Spec.Pool, n))
		}
		for _, lock := range t.Spec.Locks {
			if k := s.namedResource("lock", lock, 1); !slices.Contains(t.resources, k) {
				t.resources = append(t.resources, k)
			}
		}
		s.fit(i)
	}
}

// buildWaves sorts tasks into the waves that are barriers; without barriers everything is in one.
func (s *State) buildWaves() {
	var numbers []int
	if s.limits.Strict {
		for i := range s.tasks {
			numbers = append(numbers, s.tasks[i].Spec.Wave)
		}
		slices.Sort(numbers)
		numbers = slices.Compact(numbers)
	} else {
		numbers = []int{0}
	}
	s.waves = make([]wave, len(numbers))
	for k, n := range numbers {
		s.waves[k].number, s.waves[k].gate = n, -1
	}
	for i := range s.tasks {
		t := &s.tasks[i]
		t.wave = 0
		if s.limits.Strict {
			t.wave, _ = slices.BinarySearch(numbers, t.Spec.Wave)
		}
		switch w := &s.waves[t.wave]; {
		case !t.Spec.Gate:
			w.tasks = append(w.tasks, i)
		case !t.Removed:
			w.gate = i
		}
	}
}

// link finds the tasks that a task names. A need that does not exist (yet) is never satisfied; an edit of
// the plan brings tasks one by one.
func (s *State) link(i int) {
	t := &s.tasks[i]
	for _, id := range t.Spec.Needs {
		if n, ok := s.index[id]; ok {
			t.needs = append(t.needs, n)
			s.tasks[n].dependants = append(s.tasks[n].dependants, i)
		}
	}
	for _, id := range t.Spec.Conflicts {
		c, ok := s.index[id]
		if !ok || c == i {
			continue
		}
		for _, x := range s.withItems(c) {
			t.conflicts = append(t.conflicts, x)
			s.tasks[x].conflicts = append(s.tasks[x].conflicts, i)
		}
	}
	if t.Parent != "" {
		t.parent = s.index[t.Parent]
	}
}

// withItems is a task, or the items that run in its place.
func (s *State) withItems(i int) []int {
	if s.tasks[i].Expanded {
		return s.tasks[i].Children
	}
	return []int{i}
}

// categoryOf says what a task is for those behind it.
func (s *State) categoryOf(t *task) category {
	switch t.State {
	case Done, Skipped:
		return satisfied
	case Failed, Cancelled:
		return dead
	case Blocked:
		return held
	case Waiting:
		if t.dead > 0 && !t.Spec.Tolerant {
			return dead
		}
		if t.held > 0 {
			return held
		}
	}
	return open
}

// keepsShut says whether a task keeps the barrier behind its wave shut: until everything has settled, or
// is blocked with nothing live. Where a plan has no edge at all, the waves are the only order there is, so
// a failed or blocked task keeps it shut too.
func (s *State) keepsShut(i int) bool {
	t := &s.tasks[i]
	if t.Spec.Gate {
		return false // see passed
	}
	if t.State == Waiting && s.selected != nil && !s.selected[i] {
		return false
	}
	if s.limits.Edgeless && (t.State == Failed || t.State == Blocked) && !t.Removed {
		return true
	}
	return t.cat == open
}

// settle carries changes of state to everything that depends on them, and opens barriers.
func (s *State) settle() {
	for len(s.todo) > 0 {
		i := s.todo[len(s.todo)-1]
		s.todo = s.todo[:len(s.todo)-1]
		t := &s.tasks[i]
		if cat := s.categoryOf(t); cat != t.cat {
			old := t.cat
			t.cat = cat
			for _, d := range t.dependants {
				s.tasks[d].count(old, -1)
				s.tasks[d].count(cat, 1)
				s.todo = append(s.todo, d)
				s.consider(d)
			}
		}
		if shut := s.keepsShut(i); shut != t.shut {
			t.shut = shut
			if shut {
				s.waves[t.wave].open++
				s.frontier = min(s.frontier, t.wave)
			} else {
				s.waves[t.wave].open--
			}
		}
		if news := t.Unchecked && t.State == Done && !t.Removed && !t.Spec.Gate; news != t.news {
			if t.news = news; news {
				s.waves[t.wave].due++
			} else {
				s.waves[t.wave].due--
			}
		}
		if t.Spec.Gate && !s.passed(t.wave) {
			s.frontier = min(s.frontier, t.wave)
		}
	}
	for s.frontier < len(s.waves)-1 && s.waves[s.frontier].open == 0 && s.passed(s.frontier) {
		s.frontier++
		for _, i := range s.waves[s.frontier].tasks {
			s.consider(i)
		}
	}
	if len(s.waves) > 0 && s.waves[s.frontier].gate >= 0 {
		s.consider(s.waves[s.frontier].gate)
	}
}

// count notes that a need has become, or is no longer, of a category.
func (t *task) count(c category, by int) {
	switch c {
	case satisfied:
		t.left -= by
	case dead:
		t.dead += by
	case held:
		t.held += by
	}
}

// eligible reports whether nothing but limits keeps a task from starting.
func (s *State) eligible(i int) bool {
	t := &s.tasks[i]
	if t.State != Waiting || t.Removed || !t.NotBefore.IsZero() || t.wave > s.frontier {
		return false
	}
	if s.selected != nil && !s.selected[i] {
		return false
	}
	if t.parent >= 0 && s.tasks[t.parent].Cancelling {
		return false
	}
	if t.Spec.Gate {
		return s.waves[t.wave].open == 0 && s.hasToCheck(i)
	}
	if t.Spec.Tolerant {
		return t.left == t.dead
	}
	return t.left == 0
}

// consider puts a task into the queue it belongs to, if it may start now.
func (s *State) consider(i int) {
	t := &s.tasks[i]
	if t.queued || s.stale || !s.eligible(i) {
		return
	}
	t.queued, t.eligible = true, s.seq
	e := s.entry(i)
	switch {
	case t.Spec.Approval && t.Approval != ApprovalApproved:
		s.asks.push(e)
	case t.Spec.Foreach && !t.Expanded:
		s.expands.push(e)
	default:
		s.ready[t.slot].push(e)
	}
}

func (s *State) entry(i int) entry {
	e := entry{weight: s.tasks[i].Spec.Weight, wave: s.tasks[i].Spec.Wave, task: i}
	if s.limits.Order == FirstCome {
		e.weight = -s.readySince(i).UnixNano()
	}
	return e
}

// readySince is when the last of what a task needs had settled. A queue in the order of arrival would say the
// same until somebody folds the run anew.
func (s *State) readySince(i int) time.Time {
	since := s.tasks[i].Since
	for _, n := range s.tasks[i].needs {
		if at := s.tasks[n].Since; at.After(since) {
			since = at
		}
	}
	return since
}

// hold takes the resources of a task that begins to run and, where it is seated, its slot.
func (s *State) hold(i int, seated bool) {
	t := &s.tasks[i]
	t.holding, t.seated = true, seated
	s.takeRest(i, 1)
	if seated {
		s.takeSeat(i, 1)
		s.out++
	}
}

// release gives them back and lets the tasks that waited for them try again.
func (s *State) release(i int) {
	t := &s.tasks[i]
	s.takeRest(i, -1)
	if t.seated {
		s.takeSeat(i, -1)
		s.out--
	}
	t.holding, t.seated = false, false
	s.freed(i)
}

// takeSeat counts a task's slot: that of its class, and of its agent.
func (s *State) takeSeat(i, by int) {
	t := &s.tasks[i]
	if t.slot != 2 {
		s.all.used += by
	}
	s.slots[t.slot].used += by
	for _, k := range t.resources[:t.seats] {
		s.named[k].used += by
	}
}

// takeRest counts what a task holds from the beginning of an attempt to its end: pool and locks.
func (s *State) takeRest(i, by int) {
	for _, k := range s.tasks[i].resources[s.tasks[i].seats:] {
		s.named[k].used += by
	}
}

// freed lets tasks that were kept waiting by this one, or by what it held, try again.
func (s *State) freed(i int) {
	t := &s.tasks[i]
	parked := t.parked
	t.parked = nil
	for _, p := range parked {
		s.requeue(p)
	}
	for _, k := range t.resources {
		s.refill(k)
	}
}

// refill moves the first task of each class that waits for a resource back to its queue, if there is room for it. One
// is enough: when it cannot use the room, Next refills again.
func (s *State) refill(k int) {
	r := &s.named[k]
	for slot := range r.waiting {
		for moved := false; !moved && !r.full() && len(r.waiting[slot]) > 0; {
			i := r.waiting[slot].pop().task
			s.requeue(i)
			moved = s.tasks[i].queued // else it was stale
		}
	}
}

// requeue puts a parked task back into its queue.
func (s *State) requeue(i int) {
	s.tasks[i].queued = false
	s.consider(i)
}
