package intake_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/internal/intake"
	"billow/plan"
)

// verdict is an assessment in a line: intent, class, whether it is certain, and the rules.
func verdict(a intake.Assessment) string {
	var rules []string
	for _, r := range a.Reasons {
		rules = append(rules, r.Rule)
	}
	certain := ""
	if !a.Certain {
		certain = "?"
	}
	return string(a.Intent) + " " + string(a.Class) + certain + " " + strings.Join(rules, ", ")
}

func TestObjectivesAreToldByTheirWords(t *testing.T) {
	for objective, want := range map[string]string{
		"Run `make test`":         "run TRIVIAL command",
		"`go vet ./...`":          "run TRIVIAL command",
		"$ ls -la":                "run TRIVIAL command",
		"Fix the typo in main.go": "implement TRIVIAL mechanical",
		"Bump version to 1.2.3":   "implement TRIVIAL mechanical",
		// Two files are two files, however mechanical the work.
		"Fix the typos in a.md and b.md": "implement LOW files, mechanical",

		"Add a --json flag to the status command":   "implement LOW? otherwise",
		"Reports can be had as CSV":                 "implement LOW? otherwise",
		"Fix the crash in internal/store/log.go":    "debug LOW files",
		"Document the public API in docs/api.md":    "document LOW files, changes nothing",
		"Research why the tests are slow":           "research LOW changes nothing",
		"Why does the login fail?":                  "research LOW changes nothing",
		"Review internal/proc for races":            "review LOW changes nothing",
		"Write a skill for releasing":               "skill LOW changes nothing",
		"Challenge the plan for sharding":           "challenge LOW changes nothing",
		"Design a settings page":                    "design LOW changes nothing",
		"Fix auth without changing any code":        "research LOW changes nothing",
		"Refactor read.go without changing the API": "simplify LOW files",

		"Build an export page, add a flag and write tests":      "implement MEDIUM parts",
		"Do this:\n- add a\n- add b\n- add c":                   "implement MEDIUM parts",
		"Change a.go, b.go and c.go":                            "implement MEDIUM files",
		"Rename foo to bar in all packages":                     "implement MEDIUM reach",
		"Add a new export module":                               "implement MEDIUM new part",
		"Add " + strings.Repeat("very ", 80) + "small handling": "implement MEDIUM length",

		"Add OAuth login":                            "implement HIGH risk signals",
		"Migrate the users table":                    "implement HIGH risk signals",
		"Deploy to production":                       "deploy HIGH risk signals",
		"Delete all user data older than a year":     "implement HIGH risk signals",
		"Rename foo across all packages":             "implement HIGH risk signals, reach",
		"Update the author of LICENSE":               "implement LOW files",
		"Redesign the core as event-driven services": "implement HIGH risk signals",
	} {
		assert.Equal(t, want, verdict(intake.Assess(intake.Input{Objective: objective})), objective)
	}
}

func TestWhatIsSaidOutrightCountsBeforeTheRulesAndTheFloorOnlyRaises(t *testing.T) {
	in := intake.Input{Objective: "Add OAuth login", Complexity: "low", Intent: intake.Document, Floor: "HIGH"}
	assert.Equal(t, "document LOW said", verdict(intake.Assess(in)))
	assert.Equal(t, "run MEDIUM floor, command", verdict(intake.Assess(intake.Input{Objective: "`true`", Floor: "MEDIUM"})))
	assert.Equal(t, "implement HIGH risk signals, floor", verdict(intake.Assess(intake.Input{Objective: "Add OAuth login", Floor: "LOW"})))
	assert.Equal(t, "implement LOW? otherwise", verdict(intake.Assess(intake.Input{Objective: "Reports can be had as CSV", Floor: "auto"})))
}

func TestOnlySignalsOfChangeCallForACritic(t *testing.T) {
	for objective, want := range map[string][]string{
		"Rewrite the scheduler":                         {"architecture"},
		"Add an endpoint and a column to the db schema": {"api_change", "schema_change"},
		"Document the password rules":                   nil,
		"Add a flag, do not change the API":             nil,
	} {
		a := intake.Assess(intake.Input{Objective: objective})
		assert.Equal(t, want, a.Signals, objective)
		assert.Equal(t, len(want) == 1, a.Critic, objective)
	}
}

func TestOnlyWhatKeepsFromWorkingIsAsked(t *testing.T) {
	exists := func(path string) bool { return path == "there.go" }
	for objective, want := range map[string]string{
		"make it better":                   "target",
		"fix it please":                    "target",
		"improve the parser":               "",
		"Implement TBD":                    "placeholder",
		"Cache it in ??? for the sessions": "placeholder",
		"Use either Redis or Memcached for the sessions": "alternative [Redis|Memcached]",
		"Deploy the new version":                         "environment [development|staging|production]",
		"Deploy the site":                                "environment [development|staging|production]",
		"Deploy to staging":                              "",
		"Refactor gone.go and there.go":                  "file",
		"Add gone.go":                                    "",
		"Run `rm gone.go`":                               "",
	} {
		var got []string
		for _, q := range intake.Assess(intake.Input{Objective: objective, Exists: exists}).Questions() {
			s := q.ID
			if len(q.Options) > 0 {
				s += " [" + strings.Join(q.Options, "|") + "]"
			}
			got = append(got, s)
		}
		assert.Equal(t, want, strings.Join(got, ", "), objective)
	}
	a := intake.Assess(intake.Input{Objective: "Add gone.go with a new export module", Exists: exists})
	assert.Equal(t, []string{"gone.go does not exist yet and is to be made.",
		"No acceptance criteria were given: it is done when the objective holds and the project's own tests pass."}, a.Assumptions())
	with := intake.Assess(intake.Input{Objective: "fix it", Refs: []intake.Ref{{Path: "crash.log", Text: "panic"}}})
	assert.Empty(t, with.Questions(), "what was given along says what is meant")
}

func TestAnswersCloseQuestionsAndArePartOfWhatIsAskedFor(t *testing.T) {
	in := intake.Input{Objective: "make it better", Answers: map[string]string{"target": "the login, it must take less than a second"}}
	a := intake.Assess(in)
	assert.Empty(t, a.Questions())
	assert.Equal(t, plan.High, a.Class, "the answer names a risk")
	assert.Equal(t, []string{"What is to be worked on, and how is it seen that it is done? the login, it must take less than a second"}, a.Clarifications())

	q := intake.Question{ID: "environment", Options: []string{"development", "staging"}}
	for answer, want := range map[string]string{"Staging": "staging", "2": "staging", " development ": "development"} {
		got, err := q.Check(answer)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	_, err := q.Check("3")
	assert.EqualError(t, err, `environment: "3" is none of development, staging`)
	_, err = intake.Question{ID: "target"}.Check("  ")
	assert.EqualError(t, err, "target: the answer is empty")
}

func TestAnOpinionCountsOnlyWhereTheRulesCannotTell(t *testing.T) {
	o := &intake.Opinion{Intent: intake.Debug, Class: plan.Medium, Reason: "it touches every report", Signals: []string{"api_change"},
		Questions: []intake.Question{{Text: "Which separator?", Options: []string{"comma", "tab"}}}, Assumptions: []string{"UTF-8"}}
	a := intake.Assess(intake.Input{Objective: "Reports can be had as CSV", Opinion: o})
	assert.Equal(t, "debug HIGH risk signals", verdict(a))
	assert.Equal(t, []intake.Question{{ID: "opinion", Text: "Which separator?", Options: []string{"comma", "tab"}}}, a.Questions())
	assert.Contains(t, a.Assumptions(), "UTF-8")

	o.Signals = nil
	assert.Equal(t, "debug MEDIUM assessed", verdict(intake.Assess(intake.Input{Objective: "Reports can be had as CSV", Opinion: o})))
	assert.Equal(t, "implement TRIVIAL mechanical", verdict(intake.Assess(intake.Input{Objective: "Fix the typo in a.md", Opinion: o})))
}

func TestAnOpinionThatIsNotAsItShouldBeIsRefusedWhole(t *testing.T) {
	read := func(src string) (*intake.Opinion, error) {
		doc, problems := plan.Parse("o", []byte(src), plan.Limits{})
		require.Empty(t, problems)
		return intake.ReadOpinion(doc.Root)
	}
	o, err := read("{complexity: complex, reason: wide, intent: Debug, risk_signals: [migration], unclear: [who?, {text: what?, options: [a, b]}], assumptions: [x]}")
	require.NoError(t, err)
	assert.Equal(t, &intake.Opinion{Class: plan.High, Reason: "wide", Intent: intake.Debug, Signals: []string{"migration"},
		Questions: []intake.Question{{Text: "who?"}, {Text: "what?", Options: []string{"a", "b"}}}, Assumptions: []string{"x"}}, o)
	_, err = intake.ReadOpinion(nil)
	assert.EqualError(t, err, "it is no object")
	for src, want := range map[string]string{
		"{complexity: huge, reason: x}":                           `complexity is "huge" and not TRIVIAL, LOW, MEDIUM or HIGH`,
		"{complexity: LOW}":                                       "it gives no reason",
		"{complexity: LOW, reason: x, intent: dance}":             `intent is "dance"`,
		"{complexity: LOW, reason: x, intent: run}":               `intent is "run"`,
		"{complexity: LOW, reason: x, risk_signals: [doom]}":      `there is no risk signal "doom"`,
		"{complexity: LOW, reason: x, unclear: [a, b, c, d]}":     "4 questions are more than 3",
		"{complexity: LOW, reason: x, unclear: [{options: [a]}]}": "a question has no text",
	} {
		_, err := read(src)
		assert.EqualError(t, err, want, src)
	}
}
