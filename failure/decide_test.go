package failure_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"billow/failure"
)

var update = flag.Bool("update", false, "write the golden files anew")

// crew is what is configured: nobody, the debugger alone, everybody.
func crew(names ...string) failure.Abilities {
	return failure.Abilities{Who: func(part string) failure.Hand {
		switch part {
		case "suitable_implementer":
			part = "gem-implementer"
		case "suitable_reviewer_or_tester":
			part = "gem-reviewer"
		}
		return failure.Hand{Agent: part, Class: "agent", Ready: slices.Contains(names, part) || slices.Contains(names, "*")}
	}}
}

// used is a case of which only the uses of one kind are known.
func used(kind failure.Kind, prior int) failure.Case {
	return failure.Case{Uses: map[failure.Kind]int{kind: prior}}
}

// line puts a remedy in one line.
func line(r failure.Remedy) string {
	words := []string{string(r.Action)}
	if r.Delay > 0 {
		words = append(words, r.Delay.String())
	}
	if r.Counted {
		words = append(words, "counted")
	}
	if r.Flag != "" {
		words = append(words, "flag="+r.Flag)
	}
	if r.Else != "" {
		words = append(words, "else="+string(r.Else))
	}
	if r.Wants != "" {
		words = append(words, "wants="+r.Wants)
	}
	if r.Log {
		words = append(words, "log")
	}
	for _, step := range r.Steps {
		words = append(words, "<"+strings.Join(strings.Fields(step.Name+" "+step.Agent+" "+step.Purpose), " ")+">")
	}
	return strings.Join(words, " ") + ": " + r.Reason
}

func TestDecideIsThisTable(t *testing.T) {
	var b strings.Builder
	for _, policy := range []struct {
		name string
		is   failure.Policy
	}{
		{"default", failure.Default()},
		{"retry: 2", failure.Default().WithRetry(2, 0, nil)},
		{"retry: 0", failure.Default().WithRetry(0, 0, nil)},
		{"none", nil},
		{"latest", failure.Latest()},
	} {
		for _, can := range []struct {
			name string
			is   failure.Abilities
		}{{"nobody", failure.Abilities{}}, {"gem-debugger", crew("gem-debugger")}, {"everybody", crew("*")}} {
			fmt.Fprintf(&b, "# policy %s, configured: %s\n", policy.name, can.name)
			for _, kind := range failure.Kinds() {
				for prior := range 5 {
					got := policy.is.Decide(failure.Signal{Kind: kind}, used(kind, prior), can.is)
					fmt.Fprintf(&b, "%-17s %d  %s\n", kind, prior, line(got))
				}
			}
			b.WriteString("\n")
		}
	}
	file := filepath.Join("testdata", "decide.txt")
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(b.String()), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), b.String(), "go test ./failure -update writes it anew")
}

func TestAShellTaskThatExitsWithOneFails(t *testing.T) {
	sig := failure.Classify(failure.Observation{Exited: true, Exit: 1}, nil)
	for name, policy := range map[string]failure.Policy{
		"without retry": failure.Default(),
		"retry: 0":      failure.Default().WithRetry(0, 0, nil),
	} {
		assert.Equal(t, failure.Fail, policy.Decide(sig, failure.Case{}, failure.Abilities{}).Action, name)
	}
	retry := failure.Default().WithRetry(1, 0, nil)
	assert.Equal(t, failure.Retry, retry.Decide(sig, failure.Case{}, failure.Abilities{}).Action)
	assert.Equal(t, failure.Fail, retry.Decide(sig, used(sig.Kind, 1), failure.Abilities{}).Action)
}

func TestAPauseWaitsForTheResetAndCountsAsNoAttempt(t *testing.T) {
	quota := failure.Signal{Kind: failure.Transient, Quota: true, RetryIn: 3 * time.Hour}
	for _, policy := range []failure.Policy{failure.Default(), nil} {
		got := policy.Decide(quota, used(quota.Kind, 99), failure.Abilities{})
		assert.Equal(t, failure.Retry, got.Action)
		assert.Equal(t, 3*time.Hour, got.Delay)
		assert.False(t, got.Counted)
	}
	quota.RetryIn = 0
	assert.Equal(t, 5*time.Minute, failure.Default().Decide(quota, failure.Case{}, failure.Abilities{}).Delay)
}

func TestBackoffDoublesUpToAMinute(t *testing.T) {
	delays := func(backoff, retryIn time.Duration) string {
		p := failure.Default().WithRetry(100, backoff, nil)
		var out []string
		for prior := range 8 {
			sig := failure.Signal{Kind: failure.Transient, RetryIn: retryIn}
			out = append(out, p.Decide(sig, used(sig.Kind, prior), failure.Abilities{}).Delay.String())
		}
		return strings.Join(out, " ")
	}
	assert.Equal(t, "1s 2s 4s 8s 16s 32s 1m0s 1m0s", delays(0, 0))
	assert.Equal(t, "250ms 500ms 1s 2s 4s 8s 16s 32s", delays(250*time.Millisecond, 0))
	assert.Equal(t, strings.TrimSpace(strings.Repeat("5m0s ", 8)), delays(5*time.Minute, 0), "a longer backoff stays as it is")
	assert.Equal(t, "10s 10s 10s 10s 16s 32s 1m0s 1m0s", delays(0, 10*time.Second), "not before what was announced")
}

func TestARuleRetriesBeforeItAsksOthers(t *testing.T) {
	p := failure.Policy{failure.Transient: {RetryLimit: 1, Actions: []failure.Step{
		{Do: "retry_same_operation"}, {Do: "delegate", Agent: "gem-debugger"},
	}}}
	sig := failure.Signal{Kind: failure.Transient}
	assert.Equal(t, failure.Retry, p.Decide(sig, failure.Case{}, failure.Abilities{}).Action)
	assert.Equal(t, "gem-debugger", p.Decide(sig, used(sig.Kind, 1), failure.Abilities{}).Wants)
}

func TestWithRetryTakesTheKindsItIsGivenAndLeavesTheOthers(t *testing.T) {
	base := failure.Default()
	got := base.WithRetry(2, time.Second, []failure.Kind{failure.Flaky})
	assert.Equal(t, failure.Fail, got.Decide(failure.Signal{Kind: failure.Flaky}, used(failure.Flaky, 2), failure.Abilities{}).Action)
	got[failure.Flaky] = base[failure.Flaky]
	assert.Equal(t, base, got)
	assert.Equal(t, failure.Default(), base, "the policy it is asked of is not changed")

	short := failure.Policy{failure.Transient: {LimitUnset: true, Backoff: 250 * time.Millisecond}}
	assert.Equal(t, 250*time.Millisecond, short.WithRetry(1, 0, nil)[failure.Transient].Backoff, "no backoff keeps that of the policy")
}

func TestJitterIsBetweenHalfAndAllAndRepeatable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		delay := time.Duration(rapid.Int64Range(-10, int64(1000*time.Hour)).Draw(t, "delay"))
		seed := rapid.Uint64().Draw(t, "seed")
		got := failure.Jitter(delay, seed)
		require.Equal(t, got, failure.Jitter(delay, seed))
		if delay <= 0 {
			require.Zero(t, got)
			return
		}
		require.GreaterOrEqual(t, got, delay/2)
		require.LessOrEqual(t, got, delay)
	})
	seen := map[time.Duration]bool{}
	for seed := range uint64(100) {
		seen[failure.Jitter(time.Minute, seed)] = true
	}
	assert.Greater(t, len(seen), 95, "neighbouring seeds spread")
}

func TestDecideAnswersWhateverItIsGiven(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		policy := genPolicy().Draw(t, "policy")
		kinds := rapid.SampledFrom(append(failure.Kinds(), "nonsense"))
		sig := failure.Signal{Kind: kinds.Draw(t, "kind"), Quota: rapid.Bool().Draw(t, "quota"), Rule: "report"}
		at := used(sig.Kind, rapid.IntRange(0, 2000).Draw(t, "prior"))
		at.Accept = rapid.IntRange(0, 2).Draw(t, "accept")
		at.Left = rapid.IntRange(0, at.Accept).Draw(t, "left")
		at.Acceptance = at.Left < at.Accept
		if rapid.Bool().Draw(t, "under") {
			purpose := rapid.SampledFrom([]string{"diagnosis", "evidence", "lint_rules", ""}).Draw(t, "purpose")
			at.Under = &failure.Under{Kind: kinds.Draw(t, "first"), Steps: []failure.Step{{Name: "x", Purpose: purpose}},
				Tries: rapid.IntRange(0, 3).Draw(t, "tries")}
		} else if rapid.Bool().Draw(t, "promise") {
			at.Promise = &failure.Remedy{Action: failure.Complete, Else: failure.Skip}
		}
		got := policy.Decide(sig, at, crew("gem-debugger", "gem-implementer"))
		require.NotEmpty(t, got.Reason)
		switch got.Action {
		case failure.Retry:
			require.Positive(t, got.Delay)
			require.Equal(t, !sig.Quota, got.Counted)
		case failure.Recipe:
			require.NotEmpty(t, got.Steps)
			require.True(t, got.Counted || sig.Quota)
			require.Equal(t, got.Again, got.Delay > 0, "what is tried again waits, and what begins does not")
		default:
			require.Zero(t, got.Delay)
			require.False(t, got.Counted)
			require.Contains(t, []failure.Action{failure.Complete, failure.Continue, failure.Skip, failure.Block, failure.Fail}, got.Action)
		}
	})
}

func TestRetriesComeToAnEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		policy := genPolicy().Draw(t, "policy")
		for _, kind := range failure.Kinds() {
			tries := 0
			for policy.Decide(failure.Signal{Kind: kind}, used(kind, tries), crew("*")).Counted {
				tries++
				require.LessOrEqual(t, tries, policy[kind].RetryLimit+1, "one more where a rule retries first")
			}
		}
	})
}

func TestAnEscalationAlwaysSaysWhatIsNeededAndWhatToDo(t *testing.T) {
	for _, kind := range failure.Kinds() {
		s := failure.Signal{Kind: kind}.Escalated()
		assert.NotEmpty(t, s.RequiredInput, kind)
		assert.NotEmpty(t, s.NextStep, kind)
	}
	said := failure.Classify(failure.Observation{Status: "blocked", Message: "no licence", RequiredInput: "the key", NextStep: "ask sales"}, nil)
	assert.Equal(t, failure.Signal{Kind: failure.Escalate, Rule: "status", Message: "no licence", RequiredInput: "the key", NextStep: "ask sales"},
		said.Escalated(), "the agent's own words stay")
}

func TestARecipeEndsWithWhatShowsThatItHelped(t *testing.T) {
	steps := func(policy string, at failure.Case, can failure.Abilities) string {
		p, problems := parse(t, policy)
		require.Empty(t, problems)
		return line(p.Over(failure.Default()).Decide(failure.Signal{Kind: failure.Fixable}, at, can))
	}
	command := crew("*")
	command.Command = true
	for name, c := range map[string]struct {
		policy string
		at     failure.Case
		can    failure.Abilities
		want   string
	}{
		"a reviewer": {"fixable: {retry_limit: 3}", failure.Case{}, crew("*"),
			"recipe counted <diagnose gem-debugger diagnosis> <fix gem-implementer apply_fix> <lint gem-implementer lint_rules> <verify gem-reviewer reverify>: remedy 1 of 3 for fixable: diagnose by gem-debugger, fix by gem-implementer, verify by gem-reviewer"},
		"acceptance where no reviewer is": {"fixable: {retry_limit: 3}", failure.Case{Accept: 1, Left: 1}, crew("gem-debugger", "gem-implementer"),
			"recipe counted <diagnose gem-debugger diagnosis> <fix gem-implementer apply_fix> <lint gem-implementer lint_rules>: remedy 1 of 3 for fixable: diagnose by gem-debugger, fix by gem-implementer"},
		"the command": {"fixable: {retry_limit: 3}", failure.Case{}, command,
			"recipe counted <diagnose gem-debugger diagnosis> <fix gem-implementer apply_fix> <lint gem-implementer lint_rules> <do reverify>: remedy 1 of 3 for fixable: diagnose by gem-debugger, fix by gem-implementer, its own work again"},
		"the work itself, where the rule names nobody": {"fixable: {action: [{delegate: gem-debugger, purpose: diagnosis}]}", failure.Case{}, crew("*"),
			"recipe counted <diagnose gem-debugger diagnosis> <do>: remedy 1 of 3 for fixable: diagnose by gem-debugger, its own work again"},
		"the command, whoever else is asked": {"fixable: {action: [{delegate: gem-devops}, {delegate: gem-reviewer, purpose: reverify}]}", failure.Case{}, command,
			"recipe counted <delegate gem-devops> <verify gem-reviewer reverify> <do>: remedy 1 of 3 for fixable: delegate by gem-devops, verify by gem-reviewer, its own work again"},
		"names that differ": {"fixable: {action: [{delegate: a, purpose: Ask Around}, {delegate: b, purpose: ask-around}, {delegate: c, purpose: do}]}", failure.Case{}, crew("*"),
			"recipe counted <ask_around a Ask Around> <ask_around.2 b ask-around> <delegate c do> <do>: remedy 1 of 3 for fixable: ask_around by a, ask_around.2 by b, delegate by c, its own work again"},
		"a plan that is revised, whatever the rule says behind it": {"fixable: {action: [{delegate: gem-debugger, purpose: diagnosis}, {delegate: gem-planner, purpose: Revise plan}, {delegate: gem-reviewer, purpose: reverify}]}", failure.Case{}, command,
			"recipe counted <diagnose gem-debugger diagnosis> <replan gem-planner revise_plan>: remedy 1 of 3 for fixable: diagnose by gem-debugger, replan by gem-planner"},
		"a plan that is gone on from": {"fixable: {action: [{delegate: lead, purpose: think again}, {continue_from: revised_plan}]}", failure.Case{}, crew("*"),
			"recipe counted <replan lead revise_plan>: remedy 1 of 3 for fixable: replan by lead"},
		"a plan that nobody is named for": {"fixable: {action: [{continue_from: revised_plan}]}", failure.Case{}, crew("*"),
			"recipe counted <replan gem-planner revise_plan>: remedy 1 of 3 for fixable: replan by gem-planner"},
		"a plan that nobody is there for": {"fixable: {action: [{continue_from: revised_plan}]}", failure.Case{}, crew("gem-debugger"),
			"fail wants=gem-planner: needs gem-planner, which is not configured"},
	} {
		assert.Equal(t, c.want, steps(c.policy, c.at, c.can), name)
	}
}

func TestARevisionOfThePlanIsCountedWhateverComesOfIt(t *testing.T) {
	policy := failure.Default()
	first := policy.Decide(failure.Signal{Kind: failure.NeedsReplan}, failure.Case{}, crew("*"))
	require.Equal(t, "1 of 3", first.Steps[0].Arg)
	at := func(uses int) failure.Case {
		return failure.Case{Uses: map[failure.Kind]int{failure.NeedsReplan: uses},
			Under: &failure.Under{Kind: failure.NeedsReplan, Steps: first.Steps}}
	}
	for name, c := range map[string]struct {
		sig  failure.Signal
		uses int
		want string
	}{
		"a plan that is refused": {failure.Signal{Kind: failure.NeedsReplan, Rule: "revision"}, 1,
			"recipe counted <replan gem-planner revise_plan>: the remedy for needs_replan did not help; remedy 2 of 3 for needs_replan: replan by gem-planner"},
		"the last one": {failure.Signal{Kind: failure.NeedsReplan, Rule: "revision"}, 3,
			"block: the remedy for needs_replan did not help; all 3 retries are used up: a person must decide"},
		"a planner that fails": {failure.Signal{Kind: failure.Fixable, Rule: "report"}, 2,
			"recipe counted <replan gem-planner revise_plan>: the remedy for needs_replan did not help; remedy 3 of 3 for needs_replan: replan by gem-planner"},
		"a planner that gives up": {failure.Signal{Kind: failure.Escalate, Rule: "report"}, 1, "block: a person must decide"},
	} {
		assert.Equal(t, c.want, line(policy.Decide(c.sig, at(c.uses), crew("*"))), name)
	}
	fix := failure.Case{Uses: map[failure.Kind]int{failure.NeedsReplan: 3, failure.Fixable: 1},
		Under: &failure.Under{Kind: failure.Fixable, Steps: []failure.Step{{Name: "fix", Purpose: failure.ForFix}}}}
	assert.Equal(t, "block: all 3 retries are used up: a person must decide",
		line(policy.Decide(failure.Signal{Kind: failure.NeedsReplan}, fix, crew("*"))), "the step of another remedy asks once too often")
}

func TestWithinARemedyOnlySomeKindsAreWhatTheyAlwaysAre(t *testing.T) {
	policy := failure.Default()
	at := failure.Case{Uses: map[failure.Kind]int{failure.Fixable: 1}}
	var b strings.Builder
	for _, step := range []failure.Step{{Name: "diagnose", Purpose: failure.ForEvidence}, {Name: "fix", Purpose: failure.ForFix}, {Name: "lint", Purpose: failure.ForLint}} {
		for _, kind := range failure.Kinds() {
			at.Under = &failure.Under{Kind: failure.Fixable, Steps: []failure.Step{step}}
			got := policy.Decide(failure.Signal{Kind: kind, Rule: "report"}, at, crew("*"))
			got.Steps = nil
			fmt.Fprintf(&b, "%-8s %-17s %s\n", step.Name, kind, line(got))
		}
	}
	file := filepath.Join("testdata", "within.txt")
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(b.String()), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), b.String(), "go test ./failure -update writes it anew")
}

func TestADiagnosisThatNamesAKindIsNoFailure(t *testing.T) {
	done := func(kind, purpose string) bool {
		return failure.Observation{Status: "completed", Reported: kind}.Diagnosed(purpose)
	}
	assert.True(t, done("fixable", failure.ForDiagnosis))
	assert.True(t, done("regression", failure.ForDiagnosis))
	assert.True(t, done("test_bug", failure.ForEvidence))
	assert.False(t, done("regression", failure.ForEvidence), "the application is at fault")
	assert.False(t, done("escalate", failure.ForDiagnosis))
	assert.False(t, done("needs_replan", failure.ForEvidence))
	assert.False(t, done("fixable", failure.ForFix), "only diagnoses are about something else")
	assert.False(t, failure.Observation{Status: "failed", Reported: "fixable"}.Diagnosed(failure.ForDiagnosis))
}

func TestADebuggerThatBrokeDownSaysNothingOfTheApplication(t *testing.T) {
	at := failure.Case{Uses: map[failure.Kind]int{failure.TestBug: 1},
		Under: &failure.Under{Kind: failure.TestBug, Steps: []failure.Step{{Name: "diagnose", Purpose: failure.ForEvidence}}}}
	crash := failure.Signal{Kind: failure.NewFailure, Rule: "default"}
	assert.Equal(t, failure.Block, failure.Default().Decide(crash, at, crew("*")).Action, "one use of test_bug")
	crash.Rule = "report"
	got := failure.Default().Decide(crash, at, crew("*"))
	assert.Equal(t, failure.Recipe, got.Action)
	assert.Empty(t, got.Kind, "counted as what it is")
}
