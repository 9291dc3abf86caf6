package plan

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// newScalar is a value that Edit writes.
type newScalar struct {
	text string
	// literal is true for numbers and booleans, which are never quoted of our own accord; free for text of
	// people and agents, which always is.
	literal, free bool
}

// scalarOf checks the value of a change.
func scalarOf(change Change) (newScalar, error) {
	s := newScalar{text: strings.ToValidUTF8(change.Value, "\ufffd")}
	key := change.Key[strings.LastIndexByte(change.Key, '.')+1:]
	switch key {
	case "retries_used":
		s.literal = true
		if n, err := strconv.Atoi(s.text); err != nil || n < 0 {
			return s, fmt.Errorf("%s wants a number, not %q", change.Key, change.Value)
		}
	case "flaky":
		s.literal = true
		if s.text != "true" && s.text != "false" {
			return s, fmt.Errorf("%s wants true or false, not %q", change.Key, change.Value)
		}
	case "status", "approval_state":
	default:
		s.free = true
	}
	return s, nil
}

// write returns the scalar on one line, in a style where the text allows it. Text that a reader might take
// for something else (a number, `yes`, `null`) is quoted.
func (s newScalar) write(style Style) string {
	switch {
	case style == SingleQuoted && printable(s.text):
		return "'" + strings.ReplaceAll(s.text, "'", "''") + "'"
	case style == SingleQuoted, style == DoubleQuoted, s.free, !s.literal && !safeWord(s.text):
		return Quote(s.text)
	}
	return s.text
}

// safeWord reports whether a text can stand without quotes anywhere, and every YAML reader takes it for text.
func safeWord(text string) bool {
	if text == "" {
		return false
	}
	for i := range len(text) {
		c := text[i] | 0x20
		letter := c >= 'a' && c <= 'z'
		if !letter && (i == 0 || text[i] != '_' && text[i] != '-' && (text[i] < '0' || text[i] > '9')) {
			return false
		}
	}
	return !reserved(text)
}

// reserved reports whether some YAML reader takes a word for a truth value, nothing or a number.
func reserved(word string) bool {
	if len(word) > len("infinity") {
		return false
	}
	switch strings.ToLower(word) {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity":
		return true
	}
	return false
}

// printable reports whether a text can stand in single quotes on one line.
func printable(text string) bool {
	for _, r := range text {
		if !PlainRune(r) {
			return false
		}
	}
	return true
}

// PlainRune reports whether a character may stand in YAML as it is. The line ends of Unicode are printable for
// YAML 1.2 but end the line for YAML 1.1.
func PlainRune(r rune) bool {
	return r == ' ' || unicode.IsGraphic(r) && r != '\u2028' && r != '\u2029' && r != '\u0085' && r != '\ufeff'
}

// Quote writes a text as YAML in double quotes, on one line and in characters that everyone sees.
func Quote(text string) string {
	return quoteWith(text, func(r rune) string {
		switch {
		case r < 0x100:
			return fmt.Sprintf(`\x%02x`, r)
		case r < 0x10000:
			return fmt.Sprintf(`\u%04x`, r)
		}
		return fmt.Sprintf(`\U%08x`, r)
	})
}

// quoteWith writes a text in double quotes; escaped writes what not everyone sees.
func quoteWith(text string, escaped func(rune) string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case PlainRune(r):
			b.WriteRune(r)
		default:
			b.WriteString(escaped(r))
		}
	}
	b.WriteByte('"')
	return b.String()
}
