package planfile

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// lay writes files (name, text) into a new folder; a name that ends in / is a folder.
func lay(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if name[len(name)-1] == '/' {
			require.NoError(t, os.MkdirAll(path, 0o755))
			continue
		}
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	return dir
}

func TestOpenReadsTheFileAndKnowsItsRealPath(t *testing.T) {
	dir := lay(t, map[string]string{"real/plan.yaml": "tasks: []\n"})
	link := filepath.Join(dir, "link.yaml")
	require.NoError(t, os.Symlink(filepath.Join("real", "plan.yaml"), link))
	real, err := filepath.EvalSymlinks(filepath.Join(dir, "real", "plan.yaml"))
	require.NoError(t, err)

	f, err := Open(link, Options{})
	require.NoError(t, err)
	assert.Equal(t, &File{Path: link, Real: real, Data: []byte("tasks: []\n")}, f)
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	one := lay(t, map[string]string{"plan.yaml": "x"})
	two := lay(t, map[string]string{"a.yaml": "", "b.yml": "", "c.txt": "", "d.yaml/": ""})
	dangling := filepath.Join(t.TempDir(), "plan.yaml")
	require.NoError(t, os.Symlink("nowhere", dangling))

	for name, tc := range map[string]struct {
		path string
		kind error
		text string
	}{
		"one other":    {filepath.Join(one, "plna.yaml"), ErrGone, "did you mean " + filepath.Join(one, "plan.yaml") + "?"},
		"several":      {filepath.Join(two, "plan.yaml"), ErrGone, two + " has a.yaml, b.yml"},
		"no folder":    {filepath.Join(one, "sub", "plan.yaml"), ErrGone, "there is no folder " + filepath.Join(one, "sub")},
		"dangling":     {dangling, ErrGone, "no such file"},
		"folder":       {one, ErrNotFile, "is a folder"},
		"device":       {os.DevNull, ErrNotFile, "not a regular file"},
		"a file above": {filepath.Join(one, "plan.yaml", "x"), nil, "not a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(tc.path, Options{})
			require.Error(t, err)
			if tc.kind != nil {
				require.ErrorIs(t, err, tc.kind)
			}
			assert.Contains(t, err.Error(), tc.text)
		})
	}
}

func TestOpenReadsNothingThatIsTooBig(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plan.yaml")
	require.NoError(t, os.WriteFile(path, nil, 0o644))
	require.NoError(t, os.Truncate(path, MaxBytes+1))
	_, err := Open(path, Options{})
	require.ErrorIs(t, err, ErrTooBig)

	require.NoError(t, os.WriteFile(path, []byte("12345"), 0o644))
	_, err = Open(path, Options{MaxBytes: 4})
	require.ErrorIs(t, err, ErrTooBig)
	f, err := Open(path, Options{MaxBytes: 5})
	require.NoError(t, err)
	assert.Equal(t, "12345", string(f.Data))
}

func TestOpenIsNotFooledByFilesThatHideTheirSize(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs /proc")
	}
	_, err := Open("/proc/self/status", Options{MaxBytes: 10})
	require.ErrorIs(t, err, ErrTooBig)
}
