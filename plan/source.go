package plan

import (
	"sort"
	"strings"
	"unicode/utf8"
)

// Source is the bytes a Plan came from and where each value stands in them, so that a value can be
// replaced in place. Parse and Read make it; it is immutable.
//
// Of a folder of task files (see Bundle) it is the whole bundle: offsets and lines are counted through all files, and
// Place tells people where that is.
type Source struct {
	// Name is the file's name as it was given to Parse; it stands in messages.
	Name string
	// Bytes is the file, unchanged.
	Bytes []byte
	// Root is the first document; nil when there is none or it could not be read.
	Root *Value
	// Documents is the number of YAML documents in the file.
	Documents int
	// EOL is the line end of the file's first line: "\n", "\r\n" or, from long ago, "\r"; "\n" where there
	// is none.
	EOL string
	// BOM is true when the file begins with a UTF-8 byte order mark.
	BOM bool

	// text is the file as the scanners see it: without BOM, every line end a "\n".
	text string
	// lines holds where each line starts in Bytes; starts the same for text, nil when only the BOM differs.
	lines, starts []int
	// parts are the files of a bundle; nil for a file.
	parts []part
}

const bom = "\ufeff"

// newSource makes the line table and the normalised text of src.
func newSource(name string, src []byte) *Source {
	s := &Source{Name: name, Bytes: src, EOL: "\n"}
	text := string(src)
	if rest, ok := strings.CutPrefix(text, bom); ok {
		s.BOM, text = true, rest
	}
	// One allocation; to grow it line by line takes as much memory as the text.
	s.lines = append(make([]int, 0, 1+strings.Count(text, "\n")), len(src)-len(text))
	if i := strings.IndexByte(text, '\r'); i >= 0 {
		s.normalise(text)
		return s
	}
	s.text = text
	for i := 0; ; {
		n := strings.IndexByte(text[i:], '\n')
		if n < 0 {
			return s
		}
		i += n + 1
		s.lines = append(s.lines, s.lines[0]+i)
	}
}

// normalise turns the line ends "\r\n" and "\r" into "\n" and keeps where the lines were.
func (s *Source) normalise(text string) {
	var b strings.Builder
	b.Grow(len(text))
	base := s.lines[0]
	s.starts = append(s.starts, 0)
	from := 0
	for i := 0; i < len(text); i++ {
		if text[i] != '\n' && text[i] != '\r' {
			continue
		}
		b.WriteString(text[from:i])
		b.WriteByte('\n')
		eol := text[i : i+1]
		if strings.HasPrefix(text[i:], "\r\n") {
			eol = "\r\n"
		}
		if len(s.lines) == 1 {
			s.EOL = eol
		}
		i += len(eol) - 1
		from = i + 1
		s.lines = append(s.lines, base+from)
		s.starts = append(s.starts, b.Len())
	}
	b.WriteString(text[from:])
	s.text = b.String()
}

// Lines is the number of lines; a file that ends in a line end has an empty last one.
func (s *Source) Lines() int { return len(s.lines) }

// Line returns line n, counted from 1, without its line end; "" when there is no such line.
func (s *Source) Line(n int) string {
	if n < 1 || n > len(s.lines) {
		return ""
	}
	end := len(s.Bytes)
	if n < len(s.lines) {
		end = s.lines[n]
	}
	line := string(s.Bytes[s.lines[n-1]:end])
	if s.parts != nil {
		line, _, _ = strings.Cut(line, "\x00") // the head of the next file
	}
	return strings.TrimRight(line, "\r\n")
}

// Pos returns the place of a byte offset in Bytes; offsets outside are drawn to the nearest end.
func (s *Source) Pos(offset int) Pos {
	offset = min(max(offset, s.lines[0]), len(s.Bytes))
	line := sort.Search(len(s.lines), func(i int) bool { return s.lines[i] > offset })
	return Pos{
		Line:   line,
		Column: utf8.RuneCount(s.Bytes[s.lines[line-1]:offset]) + 1,
		Offset: offset,
	}
}

// Offset returns the byte offset in Bytes of a line and a column, both counted from 1, the column in
// characters. Places outside are drawn to the nearest end.
func (s *Source) Offset(line, column int) int {
	line = min(max(line, 1), len(s.lines))
	at := s.lines[line-1]
	text := s.Line(line)
	for range column - 1 {
		if text == "" {
			break
		}
		_, n := utf8.DecodeRuneInString(text)
		text, at = text[n:], at+n
	}
	return at
}

// textLine returns the index, from 0, of the line that an offset of text is in.
func (s *Source) textLine(offset int) int {
	if s.starts == nil {
		offset += s.lines[0]
		return sort.Search(len(s.lines), func(i int) bool { return s.lines[i] > offset }) - 1
	}
	return sort.Search(len(s.starts), func(i int) bool { return s.starts[i] > offset }) - 1
}

// textStart returns where line i, counted from 0, starts in text.
func (s *Source) textStart(i int) int {
	if s.starts == nil {
		return s.lines[i] - s.lines[0]
	}
	return s.starts[i]
}

// original turns an offset of text into one of Bytes.
func (s *Source) original(offset int) int {
	if s.starts == nil {
		return offset + s.lines[0]
	}
	line := s.textLine(offset)
	return s.lines[line] + offset - s.starts[line]
}

// problem is a Problem at an offset of text, with its line.
func (s *Source) problem(code string, severity Severity, offset int, text, hint string) Problem {
	return s.problemAt(code, severity, s.Pos(s.original(offset)), text, hint)
}

// problemAt is a Problem at a place of Bytes.
func (s *Source) problemAt(code string, severity Severity, pos Pos, text, hint string) Problem {
	file, in := s.Place(pos)
	return Problem{
		Code: code, Severity: severity, File: file,
		Line: in.Line, Column: in.Column,
		Text: text, Hint: hint, Source: s.Line(pos.Line),
	}
}

// textOffset returns the offset in text of a line and a column as goccy counts them: from 1, in
// characters. Places outside are drawn to the nearest end.
func (s *Source) textOffset(line, column int) int {
	line = min(max(line, 1), len(s.lines))
	at := s.textStart(line - 1)
	end := lineEnd(s.text, at)
	for range column - 1 {
		if at >= end {
			break
		}
		_, n := utf8.DecodeRuneInString(s.text[at:])
		at += n
	}
	return at
}

// textOf returns the offset in text of a place of Bytes.
func (s *Source) textOf(pos Pos) int { return s.textOffset(pos.Line, pos.Column) }
