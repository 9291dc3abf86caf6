package plan

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/dominikbraun/graph"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// task is a task for tests: an id, its needs, and what the options make of it.
func task(id string, needs []string, options ...func(*Task)) *Task {
	t := &Task{ID: id, Needs: needs, Status: Pending}
	for _, o := range options {
		o(t)
	}
	return t
}

func wave(n int) func(*Task) { return func(t *Task) { t.Wave, t.WaveSet = n, true } }

func estimate(d time.Duration) func(*Task) { return func(t *Task) { t.Estimate = d } }

// planOf makes a plan as the reader would: waves are strict where there are any.
func planOf(tasks ...*Task) *Plan {
	p := &Plan{Name: "plan.yaml", ID: "test", Tasks: tasks}
	for _, t := range tasks {
		if t.WaveSet {
			p.Waves = Strict
		}
	}
	p.reindex()
	return p
}

// reindex gives every task its place and makes Task find it; of tasks with one id the first is found.
func (p *Plan) reindex() {
	p.index = make(map[string]int, len(p.Tasks))
	for i, t := range p.Tasks {
		t.Index = i
		if _, taken := p.index[t.ID]; !taken {
			p.index[t.ID] = i
		}
	}
}

func ids(p *Plan, places []int) []string {
	out := []string{}
	for _, i := range places {
		out = append(out, p.Tasks[i].ID)
	}
	return out
}

func needs(ids ...string) []string { return ids }

func TestOrderKeepsTheFileWhereItCan(t *testing.T) {
	p := planOf(task("a", nil), task("z", nil), task("b", needs("a")), task("y", needs("z", "b")))
	assert.Equal(t, []string{"a", "z", "b", "y"}, ids(p, Order(p).Topo))
}

func TestOrderPutsNeedsFirst(t *testing.T) {
	p := planOf(task("last", needs("mid")), task("free", nil), task("mid", needs("first")), task("first", nil))
	s := Order(p)
	assert.Equal(t, []string{"first", "mid", "last", "free"}, ids(p, s.Topo))
	assert.Equal(t, []int{3, 1, 2, 1}, s.Level)
	assert.Equal(t, []int{0, 0, 0, 0}, s.Wave)
	assert.Empty(t, s.WaveNumbers)
}

func TestOrderGoesWaveByWave(t *testing.T) {
	p := planOf(task("late", nil, wave(3)), task("early", nil, wave(0)), task("mid", needs("early"), wave(2)))
	s := Order(p)
	assert.Equal(t, []string{"early", "mid", "late"}, ids(p, s.Topo))
	assert.Equal(t, []int{0, 2, 3}, s.WaveNumbers)
	assert.True(t, s.Barriers)
}

func TestTasksWithoutAWaveComeAfterTheirNeeds(t *testing.T) {
	p := planOf(task("a", nil, wave(4)), task("b", needs("a")), task("c", needs("b", "d")), task("d", nil))
	assert.Equal(t, []int{4, 5, 6, 1}, Order(p).Wave)
}

func TestSoftWavesAreNoBarriers(t *testing.T) {
	p := planOf(task("late", nil, wave(2)), task("early", nil, wave(1)))
	p.Waves = Soft
	s := Order(p)
	assert.False(t, s.Barriers)
	assert.Equal(t, []int{2, 1}, s.Wave)
	assert.Equal(t, []string{"late", "early"}, ids(p, s.Topo))
}

func TestOrderOfABrokenPlanStillHasEveryTask(t *testing.T) {
	p := planOf(task("a", needs("b", "ghost")), task("b", needs("a", "b")), task("c", needs("d"), wave(1)),
		task("d", nil, wave(2)), task("c", nil, wave(7)))
	s := Order(p)
	sorted := slices.Sorted(slices.Values(s.Topo))
	assert.Equal(t, []int{0, 1, 2, 3, 4}, sorted)
	assert.NotPanics(t, func() { s.CriticalPath(s.Weights(nil)); s.Reduced() })
}

func TestCriticalPathCountsTasksWhereNoTimeIsKnown(t *testing.T) {
	p := planOf(task("a", nil), task("b", needs("a")), task("c", needs("b")), task("x", nil), task("y", needs("x")))
	s := Order(p)
	w := s.Weights(nil)
	assert.False(t, w.Timed)
	assert.Equal(t, []int64{3, 2, 1, 2, 1}, s.Tail(w))
	path := s.CriticalPath(w)
	assert.Equal(t, []string{"a", "b", "c"}, ids(p, path.Tasks))
	assert.Zero(t, path.Length)
}

func TestCriticalPathFollowsTheTimes(t *testing.T) {
	p := planOf(task("a", nil), task("b", needs("a")), task("c", needs("b")),
		task("x", nil, estimate(time.Hour)), task("y", needs("x")))
	s := Order(p)
	// y is not known: it counts as the mean of the others.
	w := s.Weights(map[string]time.Duration{"a": 10 * time.Second, "b": 20 * time.Second, "c": 30 * time.Second, "x": 4 * time.Minute})
	assert.Equal(t, []int64{10_000, 20_000, 30_000, 240_000, 75_000}, w.Task)
	path := s.CriticalPath(w)
	assert.Equal(t, []string{"x", "y"}, ids(p, path.Tasks))
	assert.Equal(t, 315*time.Second, path.Length)
}

func TestEstimatesServeWhereNothingWasLearnt(t *testing.T) {
	p := planOf(task("a", nil, estimate(2*time.Second)), task("b", nil, estimate(time.Microsecond)))
	assert.Equal(t, Weights{Task: []int64{2000, 1}, Timed: true}, Order(p).Weights(nil))
}

func TestBarriersArePartOfTheCriticalPath(t *testing.T) {
	p := planOf(
		task("short", nil, wave(1), estimate(time.Second)), task("long", nil, wave(1), estimate(10*time.Second)),
		task("next", needs("short"), wave(2), estimate(5*time.Second)), task("small", nil, wave(2), estimate(time.Second)),
		task("follow", needs("small"), wave(2), estimate(time.Second)))
	s := Order(p)
	w := s.Weights(nil)
	// Nothing of wave 2 begins before long is done, so short is not urgent because of next.
	assert.Equal(t, []int64{6_000, 15_000, 5_000, 2_000, 1_000}, s.Tail(w))
	path := s.CriticalPath(w)
	assert.Equal(t, []string{"long", "next"}, ids(p, path.Tasks))
	assert.Equal(t, 15*time.Second, path.Length)
}

func TestReducedLeavesOutWhatFollows(t *testing.T) {
	p := planOf(task("a", nil), task("b", needs("a")), task("c", needs("a", "b")), task("d", needs("a", "b", "c")))
	assert.Equal(t, [][]int{nil, {0}, {1}, {2}}, Order(p).Reduced())
}

// randomPlan draws a plan without cycles whose tasks stand in any order; with cycles where asked for.
func randomPlan(t *rapid.T, cyclic bool) *Plan {
	n := rapid.IntRange(0, 12).Draw(t, "tasks")
	names := rapid.Permutation(func() []string {
		var names []string
		for i := range n {
			names = append(names, fmt.Sprintf("t%d", i))
		}
		return names
	}()).Draw(t, "names")
	var tasks []*Task
	for i, name := range names {
		var list []string
		for j, other := range names {
			if (cyclic && i != j || j < i) && rapid.IntRange(0, 3).Draw(t, "edge") == 0 {
				list = append(list, other)
			}
		}
		tasks = append(tasks, task(name, list))
	}
	// The plan's order is not the order of the edges.
	return planOf(rapid.Permutation(tasks).Draw(t, "order")...)
}

func TestOrderIsAnOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := randomPlan(t, false)
		s := Order(p)
		place := map[string]int{}
		for i, at := range s.Topo {
			place[p.Tasks[at].ID] = i
		}
		require.Len(t, place, len(p.Tasks))
		for _, task := range p.Tasks {
			for _, need := range task.Needs {
				require.Less(t, place[need], place[task.ID])
				require.Less(t, s.Level[p.Task(need).Index], s.Level[task.Index])
			}
		}
		_, err := graph.TopologicalSort(p.Graph())
		require.NoError(t, err, "the library agrees that there is no cycle")
	})
}

func TestReductionAgreesWithTheLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := randomPlan(t, false)
		reduced, err := graph.TransitiveReduction(p.Graph())
		require.NoError(t, err)
		want := map[string]bool{}
		edges, err := reduced.Edges()
		require.NoError(t, err)
		for _, e := range edges {
			want[e.Source+" "+e.Target] = true
		}
		got := map[string]bool{}
		for at, list := range Order(p).Reduced() {
			for _, need := range list {
				got[p.Tasks[need].ID+" "+p.Tasks[at].ID] = true
			}
		}
		require.Equal(t, want, got)
	})
}

func TestReductionOfALongPlanGoesBlockByBlock(t *testing.T) {
	// More tasks than one block holds: each needs the one before and, without need, others far before.
	var tasks []*Task
	for i := range 5000 {
		var list []string
		for _, back := range []int{1, 2, 100, 3000} {
			if i >= back {
				list = append(list, fmt.Sprint(i-back))
			}
		}
		tasks = append(tasks, task(fmt.Sprint(i), list))
	}
	for i, list := range Order(planOf(tasks...)).Reduced() {
		if i > 0 {
			require.Equal(t, []int{i - 1}, list)
		}
	}
}

func TestTailIsTheLongestWay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := randomPlan(t, false)
		durations := map[string]time.Duration{}
		for _, task := range p.Tasks {
			durations[task.ID] = time.Duration(rapid.IntRange(1, 50).Draw(t, "took")) * time.Millisecond
		}
		s := Order(p)
		w := s.Weights(durations)
		tail := s.Tail(w)
		var longest func(int) int64
		longest = func(at int) int64 {
			var rest int64
			for _, d := range s.Dependants[at] {
				rest = max(rest, longest(d))
			}
			return w.Task[at] + rest
		}
		path := s.CriticalPath(w)
		var whole, sum int64
		for at := range p.Tasks {
			require.Equal(t, longest(at), tail[at])
			whole = max(whole, tail[at])
		}
		for i, at := range path.Tasks {
			sum += w.Task[at]
			if i > 0 {
				require.Contains(t, s.Needs[at], path.Tasks[i-1])
			}
		}
		require.Equal(t, whole, sum)
		require.Equal(t, time.Duration(whole)*time.Millisecond, path.Length)
	})
}

func TestCyclesAreTheStronglyConnectedComponents(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := randomPlan(t, true)
		components, err := graph.StronglyConnectedComponents(p.Graph())
		require.NoError(t, err)
		in := map[string]int{}
		knots := map[int]bool{}
		for i, members := range components {
			for _, id := range members {
				in[id] = i
			}
			if len(members) > 1 {
				knots[i] = true
			}
		}
		seen := map[string]bool{}
		for _, cycle := range p.Cycles() {
			require.GreaterOrEqual(t, len(cycle), 2)
			for i, id := range cycle {
				require.False(t, seen[id], "%s is in two circles", id)
				seen[id] = true
				require.Contains(t, p.Task(id).Needs, cycle[(i+1)%len(cycle)])
				require.Equal(t, in[cycle[0]], in[id], "a circle stays in its component")
				require.GreaterOrEqual(t, p.Task(id).Index, p.Task(cycle[0]).Index)
			}
			delete(knots, in[cycle[0]])
		}
		require.Empty(t, knots, "every component with more than one task has a circle")
	})
}

func TestPathIsAsShortAsTheLibrarys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := randomPlan(t, true)
		if len(p.Tasks) == 0 {
			return
		}
		from := rapid.SampledFrom(p.Tasks).Draw(t, "from").ID
		to := rapid.SampledFrom(p.Tasks).Draw(t, "to").ID
		if from == to {
			require.Equal(t, []string{from}, p.Path(from, to))
			return
		}
		got := p.Path(from, to)
		want, err := graph.ShortestPath(p.Graph(), from, to)
		if err != nil {
			require.ErrorIs(t, err, graph.ErrTargetNotReachable)
			require.Empty(t, got)
			return
		}
		require.Len(t, got, len(want))
		require.Equal(t, []string{from, to}, []string{got[0], got[len(got)-1]})
		for i := range got[1:] {
			require.Contains(t, p.Task(got[i+1]).Needs, got[i])
		}
	})
}

func TestPathOfUnknownTasksIsNone(t *testing.T) {
	p := planOf(task("a", nil))
	assert.Nil(t, p.Path("a", "ghost"))
	assert.Nil(t, p.Path("ghost", "a"))
}

func TestGraphHoldsEachTaskAndEdgeOnce(t *testing.T) {
	p := planOf(task("a", needs("a", "ghost")), task("b", needs("a", "a")), task("a", needs("b")))
	g := p.Graph()
	order, err := g.Order()
	require.NoError(t, err)
	size, err := g.Size()
	require.NoError(t, err)
	assert.Equal(t, 2, order)
	assert.Equal(t, 2, size)
}

// layered makes a plan of layers in which every task needs all tasks of the layer before.
func layered(layers, width int) *Plan {
	var tasks []*Task
	var before []string
	for l := range layers {
		var layer []string
		for i := range width {
			id := fmt.Sprintf("l%d-%d", l, i)
			tasks = append(tasks, task(id, before))
			layer = append(layer, id)
		}
		before = layer
	}
	return planOf(tasks...)
}

func TestOrderOfADenseGraphIsQuick(t *testing.T) {
	p := layered(26, 64) // 102,400 edges and more ways through than can be counted
	began := time.Now()
	s := Order(p)
	w := s.Weights(nil)
	path := s.CriticalPath(w)
	cycles := p.Cycles()
	reduced := s.Reduced()
	took := time.Since(began)
	assert.Len(t, path.Tasks, 26)
	assert.Empty(t, cycles)
	assert.Len(t, reduced[len(reduced)-1], 64)
	assert.Less(t, took, soon)
	t.Log("ordered, measured and reduced in", took)
}

func TestOrderOfALongChainDoesNotRecurse(t *testing.T) {
	var tasks []*Task
	for i := range 100_000 {
		list := needs(fmt.Sprint(i + 1))
		if i == 99_999 {
			list = nil
		}
		tasks = append(tasks, task(fmt.Sprint(i), list))
	}
	p := planOf(tasks...)
	s := Order(p)
	assert.Equal(t, 99_999, s.Topo[0])
	assert.Equal(t, 100_000, s.Level[0])
	assert.Len(t, s.CriticalPath(s.Weights(nil)).Tasks, 100_000)
}

func BenchmarkOrder(b *testing.B) {
	var tasks []*Task
	for i := range 10_000 {
		var list []string
		if i > 1 {
			list = needs(fmt.Sprint(i-1), fmt.Sprint(i-2))
		}
		tasks = append(tasks, task(fmt.Sprint(i), list))
	}
	p := planOf(tasks...)
	for b.Loop() {
		s := Order(p)
		s.Tail(s.Weights(nil))
	}
}
