package text

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"billow/engine"
	"billow/internal/control"
)

func summaryOf(r control.RunResponse) string {
	if r.Plan == "" {
		r.Plan = "plan.yaml"
	}
	r.Ended = r.Started.Add(90 * time.Second)
	var b bytes.Buffer
	Summary(&b, &r, Style{})
	return b.String()
}

func TestASummarySaysHowItWentAndWhatToType(t *testing.T) {
	next := func(verb, task string) string { return "billow " + verb + " -p plan.yaml " + task }
	for name, c := range map[string]struct {
		r    control.RunResponse
		want string
	}{
		"completed": {control.RunResponse{Outcome: engine.OutcomeCompleted, Counts: engine.Counts{Total: 3, Done: 2, Skipped: 1}},
			"completed: 2 of 3 tasks done, 1 skipped, in 1m30s\n"},
		"nothing": {control.RunResponse{Outcome: engine.OutcomeCompleted, Nothing: true, Counts: engine.Counts{Total: 12, Done: 12}},
			"nothing to do: all 12 tasks are completed\n"},
		"nothing, one": {control.RunResponse{Outcome: engine.OutcomeCompleted, Nothing: true, Counts: engine.Counts{Total: 1, Done: 1}},
			"nothing to do: the one task is completed\n"},
		"nothing can start": {control.RunResponse{Outcome: engine.OutcomeFailed, Nothing: true, Counts: engine.Counts{Total: 1, Failed: 1},
			Left: []control.Left{{Task: "a", State: engine.Failed, Why: "it failed", Next: []string{next("retry", "a"), "billow run plan.yaml"}}}},
			"nothing can start: 0 of 1 task done, 1 failed\n  failed      a\n" +
				"next:  billow retry -p plan.yaml a\n       billow run plan.yaml\n"},
		"only cancelled": {control.RunResponse{Outcome: engine.OutcomeFailed, Counts: engine.Counts{Total: 2, Cancelled: 1, Waiting: 1, Unreachable: 1},
			Left: []control.Left{{Task: "a", State: engine.Cancelled, Why: "it was cancelled", Next: []string{next("retry", "a"), "billow run plan.yaml"}},
				{Task: "b", State: engine.Waiting, Unreachable: true, Why: "it needs a, which was cancelled"}}},
			"failed: 0 of 2 tasks done, 1 cancelled, 1 unreachable, in 1m30s\n  cancelled   a\n  unreachable b  it needs a, which was cancelled\n" +
				"next:  billow retry -p plan.yaml a\n       billow run plan.yaml\n"},
		"a plan with a blank in its name": {control.RunResponse{Plan: "my plan.yaml", Outcome: engine.OutcomeBlocked, Counts: engine.Counts{Total: 1, Blocked: 1},
			Left: []control.Left{{Task: "a", State: engine.Blocked, Why: "it waits for an approval", Next: []string{"billow approve -p 'my plan.yaml' a"}}}},
			"blocked: 0 of 1 task done, 1 blocked, in 1m30s\n  blocked     a  it waits for an approval\n              billow approve -p 'my plan.yaml' a\n" +
				"next:  billow run 'my plan.yaml'\n"},
		"only some": {control.RunResponse{Outcome: engine.OutcomeCompleted, Counts: engine.Counts{Total: 3, Done: 1, Waiting: 2},
			Left: []control.Left{{Task: "b", State: engine.Waiting, Why: "it is not among them", Next: []string{"billow run plan.yaml"}}}},
			"done: 1 of 3 tasks done, 2 not run, in 1m30s\nnext:  billow run plan.yaml\n"},
		"interrupted": {control.RunResponse{Outcome: engine.OutcomeInterrupted, Interrupted: true, Counts: engine.Counts{Total: 2, Done: 1, Waiting: 1},
			Left: []control.Left{{Task: "b", State: engine.Waiting, Why: "the run is ending", Next: []string{"billow run plan.yaml"}}}},
			"interrupted: 1 of 2 tasks done, 1 not run, in 1m30s\nnext:  billow run plan.yaml\n"},
		"time limit": {control.RunResponse{Outcome: engine.OutcomeInterrupted, TimedOut: true, Counts: engine.Counts{Total: 1, Waiting: 1}},
			"time limit reached: 0 of 1 task done, 1 not run, in 1m30s\n"},
		"all kinds": {control.RunResponse{Outcome: engine.OutcomeFailed, Root: ".", Counts: engine.Counts{Total: 6, Failed: 1, Blocked: 2, Cancelled: 1, Waiting: 2, Unreachable: 1},
			Left: []control.Left{
				{Task: "later", State: engine.Waiting, Why: "it waits for ship (blocked)"},
				{Task: "ship", State: engine.Blocked, Why: "it waits for an approval: to production", Approval: "pending", Next: []string{next("approve", "ship"), next("deny", "ship")}},
				{Task: "odd", State: engine.Blocked, Why: "it is blocked: all 3 retries are used up", Log: ".billow/odd/4", Next: []string{next("logs", "odd"), next("retry", "odd"), "billow run plan.yaml"}},
				{Task: "test", State: engine.Failed, Why: "it failed: exit status 1: boom\x1b[31m", Log: ".billow/test/1", Next: []string{next("logs", "test"), next("retry", "test"), "billow run plan.yaml"}},
				{Task: "pack", State: engine.Waiting, Unreachable: true, Why: "it needs test, which failed"},
				{Task: "gone", State: engine.Cancelled, Why: "it was cancelled: cancelled by ada", Next: []string{next("retry", "gone"), "billow run plan.yaml"}},
			}},
			`failed: 0 of 6 tasks done, 1 failed, 2 blocked, 1 cancelled, 1 unreachable, 1 not run, in 1m30s
  failed      test  exit status 1: boom [31m
              log: .billow/test/1
  cancelled   gone  cancelled by ada
  blocked     ship  it waits for an approval: to production
              billow approve -p plan.yaml ship
              billow deny -p plan.yaml ship
  blocked     odd  all 3 retries are used up
              log: .billow/odd/4
              billow logs -p plan.yaml odd
              billow retry -p plan.yaml odd
  unreachable pack  it needs test, which failed
  not run     later  it waits for ship (blocked)
next:  billow logs -p plan.yaml test
       billow retry -p plan.yaml test
       billow run plan.yaml
`},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, c.want, summaryOf(c.r)) })
	}
}

func TestASummaryOfThousandsIsShort(t *testing.T) {
	r := control.RunResponse{Outcome: engine.OutcomeFailed, Counts: engine.Counts{Total: 5000, Failed: 5000}}
	for range 5000 {
		r.Left = append(r.Left, control.Left{Task: "t", State: engine.Failed, Why: "it failed: no"})
	}
	got := summaryOf(r)
	assert.Contains(t, got, "and 4980 more; billow status lists them\n")
	assert.Less(t, bytes.Count([]byte(got), []byte("\n")), 30)
}
