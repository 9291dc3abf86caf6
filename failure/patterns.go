package failure

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Pattern is one thing that is known to go wrong, and how it shows.
type Pattern struct {
	// Name stands in the verdict ("pattern: network").
	Name string
	Kind Kind
	// Advice is added to the message, "" for none.
	Advice string
	// Phrases are looked for in lower case. They are what a program prints when this happens to it, not
	// words that it may print for other reasons: "connection refused", never "timeout".
	Phrases []string
	// Signal and Exit are the signal or the exit status that alone says it; "" and 0 for none.
	Signal string
	Exit   int
	// Limit: a provider's limit, which may come with a time to wait. Resets: where it does, that wait is
	// not counted as an attempt even for work under no known provider.
	Limit, Resets bool
	// Remote: it does not hold for a line about this very machine (localhost), where trying again does not
	// help.
	Remote bool
}

// Patterns is what billow knows beyond reports and a plan's own rules; the first that holds counts. The
// phrases are looked for in the last lines of the output of a failed attempt (12 lines within its last 4
// KiB) and in its message. Lines that tell of something else are passed over: places in source code, trace
// output of a shell, assertions, an agent's own words in an event stream. Where the last lines are a test
// runner's verdict no phrase counts at all: a test that fails on "connection refused" is a test that fails.
func Patterns() []Pattern {
	return []Pattern{
		{
			Name: "disk full", Kind: Escalate, Advice: "make room, then retry the task",
			Phrases: []string{"no space left on device", "disk quota exceeded", "enospc:", "not enough space on the disk"},
		},
		{
			Name: "credit", Kind: Escalate, Advice: "see to the account, then retry the task",
			Phrases: []string{"credit balance is too low", "insufficient_quota", "check your plan and billing", "payment required"},
		},
		{
			Name: "login", Kind: Escalate, Advice: "log in, then retry the task",
			Phrases: []string{"please run /login", "invalid api key", "invalid_api_key", "oauth token has expired", "authentication_error"},
		},
		{
			Name: "quota", Kind: Transient, Limit: true, Resets: true,
			Phrases: []string{"usage limit", "hit your limit", "hour limit reached", "weekly limit reached",
				"daily limit reached", "quota exceeded", "exceeded your current quota", "quota_exceeded", "session limit reached"},
		},
		{
			Name: "rate limit", Kind: Transient, Limit: true,
			Phrases: []string{"rate limit exceeded", "rate limit reached", "rate_limit_error", "rate_limit_exceeded",
				"exceeded a secondary rate limit", "rate limited", "ratelimiterror", "too many requests", "toomanyrequests",
				"status code 429", "status 429", "http 429", "error 429", "error: 429", "resource_exhausted", "overloaded_error"},
		},
		{
			Name: "lock", Kind: Transient,
			Phrases: []string{"could not get lock", "unable to acquire the dpkg", "unable to lock the administration directory",
				".lock': file exists", "another git process seems to be running", "database is locked",
				"error acquiring the state lock", "text file busy", "resource temporarily unavailable"},
		},
		{
			Name: "network", Kind: Transient, Remote: true,
			Phrases: []string{"could not resolve host", "couldn't resolve host", "temporary failure in name resolution",
				"temporary failure resolving", "name or service not known", "no such host", "server misbehaving",
				"network is unreachable", "no route to host", "connection refused", "connection reset by peer",
				"connection timed out", "connection was reset", "tls handshake timeout", "getaddrinfo eai_again",
				"getaddrinfo enotfound", "econnreset", "econnrefused", "etimedout", "enetunreach",
				"failed to connect to", "could not connect to server", "the remote end hung up unexpectedly",
				"early eof", "502 bad gateway", "503 service unavailable", "504 gateway time"},
		},
		{
			Name: "memory", Kind: NewFailure, Advice: "it needs more memory than there is",
			Phrases: []string{"javascript heap out of memory", "runtime: out of memory", "java.lang.outofmemoryerror",
				"cannot allocate memory", "memory cgroup out of memory", "virtual memory exhausted"},
		},
		{
			// 137 is 128 + 9, a shell's word for a child that was killed.
			Name: "killed", Kind: Transient, Signal: "killed", Exit: 137,
			Advice: "something outside ended it, often for want of memory",
		},
		{
			Name: "command not found", Kind: NewFailure, Exit: 127, Advice: "is it installed and on PATH?",
			Phrases: []string{": command not found", "executable file not found in $path"},
		},
		{
			Name: "not executable", Kind: NewFailure, Exit: 126, Advice: "may it be executed?",
		},
	}
}

const (
	tailBytes = 4 << 10
	tailLines = 12
	// messageBytes is how much of a line goes into a message.
	messageBytes = 200
)

// holds reports whether a line shows the pattern.
func (p Pattern) holds(line string) bool {
	lower := strings.ToLower(line)
	if p.Remote && containsAny(lower, "localhost", "127.0.0.1", "[::1]", " ::1", "0.0.0.0") {
		return false
	}
	return containsAny(lower, p.Phrases...)
}

// find gives the line that shows the pattern best: one with a phrase, else the last.
func (p Pattern) find(lines []string) string {
	for _, line := range lines {
		if p.holds(line) {
			return line
		}
	}
	return lines[len(lines)-1]
}

// message puts what was known, the line and the advice in one line.
func (p Pattern) message(known, line string) string {
	out := known
	if line = cut(line, messageBytes); line != "" && !strings.Contains(known, line) {
		out += ": " + line
	}
	if p.Advice != "" {
		out += " (" + p.Advice + ")"
	}
	return out
}

// tail gives the last lines of an output in which a pattern may be looked for.
func tail(output string) []string {
	output = output[max(0, len(output)-tailBytes):]
	var all []string
	for line := range strings.Lines(output) {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	all = all[max(0, len(all)-tailLines):]
	if slices.ContainsFunc(all, testVerdict) {
		return nil
	}
	return slices.DeleteFunc(all, besideThePoint)
}

// testVerdict reports whether a line is how a test runner says that tests have failed.
func testVerdict(line string) bool {
	lower := strings.ToLower(line)
	for _, word := range []string{" failed", " failing", " failure"} {
		// "1 failed" is a runner's verdict; "0 failed" and "request failed" are not.
		before, _, found := strings.Cut(lower, word)
		count := before[len(strings.TrimRight(before, "0123456789")):]
		if found && strings.Trim(count, "0") != "" {
			return true
		}
	}
	return strings.HasPrefix(lower, "--- fail") || strings.HasPrefix(lower, "fail\t") || strings.HasPrefix(lower, "not ok ") ||
		containsAny(lower, "test result: failed", "failed (failures=", "failed (errors=", "assertionerror",
			"failures:", "there were failing tests", "there are test failures")
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// besideThePoint reports whether a line tells of something else than what ended the attempt.
func besideThePoint(line string) bool {
	lower := strings.ToLower(line)
	switch {
	case sourcePlace(line), strings.HasPrefix(line, "+"), strings.HasPrefix(line, "-"), strings.HasPrefix(line, "at "):
		return true
	case containsAny(lower, "assert", "expected", "want ", "want:", "got:", "retrying", "will retry", "warning:"):
		return true
	case strings.HasPrefix(line, "{") || strings.HasPrefix(line, `"`):
		// A line of an event stream is an agent's own words, unless the event is an error.
		return !containsAny(lower, `"is_error":true`, `"is_error": true`, `"type":"error"`, `"type": "error"`, `"error":`)
	}
	return false
}

// sourcePlace reports whether a line begins with a place in source code: main.go:12:3, app.ts(12,5),
// --> src/main.rs:2:5.
func sourcePlace(line string) bool {
	line = strings.TrimPrefix(line, "--> ")
	end := strings.IndexAny(line, " \t")
	if end < 0 {
		end = len(line)
	}
	name, rest, found := line[:end], "", false
	if i := strings.IndexAny(name, ":("); i > 0 {
		name, rest, found = name[:i], name[i+1:], true
	}
	dot := strings.LastIndexByte(name, '.')
	return found && dot > 0 && len(name)-dot <= 6 && rest != "" && isDigit(rest[0])
}

func containsAny(s string, subs ...string) bool {
	return slices.ContainsFunc(subs, func(sub string) bool { return strings.Contains(s, sub) })
}

// cut shortens a text to at most n bytes, at a whole character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
