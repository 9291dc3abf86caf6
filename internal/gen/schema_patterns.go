package main

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// Patterns are written for the regular expressions of JavaScript with its u flag, which editors use, and of
// Go alike: no flags, no lookaround, no needless escapes.

// spelled fits a word in any case, with hyphens or blanks for underscores: how plans are read.
func spelled(word string) string {
	var b strings.Builder
	for _, c := range strings.ToLower(word) {
		switch {
		case c == '_':
			b.WriteString("[-_ ]")
		case unicode.IsLower(c) && c < unicode.MaxASCII:
			b.WriteString("[" + string(unicode.ToUpper(c)) + string(c) + "]")
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

func alternatives(words ...string) string {
	var out []string
	for _, w := range words {
		out = append(out, spelled(w))
	}
	return strings.Join(out, "|")
}

// upTo fits the digits of a number up to a power of ten.
func upTo(least, most int) string {
	zeros := len(strconv.Itoa(most)) - 1
	if least == 0 {
		return fmt.Sprintf(`0*(\d{1,%d}|%d)`, zeros, most)
	}
	return fmt.Sprintf(`0*([1-9]\d{0,%d}|%d)`, zeros-1, most)
}

// wholePattern fits a whole number in quotes; least is 0 or 1, most a power of ten.
func wholePattern(least, most int) string {
	return `^\s*[+]?` + upTo(least, most) + `(\.0*)?\s*$`
}

// waveKeyPattern fits the keys of a plan that can only be a wave: wave_1, Phase-2.
func waveKeyPattern() string {
	return `^\s*(` + alternatives("wave", "phase", "stage", "milestone") + `)[-_ ]?` + upTo(0, 100_000) + `\s*$`
}

// waveNumberPattern fits what counts as the number of a wave where one is expected: 2, W2, wave-2, Phase 2.
func waveNumberPattern() string {
	return `^\s*((` + alternatives("wave", "phase", "stage", "milestone") + `)[-_ ]?|[Ww]?[Pp]?)` + upTo(0, 100_000) + `\s*$`
}

// durationPattern fits what plan.ParseDuration reads.
func durationPattern() string {
	unit := "(" + alternatives("s", "sec", "secs", "second", "seconds", "ns", "us", "µs", "μs", "ms", "millisecond", "milliseconds",
		"m", "min", "mins", "minute", "minutes", "h", "hr", "hrs", "hour", "hours", "d", "day", "days", "w", "week", "weeks") + ")"
	return `^\s*(\d+\.?\d*|\.\d+) *(` + unit + `(( *\d+\.?\d*| +\.\d+) *` + unit + `)*)?\s*$`
}

// truthPattern fits what plan.Value.AsBool reads.
func truthPattern() string {
	return `^\s*(` + alternatives("true", "yes", "on", "false", "no", "off") + `)\s*$`
}
