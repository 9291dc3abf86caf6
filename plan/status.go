package plan

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// ParseStatus reads a task's status in any spelling that plan files use: upper or lower case, with
// hyphens, underscores or blanks, with a sign such as ✅ beside it. No text at all is Pending. It reports
// false for a word it does not know; the status is Pending then too.
//
// needs_revision and needs_replan read as Pending: the task has to run again, and Task.RawStatus keeps
// the reason. in_progress stays InProgress: only the run's log knows whether somebody is still at it.
func ParseStatus(raw string) (Status, bool) {
	if !isWord(raw) {
		if word := strings.TrimFunc(raw, isSign); word != "" {
			raw = word
		}
	}
	switch statusWord(raw) {
	case "", "pending", "not_started", "open", "backlog", "todo", "to_do", "ready", "queued", "waiting",
		"planned", "needs_revision", "needs_replan", "needs_retry":
		return Pending, true
	case "in_progress", "inprogress", "running", "started", "active", "doing", "wip", "review", "in_review":
		return InProgress, true
	case "blocked", "needs_approval", "pending_approval", "awaiting_approval", "on_hold", "paused":
		return Blocked, true
	case "completed", "complete", "done", "finished", "succeeded", "success", "passed", "closed":
		return Completed, true
	case "skipped", "skip", "deferred", "archived", "superseded", "not_applicable":
		return Skipped, true
	case "failed", "failure", "error", "spec_rejected":
		return Failed, true
	case "cancelled", "canceled", "aborted", "abandoned":
		return Cancelled, true
	}
	return Pending, false
}

// isSign reports whether a character is a blank or a sign such as people put beside a status: "✅ completed".
func isSign(c rune) bool {
	return unicode.IsSpace(c) || c >= utf8.RuneSelf && unicode.In(c, unicode.So, unicode.Mn)
}

// statusWords are the spellings offered when somebody wrote another: the plain ones, not every synonym
// that is understood.
func statusWords() []string {
	return []string{"pending", "in_progress", "blocked", "completed", "skipped", "failed", "cancelled",
		"needs_revision", "needs_replan", "needs_approval", "deferred", "done", "todo"}
}

// statusWord brings a word to the one spelling the tables use: "In Progress" and "IN-PROGRESS" become
// "in_progress".
func statusWord(raw string) string {
	if isWord(raw) {
		return raw
	}
	return strings.Map(func(c rune) rune {
		if c == '-' || c == ' ' {
			return '_'
		}
		return c
	}, strings.ToLower(strings.TrimSpace(raw)))
}

// isWord is true of a word as statusWord makes them, which most are already.
func isWord(s string) bool {
	for i := range len(s) {
		if c := s[i]; c != '_' && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}
