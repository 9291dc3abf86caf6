package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// leftOut names the lists of tasks that are none of the plan's: under a key that billow does not look into, within
// another task, or in groups beside the tasks. Nothing in such a list would ever run, and nobody would be told.
// Open questions and risks have ids too; a task has besides somebody or something to do it, or stands under a
// key that can only hold tasks. What is done already is not missed.
func (f *finder) leftOut(root *Value) {
	l := leftOut{f: f, taken: make(map[*Value]bool, len(f.items))}
	for i := range f.items {
		l.taken[f.items[i].value] = true
	}
	l.mapping(root)
	for i := range f.items {
		it := &f.items[i]
		for _, field := range it.value.Fields {
			l.list(field, it.id())
		}
	}
}

type leftOut struct {
	f     *finder
	taken map[*Value]bool
}

// mapping looks through a mapping that is no task of the plan.
func (l *leftOut) mapping(v *Value) {
	if v == nil || v.Style == Alias || l.taken[v] {
		return
	}
	for _, field := range v.Fields {
		if l.f.named[field.Value] || l.list(field, "") || field.Value == nil {
			continue
		}
		l.mapping(field.Value)
		for _, item := range field.Value.Items {
			l.mapping(item)
		}
	}
}

// list names the tasks of a list, and reports whether there were any. within is the task that it stands in.
func (l *leftOut) list(field Field, within string) bool {
	v := field.Value
	if v == nil || v.Kind != List || v.Style == Alias {
		return false
	}
	n := 0
	for _, item := range v.Items {
		if l.isTask(item, field.Key, within) {
			n++
		}
	}
	if n == 0 {
		return false
	}
	what, hint := fmt.Sprintf("the %d tasks under %s", n, strconv.Quote(clip(field.Key))), "put them among the other tasks"
	verb, beside := "are", "write them as tasks beside the other, with depends_on; mere steps need no id"
	if n == 1 {
		what, hint = "the task under "+strconv.Quote(clip(field.Key)), "put it among the other tasks"
		verb, beside = "is", "write it as a task beside the other, with depends_on; a mere step needs no id"
	}
	if within != "" {
		what, hint = what+" of "+strconv.Quote(clip(within)), beside
	}
	l.f.r.add(codeTask, Warning, field.Pos, what+" "+verb+" left out: billow does not look for tasks there", hint)
	return true
}

// isTask reports whether an item of a list under a key can only be a task, and one that is to be done.
func (l *leftOut) isTask(v *Value, key, within string) bool {
	if v == nil || v.Kind != Map || v.Style == Alias || l.taken[v] {
		return false
	}
	id := idField(v)
	if id == nil || id.Value == nil || id.Value.Kind != Scalar || l.f.r.plan.Task(strings.TrimSpace(id.Value.Text)) != nil {
		return false
	}
	if word := v.Get("status"); !word.IsNull() {
		if status, _ := ParseStatus(word.Text); status == Completed || status == Skipped || status == Cancelled {
			return false
		}
	}
	if !v.Get("run").IsNull() || !v.Get("agent").IsNull() {
		return true
	}
	_, numbered := waveKey(key)
	return numbered || key == "tasks" || within != "" && slices.Contains([]string{"subtasks", "sub_tasks", "children"}, key)
}
