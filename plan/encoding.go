package plan

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// checkEncoding refuses what is no UTF-8 text, before anything else looks at it. goccy/go-yaml takes NUL
// bytes and broken UTF-8 without a word, and the positions behind them would be wrong.
func checkEncoding(src *Source) []Problem {
	data := src.Bytes
	whole := func(text, hint string) []Problem {
		return []Problem{{Code: "P002", Severity: Error, File: src.Name, Text: text, Hint: hint}}
	}
	switch {
	case bytes.HasPrefix(data, []byte{0xFF, 0xFE}), bytes.HasPrefix(data, []byte{0xFE, 0xFF}),
		len(data) >= 4 && data[0] == 0 && data[1] != 0 && data[2] == 0,
		len(data) >= 4 && data[0] != 0 && data[1] == 0 && data[3] == 0:
		return whole("the file is UTF-16, a plan is UTF-8", "save it again as UTF-8")
	}
	if i := bytes.IndexByte(data, 0); i >= 0 {
		return whole(fmt.Sprintf("the file is not text: there is a NUL byte at offset %d", i), "is this the right file")
	}
	if utf8.Valid(data) {
		return checkControls(src)
	}
	i := 0
	for i < len(data) {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n <= 1 {
			break
		}
		i += n
	}
	pos := src.Pos(i)
	return []Problem{{
		Code: "P002", Severity: Error, File: src.Name, Line: pos.Line, Column: pos.Column,
		Text: fmt.Sprintf("the byte 0x%02X here is not UTF-8", data[i]),
		Hint: "save the file as UTF-8", Source: string(bytes.ToValidUTF8([]byte(src.Line(pos.Line)), []byte("?"))),
	}}
}

// checkControls refuses control characters, which YAML does not allow and no editor shows.
func checkControls(src *Source) []Problem {
	// A look at each byte is enough: those of longer characters are above the ASCII ones, and the other
	// control characters (U+0080 to U+009F, of which YAML allows U+0085) all begin with 0xC2.
	for i := 0; i < len(src.text); i++ {
		c := src.text[i]
		if c == 0xC2 && src.text[i+1] < 0xA0 && src.text[i+1] != 0x85 {
			c = src.text[i+1]
		} else if c >= 0x20 && c != 0x7F || c == '\t' || c == '\n' {
			continue
		}
		return []Problem{src.problem("P002", Error, i, fmt.Sprintf("there is a control character (0x%02X) here", c),
			fmt.Sprintf("delete it; within double quotes it can be written as \\x%02x", c))}
	}
	return nil
}
