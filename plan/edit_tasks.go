package plan

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// EditTasks returns the bytes of src with tasks changed as a revised plan has them: a task that is not there is put
// behind the one it comes after, in the group of its wave; one that is there has the keys replaced, added and taken out
// in which it differs, and keeps its place, every other byte, and what billow owns. Keys get the names that the plan
// uses. A task that says already what is meant is left alone, so that to do it twice is to do it once. p must have been
// read from src; of two edits of one task the last counts.
//
// The result is read again. Where a task would not say what is meant, or anything else would change, there is an error
// that wraps ErrRefuse, and no bytes. The cost is that of one reading of the file.
func EditTasks(p *Plan, src *Source, edits []TaskEdit) ([]byte, error) {
	if p.Root == nil || src == nil {
		return nil, fmt.Errorf("%s: there is no plan to change", p.Name)
	}
	todo, err := needed(p, src, edits)
	if err != nil {
		return nil, err
	}
	if len(todo) == 0 {
		return src.Bytes, nil
	}
	// A block of text can swallow what follows it, or lose the line end at the end of the file; in quotes it cannot.
	for _, oneLine := range []bool{false, true} {
		e := &taskEditor{editor: newEditor(src), plan: p, habit: habits(p), oneLine: oneLine}
		var out []byte
		if src.parts != nil {
			out, err = e.files(todo)
		} else {
			out, err = e.tasks(todo)
		}
		if err == nil {
			err = e.verify(todo, out)
		}
		var wrong *misreading
		if errors.As(err, &wrong) && e.endsOpen() {
			// A text that the end of the file cut off ends with a line end when something follows it.
			doc := Read(src.Name, append(slices.Clip(src.Bytes), src.EOL...), Options{Limits: e.limits(len(todo), len(src.Bytes))})
			if e.plan = doc.Plan; doc.Plan != nil && len(Errors(doc.Problems)) == 0 {
				err = e.verify(todo, out)
			}
		}
		if err == nil {
			return out, nil
		} else if !errors.As(err, &wrong) {
			break
		}
	}
	return nil, err
}

// endsOpen reports whether a file has no line end at its end.
func (e *taskEditor) endsOpen() bool {
	n := len(e.src.Bytes)
	return e.src.parts == nil && n > 0 && e.src.Bytes[n-1] != '\n' && e.src.Bytes[n-1] != '\r'
}

// needed are the edits that change something, of each task the last.
func needed(p *Plan, src *Source, edits []TaskEdit) ([]TaskEdit, error) {
	var out []TaskEdit
	place := make(map[string]int, len(edits))
	for _, edit := range edits {
		if edit.Value == nil || edit.Value.Kind != Map || strings.TrimSpace(edit.ID) == "" {
			return nil, fmt.Errorf("%s: the edit of task %q has no task", src.Name, edit.ID)
		}
		if i, twice := place[edit.ID]; twice {
			out[i] = edit
			continue
		}
		place[edit.ID] = len(out)
		out = append(out, edit)
	}
	return slices.DeleteFunc(out, func(edit TaskEdit) bool {
		t := p.Task(edit.ID)
		return t != nil && edit.says(t)
	}), nil
}

// says reports whether a task is as the edit has it.
func (edit *TaskEdit) says(t *Task) bool {
	if !sameFields(spec(t.Source), spec(edit.Value)) {
		return false
	}
	wave, set := edit.wave()
	if !set {
		// The group it stands in has a number all the same.
		return t.Source.Get("wave").IsNull()
	}
	return t.WaveSet && t.Wave == wave
}

// wave is the wave that the edit gives its task: Wave, or where that is 0 what stands in the task.
func (edit *TaskEdit) wave() (wave int, set bool) {
	if edit.Wave != 0 {
		return edit.Wave, true
	}
	return waveOf(edit.Value.Get("wave"))
}

// waveOf reads the wave of a task.
func waveOf(v *Value) (wave int, set bool) {
	if v.IsNull() {
		return 0, false
	}
	if n, ok := v.AsInt(); ok {
		return n, true
	}
	return waveNumber(v.Text)
}

// taskEditor does EditTasks.
type taskEditor struct {
	*editor
	plan    *Plan
	habit   map[string]string
	oneLine bool
	// sites are where the tasks stand, lists what they stand in, in the order of the file.
	sites map[*Task]site
	lists []*taskList
}

// habits are the keys, of each that mean the same, that most tasks of a plan use, by every key that means the same.
// Besides, "status" is there where most tasks have one.
func habits(p *Plan) map[string]string {
	uses := map[string]int{}
	for _, t := range p.Tasks {
		for _, f := range t.fields() {
			uses[f.Key]++
		}
	}
	out := map[string]string{}
	for _, group := range synonyms() {
		best := slices.MaxFunc(group, func(a, b string) int { return cmp.Compare(uses[a], uses[b]) })
		for _, key := range group {
			if uses[best] > 0 {
				out[key] = best
			}
		}
	}
	if 2*uses["status"] > len(p.Tasks) {
		out["status"] = "status"
	}
	return out
}

// wanted are the fields that a task is to have, under the keys of its plan, without its name and what billow owns. was is
// the task as it is, nil for a new one; wave is its wave where it has to say it, else nil.
func (e *taskEditor) wanted(edit *TaskEdit, was, wave *Value) []Field {
	var out []Field
	for _, f := range edit.Value.Fields {
		group := synonymsOf(f.Key)
		switch {
		case f.Key == "id" || f.Key == "task_id" || f.Key == "wave" && wave == nil || slices.Contains(ownedKeys(), f.Key):
			continue
		case f.Key == "wave":
			f.Value, wave = wave, nil
		case f.Key == "flags":
			if f.Value = without(f.Value, ownedFlags()); f.Value == nil {
				continue
			}
		case slices.ContainsFunc(group, func(key string) bool { return key != f.Key && edit.Value.Get(key) != nil }):
			// Two of the group in one task are two things.
		case group != nil && was.Get(f.Key) == nil:
			f.Key = cmp.Or(e.habit[f.Key], f.Key)
			for _, key := range group {
				if was.Get(key) != nil {
					f.Key = key
				}
			}
		}
		out = append(out, f)
	}
	if wave != nil {
		out = amongNames(out, Field{Key: "wave", Value: wave})
	}
	return out
}

// amongNames puts a field behind those of the first fields that name a task.
func amongNames(fields []Field, f Field) []Field {
	at := 0
	for at < len(fields) && slices.Contains([]string{"id", "task_id", "title", "name", "agent", "wave"}, fields[at].Key) {
		at++
	}
	return slices.Insert(fields, at, f)
}

// writer makes a writer for what stands in one of the lists of tasks.
func (e *taskEditor) writer(in *Value, json bool) *yamlWriter {
	w := &yamlWriter{json: json, oneLine: e.oneLine, dash: 2}
	for _, l := range e.lists {
		if l.value == in && !in.Flow && in.Kind == List && l.key.Pos.Line > 0 {
			w.dash = min(max(in.Pos.Column-l.key.Pos.Column, 0), 2)
		}
	}
	return w
}

// tasks edits the tasks of one file.
func (e *taskEditor) tasks(todo []TaskEdit) ([]byte, error) {
	e.locate()
	var added []TaskEdit
	for i := range todo {
		edit := &todo[i]
		t := e.plan.Task(edit.ID)
		if t == nil {
			added = append(added, *edit)
			continue
		}
		if err := e.change(t, edit); err != nil {
			return nil, err
		}
	}
	if err := e.add(added); err != nil {
		return nil, err
	}
	return e.apply(0, len(e.src.Bytes))
}

// change edits a task that is there.
func (e *taskEditor) change(t *Task, edit *TaskEdit) error {
	at, found := e.sites[t]
	if !found {
		return e.refuse(Change{Task: t.ID}, t.Pos, "it is not among the tasks of the file", "write the task out where it stands")
	}
	kept := append(ownedKeys(), "id", "task_id", "flags")
	var wave *Value
	n, set := edit.wave()
	switch own := t.Source.Get("wave"); {
	case set && (!t.WaveSet || t.Wave != n || !own.IsNull()):
		wave = edit.waveValue(n)
	case set || own.IsNull():
		kept = append(kept, "wave")
	}
	want := e.wanted(edit, t.Source, wave)
	for _, key := range synonymsOf("depends_on") {
		if own := t.Source.Get(key); own != nil && same(needsList(own), needsList((&Value{Kind: Map, Fields: want}).Get(key))) {
			kept = append(kept, key) // as a list or a word, empty or not there: it says the same
		}
	}
	m := merger{taskEditor: e, id: t.ID, w: e.writer(at.list.value, at.list.json)}
	if field := at.field(); field != nil && field.Value.IsNull() {
		// `a:` among tasks under their ids.
		return m.value(at.list.value, field, &Value{Kind: Map, Fields: want})
	}
	if err := e.writable(t.Source, Change{Task: t.ID}); err != nil {
		return err
	}
	// Flags first: they are merged by themselves, and may have to be made.
	var flags *Value
	if i := slices.IndexFunc(want, func(f Field) bool { return f.Key == "flags" }); i >= 0 {
		flags = want[i].Value
		if t.Source.Get("flags").IsNull() {
			kept = slices.DeleteFunc(kept, func(key string) bool { return key == "flags" })
		} else {
			want = slices.Delete(want, i, i+1)
		}
	}
	if own := t.Source.Get("flags"); own != nil && own.Kind == Map && !sameFields(without(own, ownedFlags()).fields(), flags.fields()) {
		if err := e.writable(own, Change{Task: t.ID, Key: "flags"}); err != nil {
			return err
		}
		if err := m.merge(own, flags.fields(), ownedFlags()); err != nil {
			return err
		}
	}
	return m.merge(t.Source, want, kept)
}

// waveValue is a wave as the edit writes it.
func (edit *TaskEdit) waveValue(wave int) *Value {
	if v := edit.Value.Get("wave"); !v.IsNull() {
		if n, ok := waveOf(v); ok && n == wave {
			return v
		}
	}
	return &Value{Kind: Scalar, Text: fmt.Sprint(wave)}
}
