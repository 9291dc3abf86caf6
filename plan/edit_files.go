package plan

import (
	"bytes"
	"path"
	"slices"
	"strings"
)

// files edits a folder of task files: the front matter and the body of a task that is there, and a new file for a new one.
func (e *taskEditor) files(todo []TaskEdit) ([]byte, error) {
	files, _ := Unbundle(e.src.Bytes)
	files = slices.Clone(files)
	for i := range todo {
		edit := &todo[i]
		t := e.plan.Task(edit.ID)
		if t == nil {
			file, err := e.newFile(edit, files)
			if err != nil {
				return nil, err
			}
			files = append(files, file)
			continue
		}
		at := slices.IndexFunc(files, func(f TaskFile) bool { return f.Name == e.src.FileAt(t.Pos) })
		if at < 0 {
			return nil, e.stale()
		}
		text, err := e.changeFile(files[at], t, edit)
		if err != nil {
			return nil, err
		}
		files[at].Text = text
	}
	return Bundle(files)
}

// body is the key under which the text below a front matter is read.
const body = "description"

// changeFile gives the task of a file what the edit has.
func (e *taskEditor) changeFile(file TaskFile, t *Task, edit *TaskEdit) ([]byte, error) {
	m := cutFrontMatter(file.Text)
	name := path.Join(e.src.Name, file.Name)
	head, problems := parseFrontMatter(name, file.Text, m, Limits{})
	if head == nil || len(Errors(problems)) > 0 {
		return nil, e.refuse(Change{Task: t.ID}, t.Pos, "its front matter cannot be read", "mend it")
	}
	below := string(file.Text[m.body:])
	has := strings.TrimSpace(below) != ""
	value, own := *edit.Value, head.Get(body)
	if has || own == nil {
		// The text below is the description, behind the one that the front matter may have.
		text := ""
		if v := edit.Value.Get(body); !v.IsNull() {
			text = v.Inline()
		}
		value.Fields = slices.DeleteFunc(slices.Clone(value.Fields), func(f Field) bool { return f.Key == body })
		if lead := strings.TrimSpace(own.Inline()) + "\n\n"; own != nil && strings.HasPrefix(text, lead) {
			value.Fields = append(value.Fields, Field{Key: body, Value: own})
			text = strings.TrimPrefix(text, lead)
		}
		if strings.Trim(text, "\n") != readBody(below) {
			below = newBody(below, text, e.src.eolAt(t.Pos.Line))
		}
	}
	inner := &taskEditor{
		editor: newEditor(newSource(name, file.Text[:m.end])), plan: e.plan, habit: e.habit, oneLine: e.oneLine,
	}
	alone := *t
	alone.Source, alone.Pos = head, head.Pos
	inner.sites = map[*Task]site{&alone: {list: &taskList{value: &Value{Kind: List}}}}
	if err := inner.change(&alone, &TaskEdit{ID: edit.ID, Wave: edit.Wave, Value: &value}); err != nil {
		return nil, err
	}
	front, err := inner.apply(0, m.end)
	if err != nil {
		return nil, err
	}
	return slices.Concat(front, file.Text[m.end:m.body], []byte(below)), nil
}

// readBody is what stands below a front matter as it is read.
func readBody(below string) string {
	text := strings.Trim(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(below), "\n")
	if strings.TrimSpace(text) == "" {
		return ""
	}
	return text
}

// newBody puts a text in the place of what stands below a front matter, with the empty lines around it.
func newBody(below, text, eol string) string {
	text = strings.ReplaceAll(strings.Trim(text, "\n"), "\n", eol)
	inner := strings.Trim(below, "\r\n")
	if inner == "" || strings.TrimSpace(inner) == "" {
		if text == "" {
			return below
		}
		return eol + text + eol
	}
	start := strings.Index(below, inner)
	return below[:start] + text + below[start+len(inner):]
}

// newFile is the file of a new task, beside the one it comes after.
func (e *taskEditor) newFile(edit *TaskEdit, files []TaskFile) (TaskFile, error) {
	folder, eol := "", "\n"
	if behind := e.plan.Task(edit.After); behind != nil {
		folder = path.Dir(e.src.FileAt(behind.Pos))
		eol = e.src.eolAt(behind.Pos.Line)
	} else if len(e.plan.Tasks) > 0 {
		folder = path.Dir(e.src.FileAt(e.plan.Tasks[0].Pos))
	}
	name := path.Join(folder, fileName(edit.ID)+".md")
	for taken(files, name) {
		name = strings.TrimSuffix(name, ".md") + "-task.md"
	}
	value, text := *edit.Value, ""
	if v := value.Get(body); v != nil {
		text = v.Inline()
		value.Fields = slices.DeleteFunc(slices.Clone(value.Fields), func(f Field) bool { return f.Key == body })
	}
	var wave *Value
	if n, set := edit.wave(); set {
		wave = edit.waveValue(n)
	}
	fields := e.wanted(&TaskEdit{ID: edit.ID, Wave: edit.Wave, Value: &value}, nil, wave)
	if e.plan.Dialect.IDKey != "" || strings.TrimSuffix(name, ".md") != edit.ID {
		fields = slices.Insert(fields, 0, e.idOf(edit))
	}
	if e.habit["status"] != "" || fileKind(name, fields) != TaskOne {
		fields = amongNames(fields, Field{Key: "status", Value: &Value{Kind: Scalar, Text: string(Pending)}})
	}
	w := &yamlWriter{dash: 2, oneLine: e.oneLine}
	w.WriteString("---\n")
	w.mapping(fields, 0)
	w.WriteString("\n---\n")
	front := strings.ReplaceAll(w.String(), "\n", eol)
	out := TaskFile{Name: name, Text: []byte(front + newBody("", text, eol))}
	if kind, why := SortFile(name, out.Text); kind != TaskOne {
		return out, e.refuse(Change{Task: edit.ID}, Pos{}, "a file "+name+" would be none of a task: "+why, "give the task another id")
	}
	if !bytes.HasPrefix(out.Text, []byte("---")) || bytes.IndexByte(out.Text, 0) >= 0 {
		return out, e.refuse(Change{Task: edit.ID}, Pos{}, "its text cannot stand in a file", "take the NUL byte out")
	}
	return out, nil
}

// fileName is the name of the file of a task: its id where that can be one.
func fileName(id string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r == '-' || r == '_' || r == '.', r >= '0' && r <= '9', r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z':
			return r
		}
		return '-'
	}, id)
	if name = strings.TrimLeft(name, ".-"); name == "" {
		return "task"
	}
	return name
}

// taken reports whether a file of a folder has a name, on file systems that do not tell upper from lower case too, or
// whether the name means something else there.
func taken(files []TaskFile, name string) bool {
	switch strings.ToLower(path.Base(name)) {
	case "readme.md", "epic.md", "plan.md":
		return true
	}
	return slices.ContainsFunc(files, func(f TaskFile) bool { return strings.EqualFold(f.Name, name) })
}

// fileKind is what a file with these keys in its front matter is taken for.
func fileKind(name string, fields []Field) FileKind {
	var b strings.Builder
	for _, f := range fields {
		b.WriteString(f.Key + ":\n")
	}
	kind, _ := SortFile(name, []byte("---\n"+b.String()+"---\n"))
	return kind
}
