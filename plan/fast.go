package plan

import (
	"errors"
	"slices"
	"strings"
)

// fast reads the YAML that plans are made of: lists and mappings in block style, scalars of every style,
// flow collections without surprises. It makes the same Values as the walk over goccy's tree in a small
// part of the time and memory, and hands what it does not know (anchors, tags, merge keys, `? ` keys,
// directives, several documents) to that, with errUnusual. What it takes for a mistake it can explain
// better than a parser that has lost the place; goccy has the last word on whether it is one.
type fast struct {
	text string
	src  *Source
	lim  Limits
	at   cursor
	// off is where the next thing stands, line where its line starts, column its distance from there; at
	// the end of the text column is -1, less than that of any collection.
	off, line, column int
	depth             int
	// fields and items are the stacks of the collections being read, so that each is allocated once.
	fields []Field
	items  []*Value
	// slab is where Values come from: one allocation for many.
	slab     []Value
	problems []Problem
}

// errUnusual is for the other producer: there is something here that fast does not know.
var errUnusual = errors.New("unusual YAML")

// parseFast reads the text of s.
func parseFast(s *Source, lim Limits) (tree, error) {
	f := &fast{text: s.text, src: s, lim: lim}
	f.off = skipSpace(f.text, 0)
	if lineStart(f.text, f.off) == f.off && strings.HasPrefix(f.text[f.off:], "---") && blank(f.text, f.off+3) {
		f.off += 3
		if err := f.endLine("`---`"); err != nil {
			return tree{}, errUnusual
		}
	} else {
		f.off = 0
	}
	if err := f.next(); err != nil {
		return tree{}, err
	}
	if f.off == len(f.text) {
		return tree{}, errUnusual
	}
	root, err := f.block(-1)
	if err != nil {
		return tree{}, err
	}
	if root.Kind == Scalar || root.Kind == Null {
		return tree{}, errUnusual
	}
	if f.off < len(f.text) {
		return tree{}, f.misplaced()
	}
	return tree{root: root, documents: 1, problems: f.problems}, nil
}

// next goes from the end or the start of a line to the next line that has something, over empty ones and
// comments.
func (f *fast) next() error {
	for f.off < len(f.text) {
		if f.text[f.off] == '\n' {
			f.off++
		}
		start := f.off
		i := start
		for i < len(f.text) && f.text[i] == ' ' {
			i++
		}
		if i == len(f.text) {
			f.off = i
			break
		}
		switch c := f.text[i]; {
		case c == '\n':
			f.off = i
		case c == '#':
			f.off = lineEnd(f.text, i)
		case c == '\t':
			if end := skipBlanks(f.text, i); blank(f.text, end) || f.text[end] == '#' {
				return errUnusual
			}
			return f.tabs(start)
		case i == start && c == '.' && documentMark(f.text, i) && skipSpace(f.text, i+3) == len(f.text):
			f.off = len(f.text)
		case i == start && (c == '%' || documentMark(f.text, i)):
			return errUnusual
		default:
			f.off, f.line, f.column = i, start, i-start
			return nil
		}
	}
	f.column = -1
	return nil
}

// endLine goes to the end of a line on which nothing but a comment may follow what.
func (f *fast) endLine(what string) error {
	i := skipBlanks(f.text, f.off)
	switch {
	case blank(f.text, i):
	case f.text[i] == '#' && i > f.off:
		i = lineEnd(f.text, i)
	default:
		return &syntaxError{offset: i, text: "there is more text behind " + what}
	}
	f.off = i
	return nil
}

func skipBlanks(text string, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\t') {
		i++
	}
	return i
}

// value makes a Value whose text begins at an offset.
func (f *fast) value(kind Kind, offset int) *Value {
	if len(f.slab) == cap(f.slab) {
		f.slab = make([]Value, 0, min(max(64, 2*cap(f.slab)), 4096))
	}
	f.at.move(f.src, offset)
	f.slab = append(f.slab, Value{Kind: kind, Pos: f.at.pos(f.src)})
	return &f.slab[len(f.slab)-1]
}

// enter and leave count how deep collections stand in each other.
func (f *fast) enter() error {
	f.depth++
	if f.depth > f.lim.MaxDepth {
		return tooDeep(f.off, f.lim)
	}
	return nil
}

func (f *fast) leave() { f.depth-- }

// block reads the node at the cursor, which is the first of its line or stands behind a dash; indent is the
// column of the collection that it is in.
func (f *fast) block(indent int) (*Value, error) {
	switch c := f.text[f.off]; {
	case c == '-' && blank(f.text, f.off+1):
		return f.list()
	case f.colon() >= 0:
		return f.mapping()
	default:
		v, err := f.inline(indent, nil)
		if err != nil {
			return nil, err
		}
		return v, f.next()
	}
}

// colon returns where the `:` of the key at the cursor stands, -1 where there is no key.
func (f *fast) colon() int {
	var end int
	switch c := f.text[f.off]; {
	case c == '\'' || c == '"':
		got, err := quoted(f.text, f.off)
		if err != nil || got.multi {
			return -1
		}
		end = got.end
	case plainStart(f.text, f.off, false):
		end, _ = plainLine(f.text, f.off, false)
	default:
		return -1
	}
	end = skipBlanks(f.text, end)
	if end < len(f.text) && f.text[end] == ':' && blank(f.text, end+1) {
		return end
	}
	return -1
}

// quoted reads a scalar in quotes of either kind.
func quoted(text string, i int) (scalar, error) {
	if text[i] == '"' {
		return doubleQuoted(text, i)
	}
	return singleQuoted(text, i)
}

// mapping reads a mapping in block style, with the cursor on its first key.
func (f *fast) mapping() (*Value, error) {
	if err := f.enter(); err != nil {
		return nil, err
	}
	defer f.leave()
	v := f.value(Map, f.off)
	column, base := f.column, len(f.fields)
	for {
		colon := f.colon()
		if colon < 0 {
			return nil, f.noKey()
		}
		field, err := f.field(colon, column)
		if err != nil {
			return nil, err
		}
		f.fields = append(f.fields, field)
		if f.column < column {
			break
		}
		if f.column > column {
			return nil, f.misplaced()
		}
	}
	return v, f.closeMap(v, base)
}

// closeMap gives a mapping its fields, those behind base on the stack.
func (f *fast) closeMap(v *Value, base int) error {
	v.Fields = exact(f.fields[base:])
	clear(f.fields[base:])
	f.fields = f.fields[:base]
	if len(v.Fields) > f.lim.MaxKeys {
		return tooManyKeys(f.src.textOf(v.Pos), f.lim)
	}
	f.problems = append(f.problems, repeatedKeys(f.src, v.Fields)...)
	return nil
}

// exact is a copy of no more than its length, nil when there is nothing.
func exact[T any](stack []T) []T {
	if len(stack) == 0 {
		return nil
	}
	return slices.Clone(stack)
}

// field reads a key, whose colon is known, and its value, and goes to what follows.
func (f *fast) field(colon, column int) (Field, error) {
	f.at.move(f.src, f.off)
	field := Field{Pos: f.at.pos(f.src)}
	if c := f.text[f.off]; c == '\'' || c == '"' {
		got, err := quoted(f.text, f.off)
		if err != nil {
			return field, err
		}
		field.Key = got.text
	} else {
		field.Key = strings.TrimRight(f.text[f.off:colon], " \t")
		if field.Key == "<<" {
			return field, errUnusual
		}
	}
	key := f.off
	f.off = colon + 1
	i := skipBlanks(f.text, f.off)
	if !blank(f.text, i) && !(f.text[i] == '#' && i > f.off) {
		f.off = i
		var err error
		if field.Value, err = f.inline(column, &span{key, colon}); err != nil {
			return field, err
		}
		return field, f.next()
	}
	// The value is on a later line, or there is none.
	end := f.off
	f.off = lineEnd(f.text, i)
	if err := f.next(); err != nil {
		return field, err
	}
	var err error
	switch {
	case f.column > column:
		field.Value, err = f.block(column)
	case f.column == column && f.text[f.off] == '-' && blank(f.text, f.off+1):
		field.Value, err = f.list()
	default:
		field.Value = f.empty(end)
	}
	return field, err
}

// empty is the value that is not there, behind a colon or a dash.
func (f *fast) empty(offset int) *Value {
	here := f.at
	v := f.value(Null, offset)
	v.End = v.Pos.Offset
	f.at = here
	return v
}

// list reads a list in block style, with the cursor on its first dash.
func (f *fast) list() (*Value, error) {
	if err := f.enter(); err != nil {
		return nil, err
	}
	defer f.leave()
	v := f.value(List, f.off)
	column, base := f.column, len(f.items)
	for f.column == column && f.text[f.off] == '-' && blank(f.text, f.off+1) {
		item, err := f.item(column)
		if err != nil {
			return nil, err
		}
		f.items = append(f.items, item)
	}
	if f.column > column {
		return nil, f.misplaced()
	}
	v.Items = exact(f.items[base:])
	f.items = f.items[:base]
	return v, nil
}

// item reads what stands behind a dash, and goes to what follows.
func (f *fast) item(column int) (*Value, error) {
	end := f.off + 1
	i := end
	for i < len(f.text) && f.text[i] == ' ' {
		i++
	}
	switch {
	case i < len(f.text) && f.text[i] == '\t':
		return nil, errUnusual
	case !blank(f.text, i) && f.text[i] != '#':
		f.off, f.column = i, i-f.line
		return f.block(column)
	}
	f.off = lineEnd(f.text, i)
	if err := f.next(); err != nil {
		return nil, err
	}
	if f.column > column {
		return f.block(column)
	}
	return f.empty(end), nil
}

// inline reads a scalar or a flow collection and the rest of its last line. key is the key and the colon
// before it on the line, nil where there is none.
func (f *fast) inline(indent int, key *span) (*Value, error) {
	start := f.off
	c := f.text[start]
	switch {
	case c == '[' || c == '{':
		v, err := f.flow(indent)
		if err != nil {
			f.off = start
			if end, more := f.bracketsOnly(); more {
				f.off = end
				return nil, f.behind(start, key, "the closing bracket")
			}
			return nil, err
		}
		return v, f.behind(start, key, "the closing bracket")
	case c == '\'' || c == '"':
		v := f.value(Scalar, start)
		v.Style = SingleQuoted
		if c == '"' {
			v.Style = DoubleQuoted
		}
		got, err := quoted(f.text, start)
		if err != nil {
			return nil, f.badQuotes(err, key)
		}
		if got.multi && !ordinaryLines(f.text[start:got.end]) {
			return nil, errUnusual
		}
		f.take(v, got)
		return v, f.behind(start, key, "the closing quote")
	case c == '|' || c == '>':
		v := f.value(Scalar, start)
		v.Style = Literal
		if c == '>' {
			v.Style = Folded
		}
		got, err := block(f.text, start, indent)
		if err != nil {
			return nil, f.quoteIt(err, key)
		}
		if first := strings.TrimLeft(f.text[lineEnd(f.text, start):got.end], " \n"); strings.HasPrefix(first, "\t") {
			// Readers differ on whether that tab is text or indentation.
			return nil, errUnusual
		}
		f.take(v, got)
		return v, nil
	case c == '&' || c == '*' || c == '!' || c == '%' && start == f.line:
		return nil, errUnusual
	case !plainStart(f.text, start, false):
		return nil, f.badStart(key)
	}
	v := f.value(Scalar, start)
	got, err := plain(f.text, start, indent, false, false)
	if err != nil {
		return nil, f.quoteIt(err, key)
	}
	if got.multi && !ordinaryLines(f.text[start:got.end]) {
		return nil, errUnusual
	}
	f.take(v, got)
	if isNull(v.Text) {
		v.Kind = Null
	}
	if i := skipBlanks(f.text, f.off); i < len(f.text) && f.text[i] == ':' {
		f.off = start
		return nil, f.quoteIt(mappingNotAllowed(f.text, i), key)
	}
	return v, f.endLine("the value")
}

// ordinaryLines reports whether the lines of a scalar over several are such that no two readers differ on them.
func ordinaryLines(text string) bool {
	if strings.Contains(text, "\t") {
		return false
	}
	for i := strings.IndexByte(text, '\n'); i >= 0 && i < len(text); {
		if documentMark(text, i+1) {
			return false
		}
		n := strings.IndexByte(text[i+1:], '\n')
		if n < 0 {
			break
		}
		i += n + 1
	}
	return true
}

// take gives a Value what a scanner found, and goes behind it.
func (f *fast) take(v *Value, got scalar) {
	v.Text = got.text
	f.off = got.end
	if !got.multi {
		// A scalar on one line is as long in the file as in the text.
		v.End = v.Pos.Offset + got.end - f.at.offset
	}
}
