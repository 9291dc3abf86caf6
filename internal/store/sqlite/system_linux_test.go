package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"billow/internal/store"
	"billow/internal/store/storetest"
)

// cannotMount is a child's exit status where the system does not let it mount.
const cannotMount = 77

func systemChildren() map[string]func(string) error {
	return map[string]func(string) error{"fill the disk": fillTheDisk, "write where one may not": writeReadOnly}
}

// small mounts a file system of 1 MiB at path, in a mount namespace that only this process is in.
func small(path string) {
	if err := unix.Mount("none", path, "tmpfs", 0, "size=1m"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(cannotMount)
	}
}

func runInNamespace(t *testing.T, name string) string {
	cmd := child(t, name, t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	out, err := cmd.Output()
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() == cannotMount {
		t.Skip("needs the right to mount: ", err)
	}
	require.NoError(t, err)
	return string(out)
}

func fillTheDisk(path string) error {
	small(path)
	ctx := context.Background()
	l, err := Open(filepath.Join(path, "billow.db"), Options{})
	if err != nil {
		return err
	}
	filler := filepath.Join(path, "filler")
	if err := os.WriteFile(filler, make([]byte, 300_000), 0o600); err != nil {
		return err
	}
	seq := int64(0)
	for err == nil {
		if err = l.Append(ctx, "r", seq, storetest.Typical(3)); err == nil {
			seq += 3
		}
	}
	fmt.Println("full:", errors.Is(err, store.ErrFull), errors.Is(err, store.ErrConflict))
	fmt.Println(err)
	if err := os.Remove(filler); err != nil {
		return err
	}
	if err := l.Append(ctx, "r", seq, storetest.Typical(3)); err != nil {
		return fmt.Errorf("after room was made: %w", err)
	}
	events, err := l.Read(ctx, "r", 0, 0)
	fmt.Println("kept:", err == nil && seq > 0 && int64(len(events)) == seq+3)
	return l.Close()
}

func TestAFullDiskIsErrFullAndGoesOnWhenThereIsRoom(t *testing.T) {
	out := runInNamespace(t, "fill the disk")
	require.Contains(t, out, "full: true false\n")
	require.Contains(t, out, "r.jsonl: the disk is full: ")
	require.Contains(t, out, ": make room on this disk, then run again\n")
	require.Contains(t, out, "kept: true\n")
}

func writeReadOnly(path string) error {
	small(path)
	l, err := Open(filepath.Join(path, "old", "billow.db"), Options{})
	if err != nil {
		return err
	}
	if err := l.Close(); err != nil {
		return err
	}
	if err := unix.Mount("", path, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		return err
	}
	for _, name := range []string{"old", "new"} {
		_, err := Open(filepath.Join(path, name, "billow.db"), Options{})
		fmt.Println(name, "read-only:", errors.Is(err, store.ErrReadOnly))
		fmt.Println(err)
	}
	return nil
}

func TestAReadOnlyFolderIsErrReadOnly(t *testing.T) {
	out := runInNamespace(t, "write where one may not")
	require.Contains(t, out, "old read-only: true\n")
	require.Contains(t, out, "new read-only: true\n")
	require.Contains(t, out, "billow.db: the store may not be written: ")
}

func TestAFullDatabaseIsErrFull(t *testing.T) {
	l := open(t)
	_, err := l.write.Exec("PRAGMA max_page_count = 1")
	require.NoError(t, err)
	_, err = l.PutBlob(context.Background(), []byte(fmt.Sprint(make([]int, 100))))
	for i := 0; err == nil && i < 10_000; i++ {
		err = l.PutRun(context.Background(), store.Run{ID: fmt.Sprint(i), Plan: strings.Repeat("x", 1000)})
	}
	require.ErrorIs(t, err, store.ErrFull)
}
