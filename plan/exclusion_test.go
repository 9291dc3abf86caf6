package plan

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// soon is when work that takes milliseconds has ended even on a busy machine and under -race, and work that
// grows with the square, or worse, has not.
const soon = 20 * time.Second

func owns(mode string, paths ...string) func(*Task) {
	return func(t *Task) { t.Ownership = Ownership{Mode: mode, Paths: paths} }
}

func conflicts(ids ...string) func(*Task) { return func(t *Task) { t.Conflicts = ids } }

func TestConflictsHoldBothWays(t *testing.T) {
	p := planOf(task("a", nil, conflicts("c", "c", "ghost", "a")), task("b", nil), task("c", nil, conflicts("a")))
	x := FindExclusions(p)
	assert.Equal(t, [][]int{{2}, nil, {0}}, x.With)
	assert.Equal(t, [][]string{nil, nil, nil}, x.Locks)
}

func TestOwnershipExcludesWhereOneSideIsExclusive(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"exclusive", "exclusive", true}, {"exclusive", "shared", true}, {"exclusive", "read_only", true},
		{"", "shared", true}, {"shared", "shared", false}, {"shared", "read_only", false},
		{"read_only", "read_only", false}, {"exclusiv", "shared", true},
	} {
		for _, paths := range [][2]string{{"src/a.go", "src/a.go"}, {"src/**", "src/a.go"}} {
			p := planOf(task("a", nil, owns(c.a, paths[0])), task("b", nil, owns(c.b, paths[1])))
			assert.Equal(t, c.want, apart(FindExclusions(p), 0, 1), "%s beside %s: %v", c.a, c.b, paths)
			p = planOf(task("b", nil, owns(c.b, paths[1])), task("a", nil, owns(c.a, paths[0])))
			assert.Equal(t, c.want, apart(FindExclusions(p), 0, 1), "%s beside %s: %v", c.b, c.a, paths)
		}
	}
}

// apart reports whether two tasks are kept apart by a pair or a lock.
func apart(x ExclusionSet, i, j int) bool {
	for _, other := range x.With[i] {
		if other == j {
			return true
		}
	}
	for _, a := range x.Locks[i] {
		for _, b := range x.Locks[j] {
			if a == b {
				return true
			}
		}
	}
	return false
}

func TestOwnersOfOnePathShareALock(t *testing.T) {
	tasks := []*Task{task("other", nil, owns("exclusive", "go.sum"))}
	for i := range 3000 {
		tasks = append(tasks, task(fmt.Sprint(i), nil, owns("exclusive", "./package.json"), func(t *Task) { t.Locks = []string{"db"} }))
	}
	x := FindExclusions(planOf(tasks...))
	assert.Empty(t, x.With[1])
	assert.Equal(t, []string{"db", "owns package.json"}, x.Locks[1])
	assert.Equal(t, []string{"db", "owns package.json"}, x.Locks[3000])
	assert.Empty(t, x.Locks[0])
}

func TestExclusionsAsPairsHoldTheSame(t *testing.T) {
	paths := rapid.SampledFrom([]string{"src/**", "src/a.go", "src/*.go", "docs/", "docs/a.md", "**/a.go"})
	rapid.Check(t, func(t *rapid.T) {
		var tasks []*Task
		for i := range rapid.IntRange(0, 8).Draw(t, "tasks") {
			tasks = append(tasks, task(fmt.Sprint(i), nil,
				owns(rapid.SampledFrom([]string{"exclusive", "shared", "read_only"}).Draw(t, "mode"), rapid.SliceOfN(paths, 0, 2).Draw(t, "paths")...),
				conflicts(rapid.SliceOfN(rapid.SampledFrom([]string{"0", "1", "2"}), 0, 2).Draw(t, "conflicts")...),
				func(t *Task) { t.Locks = []string{"not a pair"} }))
		}
		p := planOf(tasks...)
		pairs := Exclusions(p)
		for _, t := range tasks {
			t.Locks = nil
		}
		x := FindExclusions(p)
		for i := range tasks {
			for j := range tasks {
				require.Equal(t, i != j && apart(x, i, j), slices.Contains(pairs[i], j), "%d and %d", i, j)
			}
		}
	})
}

func TestTooManyPairsBecomeALock(t *testing.T) {
	var tasks []*Task
	for i := range 4000 {
		paths := "src/**"
		if i%2 == 0 {
			paths = "src/a/**"
		}
		tasks = append(tasks, task(fmt.Sprint(i), nil, owns("exclusive", paths)))
	}
	x := FindExclusions(planOf(tasks...))
	assert.Empty(t, x.With[0])
	assert.True(t, apart(x, 0, 1))
	assert.True(t, apart(x, 0, 2))
}

func TestTooManyGlobsToCompareBecomeALock(t *testing.T) {
	owners := func(n int, pattern string) ExclusionSet {
		var tasks []*Task
		for i := range n {
			tasks = append(tasks, task(fmt.Sprint(i), nil, owns("exclusive", fmt.Sprintf(pattern, i))))
		}
		return FindExclusions(planOf(tasks...))
	}
	x := owners(2000, "**/*%d.go")
	for i := range 1999 {
		require.True(t, apart(x, i, i+1))
	}
	// Files of different names are told apart quickly, and never together.
	x = owners(5000, "src/**/x%d.go")
	for i := range 5000 {
		require.Empty(t, x.With[i])
		require.Empty(t, x.Locks[i])
	}
}

func TestOverlapOfPaths(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"src/a.go", "src/a.go", true},
		{"src/a.go", "src/b.go", false},
		{"./src//a.go", "src/x/../a.go", true},
		{`src\a.go`, "src/a.go", true},
		{"/src/a.go", "src/a.go", true},
		{"src", "src/a.go", true},
		{"src/", "src/a/b/c.go", true},
		{"src", "srcs/a.go", false},
		{"conf.d", "conf.d/a.conf", true}, // what stands below shows that it is a folder
		{"v1.2", "**/a.go", true},
		{"main.go", "**/a.go", false},
		{".github", "**/a.yml", true},
		{"src/*.go", "src/a.go", true},
		{"src/*.go", "src/a.ts", false},
		{"src/*.go", "src/a/b.go", false},
		{"src/*.go", "src/*.ts", false},
		{"src/a*", "src/*z", true},
		{"src/a*.go", "src/b*.go", false},
		{"src/?.go", "src/a.go", true},
		{"src/?.go", "src/ä.go", true},
		{"src/?.go", "src/ab.go", false},
		{"src/**", "src/a/b.go", true},
		{"src/**", "src", true},
		{"src/**", "lib/a.go", false},
		{"**/x.go", "**/y.go", false},
		{"**/*_test.go", "src/a_test.go", true},
		{"**/*_test.go", "src/a.go", false},
		{"**/*_test.go", "src/", true},
		{"src/**/api/*.go", "src/api/a.go", true},
		{"src/**/api/*.go", "src/x/y/api/a.go", true},
		{"src/**/api/*.go", "src/x/y/web/a.go", false},
		{"**/a/**", "b/**/c.go", true},
		{"a/**/b.go", "a/**/c.go", false},
		{"src/{a,b}/x.go", "src/c/y.go", true}, // in doubt yes
		{"src/{a/b,c}/x.go", "src/a/b/x.go", true},
		{"src/[ab].go", "src/c.go", true},
		{"src/[ab].go", "lib/c.go", false},
		{"src/**.go", "src/a/b.go", true},
		{".", "anything/at/all.go", true},
		{"", "a.go", true},
		{"a.go", "b/a.go", false},
		{"apps/web/**", "apps/*/package.json", true},
		{"apps/web/src/**", "apps/*/package.json", false},
	} {
		assert.Equal(t, c.want, overlaps(c.a, c.b), "%s and %s", c.a, c.b)
		assert.Equal(t, c.want, overlaps(c.b, c.a), "%s and %s", c.b, c.a)
	}
}

func overlaps(a, b string) bool {
	return apart(FindExclusions(planOf(task("a", nil, owns("exclusive", a)), task("b", nil, owns("exclusive", b)))), 0, 1)
}

// Where there is a file that both globs match, they overlap. The other way round is not promised.
func TestGlobsThatShareAFileOverlap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		file := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "ab", "aab", "b.go"}), 1, 5).Draw(t, "file")
		a, b := globFor(t, file), globFor(t, file)
		require.True(t, globMatches(a, file), "the test's own glob %v matches %v", a, file)
		require.True(t, globMatches(b, file), "the test's own glob %v matches %v", b, file)
		require.True(t, overlaps(strings.Join(a, "/"), strings.Join(b, "/")), "%v and %v share %v", a, b, file)
	})
}

// globFor draws a glob that matches a file.
func globFor(t *rapid.T, file []string) []string {
	var glob []string
	for _, part := range file {
		switch rapid.IntRange(0, 5).Draw(t, "part") {
		case 0:
			glob = append(glob, "*")
		case 1:
			glob = append(glob, "**")
		case 2:
			glob = append(glob, "**", part)
		case 3:
			glob = append(glob, part[:1]+"*")
		case 4:
			glob = append(glob, "?"+part[1:])
		default:
			glob = append(glob, part)
		}
	}
	return glob
}

// globMatches is the plain meaning of a glob, as an oracle.
func globMatches(glob, file []string) bool {
	switch {
	case len(glob) == 0:
		return len(file) == 0
	case glob[0] == "**":
		return globMatches(glob[1:], file) || len(file) > 0 && globMatches(glob, file[1:])
	case len(file) == 0:
		return false
	}
	ok, err := path.Match(glob[0], file[0])
	return err == nil && ok && globMatches(glob[1:], file[1:])
}

func TestTenThousandOwnersAreQuick(t *testing.T) {
	for name, pattern := range map[string]string{
		"files":   "src/pkg%d/main.go",
		"folders": "src/pkg%d/**",
		"flat":    "src/file%d.go",
		"globs":   "src/pkg%d/*.go",
	} {
		t.Run(name, func(t *testing.T) {
			var tasks []*Task
			for i := range 10_000 {
				tasks = append(tasks, task(fmt.Sprint(i), nil, owns("exclusive", fmt.Sprintf(pattern, i), fmt.Sprintf("docs/%d.md", i))))
			}
			p := planOf(tasks...)
			began := time.Now()
			x := FindExclusions(p)
			took := time.Since(began)
			for i := range x.With {
				require.Empty(t, x.With[i])
			}
			require.Less(t, took, soon) // 50 ms on an idle machine
			t.Log(took)
		})
	}
}

func TestHostilePathsEndSoon(t *testing.T) {
	began := time.Now()
	overlaps(strings.Repeat("**/", 5000)+"a", strings.Repeat("**/a/", 5000)+"b")
	overlaps(strings.Repeat("*a", 5000), strings.Repeat("a*", 5000)+"b")
	assert.Less(t, time.Since(began), soon)
}
