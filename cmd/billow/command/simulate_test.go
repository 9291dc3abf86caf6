package command

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/agents"
	"billow/engine"
	"billow/failure"
	"billow/internal/control"
	"billow/internal/store"
	"billow/internal/store/mem"
)

// TestARunTakesAsLongAsItsSimulation runs random plans with the driver itself, in the made-up time of a bubble and with
// agents that take exactly as long as the plan says.
func TestARunTakesAsLongAsItsSimulation(t *testing.T) {
	for seed := range uint64(20) {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 13))
			waves := []string{"", "soft", "strict"}[seed%3]
			dir, text := t.TempDir(), layers(rnd, waves)
			require.NoError(t, os.WriteFile(filepath.Join(dir, "billow.yaml"), nil, 0o644))
			require.NoError(t, os.WriteFile(filepath.Join(dir, "plan.yaml"), []byte(text), 0o644))
			order := control.CriticalPath
			if waves == "strict" {
				order = control.Waves
			} else if rnd.IntN(2) == 0 {
				order = control.FirstCome
			}
			synctest.Test(t, func(t *testing.T) {
				s := &control.Service{Dir: dir, User: "ada", Now: time.Now, Drive: drive,
					OpenStore: func(string, bool) (store.Log, error) { return mem.New(), nil },
					Reach:     func(control.ReachRequest) (agents.Agent, error) { return punctual{}, nil }}
				jobs := 1 + rnd.IntN(6)
				resp, err := s.Simulate(t.Context(), control.SimulateRequest{Slots: []int{jobs}, Orders: []control.Order{order}})
				require.NoError(t, err)
				var began, ended time.Time
				run, err := s.Run(t.Context(), control.RunRequest{Jobs: jobs, Order: order, NoWriteBack: true,
					Watch: func(_ *engine.State, events []engine.Event) {
						for _, ev := range events {
							if ev.Type == engine.AttemptStarted && began.IsZero() {
								began = ev.At
							}
							if ev.Type == engine.StepDone {
								ended = ev.At
							}
						}
					}})
				require.NoError(t, err)
				require.Equal(t, engine.OutcomeCompleted, run.Outcome)
				sim := resp.Simulations[0]
				took := ended.Sub(began)
				assert.InEpsilon(t, took.Milliseconds(), sim.MakespanMS, 0.05, "%s, %d at once", order, jobs)
				assert.LessOrEqual(t, sim.LowerBoundMS, took.Milliseconds())
			})
		})
	}
}

// layers is a plan of tasks that need some of the layer before.
func layers(rnd *rand.Rand, waves string) string {
	var b strings.Builder
	if waves != "" {
		fmt.Fprintf(&b, "waves: %s\n", waves)
	}
	b.WriteString("tasks:\n")
	wide := 1 + rnd.IntN(12)
	for layer := range 1 + rnd.IntN(6) {
		for i := range wide {
			fmt.Fprintf(&b, "  - {id: t%d-%d, run: x, estimate: %dms", layer, i, 50+rnd.IntN(250))
			if waves != "" {
				fmt.Fprintf(&b, ", wave: %d", layer+1)
			}
			if layer > 0 {
				fmt.Fprintf(&b, ", depends_on: [t%d-%d, t%d-%d]", layer-1, i, layer-1, rnd.IntN(wide))
			}
			b.WriteString("}\n")
		}
	}
	return b.String()
}

// punctual takes exactly as long as its task is thought to.
type punctual struct{}

func (punctual) Start(a agents.Assignment, tell func(agents.Update)) (agents.Work, error) {
	return &appointment{tell: tell, timer: time.AfterFunc(a.Task.Estimate, func() { tell(agents.Update{Report: &agents.Report{}}) })}, nil
}

type appointment struct {
	tell  func(agents.Update)
	timer *time.Timer
}

func (*appointment) Claim() agents.Claim { return agents.Claim{} }
func (a *appointment) Stop()             { a.Kill() }
func (a *appointment) Kill() {
	if a.timer.Stop() {
		a.tell(agents.Update{Report: &agents.Report{Stopped: true, Failure: &failure.Observation{}}})
	}
}
