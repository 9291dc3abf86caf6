package plan

import (
	"cmp"
	"slices"
	"time"
)

// Schedule is the order of a plan's tasks. Tasks are meant by their place in Plan.Tasks. It is made for
// any plan: where tasks wait for each other in a circle, or for a later wave, it is as good as it can be
// and always ends.
type Schedule struct {
	// Needs and Dependants are the edges both ways; unknown tasks and the task itself are left out.
	Needs, Dependants [][]int
	// Topo has every task once, after all it needs, wave by wave where waves are barriers, else in plan
	// order.
	Topo []int
	// Level is 1 for a task that needs nothing, else one more than the highest level it needs.
	Level []int
	// Wave is the wave of each task: its own, or for a task without one among waves the highest wave of
	// its needs + 1, else 1. It is 0 everywhere in a plan without waves.
	Wave []int
	// WaveNumbers are the waves there are, ascending; empty in a plan without waves.
	WaveNumbers []int
	// Barriers is true where a wave begins only when the one before it has settled.
	Barriers bool

	tasks []*Task
	place []int // of each task in Topo
}

// Order works out the order of a plan. It takes O(tasks + edges).
func Order(p *Plan) *Schedule {
	s := &Schedule{
		Needs:    p.needs(),
		Level:    make([]int, len(p.Tasks)),
		Wave:     make([]int, len(p.Tasks)),
		Barriers: p.Waves == Strict,
		tasks:    p.Tasks,
		place:    make([]int, len(p.Tasks)),
	}
	s.Dependants = reverse(s.Needs)
	s.Topo = postOrder(s.Needs, nil)
	for _, t := range s.Topo {
		// Of a circle the task visited first is still 0 here, which breaks the circle.
		s.Level[t] = 1
		for _, need := range s.Needs[t] {
			s.Level[t] = max(s.Level[t], s.Level[need]+1)
		}
	}
	if p.Waves != NoWaves {
		s.assignWaves()
	}
	if s.Barriers {
		// A stable sort by wave keeps needs first as long as none is in a later wave.
		slices.SortStableFunc(s.Topo, func(a, b int) int { return cmp.Compare(s.Wave[a], s.Wave[b]) })
	}
	for i, t := range s.Topo {
		s.place[t] = i
	}
	return s
}

func (s *Schedule) assignWaves() {
	for _, t := range s.Topo {
		if s.tasks[t].WaveSet {
			s.Wave[t] = s.tasks[t].Wave
			continue
		}
		s.Wave[t] = 1
		if needs := s.Needs[t]; len(needs) > 0 {
			s.Wave[t] = s.Wave[needs[0]] + 1
			for _, need := range needs[1:] {
				s.Wave[t] = max(s.Wave[t], s.Wave[need]+1)
			}
		}
	}
	s.WaveNumbers = slices.Clone(s.Wave)
	slices.Sort(s.WaveNumbers)
	s.WaveNumbers = slices.Compact(s.WaveNumbers)
}

// Weights are how much each task counts for the length of a way through the plan.
type Weights struct {
	// Task has one weight for each task: milliseconds, at least 1, or 1 for each task where nothing is
	// known of any.
	Task []int64
	// Timed is true where the weights are milliseconds.
	Timed bool
}

// Weights gives every task the duration learnt for its id, else its own estimate, else the mean of those
// that are known.
func (s *Schedule) Weights(durations map[string]time.Duration) Weights {
	w := Weights{Task: make([]int64, len(s.tasks))}
	var sum, known int64
	for i, t := range s.tasks {
		took, ok := durations[t.ID]
		if !ok {
			took = t.Estimate
		}
		if ok || took > 0 {
			w.Task[i] = max(1, took.Milliseconds())
			sum += w.Task[i]
			known++
		}
	}
	w.Timed = known > 0
	fill := int64(1)
	if known > 0 {
		fill = max(1, sum/known)
	}
	for i := range w.Task {
		if w.Task[i] == 0 {
			w.Task[i] = fill
		}
	}
	return w
}

// Tail gives for every task the longest way from its start to the end of the plan, the task included. Of
// two ready tasks the one with the longer tail goes first. Where waves are barriers the way goes through
// them: only what still comes in the task's own wave tells two tasks of a wave apart.
func (s *Schedule) Tail(w Weights) []int64 {
	tail := make([]int64, len(s.tasks))
	var after, longest int64 // from the end of this wave to the end; the longest tail of this wave
	for i := len(s.Topo) - 1; i >= 0; i-- {
		t := s.Topo[i]
		if i+1 < len(s.Topo) && s.wall(t, s.Topo[i+1]) {
			after = longest
		}
		tail[t] = after
		for _, d := range s.Dependants[t] {
			if s.place[d] > i {
				tail[t] = max(tail[t], tail[d])
			}
		}
		tail[t] += w.Task[t]
		longest = max(longest, tail[t])
	}
	return tail
}

// wall reports whether there is a barrier between two tasks that follow each other in Topo.
func (s *Schedule) wall(a, b int) bool { return s.Barriers && s.Wave[a] != s.Wave[b] }

// CriticalPath is the longest way through a plan: with any number of hands it takes no less.
type CriticalPath struct {
	Tasks []int
	// Length is how long it takes; 0 where nothing is known of any task.
	Length time.Duration
}

// CriticalPath finds the longest way; of several it takes the one whose tasks come first in Topo.
func (s *Schedule) CriticalPath(w Weights) CriticalPath {
	tail := s.Tail(w)
	var path CriticalPath
	var want int64 // the tail that the next task must have
	for _, t := range s.Topo {
		want = max(want, tail[t])
	}
	if w.Timed {
		path.Length = time.Duration(want) * time.Millisecond
	}
	// A step goes to a dependant or, through a barrier, to any task of the next wave; both come later in
	// Topo, so that one walk is enough.
	last := -1
	for i, t := range s.Topo {
		if tail[t] != want || want == 0 || last >= 0 && !s.follows(last, i) {
			continue
		}
		path.Tasks = append(path.Tasks, t)
		want -= w.Task[t]
		last = i
	}
	return path
}

// follows reports whether the task at place b of Topo can start when that at place a is done and nothing
// else is left to wait for.
func (s *Schedule) follows(a, b int) bool {
	return s.wall(s.Topo[a], s.Topo[b]) || slices.Contains(s.Needs[s.Topo[b]], s.Topo[a])
}

// Reduced gives the needs without those that follow from others (c needs a and b, b needs a: c needs a
// goes without saying). It is meant for drawing. It takes O(tasks × edges / 64) and memory for 128 bytes a
// task.
func (s *Schedule) Reduced() [][]int {
	const words = 16 // 1,024 tasks at a time: rows over all tasks at once would need gigabytes
	implied := make([][]bool, len(s.tasks))
	for t, needs := range s.Needs {
		implied[t] = make([]bool, len(needs))
	}
	row := make([][words]uint64, len(s.tasks)) // at its place in Topo: which tasks of the block it waits for
	for low := 0; low < len(s.Topo); low += words * 64 {
		high := min(low+words*64, len(s.Topo))
		for at := low; at < len(s.Topo); at++ {
			t := s.Topo[at]
			var waits [words]uint64
			for _, need := range s.Needs[t] {
				if place := s.place[need]; place >= low && place < at {
					for i, bits := range &row[place] {
						waits[i] |= bits
					}
				}
			}
			for i, need := range s.Needs[t] {
				if place := s.place[need]; place >= low && place < high && place < at {
					bit := place - low
					implied[t][i] = waits[bit/64]&(1<<(bit%64)) != 0
				}
			}
			for _, need := range s.Needs[t] {
				if place := s.place[need]; place >= low && place < high && place < at {
					bit := place - low
					waits[bit/64] |= 1 << (bit % 64)
				}
			}
			row[at] = waits
		}
	}
	out := make([][]int, len(s.tasks))
	for t, needs := range s.Needs {
		for i, need := range needs {
			if !implied[t][i] {
				out[t] = append(out[t], need)
			}
		}
	}
	return out
}
