package plan

import "fmt"

// flow reads a flow collection. What is unusual in one goes to goccy: comments, scalars over several lines,
// pairs without braces, keys without values.
func (f *fast) flow(indent int) (*Value, error) {
	if err := f.enter(); err != nil {
		return nil, err
	}
	defer f.leave()
	kind, end := List, byte(']')
	if f.text[f.off] == '{' {
		kind, end = Map, '}'
	}
	open := f.off
	v := f.value(kind, f.off)
	v.Flow = true
	items, fields := len(f.items), len(f.fields)
	f.off++
	for {
		if err := f.flowSpace(open, indent); err != nil {
			return nil, err
		}
		if f.text[f.off] == end {
			break
		}
		if err := f.flowItem(kind, open, indent); err != nil {
			return nil, err
		}
		if err := f.flowSpace(open, indent); err != nil {
			return nil, err
		}
		switch f.text[f.off] {
		case ',':
			f.off++
			continue
		case end:
			continue
		}
		return nil, errUnusual
	}
	f.off++
	f.at.move(f.src, f.off)
	v.End = f.at.pos(f.src).Offset
	if kind == Map {
		return v, f.closeMap(v, fields)
	}
	v.Items = exact(f.items[items:])
	f.items = f.items[:items]
	return v, nil
}

// flowItem reads an item of a flow list or a field of a flow mapping.
func (f *fast) flowItem(kind Kind, open, indent int) error {
	if kind == List {
		v, err := f.flowNode(open, indent)
		if err != nil {
			return err
		}
		f.items = append(f.items, v)
		return nil
	}
	key, err := f.flowNode(open, indent)
	if err != nil {
		return err
	}
	if key.Kind == List || key.Kind == Map || key.Kind == Null || key.Text == "<<" ||
		f.off >= len(f.text) || f.text[f.off] != ':' || !blank(f.text, f.off+1) && key.Style == Plain {
		return errUnusual
	}
	f.off++
	if err := f.flowSpace(open, indent); err != nil {
		return err
	}
	v, err := f.flowNode(open, indent)
	if err != nil {
		return err
	}
	f.fields = append(f.fields, Field{Key: key.Text, Pos: key.Pos, Value: v})
	return nil
}

// flowNode reads a scalar on one line or a flow collection.
func (f *fast) flowNode(open, indent int) (*Value, error) {
	switch c := f.text[f.off]; {
	case c == '[' || c == '{':
		return f.flow(indent)
	case c == '\'' || c == '"':
		v := f.value(Scalar, f.off)
		v.Style = SingleQuoted
		if c == '"' {
			v.Style = DoubleQuoted
		}
		got, err := quoted(f.text, f.off)
		if err != nil {
			return nil, err
		}
		if got.multi {
			return nil, errUnusual
		}
		f.take(v, got)
		return v, nil
	case c == ':' || c == '?' || !plainStart(f.text, f.off, true):
		return nil, errUnusual
	}
	v := f.value(Scalar, f.off)
	got, err := plain(f.text, f.off, indent, true, true)
	if err != nil {
		return nil, err
	}
	f.take(v, got)
	if i := skipBlanks(f.text, f.off); i < len(f.text) && !flowIndicator(f.text[i]) && (f.text[i] != ':' || i > f.off) {
		// It may go on on the next line, or be followed by a comment.
		return nil, errUnusual
	}
	if isNull(v.Text) {
		v.Kind = Null
	}
	return v, nil
}

// flowSpace goes over blanks and line ends within brackets.
func (f *fast) flowSpace(open, indent int) error {
	for f.off < len(f.text) {
		switch f.text[f.off] {
		case ' ':
			f.off++
			continue
		case '\n':
			f.off++
			start := f.off
			for f.off < len(f.text) && f.text[f.off] == ' ' {
				f.off++
			}
			if f.off-start <= indent && !blank(f.text, f.off) {
				return errUnusual
			}
			continue
		case '\t', '#':
			return errUnusual
		}
		return nil
	}
	return &syntaxError{offset: open, text: fmt.Sprintf("the `%c` that opens here is never closed", f.text[open]), hint: "close it"}
}
