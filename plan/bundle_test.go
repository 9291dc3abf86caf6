package plan_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"billow/plan"
)

// folder makes the bundle of some files.
func folder(t require.TestingT, files map[string]string) []byte {
	var all []plan.TaskFile
	for name, text := range files {
		all = append(all, plan.TaskFile{Name: name, Text: []byte(text)})
	}
	text, err := plan.Bundle(all)
	require.NoError(t, err)
	return text
}

// readFolder reads files as a folder called tasks.
func readFolder(t require.TestingT, files map[string]string) *plan.Document {
	doc := plan.Read("tasks", folder(t, files), plan.Options{})
	require.NotNil(t, doc.Plan)
	return doc
}

// said are problems as people see them.
func said(problems []plan.Problem) []string {
	var out []string
	for _, p := range problems {
		at := p.File
		if p.Line > 0 {
			at = fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
		}
		out = append(out, at+": "+p.Code+": "+p.Text)
	}
	return out
}

func TestABundleGivesBackItsFiles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z0-9/é -]{1,8}\.md`), 1, 6, rapid.ID).Draw(t, "names")
		var files []plan.TaskFile
		for _, name := range names {
			text := bytes.ReplaceAll(rapid.SliceOf(rapid.Byte()).Draw(t, "text"), []byte{0}, nil)
			files = append(files, plan.TaskFile{Name: strings.TrimLeft("x"+name, "/"), Text: text})
		}
		text, err := plan.Bundle(files)
		require.NoError(t, err)
		got, ok := plan.Unbundle(text)
		require.True(t, ok)
		require.Len(t, got, len(files))
		for _, f := range got {
			require.True(t, slices.ContainsFunc(files, func(g plan.TaskFile) bool { return g.Name == f.Name && bytes.Equal(g.Text, f.Text) }))
		}
		again, err := plan.Bundle(got)
		require.NoError(t, err)
		require.Equal(t, text, again)
	})
}

func TestWhatIsNoBundleIsNotTakenForOne(t *testing.T) {
	for name, text := range map[string]string{
		"a plan":            "tasks: []\n",
		"nothing":           "",
		"UTF-16":            "\x00t\x00a\x00s\x00k\x00s\x00:",
		"no name":           "\x00\x00text",
		"no end of a name":  "\x00a.md",
		"no Markdown":       "\x00a.txt\x00text",
		"names out of turn": "\x00b.md\x00text\x00a.md\x00text",
		"a name twice":      "\x00a.md\x00text\x00a.md\x00text",
		"an absolute name":  "\x00/a.md\x00text",
	} {
		_, ok := plan.Unbundle([]byte(text))
		assert.False(t, ok, name)
	}
	assert.Equal(t, "P002", plan.Read("plan.yaml", []byte("\x00t\x00a\x00s\x00k\x00s\x00:"), plan.Options{}).Problems[0].Code)
	_, err := plan.Bundle([]plan.TaskFile{{Name: "a.md", Text: []byte("a\x00b")}})
	require.ErrorIs(t, err, plan.ErrNUL)
	require.ErrorContains(t, err, "a.md")
}

func TestSortFileKnowsTasksFromWhatIsBesideThem(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       plan.FileKind
	}{
		{"001.md", "---\nname: A\nstatus: open\n---\n", plan.TaskOne},
		{"a/b.md", "---\nid: b\n---\n", plan.TaskOne},
		{"b.md", "---\r\ndepends_on: [a]\r\n---\r\n", plan.TaskOne},
		{"c.md", "\ufeff---\nrun: make\n---", plan.TaskOne},
		{"d.md", "---   \n\"status\": open\n---\n", plan.TaskOne},
		{"broken.md", "---\nname: a: b\nstatus: open\n---\n", plan.TaskOne},
		{"open.md", "---\nstatus: open\n\n# No end\n", plan.TaskOne},
		{"issue.md", "---\ntitle: A\nissue: 12\nstatus: open\n---\n", plan.TaskOne},
		{"epic.md", "---\nname: all\nstatus: open\n---\n", plan.TaskPlan},
		{"Plan.md", "---\nwaves: soft\n---\n", plan.TaskPlan},
		{"below/epic.md", "---\nname: all\nstatus: open\n---\n", plan.NoTask},
		{"README.md", "---\nstatus: open\n---\n", plan.NoTask},
		{"mapping.md", "# Mapping\n\n---\nstatus: open\n---\n", plan.NoTask},
		{"002-analysis.md", "---\nissue: 002\ntitle: A\nanalyzed: now\n---\n", plan.NoTask},
		{"updates/003/progress.md", "---\nissue: 003\nstatus: completed\n---\n", plan.NoTask},
		{"execution-status.md", "---\nstarted: now\nbranch: b\n---\n", plan.NoTask},
		{"nested.md", "---\nmore:\n  status: open\n---\n", plan.NoTask},
		{"rule.md", "---\n\nstatus: open\n", plan.NoTask},
		{"empty.md", "", plan.NoTask},
		{"dashes.md", "---", plan.NoTask},
		{"001.txt", "---\nstatus: open\n---\n", plan.NoTask},
	} {
		got, why := plan.SortFile(c.name, []byte(c.text))
		assert.Equal(t, c.want, got, c.name)
		assert.Equal(t, got == plan.NoTask, why != "", c.name)
	}
}

func TestAFolderReadsAsOnePlan(t *testing.T) {
	doc := readFolder(t, map[string]string{
		"epic.md":   "---\nname: search\nstatus: backlog\nwaves: soft\ndefaults: {timeout: 5m}\n---\n# Epic\n",
		"001.md":    "---\nname: Index\nstatus: closed\ndepends_on: []\n---\n\n# Task: Index\n\nMake it.\n",
		"002.md":    "\ufeff---\r\nstatus: In-Progress\r\ndepends_on: 1\r\nparallel: false\r\n---\r\n# The query #\r\n\r\nBody\r\n",
		"03.md":     "---\nid: T3\ndeps: [002.md, ./001.md]\nconflicts_with: [x/late]\nrun: make\ndescription: First.\n---\nThen.",
		"x/1.md":    "---\nstatus: open\nblocked_by: T3\nwave: 2\n---\n",
		"x/late.md": "---\nstatus: open\ndependencies:\n  - 1\n  - \"#3\"\nagent: gem-reviewer\n---\n```\n# no heading\n```\n",
	})
	require.Empty(t, said(doc.Problems))
	p := doc.Plan
	assert.Equal(t, "tasks", p.ID)
	assert.Equal(t, "search", p.Objective)
	assert.Equal(t, "backlog", p.Status)
	assert.Equal(t, plan.Soft, p.Waves)

	type task struct {
		id, title, description, raw string
		status                      plan.Status
		needs, conflicts            []string
		alone                       bool
	}
	var got []task
	for _, t := range p.Tasks {
		got = append(got, task{t.ID, t.Title, t.Description, t.RawStatus, t.Status, t.Needs, t.Conflicts, t.Alone})
	}
	assert.Equal(t, []task{
		{id: "001", title: "Index", description: "# Task: Index\n\nMake it.", raw: "closed", status: plan.Completed},
		{id: "002", title: "The query", description: "# The query #\n\nBody", raw: "In-Progress", status: plan.InProgress,
			needs: []string{"001"}, alone: true},
		{id: "T3", description: "First.\n\nThen.", status: plan.Pending, needs: []string{"002", "001"}, conflicts: []string{"x/late"}},
		{id: "x/1", raw: "open", status: plan.Pending, needs: []string{"T3"}},
		// In x, 1 is x/1 and not 001.
		{id: "x/late", description: "```\n# no heading\n```", raw: "open", status: plan.Pending, needs: []string{"x/1", "T3"}},
	}, got)
	assert.Equal(t, "5m0s", p.Task("T3").Timeouts.Total.String())
	assert.Equal(t, 2, p.Task("x/1").Wave)
}

func TestANameThatCouldMeanTwoTasksMeansNone(t *testing.T) {
	doc := readFolder(t, map[string]string{
		"001.md": "---\nrun: a\n---\n", "01.md": "---\nrun: a\n---\n", "a/x.md": "---\nrun: a\n---\n", "b/x.md": "---\nrun: a\n---\n",
		"late.md": "---\nrun: a\ndepends_on: [1, 01, x, 0001]\n---\n",
	})
	assert.Equal(t, []string{"1", "01", "x", "0001"}, doc.Plan.Task("late").Needs)
}

func TestProblemsOfAFolderSayTheFileAndItsLine(t *testing.T) {
	doc := readFolder(t, map[string]string{
		"001.md":  "---\nname: a: b\nstatus: open\n---\nno end of line",
		"002.md":  "\ufeff---\r\nrun: make\r\nstatus: >\r\n  wating\r\n---\r\n",
		"003.md":  "---\nrun: make\ntimeout: soon\ndepends_on: [001, 009]\n---\n",
		"004.md":  "---\n- status: open\n---\nstatus: x\n",
		"005.md":  "---\nid: five\nstatus: open\n",
		"006.md":  "---\nid: '003'\nrun: make\n---\n",
		"007.md":  "---\nrun: \"\x01\"\n---\n",
		"plan.md": "---\nobjective: o\n---\n",
		"epic.md": "---\nname: e\n---\n",
	})
	problems := append(doc.Problems, plan.Check(doc.Plan, doc.Source, plan.CheckOptions{})...)
	problems = append(problems, plan.CanEdit(doc.Plan, doc.Source)...)
	var got []string
	for _, p := range said(problems) {
		if !strings.Contains(p, "P041") {
			got = append(got, p)
		}
	}
	assert.Equal(t, []string{
		"tasks/001.md:2:8: P001: not valid YAML: a `: ` in text without quotes begins a new key",
		"tasks/004.md:2:1: P005: the front matter is no mapping",
		"tasks/005.md:1:1: P023: the front matter has no end",
		"tasks/007.md:2:7: P002: there is a control character (0x01) here",
		"tasks/epic.md: P022: left out: plan.md says what the tasks are for",
		"tasks/002.md:3:9: P013: the status \"wating\\n\" is unknown and counts as pending",
		"tasks/003.md:3:10: P015: timeout: \"soon\" is no duration",
		"tasks/003.md:4:19: P031: \"003\" needs \"009\", which is no task of this plan",
		"tasks/006.md:2:5: P030: the id \"003\" is taken by the task in tasks/003.md:2",
		"tasks/002.md:3:9: P009: `status` of task 002 cannot be changed in place: it goes over several lines",
	}, got)
	i := slices.IndexFunc(problems, func(p plan.Problem) bool { return p.Code == "P031" })
	assert.Equal(t, "depends_on: [001, 009]", problems[i].Source)
	_, err := plan.Edit(doc.Plan, doc.Source, []plan.Change{{Task: "002", Key: "status", Value: "completed"}})
	require.ErrorIs(t, err, plan.ErrRefuse)
	assert.ErrorContains(t, err, "tasks/002.md:3: ")
}

func TestAStatusIsWrittenIntoItsOwnFile(t *testing.T) {
	doc := readFolder(t, map[string]string{
		"a.md":    "---\nname: A\nstatus: open # now\n---\nbody\nstatus: open",
		"b.md":    "\ufeff---\r\nname: B\r\nrun: make\r\n---\r\nbody",
		"c.md":    "---\nrun: make\n---\n",
		"d.md":    "---\nrun: |\n  make\n---\n",
		"epic.md": "---\nname: all\nstatus: backlog\n---\n",
	})
	require.Empty(t, said(doc.Problems))
	require.Empty(t, plan.CanEdit(doc.Plan, doc.Source))
	got, err := plan.Edit(doc.Plan, doc.Source, []plan.Change{
		{Key: "status", Value: "completed"},
		{Task: "a", Key: "status", Value: "completed"}, {Task: "b", Key: "status", Value: "completed"},
		{Task: "c", Key: "status", Value: "failed"}, {Task: "c", Key: "blocked_reason", Value: "no"},
		{Task: "d", Key: "status", Value: "skipped"},
	})
	require.NoError(t, err)
	assert.Equal(t, string(folder(t, map[string]string{
		"a.md":    "---\nname: A\nstatus: completed # now\n---\nbody\nstatus: open",
		"b.md":    "\ufeff---\r\nname: B\r\nstatus: completed\r\nrun: make\r\n---\r\nbody",
		"c.md":    "---\nrun: make\nstatus: failed\nblocked_reason: \"no\"\n---\n",
		"d.md":    "---\nstatus: skipped\nrun: |\n  make\n---\n",
		"epic.md": "---\nname: all\nstatus: completed\n---\n",
	})), string(got))
}

func TestAFolderWithoutAPlanFileHasNoPlaceForTheStatusOfThePlan(t *testing.T) {
	doc := readFolder(t, map[string]string{"a.md": "---\nrun: make\n---\n"})
	require.Empty(t, plan.CanEdit(doc.Plan, doc.Source))
	_, err := plan.Edit(doc.Plan, doc.Source, []plan.Change{{Key: "status", Value: "completed"}})
	require.ErrorIs(t, err, plan.ErrRefuse)
}

func TestEditOfRandomFoldersTouchesStatusLinesOnly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		files := map[string]string{}
		n := rapid.IntRange(1, 5).Draw(t, "files")
		for i := range n {
			eol := rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "eol")
			lines := []string{"---"}
			lines = append(lines, rapid.SliceOfN(rapid.SampledFrom([]string{
				"# comment", "", "tags: [a, 'b']", "notes: |\n  status: open\n\n  more", "note: \"é: x\" # c",
			}), 0, 1).Draw(t, "before")...)
			lines = append(lines, rapid.SampledFrom([]string{"status: open", "status:   'open'  # x", "\"status\": open", "status:", "run: make"}).Draw(t, "status"))
			lines = append(lines, rapid.SampledFrom([]string{"priority: 1", "parallel: true", "other: {a: 1}"}).Draw(t, "after"), "---")
			lines = append(lines, rapid.SliceOf(rapid.SampledFrom([]string{"", "# Title", "status: open", "---", "tail\t"})).Draw(t, "body")...)
			text := strings.ReplaceAll(strings.Join(lines, "\n"), "\n", eol)
			if rapid.Bool().Draw(t, "bom") {
				text = "\ufeff" + text
			}
			if rapid.Bool().Draw(t, "last line end") {
				text += eol
			}
			files[string(rune('a'+i))+".md"] = text
		}
		doc := readFolder(t, files)
		require.Empty(t, plan.Errors(doc.Problems))
		same, err := plan.Edit(doc.Plan, doc.Source, nil)
		require.NoError(t, err)
		require.Equal(t, doc.Source.Bytes, same)

		var changes []plan.Change
		for _, task := range doc.Plan.Tasks {
			if rapid.Bool().Draw(t, "change") {
				changes = append(changes, plan.Change{Task: task.ID, Key: "status", Value: rapid.SampledFrom([]string{"completed", "failed"}).Draw(t, "to")})
			}
		}
		got, err := plan.Edit(doc.Plan, doc.Source, changes)
		require.NoError(t, err)
		after := plan.Read("tasks", got, plan.Options{})
		require.Empty(t, plan.Errors(after.Problems))
		for _, c := range changes {
			require.Equal(t, c.Value, after.Plan.Task(c.Task).RawStatus)
			require.Equal(t, doc.Plan.Task(c.Task).Description, after.Plan.Task(c.Task).Description)
		}
		out, ok := plan.Unbundle(got)
		require.True(t, ok)
		for _, f := range out {
			require.Equal(t, withoutStatus(files[f.Name]), withoutStatus(string(f.Text)))
		}
	})
}

// withoutStatus is a file without the first line of its front matter that has its status.
func withoutStatus(text string) string {
	lines := strings.SplitAfter(text, "\n")
	for i, line := range lines {
		switch {
		case strings.HasPrefix(line, "status:"), strings.HasPrefix(line, `"status":`):
			return strings.Join(append(lines[:i:i], lines[i+1:]...), "")
		case i > 0 && strings.HasPrefix(line, "---"):
			return text
		}
	}
	return text
}

// realFolders are the collected folders of task files, by name; the test is skipped where they are not there.
func realFolders(t *testing.T) map[string][]plan.TaskFile {
	roots, err := filepath.Glob("../../shared/corpus/taskmd/*")
	require.NoError(t, err)
	if len(roots) == 0 {
		t.Skip("the corpus is not here")
	}
	out := map[string][]plan.TaskFile{}
	for _, root := range roots {
		name := filepath.Base(root)
		require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := os.ReadFile(path)
			rel, _ := filepath.Rel(root, path)
			if kind, _ := plan.SortFile(filepath.ToSlash(rel), text); kind != plan.NoTask {
				out[name] = append(out[name], plan.TaskFile{Name: filepath.ToSlash(rel), Text: text})
			}
			return err
		}))
	}
	return out
}

func TestRealFoldersReadAsPeopleCountThem(t *testing.T) {
	// Counted by eye, in the files: tasks, edges between them, tasks that say `parallel: false`, tasks that are done.
	type counts struct{ tasks, edges, alone, done int }
	want := map[string]counts{
		"beads-pizzapi-triggers": {tasks: 10, edges: 14, alone: 6},
		"ccpm-orchestr8-qci":     {tasks: 14, edges: 6, alone: 2},
		"ccpm-seshlog":           {tasks: 8, edges: 11, alone: 5, done: 8},
		"taskgraph-fixtures":     {tasks: 3, edges: 2, done: 1},
		"taskgraph_ts":           {tasks: 44, edges: 80, done: 43},
	}
	for name, files := range realFolders(t) {
		text, err := plan.Bundle(files)
		require.NoError(t, err, name)
		doc := plan.Read(name, text, plan.Options{})
		require.Empty(t, plan.Errors(doc.Problems), name)
		var got counts
		for _, task := range doc.Plan.Tasks {
			got.tasks++
			got.edges += len(task.Needs)
			if task.Alone {
				got.alone++
			}
			if task.Status == plan.Completed {
				got.done++
			}
			assert.NotEmpty(t, task.Title, task.ID)
			assert.NotEmpty(t, task.Description, task.ID)
			for _, need := range task.Needs {
				assert.NotNil(t, doc.Plan.Task(need), "%s needs %s", task.ID, need)
			}
		}
		assert.Equal(t, want[name], got, name)
		assert.Empty(t, plan.CanEdit(doc.Plan, doc.Source), name)
	}
}

func TestEditOfEveryTaskOfRealFolders(t *testing.T) {
	for name, files := range realFolders(t) {
		text, err := plan.Bundle(files)
		require.NoError(t, err)
		doc := plan.Read(name, text, plan.Options{})
		same, err := plan.Edit(doc.Plan, doc.Source, nil)
		require.NoError(t, err)
		require.Equal(t, text, same, name)
		for _, task := range doc.Plan.Tasks {
			got, err := plan.Edit(doc.Plan, doc.Source, []plan.Change{{Task: task.ID, Key: "status", Value: "in_progress"}})
			require.NoError(t, err)
			v := task.Source.Get("status")
			want := string(text[:v.Pos.Offset]) + "in_progress" + string(text[v.End:])
			require.Equal(t, want, string(got), task.ID)
		}
	}
}

func TestRepairMendsTheFrontMattersThatItCan(t *testing.T) {
	files := map[string]string{
		"001.md": "\ufeff---\r\nname: a: b\r\nstatus: open\r\n---\r\nbody: c: d",
		"002.md": "---\nname: fine\nstatus: open\n---\n",
		"003.md": "---\nrun: a\nrun: b\n---\n",
		"004.md": "---\nrun: `make`\n---\n",
	}
	r := plan.Repair("tasks", folder(t, files), plan.Options{})
	files["001.md"] = "\ufeff---\r\nname: 'a: b'\r\nstatus: open\r\n---\r\nbody: c: d"
	files["004.md"] = "---\nrun: make\n---\n"
	assert.Equal(t, string(folder(t, files)), string(r.Bytes))
	var repaired []string
	for _, e := range r.Repairs {
		repaired = append(repaired, e.File+":"+strconv.Itoa(e.Line))
	}
	assert.Equal(t, []string{"tasks/001.md:2", "tasks/004.md:2"}, repaired)
	assert.Equal(t, []string{"tasks/003.md:3:1: P006: the key `run` already stands on line 2 of the same mapping"}, said(plan.Errors(r.Document.Problems)))
	again := plan.Repair("tasks", r.Bytes, plan.Options{})
	assert.Equal(t, string(r.Bytes), string(again.Bytes))
}

func TestATaskThatRunsAloneExcludesAllOthers(t *testing.T) {
	files := map[string]string{
		"a.md": "---\nrun: a\nparallel: false\n---\n", "b.md": "---\nrun: a\n---\n",
		"c.md": "---\nrun: a\nparallel: false\n---\n", "d.md": "---\nrun: a\nparallel: true\n---\n",
	}
	assert.Equal(t, [][]int{{1, 2, 3}, {0, 2}, {0, 1, 3}, {0, 2}}, plan.Exclusions(readFolder(t, files).Plan))
	for i := range 2200 {
		files[fmt.Sprintf("more%d.md", i)] = fmt.Sprintf("---\nrun: a\nparallel: %t\n---\n", i%2 == 0)
	}
	p := readFolder(t, files).Plan
	x := plan.FindExclusions(p)
	for i := range p.Tasks {
		require.Empty(t, x.With[i])
		require.Equal(t, []string{"runs alone"}, x.Locks[i])
	}
}
