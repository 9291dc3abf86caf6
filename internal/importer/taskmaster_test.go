package importer

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/plan"
)

const smallTasks = `{
	"master": {
		"tasks": [
			{
				"id": 1, "title": "Set up", "description": "Make the folders.", "details": "src\/\nweb\/ \ud83d\ude00",
				"testStrategy": "They are there.", "priority": "high", "dependencies": [], "status": "done", "subtasks": []
			},
			{
				"id": 2, "title": "Sign in: with a password", "description": "d", "status": "pending", "priority": "medium",
				"dependencies": [1, "9"], "complexity": 7, "run": "rm -rf /", "estimatedHours": 1.5, "modules": ["a", {"b": null}],
				"subtasks": [
					{"id": 1, "title": "Form", "dependencies": [], "status": "done"},
					{"id": 2, "title": "Check", "dependencies": [1], "status": "review"},
					{"id": "2.3", "title": "Store", "dependencies": ["2.1", "2"], "status": "in-progress"},
					{"id": 4, "title": "Log", "dependencies": ["2.4", "2.2"], "status": "deferred"}
				]
			},
			{"id": 3, "title": "Ship", "dependencies": [2, 2], "status": "strange"}
		],
		"metadata": {"description": "Tasks for master context", "projectName": "The shop"}
	}
}`

func TestATasksJSONBecomesAPlanThatReadsWell(t *testing.T) {
	r, err := Import(".taskmaster/tasks/tasks.json", []byte(smallTasks), Options{ID: "shop", Agent: "human"})
	require.NoError(t, err)
	p := sound(t, r)
	assert.Equal(t, `# Imported from .taskmaster/tasks/tasks.json by billow import.
plan_id: shop
objective: The shop
defaults:
  agent: human # does the tasks that name nobody
tasks:
  - id: "1"
    title: Set up
    status: completed
    priority: high
    description: |
      Make the folders.

      src/
      web/ 😀
    acceptance_criteria:
      - They are there.

  - id: "2"
    title: "Sign in: with a password"
    status: pending
    priority: medium
    # left out: depends on 9, which is not there
    depends_on: ["1", "2.1", "2.2", "2.3", "2.4"]
    description: d
    estimate_hours: 1.5
    taskmaster:
      complexity: 7
      run: rm -rf /
      modules:
        - a
        - b: null

  - id: "2.1"
    title: Form
    status: completed
    depends_on: ["1"]

  - id: "2.2"
    title: Check
    status: blocked
    blocked_reason: in review; set the status to completed when it is accepted
    depends_on: ["2.1"]

  - id: "2.3"
    title: Store
    status: in_progress
    depends_on: ["2.1", "2.2"]

  - id: "2.4"
    title: Log
    status: skipped
    # left out: depends on itself
    depends_on: ["2.2"]

  - id: "3"
    title: Ship
    status: pending
    depends_on: ["2"]
`, string(r.Plan))
	assert.Empty(t, p.Task("2").Run)
	assert.Equal(t, []Note{
		{File: ".taskmaster/tasks/tasks.json", Line: 10, Column: 25, Task: "2", Text: `task 2 depends on "9", which is not there`},
		{File: ".taskmaster/tasks/tasks.json", Line: 15, Column: 6, Task: "2.4", Text: "task 2.4 is deferred and becomes skipped, which satisfies the tasks that need it"},
		{File: ".taskmaster/tasks/tasks.json", Line: 15, Column: 49, Task: "2.4", Text: "task 2.4 depends on itself"},
		{File: ".taskmaster/tasks/tasks.json", Line: 18, Column: 65, Task: "3", Text: `task 3 has the status "strange", which is unknown and counts as pending`},
	}, r.Notes)
}

func TestTheListsOfATasksJSONAreToldApart(t *testing.T) {
	list := func(title string) string { return `{"tasks": [{"id": 1, "title": "` + title + `"}]}` }
	for _, test := range []struct{ src, tag, title, id, err string }{
		{src: list("old"), title: "old", id: "here"},
		{src: `{"master": ` + list("m") + `}`, title: "m", id: "here"},
		{src: `{"feature x": ` + list("f") + `}`, title: "f", id: "feature-x"},
		{src: `{"other": ` + list("o") + `, "master": ` + list("m") + `}`, title: "m", id: "here"},
		{src: `{"other": ` + list("o") + `, "master": ` + list("m") + `}`, tag: "other", title: "o", id: "other"},
		{src: `{"a": ` + list("a") + `, "b": ` + list("b") + `}`, err: "there are several tags: a, b"},
		{src: `{"a": ` + list("a") + `}`, tag: "b", err: `there is no tag "b"`},
		{src: list("old"), tag: "b", err: "the file has no tags, only one list of tasks"},
		{src: `{"master": {"tasks": []}}`, err: "there are no tasks in it"},
	} {
		r, err := Import("tasks.json", []byte(test.src), Options{ID: "here", Tag: test.tag, Agent: "human"})
		if test.err != "" {
			assert.ErrorContains(t, err, test.err)
			continue
		}
		require.NoError(t, err)
		p := sound(t, r)
		assert.Equal(t, test.title, p.Tasks[0].Title)
		assert.Equal(t, test.id, p.ID)
	}
}

func TestOddTasksAreNotLost(t *testing.T) {
	r, err := Import("tasks.json", []byte(`{"tasks": [
		{"id": "1", "title": "a", "subtasks": [{"title": "no id"}, {"id": 1, "title": "the same id"}], "status": "done"},
		{"id": 1, "title": "again"},
		{"id": 5, "dependencies": [6], "subtasks": [{"id": 1, "dependencies": [5]}, {"id": 2, "dependencies": ["5.2"]}]},
		{"id": 6, "dependencies": ["5.1"]},
		"not a task"
	]}`), Options{Agent: "human"})
	require.NoError(t, err)
	needs := map[string][]string{}
	p := sound(t, r)
	for _, task := range p.Tasks {
		needs[task.ID] = task.Needs
	}
	assert.Equal(t, map[string][]string{"1": {"1.1", "1.1-2"}, "1.1": nil, "1.1-2": nil, "1-2": nil,
		"5": {"6", "5.1", "5.2"}, "5.1": nil, "5.2": {"6"}, "6": {"5.1"}}, needs)
	var texts []string
	for _, n := range r.Notes {
		texts = append(texts, n.Text)
	}
	assert.Equal(t, []string{
		"the task has no id; it is named by its place",
		"two tasks have the id 1.1; the second gets another",
		"two tasks have the id 1; the second gets another",
		"task 5 depends on 6, which its subtask 5.1 cannot wait for: it waits for that",
		"subtask 5.1 depends on the task it is part of",
		"task 5.2 depends on itself",
		`a task must be an object, found "not a task"; it is left out`,
	}, texts)
	// What its parent is, a subtask without a status is too.
	assert.Equal(t, plan.Completed, p.Task("1.1").Status)
}

func TestTasksThatWaitForEachOtherStayAsTheyAre(t *testing.T) {
	r, err := Import("tasks.json", []byte(`{"tasks": [{"id": 1, "dependencies": [2]}, {"id": 2, "dependencies": [1]}]}`), Options{Agent: "human"})
	require.NoError(t, err)
	doc := plan.Read("plan.yaml", r.Plan, plan.Options{})
	problems := plan.Errors(plan.Check(doc.Plan, doc.Source, plan.CheckOptions{}))
	require.Len(t, problems, 1)
	assert.Equal(t, "P033", problems[0].Code)
}
