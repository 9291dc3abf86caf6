package planfile

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"billow/plan"
)

// mounted returns a folder with a file system of its own.
func mounted(t *testing.T, options string) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("none", dir, "tmpfs", 0, options); err != nil {
		t.Skipf("cannot mount a tmpfs: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	return dir
}

func TestReplaceOnAFullDiskKeepsTheOriginal(t *testing.T) {
	dir := mounted(t, "size=64k")
	path := filepath.Join(dir, "plan.yaml")
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o644))
	err := Replace(path, []byte("old"), make([]byte, 100<<10))
	require.ErrorIs(t, err, ErrNoSpace)
	require.ErrorIs(t, err, syscall.ENOSPC)
	assert.Equal(t, "cannot write "+path+": no space left on the disk; free some space", err.Error())
	assert.Equal(t, "old", text(t, path))
	only(t, dir, "plan.yaml")
}

func TestKeeperWritesAgainWhenTheDiskHasRoom(t *testing.T) {
	dir := mounted(t, "size=64k")
	path, ballast := filepath.Join(dir, "plan.yaml"), filepath.Join(dir, "ballast")
	require.NoError(t, os.WriteFile(path, []byte(three), 0o644))
	require.Error(t, os.WriteFile(ballast, make([]byte, 100<<10), 0o644))
	var trouble []error
	recovered := 0
	k, err := NewKeeper(KeeperOptions{
		Path: path, Doc: plan.Read(path, []byte(three), plan.Options{}),
		OnTrouble:   func(err error) { trouble = append(trouble, err) },
		OnRecovered: func() { recovered++ },
	})
	require.NoError(t, err)
	k.Set([]plan.Change{status("a", "completed")})
	require.ErrorIs(t, k.Flush(context.Background()), ErrNoSpace)
	require.ErrorIs(t, k.Flush(context.Background()), ErrNoSpace)
	assert.Equal(t, three, text(t, path))
	require.NoError(t, os.Remove(ballast))
	require.NoError(t, k.Flush(context.Background()))
	assert.Equal(t, "a=completed b=pending c=pending", statuses(t, path))
	end(t, k)
	assert.Len(t, trouble, 1)
	assert.Equal(t, 1, recovered)
	only(t, dir, "plan.yaml")
}

func TestReplaceOnAReadOnlyFileSystemSaysSo(t *testing.T) {
	dir := mounted(t, "size=64k")
	path := filepath.Join(dir, "plan.yaml")
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o644))
	require.NoError(t, unix.Mount("none", dir, "tmpfs", unix.MS_REMOUNT|unix.MS_RDONLY, ""))
	require.ErrorIs(t, Replace(path, []byte("old"), []byte("new")), ErrReadOnly)
	assert.Equal(t, "old", text(t, path))
}

func TestReplaceOfAFileMountedByItselfSaysSo(t *testing.T) {
	dir := lay(t, map[string]string{"host.yaml": "old", "plan.yaml": ""})
	path := filepath.Join(dir, "plan.yaml")
	if err := unix.Mount(filepath.Join(dir, "host.yaml"), path, "", unix.MS_BIND, ""); err != nil {
		t.Skipf("cannot bind a file: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(path, unix.MNT_DETACH) })
	require.ErrorIs(t, Replace(path, []byte("old"), []byte("new")), ErrMounted)
	assert.Equal(t, "old", text(t, path))
}

func TestReplaceKeepsTheOwner(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root to give a file away")
	}
	dir := lay(t, map[string]string{"plan.yaml": "old"})
	path := filepath.Join(dir, "plan.yaml")
	require.NoError(t, os.Chown(path, 12345, 54321))
	require.NoError(t, os.Chmod(path, 0o640))
	require.NoError(t, Replace(path, []byte("old"), []byte("new")))
	info, err := os.Stat(path)
	require.NoError(t, err)
	stat := info.Sys().(*syscall.Stat_t)
	assert.Equal(t, [2]uint32{12345, 54321}, [2]uint32{stat.Uid, stat.Gid})
	assert.Equal(t, os.FileMode(0o640), info.Mode())
}
