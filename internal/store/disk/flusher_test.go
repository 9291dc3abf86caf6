package disk

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/internal/store"
)

// file makes an empty file.
func file(t testing.TB) string {
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	return path
}

func TestWhatIsWrittenIsOnTheDiskAfterTheInterval(t *testing.T) {
	path := file(t)
	synctest.Test(t, func(t *testing.T) {
		f, err := NewFlusher(path, time.Second)
		require.NoError(t, err)
		for n := int64(1); n <= 3; n++ {
			f.Wrote(n)
			synctest.Wait()
			require.Equal(t, n-1, f.Synced(), "nobody waited for the disk")
			// In a bubble this is no waiting: time jumps when everybody sleeps.
			<-time.After(time.Second)
			synctest.Wait()
			require.Equal(t, n, f.Synced())
		}
		require.NoError(t, f.Close())
	})
}

func TestWithoutAnIntervalOnlySyncAndCloseReachTheDisk(t *testing.T) {
	path := file(t)
	synctest.Test(t, func(t *testing.T) {
		f, err := NewFlusher(path, -1)
		require.NoError(t, err)
		f.Wrote(1)
		<-time.After(time.Hour)
		require.Zero(t, f.Synced())
		require.NoError(t, f.Sync())
		require.EqualValues(t, 1, f.Synced())
		f.Wrote(2)
		require.NoError(t, f.Close())
		require.EqualValues(t, 2, f.Synced())
	})
}

func TestSyncCoversWhatWasWrittenBeforeIt(t *testing.T) {
	f, err := NewFlusher(file(t), -1)
	require.NoError(t, err)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for n := range 20 {
				mine := int64(8*n + i)
				f.Wrote(mine)
				assert.NoError(t, f.Sync())
				assert.GreaterOrEqual(t, f.Synced(), mine)
			}
		})
	}
	all.Wait()
	require.NoError(t, f.Close())
}

func TestAFailedSyncIsNeverForgotten(t *testing.T) {
	f, err := NewFlusher(file(t), -1)
	require.NoError(t, err)
	require.NoError(t, f.file.Close()) // a descriptor that fails
	f.Wrote(1)
	require.NoError(t, f.Failed())
	first := f.Sync()
	require.Error(t, first)
	require.Equal(t, first, f.Sync())
	require.Equal(t, first, f.Failed())
	require.ErrorIs(t, f.Close(), first)
}

func TestAFileThatIsRemovedWhileInUseIsNoticed(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("open files cannot be removed here")
	}
	path := file(t)
	f, err := NewFlusher(path, -1)
	require.NoError(t, err)
	require.NoError(t, os.RemoveAll(filepath.Dir(path)))
	f.Wrote(1)
	err = f.Sync()
	require.Error(t, err)
	require.Equal(t, store.ErrDisk, Kind(err))
	require.Error(t, f.Close())
}

func TestFaultsHaveAKind(t *testing.T) {
	require.NoError(t, Kind(nil))
	require.NoError(t, Kind(errors.New("something else")))
	require.Equal(t, store.ErrReadOnly, Kind(&os.PathError{Err: os.ErrPermission}))
	require.Equal(t, store.ErrDisk, Kind(&os.PathError{Err: os.ErrNotExist}))
	require.Equal(t, store.ErrBusy, Kind(errors.Join(store.ErrBusy)))
	require.EqualError(t, Fault("p/f", nil, store.ErrFull), "p/f: the disk is full: make room on this disk, then run again")
	require.EqualError(t, Fault("p/f", nil, &os.PathError{Op: "open", Path: "p/f", Err: os.ErrPermission}),
		"p/f: the store may not be written: open p/f: permission denied: give yourself the right to write in p")
	require.EqualError(t, Fault("p/f", nil, errors.New("odd")), "p/f: odd")
}
