package failure_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"billow/failure"
)

// tree reads YAML as a plan's reader would hand it on.
func tree(t require.TestingT, text string) any {
	var v any
	require.NoError(t, yaml.Unmarshal([]byte(text), &v))
	return v
}

func parse(t require.TestingT, text string) (failure.Policy, []string) {
	return failure.ParsePolicy(tree(t, text))
}

// genPolicy makes policies as somebody may write them.
func genPolicy() *rapid.Generator[failure.Policy] {
	step := rapid.Custom(func(t *rapid.T) failure.Step {
		return rapid.SampledFrom([]failure.Step{
			{Do: "retry_same_operation"}, {Do: "if_still_fails", Arg: "escalate"}, {Do: "if_still_fails", Arg: "fail"},
			{Do: "delegate", Agent: "gem-debugger", Purpose: "diagnosis"}, {Do: "delegate", Agent: "suitable_implementer"},
			{Do: "if_criteria_pass", Arg: "completed"}, {Do: "else", Arg: "escalate"}, {Do: "log_platform_and_issue"},
			{Do: "send_tester_evidence_to", Agent: "gem-debugger"}, {Do: "if_app_behavior_valid", Arg: "fix_test_or_fixture"},
			{Do: "delegate", Agent: "suitable_reviewer_or_tester", Purpose: "reverify"}, {Do: "mark_task", Arg: "completed"}, {Do: "mark_task", Arg: "blocked"}, {Do: "mark_task", Arg: "failed"},
			{Do: "skip_platform_test"}, {Do: "add_flag", Arg: "odd"}, {Do: "log_issue"},
			{Do: "escalate_to_user", Include: []string{"reason"}}, {Do: "present_to_user"},
		}).Draw(t, "step")
	})
	rule := rapid.Custom(func(t *rapid.T) failure.Rule {
		r := failure.Rule{
			LimitUnset: rapid.Bool().Draw(t, "unset"),
			Backoff:    time.Duration(rapid.IntRange(0, int(2*time.Minute)).Draw(t, "backoff")),
		}
		if !r.LimitUnset {
			r.RetryLimit = rapid.IntRange(0, 1000).Draw(t, "limit")
		}
		if rapid.Bool().Draw(t, "acts") {
			r.Actions = rapid.SliceOfN(step, 1, 5).Draw(t, "actions")
		}
		return r
	})
	return rapid.Custom(func(t *rapid.T) failure.Policy {
		return rapid.MapOf(rapid.SampledFrom(failure.Kinds()), rule).Draw(t, "rules")
	})
}

func TestDefaultIsTheBlockOfTheMissionDocument(t *testing.T) {
	document, err := os.ReadFile(filepath.Join("..", "..", "shared", "mission", "gem-orchestrator.md"))
	if err != nil {
		t.Skip("the gem-orchestrator document is not here")
	}
	ours, err := os.ReadFile("policy.yaml")
	require.NoError(t, err)
	_, block, found := strings.Cut(string(document), "failure_handling:\n")
	require.True(t, found)
	assert.Contains(t, string(ours), "failure_handling:\n"+strings.TrimRight(block, "\n"))
}

// The two files are what people read, and what is in Go says the same.
func TestThePoliciesAreThoseOfTheirFiles(t *testing.T) {
	read := func(name string) failure.Policy {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		policy, problems := failure.ParsePolicy(tree(t, string(text)))
		require.Empty(t, problems)
		return policy
	}
	assert.Equal(t, read("policy.yaml"), failure.Default())
	assert.Equal(t, read("latest.yaml").Over(failure.Default()), failure.Latest())
}

func TestDefaultHasARuleForEveryKind(t *testing.T) {
	policy := failure.Default()
	for _, kind := range failure.Kinds() {
		rule, ok := policy[kind]
		require.True(t, ok, kind)
		assert.NotEmpty(t, rule.Actions, kind)
		assert.False(t, rule.LimitUnset, kind)
	}
	assert.Len(t, policy, len(failure.Kinds()))
	assert.Equal(t, failure.Rule{RetryLimit: 3, Actions: []failure.Step{
		{Do: "delegate", Agent: "gem-debugger", Purpose: "diagnosis"},
		{Do: "delegate", Agent: "suitable_implementer", Purpose: "apply_fix"},
		{Do: "delegate", Agent: "suitable_reviewer_or_tester", Purpose: "reverify"},
		{Do: "repeat_until", Arg: "fixed_or_retry_limit_reached"},
	}}, policy[failure.Fixable])
	assert.Equal(t, failure.Rule{Actions: []failure.Step{
		{Do: "persist_approval_state", Arg: "docs/plan/{plan_id}/plan.yaml", Include: []string{"task_id", "approval_reason", "approval_state"}},
		{Do: "present_to_user", Include: []string{"context", "risk", "requested_decision"}},
		{Do: "on_approved", Arg: "re_delegate_task"},
		{Do: "on_denied", Arg: "mark_task_blocked"},
	}}, policy[failure.NeedsApproval])
}

func TestLatestIsDefaultButForThreeKinds(t *testing.T) {
	latest, old := failure.Latest(), failure.Default()
	for _, kind := range failure.Kinds() {
		switch kind {
		case failure.Flaky, failure.PlatformSpecific:
			assert.Equal(t, old[kind].RetryLimit, latest[kind].RetryLimit, kind)
			assert.NotEqual(t, old[kind].Actions, latest[kind].Actions, kind)
		case failure.NeedsReplan:
			assert.Equal(t, 2, latest[kind].RetryLimit)
			assert.Equal(t, old[kind].Actions, latest[kind].Actions)
		default:
			assert.Equal(t, old[kind], latest[kind], kind)
		}
	}
}

func TestAPlanOverridesKeyByKey(t *testing.T) {
	own, problems := parse(t, "transient: {retry_limit: 7}\nflaky: {backoff: 5s}\nnew_failure: {action: retry_same_operation, retry_limit: 0}\n")
	require.Empty(t, problems)
	base := failure.Default()
	got := own.Over(base)

	assert.Equal(t, 7, got[failure.Transient].RetryLimit)
	assert.Equal(t, base[failure.Transient].Actions, got[failure.Transient].Actions)
	assert.Equal(t, base[failure.Flaky].RetryLimit, got[failure.Flaky].RetryLimit)
	assert.Equal(t, 5*time.Second, got[failure.Flaky].Backoff)
	assert.Equal(t, failure.Rule{Actions: []failure.Step{{Do: "retry_same_operation"}}}, got[failure.NewFailure], "0 overrides too")
	assert.Equal(t, base[failure.Fixable], got[failure.Fixable])
	assert.Equal(t, failure.Default(), base, "the policy below is not changed")
}

func TestLayingOverIsAssociativeAndNothingChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := genPolicy().Draw(t, "a"), genPolicy().Draw(t, "b"), genPolicy().Draw(t, "c")
		require.Equal(t, a.Over(b).Over(c), a.Over(b.Over(c)))
		require.Equal(t, a, failure.Policy(nil).Over(a))
		require.Equal(t, a, a.Over(nil).Over(failure.Policy{}))
		require.Equal(t, a, a.Over(a))
	})
}

func TestAPolicyComesBackFromJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := genPolicy().Draw(t, "policy")
		text, err := json.Marshal(want)
		require.NoError(t, err)
		var got failure.Policy
		require.NoError(t, json.Unmarshal(text, &got))
		require.Equal(t, want, got)
	})
	text, err := json.Marshal(failure.Policy{failure.Transient: {RetryLimit: 3, Actions: []failure.Step{{Do: "retry_same_operation"}}}})
	require.NoError(t, err)
	assert.Equal(t, `{"transient":{"retry_limit":3,"action":[{"do":"retry_same_operation"}]}}`, string(text), "histories hold this form")
}

func TestParsePolicyNamesWhatItCannotUse(t *testing.T) {
	for text, want := range map[string]string{
		"[]":                                                    "failure_handling: must be a mapping from kinds of failure to rules, such as `transient: {retry_limit: 3}`",
		"transiant: {}":                                         "transiant: is no kind of failure (did you mean transient?)",
		"x: {}":                                                 "x: is no kind of failure (the kinds are transient, fixable, needs_replan, escalate, flaky, test_bug, regression, new_failure, platform_specific, needs_approval)",
		"flaky: 3":                                              "flaky: must be a mapping, such as {retry_limit: 3}, and is 3",
		"flaky: {retries: 3}":                                   "flaky.retries: is no key of a rule (the keys are retry_limit, action, backoff)",
		"flaky: {retry_limt:}":                                  "flaky.retry_limt: is no key of a rule (did you mean retry_limit?)",
		"flaky: {retry_limit: lots}":                            `flaky.retry_limit: must be a whole number from 0 to 1000 and is "lots"`,
		"flaky: {retry_limit: 1.5}":                             "flaky.retry_limit: must be a whole number from 0 to 1000 and is 1.5",
		"flaky: {retry_limit: -1}":                              "flaky.retry_limit: must be a whole number from 0 to 1000 and is -1",
		"flaky: {backoff: soon}":                                `flaky.backoff: must be a length of time, such as 5s or 500ms, and is "soon"`,
		"flaky: {action: []}":                                   "flaky.action: has no action; leave the key out to keep those of the policy below",
		"flaky: {action: 3}":                                    "flaky.action: must be an action, such as retry_same_operation, and is 3",
		"flaky: {action: [log_isue]}":                           `flaky.action[0]: "log_isue" is no action (did you mean log_issue?)`,
		"flaky: {action: [delegate]}":                           "flaky.action[0]: `delegate` needs a value, as in `delegate: ...`",
		"flaky: {action: [{delegate: }]}":                       "flaky.action[0].delegate: needs a value and has empty",
		"flaky: {action: [{delegat: x}]}":                       `flaky.action[0]: "delegat" is no action (did you mean delegate?)`,
		"flaky: {action: [{}]}":                                 "flaky.action[0]: is empty",
		"flaky: {action: [{log_issue: now}]}":                   `flaky.action[0].log_issue: takes no value and has "now"`,
		"flaky: {action: [{mark_task: complete}]}":              `flaky.action[0].mark_task: cannot be "complete" (did you mean completed?)`,
		"flaky: {action: [{delegate: a, add_flag: b}]}":         "flaky.action[0]: holds 2 actions (add_flag, delegate); give each its own list item",
		"flaky: {action: [{delegate: a, porpose: b}]}":          "flaky.action[0].porpose: does not belong beside `delegate` (did you mean purpose?)",
		"flaky: {action: [{add_flag: a, purpose: b}]}":          "flaky.action[0].purpose: does not belong beside `add_flag`",
		"flaky: {action: [{escalate_to_user: {includes: []}}]}": "flaky.action[0].escalate_to_user.includes: is no key of escalate_to_user (did you mean include?)",
	} {
		_, problems := parse(t, text)
		assert.Equal(t, []string{want}, problems, text)
	}
}

func TestParsePolicyKeepsWhatIsRightBesideWhatIsWrong(t *testing.T) {
	got, problems := parse(t, "failure_handling:\n  Test-Bug: {retry_limit: '2', action: [retry_same_operation, nonsense]}\n  bogus: {}\n  escalate: {backoff: x}\n")
	assert.Len(t, problems, 3)
	assert.Equal(t, failure.Policy{failure.TestBug: {RetryLimit: 2, Actions: []failure.Step{{Do: "retry_same_operation"}}}}, got)
}

func TestParsePolicyTakesAnyNumberType(t *testing.T) {
	for _, n := range []any{2, int64(2), uint64(2), 2.0, "2"} {
		got, problems := failure.ParsePolicy(map[string]any{"flaky": map[string]any{"retry_limit": n, "backoff": n}})
		assert.Empty(t, problems)
		assert.Equal(t, failure.Policy{failure.Flaky: {RetryLimit: 2, Backoff: 2 * time.Second}}, got)
	}
}

// The trees come from JSON, which has the same shapes as YAML and a reader that keeps up with the fuzzer.
func FuzzParsePolicy(f *testing.F) {
	ours, err := os.ReadFile("policy.yaml")
	require.NoError(f, err)
	seed, err := json.Marshal(tree(f, string(ours)))
	require.NoError(f, err)
	f.Add(string(seed))
	f.Add(`{"transient": {"retry_limit": 3, "backoff": 1e9, "action": [{"delegate": "x", "purpose": ["y"]}, 3, null, {}]}}`)
	f.Fuzz(func(t *testing.T, text string) {
		var v any
		if json.Unmarshal([]byte(text), &v) != nil {
			t.Skip("no tree")
		}
		policy, _ := failure.ParsePolicy(v)
		for _, kind := range failure.Kinds() {
			policy.Over(failure.Default()).Decide(failure.Signal{Kind: kind}, used(kind, 1), failure.Abilities{})
		}
	})
}
