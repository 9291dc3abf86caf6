package intake_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"billow/internal/intake"
	"billow/plan"
)

func TestAnObjectiveGrowsByWhatItsTasksShow(t *testing.T) {
	grows := func(now plan.Class, s intake.Shown) string {
		s.Task = "fix"
		var out []string
		for _, r := range intake.Grows(now, s) {
			out = append(out, string(r.Class)+" "+r.Rule+": "+r.Saw)
		}
		return strings.Join(out, "; ")
	}
	for _, c := range []struct {
		now  plan.Class
		s    intake.Shown
		want string
	}{
		{plan.Low, intake.Shown{Why: "it does not compile", Files: []string{"a.go", "b.go"}}, ""},
		{plan.Low, intake.Shown{NeedsReplan: true, Why: "two modules"}, "MEDIUM needs another plan: fix: two modules"},
		{plan.Trivial, intake.Shown{Files: []string{"a.go"}}, ""},
		{plan.Trivial, intake.Shown{Files: []string{"a.go", "b.go"}}, "LOW files touched: fix: it has touched a.go, b.go, and is not done"},
		{plan.Trivial, intake.Shown{Files: []string{"a", "b", "c", "d", "e", "f"}}, "MEDIUM files touched: fix: it has touched a, b, c, d, e, and is not done"},
		{plan.Low, intake.Shown{Complexity: "complex", Files: []string{"a", "b", "c"}},
			"HIGH reported complexity: fix: its agent says that it is HIGH; MEDIUM files touched: fix: it has touched a, b, c, and is not done"},
		{plan.Low, intake.Shown{Complexity: "low"}, ""},
		{plan.Low, intake.Shown{Complexity: "a lot"}, ""},
		{plan.Trivial, intake.Shown{Done: true, Complexity: "HIGH", Files: []string{"a", "b", "c"}}, ""},
		{plan.High, intake.Shown{NeedsReplan: true, Complexity: "HIGH"}, ""},
	} {
		assert.Equal(t, c.want, grows(c.now, c.s), "%+v", c.s)
	}
}
