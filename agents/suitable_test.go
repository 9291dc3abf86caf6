package agents

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/plan"
)

func taskOf(t *testing.T, text string) *plan.Task {
	t.Helper()
	doc, problems := plan.Parse("task.yaml", []byte(text), plan.Limits{})
	require.Empty(t, plan.Errors(problems))
	return &plan.Task{Source: doc.Root}
}

func TestWhoIsSuitableIsThisTable(t *testing.T) {
	const fixer, checker = "suitable_implementer", "suitable_reviewer_or_tester"
	for _, c := range []struct{ part, own, task, want string }{
		{fixer, "", "id: a", "gem-implementer gem-implementer-mobile"},
		{fixer, "gem-implementer", "id: a", "gem-implementer gem-implementer-mobile"},
		{fixer, "implementer", "id: a", "implementer gem-implementer gem-implementer-mobile"},
		{fixer, "gem-implementer-mobile", "id: a", "gem-implementer-mobile gem-implementer"},
		{fixer, "gem-devops", "id: a", "gem-devops gem-implementer gem-implementer-mobile"},
		{fixer, "gem-documentation-writer", "id: a", "gem-documentation-writer gem-implementer gem-implementer-mobile"},
		{fixer, "our-own", "id: a", "our-own gem-implementer gem-implementer-mobile"},
		{fixer, "gem-reviewer", "id: a", "gem-implementer gem-implementer-mobile"},
		{fixer, "gem-chrome-tester", "id: a", "gem-implementer gem-implementer-mobile"},
		{fixer, "gem-mobile-tester", "id: a", "gem-implementer-mobile gem-implementer"},
		{fixer, "gem-reviewer", "platforms: [ios]", "gem-implementer-mobile gem-implementer"},
		{checker, "", "id: a", "gem-reviewer"},
		{checker, "gem-implementer", "flows: [login]", "gem-browser-tester gem-reviewer"},
		{checker, "gem-implementer", "flows: []", "gem-browser-tester gem-reviewer"},
		{checker, "gem-implementer", "flows:", "gem-reviewer"},
		{checker, "gem-implementer-mobile", "id: a", "gem-mobile-tester gem-reviewer"},
		{checker, "gem-browser-tester", "id: a", "gem-browser-tester gem-reviewer"},
		{checker, "gem-critic", "id: a", "gem-critic gem-reviewer"},
		{"gem-debugger", "gem-devops", "id: a", "gem-debugger"},
	} {
		assert.Equal(t, c.want, strings.Join(Suitable(c.part, taskOf(t, c.task), c.own), " "), "%s of %q by %q", c.part, c.task, c.own)
	}
	assert.Equal(t, []string{"gem-reviewer"}, Suitable(checker, nil, ""), "work without a task")
}

func TestEverybodyInTheTableHasARole(t *testing.T) {
	table, err := readSuitable()
	require.NoError(t, err)
	kinds := map[string]bool{"unknown": true}
	fields := map[string]bool{}
	for _, role := range Catalogue() {
		kinds[role.Kind] = true
		for _, f := range role.TaskFields {
			fields[f] = true
		}
	}
	for part, rules := range table {
		last := rules[len(rules)-1]
		assert.True(t, last.agents != nil && last.with == nil && last.fields == nil, "%s ends with a rule that always holds", part)
		for _, r := range rules {
			for _, name := range append(append([]string{}, r.agents...), r.with...) {
				role, ok := FindRole(name)
				assert.True(t, ok && role.Name == name, "%s: %s", part, name)
			}
			for _, kind := range r.own {
				assert.True(t, kinds[kind], "%s: kind %s", part, kind)
			}
			for _, f := range r.fields {
				assert.True(t, fields[f], "%s: no role is given a field %s", part, f)
			}
		}
	}
}

func TestATableWithAnUnknownKeyIsRefused(t *testing.T) {
	_, err := parseSuitable("x.yaml", []byte("part:\n  - wth: [a]\n"))
	assert.EqualError(t, err, `x.yaml:2:5: unknown key "wth"`)
	_, err = parseSuitable("x.yaml", []byte("part: [\n"))
	assert.ErrorContains(t, err, "x.yaml:")
}
