package importer

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/plan"
)

func TestWhatCannotBeImportedIsSaidWithWhatCan(t *testing.T) {
	for _, test := range []struct{ name, src, want string }{
		{"w.yaml", "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\n", "w.yaml: this is an Argo Workflow, which cannot be imported; its keys are apiVersion, kind"},
		{"d.yaml", "apiVersion: apps/v1\nkind: Deployment\n", "d.yaml: this is a manifest of Kubernetes (Deployment), which cannot be imported; its keys are apiVersion, kind"},
		{".gitlab-ci.yml", "stages: [a]\nbuild: {}\n", ".gitlab-ci.yml: this is what looks like a pipeline of GitLab, which cannot be imported; its keys are stages, build"},
		{"plan.yaml", "tasks: [{id: a}]\n", "plan.yaml: this is a plan already"},
		{"x.yaml", "- a\n", "x.yaml: the document is a list; nothing that can be imported looks like this"},
		{"x.yaml", "a: b: c\n", "x.yaml:1:5: "},
		{"x.yaml", "a: 1\n", "x.yaml: this is nothing that can be imported; its keys are a"},
		{"package.json", `{"name": "x", "scripts": {}}`, "package.json: this is JSON, but no tasks.json of Taskmaster: it has name, scripts"},
		{"tasks.json", "{\n  \"tasks\": [1,,2]}", "tasks.json:2:15: not JSON: invalid character ',' looking for beginning of value"},
		{"tasks.json", "{\n \"tasks\": [", "tasks.json:2:12: not JSON: the file ends in the middle"},
		{"tasks.json", "[]", "tasks.json:1:1: the document is no object"},
		{"tasks.json", "", "tasks.json: the file is empty"},
		{"tasks.json", "{} {}", "tasks.json:1:5: not JSON: there is more behind the first value"},
		{"tasks.json", strings.Repeat(`{"tasks":[`, 60), "not JSON: lists and objects stand too deep in each other"},
		{"ci.yml", "jobs: {a: 1}", "ci.yml:1:8: the job a must be a mapping"},
	} {
		_, err := Import(test.name, []byte(test.src), Options{})
		var refused *Error
		require.ErrorAs(t, err, &refused, test.src)
		assert.Contains(t, err.Error(), test.want)
	}
}

// Whatever is written is read again as the same text; line ends around it count only where it is the value of a variable.
func TestWhatIsWrittenIsReadAgain(t *testing.T) {
	for _, text := range []string{
		"make", "Don't", "a: b", "a #b", "# a", "yes", "No", "null", "~", "1.10", "007", "0x1f", "1e5", "-", "- a", "a:", ":a",
		"[a]", "{a}", "a, b", "*a", "&a", "!a", "%a", "@a", "`a`", "|", ">", "?", "'", `"`, `a "b" \ 'c'`, `C:\new`,
		"ü", "日本語", "a\tb", "a\u2028b", "a\u0085b", "\ufeffa", "\x00", "\x1b[31m", "😀", " a", "a ", "a\r\nb", "a\nb", "  a\nb", "a\n\n\nb",
		"a\n  b\n\tc", "\n\na\nb\n", "a\n---\nb", "a\n# b\n: c", "a\n ", strings.Repeat("word and ", 40) + "end", strings.Repeat("x", 300),
		strings.Repeat("wide  gaps ", 20), "# " + strings.Repeat("no comment ", 20) + ".", "= a", "<<", "2026-01-02", "a\n...\nb",
	} {
		var w writer
		w.line("tasks:")
		w.item(func() {
			w.text("id", "a")
			w.scalar("k:", text)
			w.under("list", func() { w.item(func() { w.scalar("", text) }) })
			w.list("words", []string{text, "b"})
			w.pairs("map", []pair{{text, text}})
		})
		src, problems := plan.Parse("p.yaml", []byte(w.b.String()), plan.Limits{})
		require.Empty(t, plan.Errors(problems), "%q\n%s", text, w.b.String())
		task := src.Root.Get("tasks").Items[0]
		want := strings.Trim(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
		for _, v := range []*plan.Value{task.Get("k"), task.Get("list").Items[0], task.Get("words").Items[0]} {
			assert.Equal(t, want, strings.Trim(v.Text, "\n"), "%s", w.b.String())
		}
		assert.Equal(t, text, task.Get("map").Fields[0].Key, "%s", w.b.String())
		assert.Equal(t, text, task.Get("map").Fields[0].Value.Text, "the value of a variable: %s", w.b.String())
	}
}
