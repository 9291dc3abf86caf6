package plan

// Code is one kind of problem that stands before the rules of Check: what Read cannot understand, and what
// could not be written back.
type Code struct {
	// Code is P001 ... P029.
	Code string
	// Title names what is wrong in a few words, What says it in sentences.
	Title, What string
	// Fix completes "billow fix ...", as a sentence; "" where none of these problems has a fix. What makes a file
	// readable that is not YAML are repairs; see RepairCodes.
	Fix string
	// Bad is a plan that has the problem, Good the same plan put right; "" where none can be shown in a few
	// lines.
	Bad, Good string
}

// Codes are the problems of reading, by code. Their severity is an error, unless nothing is lost.
func Codes() []Code {
	return []Code{
		{Code: "P001", Title: "not valid YAML",
			What: "The file cannot be read as YAML from this place on. Often the cause is a text without quotes that holds a `: `, begins with a backtick, or goes on behind its closing quote.",
			Fix:  "repairs it where that can be done line by line; R001 to R010 say how.",
			Bad:  "tasks:\n  - id: a\n    run: `make`\n", Good: "tasks:\n  - id: a\n    run: make\n"},
		{Code: "P002", Title: "not text",
			What: "The file is not UTF-8 text: it is another encoding, a binary file, or it holds control characters that no editor shows."},
		{Code: "P003", Title: "beyond a limit",
			What: "The file is larger, nested deeper or has more keys, aliases or anchors than billow reads. The limits keep a file that was made to hurt from filling the memory; no plan written by hand comes near them."},
		{Code: "P004", Title: "an empty file",
			What: "There is nothing in the file, or nothing but comments.",
			Bad:  "# to do\n", Good: "tasks:\n  - id: a\n    run: make\n"},
		{Code: "P005", Title: "not a plan",
			What: "The document is a list or a piece of text. A plan is a mapping with the key `tasks`.",
			Fix:  "writes `tasks:` above a list of tasks.",
			Bad:  "- id: a\n  run: make\n", Good: "tasks:\n- id: a\n  run: make\n"},
		{Code: "P006", Title: "a key that stands twice",
			What: "A mapping has the same key twice. Programs differ in which of the two they take.",
			Fix:  "keeps the last of those that are written as work goes on, such as `status`, and the first of those that say the same; see R006.",
			Bad:  "tasks:\n  - id: a\n    status: pending\n    run: make\n    status: completed\n", Good: "tasks:\n  - id: a\n    # status: pending\n    run: make\n    status: completed\n"},
		{Code: "P007", Title: "YAML that a plan cannot use",
			What: "It is valid YAML, and makes no sense in a plan: an alias of nothing or of itself, a list or a mapping as a key, a merge key with anything but mappings.",
			Fix:  "puts text in quotes that begins with an asterisk and is no alias; see R003.",
			Bad:  "tasks:\n  - id: a\n    run: make\n    title: *important\n", Good: "tasks:\n  - id: a\n    run: make\n    title: '*important'\n"},
		{Code: "P008", Title: "several documents",
			What: "The file has several YAML documents. The first is the plan; the others are left alone.",
			Bad:  "tasks:\n  - id: a\n    run: make\n---\nnotes: []\n", Good: "tasks:\n  - id: a\n    run: make\nnotes: []\n"},
		{Code: "P009", Title: "a value that cannot be replaced",
			What: "A run would have to write this value, and it cannot be replaced where it stands: it goes over several lines, is an alias, or comes from a merge key.",
			Bad:  "tasks:\n  - id: a\n    run: make\n    status: >\n      pending\n", Good: "tasks:\n  - id: a\n    run: make\n    status: pending\n"},
		{Code: codeNoPlan, Title: "no tasks",
			What: "There is no task to run.",
			Fix:  "writes `tasks` where the key of a list of tasks is a slip away from it.",
			Bad:  "plan_id: release\ntask:\n  - id: a\n    run: make\n", Good: "plan_id: release\ntasks:\n  - id: a\n    run: make\n"},
		{Code: codeNoID, Title: "a task without an id",
			What: "Without an id nothing can be said of a task, neither by another task nor by a person.",
			Bad:  "tasks:\n  - run: make\n", Good: "tasks:\n  - id: build\n    run: make\n"},
		{Code: codeType, Title: "a value of another shape",
			What: "The key wants a text, a number, a list or a mapping, and found something else.",
			Bad:  "tasks:\n  - id: a\n    run: make\n    wave: first\n", Good: "tasks:\n  - id: a\n    run: make\n    wave: 1\n"},
		{Code: codeStatus, Title: "an unknown status",
			What: "The word is no status. The task counts as pending.",
			Fix:  "writes the one status that is a slip or two away.",
			Bad:  "tasks:\n  - id: a\n    run: make\n    status: complted\n", Good: "tasks:\n  - id: a\n    run: make\n    status: completed\n"},
		{Code: codeKey, Title: "a key that is probably a slip",
			What: "Billow does not know the key, and knows one that is spelled nearly like it; or the key means nothing where it stands; or it names tasks as dependencies do, and is none of the keys that are read for them.",
			Fix:  "renames the key, everywhere in the plan, where it differs in nothing but case and separators or is long and one slip away, and the value can be read under the key that was meant.",
			Bad:  "tasks:\n  - id: a\n    run: make\n    timout: 5m\n", Good: "tasks:\n  - id: a\n    run: make\n    timeout: 5m\n"},
		{Code: codeValue, Title: "a value the key cannot have",
			What: "The shape is right, and the value is still none that the key can have.",
			Fix:  "writes the one word that is a slip or two away, where the key wants one of some words.",
			Bad:  "waves: stricct\ntasks:\n  - id: a\n    run: make\n", Good: "waves: strict\ntasks:\n  - id: a\n    run: make\n"},
		{Code: codeTask, Title: "an entry that is no task",
			What: "An entry among the tasks is not a mapping, or a wave names a task that the plan does not have, or tasks stand where billow does not look for them: under a second key of the file, beside the waves, or within another task.",
			Bad:  "tasks:\n  - build\n  - id: test\n    run: make test\n", Good: "tasks:\n  - id: build\n    run: make\n  - id: test\n    run: make test\n"},
		{Code: codeEdge, Title: "a need that is no id",
			What: "A list of what a task needs holds something that cannot be the id of a task.",
			Bad:  "tasks:\n  - id: a\n    run: make\n  - id: b\n    depends_on: {a: done}\n    run: make test\n", Good: "tasks:\n  - id: a\n    run: make\n  - id: b\n    depends_on: [a]\n    run: make test\n"},
		{Code: codePolicy, Title: "a failure policy that cannot be read",
			What: "A rule under `failure_handling` or `classify` cannot be understood.",
			Bad:  "classify:\n  - when: exit == 75\ntasks:\n  - id: a\n    run: make\n", Good: "classify:\n  - {when: exit == 75, kind: transient}\ntasks:\n  - id: a\n    run: make\n"},
		{Code: codeColon, Title: "a text that reads as a mapping",
			What: "An item of a list holds a `: ` without quotes, and YAML reads it as a mapping. Billow takes it as the text that it was meant to be; other programs do not.",
			Fix:  "puts the item in quotes.",
			Bad:  "tasks:\n  - id: a\n    run: make\n    accept:\n      - echo done: yes\n", Good: "tasks:\n  - id: a\n    run: make\n    accept:\n      - 'echo done: yes'\n"},
		{Code: codeTwice, Title: "two keys that say different things",
			What: "Two keys say the same thing differently, as `id` and `task_id` do. The one named first in the message counts.",
			Bad:  "tasks:\n  - id: a\n    task_id: b\n    run: make\n", Good: "tasks:\n  - id: a\n    run: make\n"},
		{Code: codeTooMany, Title: "too many tasks",
			What: "The plan has more tasks than the limit, 200,000 unless limits.max_tasks in billow.yaml says otherwise."},
		{Code: codeLeftOut, Title: "a Markdown file that is no task",
			What: "In a folder of task files, a file is a task if its front matter has an id, a status, a list of what it needs (depends_on, dependencies, deps, blocked_by) or a command (run). This one was left out, and no run reads or writes it."},
		{Code: codeFrontMatter, Title: "a front matter without an end",
			What: "A task file begins with `---` and the keys of a task, and no second `---` says where they end; or a file that was a task before has no front matter any more."},
	}
}
