package plan_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/plan"
)

func TestEdit(t *testing.T) {
	status := func(task, value string) plan.Change { return plan.Change{Task: task, Key: "status", Value: value} }
	set := func(task, key, value string) plan.Change { return plan.Change{Task: task, Key: key, Value: value} }
	done := []plan.Change{status("a", "completed")}

	for _, c := range []struct {
		name    string
		changes []plan.Change
		// tasks is what stands under `tasks:`, want what becomes of it.
		tasks, want string
	}{
		{"replaces a plain value", done,
			"- id: a\n  status: pending\n", "- id: a\n  status: completed\n"},
		{"keeps single quotes", done,
			"- id: a\n  status: 'pending'\n", "- id: a\n  status: 'completed'\n"},
		{"keeps double quotes", done,
			"- id: a\n  status: \"pending\"\n", "- id: a\n  status: \"completed\"\n"},
		{"keeps the comment, its distance and trailing blanks", done,
			"- id: a\n  status: pending   # soon  \n", "- id: a\n  status: completed   # soon  \n"},
		{"keeps blanks behind the value", done,
			"- id: a\n  status: pending   \n", "- id: a\n  status: completed   \n"},
		{"keeps the blanks and tabs before the value", done,
			"- id: a\n  status: \t  pending\n", "- id: a\n  status: \t  completed\n"},
		{"keeps anchor and tag", done,
			"- id: a\n  status: &s !!str pending\n", "- id: a\n  status: &s !!str completed\n"},
		{"keeps a value on a line of its own there", done,
			"- id: a\n  status: # now\n    pending\n", "- id: a\n  status: # now\n    completed\n"},
		{"fills an empty value", done,
			"- id: a\n  status:\n", "- id: a\n  status: completed\n"},
		{"fills an empty value before a comment", done,
			"- id: a\n  status:   # none\n", "- id: a\n  status: completed   # none\n"},
		{"fills an empty value behind an anchor", done,
			"- id: a\n  status: &s\n  wave: 1\n", "- id: a\n  status: &s completed\n  wave: 1\n"},
		{"replaces a tilde", done,
			"- id: a\n  status: ~\n", "- id: a\n  status: completed\n"},
		{"replaces null", done,
			"- id: a\n  status: null # c\n", "- id: a\n  status: completed # c\n"},
		{"replaces a value on the line of the dash", done,
			"- status: pending\n  id: a\n", "- status: completed\n  id: a\n"},
		{"replaces within braces", done,
			"- {id: a, status: pending}\n", "- {id: a, status: completed}\n"},
		{"replaces within braces without blanks", done,
			"- {\"id\":\"a\",\"status\":\"pending\"}\n", "- {\"id\":\"a\",\"status\":\"completed\"}\n"},
		{"replaces within braces over several lines", done,
			"- { id: a, # the first\n    status: pending # soon\n  }\n", "- { id: a, # the first\n    status: completed # soon\n  }\n"},
		{"fills an empty value within braces", done,
			"- {id: a, status: , wave: 1}\n", "- {id: a, status: completed , wave: 1}\n"},
		{"gives a key without colon within braces its value", done,
			"- {id: a, status}\n", "- {id: a, status: completed}\n"},
		{"inserts status behind the last key that names the task", done,
			"- id: a # c\n  agent: x\n  needs: []\n", "- id: a # c\n  agent: x\n  status: completed\n  needs: []\n"},
		{"inserts nothing behind a tag without a value, which would be the next line's", done,
			"- id: a\n  title: !x\n", "- id: a\n  status: completed\n  title: !x\n"},
		{"inserts as deep as the other keys", done,
			"-   id: a\n    title: |\n      status: no\n    wave: 1\n", "-   id: a\n    title: |\n      status: no\n    wave: 1\n    status: completed\n"},
		{"inserts behind the last line when that has no end", done,
			"- id: a", "- id: a\n  status: completed"},
		{"inserts within braces", done,
			"- {id: a, needs: []}\n", "- {id: a, status: completed, needs: []}\n"},
		{"inserts JSON into JSON", []plan.Change{status("a", "completed"), set("a", "retries_used", "2")},
			"- {\"id\": \"a\"}\n", "- {\"id\": \"a\", \"status\": \"completed\", \"retries_used\": 2}\n"},
		{"inserts before a comment at the end of braces", done,
			"- {\n  id: a # c\n  }\n", "- {\n  id: a, status: completed # c\n  }\n"},
		{"inserts a key that a merge key does not have", done,
			"- &b {id: b}\n- <<: *b\n  id: a\n", "- &b {id: b}\n- <<: *b\n  id: a\n  status: completed\n"},
		{"puts reasons behind the status, in quotes", []plan.Change{
			set("a", "blocked_reason", "is it: really? # \"yes\"\nor no"), status("a", "blocked")},
			"- id: a\n  status: pending\n  wave: 1\n",
			"- id: a\n  status: blocked\n  blocked_reason: \"is it: really? # \\\"yes\\\"\\nor no\"\n  wave: 1\n"},
		{"keeps the quotes of a reason where they will do", []plan.Change{set("a", "blocked_reason", "it's")},
			"- id: a\n  blocked_reason: 'x'\n", "- id: a\n  blocked_reason: 'it''s'\n"},
		{"changes quotes that will not do", []plan.Change{set("a", "blocked_reason", "two\nlines")},
			"- id: a\n  blocked_reason: 'x'\n", "- id: a\n  blocked_reason: \"two\\nlines\"\n"},
		{"quotes what a reader would not take for text", []plan.Change{status("a", "on")},
			"- id: a\n  status: pending\n", "- id: a\n  status: \"on\"\n"},
		{"writes numbers and booleans bare", []plan.Change{set("a", "flags.retries_used", "3"), set("a", "flags.flaky", "true")},
			"- id: a\n  flags:\n    flaky: false\n    retries_used: 0 # so far\n", "- id: a\n  flags:\n    flaky: true\n    retries_used: 3 # so far\n"},
		{"makes flags for all their keys at once", []plan.Change{set("a", "flags.retries_used", "3"), set("a", "flags.flaky", "true")},
			"- id: a\n  wave: 1\n", "- id: a\n  wave: 1\n  flags:\n    retries_used: 3\n    flaky: true\n"},
		{"makes flags within braces", []plan.Change{set("a", "flags.retries_used", "3"), status("a", "failed")},
			"- {id: a}\n", "- {id: a, status: failed, flags: {retries_used: 3}}\n"},
		{"fills empty flags", []plan.Change{set("a", "flags.retries_used", "3"), set("a", "flags.flaky", "true")},
			"- id: a\n  flags:\n  wave: 1\n", "- id: a\n  flags: {retries_used: 3, flaky: true}\n  wave: 1\n"},
		{"adds to flags", []plan.Change{set("a", "flags.retries_used", "3")},
			"- id: a\n  flags:\n    flaky: false\n  wave: 1\n", "- id: a\n  flags:\n    flaky: false\n    retries_used: 3\n  wave: 1\n"},
		{"adds two keys to empty braces", []plan.Change{set("a", "flags.retries_used", "3"), set("a", "flags.flaky", "true")},
			"- id: a\n  flags: {}\n", "- id: a\n  flags: {retries_used: 3, flaky: true}\n"},
		{"adds to empty braces", []plan.Change{set("a", "flags.retries_used", "3")},
			"- id: a\n  flags: {}\n", "- id: a\n  flags: {retries_used: 3}\n"},
		{"lets the last of two changes win", []plan.Change{status("a", "failed"), status("a", "completed")},
			"- id: a\n  status: pending\n", "- id: a\n  status: completed\n"},
		{"fills a value and inserts behind its line", []plan.Change{status("a", "blocked"), set("a", "blocked_reason", "x")},
			"- id: a\n  status:\n", "- id: a\n  status: blocked\n  blocked_reason: \"x\"\n"},
		{"inserts before all keys where none ends on a known place", done,
			"- id: >\n    a\n  needs:\n  - b\n", "- status: completed\n  id: >\n    a\n  needs:\n  - b\n"},
		{"leaves other documents alone", done,
			"- id: a\n---\nid: a\n", "- id: a\n  status: completed\n---\nid: a\n"},
		{"writes into a mapping behind an anchor", done,
			"- &x\n  id: a\n  wave: 1\n", "- &x\n  id: a\n  wave: 1\n  status: completed\n"},
		{"edits tasks under their ids", done,
			"  a:\n    wave: 1\n", "  a:\n    wave: 1\n    status: completed\n"},
	} {
		for _, form := range []struct {
			name string
			of   func(string) string
		}{
			{"", func(s string) string { return s }},
			{" with CRLF", func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }},
			{" with BOM", func(s string) string { return "\ufeff" + s }},
			{" with CR", func(s string) string { return strings.ReplaceAll(s, "\n", "\r") }},
		} {
			t.Run(c.name+form.name, func(t *testing.T) {
				head := "plan_id: p # é\ntasks:\n"
				src := form.of(head + c.tasks)
				doc := plan.Read("plan.yaml", []byte(src), plan.Options{})
				require.NotNil(t, doc.Plan, "%v", doc.Problems)
				got, err := plan.Edit(doc.Plan, doc.Source, c.changes)
				require.NoError(t, err)
				want := form.of(head + c.want)
				assert.Equal(t, want, string(got))
				assert.Equal(t, src, string(doc.Source.Bytes), "the source is not to change")
				again := plan.Read("plan.yaml", got, plan.Options{})
				same, err := plan.Edit(again.Plan, again.Source, c.changes)
				require.NoError(t, err)
				assert.Equal(t, string(got), string(same), "a second time there is nothing to change")
			})
		}
	}
}

func TestEditOfThePlanItself(t *testing.T) {
	changes := []plan.Change{{Key: "status", Value: "completed"}}
	for _, c := range []struct{ name, src, want string }{
		{"replaces", "plan_id: p\nstatus: approved\ntasks: [{id: a}]\n", "plan_id: p\nstatus: completed\ntasks: [{id: a}]\n"},
		{"inserts", "plan_id: p\ntasks: [{id: a}]\n", "plan_id: p\nstatus: completed\ntasks: [{id: a}]\n"},
		{"inserts at the top", "# c\ntasks:\n- id: a\n", "# c\nstatus: completed\ntasks:\n- id: a\n"},
		{"within plan:", "plan:\n  title: x\n  tasks: [{id: a}]\n", "plan:\n  title: x\n  status: completed\n  tasks: [{id: a}]\n"},
		{"where the status stands", "status: x\nplan:\n  tasks: [{id: a}]\n", "status: completed\nplan:\n  tasks: [{id: a}]\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			doc := plan.Read("plan.yaml", []byte(c.src), plan.Options{})
			got, err := plan.Edit(doc.Plan, doc.Source, changes)
			require.NoError(t, err)
			assert.Equal(t, c.want, string(got))
		})
	}
}

func TestEditRefusesWhatItCannotReplace(t *testing.T) {
	for _, c := range []struct{ name, tasks, key, at, reason string }{
		{"literal", "- id: a\n  status: |\n    pending\n", "status", "4", "several lines"},
		{"plain over lines", "- id: a\n  status: not\n    started\n", "status", "4", "several lines"},
		{"quoted over lines", "- id: a\n  status: \"not\n    started\"\n", "status", "4", "several lines"},
		{"alias", "- id: b\n  status: &s pending\n- id: a\n  status: *s\n", "status", "6", "alias"},
		{"what an alias shows", "- id: a\n  status: &s pending\n- id: b\n  status: *s\n", "status", "4", "elsewhere"},
		{"merged", "- &b {id: b, status: pending}\n- <<: *b\n  id: a\n", "status", "3", "merge key"},
		{"a task that is merged", "- &b {id: a, wave: 1}\n- <<: *b\n  id: b\n", "status", "3", "elsewhere"},
		{"an alias for a task", "- &b {id: b, status: pending}\n- {<<: *b, id: a}\n", "status", "3", "merge key"},
		{"list", "- id: a\n  status: [pending]\n", "status", "4", "list"},
		{"mapping", "- id: a\n  status: {is: pending}\n", "status", "4", "mapping"},
		{"other tag", "- id: a\n  status: !!null ~\n", "status", "4", "tag"},
		{"twice", "- id: a\n  status: x\n  status: y\n", "status", "5", "twice"},
		{"flags no mapping", "- id: a\n  flags: [x]\n", "flags.flaky", "4", "no mapping"},
		{"flags shared", "- id: a\n  flags: &f {flaky: false}\n- id: b\n  flags: *f\n", "flags.flaky", "4", "elsewhere"},
		{"flags an alias", "- id: b\n  flags: &f {flaky: false}\n- id: a\n  flags: *f\n", "flags.flaky", "6", "alias"},
	} {
		t.Run(c.name, func(t *testing.T) {
			doc := plan.Read("plan.yaml", []byte("plan_id: p\ntasks:\n"+c.tasks), plan.Options{})
			require.NotNil(t, doc.Plan, "%v", doc.Problems)
			value := "completed"
			if c.key == "flags.flaky" {
				value = "true"
			}
			got, err := plan.Edit(doc.Plan, doc.Source, []plan.Change{{Task: "a", Key: c.key, Value: value}})
			require.ErrorIs(t, err, plan.ErrRefuse)
			assert.Nil(t, got)
			assert.Contains(t, err.Error(), "plan.yaml:"+c.at+": `"+c.key+"` of task a cannot be changed in place: ")
			assert.Contains(t, err.Error(), c.reason)

			var found bool
			for _, p := range plan.CanEdit(doc.Plan, doc.Source) {
				found = found || p.Task == "a" && p.Code == "P009" && fmt.Sprint(p.Line) == c.at && strings.Contains(p.Text, c.reason)
			}
			assert.True(t, found, "CanEdit says so before the run: %v", plan.CanEdit(doc.Plan, doc.Source))
		})
	}
}

func TestEditRefusesChangesThatMakeNoSense(t *testing.T) {
	doc := plan.Read("plan.yaml", []byte("tasks:\n- id: a\n"), plan.Options{})
	for _, c := range []struct {
		change plan.Change
		text   string
	}{
		{plan.Change{Task: "x", Key: "status", Value: "completed"}, `there is no task "x" to change`},
		{plan.Change{Task: "a", Key: "retries_used", Value: "many"}, `retries_used wants a number, not "many"`},
		{plan.Change{Task: "a", Key: "flags.flaky", Value: "maybe"}, `flags.flaky wants true or false, not "maybe"`},
		{plan.Change{Task: "a", Key: "a: b", Value: "x"}, `"a: b" is no key that can be changed`},
		{plan.Change{Task: "a", Key: "flags.", Value: "x"}, `"flags." is no key that can be changed`},
		{plan.Change{Task: "a", Key: "a.b.c", Value: "x"}, `"a.b.c" is no key that can be changed`},
	} {
		_, err := plan.Edit(doc.Plan, doc.Source, []plan.Change{c.change})
		assert.EqualError(t, err, "plan.yaml: "+c.text)
	}
}

func TestEditRefusesAPlanOfOtherBytes(t *testing.T) {
	doc := plan.Read("plan.yaml", []byte("# a comment before it\ntasks:\n- id: a\n  status: pending\n"), plan.Options{})
	other, _ := plan.Parse("plan.yaml", []byte("tasks:\n- id: a\n  status: pending\n"), plan.Limits{})
	_, err := plan.Edit(doc.Plan, other, []plan.Change{{Task: "a", Key: "status", Value: "completed"}})
	assert.EqualError(t, err, "plan.yaml: the plan was not read from these bytes; read it again")
}

func TestEditWithoutChangesReturnsTheSameBytes(t *testing.T) {
	src := []byte("\ufefftasks:\r\n- id: a\r\n\r\n\r\n# end")
	doc := plan.Read("plan.yaml", src, plan.Options{})
	got, err := plan.Edit(doc.Plan, doc.Source, nil)
	require.NoError(t, err)
	assert.Equal(t, src, got)
}

func TestEditOfEveryTaskOfRealPlans(t *testing.T) {
	for _, file := range corpusFiles(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			doc := plan.Read(filepath.Base(file), data, plan.Options{})
			if doc.Plan == nil || len(doc.Plan.Tasks) == 0 || len(plan.CanEdit(doc.Plan, doc.Source)) > 0 {
				t.Skip("is not read, or not to be written")
			}
			changes := []plan.Change{{Key: "status", Value: "completed"}}
			for _, task := range doc.Plan.Tasks {
				changes = append(changes,
					plan.Change{Task: task.ID, Key: "status", Value: "blocked"},
					plan.Change{Task: task.ID, Key: "flags.retries_used", Value: "2"},
					plan.Change{Task: task.ID, Key: "blocked_reason", Value: "who knows: \"x\" # 'y'"})
			}
			checkEdit(t, data, changes)
		})
	}
}

func TestEditRangeIsThatPartOfEdit(t *testing.T) {
	text := "# head\nplan_id: p\ntasks:\n  - id: a\n    status: pending # c\n  - id: b\n    title: B\n  - {id: c}\n# end\n"
	doc := plan.Read("plan.yaml", []byte(text), plan.Options{})
	require.NotNil(t, doc.Plan)
	change := func(id string) plan.Change { return plan.Change{Task: id, Key: "status", Value: "completed"} }
	whole, err := plan.Edit(doc.Plan, doc.Source, []plan.Change{change("a"), change("b"), change("c")})
	require.NoError(t, err)
	at := []int{0, doc.Plan.Tasks[1].Pos.Offset, doc.Plan.Tasks[2].Pos.Offset, len(text)}
	var parts string
	for i, id := range []string{"a", "b", "c"} {
		part, err := plan.EditRange(doc.Plan, doc.Source, []plan.Change{change(id)}, at[i], at[i+1])
		require.NoError(t, err)
		parts += string(part)
		_, err = plan.EditRange(doc.Plan, doc.Source, []plan.Change{change(id)}, at[(i+1)%3], at[(i+1)%3+1])
		require.Error(t, err, "a change reaches out of the range")
	}
	require.Equal(t, string(whole), parts)
}
