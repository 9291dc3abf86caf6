package plan

import (
	"bytes"
	"slices"
	"strings"
)

// add inserts new tasks, each behind the one it comes after, in the group of its wave.
func (e *taskEditor) add(added []TaskEdit) error {
	chains := map[string][]*TaskEdit{} // by the task of the file that they come behind
	fresh := make(map[string]*TaskEdit, len(added))
	for i := range added {
		fresh[added[i].ID] = &added[i]
	}
	var roots []string
	for i := range added {
		root := added[i].After
		for steps := 0; fresh[root] != nil && steps <= len(added); steps++ {
			root = fresh[root].After
		}
		if chains[root] == nil {
			roots = append(roots, root)
		}
		chains[root] = append(chains[root], &added[i])
	}
	for _, root := range roots {
		for _, edit := range inChain(root, chains[root]) {
			if err := e.addTask(edit, root); err != nil {
				return err
			}
		}
	}
	return nil
}

// inChain orders new tasks that come, one behind the other, behind a task of the file: each right behind the one it names.
func inChain(root string, edits []*TaskEdit) []*TaskEdit {
	out := make([]*TaskEdit, 0, len(edits))
	for _, edit := range edits {
		at := slices.IndexFunc(out, func(other *TaskEdit) bool { return other.ID == edit.After })
		if at < 0 {
			out = append(out, edit)
			continue
		}
		// Behind those that were put there before.
		for at++; at < len(out) && out[at].After == edit.After; at++ {
		}
		out = slices.Insert(out, at, edit)
	}
	return out
}

// addTask inserts one task behind a task of the file, "" for the first.
func (e *taskEditor) addTask(edit *TaskEdit, after string) error {
	l, at := e.siteFor(edit, after)
	if l == nil {
		return e.refuse(Change{Task: edit.ID}, e.plan.Root.Pos, "there is no list of tasks that it could be put into", "write it into the file")
	}
	in := l.value
	switch {
	case in.Shared:
		return e.refuse(Change{Task: edit.ID}, in.Pos, "an alias shows the tasks elsewhere too", "write the tasks out there")
	case in.Flow && in.End == 0:
		return e.refuse(Change{Task: edit.ID}, in.Pos, "it belongs into a mapping without braces", "put braces around it")
	}
	var like *Value
	if len(in.Items) > 0 {
		like = in.Items[max(at, 0)]
	} else if len(in.Fields) > 0 {
		like = in.Fields[max(at, 0)].Value
	}
	task := &Value{Kind: Map, Fields: e.newTask(edit, l, like)}
	m := &merger{taskEditor: e, id: edit.ID, w: e.writer(in, l.json)}
	switch {
	case in.Kind == Map && in.Flow:
		e.addFlowField(m, in, at, Field{Key: edit.ID, Value: task})
	case in.Kind == Map:
		e.addField(m, in, at, Field{Key: edit.ID, Value: task}, like)
	case in.Flow:
		e.addFlowItem(m, in, at, task)
	default:
		return e.addItem(m, in, at, task, like)
	}
	return nil
}

// siteFor finds where a new task goes: the list, and the place in it that it comes behind, -1 for before all others.
func (e *taskEditor) siteFor(edit *TaskEdit, after string) (l *taskList, at int) {
	wave, set := edit.wave()
	behind := e.plan.Task(after)
	fits := func(l *taskList) bool { return l.loose || !set || l.waveSet && l.wave == wave }
	if behind != nil {
		if s, ok := e.sites[behind]; ok && fits(s.list) {
			return s.list, s.at
		}
	}
	for _, l := range e.lists {
		if !fits(l) {
			continue
		}
		if after == "" || behind != nil && behind.Index < l.first {
			return l, -1
		}
		return l, len(l.value.items()) - 1
	}
	// There is no group for this wave: the task says itself which it is.
	if s, ok := e.sites[behind]; ok {
		return s.list, s.at
	}
	if len(e.lists) == 0 {
		return nil, 0
	}
	l = e.lists[len(e.lists)-1]
	return l, len(l.value.items()) - 1
}

// newTask are the fields of a new task, written like another one that stands beside it.
func (e *taskEditor) newTask(edit *TaskEdit, l *taskList, like *Value) []Field {
	var wave *Value
	if n, set := edit.wave(); set && (l.loose || !l.waveSet || l.wave != n || like.Get("wave") != nil) {
		wave = edit.waveValue(n)
	}
	fields := e.wanted(edit, nil, wave)
	if l.value.Kind != Map {
		fields = slices.Insert(fields, 0, e.idOf(edit))
	}
	if e.habit["status"] != "" {
		fields = amongNames(fields, Field{Key: "status", Value: &Value{Kind: Scalar, Text: string(Pending)}})
	}
	return fields
}

// idOf is the field that names a task.
func (e *taskEditor) idOf(edit *TaskEdit) Field {
	key := "id"
	if e.plan.Dialect.IDKey != "" {
		key = e.plan.Dialect.IDKey
	}
	return Field{Key: key, Value: &Value{Kind: Scalar, Style: DoubleQuoted, Text: edit.ID}}
}

// apart reports whether an empty line stands between the task at a place and the next one, or else the one before.
func (e *taskEditor) apart(ends []int, starts []int, at int) bool {
	empty := func(i int) bool {
		if i < 0 || i+1 >= len(starts) {
			return false
		}
		end, next := lineAt(e.src.Bytes, ends[i])
		after, _ := lineAt(e.src.Bytes, next)
		return next > end && len(bytes.TrimSpace(e.src.Bytes[next:after])) == 0
	}
	if at+1 < len(starts) && at >= 0 {
		return empty(at)
	}
	return empty(max(at-1, 0))
}

// addItem inserts a task into a list in block style.
func (e *taskEditor) addItem(m *merger, in *Value, at int, task, like *Value) error {
	column := in.Pos.Column - 1
	write := func() {
		if like != nil && like.Flow && len(like.Fields) > 0 {
			m.w.WriteString("- ")
			m.w.json = e.quotesKeys(like)
			m.w.flow(task, true)
			return
		}
		gap := 1
		if like != nil && like.Kind == Map && !like.Flow && like.Pos.Line == in.Pos.Line {
			gap = max(like.Pos.Column-in.Pos.Column-1, 1)
		}
		m.w.WriteString("-" + strings.Repeat(" ", gap))
		m.w.mapping(task.Fields, column+1+gap)
	}
	if !e.firstOnLine(in.Pos.Offset) {
		return m.refuse(in.Pos, "the list of tasks does not begin on a line of its own", "begin it on a new line")
	}
	var starts, ends []int
	for i, item := range in.Items {
		if i < at-1 {
			starts, ends = append(starts, 0), append(ends, 0)
			continue
		}
		if i > at+1 {
			break
		}
		starts, ends = append(starts, item.Pos.Offset), append(ends, e.tail(e.deeper(e.end(item, column, false), column+1), column))
	}
	e.insertLines(m, in, at, starts, ends, write)
	return nil
}

// addField inserts a task into a mapping of ids in block style.
func (e *taskEditor) addField(m *merger, in *Value, at int, f Field, like *Value) {
	column := in.Pos.Column - 1
	write := func() {
		if like != nil && like.Flow && len(like.Fields) > 0 {
			m.w.WriteString(m.w.word(f.Key, false) + ": ")
			m.w.flow(f.Value, true)
			return
		}
		m.w.mapping([]Field{f}, column)
	}
	var starts, ends []int
	for i, other := range in.Fields {
		if i < at-1 {
			starts, ends = append(starts, 0), append(ends, 0)
			continue
		}
		if i > at+1 || other.Merged {
			break
		}
		starts, ends = append(starts, other.Pos.Offset), append(ends, e.tail(e.deeper(e.end(other.Value, column, false), column+1), column))
	}
	e.insertLines(m, in, at, starts, ends, write)
}

// insertLines inserts the lines of a task behind the one at a place, or before the first and the comments above it.
func (e *taskEditor) insertLines(m *merger, in *Value, at int, starts, ends []int, write func()) {
	column := in.Pos.Column - 1
	apart := e.apart(ends, starts, at)
	m.w.Reset()
	if at >= 0 {
		if apart {
			m.w.WriteByte('\n')
		}
		m.w.line(column)
		write()
		m.splice(ends[at], ends[at], m.text(in.Pos.Line))
		return
	}
	start := e.lineStart(in.Pos.Offset)
	for start > e.src.lines[0] {
		above := e.lineStart(m.lineBefore(start))
		if line := bytes.TrimLeft(e.src.Bytes[above:start], " "); !bytes.HasPrefix(line, []byte("#")) {
			break
		}
		start = above
	}
	m.w.WriteString(strings.Repeat(" ", column))
	write()
	m.w.WriteByte('\n')
	if apart {
		m.w.WriteByte('\n')
	}
	m.splice(start, start, m.text(in.Pos.Line))
}

// addFlowItem inserts a task into a list in flow style.
func (e *taskEditor) addFlowItem(m *merger, in *Value, at int, task *Value) {
	m.w.Reset()
	like := in.Items[max(at, 0)]
	write := func() { m.like(like, task) }
	e.insertFlowTask(m, in, like.Pos.Offset, e.end(like, 0, true), at, write)
}

// addFlowField inserts a task into a mapping of ids in flow style.
func (e *taskEditor) addFlowField(m *merger, in *Value, at int, f Field) {
	m.w.Reset()
	like := in.Fields[max(at, 0)]
	write := func() {
		m.w.WriteString(m.w.word(f.Key, true) + ": ")
		m.like(like.Value, f.Value)
	}
	e.insertFlowTask(m, in, like.Pos.Offset, e.end(like.Value, 0, true), at, write)
}

// like writes a task as another one in flow style is written: over several lines, or on one.
func (m *merger) like(other, task *Value) {
	step := 0
	if other.Kind == Map {
		step = m.step(other)
	}
	if step == 0 {
		m.w.flow(task, true)
		return
	}
	m.w.spread(task, m.fieldColumn(other)-step, step)
}

// insertFlowTask inserts what write writes behind the task between two offsets, or before it where at is -1: on a line
// of its own where that task begins one.
func (e *taskEditor) insertFlowTask(m *merger, in *Value, start, end, at int, write func()) {
	lead := " "
	if e.firstOnLine(start) {
		lead = "\n" + strings.Repeat(" ", start-e.lineStart(start))
	}
	if at < 0 {
		write()
		m.w.WriteString("," + lead)
		m.splice(start, start, m.text(in.Pos.Line))
		return
	}
	// Behind the comma and the comment, where a comment says something of the task before.
	text := e.src.Bytes
	comma := end
	for comma < len(text) && (text[comma] == ' ' || text[comma] == '\t') {
		comma++
	}
	stop, next := lineAt(text, end)
	if rest := bytes.TrimSpace(bytes.TrimPrefix(text[comma:stop], []byte(","))); lead[0] == '\n' && next > stop && bytes.HasPrefix(rest, []byte("#")) {
		if text[comma] != ',' {
			m.splice(end, end, ",")
			m.w.WriteString(lead)
			write()
		} else {
			m.w.WriteString(lead)
			write()
			m.w.WriteByte(',')
		}
		m.splice(stop, stop, m.text(in.Pos.Line))
		return
	}
	m.w.WriteString("," + lead)
	write()
	m.splice(end, end, m.text(in.Pos.Line))
}
