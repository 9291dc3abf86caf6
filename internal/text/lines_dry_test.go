package text

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"

	"billow/engine"
	"billow/internal/control"
)

func TestADryRunIsListedInItsOrder(t *testing.T) {
	for name, c := range map[string]struct {
		r    control.DryRunResponse
		want string
	}{
		"nothing": {control.DryRunResponse{Plan: "p.yaml", Outcome: engine.OutcomeCompleted, Counts: engine.Counts{Total: 2, Done: 2}},
			"p.yaml: nothing to do, all 2 tasks are completed\n"},
		"stuck": {control.DryRunResponse{Plan: "p.yaml", Outcome: engine.OutcomeFailed, Left: []control.Left{{Task: "a", Why: "it failed"}}},
			"p.yaml: nothing could start\n  not run  a  it failed\n"},
		"waves": {control.DryRunResponse{Plan: "p.yaml", Waves: true, Run: "r1", Counts: engine.Counts{Total: 4, Done: 1}, Limits: engine.Limits{All: 2},
			Steps: []control.DryStep{
				{Task: "a", Wave: 1, Slot: 1, Adapter: "run", Command: "make\nall"},
				{Task: "b", Wave: 2, StartsMS: 1000, Slot: 2, Agent: "gem-reviewer", Adapter: "claude", Title: "Look", Approval: "it costs"},
				{Task: "c", Wave: 2, StartsMS: 1000, Slot: 10, Adapter: "run", Command: "x", When: "vars.x", Items: true, Accept: []string{"t1", "t2"}},
			}},
			`p.yaml: would run 3 tasks, going on with run r1; 1 of 4 are done already; 2 at once; nothing is changed now
wave 1
  step 1  #1  a  make all
wave 2
  step 2  #2   b  gem-reviewer (claude)  Look  (after approval: it costs)
  step 2  #10  c  x  (when vars.x; once for each item, known when it runs; then t1; t2)
`},
		"timed": {control.DryRunResponse{Plan: "p.yaml", Timed: true, TakesMS: 61_000, Limits: engine.Limits{Run: 4, Agents: 2},
			Steps: []control.DryStep{{Task: "a", StartsMS: 60_000, Slot: 1, Command: "x"}}},
			"p.yaml: would run 1 task; 4 commands and 2 agents at once, about 1m01s; nothing is changed now\n  1m00s  #1  a  x\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			DryRun(&b, &c.r, Style{})
			assert.Equal(t, c.want, b.String())
		})
	}
}
