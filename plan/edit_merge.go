package plan

import (
	"slices"
	"strings"
)

// merger gives one task other fields, with as few changes as it takes.
type merger struct {
	*taskEditor
	id string
	w  *yamlWriter
}

func (m *merger) refuse(pos Pos, reason, hint string) error {
	return m.editor.refuse(Change{Task: m.id}, pos, reason, hint)
}

// text is what a writer has written, with the line ends of the file, and empties the writer.
func (m *merger) text(line int) string {
	out := strings.ReplaceAll(m.w.String(), "\n", m.src.eolAt(line))
	m.w.Reset()
	return out
}

func (m *merger) splice(start, end int, text string) {
	m.splices = append(m.splices, splice{start: start, end: end, text: text, key: start == end})
}

// merge gives a mapping the fields wanted, leaving those under the keys kept as they are.
func (m *merger) merge(in *Value, want []Field, kept []string) error {
	own := make(map[string]*Field, len(in.Fields))
	gone := map[*Field]bool{}
	left := 0
	for i := range in.Fields {
		f := &in.Fields[i]
		wanted := slices.ContainsFunc(want, func(w Field) bool { return w.Key == f.Key })
		switch {
		case own[f.Key] != nil && !f.Merged:
			return m.refuse(f.Pos, "the key "+f.Key+" stands twice", "delete one of the two")
		case f.Merged && !wanted && !slices.Contains(kept, f.Key):
			return m.refuse(f.Pos, "`"+f.Key+"` comes from a merge key (`<<`)", "write the mapping out instead of `<<`")
		case !f.Merged && !wanted && !slices.Contains(kept, f.Key):
			gone[f] = true
		case !f.Merged:
			left++
		}
		own[f.Key] = f
	}
	if in.Flow && left == 0 {
		m.w.Reset()
		m.flow(in, &Value{Kind: Map, Fields: want})
		m.splice(in.Pos.Offset, in.End, m.text(in.Pos.Line))
		return nil
	}
	var behind *Field
	if id := idField(in); id != nil && !gone[id] && slices.Contains(kept, id.Key) {
		behind = id
	}
	for _, f := range want {
		was := own[f.Key]
		switch {
		case slices.Contains(kept, f.Key):
			continue
		case was != nil && same(was.Value, f.Value):
		case was == nil || was.Merged:
			m.add(in, behind, gone, f)
			continue
		case m.alike(was.Value, f.Value):
			if err := m.merge(was.Value, f.Value.Fields, nil); err != nil {
				return err
			}
		default:
			if err := m.value(in, was, f.Value); err != nil {
				return err
			}
		}
		if !was.Merged {
			behind = was
		}
	}
	m.drop(in, gone)
	return nil
}

// alike reports whether a mapping can become another one key by key.
func (m *merger) alike(was, want *Value) bool {
	if was.Kind != Map || want.Kind != Map || m.writable(was, Change{}) != nil {
		return false
	}
	return slices.ContainsFunc(was.Fields, func(f Field) bool { return !f.Merged && want.Get(f.Key) != nil })
}

// value gives a field of a mapping another value.
func (m *merger) value(in *Value, f *Field, v *Value) error {
	was := f.Value
	if was.Shared && was.Style != Alias {
		return m.refuse(was.Pos, "an alias shows `"+f.Key+"` elsewhere too", "write the value out there")
	}
	colon := m.behindColon(f, in.Flow)
	if colon < 0 && !in.Flow {
		return m.refuse(f.Pos, "its key `"+f.Key+"` has no `:` on its line", "write `"+f.Key+":`")
	}
	column := in.Pos.Column - 1
	if in.Kind == Map && !in.Flow {
		column = f.Pos.Column - 1
	}
	start, end, lead := was.Pos.Offset, m.end(was, column, in.Flow), ""
	m.w.Reset()
	if in.Flow {
		if start >= end || was.Tagged || was.Anchored {
			if start, lead = colon, " "; colon < 0 {
				start, lead = end, ": "
			}
		}
		m.flow(in, v)
		m.splice(start, max(start, end), lead+m.text(f.Pos.Line))
		return nil
	}
	m.w.nested(v, column)
	text := m.text(f.Pos.Line)
	inline := !strings.ContainsAny(text, "\r\n")
	switch {
	case was.Kind > Scalar && !was.Flow, start >= end, was.Tagged, was.Anchored, !inline, was.End == 0:
		// From the key on; what stands behind a value on its line would become a part of lines of text.
		start = colon
		if !inline {
			end, _ = lineAt(m.src.Bytes, end)
		}
	default:
		text = strings.TrimPrefix(text, " ")
	}
	m.splice(start, max(start, end), text)
	return nil
}

// flow writes a value within a mapping of flow style: over several lines where the mapping is.
func (m *merger) flow(in, v *Value) {
	if step := m.step(in); step > 0 {
		m.w.spread(v, m.fieldColumn(in), step)
		return
	}
	m.w.flow(v, true)
}

// step is by how much the keys of a mapping in flow style are indented against its line; 0 where it is on one line.
func (m *merger) step(in *Value) int {
	if len(in.Fields) == 0 || !m.firstOnLine(in.Fields[0].Pos.Offset) || in.Fields[0].Pos.Line == in.Pos.Line {
		return 0
	}
	at := m.lineStart(in.Pos.Offset)
	indent := at
	for m.src.Bytes[indent] == ' ' {
		indent++
	}
	return max(in.Fields[0].Pos.Column-1-(indent-at), 1)
}

// fieldColumn is the column of the first key of a mapping, from 0.
func (m *merger) fieldColumn(in *Value) int { return in.Fields[0].Pos.Column - 1 }

// add inserts a field behind another one, or before all others.
func (m *merger) add(in *Value, behind *Field, gone map[*Field]bool, f Field) {
	for behind != nil && !m.canFollow(in, behind) {
		behind = before(in, behind, gone)
	}
	m.w.Reset()
	if in.Flow {
		m.addFlow(in, behind, f)
		return
	}
	column := in.Pos.Column - 1
	if behind == nil {
		at, lead := in.Pos.Offset, ""
		if m.firstOnLine(at) {
			at, lead = m.lineStart(at), strings.Repeat(" ", column)
		}
		m.w.WriteString(lead)
		m.w.mapping([]Field{f}, column)
		m.w.line(column - len(lead))
		m.splice(at, at, m.text(in.Pos.Line))
		return
	}
	at, _ := lineAt(m.src.Bytes, m.end(behind.Value, column, false))
	m.w.line(column)
	m.w.mapping([]Field{f}, column)
	m.splice(at, at, m.text(behind.Pos.Line))
}

// canFollow reports whether a field can be put behind another one.
func (m *merger) canFollow(in *Value, f *Field) bool {
	v := f.Value
	switch {
	case in.Flow && v.Pos.Offset == v.End:
		return false // a comma directly behind a colon would make the colon a part of the key
	case v.Tagged && v.Kind == Null && v.Text == "":
		return false // goccy takes what stands behind a tag for its value, also on the next line
	}
	return true
}

// before is the own field that stands before another one and stays.
func before(in *Value, f *Field, gone map[*Field]bool) *Field {
	var out *Field
	for i := range in.Fields {
		if &in.Fields[i] == f {
			break
		}
		if other := &in.Fields[i]; !other.Merged && !gone[other] {
			out = other
		}
	}
	return out
}

func (m *merger) addFlow(in *Value, behind *Field, f Field) {
	step := m.step(in)
	write := func() {
		m.w.WriteString(m.w.word(f.Key, true) + ": ")
		m.flow(in, f.Value)
	}
	newLine := func() {
		if step > 0 {
			m.w.line(m.fieldColumn(in))
		} else {
			m.w.WriteByte(' ')
		}
	}
	at := in.Fields[0].Pos.Offset
	if behind != nil {
		at = m.end(behind.Value, 0, true)
		m.w.WriteByte(',')
		newLine()
		write()
	} else {
		write()
		m.w.WriteByte(',')
		newLine()
	}
	m.splice(at, at, m.text(in.Pos.Line))
}

// drop takes fields out of a mapping, with their lines where they have lines of their own.
func (m *merger) drop(in *Value, gone map[*Field]bool) {
	text := m.src.Bytes
	var out []splice
	// cut takes bytes out; what is cut out of one place is one splice.
	cut := func(start, end int) {
		if n := len(out); n > 0 && start <= out[n-1].end {
			start, out = min(start, out[n-1].start), out[:n-1]
		}
		out = append(out, splice{start: start, end: end})
	}
	for i := range in.Fields {
		f := &in.Fields[i]
		if !gone[f] {
			continue
		}
		end := m.end(f.Value, in.Pos.Column-1, in.Flow)
		switch {
		case !in.Flow && m.firstOnLine(f.Pos.Offset):
			// With the line end before it, so that another task can be put behind the one behind it.
			stop, _ := lineAt(text, end)
			cut(m.lineBefore(m.lineStart(f.Pos.Offset)), stop)
		case !in.Flow:
			// Beside a dash: what comes next takes its place.
			next := skipSpaceBytes(text, end)
			for j := i + 1; j < len(in.Fields) && gone[&in.Fields[j]] && in.Fields[j].Pos.Offset == next; j++ {
				next = skipSpaceBytes(text, m.end(in.Fields[j].Value, in.Pos.Column-1, false))
				delete(gone, &in.Fields[j])
			}
			cut(f.Pos.Offset, next)
		case i < len(in.Fields)-1 && !in.Fields[i+1].Merged:
			cut(f.Pos.Offset, in.Fields[i+1].Pos.Offset)
		default:
			// With the comma before it.
			start := f.Pos.Offset
			if kept := before(in, f, gone); kept != nil {
				start = m.end(kept.Value, 0, true)
			}
			cut(start, end)
		}
	}
	m.splices = append(m.splices, out...)
}

// lineBefore is where the line end before a line begins.
func (m *merger) lineBefore(start int) int {
	at := max(start-1, 0)
	if at > 0 && m.src.Bytes[at] == '\n' && m.src.Bytes[at-1] == '\r' {
		at--
	}
	return at
}
