package control_test

import (
	"flag"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/internal/control"
)

var update = flag.Bool("update", false, "write the tables of docs/design anew")

// workflow is the graph of a real workflow: a plan, and a file of how long its tasks take.
type workflow struct {
	name, plan string
	durations  []byte
	ids        []string
	took       map[string]time.Duration
}

// family is what the workflow computes: the beginning of its name.
func (w workflow) family() string {
	name, _, _ := strings.Cut(strings.TrimPrefix(w.name, "SYNTHETIC-"), "-")
	return name
}

// workflows reads the WfCommons graphs: lines of a task, its seconds and its parents.
func workflows(t *testing.T) []workflow {
	files, err := filepath.Glob("../../../shared/corpus/wfinstances/*.tsv")
	require.NoError(t, err)
	if len(files) == 0 {
		t.Skip("no workflows in ../shared/corpus/wfinstances")
	}
	var out []workflow
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		w := workflow{name: strings.TrimSuffix(filepath.Base(file), ".tsv"), durations: data, took: map[string]time.Duration{}}
		var b strings.Builder
		b.WriteString("tasks:\n")
		for i, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
			if i == 0 {
				continue
			}
			cells := strings.Split(line, "\t")
			fmt.Fprintf(&b, "  - id: %q\n    run: \"true\"\n", cells[0])
			if len(cells) > 2 && cells[2] != "" {
				fmt.Fprintf(&b, "    depends_on: [\"%s\"]\n", strings.Join(strings.Fields(cells[2]), `", "`))
			}
			w.ids = append(w.ids, cells[0])
			w.took[cells[0]], err = time.ParseDuration(cells[1] + "s")
			require.NoError(t, err, "%s:%d", file, i+1)
		}
		w.plan = b.String()
		out = append(out, w)
	}
	return out
}

// rules are the columns of the table, slots its parts.
var (
	rules = [4]string{"critical path first", "the same, durations off by half", "first come", "strict waves"}
	slots = [3]int{4, 16, 64}
)

// ratios are makespans over the lower bound, by slots and rule.
type ratios [len(slots)][len(rules)]float64

// ratios simulates a workflow by each rule. The durations that are off are between half and one and a half times the
// right ones.
func (w workflow) ratios(t *testing.T, seed uint64) (out ratios) {
	s := untouched(t, w.plan)
	file := filepath.Join(t.TempDir(), "took.tsv")
	require.NoError(t, os.WriteFile(file, w.durations, 0o644))
	rnd := rand.New(rand.NewPCG(seed, 50))
	off := map[string]time.Duration{}
	for _, id := range w.ids {
		off[id] = time.Duration(float64(w.took[id]) * (0.5 + rnd.Float64()))
	}
	for rule, by := range [len(rules)]control.SimulateRequest{{Orders: []control.Order{control.CriticalPath}},
		{Orders: []control.Order{control.CriticalPath}, Known: off}, {Orders: []control.Order{control.FirstCome}},
		{Orders: []control.Order{control.Waves}}} {
		by.Slots, by.Durations = slots[:], file
		resp, err := s.Simulate(t.Context(), by)
		require.NoError(t, err)
		require.Equal(t, control.DurationSources{Given: len(w.ids)}, resp.Durations)
		for k, sim := range resp.Simulations {
			out[k][rule] = sim.Ratio
		}
	}
	return out
}

// mean is the geometric mean of several ratios.
func mean(of []ratios) (out ratios) {
	for k := range slots {
		for rule := range rules {
			var sum float64
			for _, r := range of {
				sum += math.Log(r[k][rule])
			}
			out[k][rule] = math.Exp(sum / float64(len(of)))
		}
	}
	return out
}

// overSlots is the geometric mean of a rule over all numbers of slots.
func (r ratios) overSlots(rule int) float64 {
	product := 1.0
	for k := range slots {
		product *= r[k][rule]
	}
	return math.Pow(product, 1/float64(len(slots)))
}

// TestRealWorkflowsTakeLittleLongerThanTheyMust simulates the graphs of WfCommons. By durations learnt from runs, also
// by ones that are off by up to half, they take on average at most a tenth longer than the lower bound, and no family of
// them takes longer than first come, first served. The table is in docs/design; -update writes it anew.
func TestRealWorkflowsTakeLittleLongerThanTheyMust(t *testing.T) {
	families := map[string][]ratios{}
	var all []ratios
	for i, w := range workflows(t) {
		r := w.ratios(t, uint64(i))
		families[w.family()] = append(families[w.family()], r)
		all = append(all, r)
	}
	for k := range slots {
		for rule := range 2 {
			assert.LessOrEqual(t, mean(all)[k][rule], 1.1, "%s, %d slots", rules[rule], slots[k])
		}
	}
	for name, of := range families {
		r := mean(of)
		assert.LessOrEqual(t, r.overSlots(0), r.overSlots(2), "%s: critical path first takes no longer than first come", name)
		for k := range slots {
			assert.LessOrEqual(t, r[k][0], r[k][2]*1.001, "%s with %d slots", name, slots[k])
		}
	}
	isTable(t, "../../docs/design/0014-the-critical-path-first.md", tables(families, all))
}

// tables are the ratios in Markdown, a table for each number of slots.
func tables(families map[string][]ratios, all []ratios) string {
	var b strings.Builder
	row := func(name string, of []ratios, k int) {
		fmt.Fprintf(&b, "| %s | %d |", name, len(of))
		for _, x := range mean(of)[k] {
			fmt.Fprintf(&b, " %.3f |", x)
		}
		b.WriteString("\n")
	}
	for k, n := range slots {
		fmt.Fprintf(&b, "\n| %d slots | graphs | %s |\n| --- | ---: |%s\n", n, strings.Join(rules[:], " | "), strings.Repeat(" ---: |", len(rules)))
		for _, name := range slices.Sorted(maps.Keys(families)) {
			row(name, families[name], k)
		}
		row("**all**", all, k)
	}
	return b.String() + "\n"
}

// isTable holds what stands between two marks of a page against what it should be.
func isTable(t *testing.T, page, want string) {
	const from, to = "<!-- measured -->\n", "<!-- /measured -->\n"
	data, err := os.ReadFile(page)
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(data), from)
	require.True(t, ok, page)
	got, after, ok := strings.Cut(rest, to)
	require.True(t, ok, page)
	if *update {
		require.NoError(t, os.WriteFile(page, []byte(before+from+want+to+after), 0o644))
		return
	}
	assert.Equal(t, want, got, "%s is stale: run this test with -update", page)
}
