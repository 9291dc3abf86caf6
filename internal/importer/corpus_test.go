package importer

import (
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

// The numbers are counted in the sources. Of a tasks.json: tasks and subtasks; the dependencies that are written,
// one from each task to each of its subtasks, and those of a task with subtasks again for each subtask that depends
// on none of its sisters. Of a workflow: jobs, each as often as its matrix has combinations, and each need as often
// as both have.
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
	} {
		t.Run(test.file+test.tag, func(t *testing.T) {
			src, err := os.ReadFile(filepath.Join("../../../shared/corpus", test.file))
			if err != nil {
				t.Skip("the corpus of real files is not here")
			}
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
