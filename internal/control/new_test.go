package control

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/plan"
)

func TestEveryTemplateIsSoundAndFilledIn(t *testing.T) {
	for _, template := range Templates() {
		s := &Service{Dir: t.TempDir(), Now: func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }}
		objective := "It says: \"done\"\nand <more> # of it"
		resp, err := s.New(NewRequest{Name: "Big Change", Template: template.Name, Objective: objective})
		require.NoError(t, err)
		assert.Equal(t, &NewResponse{
			Path: "docs/plan/20260102-big-change/plan.yaml", ID: "20260102-big-change", Template: template.Name,
			Also:     []string{".billow/plan.schema.json", "billow.yaml"},
			Problems: []plan.Problem{},
			Next: []string{"billow check docs/plan/20260102-big-change/plan.yaml", "billow graph docs/plan/20260102-big-change/plan.yaml",
				"billow run docs/plan/20260102-big-change/plan.yaml"},
		}, resp)
		text, err := os.ReadFile(filepath.Join(s.Dir, resp.Path))
		require.NoError(t, err)
		assert.NotContains(t, string(text), "{{")
		doc := plan.Read(resp.Path, text, plan.Options{})
		assert.Equal(t, objective, doc.Plan.Objective)
		assert.Equal(t, resp.ID, doc.Plan.ID)
		for _, task := range doc.Plan.Tasks {
			assert.NotEmpty(t, task.RawStatus, "%s: billow would add a line for the status of %s", template.Name, task.ID)
		}
	}
}

func TestNewPlansAreNamedByWhatThereIs(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, ".git"), 0o755))
	s := &Service{Dir: dir, Now: func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }}
	for _, c := range []struct {
		request  NewRequest
		path, id string
	}{
		{NewRequest{}, "docs/plan/20260102-shell/plan.yaml", "20260102-shell"},
		{NewRequest{Objective: "Reports can be had as CSV, quickly"}, "docs/plan/20260102-reports-can-be-had-as/plan.yaml", "20260102-reports-can-be-had-as"},
		{NewRequest{Name: "20251224-gifts"}, "docs/plan/20251224-gifts/plan.yaml", "20251224-gifts"},
		{NewRequest{Name: "!?", Template: "ci"}, "docs/plan/20260102-ci/plan.yaml", "20260102-ci"},
		{NewRequest{Name: "nightly.yml"}, "nightly.yml", "20260102-nightly"},
		{NewRequest{Name: "."}, "plan.yaml", "20260102-" + kebab(filepath.Base(dir))},
		{NewRequest{Name: "work/"}, "work/plan.yaml", "20260102-work"},
		{NewRequest{Name: "work/deep/plan.yaml"}, "work/deep/plan.yaml", "20260102-deep"},
	} {
		resp, err := s.New(c.request)
		require.NoError(t, err)
		assert.Equal(t, [2]string{c.path, c.id}, [2]string{resp.Path, resp.ID}, "%+v", c.request)
		_, err = s.New(c.request)
		require.ErrorIs(t, err, ErrUsage)
	}
}
