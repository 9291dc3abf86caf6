package plan_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"billow/plan"
)

// writer draws plans in the shapes that people and models give them.
type writer struct {
	t *rapid.T
	b strings.Builder
}

func (w *writer) pick(label string, of ...string) string {
	return rapid.SampledFrom(of).Draw(w.t, label)
}

func (w *writer) maybe(label string, s string) string {
	if rapid.Bool().Draw(w.t, label) {
		return s
	}
	return ""
}

// value draws what stands behind a key: with its blank, comment and line end.
func (w *writer) value(key string, indent int) string {
	in := "\n" + strings.Repeat(" ", indent+2)
	scalars := []string{
		" pending", "  'pending'", " \"pending\"", " pending   ", " pending  # c: d", "\tpending", " \t pending",
		"", " ", "   # none", " ~", " null # x", " &%s pending", " !!str pending", " !!str &%s 'x y'",
		in + "pending", " # c" + in + "\"pending\" # d", " in progress", " \"a \\\" b\\n\\u00e9\"", " 'it''s'",
		" é/ü", " 日本 # 語", " a#b:c", " -x", " 007", " 1.10", " true", " 'a # b'", " x,y [z]",
	}
	many := []string{
		" |" + in + "status: pending" + in + "  - id: t1" + in + "# no comment" + in, " >-" + in + "a" + in + "b",
		" a" + in + "b # c", " \"a" + in + "b\"", " [a, 'b', {c: d}] # e", " {status: x}",
		in + "- a: b" + in + "- c", in + "status: x", " [" + in + "a, # c" + in + "b]",
	}
	if key != "status" && rapid.IntRange(0, 3).Draw(w.t, "many") == 0 {
		return w.pick("value", many...)
	}
	v := w.pick("value", scalars...)
	if strings.Contains(v, "%s") {
		v = fmt.Sprintf(v, fmt.Sprintf("n%d", w.b.Len()))
	}
	return v
}

// task draws a task in block or flow style; dash is the text up to its first key.
func (w *writer) task(id string, indent int) {
	if rapid.IntRange(0, 4).Draw(w.t, "flow") == 0 {
		w.flowTask(id, indent)
		return
	}
	gap := w.pick("gap", " ", " ", "   ")
	pad := strings.Repeat(" ", indent+1+len(gap))
	keys := []string{"id"}
	for _, key := range []string{"title", "status", "flags", "needs", "blocked_reason", "<<", "note"} {
		if rapid.Bool().Draw(w.t, key) {
			keys = append(keys, key)
		}
	}
	keys = rapid.Permutation(keys).Draw(w.t, "order")
	w.b.WriteString(strings.Repeat(" ", indent) + "-" + gap + w.maybe("anchor", fmt.Sprintf("&t%s\n%s", id, pad)))
	for i, key := range keys {
		if i > 0 {
			w.b.WriteString(pad)
		}
		switch key {
		case "id":
			fmt.Fprintf(&w.b, "id: %s%s%s", w.pick("quote", id, "'"+id+"'", "\""+id+"\""), w.maybe("c", " # c"), w.maybe("blanks", "  "))
		case "<<":
			w.b.WriteString("<<: *base")
		case "flags":
			w.b.WriteString("flags:" + w.pick("flags", "", " # c", " {}", " {flaky: false}", " {flaky: , retries_used: 0 }", " ~",
				"\n"+pad+"  retries_used: 0 # c", "\n"+pad+" flaky:\n"+pad+" other: |\n"+pad+"   text"))
		case "needs":
			w.b.WriteString("needs:" + w.pick("needs", " []", " [t1, t2]", "\n"+pad+"- t1", "\n"+pad+"- t1\n"+pad+"- t2 # c"))
		case "title", "note":
			w.b.WriteString(key + w.maybe("before colon", " ") + ":" + w.value(key, len(pad)))
		default:
			w.b.WriteString(key + ":" + w.value("status", len(pad)))
		}
		w.b.WriteString("\n" + w.pick("between", "", "", "", "\n", pad+"# c\n", "# status: x\n", "  \n"))
	}
}

func (w *writer) flowTask(id string, indent int) {
	pad := w.pick("sep", " ", " ", "", "\n"+strings.Repeat(" ", indent+2), " # c, d }\n"+strings.Repeat(" ", indent+1))
	w.b.WriteString(strings.Repeat(" ", indent) + "- {" + w.maybe("open", " "))
	if rapid.Bool().Draw(w.t, "json") {
		fmt.Fprintf(&w.b, `"id":%q`, id)
		w.b.WriteString(w.maybe("status", ","+pad+`"status": "pending"`) + w.maybe("flags", ", \"flags\":{}"))
	} else {
		w.b.WriteString(w.pick("first", "id: "+id, "id: '"+id+"'", "<<: *base, id: "+id))
		w.b.WriteString(w.pick("status", "", ","+pad+"status: pending", ","+pad+"status: ''", ","+pad+"status:  ", ", status", ", status: ~"))
		w.b.WriteString(w.pick("more", "", ", flags: {flaky: false}", ", flags: ", ", title: a b", ", needs: [a, b]", ",blocked_reason: x"))
	}
	w.b.WriteString(w.pick("close", "", " ", ",", " , ", pad) + "}" + w.maybe("c", " # end") + "\n")
}

// drawPlan draws a plan file and the ids of its tasks.
func drawPlan(t *rapid.T) ([]byte, []string) {
	w := &writer{t: t}
	w.b.WriteString(w.pick("head", "", "# a plan\n\n", "---\n", "%YAML 1.1\n---\n"))
	w.b.WriteString("base: &base {agent: x, wave: 1}\n")
	w.b.WriteString(w.maybe("id", "plan_id: p # é\n") + w.pick("status", "", "status: approved\n", "status: 'x' # y\n", "status:\n"))
	w.b.WriteString(w.maybe("tldr", "tldr: |\n  tasks:\n  - id: t1\n    status: pending\n\n"))
	indent := rapid.IntRange(0, 2).Draw(t, "indent")
	w.b.WriteString("tasks:" + w.maybe("c", " # c") + "\n")
	var ids []string
	for i := range rapid.IntRange(1, 4).Draw(t, "tasks") {
		ids = append(ids, fmt.Sprintf("t%d", i+1))
		w.task(ids[i], indent)
	}
	w.b.WriteString(w.pick("tail", "", "# end\n", "notes: x\n", "...\n", "---\nid: t1\nstatus: pending\n"))
	text := w.b.String()
	if rapid.Bool().Draw(t, "cut") {
		text = strings.TrimSuffix(text, "\n")
	}
	switch rapid.IntRange(0, 3).Draw(t, "eol") {
	case 0:
		text = strings.ReplaceAll(text, "\n", "\r\n")
	case 1:
		// A file that two editors had a hand in.
		half := len(text) / 2
		text = text[:half] + strings.ReplaceAll(text[half:], "\n", "\r\n")
	}
	return []byte(w.maybe("bom", "\ufeff") + text), ids
}

func drawChanges(t *rapid.T, ids []string) []plan.Change {
	var out []plan.Change
	seen := map[string]bool{}
	for range rapid.IntRange(1, 6).Draw(t, "changes") {
		c := plan.Change{
			Task: rapid.SampledFrom(append(ids, "")).Draw(t, "task"),
			Key: rapid.SampledFrom([]string{"status", "retries_used", "flags.retries_used", "flags.flaky",
				"blocked_reason", "approval_state", "approval_reason"}).Draw(t, "key"),
		}
		if c.Task == "" {
			c.Key = "status"
		}
		if seen[c.Task+c.Key] {
			continue
		}
		seen[c.Task+c.Key] = true
		switch c.Key {
		case "status", "approval_state":
			c.Value = rapid.SampledFrom([]string{"completed", "in_progress", "blocked", "yes", "needs replan", "a: b"}).Draw(t, "value")
		case "retries_used", "flags.retries_used":
			c.Value = rapid.SampledFrom([]string{"0", "3", "12"}).Draw(t, "value")
		case "flags.flaky":
			c.Value = rapid.SampledFrom([]string{"true", "false"}).Draw(t, "value")
		default:
			c.Value = rapid.OneOf(
				rapid.SampledFrom([]string{"", "x", "a: b", "# no", "'", "\"", "\\", "two\nlines\n", "\t", "- a", "{a}", "é 日本 \u2028\u0085\ufeff\x00\x7f🙂", "~", "12"}),
				rapid.String(),
			).Draw(t, "value")
			c.Value = strings.ToValidUTF8(c.Value, "?")
		}
		out = append(out, c)
	}
	return out
}

func TestEditKeepsEveryOtherByteAndSaysWhatWasMeant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src, ids := drawPlan(t)
		checkEdit(t, src, drawChanges(t, ids))
	})
}
