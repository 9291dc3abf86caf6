package plan

import (
	"fmt"
	"path"
	"strings"
)

// readBundle reads a folder of task files: the front matter of each is one task, in the words of plan.yaml and with
// its place in the bundle, and what follows it is the task's description. epic.md or plan.md at the top holds the
// plan's own keys.
func readBundle(name string, src []byte, files []TaskFile, opts Options) *Document {
	s := newBundleSource(name, src, files)
	doc := &Document{Source: s}
	if limit := opts.Limits.withDefaults().MaxBytes; len(src) > limit {
		doc.Problems = []Problem{{Code: "P003", Severity: Error, File: name,
			Text: fmt.Sprintf("the task files have %d bytes, more than the limit of %d", len(src), limit)}}
		return doc
	}
	r := newReader(name, s, opts)
	r.taskKeys["blocked_by"] = taskField{read: (*reader).readNeeds, own: true}
	r.taskKeys["parallel"] = taskField{read: (*reader).readParallel, own: true}
	r.readFiles(files)
	r.countUnlisted()
	doc.Plan, doc.Problems, s.Root = r.plan, r.problems, r.plan.Root
	return doc
}

// readFiles reads the files of a bundle.
func (r *reader) readFiles(files []TaskFile) {
	p := r.plan
	// Without a place: there is nothing to write the plan's own keys to.
	p.Root = &Value{Kind: Map}
	p.Failure = r.opts.policy()
	p.Dialect = Dialect{TasksAt: "*.md", Documents: 1}
	f := &finder{r: r, references: map[string]int{}}
	head := planFile(files)
	var owners []*part
	for i := range files {
		at := &r.source.parts[i]
		kind, _ := SortFile(at.name, files[i].Text)
		switch {
		case i == head:
			if v := r.readFrontMatter(at, files[i].Text); v != nil {
				p.Root = v
			}
		case kind == TaskPlan:
			r.problems = append(r.problems, LeftOut(r.name, at.name, files[head].Name+" says what the tasks are for"))
		default:
			before := len(f.items)
			f.push(r.taskFile(at, files[i].Text))
			if len(f.items) > before {
				owners = append(owners, at)
			}
		}
	}
	r.readHead(p.Root, p.Root)
	r.files = make(map[*Task]string, len(f.items))
	p.Tasks = make([]*Task, 0, len(f.items))
	for i := range f.items {
		t := r.readTask(&f.items[i], i)
		if t.Title == "" {
			t.Title = heading(t.Description)
		}
		r.files[t] = strings.TrimSuffix(owners[i].name, ".md")
		p.Tasks = append(p.Tasks, t)
	}
	r.task = ""
	if len(p.Tasks) == 0 {
		r.add(codeNoPlan, Error, Pos{}, "there are no tasks in the folder", "a task is a Markdown file with a front matter that has a status")
	}
	r.aliases = r.fileNames()
	r.finish(f)
}

// planFile is the file that has the plan's own keys, -1 where none has: plan.md, which was written for that, before
// epic.md.
func planFile(files []TaskFile) int {
	found := -1
	for i, f := range files {
		if kind, _ := SortFile(f.Name, f.Text); kind == TaskPlan && (found < 0 || strings.EqualFold(f.Name, "plan.md")) {
			found = i
		}
	}
	return found
}

// taskFile makes an item of a file: its front matter and its body.
func (r *reader) taskFile(at *part, text []byte) item {
	m := cutFrontMatter(text)
	v := r.readFrontMatter(at, text)
	if v == nil {
		// It cannot be read, and what needs it should not be told that it is not there.
		pos := Pos{Line: at.line + 1, Column: 1, Offset: at.start}
		v = &Value{Kind: Map, Pos: pos}
		if id := m.keys(text)["id"]; id != "" {
			v.Fields = []Field{{Key: "id", Pos: pos, Value: &Value{Kind: Scalar, Text: id, Pos: pos}}}
		}
	}
	v.describe(r.source, at, m, text)
	it := item{value: v}
	if it.id() == "" {
		it.key = Field{Key: strings.TrimSuffix(at.name, ".md"), Pos: v.Pos}
	}
	return it
}

// readFrontMatter reads the front matter of a file as YAML and moves what it finds to its place in the bundle; nil
// where it cannot be read as a mapping.
func (r *reader) readFrontMatter(at *part, text []byte) *Value {
	m := cutFrontMatter(text)
	root, problems := parseFrontMatter(r.source.nameOf(at), text, m, r.opts.Limits)
	r.problems = append(r.problems, problems...)
	if root == nil {
		return nil
	}
	shift{lines: at.line, bytes: at.start, seen: map[any]bool{}}.value(root)
	return root
}

// readParallel reads `parallel: false`: the task runs while no other does. ccpm asks there whether the task can run
// in parallel with other tasks.
func (r *reader) readParallel(t *Task, f Field) {
	t.Alone = !f.Value.IsNull() && !r.flag(f)
}

// heading is the first heading of a Markdown text, "" where it has none.
func heading(text string) string {
	fenced := false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "```") || strings.HasPrefix(line, "~~~") {
			fenced = !fenced
		}
		words := strings.TrimLeft(line, "#")
		if level := len(line) - len(words); !fenced && level > 0 && level <= 6 && strings.HasPrefix(words, " ") {
			if title := strings.TrimSpace(strings.TrimRight(words, "# ")); title != "" {
				return title
			}
		}
	}
	return ""
}

// fileNames are the names, other than ids, by which tasks of a folder are meant, with the id of the task: "/" and the
// path of its file, "*" and the file's name alone; and for names that are numbers, whatever zeros they begin with,
// "#" and the number, with the folder before it and without. "" is a name that more than one task has.
func (r *reader) fileNames() map[string]string {
	out := map[string]string{}
	add := func(id string, names ...string) {
		for _, name := range names {
			if was, known := out[name]; known && was != id {
				out[name] = ""
				continue
			}
			out[name] = id
		}
	}
	for _, t := range r.plan.Tasks {
		file := r.files[t]
		add(t.ID, "/"+file, "*"+path.Base(file))
		for _, name := range []string{path.Base(file), t.ID} {
			if n := number(name); n != "" {
				add(t.ID, path.Dir(file)+"#"+n, "#"+n)
			}
		}
	}
	return out
}

// number is a name that is only digits without its leading zeros, "" for any other.
func number(name string) string {
	if name == "" || strings.Trim(name, "0123456789") != "" {
		return ""
	}
	if n := strings.TrimLeft(name, "0"); n != "" {
		return n
	}
	return "0"
}

// named is the id of the task that a task means by a word: an id; in a folder also the name of a file, with or
// without .md, or its number, whatever zeros stand before it (1 for 001). What is in the task's own folder goes first.
// A word that could mean two tasks means none.
func (r *reader) named(t *Task, word string) (id string, ok bool) {
	word = strings.TrimSpace(word)
	if _, ok := r.plan.index[word]; ok || r.aliases == nil {
		return word, ok
	}
	word = strings.TrimSuffix(word, ".md")
	if _, ok := r.plan.index[word]; ok {
		return word, true
	}
	folder := path.Dir(r.files[t])
	names := []string{path.Join("/", folder, word), "", "/" + word, "*" + word, ""}
	if n := number(strings.TrimPrefix(word, "#")); n != "" {
		names[1], names[4] = folder+"#"+n, "#"+n
	}
	for _, name := range names {
		if id := r.aliases[name]; id != "" {
			return id, true
		}
	}
	return "", false
}
