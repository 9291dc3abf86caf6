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
	return failure.Abilities{Agent: func(name string) bool {
		return slices.Contains(names, name) || slices.Contains(names, "*")
	}}
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
	if r.Wants != "" {
		words = append(words, "wants="+r.Wants)
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
	} {
		for _, can := range []struct {
			name string
			is   failure.Abilities
		}{{"nobody", failure.Abilities{}}, {"gem-debugger", crew("gem-debugger")}, {"everybody", crew("*")}} {
			fmt.Fprintf(&b, "# policy %s, configured: %s\n", policy.name, can.name)
			for _, kind := range failure.Kinds() {
				for prior := range 5 {
					got := policy.is.Decide(failure.Signal{Kind: kind}, prior, can.is)
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
		assert.Equal(t, failure.Fail, policy.Decide(sig, 0, failure.Abilities{}).Action, name)
	}
	retry := failure.Default().WithRetry(1, 0, nil)
	assert.Equal(t, failure.Retry, retry.Decide(sig, 0, failure.Abilities{}).Action)
	assert.Equal(t, failure.Fail, retry.Decide(sig, 1, failure.Abilities{}).Action)
}

func TestAPauseWaitsForTheResetAndCountsAsNoAttempt(t *testing.T) {
	quota := failure.Signal{Kind: failure.Transient, Quota: true, RetryIn: 3 * time.Hour}
	for _, policy := range []failure.Policy{failure.Default(), nil} {
		got := policy.Decide(quota, 99, failure.Abilities{})
		assert.Equal(t, failure.Retry, got.Action)
		assert.Equal(t, 3*time.Hour, got.Delay)
		assert.False(t, got.Counted)
	}
	quota.RetryIn = 0
	assert.Equal(t, 5*time.Minute, failure.Default().Decide(quota, 0, failure.Abilities{}).Delay)
}

func TestBackoffDoublesUpToAMinute(t *testing.T) {
	delays := func(backoff, retryIn time.Duration) string {
		p := failure.Default().WithRetry(100, backoff, nil)
		var out []string
		for prior := range 8 {
			sig := failure.Signal{Kind: failure.Transient, RetryIn: retryIn}
			out = append(out, p.Decide(sig, prior, failure.Abilities{}).Delay.String())
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
	assert.Equal(t, failure.Retry, p.Decide(sig, 0, failure.Abilities{}).Action)
	assert.Equal(t, "gem-debugger", p.Decide(sig, 1, failure.Abilities{}).Wants)
}

func TestWithRetryTakesTheKindsItIsGivenAndLeavesTheOthers(t *testing.T) {
	base := failure.Default()
	got := base.WithRetry(2, time.Second, []failure.Kind{failure.Flaky})
	assert.Equal(t, failure.Fail, got.Decide(failure.Signal{Kind: failure.Flaky}, 2, failure.Abilities{}).Action)
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
		sig := failure.Signal{
			Kind:  failure.Kind(rapid.SampledFrom(append(failure.Kinds(), "nonsense")).Draw(t, "kind")),
			Quota: rapid.Bool().Draw(t, "quota"),
		}
		got := policy.Decide(sig, rapid.IntRange(0, 2000).Draw(t, "prior"), crew("gem-debugger"))
		require.Contains(t, []failure.Action{failure.Retry, failure.Complete, failure.Skip, failure.Block, failure.Fail}, got.Action)
		require.NotEmpty(t, got.Reason)
		require.Equal(t, got.Action == failure.Retry, got.Delay > 0, "a retry waits, and nothing else does")
		require.Equal(t, got.Action == failure.Retry && !sig.Quota, got.Counted)
	})
}

func TestRetriesComeToAnEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		policy := genPolicy().Draw(t, "policy")
		for _, kind := range failure.Kinds() {
			tries := 0
			for policy.Decide(failure.Signal{Kind: kind}, tries, crew("*")).Action == failure.Retry {
				tries++
				require.LessOrEqual(t, tries, policy[kind].RetryLimit)
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
