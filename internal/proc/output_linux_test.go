package proc

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOutputPathFollowsTheFileAndNotItsName(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	file, err := os.Create(filepath.Join(dir, "out"))
	require.NoError(t, err)
	defer file.Close()
	// Said by a child: while a shell redirects its own echo, its standard output is elsewhere.
	cmd := exec.Command("sh", "-c", "echo hello; (echo said >&2); read line")
	cmd.Stdout = file
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	said, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	_, err = said.Read(make([]byte, 4))
	require.NoError(t, err)
	started, alive := startOf(cmd.Process.Pid)
	require.True(t, alive)
	id := Identity{PID: cmd.Process.Pid, Started: started, Boot: thisBoot(), Host: ThisHost()}

	path, ok := OutputPath(id, 1, dir)
	require.True(t, ok)
	require.NoError(t, os.Rename(filepath.Join(dir, "out"), filepath.Join(dir, "kept")))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "out"), []byte("another's"), 0o600))
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "hello\n", string(text))

	_, ok = OutputPath(id, 2, dir)
	assert.False(t, ok, "a pipe is not ours to read")
	_, ok = OutputPath(id, 1, filepath.Join(dir, "elsewhere"))
	assert.False(t, ok, "nor is a file that lies elsewhere")
	other := id
	other.Started++
	_, ok = OutputPath(other, 1, dir)
	assert.False(t, ok, "nor what another process of the same number writes")

	require.NoError(t, in.Close())
	_ = cmd.Wait()
	_, ok = OutputPath(id, 1, dir)
	assert.False(t, ok, "it is gone")
}
