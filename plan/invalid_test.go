package plan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What planner models and people write that is not YAML: the line that a person would point at, what to write
// instead, and what Repair makes of it ("" where only the author knows) with its number of tasks.
func TestPlansThatAreNotYAMLAreExplained(t *testing.T) {
	for _, c := range []struct {
		name, text, said, repaired string
		tasks                      int
	}{
		{"a colon in a value", "plan_id: p\nobjective: fix: it\ntasks:\n  - id: a\n    run: make\n",
			"2:15 a `: ` in text without quotes begins a new key (put the value of `objective` in quotes: 'fix: it')", "plan_id: p\nobjective: 'fix: it'\ntasks:\n  - id: a\n    run: make\n", 1},
		{"a colon behind an address", "tasks:\n  - id: a\n    notes: see https://x.y: it is there\n",
			"3:27 a `: ` in text without quotes begins a new key (put the value of `notes` in quotes: 'see https://x.y: it is there')", "tasks:\n  - id: a\n    notes: 'see https://x.y: it is there'\n", 1},
		{"a colon in a command", "tasks:\n  - id: a\n    run: echo \"a: b\"\n",
			"3:17 a `: ` in text without quotes begins a new key (put the value of `run` in quotes: 'echo \"a: b\"')", "tasks:\n  - id: a\n    run: 'echo \"a: b\"'\n", 1},
		{"a colon and a comment", "tasks:\n  - id: a\n    title: a # b: c\n    notes: y: z # d\n",
			"4:13 a `: ` in text without quotes begins a new key (put the value of `notes` in quotes: 'y: z')", "tasks:\n  - id: a\n    title: a # b: c\n    notes: 'y: z' # d\n", 1},
		{"a colon and an apostrophe", "tasks:\n  - id: a\n    title: it's: fine\n",
			"3:16 a `: ` in text without quotes begins a new key (put the value of `title` in quotes: 'it''s: fine')", "tasks:\n  - id: a\n    title: 'it''s: fine'\n", 1},
		{"a commit message", "tasks:\n  - id: a\n    commit_message: feat(x): y (a, b)\n    title: feat: z\n",
			"3:28 a `: ` in text without quotes begins a new key (put the value of `commit_message` in quotes: 'feat(x): y (a, b)')", "tasks:\n  - id: a\n    commit_message: 'feat(x): y (a, b)'\n    title: 'feat: z'\n", 1},
		{"a backtick", "tasks:\n  - id: a\n    title: `x` works\n",
			"3:12 text cannot begin with a backtick (put the value of `title` in quotes: '`x` works')", "tasks:\n  - id: a\n    title: '`x` works'\n", 1},
		{"a command in backticks", "tasks:\n  - id: a\n    run: `make test`\n",
			"3:10 text cannot begin with a backtick (put the value of `run` in quotes: '`make test`')", "tasks:\n  - id: a\n    run: make test\n", 1},
		{"at", "tasks:\n  - id: a\n    title: @scope/pkg bump\n",
			"3:12 text cannot begin with `@` (put the value of `title` in quotes: '@scope/pkg bump')", "tasks:\n  - id: a\n    title: '@scope/pkg bump'\n", 1},
		{"percent", "tasks:\n  - id: a\n    title: %50 faster\n",
			"3:12 text cannot begin with `%` (put the value of `title` in quotes: '%50 faster')", "tasks:\n  - id: a\n    title: '%50 faster'\n", 1},
		{"an asterisk", "tasks:\n  - id: a\n    title: *.go files\n",
			"3:12 text cannot begin with `*` (put the text in quotes)", "tasks:\n  - id: a\n    title: '*.go files'\n", 1},
		{"bold", "tasks:\n  - id: a\n    acceptance_criteria:\n      - **Bold**: it works\n      - [ ] not yet\n",
			"4:9 text cannot begin with `*` (put the text in quotes)", "tasks:\n  - id: a\n    acceptance_criteria:\n      - '**Bold**: it works'\n      - '[ ] not yet'\n", 1},
		{"greater than", "tasks:\n  - id: a\n    title: > 90% done\n",
			"3:12 a `>` block begins on the next line, nothing may follow it here (put the value of `title` in quotes: '> 90% done')", "tasks:\n  - id: a\n    title: '> 90% done'\n", 1},
		{"a pipe", "tasks:\n  - id: a\n    title: | pipe it\n",
			"3:12 a `|` block begins on the next line, nothing may follow it here (put the value of `title` in quotes: '| pipe it')", "tasks:\n  - id: a\n    title: '| pipe it'\n", 1},
		{"a question mark", "tasks:\n  - id: a\n    title: ? who knows: x\n",
			"3:12 a `: ` in text without quotes begins a new key (put the text in quotes)", "tasks:\n  - id: a\n    title: '? who knows: x'\n", 1},
		{"a dash", "tasks:\n  - id: a\n    title: - do it\n",
			"3:12 a list cannot begin on the line of its key (put each `- ` on a line of its own)", "tasks:\n  - id: a\n    title: '- do it'\n", 1},
		{"brackets that are text", "tasks:\n  - id: a\n    title: [WIP] do it\n",
			"3:18 there is more text behind the closing bracket (put the value of `title` in quotes: '[WIP] do it')", "tasks:\n  - id: a\n    title: '[WIP] do it'\n", 1},
		{"braces that are text", "tasks:\n  - id: a\n    title: {name} is set\n",
			"3:19 there is more text behind the closing bracket (put the value of `title` in quotes: '{name} is set')", "tasks:\n  - id: a\n    title: '{name} is set'\n", 1},
		{"text behind quotes", "tasks:\n  - id: a\n    title: \"x\" and y\n",
			"3:16 there is more text behind the closing quote (put the value of `title` in quotes: '\"x\" and y')", "tasks:\n  - id: a\n    title: '\"x\" and y'\n", 1},
		{"quotes within quotes", "tasks:\n  - id: a\n    title: \"say \"hi\" now\"\n",
			"3:18 there is more text behind the closing quote (write the quotes within the quotes so: \"say \\\"hi\\\" now\")", "tasks:\n  - id: a\n    title: \"say \\\"hi\\\" now\"\n", 1},
		{"an apostrophe in quotes", "tasks:\n  - id: a\n    title: 'it's fine'\n",
			"3:16 there is more text behind the closing quote (write the quotes within the quotes so: 'it''s fine')", "tasks:\n  - id: a\n    title: 'it''s fine'\n", 1},
		{"smart quotes", "tasks:\n  - id: a\n    title: “x”: y\n",
			"3:15 a `: ` in text without quotes begins a new key (put the value of `title` in quotes: '“x”: y')", "tasks:\n  - id: a\n    title: '“x”: y'\n", 1},
		{"a double quote left open", "tasks:\n  - id: a\n    title: \"open\n    run: make\n  - id: b\n    run: make\n",
			"3:12 the double quote that opens here is never closed (close it; a quote within double quotes is written \\\")", "tasks:\n  - id: a\n    title: \"open\"\n    run: make\n  - id: b\n    run: make\n", 2},
		{"a single quote left open", "tasks:\n  - id: a\n    title: 'open\n    run: make\n",
			"3:12 the single quote that opens here is never closed (close it; a quote within single quotes is written twice)", "tasks:\n  - id: a\n    title: 'open'\n    run: make\n", 1},
		{"a quote left open far above", "tasks:\n  - id: a\n    title: \"open: here\n    agent: x\n    acceptance_criteria:\n      - \"one\"\n  - id: b\n    title: \"fine\"\n",
			"3:12 the quote that opens here is never closed (close it)", "tasks:\n  - id: a\n    title: \"open: here\"\n    agent: x\n    acceptance_criteria:\n      - \"one\"\n  - id: b\n    title: \"fine\"\n", 2},
		{"a bracket left open", "tasks:\n  - id: a\n    depends_on: [b, c\n    run: make\n  - id: b\n    run: make\n",
			"3:17 the bracket that opens here is never closed (close it)", "tasks:\n  - id: a\n    depends_on: [b, c]\n    run: make\n  - id: b\n    run: make\n", 2},
		{"a brace left open", "tasks:\n  - id: a\n    env: {A: b\n    run: make\n",
			"3:10 the bracket that opens here is never closed (close it)", "tasks:\n  - id: a\n    env: {A: b}\n    run: make\n", 1},
		{"commas as in JSON", "tasks:\n  - id: a\n    title: \"x\",\n    depends_on: [b],\n  - id: b\n    run: make\n",
			"3:15 there is more text behind the closing quote (leave the `,` out)", "tasks:\n  - id: a\n    title: \"x\"\n    depends_on: [b]\n  - id: b\n    run: make\n", 2},
		{"a Windows path", "tasks:\n  - id: a\n    title: \"C:\\Users\\me\"\n",
			"3:15 `\\U` wants 8 hexadecimal digits (a backslash within double quotes is written \\\\)", "tasks:\n  - id: a\n    title: 'C:\\Users\\me'\n", 1},
		{"a regular expression", "tasks:\n  - id: a\n    title: \"\\d+ items\"\n",
			"3:13 `\\d` is no escape that double quotes know (put the text in single quotes, where a backslash is only a backslash)", "tasks:\n  - id: a\n    title: '\\d+ items'\n", 1},
		{"a backslash at the end", "tasks:\n  - id: a\n    title: \"to\\\"\n    run: make\n",
			"3:12 the double quote that opens here is never closed (close it; a quote within double quotes is written \\\")", "tasks:\n  - id: a\n    title: 'to\\'\n    run: make\n", 1},
		{"tabs", "tasks:\n\t- id: a\n\t  run: make\n",
			"2:1 a tab cannot indent (indent with blanks)", "tasks:\n  - id: a\n    run: make\n", 1},
		{"a tab among blanks", "tasks:\n  - id: a\n\trun: make\n    title: b\n",
			"3:1 a tab cannot indent (indent with blanks)", "tasks:\n  - id: a\n    run: make\n    title: b\n", 1},
		{"indented too little", "tasks:\n  - id: a\n    run: make\n   title: b\n",
			"4:4 the indentation of this line fits nothing above it (indent it like the line above that it stands beside; if it is the second line of a text in quotes, it belongs within them)", "tasks:\n  - id: a\n    run: make\n    title: b\n", 1},
		{"indented like its list", "tasks:\n  - id: a\n    run: make\n  title: b\n",
			"4:3 the indentation of this line fits nothing above it (indent it like the line above that it stands beside; if it is the second line of a text in quotes, it belongs within them)", "tasks:\n  - id: a\n    run: make\n    title: b\n", 1},
		{"an item indented too much", "tasks:\n  - id: a\n    run: make\n    - id: b\n      run: make\n",
			"4:5 a list item stands among the keys of a mapping (indent it under the key that it belongs to)", "tasks:\n  - id: a\n    run: make\n  - id: b\n    run: make\n", 2},
		{"items that drift", "tasks:\n- id: a\n  run: make\n - id: b\n   run: make\n",
			"4:2 the indentation of this line fits nothing above it (indent it like the line above that it stands beside; if it is the second line of a text in quotes, it belongs within them)", "tasks:\n- id: a\n  run: make\n- id: b\n  run: make\n", 2},
		{"keys under a value", "plan_id: p\n  tasks:\n  - id: a\n    run: make\n",
			"2:8 a `: ` in text without quotes begins a new key (put the whole text in quotes, or indent this line like the key above it)", "plan_id: p\ntasks:\n  - id: a\n    run: make\n", 1},
		{"a key under a value", "plan_id: p\nstatus: pending\n objective: x\ntasks:\n  - id: a\n    run: make\n",
			"3:11 a `: ` in text without quotes begins a new key (put the whole text in quotes, or indent this line like the key above it)", "plan_id: p\nstatus: pending\nobjective: x\ntasks:\n  - id: a\n    run: make\n", 1},
		{"a block that is not indented", "tasks:\n  - id: a\n    description: |\n    do this\n    and that\n    run: make\n",
			"4:5 this is no `key: value`, and what stands above it does not go on here (indent it as a part of the text above, or give it a key)", "tasks:\n  - id: a\n    description: |\n      do this\n      and that\n    run: make\n", 1},
		{"a block indented too little", "tasks:\n  - id: a\n    description: |\n  do this\n    run: make\n",
			"4:3 the indentation of this line fits nothing above it (indent it like the line above that it stands beside; if it is the second line of a text in quotes, it belongs within them)", "tasks:\n  - id: a\n    description: |\n      do this\n    run: make\n", 1},
		{"no blank behind a colon", "tasks:\n  - id: a\n    title:b\n    run: make\n",
			"3:10 there is no blank behind the `:` (write `title: ...`)", "tasks:\n  - id: a\n    title: b\n    run: make\n", 1},
		{"no blank behind any colon", "plan_id:p\ntasks:\n  - id:a\n    run:make\n",
			"1:8 there is no blank behind the `:` (put one there)", "plan_id: p\ntasks:\n  - id: a\n    run: make\n", 1},
		{"no blank behind a dash", "tasks:\n  -id: a\n   run: make\n  -id: b\n   run: make\n",
			"2:3 there is no blank behind the dash of an item (put one there)", "tasks:\n - id: a\n   run: make\n - id: b\n   run: make\n", 2},
		{"a fence", "```yaml\nplan_id: p\ntasks:\n  - id: a\n    run: make\n```\n",
			"1:1 this line is no part of the plan (delete it, or begin it with `# `)", "# ```yaml\nplan_id: p\ntasks:\n  - id: a\n    run: make\n# ```\n", 1},
		{"a fence and what was said", "Here is the plan:\n\n```yaml\nplan_id: p\ntasks:\n  - id: a\n    run: make\n```\n\nLet me know: it works!\n",
			"1:1 this line is no part of the plan (delete it, or begin it with `# `)", "# Here is the plan:\n\n# ```yaml\nplan_id: p\ntasks:\n  - id: a\n    run: make\n# ```\n\n# Let me know: it works!\n", 1},
		{"a sentence above", "Here is the plan you asked for.\n\nplan_id: p\ntasks:\n  - id: a\n    run: make\n",
			"1:1 this line is no part of the plan (delete it, or begin it with `# `)", "# Here is the plan you asked for.\n\nplan_id: p\ntasks:\n  - id: a\n    run: make\n", 1},
		{"sentences below", "plan_id: p\ntasks:\n  - id: a\n    run: make\n\nThis plan has one task.\nAnd so: it works.\n",
			"6:1 this line is no part of the plan (delete it, or begin it with `# `)", "plan_id: p\ntasks:\n  - id: a\n    run: make\n\n# This plan has one task.\n# And so: it works.\n", 1},
		{"a sentence right below", "tasks:\n  - id: a\n    run: make\nThat is all\n",
			"4:1 this line is no part of the plan (delete it, or begin it with `# `)", "tasks:\n  - id: a\n    run: make\n# That is all\n", 1},
		{"a sentence behind the end", "tasks:\n  - id: a\n    run: make\n...\nThat is all\n",
			"5:1 this line is no part of the plan (delete it, or begin it with `# `)", "tasks:\n  - id: a\n    run: make\n...\n# That is all\n", 1},
		{"tags around", "<plan>\nplan_id: p\ntasks:\n  - id: a\n    run: make\n</plan>\n",
			"1:1 this line is no part of the plan (delete it, or begin it with `# `)", "# <plan>\nplan_id: p\ntasks:\n  - id: a\n    run: make\n# </plan>\n", 1},
		{"asterisks and ampersands", "tasks:\n  - id: a\n    notes:\n      - * x\n      - && y\n",
			"4:9 text cannot begin with `*` (put the text in quotes)", "tasks:\n  - id: a\n    notes:\n      - '* x'\n      - '&& y'\n", 1},
		{"no-break spaces", "tasks:\n  - id: a\n\u00a0\u00a0\u00a0\u00a0run: make\n    title: b: c\n  - id: b\n\u3000   run: make\n",
			"3:1 a blank that is none to YAML, such as a no-break space, cannot indent (indent with ordinary blanks)", "tasks:\n  - id: a\n    run: make\n    title: 'b: c'\n  - id: b\n    run: make\n", 2},
		{"comments of another language", "plan_id: p\n// the tasks: all\ntasks:\n  - id: a\n    run: make\n  // the second\n  - id: b\n    run: |\n      // x\n",
			"2:1 `//` begins no comment (begin it with `#`)", "plan_id: p\n# the tasks: all\ntasks:\n  - id: a\n    run: make\n  # the second\n  - id: b\n    run: |\n      // x\n", 2},
		{"JSON that was cut off", "{\"plan_id\": \"p\", \"tasks\": [\n  {\"id\": \"a\"},\n  {\"id\": \"b\", \"run\": \"ma\n",
			"3:22 the double quote that opens here is never closed (close it; a quote within double quotes is written \\\")", "{\"plan_id\": \"p\", \"tasks\": [\n  {\"id\": \"a\"},\n  {\"id\": \"b\", \"run\": \"ma\"}]}\n", 2},
		{"JSON without some commas", "{\n  \"plan_id\": \"p\"\n  \"tasks\": [\n    {\"id\": \"a\"}\n    {\"id\": \"b\"}\n  ]\n}\n",
			"3:3 the list or mapping in brackets does not go on like this (close the bracket, or put a comma between the items)", "{\n  \"plan_id\": \"p\",\n  \"tasks\": [\n    {\"id\": \"a\"},\n    {\"id\": \"b\"}\n  ]\n}\n", 2},
		{"a lost dash", "tasks:\n  - id: a\n    run: make\n  id: b\n    run: make\n  - id: c\n    run: make\n",
			"4:3 the indentation of this line fits nothing above it (indent it like the line above that it stands beside; if it is the second line of a text in quotes, it belongs within them)", "tasks:\n  - id: a\n    run: make\n  - id: b\n    run: make\n  - id: c\n    run: make\n", 3},
		{"a list among keys", "tasks:\n  - id: a\n    env:\n      A: b\n      - c\n",
			"5:7 a list item stands among the keys of a mapping (indent it under the key that it belongs to)", "", 0},
		{"a merge conflict", "tasks:\n  - id: a\n<<<<<<< HEAD\n    status: pending\n=======\n    status: completed\n>>>>>>> x\n",
			"3:1 a merge conflict was left in the file (keep one of its sides, and delete the lines with <<<<<<<, ======= and >>>>>>>)", "", 0},
		{"a closing brace", "tasks:\n  - id: a\n    run: make\n}\n",
			"4:1 this is no `key: value`, and what stands above it does not go on here (indent it as a part of the text above, or give it a key)", "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			doc := Read("plan.yaml", []byte(c.text), Options{})
			require.Len(t, doc.Problems, 1, show(doc.Problems))
			p := doc.Problems[0]
			assert.Equal(t, c.said, fmt.Sprintf("%d:%d %s (%s)", p.Line, p.Column, strings.TrimPrefix(p.Text, "not valid YAML: "), p.Hint))

			got := Repair("plan.yaml", []byte(c.text), Options{})
			require.NotEmpty(t, got.Faults)
			assert.Equal(t, p.Line, got.Faults[0].Line, "the first fault is where Read says that it is")
			if c.repaired == "" {
				assert.Equal(t, c.text, string(got.Bytes))
				return
			}
			assert.Equal(t, c.repaired, string(got.Bytes))
			assert.Len(t, got.Document.Plan.Tasks, c.tasks)
			fixed, _ := ApplyFixes([]byte(c.text), func(text []byte) []Problem { return Repair("plan.yaml", text, Options{}).Faults })
			assert.Equal(t, c.repaired, string(fixed))
		})
	}
}
