package plan

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The scanners below read one scalar each from normalised text. They are billow's own because the text
// of goccy/go-yaml's tokens loses tabs and its places are wrong behind comments, tags and blanks; both
// producers of Values (the walk over goccy's tree and the fast reader) share them, so that they agree.

// scalar is what a scanner found: the content, where it ends (behind the last byte of it), and whether it
// goes over several lines.
type scalar struct {
	text  string
	end   int
	multi bool
}

// syntaxError is a place in the text where it stops being YAML.
type syntaxError struct {
	offset int
	text   string
	hint   string
	// fix mends it; its places are those of the original bytes.
	fix []TextEdit
}

func (e *syntaxError) Error() string { return e.text }

// blank reports whether the byte at i is a blank, a line end or the end of the text.
func blank(text string, i int) bool {
	return i >= len(text) || text[i] == ' ' || text[i] == '\t' || text[i] == '\n'
}

// lineEnd returns where the line with offset i ends: at its "\n" or at the end of the text.
func lineEnd(text string, i int) int {
	if n := strings.IndexByte(text[i:], '\n'); n >= 0 {
		return i + n
	}
	return len(text)
}

// documentMark reports whether a line that starts at i is `---` or `...`.
func documentMark(text string, i int) bool {
	return (strings.HasPrefix(text[i:], "---") || strings.HasPrefix(text[i:], "...")) && blank(text, i+3)
}

func flowIndicator(c byte) bool {
	return c == ',' || c == '[' || c == ']' || c == '{' || c == '}'
}

// plainStart reports whether a plain scalar may begin at i.
func plainStart(text string, i int, flow bool) bool {
	if blank(text, i) {
		return false
	}
	switch c := text[i]; c {
	case '-', '?', ':':
		return !blank(text, i+1) && !(flow && flowIndicator(text[i+1]))
	case ',', '[', ']', '{', '}', '#', '&', '*', '!', '|', '>', '\'', '"', '%', '@', '`':
		return false
	}
	return true
}

// plainLine returns where the part of a plain scalar on the line of i ends, trailing blanks left out, and
// whether the line ends there (so that the scalar may go on on the next one).
func plainLine(text string, i int, flow bool) (end int, open bool) {
	end = i
	for ; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\n':
			return end, true
		case c == ' ' || c == '\t':
			continue
		case c == ':' && (blank(text, i+1) || flow && flowIndicator(text[i+1])):
			return end, false
		case c == '#' && i > end:
			return end, false
		case flow && flowIndicator(c):
			return end, false
		}
		end = i + 1
	}
	return end, true
}

// plain reads a plain scalar. Its further lines are indented by more than indent, the column (from 0) of
// the collection it stands in, -1 at the top; in flow style any indentation will do.
func plain(text string, i, indent int, flow, key bool) (scalar, error) {
	end, open := plainLine(text, i, flow)
	out := scalar{text: text[i:end], end: end}
	if key || !open {
		return out, nil
	}
	var folded strings.Builder
	for {
		next, breaks := nextLine(text, end, indent, flow)
		if next < 0 {
			break
		}
		if !out.multi {
			folded.WriteString(out.text)
			out.multi = true
		}
		fold(&folded, breaks)
		stop, more := plainLine(text, next, flow)
		folded.WriteString(text[next:stop])
		end = stop
		if !more {
			if !flow && stop < len(text) && colonFollows(text, stop) {
				return out, mappingNotAllowed(text, stop)
			}
			break
		}
	}
	if out.multi {
		out.text, out.end = folded.String(), end
	}
	return out, nil
}

// colonFollows reports whether the next thing on the line is a `:`.
func colonFollows(text string, i int) bool {
	for i < len(text) && (text[i] == ' ' || text[i] == '\t') {
		i++
	}
	return i < len(text) && text[i] == ':'
}

// mappingNotAllowed is the commonest fault of real plans: a `: ` in text that is not quoted.
func mappingNotAllowed(text string, i int) error {
	for text[i] != ':' {
		i++
	}
	return &syntaxError{offset: i, text: "a `: ` in text without quotes begins a new key"}
}

// nextLine finds where a multi-line plain scalar goes on behind the line end at i: the first character of
// the next line that is not empty, and the number of line ends before it; -1 where it does not go on.
func nextLine(text string, i, indent int, flow bool) (next, breaks int) {
	i = lineEnd(text, i)
	for i < len(text) {
		i++
		breaks++
		start := i
		for i < len(text) && text[i] == ' ' {
			i++
		}
		column := i - start
		for i < len(text) && (text[i] == ' ' || text[i] == '\t') {
			i++
		}
		switch {
		case i < len(text) && text[i] == '\n':
			continue
		case i == len(text), text[i] == '#',
			!flow && column <= indent,
			column == 0 && documentMark(text, start),
			flow && flowIndicator(text[i]),
			flow && text[i] == ':' && (blank(text, i+1) || flowIndicator(text[i+1])):
			return -1, 0
		}
		return i, breaks
	}
	return -1, 0
}

// fold writes what line ends within a scalar become: one is a blank, n are n-1 line ends.
func fold(b *strings.Builder, breaks int) {
	if breaks == 1 {
		b.WriteByte(' ')
		return
	}
	for range breaks - 1 {
		b.WriteByte('\n')
	}
}

// singleQuoted reads a '...' scalar that begins at i.
func singleQuoted(text string, i int) (scalar, error) {
	start := i
	i++
	from := i
	var b strings.Builder
	simple, multi := true, false
	for i < len(text) {
		switch text[i] {
		case '\'':
			if i+1 < len(text) && text[i+1] == '\'' {
				b.WriteString(text[from : i+1])
				i += 2
				from, simple = i, false
				continue
			}
			if simple {
				return scalar{text: text[from:i], end: i + 1}, nil
			}
			b.WriteString(text[from:i])
			return scalar{text: b.String(), end: i + 1, multi: multi}, nil
		case '\n':
			b.WriteString(strings.TrimRight(text[from:i], " \t"))
			next, breaks := skipBreaks(text, i)
			fold(&b, breaks)
			i, from, simple, multi = next, next, false, true
		default:
			i++
		}
	}
	return scalar{}, &syntaxError{offset: start, text: "the single quote that opens here is never closed",
		hint: "close it; a quote within single quotes is written twice"}
}

// skipBreaks goes over the line end at i, empty lines behind it and the indentation of the next line.
func skipBreaks(text string, i int) (next, breaks int) {
	for i < len(text) && (text[i] == '\n' || text[i] == ' ' || text[i] == '\t') {
		if text[i] == '\n' {
			breaks++
		}
		i++
	}
	return i, breaks
}

// doubleQuoted reads a "..." scalar that begins at i.
func doubleQuoted(text string, i int) (scalar, error) {
	start := i
	i++
	from := i
	var b strings.Builder
	simple, multi := true, false
	for i < len(text) {
		switch text[i] {
		case '"':
			if simple {
				return scalar{text: text[from:i], end: i + 1}, nil
			}
			b.WriteString(text[from:i])
			return scalar{text: b.String(), end: i + 1, multi: multi}, nil
		case '\\':
			b.WriteString(text[from:i])
			next, broke, err := escape(&b, text, i)
			if err != nil {
				return scalar{}, err
			}
			i, from, simple = next, next, false
			multi = multi || broke
		case '\n':
			b.WriteString(strings.TrimRight(text[from:i], " \t"))
			next, breaks := skipBreaks(text, i)
			fold(&b, breaks)
			i, from, simple, multi = next, next, false, true
		default:
			i++
		}
	}
	return scalar{}, &syntaxError{offset: start, text: "the double quote that opens here is never closed",
		hint: "close it; a quote within double quotes is written \\\""}
}

// escape reads the escape sequence at i and writes what it stands for; broke is true for an escaped line end.
func escape(b *strings.Builder, text string, i int) (next int, broke bool, err error) {
	if i+1 >= len(text) {
		return 0, false, &syntaxError{offset: i, text: "the text ends within an escape"}
	}
	c := text[i+1]
	switch c {
	case '\n':
		next, breaks := skipBreaks(text, i+1)
		for range breaks - 1 {
			b.WriteByte('\n')
		}
		return next, true, nil
	case 'x', 'u', 'U':
		n := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c]
		end := i + 2 + n
		if end > len(text) {
			end = len(text)
		}
		code, e := strconv.ParseUint(text[i+2:end], 16, 32)
		if e != nil || end != i+2+n {
			return 0, false, &syntaxError{offset: i, text: fmt.Sprintf("`\\%c` wants %d hexadecimal digits", c, n),
				hint: "a backslash within double quotes is written \\\\"}
		}
		if code >= 0xD800 && code < 0xDC00 && c == 'u' && end+6 <= len(text) && text[end:end+2] == "\\u" {
			if low, e := strconv.ParseUint(text[end+2:end+6], 16, 32); e == nil && low >= 0xDC00 && low < 0xE000 {
				b.WriteRune(rune((code-0xD800)<<10 | (low - 0xDC00) + 0x10000))
				return end + 6, false, nil
			}
		}
		if code > utf8.MaxRune || code >= 0xD800 && code < 0xE000 {
			return 0, false, &syntaxError{offset: i, text: fmt.Sprintf("`%s` is no character", text[i:end])}
		}
		b.WriteRune(rune(code))
		return end, false, nil
	}
	r, ok := simpleEscape(c)
	if !ok {
		_, n := utf8.DecodeRuneInString(text[i+1:])
		return 0, false, &syntaxError{offset: i,
			text: fmt.Sprintf("`\\%s` is no escape that double quotes know", text[i+1:i+1+n]),
			hint: "put the text in single quotes, where a backslash is only a backslash"}
	}
	b.WriteRune(r)
	return i + 2, false, nil
}

// simpleEscape returns what a backslash and c stand for.
func simpleEscape(c byte) (rune, bool) {
	switch c {
	case '0':
		return 0, true
	case 'a':
		return '\a', true
	case 'b':
		return '\b', true
	case 't', '\t':
		return '\t', true
	case 'n':
		return '\n', true
	case 'v':
		return '\v', true
	case 'f':
		return '\f', true
	case 'r':
		return '\r', true
	case 'e':
		return 0x1B, true
	case ' ', '"', '/', '\\':
		return rune(c), true
	case 'N':
		return 0x85, true
	case '_':
		return 0xA0, true
	case 'L':
		return 0x2028, true
	case 'P':
		return 0x2029, true
	}
	return 0, false
}

// block reads a literal (|) or folded (>) scalar that begins at i. indent is as for plain.
func block(text string, i, indent int) (scalar, error) {
	folded := text[i] == '>'
	start := i
	i++
	chomp, explicit := byte(0), 0
	for ; i < len(text) && !blank(text, i); i++ {
		switch c := text[i]; {
		case (c == '+' || c == '-') && chomp == 0:
			chomp = c
		case c >= '1' && c <= '9' && explicit == 0:
			explicit = int(c - '0')
		default:
			return scalar{}, &syntaxError{offset: start, text: "text that begins with `" + text[start:start+1] + "` must be quoted"}
		}
	}
	end := lineEnd(text, i)
	if rest := strings.TrimLeft(text[i:end], " \t"); rest != "" && (rest[0] != '#' || i == end) {
		return scalar{}, &syntaxError{offset: start, text: "a `" + text[start:start+1] + "` block begins on the next line, nothing may follow it here"}
	}
	width := max(indent, 0) + explicit
	if explicit == 0 {
		var err error
		if width, err = blockIndent(text, end, indent); err != nil {
			return scalar{}, err
		}
	}
	lines, stop, err := blockLines(text, end, width, indent)
	if err != nil {
		return scalar{}, err
	}
	return scalar{text: joinBlock(lines, folded, chomp, stop == len(text)), end: stop, multi: true}, nil
}

// blockIndent finds the indentation of a block scalar's text: that of its first line that is not empty.
func blockIndent(text string, i, indent int) (int, error) {
	widest := 0
	for i < len(text) {
		start := i + 1
		i = start
		for i < len(text) && text[i] == ' ' {
			i++
		}
		column := i - start
		if i < len(text) && text[i] != '\n' {
			if column <= indent || column == 0 && documentMark(text, start) {
				break
			}
			if column < widest {
				return 0, &syntaxError{offset: i, text: "this text is indented less than the empty lines before it",
					hint: "delete the blanks on the empty lines"}
			}
			return column, nil
		}
		widest = max(widest, column)
	}
	return max(widest, indent+1), nil
}

// blockLines returns the lines of a block scalar without their indentation, and where the last one ends.
func blockLines(text string, i, width, indent int) (lines []string, stop int, err error) {
	stop = i
	for i < len(text) {
		start := i + 1
		end := len(text)
		if start <= len(text) {
			end = lineEnd(text, start)
		}
		n := start
		for n < end && n-start < width && text[n] == ' ' {
			n++
		}
		if n-start < width && n < end {
			if text[n] == '\t' && strings.TrimLeft(text[n:end], " \t") != "" && n-start > indent {
				return nil, 0, &syntaxError{offset: n, text: "a tab cannot indent", hint: "indent with blanks"}
			}
			if strings.TrimLeft(text[n:end], " \t") != "" || text[n] == '\t' {
				break
			}
		}
		if width == 0 && documentMark(text, start) {
			break
		}
		if start == len(text) {
			// The text ends in a line end: there is no further line.
			break
		}
		lines = append(lines, text[n:end])
		i, stop = end, end
	}
	return lines, stop, nil
}

// joinBlock joins the lines of a block scalar as its style and chomping say; cut is true when the text
// ends without a line end behind the last of them.
func joinBlock(lines []string, folded bool, chomp byte, cut bool) string {
	n := len(lines)
	for n > 0 && lines[n-1] == "" {
		n--
	}
	var b strings.Builder
	moreIndented := func(line string) bool { return line != "" && (line[0] == ' ' || line[0] == '\t') }
	for i := 0; i < n; i++ {
		b.WriteString(lines[i])
		if i == n-1 {
			break
		}
		if !folded {
			b.WriteByte('\n')
			continue
		}
		// Lines fold into one, except beside lines that are indented further; empty lines stand for
		// the line ends between.
		empty := i + 1
		for lines[empty] == "" {
			empty++
		}
		breaks := empty - i
		if lines[i] == "" || moreIndented(lines[i]) || moreIndented(lines[empty]) {
			for range breaks {
				b.WriteByte('\n')
			}
		} else {
			fold(&b, breaks)
		}
		i = empty - 1
	}
	breaks := len(lines) - n
	if n > 0 {
		breaks++
	}
	if cut {
		breaks--
	}
	if chomp == '-' || chomp == 0 && n == 0 {
		breaks = 0
	}
	if chomp == 0 {
		breaks = min(breaks, 1)
	}
	for range breaks {
		b.WriteByte('\n')
	}
	return b.String()
}
