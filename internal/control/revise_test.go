package control

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/plan"
)

func TestWhatSomebodyHasChangedOfATaskStaysBesideARevision(t *testing.T) {
	value := func(text string) *plan.Value {
		doc, problems := plan.Parse("v", []byte(text), plan.Limits{})
		require.Empty(t, problems)
		return doc.Root
	}
	base := value("{id: a, title: old, needs: [x], timeout: 1m, run: make}")
	revised := value("{id: a, title: old, needs: [y], run: make all, env: {A: 1}}")
	theirs := value("{id: a, title: mine, needs: [x], timeout: 1m, run: make -s, pool: p}")
	assert.Equal(t, plan.ToAny(value("{id: a, title: mine, needs: [y], run: make all, env: {A: 1}, pool: p}")),
		plan.ToAny(onto(theirs, base, revised)), "their own keys stay, and those that the revision has changed are its own")
	assert.Equal(t, plan.ToAny(value("{id: a, title: mine, needs: [x], timeout: 1m, run: make -s, pool: p}")), plan.ToAny(theirs), "what it is made of is not changed")
}

func TestWhatAPlanIsForIsNoPlannersToChange(t *testing.T) {
	read := func(text string) *plan.Plan {
		p := plan.Read("docs/plan/x/plan.yaml", []byte(text+"\ntasks: [{id: a, run: 'true'}]\n"), plan.Options{}).Plan
		require.NotNil(t, p)
		return p
	}
	base := read("plan_id: x\nobjective: this\nbaseline: {scope: [a, b]}\nacceptance_criteria: [one]")
	assert.Empty(t, immutable(base, base))
	assert.Empty(t, immutable(base, read("")), "what it leaves out stays as it is")
	assert.Equal(t, []string{`plan_id is "y" and must stay "x"`, `objective is "that" and must stay "this"`,
		"baseline of the plan is another and must stay as it was", "acceptance_criteria of the plan is another and must stay as it was"},
		immutable(base, read("plan_id: y\nobjective: that\nbaseline: {scope: [a]}\nacceptance_criteria: [two]")))
}
