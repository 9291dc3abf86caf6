package plan

// RepairCodes are the kinds of repairs, by code. Bad is a file that is not YAML, Good what Repair makes of it.
func RepairCodes() []Code {
	return []Code{
		{Code: "R001", Title: "a tab that indents",
			What: "YAML indents with blanks only. Each tab becomes two, or four or eight where only that fits; a no-break space or the like becomes one.",
			Bad:  "tasks:\n\t- id: a\n\t  run: make\n", Good: "tasks:\n  - id: a\n    run: make\n"},
		{Code: "R002", Title: "a colon in text without quotes",
			What: "A colon with a blank behind it begins a value. The text is put in single quotes: the value of the key or, where what stands before the colon is the beginning of a sentence and no key, the whole item.",
			Bad:  "tasks:\n  - id: a\n    run: make\n    title: fix: the build\n", Good: "tasks:\n  - id: a\n    run: make\n    title: 'fix: the build'\n"},
		{Code: "R003", Title: "text that begins with a sign",
			What: "YAML keeps backtick, @, %, *, |, > and some others for itself at the beginning of text. The text is put in single quotes; around a command, backticks are left out.",
			Bad:  "tasks:\n  - id: a\n    title: `make` works\n    run: make\n", Good: "tasks:\n  - id: a\n    title: '`make` works'\n    run: make\n"},
		{Code: "R004", Title: "text behind a closing quote or bracket",
			What: "A value ends with its quote or bracket. What goes on behind it is put in quotes as a whole; behind a word such as a status it becomes a comment; a comma is left out; a quote within quotes is written as it has to be.",
			Bad:  "tasks:\n  - id: a\n    title: \"make\" and \"make test\"\n    run: make\n", Good: "tasks:\n  - id: a\n    title: '\"make\" and \"make test\"'\n    run: make\n"},
		{Code: "R005", Title: "a backslash within double quotes",
			What: "Within double quotes a backslash begins an escape, and there are only some. A path goes into single quotes, where a backslash is a backslash; in other text it is written as two.",
			Bad:  "tasks:\n  - id: a\n    title: \"C:\\code\\app\"\n    run: make\n", Good: "tasks:\n  - id: a\n    title: 'C:\\code\\app'\n    run: make\n"},
		{Code: "R006", Title: "a key that stands twice",
			What: "A status (or another key that is written as work goes on) stands twice in a task. The last one holds, as it does for most programs; the others become comments. Of other keys that stand twice with the same value, the first is kept. Where they differ, only the author knows, and nothing is changed.",
			Bad:  "tasks:\n  - id: a\n    status: pending\n    run: make\n    status: completed\n", Good: "tasks:\n  - id: a\n    # status: pending\n    run: make\n    status: completed\n"},
		{Code: "R007", Title: "a quote or bracket that is never closed",
			What: "It is closed at the end of its line. In a file that is in brackets as a whole, such as JSON, what is open at its end is closed there, and a comma that is missing between two lines is put at the end of the first.",
			Bad:  "tasks:\n  - id: a\n    title: \"Build\n    run: make\n", Good: "tasks:\n  - id: a\n    title: \"Build\"\n    run: make\n"},
		{Code: "R008", Title: "a line that fits nothing above it",
			What: "A key or an item is indented like none of its neighbours, or a line of text less than the text it goes on with. It is indented like these. An item in quotes that has keys below it loses the quotes around its own key. A task that has lost its dash gets it back.",
			Bad:  "tasks:\n  - id: \"a\"\n     run: make\n", Good: "tasks:\n  - id: \"a\"\n    run: make\n"},
		{Code: "R009", Title: "no blank behind a colon or a dash",
			What: "`run:make` is text; `run: make` is a key with its value. It is done for keys that plans have.",
			Bad:  "tasks:\n  - id: a\n    run:make\n", Good: "tasks:\n  - id: a\n    run: make\n"},
		{Code: "R010", Title: "lines that are no part of the plan",
			What: "The fences of Markdown around a plan, and the items of a list whose key is not there, become comments; comments with `//` begin with `#`.",
			Bad:  "```yaml\ntasks:\n  - id: a\n    run: make\n```\n", Good: "# ```yaml\ntasks:\n  - id: a\n    run: make\n# ```\n"},
	}
}
