package plan

import (
	"slices"
	"strconv"
	"strings"

	"billow/failure"
)

func (r *reader) readShell(t *Task, f Field) {
	if f.Value != nil && f.Value.Kind == Scalar {
		t.Shell = strings.Fields(f.Value.Text)
		return
	}
	t.Shell = r.texts(f, "bash -eu -c")
}

func (r *reader) readSecrets(t *Task, f Field) {
	for _, name := range r.names(f, "[NAME]") {
		if r.envName(f.Key, name, place(f)) {
			t.Secrets = append(t.Secrets, name)
		}
	}
}

// readTimeout reads one duration, or `{total, idle, first_output}`.
func (r *reader) readTimeout(t *Task, f Field) {
	t.Timeouts = Timeouts{}
	if f.Value == nil || f.Value.Kind != Map {
		t.Timeouts.Total = r.duration(f, Error)
		return
	}
	for _, k := range f.Value.Fields {
		switch k.Key {
		case "total":
			t.Timeouts.Total = r.duration(k, Error)
		case "idle":
			t.Timeouts.Idle = r.duration(k, Error)
		case "first_output":
			t.Timeouts.FirstOutput = r.duration(k, Error)
		}
	}
	r.inner(f, "total", "idle", "first_output")
}

// readForeach reads a list of items, an expression, or `{items, max_items}`.
func (r *reader) readForeach(t *Task, f Field) {
	v := f.Value
	if v != nil && v.Kind == Map {
		r.inner(f, "items", "max_items")
		for _, k := range v.Fields {
			if k.Key == "max_items" {
				r.readMaxItems(t, k)
			}
		}
		f.Value = v.Get("items")
		v = f.Value
	}
	switch {
	case v.IsNull():
	case v.Kind == List:
		// A list without items is still a foreach: it runs no times.
		t.ForeachItems = append(make([]*Value, 0, len(v.Items)), v.Items...)
	case v.Kind == Scalar:
		t.ForeachExpr = strings.TrimSpace(v.Text)
	default:
		r.wrongType(Error, f, "a list or an expression", "[a, b]")
	}
}

func (r *reader) readMaxItems(t *Task, f Field) {
	if n, ok := r.number(f, Error, 1, 100_000); ok {
		t.MaxItems = n
	}
}

// readInputs reads `inputs: {NAME: expression}`. A list or a text under this key is what older plans
// write for files to look at, and stays in Source.
func (r *reader) readInputs(t *Task, f Field) {
	if f.Value != nil && f.Value.Kind == Map {
		t.Inputs = r.pairs(f)
	}
}

// readOutputs reads a list of names. Lists of `{id, type, path}` and of paths are what older plans write
// under this key; they stay in Source.
func (r *reader) readOutputs(t *Task, f Field) {
	v := f.Value
	if v.IsNull() || v.Kind == Map {
		return
	}
	names := v.Strings()
	for _, item := range v.Items {
		if item != nil && item.Kind > Scalar {
			return
		}
	}
	for _, name := range names {
		if !isName(strings.TrimSpace(name)) {
			if t.Source.Get("run") != nil {
				r.badValue(Error, f, strconv.Quote(clip(name))+" is no name for an output", "use letters, digits and _")
			}
			return
		}
	}
	t.Outputs = unique(names)
}

// retry reads `retry: N` or `retry: {limit, backoff, on}`.
func (r *reader) retry(f Field) *Retry {
	const most = 100
	v := f.Value
	if v.IsNull() {
		return nil
	}
	if v.Kind != Map {
		n, ok := r.number(f, Error, 0, most)
		if !ok {
			return nil
		}
		return &Retry{Limit: n}
	}
	out := &Retry{}
	r.inner(f, "limit", "backoff", "on")
	if v.Get("limit").IsNull() {
		r.badValue(Error, f, "there is no limit", "add `limit: 3`, the number of extra attempts")
	}
	for _, k := range v.Fields {
		switch k.Key {
		case "limit":
			out.Limit, _ = r.number(k, Error, 0, most)
		case "backoff":
			out.Backoff = r.duration(k, Error)
		case "on":
			for _, word := range r.names(k, "[transient]") {
				if kind, ok := r.kind(k, word); ok {
					out.On = append(out.On, kind)
				}
			}
		}
	}
	return out
}

// kind reads the name of a kind of failure.
func (r *reader) kind(f Field, word string) (failure.Kind, bool) {
	var names []string
	for _, k := range failure.Kinds() {
		if string(k) == statusWord(word) {
			return k, true
		}
		names = append(names, string(k))
	}
	written := f.Value
	if written != nil && written.Kind == List {
		i := slices.IndexFunc(written.Items, func(item *Value) bool {
			return item != nil && item.Kind == Scalar && strings.TrimSpace(item.Text) == word
		})
		if written = nil; i >= 0 {
			written = f.Value.Items[i]
		}
	}
	r.badWord(Error, f, strconv.Quote(clip(word))+" is no kind of failure", written, word, names,
		"the kinds are "+strings.Join(names, ", "))
	return "", false
}
