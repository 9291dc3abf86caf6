package planfile

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The exchanges that a file system may have; the fallbacks are held to the same claims.
func exchanges() map[string]func(a, b string) error {
	return map[string]func(a, b string) error{
		"exchange": exchange,
		"link":     func(_, _ string) error { return errNoExchange },
	}
}

// only fails when anything but these files is in the folder.
func only(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	var have []string
	for _, e := range entries {
		have = append(have, e.Name())
	}
	assert.ElementsMatch(t, names, have)
}

func text(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(data)
}

func TestReplaceKeepsLinksModeAndNeighbours(t *testing.T) {
	for name, exchange := range exchanges() {
		t.Run(name, func(t *testing.T) {
			dir := lay(t, map[string]string{"real/plan.yaml": "old", "links/": ""})
			real, link := filepath.Join(dir, "real", "plan.yaml"), filepath.Join(dir, "links", "plan.yaml")
			require.NoError(t, os.Chmod(real, 0o664))
			require.NoError(t, os.Symlink(filepath.Join("..", "real", "plan.yaml"), link))

			r, err := replace(link, []byte("old"), []byte("new"), exchange)
			require.NoError(t, err)
			require.NoError(t, r.old.close())
			assert.Equal(t, "new", text(t, real))
			target, err := os.Readlink(link)
			require.NoError(t, err)
			assert.Equal(t, filepath.Join("..", "real", "plan.yaml"), target)
			now, err := os.Stat(real)
			require.NoError(t, err)
			assert.Equal(t, os.FileMode(0o664), now.Mode())
			assert.True(t, sameLooks(r.info, now))
			only(t, filepath.Dir(real), "plan.yaml")
			only(t, filepath.Dir(link), "plan.yaml")
		})
	}
}

func TestReplaceLeavesWhatSomebodyElseWrote(t *testing.T) {
	dir := lay(t, map[string]string{"plan.yaml": "theirs"})
	path := filepath.Join(dir, "plan.yaml")
	err := Replace(path, []byte("old"), []byte("ours"))
	require.ErrorIs(t, err, ErrChanged)
	assert.Equal(t, "cannot write "+path+": the file was changed meanwhile; read it again", err.Error())
	assert.Equal(t, "theirs", text(t, path))
	only(t, dir, "plan.yaml")
}

func TestReplaceLeavesWhatSomebodyElseWroteInTheLastMoment(t *testing.T) {
	for name, exchange := range exchanges() {
		t.Run(name, func(t *testing.T) {
			dir := lay(t, map[string]string{"plan.yaml": "old"})
			path := filepath.Join(dir, "plan.yaml")
			before, err := os.Stat(path)
			require.NoError(t, err)

			calls := 0
			r, err := replace(path, []byte("old"), []byte("ours"), func(a, b string) error {
				if calls++; calls == 1 {
					require.NoError(t, os.WriteFile(path, []byte("theirs"), 0o644))
				}
				return exchange(a, b)
			})
			require.ErrorIs(t, err, ErrChanged)
			assert.Equal(t, "theirs", string(r.seen))
			require.NoError(t, r.old.close())
			assert.Equal(t, "theirs", text(t, path))
			after, err := os.Stat(path)
			require.NoError(t, err)
			assert.True(t, os.SameFile(before, after), "whoever is still writing it goes on writing the plan")
			only(t, dir, "plan.yaml")
		})
	}
}

func TestReplaceLosesNeitherTextWhenTheyWriteTwice(t *testing.T) {
	dir := lay(t, map[string]string{"plan.yaml": "old"})
	path := filepath.Join(dir, "plan.yaml")
	calls := 0
	_, err := replace(path, []byte("old"), []byte("ours"), func(a, b string) error {
		if calls++; calls == 1 {
			require.NoError(t, os.WriteFile(path, []byte("first"), 0o644))
		}
		err := exchange(a, b)
		if calls == 1 {
			require.NoError(t, os.WriteFile(path, []byte("second"), 0o644))
		}
		return err
	})
	require.ErrorIs(t, err, ErrContested)
	assert.Equal(t, "second", text(t, path), "the last one to write wins")
	saved, err := filepath.Glob(path + ".saved-*")
	require.NoError(t, err)
	require.Len(t, saved, 1)
	assert.Equal(t, "first", text(t, saved[0]))
	only(t, dir, "plan.yaml", filepath.Base(saved[0]))
}

func TestReplaceNeverCreatesAPlan(t *testing.T) {
	for name, exchange := range exchanges() {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "plan.yaml")
			require.ErrorIs(t, Replace(path, nil, []byte("new")), ErrGone)

			require.NoError(t, os.WriteFile(path, []byte("old"), 0o644))
			_, err := replace(path, []byte("old"), []byte("new"), func(a, b string) error {
				require.NoError(t, os.Remove(path))
				return exchange(a, b)
			})
			require.ErrorIs(t, err, ErrGone, "not even when it goes in the last moment")
			only(t, dir)
		})
	}
}

func TestReplaceBreaksHardLinks(t *testing.T) {
	dir := lay(t, map[string]string{"plan.yaml": "old"})
	path, other := filepath.Join(dir, "plan.yaml"), filepath.Join(dir, "other.yaml")
	require.NoError(t, os.Link(path, other))
	require.NoError(t, Replace(path, []byte("old"), []byte("new")))
	assert.Equal(t, "new", text(t, path))
	assert.Equal(t, "old", text(t, other))
}

func TestReplaceRespectsAFileThatMayNotBeWritten(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may write everything")
	}
	dir := lay(t, map[string]string{"plan.yaml": "old"})
	path := filepath.Join(dir, "plan.yaml")
	require.NoError(t, os.Chmod(path, 0o444))
	require.ErrorIs(t, Replace(path, []byte("old"), []byte("new")), ErrPermission)
}

func TestReplaceIntoAFolderThatTakesNoFilesKeepsTheOriginal(t *testing.T) {
	dir := lay(t, map[string]string{"plan.yaml": "old"})
	path := filepath.Join(dir, "plan.yaml")
	if os.Getuid() == 0 {
		// Root is stopped by nothing less than an immutable folder.
		if out, err := exec.Command("chattr", "+i", dir).CombinedOutput(); err != nil {
			t.Skipf("cannot make a folder immutable: %s", out)
		}
		t.Cleanup(func() { _ = exec.Command("chattr", "-i", dir).Run() })
	} else {
		require.NoError(t, os.Chmod(dir, 0o555))
		t.Cleanup(func() { _ = os.Chmod(dir, 0o755) })
	}
	err := Replace(path, []byte("old"), []byte("new"))
	require.ErrorIs(t, err, ErrPermission)
	assert.NotContains(t, err.Error(), ".billow-", "our temporary file is nobody's business")
	assert.Equal(t, "old", text(t, path))
	only(t, dir, "plan.yaml")
}

func TestSweepRemovesOnlyWhatTheDeadHaveLeft(t *testing.T) {
	dead := exec.Command(os.Args[0], "-test.run=^$")
	require.NoError(t, dead.Run())
	theirs := ".plan.yaml.billow-" + strconv.Itoa(dead.Process.Pid) + "-1"
	mine := ".plan.yaml.billow-" + strconv.Itoa(os.Getpid()) + "-1"
	dir := lay(t, map[string]string{
		"plan.yaml": "x", theirs: "x", theirs + ".old": "x", mine: "x",
		".plan.yaml.billow-x": "x", ".other.yaml.billow-999999999-1": "x", "plan.yaml.saved-1": "x",
	})
	sweep(filepath.Join(dir, "plan.yaml"))
	only(t, dir, "plan.yaml", mine, ".plan.yaml.billow-x", ".other.yaml.billow-999999999-1", "plan.yaml.saved-1")
}

func TestErrorsAreOneLineAndSayWhatToDo(t *testing.T) {
	err := Replace(filepath.Join(t.TempDir(), "plan.yaml"), nil, nil)
	require.ErrorIs(t, err, os.ErrNotExist)
	assert.NotContains(t, err.Error(), "\n")
	assert.True(t, strings.HasSuffix(err.Error(), "plan.yaml: no such file; was it moved or removed?"), err.Error())
}
