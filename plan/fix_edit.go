package plan

import (
	"bytes"
	"slices"
	"strings"
)

// fixer makes the edits of fixes. Each of its methods returns nil where the place is one that it does not
// know how to write to: then there is a hint and no fix.
type fixer struct{ src *Source }

// single reports whether a scalar stands on one line, in one place, as nothing but itself.
func (f fixer) single(v *Value) bool {
	return f.src != nil && v != nil && v.Kind <= Scalar && v.Style != Alias && !v.Shared && !v.Tagged && !v.Anchored &&
		v.End > v.Pos.Offset && (&editor{src: f.src}).stands(v)
}

// scalar replaces a text, in the quotes that it has.
func (f fixer) scalar(v *Value, text string) []TextEdit {
	if !f.single(v) {
		return nil
	}
	return []TextEdit{{Start: v.Pos.Offset, End: v.End, New: newScalar{text: text}.write(v.Style)}}
}

// number replaces a number.
func (f fixer) number(v *Value, digits string) []TextEdit {
	if !f.single(v) {
		return nil
	}
	return []TextEdit{{Start: v.Pos.Offset, End: v.End, New: newScalar{text: digits, literal: true}.write(v.Style)}}
}

// key gives a field another key.
func (f fixer) key(k Field, name string) []TextEdit {
	if f.src == nil || k.Merged || k.Pos.Line == 0 || k.Value != nil && k.Value.Shared {
		return nil
	}
	at := k.Pos.Offset
	rest := f.src.Bytes[min(at, len(f.src.Bytes)):]
	if len(rest) > 0 && (rest[0] == '"' || rest[0] == '\'') {
		at, rest = at+1, rest[1:]
	}
	if !safeWord(name) || !bytes.HasPrefix(rest, []byte(k.Key)) {
		return nil
	}
	return []TextEdit{{Start: at, End: at + len(k.Key), New: name}}
}

// quoted puts an item that became a mapping through a `: ` in quotes. Only where the text that stands there is
// the one that the item is read as, so that nothing changes but the kind of the value.
func (f fixer) quoted(item *Value) []TextEdit {
	if f.src == nil || item.Kind != Map || len(item.Fields) != 1 || item.Shared || item.Tagged || item.Anchored || item.Style == Alias {
		return nil
	}
	v := item.Fields[0].Value
	if item.Fields[0].Merged || !f.single(v) || v.Pos.Line != item.Pos.Line {
		return nil
	}
	raw := string(f.src.Bytes[item.Pos.Offset:v.End])
	if raw != item.Inline() || !printable(raw) {
		return nil
	}
	return []TextEdit{{Start: item.Pos.Offset, End: v.End, New: inSingle(raw)}}
}

// member adds words to the list under a key of a mapping, and the key where it is missing.
func (f fixer) member(in *Value, key string, words []string) []TextEdit {
	if f.src == nil || in == nil || in.Kind != Map || in.Shared || in.Style == Alias {
		return nil
	}
	var field *Field
	for i := range in.Fields {
		if in.Fields[i].Key != key {
			continue
		}
		if field != nil || in.Fields[i].Merged {
			return nil
		}
		field = &in.Fields[i]
	}
	style := Plain
	switch {
	case in.Flow && len(in.Fields) > 0 && f.src.Bytes[in.Fields[0].Pos.Offset] == '"':
		style = DoubleQuoted // JSON is to stay JSON.
	case field != nil && field.Value != nil && len(field.Value.Items) > 0:
		if last := field.Value.Items[len(field.Value.Items)-1]; last != nil && (last.Style == SingleQuoted || last.Style == DoubleQuoted) {
			style = last.Style
		}
	}
	written := make([]string, len(words))
	for i, word := range words {
		written[i] = newScalar{text: word}.write(style)
	}
	if field == nil {
		return f.newList(in, key, "["+strings.Join(written, ", ")+"]", style)
	}
	v := field.Value
	switch {
	case v == nil || v.Style == Alias || v.Shared || v.Tagged || v.Anchored:
		return nil
	case v.Kind == List:
		return f.items(v, written)
	case v.Kind == Null && v.End == v.Pos.Offset && !in.Flow:
		// Nothing stands behind the colon.
		if v.End < 1 || f.src.Bytes[v.End-1] != ':' {
			return nil
		}
		return []TextEdit{{Start: v.End, End: v.End, New: " [" + strings.Join(written, ", ") + "]"}}
	case v.Kind <= Scalar && f.single(v):
		if raw := string(f.src.Bytes[v.Pos.Offset:v.End]); v.Kind == Scalar && !isNone(strings.TrimSpace(v.Text)) {
			if v.Style == Plain && strings.ContainsAny(raw, "[]{},#") {
				return nil // Within brackets it would be another text.
			}
			written = append([]string{raw}, written...)
		}
		return []TextEdit{{Start: v.Pos.Offset, End: v.End, New: "[" + strings.Join(written, ", ") + "]"}}
	}
	return nil
}

// items adds items behind the last one of a list.
func (f fixer) items(v *Value, written []string) []TextEdit {
	if v.Flow && len(v.Items) == 0 {
		if at := v.Pos.Offset + 1; v.End == at+1 {
			return []TextEdit{{Start: at, End: at, New: strings.Join(written, ", ")}}
		}
		return nil
	}
	if len(v.Items) == 0 || v.Items[len(v.Items)-1] == nil {
		return nil
	}
	last := v.Items[len(v.Items)-1]
	if !f.single(last) {
		return nil
	}
	if v.Flow {
		return []TextEdit{{Start: last.End, End: last.End, New: ", " + strings.Join(written, ", ")}}
	}
	lead := string(f.src.Bytes[f.src.lines[last.Pos.Line-1]:last.Pos.Offset])
	if strings.Trim(lead, " ") != "-" {
		return nil
	}
	at, eol := (&editor{src: f.src}).lineEnd(last.End)
	return []TextEdit{{Start: at, End: at, New: eol + lead + strings.Join(written, eol+lead)}}
}

// newList writes a key with a list into a mapping that has no such key: behind the list of what the task needs,
// else where Edit would insert one.
func (f fixer) newList(in *Value, key, list string, style Style) []TextEdit {
	e := &editor{src: f.src}
	near := e.neighbour(in)
	for i := range in.Fields {
		k := &in.Fields[i]
		if slices.Contains([]string{"dependencies", "depends_on", "deps"}, k.Key) && !k.Merged && k.Value != nil && k.Value.End > k.Value.Pos.Offset {
			near = k
		}
	}
	if near == nil || near.Value.End > len(f.src.Bytes) {
		return nil
	}
	if in.Flow {
		if in.End == 0 {
			return nil
		}
		name := key
		if style == DoubleQuoted {
			name = Quote(key)
		}
		return []TextEdit{{Start: near.Value.End, End: near.Value.End, New: ", " + name + ": " + list}}
	}
	at, eol := e.lineEnd(near.Value.End)
	return []TextEdit{{Start: at, End: at, New: eol + strings.Repeat(" ", in.Pos.Column-1) + key + ": " + list}}
}
