package plan_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"billow/plan"
)

// checkEditTask makes one edit and holds the result to what is promised: the task says what is meant and keeps what
// billow owns, what yaml.v3 reads of everything else is what it was, and every byte outside of the task stays.
func checkEditTask(t require.TestingT, name string, src []byte, edit plan.TaskEdit) []byte {
	doc := plan.Read(name, src, plan.Options{})
	require.Empty(t, plan.Errors(doc.Problems))
	got, err := plan.EditTasks(doc.Plan, doc.Source, []plan.TaskEdit{edit})
	require.NoError(t, err, "%s", src)
	after := plan.Read(name, got, plan.Options{})
	require.Empty(t, plan.Errors(after.Problems), "%s", got)
	task, old := after.Plan.Task(edit.ID), doc.Plan.Task(edit.ID)
	var was *plan.Value
	if old != nil {
		was = old.Source
	}
	require.NotNil(t, task, "%s", got)
	if edit.Wave != 0 {
		require.Equal(t, edit.Wave, task.Wave, "%s", got)
	}
	again, err := plan.EditTasks(after.Plan, after.Source, []plan.TaskEdit{edit})
	require.NoError(t, err)
	require.Equal(t, string(got), string(again))

	// What the task says, by way of Go values, under whichever name a key has.
	// A text that is there already counts whether or not it is in quotes, and JSON has no plain 007.
	typed := was == nil && !bytes.Contains(src, []byte(`"id"`))
	want := taskMeaning(typed, edit.Value)
	flags := map[string]any{}
	keep := func(from map[string]any, own bool) {
		for key, value := range from {
			if own == (key == "retries_used" || key == "flaky") {
				flags[key] = value
			}
		}
	}
	inner, _ := want["flags"].(map[string]any)
	keep(inner, false)
	for _, key := range owned {
		delete(want, key)
		if v := was.Get(key); v != nil && key != "flags" {
			want[key] = goValue(typed, v)
		} else if v != nil && key == "flags" {
			inner, _ = goValue(typed, v).(map[string]any)
			keep(inner, true)
		}
	}
	is := taskMeaning(typed, task.Source)
	if len(flags) > 0 {
		want["flags"] = flags
	} else if inner, _ := is["flags"].(map[string]any); len(inner) == 0 {
		delete(is, "flags")
	}
	if was == nil && want["status"] == nil && is["status"] == "pending" {
		delete(is, "status")
	}
	require.Equal(t, jsonOf(t, want), jsonOf(t, is), "%s", got)

	// The bytes.
	if bytes.Equal(src, got) {
		return got
	}
	head := 0
	for head < min(len(src), len(got)) && src[head] == got[head] {
		head++
	}
	tail := 0
	for tail < min(len(src), len(got))-head && src[len(src)-1-tail] == got[len(got)-1-tail] {
		tail++
	}
	if was == nil {
		require.Equal(t, len(src), head+tail, "a new task takes nothing away\n%s", got)
	} else {
		// The lines that the task begins on and the next one begins on.
		start, end := old.Pos.Offset, len(src)
		if old.IDPos.Line > 0 {
			start = min(start, old.IDPos.Offset)
		}
		for start > 0 && bytes.IndexByte([]byte(" \r\n"), src[start-1]) >= 0 {
			start-- // an anchor may stand on the line before
		}
		for _, other := range doc.Plan.Tasks {
			at := other.Pos.Offset
			if other.IDPos.Line > 0 {
				at = min(at, other.IDPos.Offset)
			}
			if other.ID != edit.ID && at > start {
				end = min(end, at)
			}
		}
		require.GreaterOrEqual(t, head, start, "%s", got)
		require.GreaterOrEqual(t, tail, len(src)-end, "%s", got)
	}

	// Everything else.
	for _, other := range doc.Plan.Tasks {
		now := after.Plan.Task(other.ID)
		require.NotNil(t, now, "%s", got)
		if other.ID != edit.ID {
			says(t, doc, other.ID, now)
			require.Equal(t, other.Wave, now.Wave)
			require.Equal(t, other.Needs, now.Needs)
		}
	}
	return got
}

// says holds a task to what it said before. A text that the end of the file cut off has a line end when something follows.
func says(t require.TestingT, doc *plan.Document, id string, now *plan.Task) {
	was, is := jsonOf(t, plan.ToAny(doc.Plan.Task(id).Source)), jsonOf(t, plan.ToAny(now.Source))
	if was != is && doc.Source.Bytes[0] != 0 {
		ended := plan.Read(doc.Source.Name, append(slices.Clip(doc.Source.Bytes), '\n'), plan.Options{})
		was = jsonOf(t, plan.ToAny(ended.Plan.Task(id).Source))
	}
	require.Equal(t, was, is)
}

var owned = []string{"status", "retries_used", "blocked_reason", "approval_state", "approval_reason", "flags"}

// taskMeaning is a task as Go values without its name and wave, under the same names in all plans.
func taskMeaning(typed bool, v *plan.Value) map[string]any {
	out := map[string]any{}
	for _, f := range v.Fields {
		out[f.Key] = goValue(typed, f.Value)
	}
	rename := func(to string, from ...string) {
		for _, key := range from {
			if value, there := out[key]; there && v.Get(to) == nil {
				delete(out, key)
				out[to] = value
			}
		}
	}
	rename("depends_on", "dependencies", "deps")
	rename("title", "name")
	for _, key := range []string{"id", "task_id", "wave"} {
		delete(out, key)
	}
	if needs, there := out["depends_on"]; there && (needs == nil || fmt.Sprint(needs) == "[]") {
		delete(out, "depends_on")
	}
	return out
}

// goValue is a value as plain Go, scalars as texts unless typed.
func goValue(typed bool, v *plan.Value) any {
	if typed {
		return plan.ToAny(v)
	}
	switch {
	case v.IsNull():
		return nil
	case v.Kind == plan.Scalar:
		return v.Text
	case v.Kind == plan.List:
		out := []any{}
		for _, item := range v.Items {
			out = append(out, goValue(typed, item))
		}
		return out
	}
	out := map[string]any{}
	for _, f := range v.Fields {
		out[f.Key] = goValue(typed, f.Value)
	}
	return out
}

func jsonOf(t require.TestingT, v any) string {
	data, err := json.Marshal(v)
	require.NoError(t, err)
	return string(data)
}

// with is a task with a key set, or taken out where value is nil.
func with(v *plan.Value, key string, value *plan.Value) *plan.Value {
	out := *v
	out.Fields = slices.DeleteFunc(slices.Clone(v.Fields), func(f plan.Field) bool { return f.Key == key })
	if value != nil {
		at := slices.IndexFunc(v.Fields, func(f plan.Field) bool { return f.Key == key })
		if at < 0 {
			at = len(out.Fields)
		}
		out.Fields = slices.Insert(out.Fields, at, plan.Field{Key: key, Value: value})
	}
	return &out
}

func textValue(text string) *plan.Value {
	return &plan.Value{Kind: plan.Scalar, Style: plan.DoubleQuoted, Text: text}
}

func TestRealPlansTakeNewAndChangedTasks(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join("..", "..", "shared", "corpus", "plans", "*", "*.*"))
	require.NoError(t, err)
	if len(paths) == 0 {
		t.Skip("the collected plans are not here")
	}
	n := 0
	for _, path := range paths {
		src, err := os.ReadFile(path)
		require.NoError(t, err)
		name := filepath.Base(path)
		doc := plan.Read(name, src, plan.Options{})
		if doc.Plan == nil || len(doc.Plan.Tasks) == 0 || len(plan.Errors(doc.Problems)) > 0 || twice(doc.Plan) {
			continue
		}
		n++
		t.Run(name, func(t *testing.T) {
			fresh := read(t, `{title: "New: a task", description: "two\nlines\n", depends_on: [x, y], acceptance_criteria: ["it: works"], retry: {limit: 2}, when: 'true', n: 007}`)
			last := len(doc.Plan.Tasks) - 1
			for _, i := range []int{-1, 0, last / 2, last} {
				after, wave := "", 0
				if i >= 0 {
					after, wave = doc.Plan.Tasks[i].ID, doc.Plan.Tasks[i].Wave
				}
				got := checkEditTask(t, name, src, plan.TaskEdit{ID: "new-1", After: after, Wave: wave, Value: fresh})
				at := plan.Read(name, got, plan.Options{}).Plan.Task("new-1").Index
				require.Equal(t, i+1, at)
			}
			checkEditTask(t, name, src, plan.TaskEdit{ID: "new-1", After: doc.Plan.Tasks[0].ID, Wave: 77, Value: fresh})
			for _, i := range []int{0, last / 2, last} {
				task := doc.Plan.Tasks[i]
				v := task.Source
				wave := 0
				if task.WaveSet {
					wave = task.Wave
				}
				edit := func(v *plan.Value) plan.TaskEdit { return plan.TaskEdit{ID: task.ID, Wave: wave, Value: v} }
				for _, f := range v.Fields {
					if f.Key == "id" || f.Key == "task_id" || f.Key == "wave" || slices.Contains(owned, f.Key) ||
						strings.HasPrefix(f.Key, "requires_") || strings.HasPrefix(f.Key, "devops_") {
						continue
					}
					checkEditTask(t, name, src, edit(with(v, f.Key, nil)))
					checkEditTask(t, name, src, edit(with(v, f.Key, textValue("x: y"))))
					checkEditTask(t, name, src, edit(with(v, f.Key, textValue("one\n\n  two: # three\n"))))
				}
				checkEditTask(t, name, src, edit(with(v, "timeout", textValue("5m"))))
				checkEditTask(t, name, src, plan.TaskEdit{ID: task.ID, Wave: wave, Value: fresh})
				checkEditTask(t, name, src, plan.TaskEdit{ID: task.ID, Wave: wave + 1, Value: v})
			}
		})
	}
	t.Logf("%d plans", n)
}

// twice reports whether two tasks of a plan have one id.
func twice(p *plan.Plan) bool {
	return slices.ContainsFunc(p.Tasks, func(t *plan.Task) bool { return p.Task(t.ID) != t })
}

// read reads a value.
func read(t require.TestingT, src string) *plan.Value {
	s, problems := plan.Parse("value.yaml", []byte(src), plan.Limits{})
	require.Empty(t, problems)
	return s.Root
}

// drawValue draws a value of any kind.
func drawValue(t *rapid.T, depth int) *plan.Value {
	switch n := rapid.IntRange(0, 9).Draw(t, "kind"); {
	case n == 0:
		return &plan.Value{}
	case n == 1 && depth < 3:
		v := &plan.Value{Kind: plan.List}
		for range rapid.IntRange(0, 4).Draw(t, "items") {
			v.Items = append(v.Items, drawValue(t, depth+1))
		}
		return v
	case n == 2 && depth < 3:
		v := &plan.Value{Kind: plan.Map}
		for range rapid.IntRange(0, 4).Draw(t, "fields") {
			if key := drawText(t); v.Get(key) == nil {
				v.Fields = append(v.Fields, plan.Field{Key: key, Value: drawValue(t, depth+1)})
			}
		}
		return v
	case n == 3:
		return &plan.Value{Kind: plan.Scalar, Text: rapid.SampledFrom([]string{"007", "1.10", "true", "yes", "0x1F", "2026-01-01", "-3", ".5", "5m"}).Draw(t, "plain")}
	}
	return textValue(drawText(t))
}

func drawText(t *rapid.T) string {
	text := rapid.OneOf(
		rapid.SampledFrom([]string{"", "x", "a b", "a: b", "# no", "x # y", "'", "\"", "\\", "two\nlines", "two\nlines\n", "a\n\n  b\n", "\nx", "x\n\n", " x",
			"x ", "\t", "a\tb\nc", "a\n \nb", "- a", "{a}", "[a", "a]", "a,b", "é 日本", "\u2028\u0085\ufeff\x00\x7f🙂", "~", "null", "12", "007", "true", "yes", "n", "a:",
			"---", "...", "!x", "&x", "*x", "<<", "|", ">", "%", "@", "`", "?", "!plain", "http://x/y?z=1#a", "x\r\ny", "a\n---\nb", "0x1F", "1e3", ".inf"}),
		rapid.String(),
	).Draw(t, "text")
	return strings.ToValidUTF8(text, "?")
}

// drawTask draws a task as a revised plan may have it.
func drawTask(t *rapid.T) *plan.Value {
	v := &plan.Value{Kind: plan.Map}
	keys := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"title", "note", "needs", "description", "context", "acceptance_criteria", "my key", "é"}),
		0, 6, rapid.ID[string]).Draw(t, "keys")
	for _, key := range keys {
		v.Fields = append(v.Fields, plan.Field{Key: key, Value: drawValue(t, 0)})
	}
	return v
}

func TestEditTasksSaysWhatIsMeantAndKeepsEveryOtherByte(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src, ids := drawPlan(t)
		doc := plan.Read("plan.yaml", src, plan.Options{})
		require.Empty(t, plan.Errors(doc.Problems))
		edit := plan.TaskEdit{ID: rapid.SampledFrom(append(ids, "n1", "007")).Draw(t, "id"), Value: drawTask(t),
			After: rapid.SampledFrom(append(ids, "", "gone")).Draw(t, "after"), Wave: rapid.IntRange(0, 2).Draw(t, "wave")}
		if task := doc.Plan.Task(edit.ID); task != nil && rapid.Bool().Draw(t, "little") {
			// As most revisions do: one key of many.
			v := task.Source
			edit.Value = with(v, rapid.SampledFrom([]string{"title", "note", "needs", "agent"}).Draw(t, "key"), drawValue(t, 0))
		}
		if _, err := plan.EditTasks(doc.Plan, doc.Source, []plan.TaskEdit{edit}); err != nil && bytes.ContainsAny(src, "&*<!") {
			require.ErrorIs(t, err, plan.ErrRefuse)
			return
		}
		checkEditTask(t, "plan.yaml", src, edit)
	})
}

func TestManyEditsAtOnceSayWhatIsMeant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src, ids := drawPlan(t)
		doc := plan.Read("plan.yaml", src, plan.Options{})
		var edits []plan.TaskEdit
		after := rapid.SampledFrom(append(ids, "")).Draw(t, "after")
		for _, id := range rapid.Permutation(append(ids, "n1", "n2", "n3")).Draw(t, "ids") {
			if rapid.Bool().Draw(t, "edit") {
				edits = append(edits, plan.TaskEdit{ID: id, After: after, Value: drawTask(t)})
				after = id
			}
		}
		got, err := plan.EditTasks(doc.Plan, doc.Source, edits)
		if err != nil && bytes.ContainsAny(src, "&*<!") {
			require.ErrorIs(t, err, plan.ErrRefuse)
			return
		}
		require.NoError(t, err, "%s", src)
		now := plan.Read("plan.yaml", got, plan.Options{})
		edited := map[string]bool{}
		for _, edit := range edits {
			edited[edit.ID] = true
			want, is := taskMeaning(false, edit.Value), taskMeaning(false, now.Plan.Task(edit.ID).Source)
			for _, key := range owned {
				delete(is, key)
			}
			require.Equal(t, jsonOf(t, want), jsonOf(t, is), "%s", got)
		}
		for _, id := range ids {
			if !edited[id] {
				says(t, doc, id, now.Plan.Task(id))
			}
		}
		again, err := plan.EditTasks(now.Plan, now.Source, edits)
		require.NoError(t, err)
		require.Equal(t, string(got), string(again))
	})
}

func TestValuesComeBackFromJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		task := drawTask(t)
		data, err := json.Marshal(task)
		require.NoError(t, err)
		var back plan.Value
		require.NoError(t, json.Unmarshal(data, &back))
		again, err := json.Marshal(&back)
		require.NoError(t, err)
		require.Equal(t, string(data), string(again))
		require.Equal(t, jsonOf(t, plan.ToAny(task)), jsonOf(t, plan.ToAny(&back)))
		require.Equal(t, task.Inline(), back.Inline())
		var keys, want []string
		for i := range task.Fields {
			keys, want = append(keys, back.Fields[i].Key), append(want, task.Fields[i].Key)
		}
		require.Equal(t, want, keys)
	})
}
