package importer

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/plan"
)

// sound reads and checks an imported plan, which must have no errors.
func sound(t *testing.T, r *Result) *plan.Plan {
	t.Helper()
	doc := plan.Read("plan.yaml", r.Plan, plan.Options{})
	require.NotNil(t, doc.Plan, "%s\n%v", r.Plan, doc.Problems)
	for _, p := range append(doc.Problems, plan.Check(doc.Plan, doc.Source, plan.CheckOptions{})...) {
		if p.Severity == plan.Error {
			t.Errorf("%d:%d: %s %s\n%s", p.Line, p.Column, p.Code, p.Text, p.Source)
		}
	}
	assert.Len(t, doc.Plan.Tasks, r.Tasks)
	needs := 0
	for _, task := range doc.Plan.Tasks {
		needs += len(task.Needs)
	}
	assert.Equal(t, r.Needs, needs)
	return doc.Plan
}

// readSource reads a file, or a folder as the bundle of its task files.
func readSource(path string) ([]byte, error) {
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return os.ReadFile(path)
	}
	var files []plan.TaskFile
	err := filepath.WalkDir(path, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(file) != ".md" {
			return err
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(path, file)
		if kind, _ := plan.SortFile(name, text); kind != plan.NoTask {
			files = append(files, plan.TaskFile{Name: filepath.ToSlash(name), Text: text})
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return plan.Bundle(files)
}

// The numbers are counted in the sources. Of a tasks.json: tasks and subtasks; the dependencies that are written,
// one from each task to each of its subtasks, and those of a task with subtasks again for each subtask that depends
// on none of its sisters. Of a workflow: jobs, each as often as its matrix has combinations, and each need as often
// as both have. Of a folder: files with a status, and what they depend on.
func TestRealFilesKeepTheirTasksAndEdges(t *testing.T) {
	for _, test := range []struct {
		file, tag    string
		tasks, needs int
	}{
		{"taskmaster/Typosentinel__.taskmaster_tasks_tasks.json", "", 46, 60},
		{"taskmaster/act-placemat__.taskmaster_tasks_tasks.json", "master", 26, 65},
		{"taskmaster/act-placemat__.taskmaster_tasks_tasks.json", "architectural-cleanup", 3, 2},
		{"taskmaster/hotel-boost__.taskmaster_tasks_tasks.json", "", 125, 313},
		{"taskmaster/lms-llmsTxt__.taskmaster_tasks_tasks.json", "", 45, 101},
		{"taskmaster/testcraft__.taskmaster_tasks_tasks.json", "", 145, 498},
		{"github-actions/beads__main.yml", "", 57, 66},
		{"github-actions/buildkit__buildkit.yml", "", 10, 9},
		{"github-actions/litestream__commit.yml", "", 16, 10},
		{"github-actions/sortie__release.yml", "", 12, 26},
		{"github-actions/tailscale__test.yml", "", 51, 165},
		{"github-actions/terraform__build.yml", "", 40, 327},
		{"taskmd/beads-pizzapi-triggers", "", 10, 14},
		{"taskmd/ccpm-orchestr8-qci", "", 14, 6},
		{"taskmd/ccpm-seshlog", "", 8, 11},
		{"taskmd/taskgraph-fixtures", "", 3, 2},
		{"taskmd/taskgraph_ts", "", 44, 80},
	} {
		t.Run(test.file+test.tag, func(t *testing.T) {
			src, err := readSource(filepath.Join("../../../shared/corpus", test.file))
			if errors.Is(err, fs.ErrNotExist) {
				t.Skip("the corpus of real files is not here")
			}
			require.NoError(t, err)
			r, err := Import(test.file, src, Options{Tag: test.tag, Agent: "human"})
			require.NoError(t, err)
			sound(t, r)
			assert.Equal(t, test.tasks, r.Tasks)
			assert.Equal(t, test.needs, r.Needs)
			for _, n := range r.Notes {
				assert.NotEmpty(t, n.Text)
				assert.True(t, n.Line > 0 || n.Task == "", "%+v", n)
			}
		})
	}
}

func TestRealArgoWorkflowsAreRefused(t *testing.T) {
	files, err := filepath.Glob("../../../shared/corpus/argo/*.yaml")
	require.NoError(t, err)
	if len(files) == 0 {
		t.Skip("the corpus of real files is not here")
	}
	for _, path := range files {
		src, err := os.ReadFile(path)
		require.NoError(t, err)
		_, err = Import(path, src, Options{})
		var refused *Error
		require.ErrorAs(t, err, &refused)
		assert.Contains(t, refused.Text, "this is an Argo ")
		assert.Equal(t, CanImport, refused.Hint)
	}
}
