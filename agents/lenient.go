package agents

import (
	"fmt"
	"strconv"
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
	// fault is why the last object could not be read, and at where; cut is true when the text ended within it.
	fault string
	at    int
	cut   bool
	// places, where it is not nil, is asked where each value stands. Reports do without: they are read from
	// the middle of an output of which only the end is known.
	places *places
}

// object reads the object that begins at pos and says where it ends; ok is false when there is none, and v
// then holds what was read of it. It never looks past the end of the object, and stops at the first thing it
// cannot read.
func (l *lenient) object(pos int) (v *plan.Value, end int, ok bool) {
	l.pos, l.depth, l.nodes = pos, 0, 0
	l.fault, l.at, l.cut = "", 0, false
	v, ok = l.value()
	return v, l.pos, ok
}

// refuse remembers the first reason why an object cannot be read.
func (l *lenient) refuse(at int, format string, args ...any) {
	if l.fault == "" {
		l.fault, l.at = fmt.Sprintf(format, args...), at
		l.cut = l.pos >= len(l.src)
	}
}

// found is what stands at pos, for a refusal.
func (l *lenient) found() string {
	if l.pos >= len(l.src) {
		return "the end"
	}
	r, _ := utf8.DecodeRuneInString(l.src[l.pos:])
	return strconv.QuoteRune(r)
}

func (l *lenient) place(pos int) plan.Pos {
	if l.places == nil {
		return plan.Pos{}
	}
	return l.places.of(pos)
}

func (l *lenient) value() (v *plan.Value, ok bool) {
	if l.nodes++; l.nodes > maxReportNodes {
		l.refuse(l.pos, "there are more than %d values in it", maxReportNodes)
		return nil, false
	}
	if !l.space() {
		l.refuse(l.pos, "a value is missing")
		return nil, false
	}
	at := l.place(l.pos)
	switch c := l.src[l.pos]; c {
	case '{':
		v, ok = l.mapping()
	case '[':
		v, ok = l.list()
	case '"', '\'':
		var s string
		s, ok = l.quoted(c)
		v = &plan.Value{Kind: plan.Scalar, Style: plan.DoubleQuoted, Text: s}
	default:
		v, ok = l.bare()
	}
	if v != nil {
		v.Pos = at
	}
	return v, ok
}

// part says whether what was read of a value before the refusal is worth keeping.
func part(v *plan.Value) bool { return v != nil && v.Kind != plan.Scalar }

func (l *lenient) mapping() (*plan.Value, bool) {
	if l.depth++; l.depth > maxReportDepth {
		l.refuse(l.pos, "values stand in each other more than %d deep", maxReportDepth)
		return nil, false
	}
	open := l.pos
	l.pos++
	v := &plan.Value{Kind: plan.Map, Flow: true}
	for l.comma() {
		if l.src[l.pos] == '}' {
			l.pos++
			l.depth--
			return v, true
		}
		at := l.place(l.pos)
		key, ok := l.key()
		if !ok {
			l.refuse(l.pos, "a key should stand here, not %s", l.found())
			return v, false
		}
		if !l.space() || l.src[l.pos] != ':' {
			l.refuse(l.pos, "a colon should stand behind the key %q, not %s", oneLine(key), l.found())
			return v, false
		}
		l.pos++
		item, ok := l.value()
		if ok || part(item) {
			v.Fields = append(v.Fields, plan.Field{Key: key, Value: item, Pos: at})
		}
		if !ok {
			return v, false
		}
	}
	l.refuse(open, "an object is not closed")
	return v, false
}

func (l *lenient) list() (*plan.Value, bool) {
	if l.depth++; l.depth > maxReportDepth {
		l.refuse(l.pos, "values stand in each other more than %d deep", maxReportDepth)
		return nil, false
	}
	open := l.pos
	l.pos++
	v := &plan.Value{Kind: plan.List, Flow: true}
	for l.comma() {
		if l.src[l.pos] == ']' {
			l.pos++
			l.depth--
			return v, true
		}
		item, ok := l.value()
		if ok || part(item) {
			v.Items = append(v.Items, item)
		}
		if !ok {
			return v, false
		}
	}
	l.refuse(open, "a list is not closed")
	return v, false
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
				l.refuse(l.pos, "a comment is not closed")
				return false
			}
			i := strings.Index(l.src[l.pos:], "*/")
			if i < 0 {
				l.noEndOf = l.pos
				l.refuse(l.pos, "a comment is not closed")
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
		l.refuse(l.pos, "a value should stand here, not %s", l.found())
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
	l.refuse(start-1, "a text is not closed")
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

// places finds lines and columns of a text. It is asked for one offset after another, so that it counts each
// character once.
type places struct {
	src    string
	offset int
	pos    plan.Pos
}

// of is the place of an offset that is not before the last one asked for.
func (p *places) of(offset int) plan.Pos {
	if p.pos.Line == 0 {
		p.pos = plan.Pos{Line: 1, Column: 1}
	}
	for _, r := range p.src[p.offset:offset] {
		if p.pos.Column++; r == '\n' {
			p.pos.Line, p.pos.Column = p.pos.Line+1, 1
		}
	}
	p.offset, p.pos.Offset = offset, offset
	return p.pos
}
