package agents

import (
	"strings"
	"unicode/utf8"

	"billow/plan"
)

// Limits of what is read as one object of a report. They are far above any real report and keep hostile
// output from costing memory: every value takes a node.
const (
	maxReportDepth = 64
	maxReportNodes = 100_000
)

// lenient reads JSON as language models write it: with comments (//, #, /* */), trailing and missing
// commas, single quotes, bare keys and words, raw line breaks in strings. It yields plan.Values, so that a
// report is interpreted once, whether it came as JSON or stood in a YAML file.
//
// encoding/json was left because it refuses all of these, and the YAML parser because it knows neither //
// comments nor where an object in the middle of prose ends.
type lenient struct {
	src   string
	pos   int
	depth int
	nodes int
	// noEndOf is a place behind which no "*/" comes, 0 while none is known; it keeps a text full of "/*" from
	// being searched again and again.
	noEndOf int
}

// object reads the object that begins at pos and says where it ends; ok is false when there is none.
// It never looks past the end of the object, and stops at the first thing it cannot read.
func (l *lenient) object(pos int) (v *plan.Value, end int, ok bool) {
	l.pos, l.depth, l.nodes = pos, 0, 0
	v, ok = l.value()
	return v, l.pos, ok
}

func (l *lenient) value() (*plan.Value, bool) {
	if l.nodes++; l.nodes > maxReportNodes || !l.space() {
		return nil, false
	}
	switch c := l.src[l.pos]; c {
	case '{':
		return l.mapping()
	case '[':
		return l.list()
	case '"', '\'':
		s, ok := l.quoted(c)
		return &plan.Value{Kind: plan.Scalar, Style: plan.DoubleQuoted, Text: s}, ok
	}
	return l.bare()
}

func (l *lenient) mapping() (*plan.Value, bool) {
	if l.depth++; l.depth > maxReportDepth {
		return nil, false
	}
	l.pos++
	v := &plan.Value{Kind: plan.Map, Flow: true}
	for l.comma() {
		if l.src[l.pos] == '}' {
			l.pos++
			l.depth--
			return v, true
		}
		key, ok := l.key()
		if !ok || !l.space() || l.src[l.pos] != ':' {
			return nil, false
		}
		l.pos++
		item, ok := l.value()
		if !ok {
			return nil, false
		}
		v.Fields = append(v.Fields, plan.Field{Key: key, Value: item})
	}
	return nil, false
}

func (l *lenient) list() (*plan.Value, bool) {
	if l.depth++; l.depth > maxReportDepth {
		return nil, false
	}
	l.pos++
	v := &plan.Value{Kind: plan.List, Flow: true}
	for l.comma() {
		if l.src[l.pos] == ']' {
			l.pos++
			l.depth--
			return v, true
		}
		item, ok := l.value()
		if !ok {
			return nil, false
		}
		v.Items = append(v.Items, item)
	}
	return nil, false
}

// comma skips blanks, comments and any commas; false at the end of the text.
func (l *lenient) comma() bool {
	for l.space() {
		if l.src[l.pos] != ',' {
			return true
		}
		l.pos++
	}
	return false
}

// space skips blanks and comments; false at the end of the text.
func (l *lenient) space() bool {
	for l.pos < len(l.src) {
		switch c := l.src[l.pos]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			l.pos++
		case c == '#' || strings.HasPrefix(l.src[l.pos:], "//"):
			i := strings.IndexByte(l.src[l.pos:], '\n')
			if i < 0 {
				l.pos = len(l.src)
				return false
			}
			l.pos += i
		case strings.HasPrefix(l.src[l.pos:], "/*"):
			if l.noEndOf > 0 && l.pos >= l.noEndOf {
				return false
			}
			i := strings.Index(l.src[l.pos:], "*/")
			if i < 0 {
				l.noEndOf = l.pos
				return false
			}
			l.pos += i + 2
		default:
			return true
		}
	}
	return false
}

func (l *lenient) key() (string, bool) {
	if c := l.src[l.pos]; c == '"' || c == '\'' {
		return l.quoted(c)
	}
	start := l.pos
	for l.pos < len(l.src) && wordByte(l.src[l.pos]) {
		l.pos++
	}
	return l.src[start:l.pos], l.pos > start
}

func wordByte(c byte) bool {
	return c == '_' || c == '-' || c == '.' || c == '$' || c >= '0' && c <= '9' ||
		c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// bare reads a value without quotes: a number, true, null, or words up to the end of the entry.
func (l *lenient) bare() (*plan.Value, bool) {
	start := l.pos
	for l.pos < len(l.src) && !strings.ContainsRune(",:{}[]\"'#\r\n", rune(l.src[l.pos])) &&
		!strings.HasPrefix(l.src[l.pos:], "//") && !strings.HasPrefix(l.src[l.pos:], "/*") {
		l.pos++
	}
	text := strings.TrimSpace(l.src[start:l.pos])
	switch text {
	case "":
		return nil, false
	case "null", "None", "undefined", "~":
		return &plan.Value{Kind: plan.Null, Text: text}, true
	}
	return &plan.Value{Kind: plan.Scalar, Text: strings.ToValidUTF8(text, "\uFFFD")}, true
}

func (l *lenient) quoted(quote byte) (string, bool) {
	l.pos++
	start := l.pos
	// The common string has no escape and costs no copy.
	for l.pos < len(l.src) && l.src[l.pos] != quote && l.src[l.pos] != '\\' {
		l.pos++
	}
	if l.pos < len(l.src) && l.src[l.pos] == quote {
		l.pos++
		return strings.ToValidUTF8(l.src[start:l.pos-1], "\uFFFD"), true
	}
	var b strings.Builder
	b.WriteString(l.src[start:l.pos])
	for l.pos < len(l.src) {
		c := l.src[l.pos]
		l.pos++
		switch {
		case c == quote:
			return strings.ToValidUTF8(b.String(), "\uFFFD"), true
		case c != '\\':
			b.WriteByte(c)
		case l.pos < len(l.src):
			l.escape(&b)
		}
	}
	return "", false
}

// escape reads what stands behind a backslash. An escape that JSON does not know is kept as written: models
// write Windows paths and regular expressions without doubling the backslash.
func (l *lenient) escape(b *strings.Builder) {
	c := l.src[l.pos]
	l.pos++
	switch c {
	case '"', '\'', '\\', '/':
		b.WriteByte(c)
	case 'n':
		b.WriteByte('\n')
	case 't':
		b.WriteByte('\t')
	case 'r':
		b.WriteByte('\r')
	case 'b':
		b.WriteByte('\b')
	case 'f':
		b.WriteByte('\f')
	case 'u':
		r, ok := l.hex4(l.pos)
		if !ok {
			b.WriteString(`\u`)
			return
		}
		l.pos += 4
		if r >= 0xD800 && r < 0xDC00 && strings.HasPrefix(l.src[l.pos:], `\u`) {
			if low, ok := l.hex4(l.pos + 2); ok && low >= 0xDC00 && low < 0xE000 {
				l.pos += 6
				r = (r-0xD800)<<10 + (low - 0xDC00) + 0x10000
			}
		}
		if !utf8.ValidRune(r) {
			r = utf8.RuneError
		}
		b.WriteRune(r)
	default:
		b.WriteByte('\\')
		b.WriteByte(c)
	}
}

func (l *lenient) hex4(at int) (rune, bool) {
	if at+4 > len(l.src) {
		return 0, false
	}
	var r rune
	for _, c := range []byte(l.src[at : at+4]) {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	return r, true
}
