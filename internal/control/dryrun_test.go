package control_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"billow/engine"
	"billow/internal/control"
	"billow/internal/store"
	"billow/internal/store/mem"
)

// untouched is a service that may neither drive nor reach anybody, in a folder with a plan.
func untouched(t *testing.T, plan string) *control.Service {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "billow.yaml"), nil, 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "plan.yaml"), []byte(plan), 0o644))
	log := keptOpen{mem.New()}
	return &control.Service{Dir: dir, User: "ada", Now: func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) },
		OpenStore: func(_ string, create bool) (store.Log, error) {
			if !create {
				return nil, store.ErrNotFound
			}
			return log, nil
		},
		Drive: func(context.Context, control.Drive) (control.Driven, error) {
			t.Error("nothing is to be driven")
			return control.Driven{}, nil
		},
	}
}

// keptOpen can be looked at after a verb has closed it.
type keptOpen struct{ *mem.Log }

func (keptOpen) Close() error { return nil }

func dryRun(t *testing.T, plan string, r control.RunRequest) *control.DryRunResponse {
	t.Helper()
	s := untouched(t, plan)
	resp, err := s.DryRun(t.Context(), r)
	require.NoError(t, err)
	data, err := os.ReadFile(filepath.Join(s.Dir, "plan.yaml"))
	require.NoError(t, err)
	assert.Equal(t, plan, string(data))
	entries, err := os.ReadDir(s.Dir)
	require.NoError(t, err)
	assert.Len(t, entries, 2, "nothing was made")
	return resp
}

// order is the steps as `start+takes #slot task`.
func order(r *control.DryRunResponse) []string {
	var out []string
	for _, s := range r.Steps {
		out = append(out, fmt.Sprintf("%d+%d #%d %s", s.StartsMS, s.TakesMS, s.Slot, s.Task))
	}
	return out
}

func TestADryRunTellsWhatWouldStartWhen(t *testing.T) {
	r := dryRun(t, `
tasks:
  - {id: a, run: "true", estimate: 2s}
  - {id: b, run: "true", estimate: 3s}
  - {id: c, run: "true", estimate: 4s, depends_on: [a]}
  - {id: d, run: "true", depends_on: [a, b]}
`, control.RunRequest{Jobs: 2})
	assert.Equal(t, []string{"0+2000 #1 a", "0+3000 #2 b", "2000+4000 #1 c", "3000+3000 #2 d"}, order(r))
	assert.True(t, r.Timed)
	assert.EqualValues(t, 6000, r.TakesMS)
	assert.Equal(t, engine.OutcomeCompleted, r.Outcome)
	assert.Empty(t, r.Left)
}

func TestADryRunGoesThroughWavesApprovalsConditionsAndItems(t *testing.T) {
	r := dryRun(t, `
tasks:
  - {id: ask, wave: 1, run: "true", requires_approval: true, approval_reason: it costs money}
  - {id: never, wave: 1, run: "true", when: 'platform.os == "plan9"'}
  - {id: maybe, wave: 1, run: "true", when: 'tasks.ask.outputs.go == "yes"', depends_on: [ask]}
  - {id: rescue, wave: 2, run: "true", when: failed(), depends_on: [ask]}
  - {id: each, wave: 2, run: "true", foreach: [x, y]}
  - {id: found, wave: 3, run: "true", foreach: 'split(tasks.ask.outputs.list, ",")', depends_on: [ask], accept: [test -e found]}
`, control.RunRequest{})
	require.Equal(t, []string{"ask", "maybe", "each/1", "each/2", "found"}, tasksOf(r))
	assert.Equal(t, "it costs money", r.Steps[0].Approval)
	assert.Equal(t, `tasks.ask.outputs.go == "yes"`, r.Steps[1].When)
	assert.True(t, r.Steps[4].Items)
	assert.Equal(t, []string{"test -e found"}, r.Steps[4].Accept)
	assert.True(t, r.Waves)
	assert.Equal(t, engine.OutcomeCompleted, r.Outcome)
}

func tasksOf(r *control.DryRunResponse) []string {
	var out []string
	for _, s := range r.Steps {
		out = append(out, s.Task)
	}
	return out
}

func TestADryRunLeavesWhatIsDoneAndSaysWhatCannotRun(t *testing.T) {
	plan := `
tasks:
  - {id: a, run: "true", status: completed}
  - {id: b, run: "true", status: failed}
  - {id: c, run: "true", depends_on: [a]}
  - {id: d, run: "true", depends_on: [b]}
`
	r := dryRun(t, plan, control.RunRequest{})
	assert.Equal(t, []string{"c"}, tasksOf(r))
	assert.Equal(t, engine.OutcomeFailed, r.Outcome)
	require.Len(t, r.Left, 2)
	assert.Equal(t, "it needs b, which failed", r.Left[1].Why)

	assert.Equal(t, []string{"a", "b", "c", "d"}, tasksOf(dryRun(t, plan, control.RunRequest{Fresh: true, Jobs: 1})))
	assert.Equal(t, []string{"a", "c"}, tasksOf(dryRun(t, plan, control.RunRequest{From: []string{"a"}})))
	assert.Empty(t, tasksOf(dryRun(t, plan, control.RunRequest{Only: []string{"a"}})))
}

func TestADryRunTakesAnApprovalThatIsAskedForAsGiven(t *testing.T) {
	r := dryRun(t, `
tasks:
  - {id: a, run: "true", status: blocked, requires_approval: true, approval_state: pending, blocked_reason: it is dear}
  - {id: b, run: "true", status: blocked, requires_approval: true, approval_state: denied}
`, control.RunRequest{})
	require.Equal(t, []string{"a"}, tasksOf(r))
	assert.Equal(t, "it is dear", r.Steps[0].Approval)
	assert.Equal(t, engine.OutcomeBlocked, r.Outcome)
}

func TestADryRunOfABadPlanIsRefused(t *testing.T) {
	_, err := untouched(t, "tasks: [{id: a, run: x, depends_on: [b]}]").DryRun(t.Context(), control.RunRequest{})
	var problems *control.ProblemsError
	require.ErrorAs(t, err, &problems)
	_, err = untouched(t, "tasks: [{id: a, run: x}]").DryRun(t.Context(), control.RunRequest{Only: []string{"b"}})
	require.ErrorIs(t, err, control.ErrUsage)
}

func TestADryRunKeepsLimitsAndOrderAndEnds(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 15).Draw(rt, "tasks")
		jobs := rapid.IntRange(1, 4).Draw(rt, "jobs")
		needs := map[string][]string{}
		var b strings.Builder
		b.WriteString("tasks:\n")
		for i := range n {
			id := fmt.Sprint("t", i)
			for k := range i {
				if rapid.IntRange(0, 3).Draw(rt, "needs") == 0 {
					needs[id] = append(needs[id], fmt.Sprint("t", k))
				}
			}
			fmt.Fprintf(&b, "  - {id: %s, run: x, estimate: %ds, depends_on: [%s], requires_approval: %t}\n", id,
				rapid.IntRange(1, 5).Draw(rt, "takes"), strings.Join(needs[id], ", "), rapid.Bool().Draw(rt, "approval"))
		}
		r := dryRun(t, b.String(), control.RunRequest{Jobs: jobs})
		if len(r.Steps) != n || r.Outcome != engine.OutcomeCompleted {
			rt.Fatalf("%d of %d tasks, %s", len(r.Steps), n, r.Outcome)
		}
		ends := map[string]int64{}
		for _, s := range r.Steps {
			ends[s.Task] = s.StartsMS + s.TakesMS
			beside := 0
			for _, other := range r.Steps {
				if other.StartsMS <= s.StartsMS && s.StartsMS < other.StartsMS+other.TakesMS {
					beside++
				}
			}
			if beside > jobs || s.Slot > jobs {
				rt.Fatalf("%d at once in slot %d, at most %d", beside, s.Slot, jobs)
			}
		}
		for _, s := range r.Steps {
			for _, need := range needs[s.Task] {
				if s.StartsMS < ends[need] {
					rt.Fatalf("%s starts before %s has ended", s.Task, need)
				}
			}
		}
	})
}

func TestARunThatCouldStartNothingIsNotBegun(t *testing.T) {
	for name, c := range map[string]struct {
		plan, outcome string
		left          int
		r             control.RunRequest
	}{
		"failed":  {"tasks: [{id: a, run: x, status: failed}, {id: b, run: x, depends_on: [a]}]", engine.OutcomeFailed, 2, control.RunRequest{}},
		"blocked": {"tasks: [{id: a, run: x, status: blocked}, {id: b, run: x, depends_on: [a]}]", engine.OutcomeBlocked, 2, control.RunRequest{}},
		"done":    {"tasks: [{id: a, run: x, status: completed}]", engine.OutcomeCompleted, 0, control.RunRequest{}},
		"chosen":  {"tasks: [{id: a, run: x, status: completed}, {id: b, run: x}]", engine.OutcomeCompleted, 1, control.RunRequest{Only: []string{"a"}}},
	} {
		t.Run(name, func(t *testing.T) {
			s := untouched(t, c.plan)
			resp, err := s.Run(t.Context(), c.r)
			require.NoError(t, err)
			assert.True(t, resp.Nothing)
			assert.Equal(t, c.outcome, resp.Outcome)
			assert.Len(t, resp.Left, c.left)
			kept, err := s.OpenStore("", true)
			require.NoError(t, err)
			runs, err := kept.Runs(t.Context(), "", 0)
			require.NoError(t, err)
			assert.Empty(t, runs)
		})
	}
}

func TestARunThatCanStartSomethingIsBegun(t *testing.T) {
	for name, c := range map[string]struct {
		plan string
		r    control.RunRequest
	}{
		"waiting":      {"tasks: [{id: a, run: x}]", control.RunRequest{}},
		"beside":       {"tasks: [{id: a, run: x, status: failed}, {id: b, run: x}]", control.RunRequest{}},
		"to be asked":  {"tasks: [{id: a, run: x, requires_approval: true}, {id: b, run: x, status: failed}]", control.RunRequest{}},
		"fresh":        {"tasks: [{id: a, run: x, status: failed}]", control.RunRequest{Fresh: true}},
		"again":        {"tasks: [{id: a, run: x, status: completed}]", control.RunRequest{From: []string{"a"}}},
		"head is late": {"status: pending\ntasks: [{id: a, run: x, status: completed}]", control.RunRequest{}},
	} {
		t.Run(name, func(t *testing.T) {
			s := untouched(t, c.plan)
			driven := false
			s.Drive = func(context.Context, control.Drive) (control.Driven, error) {
				driven = true
				return control.Driven{Outcome: engine.OutcomeInterrupted}, nil
			}
			resp, err := s.Run(t.Context(), c.r)
			require.NoError(t, err)
			assert.False(t, resp.Nothing)
			assert.True(t, driven)
		})
	}
}
