package plan

import (
	"bytes"
	"slices"
	"strings"
)

// taskList is a list of tasks, or a mapping of their ids to them.
type taskList struct {
	value *Value
	// key is the key it stands under; its place is nowhere where it is an item of a list.
	key Field
	// loose is true where the tasks stand in no group, so that each has to say itself what its wave is.
	loose bool
	// json is true where keys and texts are in double quotes.
	json bool
	// wave is that of the group, where it is known.
	wave    int
	waveSet bool
	// first is the place of its first task in Plan.Tasks.
	first int
}

// site is where a task stands.
type site struct {
	list *taskList
	// at is the place among the items of a list, or the fields of a mapping.
	at int
}

// field is the field of a task under its id; nil for an item of a list.
func (s site) field() *Field {
	if s.list.value.Kind != Map {
		return nil
	}
	return &s.list.value.Fields[s.at]
}

// locate finds where the tasks stand.
func (e *taskEditor) locate() {
	e.sites = make(map[*Task]site, len(e.plan.Tasks))
	tasks := make(map[*Value]*Task, len(e.plan.Tasks))
	for _, t := range e.plan.Tasks {
		tasks[t.Source] = t
	}
	var walk func(v *Value, key Field, path []string)
	walk = func(v *Value, key Field, path []string) {
		if v == nil || v.Style == Alias || tasks[v] != nil {
			return
		}
		l := &taskList{value: v, key: key, first: len(e.plan.Tasks), json: e.quotesKeys(v)}
		l.loose = len(path) > 0 && path[len(path)-1] == "tasks" && len(path) <= 2
		if len(path) == 2 {
			_, numbered := waveKey(path[0])
			l.loose = l.loose && !numbered && !slices.Contains(groupKeys(), path[0]) && path[0] != ""
		}
		stands := func(t *Task, i int) {
			e.sites[t] = site{list: l, at: i}
			l.first = min(l.first, t.Index)
			if own := t.Source.Get("wave"); own.IsNull() && t.WaveSet && !l.loose {
				l.wave, l.waveSet = t.Wave, true
			}
		}
		for i, item := range v.Items {
			if t := tasks[item]; t != nil {
				stands(t, i)
			} else {
				walk(item, Field{}, append(path, ""))
			}
		}
		for i, f := range v.Fields {
			t := tasks[f.Value]
			if t == nil && underID(e.plan, f) {
				t = e.plan.Task(f.Key)
			}
			switch {
			case f.Merged:
			case t != nil:
				stands(t, i)
			default:
				walk(f.Value, f, append(path, f.Key))
			}
		}
		if l.first < len(e.plan.Tasks) {
			e.lists = append(e.lists, l)
		}
	}
	walk(e.plan.Root, Field{}, nil)
	slices.SortStableFunc(e.lists, func(a, b *taskList) int { return a.first - b.first })
}

// quotesKeys reports whether the first key at or in a value of flow style is in double quotes: JSON is, and is to stay
// JSON.
func (e *editor) quotesKeys(v *Value) bool {
	for v != nil && v.Kind == List && v.Flow && len(v.Items) > 0 {
		v = v.Items[0]
	}
	if v == nil || !v.Flow || v.Kind != Map || len(v.Fields) == 0 || v.Fields[0].Merged {
		return false
	}
	at := v.Fields[0].Pos.Offset
	return at >= 0 && at < len(e.src.Bytes) && e.src.Bytes[at] == '"'
}

// end is where a value ends, behind its last byte that is no blank, line end or comment; column is that of the
// collection it stands in, from 0.
func (e *editor) end(v *Value, column int, flow bool) int {
	switch {
	case v.End > 0:
		return v.End
	case v.Kind == List && len(v.Items) > 0:
		return e.end(v.Items[len(v.Items)-1], v.Pos.Column-1, flow)
	case v.Kind == Map:
		at := v.Pos.Offset
		for _, f := range v.Fields {
			if !f.Merged {
				at = max(at, e.end(f.Value, v.Pos.Column-1, flow || v.Flow))
			}
		}
		if !v.Flow {
			at = e.deeper(at, v.Pos.Column-1)
		}
		return at
	case v.Kind == List:
		return v.Pos.Offset
	}
	text := e.src.text
	i := e.src.textOf(v.Pos)
	if i >= len(text) {
		return len(e.src.Bytes)
	}
	var got scalar
	var err error
	switch v.Style {
	case SingleQuoted:
		got, err = singleQuoted(text, i)
	case DoubleQuoted:
		got, err = doubleQuoted(text, i)
	case Literal, Folded:
		if got, err = block(text, i, column); err == nil && !strings.Contains(text[i:lineEnd(text, i)], "+") {
			got.end = i + len(strings.TrimRight(text[i:got.end], " \t\n"))
		}
	default:
		got, err = plain(text, i, column, flow, false)
	}
	if err != nil {
		return v.Pos.Offset
	}
	return e.src.original(got.end)
}

// deeper goes on from an offset over lines that are indented by a column or more: what of a mapping has no field, such
// as a merge key. It returns where the last of them ends.
func (e *editor) deeper(at, column int) int {
	text := e.src.Bytes
	for {
		end, next := lineAt(text, at)
		if next == end {
			return at
		}
		i := skipSpaceBytes(text, next)
		start := bytes.LastIndexAny(text[:i], "\r\n") + 1
		if i == len(text) || i-start < column || column == 0 && documentMark(string(text[start:min(start+4, len(text))]), 0) {
			return at
		}
		at, _ = lineAt(text, i)
	}
}

// skipSpaceBytes is skipSpace for bytes with line ends of every kind.
func skipSpaceBytes(text []byte, i int) int {
	for i < len(text) {
		switch c := text[i]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
		case c == '#' && (i == 0 || bytes.IndexByte([]byte(" \t\r\n"), text[i-1]) >= 0):
			i, _ = lineAt(text, i)
		default:
			return i
		}
	}
	return i
}

// lineStart is where the line of an offset begins.
func (e *editor) lineStart(at int) int {
	return max(bytes.LastIndexAny(e.src.Bytes[:at], "\r\n")+1, e.src.lines[0])
}

// firstOnLine reports whether nothing but blanks stands before an offset on its line.
func (e *editor) firstOnLine(at int) bool {
	return len(bytes.Trim(e.src.Bytes[e.lineStart(at):at], " ")) == 0
}

// behindColon is where the value of a field may begin: behind the `:` of its key. It is -1 where there is none.
func (e *editor) behindColon(f *Field, flow bool) int {
	text := e.src.text
	i := e.src.textOf(f.Pos)
	if i >= len(text) {
		return -1
	}
	end := i
	switch c := text[i]; {
	case c == '\'' || c == '"':
		got, err := quoted(text, i)
		if err != nil {
			return -1
		}
		end = got.end
	default:
		end, _ = plainLine(text, i, flow)
	}
	end = skipBlanks(text, end)
	if end >= len(text) || text[end] != ':' {
		return -1
	}
	return e.src.original(end + 1)
}

// tail is where a task of block style ends with what belongs to it: the rest of its last line, and the comments right
// below that are indented deeper than a column.
func (e *editor) tail(at, column int) int {
	text := e.src.Bytes
	for {
		end, next := lineAt(text, at)
		if next == end {
			return end
		}
		i := next
		for i < len(text) && text[i] == ' ' {
			i++
		}
		if i == len(text) || text[i] != '#' || i-next <= column {
			return end
		}
		at = i
	}
}
