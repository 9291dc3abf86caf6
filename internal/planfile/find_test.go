package planfile

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	openPlan     = "tasks:\n  - id: a\n    status: completed\n  - id: b\n    status: pending\n"
	finishedPlan = "tasks:\n  - id: a\n    status: done\n  - id: b\n    status: skipped\n"
)

func TestFindFindsThePlanThatIsMeant(t *testing.T) {
	dir := lay(t, map[string]string{
		"billow.yaml":                "",
		"here/plan.yaml":             openPlan,
		"here/other.yaml":            openPlan,
		"short/plan.yml":             openPlan,
		"empty/":                     "",
		"docs/plan/one/plan.yaml":    openPlan,
		"docs/plan/two/plan.yaml":    finishedPlan,
		"docs/plan/nothing/notes.md": "",
		"inner/.git":                 "gitdir: elsewhere",
		"inner/plan.yaml":            openPlan,
		".billow/do/small/plan.yaml": openPlan,
		".billow/do/one/plan.yaml":   openPlan,
	})
	for name, tc := range map[string]struct{ arg, in, path, root string }{
		"a file":                   {"other.yaml", "here", "other.yaml", "."},
		"a file that is not there": {"nope.yaml", "here", "nope.yaml", "."},
		"a path that is not there": {"x/nope", "here", "x/nope", "."},
		"a folder":                 {"here", ".", "here/plan.yaml", "."},
		"a folder with plan.yml":   {"short", ".", "short/plan.yml", "."},
		"a plan's id":              {"two", ".", "docs/plan/two/plan.yaml", "."},
		"a plan's id, from below":  {"one", "here", "../docs/plan/one/plan.yaml", "."},
		"an id of billow do's":     {"small", "here", "../.billow/do/small/plan.yaml", "."},
		"nothing: plan.yaml":       {"", "here", "plan.yaml", "."},
		"nothing: the open plan":   {"", "empty", "../docs/plan/one/plan.yaml", "."},
		"a project in a project":   {"inner", ".", "inner/plan.yaml", "inner"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Find(tc.arg, filepath.Join(dir, tc.in))
			require.NoError(t, err)
			assert.Equal(t, Found{Path: filepath.FromSlash(tc.path), Root: filepath.Join(dir, tc.root)}, got)
		})
	}

	_, err := Find("empty", dir)
	require.ErrorIs(t, err, ErrNoPlan)
	_, err = Find("three", dir)
	require.ErrorIs(t, err, ErrNoPlan)
	assert.Equal(t, "no plan found: neither three nor docs/plan/three/plan.yaml exists; plans here: one, two", err.Error())
}

func TestFindAsksWhereItCannotTell(t *testing.T) {
	for name, tc := range map[string]struct {
		files map[string]string
		kind  error
		text  string
		path  string
	}{
		"none": {nil, ErrNoPlan, "there is no plan.yaml here and none under docs/plan", ""},
		"two open": {map[string]string{"docs/plan/a/plan.yaml": openPlan, "docs/plan/b/plan.yaml": openPlan},
			ErrSeveral, "name the one you mean: a, b", ""},
		"all finished": {map[string]string{"docs/plan/a/plan.yaml": finishedPlan, "docs/plan/b/plan.yaml": finishedPlan},
			ErrNoPlan, "all plans under docs/plan are finished; name the one you mean: a, b", ""},
		"one, finished":   {map[string]string{"docs/plan/a/plan.yaml": finishedPlan}, nil, "", "docs/plan/a/plan.yaml"},
		"one, unreadable": {map[string]string{"docs/plan/a/plan.yaml": ": ["}, nil, "", "docs/plan/a/plan.yaml"},
		"the plan's own status counts": {map[string]string{
			"docs/plan/a/plan.yaml": "status: completed\n" + openPlan, "docs/plan/b/plan.yaml": openPlan},
			nil, "", "docs/plan/b/plan.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Find("", lay(t, tc.files))
			if tc.kind == nil {
				require.NoError(t, err)
				assert.Equal(t, filepath.FromSlash(tc.path), got.Path)
				return
			}
			require.ErrorIs(t, err, tc.kind)
			assert.Contains(t, err.Error(), tc.text)
		})
	}
}

func TestWhatLiesInBillowsFolderBelongsToTheFolderAroundIt(t *testing.T) {
	dir := lay(t, map[string]string{".billow/do/small/plan.yaml": openPlan})
	got, err := Find(".billow/do/small/plan.yaml", dir)
	require.NoError(t, err)
	assert.Equal(t, Found{Path: filepath.FromSlash(".billow/do/small/plan.yaml"), Root: dir}, got)
}

func TestTheRootOfAPlanWithoutAProjectIsItsFolder(t *testing.T) {
	dir := lay(t, map[string]string{"deep/er/plan.yaml": openPlan})
	if Root(dir) != dir {
		t.Skip("the temporary folder lies in a project itself")
	}
	got, err := Find("deep/er", dir)
	require.NoError(t, err)
	assert.Equal(t, filepath.Join(dir, "deep", "er"), got.Root)
}
