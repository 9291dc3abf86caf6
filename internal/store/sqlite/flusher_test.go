package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"billow/internal/store"
	"billow/internal/store/storetest"
)

func (f *flusher) syncedUpTo() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.synced
}

func TestWrittenDataIsOnTheDiskAfterTheInterval(t *testing.T) {
	path := filepath.Join(t.TempDir(), "billow.db")
	synctest.Test(t, func(t *testing.T) {
		l, err := Open(path, Options{FlushEvery: time.Second})
		require.NoError(t, err)
		defer l.Close()
		for n := uint64(1); n <= 3; n++ {
			require.NoError(t, appendSomewhere(l))
			synctest.Wait()
			require.Equal(t, n-1, l.flush.syncedUpTo(), "nobody waited for the disk")
			// In a bubble this is no waiting: time jumps when everybody sleeps.
			<-time.After(time.Second)
			synctest.Wait()
			require.Equal(t, n, l.flush.syncedUpTo())
		}
	})
}

func TestWithoutAnIntervalOnlySyncAndCloseReachTheDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "billow.db")
	synctest.Test(t, func(t *testing.T) {
		l, err := Open(path, Options{FlushEvery: -1})
		require.NoError(t, err)
		require.NoError(t, appendSomewhere(l))
		<-time.After(time.Hour)
		require.Zero(t, l.flush.syncedUpTo())
		require.NoError(t, l.Sync(context.Background()))
		require.EqualValues(t, 1, l.flush.syncedUpTo())
		require.NoError(t, appendSomewhere(l))
		require.NoError(t, l.Close())
		require.EqualValues(t, 2, l.flush.syncedUpTo())
	})
}

func TestSyncCoversWhatWasWrittenBeforeIt(t *testing.T) {
	l, err := Open(filepath.Join(t.TempDir(), "billow.db"), Options{FlushEvery: -1})
	require.NoError(t, err)
	defer l.Close()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 20 {
				assert.NoError(t, appendSomewhere(l))
				mine := l.flush.commits.Load()
				assert.NoError(t, l.Sync(context.Background()))
				assert.GreaterOrEqual(t, l.flush.syncedUpTo(), mine)
			}
		})
	}
	all.Wait()
}

func TestAFailedSyncIsNeverForgotten(t *testing.T) {
	ctx := context.Background()
	l := open(t)
	require.NoError(t, appendSomewhere(l))
	require.NoError(t, l.Sync(ctx))
	require.NoError(t, l.flush.file.Close()) // a descriptor that fails
	require.NoError(t, appendSomewhere(l))
	require.ErrorIs(t, l.Sync(ctx), store.ErrDisk)
	require.ErrorIs(t, l.Sync(ctx), store.ErrDisk)
	err := l.Append(ctx, "r", 2, storetest.Typical(1))
	require.ErrorIs(t, err, store.ErrDisk, "who goes on writing should know")
	_, err = l.Last(ctx, "r")
	require.NoError(t, err, "reading goes on")
	require.ErrorIs(t, l.Close(), store.ErrDisk)
}

func TestAStoreThatIsRemovedUnderARunIsNoticed(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("open files cannot be removed here")
	}
	dir := t.TempDir()
	l := openAt(t, filepath.Join(dir, ".billow", "billow.db"))
	require.NoError(t, appendSomewhere(l))
	require.NoError(t, os.RemoveAll(filepath.Join(dir, ".billow")))
	err := l.Sync(context.Background())
	require.ErrorIs(t, err, store.ErrDisk)
	require.ErrorContains(t, err, "removed or replaced while in use")
}

// TestAPowerLossKeepsWhatWasSynced stands for the disk after a power loss with a copy of the files in which the
// WAL is cut or scribbled over somewhere behind the last Sync.
func TestAPowerLossKeepsWhatWasSynced(t *testing.T) {
	ctx := context.Background()
	outer := t
	path := filepath.Join(t.TempDir(), "billow.db")
	l, err := Open(path, Options{FlushEvery: -1})
	require.NoError(t, err)
	// Opened once, and closed after the store: closing any descriptor of the database gives up SQLite's locks.
	database, err := os.Open(path)
	require.NoError(t, err)
	defer database.Close()
	defer l.Close()
	seq := int64(0)
	rapid.Check(t, func(t *rapid.T) {
		add := func(name string, most int) {
			for range rapid.IntRange(1, most).Draw(t, name) {
				require.NoError(t, l.Append(ctx, "r", seq, storetest.Typical(3)))
				seq += 3
			}
		}
		checkpointEvery := func(pages int) {
			_, err := l.write.Exec(fmt.Sprintf("PRAGMA wal_autocheckpoint = %d", pages))
			require.NoError(t, err)
		}
		checkpointEvery(5)
		add("before", 12)
		require.NoError(t, l.Sync(ctx))
		safe, synced := seq, contents(t, path+"-wal")
		checkpointEvery(0) // so that the database stays as it was at the Sync
		add("behind", 4)

		wal := contents(t, path+"-wal")
		at := rapid.IntRange(firstDifference(synced, wal), len(wal)-1).Draw(t, "at")
		if rapid.Bool().Draw(t, "cut") {
			wal = wal[:at]
		} else {
			wal[at] ^= 0xff
		}
		after := filepath.Join(outer.TempDir(), "billow.db")
		pages, err := io.ReadAll(io.NewSectionReader(database, 0, 1<<40))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(after, pages, 0o644))
		require.NoError(t, os.WriteFile(after+"-wal", wal, 0o644))
		l2, err := Open(after, Options{FlushEvery: -1})
		require.NoError(t, err)
		defer l2.Close()
		got, err := l2.Read(ctx, "r", 0, 0)
		require.NoError(t, err)
		require.GreaterOrEqual(t, int64(len(got)), safe)
		want, err := l.Read(ctx, "r", 0, len(got))
		require.NoError(t, err)
		require.Equal(t, want, got, "whole batches, in order, and nothing else")
		require.Zero(t, len(got)%3)
	})
}

func contents(t require.TestingT, path string) []byte {
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return data
}

func firstDifference(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

func TestFaultsOfTheSystemHaveAKind(t *testing.T) {
	require.NoError(t, systemKind(nil))
	require.NoError(t, systemKind(errors.New("something else")))
	require.Equal(t, store.ErrReadOnly, systemKind(&os.PathError{Err: os.ErrPermission}))
	require.Equal(t, store.ErrDisk, systemKind(&os.PathError{Err: os.ErrNotExist}))
}
