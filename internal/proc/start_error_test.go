package proc

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestStartSaysWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode fs.FileMode) string {
		file := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(file, []byte(text), mode))
		return file
	}
	plain := write("plain", "true\n", 0o644)
	noInterpreter := write("orphan", "#!/no/such/interpreter\n", 0o755)
	noFormat := write("data", "true\n", 0o755)
	for name, test := range map[string]struct {
		spec Spec
		want []string
	}{
		"not in PATH":      {Spec{Path: "no-such-thing", Env: []string{"PATH=/bin:/usr/bin"}}, []string{"no such program: no-such-thing", "/bin:/usr/bin", "install it"}},
		"no PATH":          {Spec{Path: "sh", Env: []string{}}, []string{"no such program: sh", "PATH is empty or not set"}},
		"no name":          {Spec{}, []string{"no program was named"}},
		"no such file":     {Spec{Path: dir + "/none"}, []string{"no such program: " + dir + "/none"}},
		"no such relative": {Spec{Path: "./none", Dir: dir}, []string{"no such program: ./none", "seen from " + dir}},
		"not executable":   {Spec{Path: plain}, []string{plain + " is not executable", "chmod +x"}},
		"a folder":         {Spec{Path: dir}, []string{"is a folder"}},
		"no interpreter":   {Spec{Path: noInterpreter}, []string{"what it needs to start is not", "#!"}},
		"no format":        {Spec{Path: noFormat}, []string{"#!/bin/sh"}},
		"no folder":        {Spec{Path: "sh", Dir: dir + "/gone"}, []string{"no such folder to run sh in: " + dir + "/gone"}},
		"file as folder":   {Spec{Path: "sh", Dir: plain}, []string{"it is not a folder"}},
		"too long":         {Spec{Path: "sh", Args: []string{"-c", strings.Repeat("x", 3<<20)}}, []string{"too long", "put the long one in a file"}},
		"NUL":              {Spec{Path: "sh", Args: []string{"a\x00b"}}, []string{"NUL byte"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Start(test.spec, func(Exit) { t.Error("done was called") })
			var start *StartError
			require.ErrorAs(t, err, &start)
			assert.False(t, start.System)
			for _, part := range test.want {
				assert.Contains(t, err.Error(), part)
			}
		})
	}
}

func TestLookFindsWhatAShellWouldFind(t *testing.T) {
	dir := t.TempDir()
	for _, folder := range []string{"a", "b", "c/tool"} {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, folder), 0o755))
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a/tool"), nil, 0o644)) // not executable
	require.NoError(t, os.WriteFile(filepath.Join(dir, "b/tool"), nil, 0o755))
	for name, test := range map[string]struct{ path, dir, want string }{
		"passes over what cannot run": {dir + "/c:" + dir + "/a:" + dir + "/b", "", dir + "/b/tool"},
		"relative to the folder":      {"a:b", dir, dir + "/b/tool"},
		"an empty entry is here":      {"a::b", dir + "/b", dir + "/b/tool"},
	} {
		got, err := Look("tool", []string{"PATH=/nowhere", "PATH=" + test.path}, test.dir)
		require.NoError(t, err, name)
		assert.Equal(t, test.want, got, name)
	}
	// What a task installs is found by the next one.
	env := []string{"PATH=" + dir + "/a:" + dir + "/b"}
	require.NoError(t, os.Chmod(filepath.Join(dir, "a/tool"), 0o755))
	got, err := Look("tool", env, "")
	require.NoError(t, err)
	assert.Equal(t, dir+"/a/tool", got)
}
