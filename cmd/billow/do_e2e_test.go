package main_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// An objective whose billow is killed at any moment goes on where it was: no agent that has ended is asked again, and what
// comes out is the same.
func TestAKilledObjectiveGoesOn(t *testing.T) {
	make := func() *project {
		p := newProject(t, shipping)
		p.write("billow.yaml", "agents: {gem-*: {adapter: command, command: [sh, agent.sh]}}\n")
		p.write("agent.sh", `brief=$(cat)
sleep 0.05
case "$brief" in
  *'id: plan-1'*) echo '{"status": "completed", "plan": "tasks:\\n  - id: a\\n"}' ;;
  *'id: plan-2'*) echo '{"status": "completed", "plan": "plan_id: x\\ntasks:\\n  - {id: a, agent: gem-implementer}\\n  - {id: b, agent: gem-implementer, depends_on: [a]}\\n"}' ;;
  *) echo '{"status": "completed"}' ;;
esac
`)
		return p
	}
	stages := func(p *project) []string {
		found, err := filepath.Glob(filepath.Join(p.dir, ".billow", "do", "x", "*.yaml"))
		require.NoError(t, err)
		for i := range found {
			found[i] = filepath.Base(found[i])
		}
		return found
	}
	calm := make()
	out, status := calm.billow("do", "--plan-id", "x", "--new", "Add a new export module")
	require.Zero(t, status, out)

	p := make()
	rnd := rand.New(rand.NewPCG(3, 4))
	begun := false
	p.killed(rnd, 60, 20, 200, func() []string {
		if _, err := os.Stat(filepath.Join(p.dir, ".billow", "do", "x", "state.json")); err == nil {
			begun = true
			return []string{"do", "--plan-id", "x"}
		}
		return []string{"do", "--plan-id", "x", "--new", "Add a new export module"}
	})
	require.True(t, begun)
	out, status = p.billow("do", "--plan-id", "x")
	require.Zero(t, status, out)
	require.Equal(t, calm.read("docs/plan/x/plan.yaml"), p.read("docs/plan/x/plan.yaml"))
	require.Equal(t, stages(calm), stages(p))
}
