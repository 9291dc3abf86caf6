package plan

import (
	"slices"
	"strings"
)

// Delta says what a revised plan does to the one that is there, task by task, by what the tasks say: not by bytes, nor
// by which of several names a key has, and leaving aside the values that billow owns (status, retries_used, flags,
// blocked_reason, approval_state, approval_reason). It can be kept as JSON; see Value.MarshalJSON.
type Delta struct {
	// Added and Changed are in the order of the revised plan, Removed in that of the plan that is there.
	Added   []TaskEdit `json:"added,omitempty"`
	Changed []TaskEdit `json:"changed,omitempty"`
	Removed []string   `json:"removed,omitempty"`
}

// TaskEdit is one task as a revised plan has it; EditTasks puts it into a file.
type TaskEdit struct {
	ID string `json:"id"`
	// After is the task it comes behind in the revised plan, "" for the first. It matters for new tasks alone: others
	// keep their place.
	After string `json:"after,omitempty"`
	// Wave is the task's wave, 0 where it has none.
	Wave int `json:"wave,omitempty"`
	// Value is the whole task, in the words of the revised plan, merge keys and aliases written out.
	Value *Value `json:"value"`
}

// Compare says what revised does to base. Both were read without errors. It takes time in proportion to both.
func Compare(base, revised *Plan) Delta {
	var d Delta
	after := ""
	for _, t := range revised.Tasks {
		edit := TaskEdit{ID: t.ID, After: after, Value: t.Source.bare()}
		if t.WaveSet {
			edit.Wave = t.Wave
		}
		after = t.ID
		switch was := base.Task(t.ID); {
		case was == nil:
			d.Added = append(d.Added, edit)
		case !SameTask(was, t):
			d.Changed = append(d.Changed, edit)
		}
	}
	for _, t := range base.Tasks {
		if revised.Task(t.ID) == nil {
			d.Removed = append(d.Removed, t.ID)
		}
	}
	return d
}

// SameTask reports whether two tasks say the same and stand in the same wave, leaving aside their ids and the values that
// billow owns (see Delta): by text, not by layout, by the order of keys, or by which of several names a key has. A flag of
// billow's alone is no flags, and no dependencies are an empty list of them.
func SameTask(a, b *Task) bool {
	return a.WaveSet == b.WaveSet && a.Wave == b.Wave && sameFields(spec(a.Source), spec(b.Source))
}

// Over is the edit of a task that somebody else has changed meanwhile, from was to is: where the edit leaves a key as it
// was, theirs counts. Without either task it is the edit itself.
func (edit TaskEdit) Over(was, is *Task) TaskEdit {
	if was == nil || is == nil || edit.Value == nil {
		return edit
	}
	value := *edit.Value
	value.Fields = slices.Clone(value.Fields)
	for _, key := range keysOf(was.Source, is.Source) {
		old, now := was.Source.under(key), is.Source.under(key)
		want := value.under(key)
		if sameHere(key, old, now) || !sameHere(key, old, want) {
			continue
		}
		at := slices.IndexFunc(value.Fields, func(f Field) bool { return want != nil && f.Key == want.Key })
		switch {
		case now == nil:
			value.Fields = slices.Delete(value.Fields, at, at+1)
		case at < 0:
			value.Fields = append(value.Fields, Field{Key: now.Key, Value: now.Value.bare()})
		default:
			value.Fields[at].Value = now.Value.bare()
		}
	}
	edit.Value = &value
	return edit
}

// keysOf are the keys of two tasks that say something of their own, each of those that mean the same once.
func keysOf(a, b *Value) []string {
	var out []string
	for _, f := range slices.Concat(a.fields(), b.fields()) {
		key := f.Key
		if group := synonymsOf(key); group != nil {
			key = group[0]
		}
		if key != "id" && key != "wave" && key != "flags" && !slices.Contains(ownedKeys(), key) && !slices.Contains(out, key) {
			out = append(out, key)
		}
	}
	return out
}

// under is the field of a task under a key or one that means the same, nil where it has none.
func (v *Value) under(key string) *Field {
	for i := range v.Fields {
		if f := &v.Fields[i]; f.Key == key || slices.Contains(synonymsOf(key), f.Key) {
			return f
		}
	}
	return nil
}

// sameHere reports whether two fields under a key say the same; nil is no field.
func sameHere(key string, a, b *Field) bool {
	if key == "depends_on" {
		return same(needsList(a.value()), needsList(b.value()))
	}
	return (a == nil) == (b == nil) && same(a.value(), b.value())
}

func (f *Field) value() *Value {
	if f == nil {
		return nil
	}
	return f.Value
}

// ownedKeys are the keys of a task whose values billow owns; of `flags` it owns ownedFlags.
func ownedKeys() []string {
	return []string{"status", "retries_used", "blocked_reason", "approval_state", "approval_reason"}
}

func ownedFlags() []string { return []string{"retries_used", "flaky"} }

// synonyms are keys of tasks that mean the same; each plan has its habit. The first is how spec calls them.
func synonyms() [][]string {
	return [][]string{{"id", "task_id"}, {"depends_on", "dependencies", "deps"}, {"title", "name"}}
}

// synonymsOf are the keys that mean the same as a key, among them the key itself; nil where there are no others.
func synonymsOf(key string) []string {
	for _, group := range synonyms() {
		if slices.Contains(group, key) {
			return group
		}
	}
	return nil
}

// spec is what a task says by itself: its fields without its name, its wave and what billow owns, in words that all
// plans share.
func spec(v *Value) []Field {
	var out []Field
	for _, f := range v.fields() {
		if slices.Contains(ownedKeys(), f.Key) || f.Key == "wave" {
			continue
		}
		group := synonymsOf(f.Key)
		// Two of the group in one task are two things.
		if group != nil && !slices.ContainsFunc(group, func(key string) bool { return key != f.Key && v.Get(key) != nil }) {
			f.Key = group[0]
		}
		switch f.Key {
		case "id", "task_id":
			continue
		case "depends_on", "dependencies", "deps":
			f.Value = needsList(f.Value)
			if len(f.Value.Items) == 0 {
				continue
			}
		case "flags":
			if f.Value = without(f.Value, ownedFlags()); f.Value == nil {
				continue
			}
		}
		out = append(out, f)
	}
	return out
}

// needsList is a list of dependencies as a list of texts: one alone is a list of one, nothing is an empty one.
func needsList(v *Value) *Value {
	out := &Value{Kind: List}
	items := []*Value{v}
	if v != nil && v.Kind == List {
		items = v.Items
	}
	for _, item := range items {
		switch {
		case item.IsNull():
		case item.Kind == Scalar:
			out.Items = append(out.Items, &Value{Kind: Scalar, Text: strings.TrimSpace(item.Text)})
		default:
			out.Items = append(out.Items, item)
		}
	}
	return out
}

// without is a mapping without some keys, nil where nothing is left of it; any other value is itself, nil for nothing.
func without(v *Value, keys []string) *Value {
	if v.IsNull() {
		return nil
	}
	if v.Kind != Map {
		return v
	}
	out := *v
	out.Fields = slices.DeleteFunc(slices.Clone(v.Fields), func(f Field) bool { return slices.Contains(keys, f.Key) })
	if len(out.Fields) == 0 {
		return nil
	}
	return &out
}

func (v *Value) fields() []Field {
	if v == nil {
		return nil
	}
	return v.Fields
}

// same reports whether two values say the same: text, not layout, the keys of mappings in any order.
func same(a, b *Value) bool {
	if a.IsNull() || b.IsNull() {
		return a.IsNull() == b.IsNull()
	}
	return a.Kind == b.Kind && a.Text == b.Text && slices.EqualFunc(a.Items, b.Items, same) && sameFields(a.Fields, b.Fields)
}

// sameFields compares the fields of two mappings.
func sameFields(a, b []Field) bool {
	if len(a) != len(b) {
		return false
	}
	// Most mappings are small, and have their keys in one order.
	const few = 24
	var index map[string]*Value
	for i, f := range a {
		var other *Value
		switch {
		case b[i].Key == f.Key:
			other = b[i].Value
		case len(b) <= few:
			j := slices.IndexFunc(b, func(o Field) bool { return o.Key == f.Key })
			if j < 0 {
				return false
			}
			other = b[j].Value
		default:
			if index == nil {
				index = make(map[string]*Value, len(b))
				for _, o := range b {
					index[o.Key] = o.Value
				}
			}
			found := false
			if other, found = index[f.Key]; !found {
				return false
			}
		}
		if !same(f.Value, other) {
			return false
		}
	}
	return true
}
