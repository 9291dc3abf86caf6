package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// width is the number of columns a line takes on a terminal, colors left out.
func width(line string) int {
	n := 0
	for i := 0; i < len(line); {
		if k := escape(line[i:]); k > 0 {
			i += k
			continue
		}
		r, k := utf8.DecodeRuneInString(line[i:])
		n += columns(r)
		i += k
	}
	return n
}

// rowsOf is the number of rows a line takes on a terminal that breaks lines.
func rowsOf(line string, wide int) int {
	rows, used := 1, 0
	for i := 0; i < len(line); {
		if k := escape(line[i:]); k > 0 {
			i += k
			continue
		}
		r, k := utf8.DecodeRuneInString(line[i:])
		if c := columns(r); used+c > wide && used > 0 {
			rows, used = rows+1, c
		} else {
			used += c
		}
		i += k
	}
	return rows
}

// cut shortens a line to at most n columns and ends the colors that are open at the cut.
func cut(line string, n int) string {
	if n <= 0 {
		return ""
	}
	if width(line) <= n {
		return line
	}
	var b strings.Builder
	colored, used := false, 0
	for i := 0; i < len(line); {
		if k := escape(line[i:]); k > 0 {
			colored = line[i:i+k] != "\x1b[0m"
			b.WriteString(line[i : i+k])
			i += k
			continue
		}
		r, k := utf8.DecodeRuneInString(line[i:])
		if used+columns(r) > n-1 {
			break
		}
		used += columns(r)
		b.WriteString(line[i : i+k])
		i += k
	}
	b.WriteString("…")
	if colored {
		b.WriteString("\x1b[0m")
	}
	return b.String()
}

// pad fills a line up to n columns.
func pad(line string, n int) string {
	if w := width(line); w < n {
		return line + strings.Repeat(" ", n-w)
	}
	return line
}

// escape is the length of the escape sequence that s begins with, 0 when there is none.
func escape(s string) int {
	if len(s) < 2 || s[0] != '\x1b' {
		return 0
	}
	if s[1] != '[' {
		return 2
	}
	for i := 2; i < len(s); i++ {
		if s[i] >= '@' && s[i] <= '~' {
			return i + 1
		}
	}
	return len(s)
}

// columns is how many columns a letter takes. It knows the blocks that terminals agree on; a full table
// would be a library for the sake of a few columns.
func columns(r rune) int {
	switch {
	case r < 0x20 || r == 0x7f:
		return 0
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	}
	for _, wide := range [][2]rune{{0x1100, 0x115f}, {0x2e80, 0x303e}, {0x3041, 0xa4cf}, {0xac00, 0xd7a3},
		{0xf900, 0xfaff}, {0xfe30, 0xfe6f}, {0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x1f300, 0x1f64f},
		{0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}} {
		if r >= wide[0] && r <= wide[1] {
			return 2
		}
	}
	return 1
}

// clean makes a line of a program's output fit to stand on a terminal between others: what a carriage return
// has overwritten goes, and so does everything that moves the cursor. Colors stay where they are wanted.
func clean(line []byte, color bool) []byte {
	for len(line) > 0 && line[len(line)-1] == '\r' {
		line = line[:len(line)-1]
	}
	s := string(line)
	if i := strings.LastIndexByte(s, '\r'); i >= 0 {
		s = s[i+1:]
	}
	if !strings.ContainsFunc(s, unicode.IsControl) {
		return []byte(s)
	}
	out := make([]byte, 0, len(s))
	colored := false
	for i := 0; i < len(s); {
		if k := escape(s[i:]); k > 0 {
			if color && s[i+k-1] == 'm' && s[i+1] == '[' {
				out = append(out, s[i:i+k]...)
				colored = true
			}
			i += k
			continue
		}
		r, k := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '\t':
			out = append(out, "    "...)
		case !unicode.IsControl(r):
			out = append(out, s[i:i+k]...)
		}
		i += k
	}
	if colored {
		out = append(out, "\x1b[0m"...)
	}
	return out
}
