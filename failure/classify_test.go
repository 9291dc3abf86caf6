package failure_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/failure"
)

// exited is a failed shell task that printed this.
func exited(output string) failure.Observation {
	return failure.Observation{Exited: true, Exit: 1, Output: output}
}

func TestTheAgentsOwnWordComesFirst(t *testing.T) {
	plan := func(failure.Observation) (failure.Kind, string, bool) { return failure.Regression, "true", true }
	for _, c := range []struct {
		fail, status string
		want         failure.Kind
		rule         string
	}{
		{"transient", "failed", failure.Transient, "report"},
		{"Test-Bug", "failed", failure.TestBug, "report"},
		{"platform specific", "", failure.PlatformSpecific, "report"},
		{"needs_approval", "failed", failure.NeedsApproval, "report"},
		{"", "needs_retry", failure.Transient, "status"},
		{"", "needs_revision", failure.Fixable, "status"},
		{"", "Needs-Replan", failure.NeedsReplan, "status"},
		{"", "spec_rejected", failure.NeedsReplan, "status"},
		{"", "needs_approval", failure.NeedsApproval, "status"},
		{"", "blocked", failure.Escalate, "status"},
		{"", "needs_input", failure.Escalate, "status"},
		{"regression", "needs_revision", failure.Regression, "report"},
		{"fixable", "needs_approval", failure.NeedsApproval, "status"},
		{"catastrophe", "needs_retry", failure.Transient, "status"},
		{"catastrophe", "failed", failure.Regression, "plan: true"},
		{"", "failed", failure.Regression, "plan: true"},
		{"", "", failure.Regression, "plan: true"},
	} {
		got := failure.Classify(failure.Observation{Reported: c.fail, Status: c.status}, plan)
		assert.Equal(t, c.want, got.Kind, "%+v", c)
		assert.Equal(t, c.rule, got.Rule, "%+v", c)
	}
}

func TestThePlansRulesComeBeforePatterns(t *testing.T) {
	o := exited("curl: (6) Could not resolve host: example.invalid")
	var seen failure.Observation
	got := failure.Classify(o, func(o failure.Observation) (failure.Kind, string, bool) {
		seen = o
		return failure.PlatformSpecific, `output contains "resolve"`, true
	})
	assert.Equal(t, o, seen)
	assert.Equal(t, failure.PlatformSpecific, got.Kind)
	assert.Equal(t, `plan: output contains "resolve"`, got.Rule)

	none := func(failure.Observation) (failure.Kind, string, bool) { return "", "", false }
	assert.Equal(t, "pattern: network", failure.Classify(o, none).Rule)
}

func TestPatternsKnowWhatProgramsPrint(t *testing.T) {
	for output, want := range map[string]string{
		"curl: (6) Could not resolve host: example.invalid":                                                                 "network transient",
		"npm ERR! code EAI_AGAIN\nnpm ERR! request failed, reason: getaddrinfo EAI_AGAIN registry.invalid":                  "network transient",
		"go: example.invalid/x@v1: Get \"https://example.invalid\": dial tcp: lookup example.invalid: no such host":         "network transient",
		"fatal: unable to access 'https://example.invalid/': Failed to connect to example.invalid port 443":                 "network transient",
		"ssh: connect to host example.invalid port 22: Connection timed out\nfatal: Could not read from remote repository.": "network transient",
		"requests.exceptions.ConnectionError: (Caused by NewConnectionError('[Errno -2] Name or service not known'))":       "network transient",
		"5 passed, 0 failed\nupload: connection reset by peer":                                                              "network transient",
		"Error: 503 Service Unavailable":                                                "network transient",
		"E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by 123":          "lock transient",
		"fatal: Unable to create '/x/.git/index.lock': File exists.":                    "lock transient",
		"Error: database is locked":                                                     "lock transient",
		"cp: error writing 'big': No space left on device":                              "disk full escalate",
		"write failed: Disk quota exceeded":                                             "disk full escalate",
		"FATAL ERROR: Reached heap limit - JavaScript heap out of memory":               "memory new_failure",
		"fork: Cannot allocate memory":                                                  "memory new_failure",
		"Claude AI usage limit reached|1749924000":                                      "quota transient",
		"You've hit your limit · resets 3pm (America/New_York)":                         "quota transient",
		"You've hit your usage limit. Upgrade to Pro or try again in 1 day 9 hours.":    "quota transient",
		"API Error: 429 {\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\"}}": "rate limit transient",
		`{"type":"result","is_error":true,"result":"API Error: Rate limit reached"}`:    "rate limit transient",
		"Error response from daemon: toomanyrequests: You have reached your pull limit": "rate limit transient",
		"Invalid API key · Please run /login":                                           "login escalate",
		"Credit balance is too low":                                                     "credit escalate",
		"bash: line 1: frobnicate: command not found":                                   "command not found new_failure",
		`exec: "frobnicate": executable file not found in $PATH`:                        "command not found new_failure",
	} {
		got := failure.Classify(exited(output), nil)
		name, found := strings.CutPrefix(got.Rule, "pattern: ")
		assert.True(t, found, "%s: %s", output, got.Rule)
		assert.Equal(t, want, name+" "+string(got.Kind), output)
	}
}

func TestAMentionIsNotAFailureOfThatKind(t *testing.T) {
	for name, output := range map[string]string{
		"nothing":           "",
		"a plain failure":   "make: *** [Makefile:3: all] Error 1",
		"the word timeout":  "--- timeout: 5s\nerror: 3 files differ\n",
		"a compiler":        "client.go:12:3: undefined: errConnectionRefused // connection refused\nsrc/net.ts(12,5): error TS2304: 'rate limit exceeded'\n",
		"rustc":             "error[E0425]: cannot find value\n --> src/main.rs:2:5 connection refused\nerror: could not compile `x`",
		"go test":           "=== RUN   TestDial\nclient: dial tcp 10.0.0.1:80: connect: connection refused\n--- FAIL: TestDial (0.00s)\nFAIL\nFAIL\tx/client\t0.01s\nFAIL",
		"pytest":            "E   ConnectionError: Connection refused\n=== 1 failed, 3 passed in 0.12s ===",
		"pytest, one line":  "E   TimeoutError: database is locked\n=== 1 failed in 0.12s ===",
		"jest":              "connect ECONNREFUSED 10.0.0.1:3000\nTests:       1 failed, 2 passed, 3 total",
		"cargo test":        "thread panicked: Connection reset by peer\ntest result: FAILED. 1 passed; 1 failed; 0 ignored",
		"mocha":             "  1 failing\n  1) client\n     rate limit exceeded",
		"tap":               "# too many requests\nnot ok 1 - client",
		"maven":             "connection refused\n[ERROR] Tests run: 5, Failures: 1, Errors: 0",
		"an assertion":      "assert err == 'connection refused'",
		"an expectation":    "got \"200 OK\", expected 503 Service Unavailable",
		"a local server":    "dial tcp 127.0.0.1:5432: connect: connection refused",
		"another local one": "Error: connect ECONNREFUSED ::1:3000",
		"a shell's trace":   "+ echo 'no space left on device'\nexiting",
		"a retried hiccup":  "connection reset by peer, retrying (1 of 3)\nerror: checksum mismatch",
		"a warning":         "WARNING: rate limit reached, slowing down\nerror: bad input",
		"long ago":          "connection refused\n" + strings.Repeat("working\n", 20) + "error: bad input",
		"far back":          "connection refused\n" + strings.Repeat("x", 5<<10) + "\nerror: bad input",
		"an agent's words":  `{"type":"assistant","text":"I made it return 429 Too Many Requests when the rate limit exceeded"}`,
		"a diff":            "-  return errors.New(\"connection refused\")\n+  return errors.New(\"no route to host\")",
		"a stack":           "at Socket.connection refused (net.js:1:2)\nError: boom",
		"bytes, not text":   "\xff\xfe\x00",
	} {
		got := failure.Classify(exited(output), nil)
		assert.Equal(t, failure.NewFailure, got.Kind, "%s: %s", name, got.Rule)
		assert.Equal(t, "default", got.Rule, name)
	}
}

func TestAnAgentThatReportedIsNotReadBetweenTheLines(t *testing.T) {
	o := exited("connection refused by the peer: connection refused")
	o.Status = "failed"
	assert.Equal(t, "default", failure.Classify(o, nil).Rule)
	o.Message = "could not push: Connection reset by peer"
	assert.Equal(t, "pattern: network", failure.Classify(o, nil).Rule, "its own reason counts")
}

func TestSignalsAndExitStatusesSpeakForThemselves(t *testing.T) {
	for _, c := range []struct {
		name string
		o    failure.Observation
		want failure.Signal
	}{
		{"killed", failure.Observation{Signal: "killed"},
			failure.Signal{Kind: failure.Transient, Rule: "pattern: killed", Message: "ended by the signal killed (something outside ended it, often for want of memory)"}},
		{"a child was killed", failure.Observation{Exited: true, Exit: 137, Output: "Killed\n"},
			failure.Signal{Kind: failure.Transient, Rule: "pattern: killed", Exit: 137, Message: "exit status 137: Killed (something outside ended it, often for want of memory)"}},
		{"killed at a deadline", failure.Observation{Signal: "killed", Timeout: "total"},
			failure.Signal{Kind: failure.NewFailure, Rule: "default", Message: "the time limit has passed"}},
		{"silent", failure.Observation{Signal: "terminated", Timeout: "idle"},
			failure.Signal{Kind: failure.NewFailure, Rule: "default", Message: "nothing more was printed in the time allowed between outputs"}},
		{"crashed", failure.Observation{Signal: "segmentation fault"},
			failure.Signal{Kind: failure.NewFailure, Rule: "default", Message: "ended by the signal segmentation fault"}},
		{"not found", failure.Observation{Exited: true, Exit: 127, Output: "start\nsh: 1: frobnicate: not found\n"},
			failure.Signal{Kind: failure.NewFailure, Rule: "pattern: command not found", Exit: 127, Message: "exit status 127: sh: 1: frobnicate: not found (is it installed and on PATH?)"}},
		{"exit 1", failure.Observation{Exited: true, Exit: 1, Message: "exit status 1"},
			failure.Signal{Kind: failure.NewFailure, Rule: "default", Exit: 1, Message: "exit status 1"}},
		{"nothing at all", failure.Observation{},
			failure.Signal{Kind: failure.NewFailure, Rule: "default", Message: "no result"}},
		{"a long line", failure.Observation{Exited: true, Exit: 1, Output: "No space left on device: " + strings.Repeat("é", 300)},
			failure.Signal{Kind: failure.Escalate, Rule: "pattern: disk full", Exit: 1,
				Message: "exit status 1: No space left on device: " + strings.Repeat("é", 87) + "… (make room, then retry the task)"}},
	} {
		assert.Equal(t, c.want, failure.Classify(c.o, nil), c.name)
	}
}

func TestALimitPausesAProviderUntilItsReset(t *testing.T) {
	zone := time.FixedZone("", -5*3600)
	now := time.Date(2026, 11, 20, 13, 30, 15, 0, zone)
	for output, want := range map[string]time.Duration{
		"Claude AI usage limit reached|" + "1795207000":                       time.Unix(1795207000, 0).Sub(now) + time.Second,
		"You've hit your limit · resets 3pm (America/New_York)":               time.Hour + 29*time.Minute + 46*time.Second,
		"5-hour limit reached ∙ resets 1:30 PM":                               23*time.Hour + 59*time.Minute + 46*time.Second,
		"5-hour limit reached ∙ resets 12am":                                  10*time.Hour + 29*time.Minute + 46*time.Second,
		"Weekly limit reached ∙ resets Nov 22 at 10am":                        44*time.Hour + 29*time.Minute + 46*time.Second,
		"You've hit your usage limit. Try again at 5:42 PM.":                  4*time.Hour + 11*time.Minute + 46*time.Second,
		"usage limit reached, resets at 2026-11-20T19:30:15Z":                 time.Hour + time.Second,
		"usage limit reached, resets at 17:30":                                3*time.Hour + 59*time.Minute + 46*time.Second,
		"You've hit your usage limit, try again in 1 day 9 hours 16 minutes.": 33*time.Hour + 16*time.Minute,
		"usage limit reached, resets in 5 minutes":                            5 * time.Minute,
		"rate limit exceeded, retry after 30s":                                30 * time.Second,
		"too many requests\nHTTP 429 Retry-After: 120":                        0,
		"HTTP 429 Retry-After: 120":                                           2 * time.Minute,
		"RESOURCE_EXHAUSTED: Please retry in 34.5s.":                          34500 * time.Millisecond,
		"Rate limit reached for gpt. Please try again in 1m20s.":              80 * time.Second,
		"Rate limit reached. Please try again in 120ms.":                      120 * time.Millisecond,
		"rate limit exceeded. Please try again in 3 hours and 5 mins":         3*time.Hour + 5*time.Minute,
		"usage limit reached, resets at 99:99":                                0,
		"usage limit reached, resets Foo 3 at 3pm":                            0,
		"usage limit reached, resets at 2026-11-19T19:30:15Z":                 0,
		"usage limit reached, try again in 900000 days":                       0,
		"usage limit reached, resets in 3 files":                              3 * time.Second,
		"usage limit reached, see section 3":                                  0,
		"usage limit reached, resets at 7":                                    0,
		"usage limit reached":                                                 0,
	} {
		o := exited(output)
		o.Provider, o.At = "claude", now
		got := failure.Classify(o, nil)
		assert.Equal(t, want, got.RetryIn, output)
		assert.True(t, got.Quota, output)
	}
}

func TestALimitOnWorkUnderNoProviderCountsUnlessItSaysWhenItEnds(t *testing.T) {
	for output, quota := range map[string]bool{
		"HTTP 429 Retry-After: 120":               false,
		"usage limit reached":                     false,
		"usage limit reached, resets in 1 hour":   true,
		"npm ERR! 429 Too Many Requests - GET /x": false,
	} {
		got := failure.Classify(exited(output), nil)
		require.Equal(t, failure.Transient, got.Kind, output)
		assert.Equal(t, quota, got.Quota, output)
	}
	sig := failure.Classify(exited("HTTP 429 Retry-After: 120"), nil)
	assert.Equal(t, 2*time.Minute, failure.Default().Decide(sig, failure.Case{}, failure.Abilities{}).Delay, "it waits as long as it was told")
}

func TestTimesOfDayNeedToKnowTheTime(t *testing.T) {
	o := exited("usage limit reached, resets 3pm")
	o.Provider = "claude"
	assert.Zero(t, failure.Classify(o, nil).RetryIn)
}

func TestEveryPatternHasANameAndAWayToHold(t *testing.T) {
	names := map[string]bool{}
	for _, p := range failure.Patterns() {
		assert.NotEmpty(t, p.Name)
		assert.False(t, names[p.Name], p.Name)
		names[p.Name] = true
		assert.Contains(t, failure.Kinds(), p.Kind, p.Name)
		assert.True(t, len(p.Phrases) > 0 || p.Exit != 0 || p.Signal != "", p.Name)
		for _, phrase := range p.Phrases {
			assert.Equal(t, strings.ToLower(phrase), phrase, "looked for in lower case")
		}
	}
}

func FuzzClassify(f *testing.F) {
	f.Add("", "", "killed", "", 0, "rate limit exceeded, try again in 99999999999999 days")
	f.Add("transient", "failed", "", "total", 137, "usage limit reached|1749924000 resets Feb 30 at 25:61pm")
	f.Fuzz(func(t *testing.T, reported, status, signal, timeout string, exit int, output string) {
		o := failure.Observation{Reported: reported, Status: status, Signal: signal, Timeout: timeout, Exited: exit != 0,
			Exit: exit, Output: output, Provider: "p", At: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)}
		got := failure.Classify(o, nil)
		require.Contains(t, failure.Kinds(), got.Kind)
		require.NotEmpty(t, got.Rule)
		require.NotEmpty(t, got.Message)
		require.GreaterOrEqual(t, got.RetryIn, time.Duration(0))
	})
}
