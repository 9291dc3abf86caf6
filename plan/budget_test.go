package plan_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/plan"
)

func TestABudgetIsReadAtThePlanAtATaskAndInDefaults(t *testing.T) {
	doc := plan.Read("plan.yaml", []byte(`budget: {tokens: 2M, usd: "$5", time: 1h30m}
defaults: {budget: {usd: 0.5}}
tasks:
  - {id: a, agent: x, budget: {tokens: 1500}}
  - {id: b, agent: x}
  - {id: c, agent: x, budget: }
`), plan.Options{})
	require.Empty(t, doc.Problems)
	assert.Equal(t, plan.Budget{Tokens: 2_000_000, USD: 5, Time: 90 * time.Minute}, doc.Plan.Budget)
	assert.Equal(t, plan.Budget{Tokens: 1500}, doc.Plan.Task("a").Budget)
	assert.Equal(t, plan.Budget{USD: 0.5}, doc.Plan.Task("b").Budget)
	assert.Zero(t, doc.Plan.Task("c").Budget, "said to have none")
}

func withPlace(p plan.Problem) string { return fmt.Sprintf("%d:%d %s", p.Line, p.Column, p.Text) }

func TestABudgetThatIsNotUnderstoodIsAnError(t *testing.T) {
	for text, want := range map[string]string{
		"5":              "1:9 budget must be a mapping of tokens, usd and time, found \"5\"",
		"{usd: much}":    `1:15 usd: "much" is no sum of dollars above 0, such as 5 or 0.50`,
		"{usd: 0}":       `1:15 usd: "0" is no sum of dollars above 0, such as 5 or 0.50`,
		"{usd: -1}":      `1:15 usd: "-1" is no sum of dollars above 0, such as 5 or 0.50`,
		"{tokens: 2G}":   `1:18 tokens: "2G" is no number of tokens above 0, such as 200000, 200k or 2M`,
		"{tokens: [1]}":  "1:18 tokens must be an amount, found a list",
		"{tokens: 9e99}": `1:18 tokens: "9e99" is no number of tokens above 0, such as 200000, 200k or 2M`,
		"{time: 0s}":     "1:16 time: no time at all is no budget",
		"{time: soon}":   `1:16 time: "soon" is no duration`,
	} {
		doc := plan.Read("plan.yaml", []byte("budget: "+text+"\ntasks: [{id: a, run: x}]\n"), plan.Options{})
		require.Len(t, plan.Errors(doc.Problems), 1, text)
		assert.Equal(t, want, withPlace(plan.Errors(doc.Problems)[0]), text)
	}
	doc := plan.Read("plan.yaml", []byte("budget: {dollars: 5}\ntasks: [{id: a, run: x}]\n"), plan.Options{})
	require.Len(t, doc.Problems, 1)
	assert.Equal(t, "1:10 budget has no key `dollars`", withPlace(doc.Problems[0]))
}

func TestWhatIsLeftOfABudget(t *testing.T) {
	limit := plan.Budget{Tokens: 2_000_000, USD: 5}
	assert.Empty(t, limit.Exhausted(plan.Budget{Tokens: 1_999_999, USD: 4.99, Time: 99 * time.Hour}))
	assert.Equal(t, plan.BudgetTokens, limit.Exhausted(plan.Budget{Tokens: 2_000_000}))
	assert.Equal(t, plan.BudgetUSD, limit.Exhausted(plan.Budget{USD: 5.01}))
	assert.Equal(t, plan.Budget{Tokens: 2_000_000, USD: 9, Time: time.Hour},
		plan.Budget{USD: 9}.Over(plan.Budget{Tokens: 2_000_000, USD: 5, Time: time.Hour}))
	assert.Equal(t, "1.23M of 2M tokens, 1.20 of 5.00 USD, 1h0m12s of work",
		limit.Shares(plan.Budget{Tokens: 1_234_567, USD: 1.2, Time: time.Hour + 12*time.Second}))
	assert.Equal(t, "0 of 2M tokens, 0.00 of 5.00 USD", limit.Shares(plan.Budget{}))
	assert.Equal(t, "950 tokens", plan.Budget{Tokens: 950}.String())
}
