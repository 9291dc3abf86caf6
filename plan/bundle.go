package plan

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// TaskFile is a file of a folder of task files: Name relative to the folder, with slashes, and its bytes.
type TaskFile struct {
	Name string
	Text []byte
}

// ErrNUL says that a file cannot be part of a bundle, because it holds a NUL byte: it is not text.
var ErrNUL = errors.New("the file is not text: it holds a NUL byte")

// Bundle makes one text of a folder of task files, so that reading, editing, comparing and keeping work on a folder
// as on one file: for each file, in the order of the names, NUL, the name, NUL and the bytes, nothing added. As a
// text holds no NUL, Unbundle gives back what went in. Read knows such a text by its first byte.
//
// The error names the file: it wraps ErrNUL, or the name is none that a bundle can have (see ValidName), or stands
// twice.
func Bundle(files []TaskFile) ([]byte, error) {
	files = slices.Clone(files)
	slices.SortStableFunc(files, func(a, b TaskFile) int { return strings.Compare(a.Name, b.Name) })
	size := 0
	for i, f := range files {
		switch {
		case !ValidName(f.Name):
			return nil, fmt.Errorf("%q is no name for a task file", f.Name)
		case i > 0 && files[i-1].Name == f.Name:
			return nil, fmt.Errorf("there are two files %s", f.Name)
		case bytes.IndexByte(f.Text, 0) >= 0:
			return nil, fmt.Errorf("%s: %w", f.Name, ErrNUL)
		}
		size += len(f.Name) + len(f.Text) + 2
	}
	out := make([]byte, 0, size)
	for _, f := range files {
		out = append(out, 0)
		out = append(out, f.Name...)
		out = append(out, 0)
		out = append(out, f.Text...)
	}
	return out, nil
}

// Unbundle takes a bundle apart; false where text is none. The files share its memory.
func Unbundle(text []byte) (files []TaskFile, ok bool) {
	for len(text) > 0 {
		if text[0] != 0 {
			return nil, false
		}
		name, rest, found := bytes.Cut(text[1:], []byte{0})
		if !found || !ValidName(string(name)) || len(files) > 0 && files[len(files)-1].Name >= string(name) {
			return nil, false
		}
		end := bytes.IndexByte(rest, 0)
		if end < 0 {
			end = len(rest)
		}
		files = append(files, TaskFile{Name: string(name), Text: rest[:end:end]})
		text = rest[end:]
	}
	return files, len(files) > 0
}

// ValidName reports whether a file's name can stand in a bundle: a Markdown file, relative, in UTF-8, and without
// characters that no editor shows.
func ValidName(name string) bool {
	return strings.HasSuffix(name, ".md") && !path.IsAbs(name) && utf8.ValidString(name) &&
		!strings.ContainsFunc(name, unicode.IsControl)
}

// part is one file of a bundle's Source.
type part struct {
	name string
	// start and end are where its bytes stand in the bundle.
	start, end int
	// line is the number of lines before its first one.
	line int
	eol  string
}

// newBundleSource makes the line table of a bundle: every file begins a line, whether or not the one before it
// ended its last. There is no normalised text; each file is read from a Source of its own.
func newBundleSource(name string, src []byte, files []TaskFile) *Source {
	s := &Source{Name: name, Bytes: src, EOL: "\n"}
	at := 0
	for _, f := range files {
		at += len(f.Name) + 2
		p := part{name: f.Name, start: at, end: at + len(f.Text), line: len(s.lines), eol: "\n"}
		text := f.Text
		if bytes.HasPrefix(text, []byte(bom)) {
			at += len(bom)
			text = text[len(bom):]
		}
		s.lines = append(s.lines, at)
		for i := 0; ; {
			end, next := lineAt(text, i)
			if next == end {
				break
			}
			if i == 0 {
				p.eol = string(text[end:next])
			}
			s.lines = append(s.lines, at+next)
			i = next
		}
		s.parts = append(s.parts, p)
		at = p.end
	}
	return s
}

// lineAt returns where the line that begins at i ends, and where the next one begins: the same where there is none.
func lineAt(text []byte, i int) (end, next int) {
	n := bytes.IndexAny(text[i:], "\r\n")
	if n < 0 {
		return len(text), len(text)
	}
	end = i + n
	if bytes.HasPrefix(text[end:], []byte("\r\n")) {
		return end, end + 2
	}
	return end, end + 1
}

// Place is where a place of the source is for a person: the name of the file, and the place in it. Where the source
// is one file, that is the place itself; in a bundle, it is counted from the start of the file it lies in.
func (s *Source) Place(pos Pos) (file string, in Pos) {
	if s.parts == nil || pos.Line < 1 {
		return s.Name, pos
	}
	p := s.partOf(pos.Line)
	return s.nameOf(p), Pos{Line: pos.Line - p.line, Column: pos.Column, Offset: max(pos.Offset-p.start, 0)}
}

// partOf is the file of a bundle that has a line.
func (s *Source) partOf(line int) *part {
	i := sort.Search(len(s.parts), func(i int) bool { return s.parts[i].line >= line })
	return &s.parts[max(i-1, 0)]
}

// nameOf is the name of a file of a bundle, as seen from where the bundle's own name is seen from.
func (s *Source) nameOf(p *part) string { return path.Join(s.Name, p.name) }

// FileAt is the file of a bundle that a place lies in, by its name in the bundle; "" where the source is one file, or the
// place is nowhere.
func (s *Source) FileAt(pos Pos) string {
	if s.parts == nil || pos.Line < 1 {
		return ""
	}
	return s.partOf(pos.Line).name
}

// eolAt is the line end to be used at a line.
func (s *Source) eolAt(line int) string {
	if s.parts == nil {
		return s.EOL
	}
	return s.partOf(line).eol
}
