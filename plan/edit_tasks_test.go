package plan_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/plan"
)

// revise edits a plan so that its tasks say what those of another plan say, by way of JSON, as a recorded replan goes.
func revise(t require.TestingT, name, src, revised string) (string, error) {
	doc, want := plan.Read(name, []byte(src), plan.Options{}), plan.Read("revised.yaml", []byte(revised), plan.Options{})
	require.Empty(t, plan.Errors(doc.Problems), "%s", src)
	require.Empty(t, plan.Errors(want.Problems), "%s", revised)
	data, err := json.Marshal(plan.Compare(doc.Plan, want.Plan))
	require.NoError(t, err)
	var delta plan.Delta
	require.NoError(t, json.Unmarshal(data, &delta))
	got, err := plan.EditTasks(doc.Plan, doc.Source, append(delta.Added, delta.Changed...))
	if err != nil {
		require.Nil(t, got)
		return "", err
	}
	// To do it twice is to do it once.
	after := plan.Read(name, got, plan.Options{})
	require.Empty(t, plan.Errors(after.Problems), "%s", got)
	again, err := plan.EditTasks(after.Plan, after.Source, append(delta.Added, delta.Changed...))
	require.NoError(t, err)
	require.Equal(t, string(got), string(again))
	left := plan.Compare(after.Plan, want.Plan)
	require.Empty(t, left.Added)
	require.Empty(t, left.Changed, "%s", got)
	return string(got), nil
}

func TestEditTasks(t *testing.T) {
	for _, c := range []struct{ name, src, revised, want string }{
		{"puts a new task behind the one it comes after",
			"tasks:\n- id: a\n  run: x\n  status: completed\n# of c\n- id: c\n  run: z\n  status: pending\n",
			"tasks:\n- {id: a, run: x}\n- {id: b, run: y, depends_on: [a]}\n- {id: c, run: z}\n",
			"tasks:\n- id: a\n  run: x\n  status: completed\n- id: b\n  status: pending\n  run: y\n  depends_on: [a]\n# of c\n- id: c\n  run: z\n  status: pending\n"},
		{"replaces the keys that changed and those alone",
			"tasks:\n  # one\n  - id: a # the first\n    title: 'A'  # t\n    status: 'done' # s\n    run: x\n    note: gone # n\n    wave: 1\n  # two\n  - id: b\n    run: y\n",
			"tasks:\n- {id: a, title: A, run: \"x: y\", wave: 2, timeout: 5m}\n- {id: b, run: y}\n",
			"tasks:\n  # one\n  - id: a # the first\n    title: 'A'  # t\n    status: 'done' # s\n    run: \"x: y\"\n    wave: 2\n    timeout: 5m\n  # two\n  - id: b\n    run: y\n"},
		{"writes JSON into JSON",
			"{\n  \"tasks\": [\n    {\n      \"id\": \"a\",\n      \"run\": \"x\"\n    }\n  ]\n}\n",
			"tasks:\n- {id: a, run: x2, env: {A: \"1\"}}\n- {id: b, run: \"one\\ntwo\", retry: 2}\n",
			"{\n  \"tasks\": [\n    {\n      \"id\": \"a\",\n      \"run\": \"x2\",\n      \"env\": {\n        \"A\": \"1\"\n      }\n    },\n    {\n      \"id\": \"b\",\n      \"run\": \"one\\ntwo\",\n      \"retry\": 2\n    }\n  ]\n}\n"},
		{"knows tasks under their ids",
			"tasks:\n  a:\n    run: x\n    status: done\n\n  # c\n  c:\n    run: z\n",
			"tasks:\n- {id: a, run: x}\n- {id: b, run: y, deps: [a]}\n- {id: c, run: zz}\n",
			"tasks:\n  a:\n    run: x\n    status: done\n\n  b:\n    run: y\n    deps: [a]\n\n  # c\n  c:\n    run: zz\n"},
		{"gives a task without anything its keys",
			"tasks:\n  a:\n  c:\n    deps: [a]\n",
			"tasks:\n- {id: a, run: x}\n- {id: b, run: y}\n- {id: c, depends_on: [a, b]}\n",
			"tasks:\n  a:\n    run: x\n  b:\n    run: y\n  c:\n    deps: [a, b]\n"},
		{"knows tasks under their ids in JSON",
			`{"tasks": {"a": {"run": "x"}, "c": {"run": "z"}}}`,
			"tasks:\n- {id: a, run: x1}\n- {id: b, run: y, timeout: 5m}\n- {id: c, run: z}\n",
			"{\"tasks\": {\"a\": {\"run\": \"x1\"}, \"b\": {\"run\": \"y\", \"timeout\": \"5m\"}, \"c\": {\"run\": \"z\"}}}"},
		{"keeps JSON on its line",
			`{"tasks":[{"id":"a","run":"x"},{"id":"c","run":"z","status":"pending"}]}`,
			"tasks:\n- {id: a, run: x1}\n- {id: b, run: y, timeout: 5m}\n- {id: c, run: z}\n",
			"{\"tasks\":[{\"id\":\"a\",\"run\":\"x1\"}, {\"id\": \"b\", \"run\": \"y\", \"timeout\": \"5m\"},{\"id\":\"c\",\"run\":\"z\",\"status\":\"pending\"}]}"},
		{"keeps the comments of tasks in braces with them",
			"tasks: [\n  {id: a, run: x}, # of a\n  # of c\n  {id: c, run: z} # of c\n]\n",
			"tasks:\n- {id: a, run: x}\n- {id: b, run: y}\n- {id: c, run: z}\n- {id: d, run: z}\n",
			"tasks: [\n  {id: a, run: x}, # of a\n  {id: b, run: y},\n  # of c\n  {id: c, run: z}, # of c\n  {id: d, run: z}\n]\n"},
		{"writes braces beside braces",
			"tasks:\n- {id: a, run: x}\n- {id: c, run: z}\n",
			"tasks:\n- {id: a, run: x}\n- {id: b, run: y, env: {A: b}}\n- {id: c, run: z, deps: [a]}\n",
			"tasks:\n- {id: a, run: x}\n- {id: b, run: y, env: {A: b}}\n- {id: c, run: z, deps: [a]}\n"},
		{"puts a task into the group of its wave, or says the wave",
			"waves:\n- wave: 1\n  tasks:\n  - id: a\n    run: x\n- wave: 2\n  tasks:\n  - id: c\n    run: z\n",
			"tasks:\n- {id: a, run: x, wave: 1}\n- {id: b, run: y, wave: 1}\n- {id: b2, run: y, wave: 2}\n- {id: c, run: z, wave: 2}\n- {id: d, run: z, wave: 3}\n",
			"waves:\n- wave: 1\n  tasks:\n  - id: a\n    run: x\n  - id: b\n    run: y\n- wave: 2\n  tasks:\n  - id: b2\n    run: y\n  - id: c\n    run: z\n  - id: d\n    run: z\n    wave: 3\n"},
		{"knows groups under their names",
			"phases:\n  one:\n    tasks:\n      - id: a\n        run: x\n  two:\n    tasks:\n      - id: c\n        run: z\n",
			"tasks:\n- {id: a, run: x, wave: 1}\n- {id: c, run: z, wave: 1}\n- {id: b, run: y, wave: 2}\n",
			"phases:\n  one:\n    tasks:\n      - id: a\n        run: x\n  two:\n    tasks:\n      - id: c\n        run: z\n        wave: 1\n      - id: b\n        run: y\n"},
		{"knows groups under numbered keys",
			"wave_1:\n  - id: a\n    run: x\nwave_2:\n  - id: c\n    run: z\n",
			"tasks:\n- {id: a, run: x, wave: 1}\n- {id: b, run: y, wave: 1}\n- {id: c, run: z, wave: 2}\n",
			"wave_1:\n  - id: a\n    run: x\n  - id: b\n    run: y\nwave_2:\n  - id: c\n    run: z\n"},
		{"says the wave where groups only name tasks",
			"waves:\n- wave: 1\n  tasks: [a]\n- wave: 2\n  tasks: [c]\ntasks:\n- id: a\n  run: x\n- id: c\n  run: z\n",
			"tasks:\n- {id: a, run: x, wave: 1}\n- {id: b, run: y, wave: 1}\n- {id: c, run: z, wave: 2}\n",
			"waves:\n- wave: 1\n  tasks: [a]\n- wave: 2\n  tasks: [c]\ntasks:\n- id: a\n  run: x\n- id: b\n  run: y\n  wave: 1\n- id: c\n  run: z\n"},
		{"knows groups among the tasks under numbered keys",
			"tasks:\n  wave_1:\n  - id: a\n    run: x\n  wave_2:\n  - id: c\n    run: z\n",
			"tasks:\n- {id: a, run: x, wave: 1}\n- {id: b, run: y, wave: 2}\n- {id: c, run: z, wave: 2}\n",
			"tasks:\n  wave_1:\n  - id: a\n    run: x\n  wave_2:\n  - id: b\n    run: y\n  - id: c\n    run: z\n"},
		{"knows groups among the tasks",
			"tasks:\n- name: one\n  tasks:\n  - id: a\n    run: x\n- name: two\n  tasks:\n  - id: c\n    run: z\n",
			"tasks:\n- {id: a, run: x, wave: 1}\n- {id: b, run: y, wave: 2}\n- {id: c, run: z, wave: 2}\n",
			"tasks:\n- name: one\n  tasks:\n  - id: a\n    run: x\n- name: two\n  tasks:\n  - id: b\n    run: y\n  - id: c\n    run: z\n"},
		{"uses the names of keys that the plan uses",
			"plan:\n  status: x\n  tasks:\n    - task_id: a\n      name: A\n      dependencies: []\n",
			"tasks:\n- {id: a, title: B}\n- {id: b, title: B, depends_on: [a]}\n",
			"plan:\n  status: x\n  tasks:\n    - task_id: a\n      name: B\n      dependencies: []\n    - task_id: b\n      name: B\n      dependencies: [a]\n"},
		{"keeps line ends, BOM and a last line without end",
			"\ufefftasks:\r\n- id: a\r\n  run: |\r\n    x\r\n    y",
			"tasks:\n- {id: a, run: \"x\\ny\\n\"}\n- {id: b, run: \"one\\ntwo\\n\"}\n",
			"\ufefftasks:\r\n- id: a\r\n  run: \"x\\ny\\n\"\r\n- id: b\r\n  run: \"one\\ntwo\\n\""},
		{"leaves other documents alone",
			"tasks:\n- id: a\n---\nb: c\n",
			"tasks:\n- {id: a, run: x}\n- {id: b, run: y}\n",
			"tasks:\n- id: a\n  run: x\n- id: b\n  run: y\n---\nb: c\n"},
		{"puts a first task above the comment of the next one",
			"tasks:\n  # of a\n\n  # also\n  - id: a\n    run: x\n",
			"tasks:\n- {id: b, run: y}\n- {id: a, run: x}\n",
			"tasks:\n  # of a\n\n  - id: b\n    run: y\n  # also\n  - id: a\n    run: x\n"},
		{"takes out what stands beside the dash",
			"tasks:\n- title: x # gone\n  # c\n  id: a\n- run: y\n  title: k\n  id: b\n",
			"tasks:\n- {id: a}\n- {id: b, title: k}\n",
			"tasks:\n- id: a\n- title: k\n  id: b\n"},
		{"takes out the last line of a file",
			"tasks:\n- id: a\n  title: x\n  note: y",
			"tasks:\n- {id: a, title: x}\n",
			"tasks:\n- id: a\n  title: x"},
		{"takes out the last lines of a file",
			"tasks:\n- id: a\n  title: x\n  note: y",
			"tasks:\n- {id: a}\n",
			"tasks:\n- id: a"},
		{"keeps the flags that billow owns",
			"tasks:\n- id: a\n  flags:\n    retries_used: 2\n    other: x\n- id: b\n  flags: {flaky: true}\n- id: c\n",
			"tasks:\n- {id: a, flags: {retries_used: 0, more: y}}\n- {id: b, flags: {x: y}}\n- {id: c, flags: {z: true, flaky: true}}\n",
			"tasks:\n- id: a\n  flags:\n    more: y\n    retries_used: 2\n- id: b\n  flags: {x: y, flaky: true}\n- id: c\n  flags:\n    z: true\n"},
		{"writes a key over one that a merge key brings",
			"x: &x {agent: q, wave: 1}\ntasks:\n- id: a\n  <<: *x\n- <<: *x\n  id: b\n  run: x\n",
			"tasks:\n- {id: a, agent: r, wave: 1}\n- {id: b, agent: q, wave: 1}\n- {id: c, agent: q, wave: 1}\n",
			"x: &x {agent: q, wave: 1}\ntasks:\n- id: a\n  agent: r\n  <<: *x\n- <<: *x\n  id: b\n- id: c\n  agent: q\n  wave: 1\n"},
		{"changes a mapping key by key",
			"tasks:\n- id: a\n  ownership:\n    paths: [x] # p\n    mode: shared # m\n  inputs: {A: b, C: d}\n  acceptance_criteria:\n  - one\n  - two\n",
			"tasks:\n- {id: a, ownership: {paths: [x, y], mode: shared}, inputs: {A: b, E: f}, acceptance_criteria: [one, three and four]}\n",
			"tasks:\n- id: a\n  ownership:\n    paths: [x, y] # p\n    mode: shared # m\n  inputs: {A: b, E: f}\n  acceptance_criteria:\n  - one\n  - three and four\n"},
		{"leaves comments below a task with it",
			"tasks:\n- id: a\n  title: x\n  # still a\n# of b\n- id: b\n  title: y\n  # still b\n",
			"tasks:\n- {id: a, title: x}\n- {id: n, title: N}\n- {id: b, title: y}\n- {id: m, title: N}\n",
			"tasks:\n- id: a\n  title: x\n  # still a\n- id: \"n\"\n  title: N\n# of b\n- id: b\n  title: y\n  # still b\n- id: m\n  title: N\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := revise(t, "plan.yaml", c.src, c.revised)
			require.NoError(t, err)
			assert.Equal(t, c.want, got)
		})
	}
}

func TestEditTasksRefuses(t *testing.T) {
	for _, c := range []struct{ name, src, revised, want string }{
		{"an alias", "x: &x {id: a, run: x}\ntasks:\n- *x\n", "tasks:\n- {id: a, run: y}\n",
			"plan.yaml:3: task a cannot be changed in place: an alias stands there; write the mapping out instead of the alias"},
		{"what an alias shows elsewhere", "tasks:\n- &x\n  id: a\n  run: x\nnote: *x\n", "tasks:\n- {id: a, run: y}\n",
			"plan.yaml:3: task a cannot be changed in place: an alias or a merge key shows it elsewhere too; write the mapping out there"},
		{"a value that an alias shows elsewhere", "tasks:\n- id: a\n  run: &r x\nnote: *r\n", "tasks:\n- {id: a, run: y}\n",
			"plan.yaml:3: task a cannot be changed in place: an alias shows `run` elsewhere too; write the value out there"},
		{"to take out what a merge key brings", "x: &x {run: x, dir: d}\ntasks:\n- id: a\n  <<: *x\n", "tasks:\n- {id: a, run: x}\n",
			"plan.yaml:1: task a cannot be changed in place: `dir` comes from a merge key (`<<`); write the mapping out instead of `<<`"},
		{"a key without a colon beside it", "tasks:\n- id: a\n  ? run\n  : x\n", "tasks:\n- {id: a, run: y}\n",
			"plan.yaml:3: task a cannot be changed in place: its key `run` has no `:` on its line; write `run:`"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := revise(t, "plan.yaml", c.src, c.revised)
			require.ErrorIs(t, err, plan.ErrRefuse)
			assert.EqualError(t, err, c.want)
		})
	}
}

func TestEditTasksRefusesWhatWouldNotReadAsMeant(t *testing.T) {
	for name, edit := range map[string]plan.TaskEdit{
		"a key that means something else": {ID: "a", Value: read(t, "{run: x, timeout: soon}")},
		"an id with blanks around it":     {ID: " b ", Value: read(t, "{run: x}")},
	} {
		t.Run(name, func(t *testing.T) {
			doc := plan.Read("plan.yaml", []byte("tasks:\n- id: a\n  run: x\n"), plan.Options{})
			got, err := plan.EditTasks(doc.Plan, doc.Source, []plan.TaskEdit{edit})
			require.ErrorIs(t, err, plan.ErrRefuse)
			assert.Nil(t, got)
		})
	}
	doc := plan.Read("plan.yaml", []byte("tasks:\n- id: a\n"), plan.Options{})
	_, err := plan.EditTasks(doc.Plan, doc.Source, []plan.TaskEdit{{ID: "a"}})
	assert.EqualError(t, err, `plan.yaml: the edit of task "a" has no task`)
}

func TestEditTasksWithoutEditsReturnsTheSameBytes(t *testing.T) {
	src := []byte("\ufefftasks:\r\n- id: a\r\n\r\n\r\n# end")
	doc := plan.Read("plan.yaml", src, plan.Options{})
	got, err := plan.EditTasks(doc.Plan, doc.Source, nil)
	require.NoError(t, err)
	assert.Equal(t, src, got)
}

func TestALastTextWithoutALineEndMayHaveOneBehindIt(t *testing.T) {
	src := "tasks:\n- id: a\n  run: |\n    x\n    y"
	got := checkNew(t, src, plan.TaskEdit{ID: "b", After: "a", Value: read(t, "{run: z}")})
	assert.Equal(t, src+"\n- id: b\n  run: z", got)
}

func checkNew(t *testing.T, src string, edit plan.TaskEdit) string {
	doc := plan.Read("plan.yaml", []byte(src), plan.Options{})
	got, err := plan.EditTasks(doc.Plan, doc.Source, []plan.TaskEdit{edit})
	require.NoError(t, err)
	return string(got)
}

func TestNewTasksComeInTheOrderOfTheRevisedPlan(t *testing.T) {
	got, err := revise(t, "plan.yaml", "tasks:\n- {id: a}\n- {id: z}\n",
		"tasks:\n- {id: p}\n- {id: q}\n- {id: a}\n- {id: b}\n- {id: c}\n- {id: z}\n- {id: e}\n- {id: f}\n")
	require.NoError(t, err)
	assert.Equal(t, "tasks:\n- {id: p}\n- {id: q}\n- {id: a}\n- {id: b}\n- {id: c}\n- {id: z}\n- {id: e}\n- {id: f}\n", got)
}

func TestEditTasksOfAFolder(t *testing.T) {
	src := bundle(t, map[string]string{
		"epic.md":    "---\nname: E\nstatus: open\n---\nall\n",
		"001.md":     "---\r\nname: A # the first\r\nstatus: open\r\ndepends_on: []\r\n---\r\n\r\n# A\r\n\r\ndo it\r\n",
		"sub/002.md": "---\nname: B\nstatus: open\n---\n",
	})
	got, err := revise(t, "tasks", src, "tasks:\n"+
		"- {id: '001', title: A2, description: \"# A\\n\\ndo it well\"}\n"+
		"- {id: '003', title: C, depends_on: ['001'], description: \"# C\\n\\nall\"}\n"+
		"- {id: sub/002, title: B, run: make}\n"+
		"- {id: readme, title: D}\n")
	require.NoError(t, err)
	assert.Equal(t, bundle(t, map[string]string{
		"epic.md":            "---\nname: E\nstatus: open\n---\nall\n",
		"001.md":             "---\r\nname: A2 # the first\r\nstatus: open\r\ndepends_on: []\r\n---\r\n\r\n# A\r\n\r\ndo it well\r\n",
		"003.md":             "---\r\nname: C\r\nstatus: pending\r\ndepends_on: [\"001\"]\r\n---\r\n\r\n# C\r\n\r\nall\r\n",
		"sub/002.md":         "---\nname: B\nrun: make\nstatus: open\n---\n",
		"sub/readme-task.md": "---\nid: readme\nname: D\nstatus: pending\n---\n",
	}), got)
}

func bundle(t *testing.T, files map[string]string) string {
	t.Helper()
	var all []plan.TaskFile
	for name, text := range files {
		all = append(all, plan.TaskFile{Name: name, Text: []byte(text)})
	}
	out, err := plan.Bundle(all)
	require.NoError(t, err)
	return string(out)
}
