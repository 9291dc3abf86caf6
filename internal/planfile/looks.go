package planfile

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"time"

	"billow/plan"
)

// looks is what a plan looks like from outside: the file, or each Markdown file of a folder of task files, by name.
// Where it is as it was, nobody has written.
type looks []entry

// lookAt looks at a plan without reading it.
func lookAt(path string) (looks, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, explain("read", path, err)
	}
	if !info.IsDir() {
		return looks{{info: info}}, nil
	}
	return list(path)
}

// same reports whether a plan looks as it did; what was never looked at does not.
func (l looks) same(before looks) bool {
	return before != nil && slices.EqualFunc(l, before, func(a, b entry) bool {
		return a.name == b.name && sameLooks(a.info, b.info)
	})
}

// with is what the plan looks like when one file of it was replaced, or created.
func (l looks) with(name string, info os.FileInfo) looks {
	if l == nil {
		return nil
	}
	out := slices.Clone(l)
	i, found := out.find(name)
	if !found {
		return slices.Insert(out, i, entry{name: name, info: info})
	}
	out[i].info = info
	return out
}

func (l looks) find(name string) (i int, found bool) {
	return slices.BinarySearchFunc(l, name, func(e entry, name string) int { return strings.Compare(e.name, name) })
}

// time is when a file was last written; the zero time where there is no such file.
func (l looks) time(name string) time.Time {
	i, found := l.find(name)
	if !found {
		return time.Time{}
	}
	return l[i].info.ModTime()
}

// newest is when the last of some files was written; of all, where none of them is there.
func (l looks) newest(names []string) time.Time {
	var newest time.Time
	for _, name := range names {
		if at := l.time(name); at.After(newest) {
			newest = at
		}
	}
	if !newest.IsZero() {
		return newest
	}
	for _, e := range l {
		if at := e.info.ModTime(); at.After(newest) {
			newest = at
		}
	}
	return newest
}

// differences are the files in which two texts of a plan differ, by their names in the bundle; "" for a plan file.
func differences(was, text []byte) []string {
	old, _ := plan.Unbundle(was)
	now, bundle := plan.Unbundle(text)
	if !bundle {
		return []string{""}
	}
	texts := make(map[string][]byte, len(old))
	for _, f := range old {
		texts[f.Name] = f.Text
	}
	var out []string
	for _, f := range now {
		if before, known := texts[f.Name]; !known || !bytes.Equal(before, f.Text) {
			out = append(out, f.Name)
		}
		delete(texts, f.Name)
	}
	for name := range texts {
		out = append(out, name)
	}
	return out
}
