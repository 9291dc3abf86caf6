package plan

import "strings"

// parseFrontMatter reads the front matter of a file as YAML. Lines are counted in the file, offsets in its bytes.
// The mapping is nil where there is none.
func parseFrontMatter(name string, text []byte, m frontMatter, lim Limits) (*Value, []Problem) {
	// From the start of the file: the first `---` is where a document of YAML begins.
	s := newSource(name, text[:m.end])
	switch {
	case !m.found:
		return nil, []Problem{s.problemAt(codeFrontMatter, Error, Pos{Line: 1, Column: 1},
			"there is no front matter", "begin the file with `---`, `status: pending` and `---`, or take it out of the folder")}
	case !m.closed:
		return nil, []Problem{s.problemAt(codeFrontMatter, Error, Pos{Line: 1, Column: 1},
			"the front matter has no end", "write `---` on a line of its own behind its last key")}
	}
	if problems := checkEncoding(s); problems != nil {
		return nil, problems
	}
	tree, err := produce(s, lim.withDefaults())
	switch {
	case err != nil:
		return nil, []Problem{explain(s, err)}
	case tree.root.IsNull():
		return nil, []Problem{s.problemAt("P004", Error, Pos{Line: 1, Column: 1}, "there is nothing in the front matter",
			"write `status: pending` between the two `---`")}
	case tree.root.Kind != Map:
		return nil, append(tree.problems, s.problemAt("P005", Error, tree.root.Pos, "the front matter is no mapping",
			"write `key: value` lines"))
	}
	return tree.root, tree.problems
}

// describe gives a task what stands below its front matter as its description, behind the one that it may have.
func (v *Value) describe(s *Source, at *part, m frontMatter, text []byte) {
	body := strings.ToValidUTF8(string(text[m.body:]), "\ufffd")
	body = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(body)
	body = strings.Trim(body, "\n")
	if strings.TrimSpace(body) == "" {
		return
	}
	const key = "description"
	for i := range v.Fields {
		f := &v.Fields[i]
		if f.Key == key && f.Value != nil && !f.Merged {
			// It cannot be written in place any more, which nobody wants.
			whole := *f.Value
			whole.Kind, whole.Style, whole.Text, whole.Items, whole.Fields, whole.End = Scalar, Literal,
				strings.TrimSpace(f.Value.Inline())+"\n\n"+body, nil, nil, 0
			f.Value = &whole
			return
		}
	}
	pos := s.Pos(at.start + m.body)
	v.Fields = append(v.Fields, Field{Key: key, Pos: pos,
		Value: &Value{Kind: Scalar, Style: Literal, Text: body, Pos: pos}})
}

// shift moves values that were read from a file to their place in the bundle it is part of.
type shift struct {
	lines, bytes int
	// seen are the values and lists of fields that were moved: anchors and merge keys show one at several places.
	seen map[any]bool
}

func (s shift) pos(p *Pos) {
	if p.Line > 0 {
		p.Line += s.lines
		p.Offset += s.bytes
	}
}

func (s shift) value(v *Value) {
	if v == nil || s.seen[v] {
		return
	}
	s.seen[v] = true
	if v.End > 0 {
		v.End += s.bytes
	}
	s.pos(&v.Pos)
	for _, item := range v.Items {
		s.value(item)
	}
	if len(v.Fields) == 0 || s.seen[&v.Fields[0]] {
		return
	}
	s.seen[&v.Fields[0]] = true
	for i := range v.Fields {
		s.pos(&v.Fields[i].Pos)
		s.value(v.Fields[i].Value)
	}
}
