package plan_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"
	yamlv3 "go.yaml.in/yaml/v3"

	"billow/plan"
)

// checkEdit makes the changes and holds the result to what yaml.v3 reads, before and after, and to the
// promise that every other byte stays.
func checkEdit(t require.TestingT, src []byte, changes []plan.Change) {
	doc := plan.Read("plan.yaml", src, plan.Options{})
	require.NotNil(t, doc.Plan, "%v\n%s", doc.Problems, src)
	got, err := plan.Edit(doc.Plan, doc.Source, changes)
	require.NoError(t, err, "%s", src)

	after := plan.Read("plan.yaml", got, plan.Options{})
	require.NotNil(t, after.Plan, "%v\n%s", after.Problems, got)

	// The meaning: what yaml.v3 reads is what it read before, with the values put in.
	before, now := readAny(t, src), readAny(t, got)
	for _, c := range changes {
		target := head(doc.Plan)
		if c.Task != "" {
			target = doc.Plan.Task(c.Task).Source
		}
		put(t, before, path(doc.Source.Root, target), strings.Split(c.Key, "."), c)
	}
	require.Equal(t, before, now, "%s", got)

	// The bytes: with what was written cut out of both, nothing differs.
	was, is := cuts(doc.Plan, doc.Source, nil, changes), cuts(after.Plan, after.Source, doc.Plan, changes)
	require.Equal(t, string(cut(src, was)), string(cut(got, is)))
}

// readAny reads the first document into maps, lists and scalars, these with their type.
func readAny(t require.TestingT, src []byte) any {
	var y yamlv3.Node
	require.NoError(t, yamlv3.NewDecoder(bytes.NewReader(src)).Decode(&y), "%s", src)
	return toAny(y.Content[0])
}

func toAny(y *yamlv3.Node) any {
	switch y.Kind {
	case yamlv3.AliasNode:
		return "*" + y.Value
	case yamlv3.SequenceNode:
		out := []any{}
		for _, c := range y.Content {
			out = append(out, toAny(c))
		}
		return out
	case yamlv3.MappingNode:
		out := map[string]any{}
		for i := 0; i < len(y.Content); i += 2 {
			out[y.Content[i].Value] = toAny(y.Content[i+1])
		}
		return out
	}
	if y.ShortTag() == "!!null" {
		return nil
	}
	return y.ShortTag() + " " + y.Value
}

// head is the mapping that has the plan's own status.
func head(p *plan.Plan) *plan.Value {
	key, _, nested := strings.Cut(p.Dialect.TasksAt, ".")
	if v := p.Root.Get(key); nested && v != nil && v.Kind == plan.Map && p.Root.Get("status") == nil {
		return v
	}
	return p.Root
}

// path finds the way from a value to one within it: keys and indexes.
func path(from, to *plan.Value) []any {
	if from == to {
		return []any{}
	}
	for i, item := range from.Items {
		if p := path(item, to); p != nil {
			return append([]any{i}, p...)
		}
	}
	for _, f := range from.Fields {
		if p := path(f.Value, to); p != nil && !f.Merged {
			return append([]any{f.Key}, p...)
		}
	}
	return nil
}

// put makes a change in what readAny returned.
func put(t require.TestingT, doc any, at []any, keys []string, c plan.Change) {
	for _, step := range at {
		if i, ok := step.(int); ok {
			doc = doc.([]any)[i]
		} else {
			doc = doc.(map[string]any)[step.(string)]
		}
	}
	m := doc.(map[string]any)
	if len(keys) == 2 {
		if m[keys[0]] == nil {
			m[keys[0]] = map[string]any{}
		}
		m, keys = m[keys[0]].(map[string]any), keys[1:]
	}
	tag := "!!str "
	if was, ok := m[keys[0]].(string); !ok || !strings.HasPrefix(was, "!!str") {
		switch keys[0] {
		case "retries_used":
			tag = "!!int "
		case "flaky":
			tag = "!!bool "
		}
	}
	m[keys[0]] = tag + c.Value
}

// cuts are the bytes of the values that changes touch. With the plan as it was before, keys that were not
// there are cut out whole.
func cuts(p *plan.Plan, src *plan.Source, before *plan.Plan, changes []plan.Change) [][2]int {
	var out [][2]int
	for _, c := range changes {
		target, was := head(p), (*plan.Value)(nil)
		if before != nil {
			was = head(before)
		}
		if c.Task != "" {
			target = p.Task(c.Task).Source
			if before != nil {
				was = before.Task(c.Task).Source
			}
		}
		key, inner, nested := strings.Cut(c.Key, ".")
		if nested {
			if flags := target.Get(key); before == nil && flags.IsNull() || before != nil && was.Get(key).IsNull() {
				// Flags made as a whole.
				inner, nested = "", false
			} else {
				target, key = flags, inner
				if was != nil {
					was = was.Get("flags")
				}
			}
		}
		i := slices.IndexFunc(target.Fields, func(f plan.Field) bool { return f.Key == key && !f.Merged })
		if i < 0 {
			continue
		}
		f := target.Fields[i]
		if before != nil && was.Get(key) == nil {
			out = append(out, wholeField(src, target, f))
			continue
		}
		start := f.Value.Pos.Offset
		if before == nil || !was.Get(key).IsNull() || was.Get(key).Text != "" {
			out = append(out, [2]int{start, f.Value.End})
			continue
		}
		// The value was missing: a blank, or a colon and a blank, came with it.
		lead := 1
		if src.Bytes[start-2] == ':' && string(src.Bytes[start-2-len(key):start-2]) == key && was.Flow && bytesColonMissing(was, key) {
			lead = 2
		}
		out = append(out, [2]int{start - lead, f.Value.End})
	}
	slices.SortFunc(out, func(a, b [2]int) int { return a[0] - b[0] })
	return slices.Compact(out)
}

// bytesColonMissing tells `{status}` from `{status:}` by where the missing value was put: behind the key, or
// behind a colon.
func bytesColonMissing(m *plan.Value, key string) bool {
	for _, f := range m.Fields {
		if f.Key == key {
			return f.Value.Pos.Offset == f.Pos.Offset+len(key)
		}
	}
	return false
}

// wholeField is a field with its line in block style, with its comma in flow style.
func wholeField(src *plan.Source, m *plan.Value, f plan.Field) [2]int {
	start, end := f.Pos.Offset, f.Value.End
	if f.Value.Kind == plan.Map && !f.Value.Flow {
		last := f.Value.Fields[len(f.Value.Fields)-1]
		end = last.Value.End
	}
	if src.Bytes[start] == ' ' {
		panic(fmt.Sprintf("a key cannot start with a blank: line %d", f.Pos.Line))
	}
	if m.Flow {
		switch {
		case bytes.HasSuffix(src.Bytes[:start], []byte(", ")):
			return [2]int{start - 2, end}
		case bytes.HasPrefix(src.Bytes[end:], []byte(", ")):
			return [2]int{start, end + 2}
		}
		return [2]int{start, end}
	}
	line := bytes.LastIndexAny(src.Bytes[:start], "\r\n")
	if rest := src.Bytes[line+1 : start]; len(bytes.TrimLeft(rest, " ")) > 0 || line < 0 {
		// At the head of its mapping: its own line end and the indentation behind it are new.
		for end < len(src.Bytes) && (src.Bytes[end] == '\r' || src.Bytes[end] == '\n' || src.Bytes[end] == ' ') {
			end++
		}
		return [2]int{start, end}
	}
	if line > 0 && src.Bytes[line] == '\n' && src.Bytes[line-1] == '\r' {
		line--
	}
	return [2]int{line, end}
}

// cut returns src without the spans.
func cut(src []byte, spans [][2]int) []byte {
	var out []byte
	from := 0
	for _, s := range spans {
		if s[0] > from {
			out = append(out, src[from:s[0]]...)
		}
		from = max(from, s[1])
	}
	return append(out, src[from:]...)
}
