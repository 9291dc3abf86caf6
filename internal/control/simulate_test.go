package control_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/engine"
	"billow/internal/control"
	"billow/internal/store"
	"billow/internal/store/mem"
)

func simulate(t *testing.T, plan string, r control.SimulateRequest) *control.SimulateResponse {
	t.Helper()
	resp, err := untouched(t, plan).Simulate(t.Context(), r)
	require.NoError(t, err)
	return resp
}

// short is what matters of simulations.
type short struct {
	Order           control.Order
	Slots           int
	Makespan, Bound int64
}

func shorts(r *control.SimulateResponse) []short {
	var out []short
	for _, s := range r.Simulations {
		out = append(out, short{s.Order, s.Slots, s.MakespanMS, s.LowerBoundMS})
	}
	return out
}

// A chain that is listed last, beside wide work.
const chainLast = `
tasks:
  - {id: a, run: "true", estimate: 2s}
  - {id: b, run: "true", estimate: 2s}
  - {id: c, run: "true", estimate: 2s}
  - {id: d, run: "true", estimate: 1s}
  - {id: e, run: "true", estimate: 5s, depends_on: [d]}
`

func TestASimulationSaysWhenEachTaskRunsAndHowGoodThatIs(t *testing.T) {
	r := simulate(t, chainLast, control.SimulateRequest{Slots: []int{2}, Orders: []control.Order{control.CriticalPath}, Timeline: true})
	assert.Equal(t, &control.SimulateResponse{
		Plan: "plan.yaml", PlanID: r.PlanID, Tasks: 5, Durations: control.DurationSources{Estimated: 5},
		WorkMS: 12_000, CriticalPath: []string{"d", "e"}, CriticalPathMS: 6000,
		Simulations: []control.Simulation{{
			Order: control.CriticalPath, AsRun: true, Slots: 2,
			Limits:     engine.Limits{All: 2, Run: 2, Agents: 2, PerAgent: map[string]int{}, QuotaWait: time.Hour},
			MakespanMS: 6000, LowerBoundMS: 6000, Ratio: 1,
			Timeline: []control.SimulatedTask{
				{Task: "d", Slot: 1, EndsMS: 1000, Critical: true},
				{Task: "a", Slot: 2, EndsMS: 2000},
				{Task: "e", Slot: 1, StartsMS: 1000, EndsMS: 6000, Critical: true},
				{Task: "b", Slot: 2, StartsMS: 2000, EndsMS: 4000},
				{Task: "c", Slot: 2, StartsMS: 4000, EndsMS: 6000},
			},
		}},
	}, r)
}

func TestOrdersAndSlotsAreCompared(t *testing.T) {
	r := simulate(t, chainLast, control.SimulateRequest{Slots: []int{1, 2}})
	assert.Equal(t, []short{
		{control.CriticalPath, 1, 12_000, 12_000}, {control.CriticalPath, 2, 6000, 6000},
		{control.FirstCome, 1, 12_000, 12_000}, {control.FirstCome, 2, 8000, 6000},
		{control.Waves, 1, 12_000, 12_000}, {control.Waves, 2, 9000, 6000},
	}, shorts(r))
	assert.True(t, r.Levels)
	assert.InDelta(t, 25, r.Simulations[3].IdlePercent, 0.001)
}

func TestAPlansOwnWavesAreBarriersInOneOrderAlone(t *testing.T) {
	const waves = `
tasks:
  - {id: a, wave: 1, run: "true", estimate: 1s}
  - {id: b, wave: 1, run: "true", estimate: 3s}
  - {id: c, wave: 2, run: "true", estimate: 3s, depends_on: [a]}
`
	for mode, order := range map[string]control.Order{"": control.Waves, "waves: soft": control.CriticalPath} {
		r := simulate(t, mode+waves, control.SimulateRequest{Slots: []int{2}})
		assert.Equal(t, []short{{control.CriticalPath, 2, 4000, 4000}, {control.FirstCome, 2, 4000, 4000}, {control.Waves, 2, 6000, 4000}}, shorts(r))
		assert.False(t, r.Levels)
		for _, s := range r.Simulations {
			assert.Equal(t, s.Order == order, s.AsRun, "%s: %s", mode, s.Order)
		}
	}
}

func TestWavesThatAreTheOnlyOrderStayBarriers(t *testing.T) {
	r := simulate(t, `
tasks:
  - {id: a, wave: 1, run: "true", estimate: 1s}
  - {id: b, wave: 1, run: "true", estimate: 3s}
  - {id: c, wave: 2, run: "true", estimate: 3s}
`, control.SimulateRequest{Slots: []int{3}})
	assert.True(t, r.OnlyWaves)
	assert.Equal(t, []short{{control.CriticalPath, 3, 6000, 3000}, {control.FirstCome, 3, 6000, 3000}, {control.Waves, 3, 6000, 3000}}, shorts(r))
}

func TestPeopleTakeNoSlotsAndItemsTheirOwn(t *testing.T) {
	s := untouched(t, `
tasks:
  - {id: ask, agent: somebody, estimate: 10s}
  - {id: each, run: "true", foreach: [x, y, z], estimate: 2s}
  - {id: never, run: "true", when: 'platform.os == "plan9"'}
  - {id: rest, run: "true", depends_on: [ask]}
`)
	require.NoError(t, os.WriteFile(filepath.Join(s.Dir, "billow.yaml"), []byte("agents: {somebody: {adapter: human}}\n"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(s.Dir, "took.yaml"), []byte("each/2: 4\n"), 0o644))
	r, err := s.Simulate(t.Context(), control.SimulateRequest{Slots: []int{1}, Durations: "took.yaml", Default: time.Second,
		Orders: []control.Order{control.CriticalPath}})
	require.NoError(t, err)
	assert.Equal(t, 5, r.Tasks)
	assert.Equal(t, 1, r.Skipped)
	assert.EqualValues(t, 2000+4000+2000+1000, r.WorkMS)
	assert.Equal(t, []string{"ask", "rest"}, r.CriticalPath)
	assert.Equal(t, []short{{control.CriticalPath, 1, 11_000, 11_000}}, shorts(r))
	assert.Equal(t, control.DurationSources{Estimated: 2, Unknown: 2, UnknownMS: 1000}, r.Durations)
}

func TestDurationsAreGivenThenLearntThenEstimated(t *testing.T) {
	s := untouched(t, `
tasks:
  - {id: a, run: "true", estimate: 1s}
  - {id: b, run: "true", estimate: 1s}
  - {id: c, run: "true", estimate: 1s}
  - {id: d, run: "true", status: completed}
`)
	log := keptOpen{mem.New()}
	s.OpenStore = func(string, bool) (store.Log, error) { return log, nil }
	require.NoError(t, log.PutDurations(t.Context(), "plan.yaml", map[string]time.Duration{"a": 2 * time.Second, "b": 5 * time.Second}))
	var notices []string
	s.Notice = func(n control.Notice) { notices = append(notices, n.Text) }
	for name, text := range map[string]string{
		"took.yaml": "a: 3s\nsomebody: 1\n",
		"took.json": `{"a": 3, "somebody": 1}`,
		"took.tsv":  "task\tseconds\na\t3\nsomebody\t1\tx y\n",
		"took.csv":  "a,3000ms\nsomebody,1\n",
	} {
		notices = nil
		require.NoError(t, os.WriteFile(filepath.Join(s.Dir, name), []byte(text), 0o644))
		r, err := s.Simulate(t.Context(), control.SimulateRequest{Slots: []int{1}, Durations: name, Orders: []control.Order{control.FirstCome}})
		require.NoError(t, err)
		assert.Equal(t, control.DurationSources{Given: 1, Learnt: 1, Estimated: 1, Unknown: 1, UnknownMS: 3000, Mean: true}, r.Durations, name)
		assert.EqualValues(t, 3000+5000+1000+3000, r.WorkMS)
		assert.Equal(t, []string{name + ": plan.yaml has no task somebody"}, notices)
	}
}

func TestDurationsThatAreNoneAreRefusedWithTheirPlace(t *testing.T) {
	s := untouched(t, chainLast)
	for name, test := range map[string]struct{ text, want string }{
		"list.yaml":    {"- a\n", "list.yaml:1:1: "},
		"soon.yaml":    {"a: 1s\nb: soon\n", `soon.yaml:2:4: b: "soon" is no duration`},
		"deep.json":    {`{"a": [1]}`, "deep.json:1:7: a: a duration is a number of seconds"},
		"less.csv":     {"id,seconds\na,1\nb,-1\n", `less.csv:3: b: "-1" is less than nothing`},
		"one.tsv":      {"a\t1\nb\n", "one.tsv:2: a line is an id and a duration"},
		"torn.csv":     {"a,1\n\"b,1\n", "torn.csv: "},
		"nothing.yaml": {"", "nothing.yaml:"},
	} {
		require.NoError(t, os.WriteFile(filepath.Join(s.Dir, name), []byte(test.text), 0o644))
		_, err := s.Simulate(t.Context(), control.SimulateRequest{Durations: name})
		require.ErrorIs(t, err, control.ErrUsage, name)
		assert.ErrorContains(t, err, test.want, name)
	}
	require.NoError(t, os.WriteFile(filepath.Join(s.Dir, "ages.yaml"), []byte("a: 80000d\nb: 80000d\n"), 0o644))
	_, err := s.Simulate(t.Context(), control.SimulateRequest{Durations: "ages.yaml"})
	require.ErrorIs(t, err, control.ErrUsage)
	require.ErrorContains(t, err, "a hundred years")
	_, err = s.Simulate(t.Context(), control.SimulateRequest{Durations: "none.csv"})
	require.ErrorIs(t, err, os.ErrNotExist)
}

// What nobody needs to wait for is what a run would do: the dry run of the same plan says the same.
func TestADryRunAndASimulationAgree(t *testing.T) {
	dry := dryRun(t, chainLast, control.RunRequest{Jobs: 2})
	sim := simulate(t, chainLast, control.SimulateRequest{Slots: []int{2}, Timeline: true}).Simulations[0]
	require.Equal(t, dry.TakesMS, sim.MakespanMS)
	for i, step := range dry.Steps {
		assert.Equal(t, control.SimulatedTask{Task: step.Task, Slot: step.Slot, StartsMS: step.StartsMS,
			EndsMS: step.StartsMS + step.TakesMS, Critical: sim.Timeline[i].Critical}, sim.Timeline[i])
	}
}
