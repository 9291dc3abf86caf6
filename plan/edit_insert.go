package plan

import (
	"bytes"
	"slices"
	"strings"
)

// entry is a key with its scalar.
type entry struct {
	key    string
	scalar newScalar
}

// newKey is what is inserted into a mapping: a key with a scalar, or with a mapping of entries.
type newKey struct {
	key     string
	scalar  newScalar
	entries []entry
}

// insert adds a key to a mapping: behind the line of a key that it belongs with, or in flow style behind
// its value; before everything else where no key has a place to go behind.
func (e *editor) insert(target *Value, k newKey) error {
	near := e.neighbour(target)
	if near != nil && near.Value.End > len(e.src.Bytes) {
		return e.stale()
	}
	if target.Flow {
		e.insertFlow(target, near, k)
		return nil
	}
	indent := strings.Repeat(" ", target.Pos.Column-1)
	if near == nil {
		sp := splice{start: target.Pos.Offset, end: target.Pos.Offset, key: true}
		sp.lines(k, "", e.src.eolAt(target.Pos.Line)+indent)
		e.splices = append(e.splices, sp)
		return nil
	}
	at, eol := e.lineEnd(near.Value.End)
	sp := splice{start: at, end: at, key: true}
	sp.lines(k, eol+indent, "")
	e.splices = append(e.splices, sp)
	return nil
}

// lines writes a key as lines of block style, each between a lead and a tail.
func (sp *splice) lines(k newKey, lead, tail string) {
	if k.entries == nil {
		sp.text += lead + k.key + ": "
		sp.scalar(k.scalar, Plain, false)
		sp.text += tail
		return
	}
	sp.text += lead + k.key + ":" + tail
	for _, entry := range k.entries {
		sp.text += lead + "  " + entry.key + ": "
		sp.scalar(entry.scalar, Plain, false)
		sp.text += tail
	}
}

func (e *editor) insertFlow(target *Value, near *Field, k newKey) {
	style, name := Plain, func(key string) string { return key }
	if len(target.Fields) > 0 && e.src.Bytes[target.Fields[0].Pos.Offset] == '"' {
		// JSON is a flow mapping with quoted keys, and is to stay JSON.
		style, name = DoubleQuoted, Quote
	}
	at, before, behind := target.Pos.Offset+1, "", ""
	switch {
	case near != nil:
		at, before = near.Value.End, ", "
	case len(target.Fields) > 0:
		behind = ", "
	case e.begun[target]:
		before = ", "
	default:
		e.begun[target] = true
	}
	sp := splice{start: at, end: at, key: true, text: before + name(k.key) + ": "}
	if k.entries == nil {
		sp.scalar(k.scalar, style, true)
	} else {
		sp.braces(k.entries, style)
	}
	sp.text += behind
	e.splices = append(e.splices, sp)
}

// braces writes entries as a flow mapping.
func (sp *splice) braces(entries []entry, style Style) {
	sp.text += "{"
	for i, entry := range entries {
		if i > 0 {
			sp.text += ", "
		}
		key := entry.key
		if style == DoubleQuoted {
			key = Quote(key)
		}
		sp.text += key + ": "
		sp.scalar(entry.scalar, style, true)
	}
	sp.text += "}"
}

// scalar writes a scalar and notes that it is to be read again.
func (sp *splice) scalar(s newScalar, style Style, flow bool) {
	if s.literal {
		style = Plain
	}
	written := s.write(style)
	sp.checks = append(sp.checks, check{at: len(sp.text), size: len(written), want: s.text, flow: flow})
	sp.text += written
}

// neighbour chooses the key that a new one goes behind: `status`, for all that says more about it; for
// `status` itself the last of the keys that name the task; else the last one that ends on a known place.
func (e *editor) neighbour(target *Value) *Field {
	names := []string{"id", "task_id", "plan_id", "title", "name", "objective", "agent", "wave", "created_at", "created_by"}
	var status, named, last *Field
	for i := range target.Fields {
		f := &target.Fields[i]
		if f.Merged || f.Value.End == 0 || target.Flow && f.Value.Pos.Offset == f.Value.End {
			// A comma directly behind a colon would make the colon a part of the key.
			continue
		}
		if f.Value.Tagged && f.Value.Kind == Null && f.Value.Text == "" {
			// goccy takes what stands behind a tag for its value, also on the next line.
			continue
		}
		last = f
		switch {
		case f.Key == "status":
			status = f
		case slices.Contains(names, f.Key):
			named = f
		}
	}
	switch {
	case status != nil:
		return status
	case named != nil:
		return named
	}
	return last
}

// lineEnd returns where the line that holds an offset ends, and the line end it has; at the end of the
// file that of the file.
func (e *editor) lineEnd(offset int) (at int, eol string) {
	src := e.src.Bytes
	n := bytes.IndexAny(src[offset:], "\r\n")
	switch {
	case n < 0:
		return len(src), e.src.EOL
	case bytes.HasPrefix(src[offset+n:], []byte("\r\n")):
		return offset + n, "\r\n"
	}
	return offset + n, string(src[offset+n])
}
