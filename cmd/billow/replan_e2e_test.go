package main_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"billow/engine"
)

// A run whose plan is revised and whose billow is killed at any moment ends as one that was left alone: each revision is
// taken once, whole, and comes into the file, with every byte beside it as it was.
func TestAKilledReplanGoesOn(t *testing.T) {
	const asking = 4
	plan := "# by hand\nplan_id: killed\ntasks:\n"
	for i := range asking {
		plan += fmt.Sprintf("  - id: a%d  # asks\n    agent: gem-implementer\n    status: pending\n", i)
		plan += fmt.Sprintf("  - id: z%d\n    depends_on: [a%d]\n    status: pending\n    run: echo z%d >> trace\n\n", i, i, i)
	}
	make := func() *project {
		p := newProject(t, plan)
		p.write("billow.yaml", "agents:\n  gem-implementer: {command: [sh, implementer.sh]}\n  gem-planner: {command: [sh, planner.sh]}\n")
		p.write("implementer.sh", `sleep 0.02
grep -qx n$BILLOW_TASK_ID trace && echo '{"status": "completed"}' && exit
echo '{"status": "needs_replan", "summary": "something must come first"}'
`)
		p.write("planner.sh", `dir=.billow/runs/$BILLOW_RUN_ID/$BILLOW_TASK_ID/$BILLOW_ATTEMPT
sleep 0.03
sed -e "s/  - id: $BILLOW_TASK_ID .*/&\n    depends_on: [n$BILLOW_TASK_ID]/" $dir/replan.given.yaml > $dir/replan.yaml
printf '  - id: n%s\n    run: echo n%s >> trace\n' $BILLOW_TASK_ID $BILLOW_TASK_ID >> $dir/replan.yaml
echo '{"status": "completed", "summary": "'$BILLOW_TASK_ID'"}'
`)
		return p
	}
	ids := func(text string) map[string]int {
		found := map[string]int{}
		for line := range strings.Lines(text) {
			if id, ok := strings.CutPrefix(strings.TrimSpace(line), "- id: "); ok {
				found[strings.Fields(id)[0]]++
			}
		}
		return found
	}
	calm := make()
	out, status := calm.billow("run", "-j4", "plan.yaml")
	require.Zero(t, status, out)
	require.Len(t, ids(calm.read("plan.yaml")), 3*asking)

	p := make()
	rnd := rand.New(rand.NewPCG(5, 6))
	p.killed(rnd, 40, 10, 120, func() []string { return []string{"run", "-j4", "plan.yaml"} })
	out, status = p.billow("run", "-j4", "plan.yaml")
	require.Zero(t, status, out)

	text := p.read("plan.yaml")
	want := ids(calm.read("plan.yaml"))
	require.Equal(t, want, ids(text), text)
	require.Equal(t, 3*asking, strings.Count(text, "    status: completed"), text)
	require.Equal(t, asking, strings.Count(text, "  # asks\n"), text)
	require.True(t, strings.HasPrefix(text, "# by hand\nplan_id: killed\n"), text)
	added := map[string]bool{}
	for _, ev := range p.history() {
		if ev.Type == engine.PlanRevised {
			for _, spec := range ev.Revision.Added {
				require.False(t, added[spec.ID], "%s is added twice", spec.ID)
				added[spec.ID] = true
			}
			require.Empty(t, ev.Revision.Removed)
		}
		require.NotEqual(t, engine.TaskRemoved, ev.Type, "%s is taken for removed", ev.Task)
	}
	require.Len(t, added, asking)
	out, _ = p.billow("replay", "--check")
	require.Contains(t, out, "sound: ")
}
