package sqlite

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"billow/internal/store"
	"billow/internal/store/storetest"
)

func TestAStoreThatIsRemovedUnderARunIsNoticed(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("open files cannot be removed here")
	}
	ctx, dir := context.Background(), t.TempDir()
	l, err := Open(filepath.Join(dir, ".billow", "billow.db"), Options{FlushEvery: -1})
	require.NoError(t, err)
	require.NoError(t, appendSomewhere(l))
	require.NoError(t, l.PutRun(ctx, store.Run{ID: "r"}))
	require.NoError(t, os.RemoveAll(filepath.Join(dir, ".billow")))
	err = l.Sync(ctx)
	require.ErrorIs(t, err, store.ErrDisk)
	require.ErrorContains(t, err, "billow.db: the disk failed: ")
	require.ErrorContains(t, err, "r.jsonl: the disk failed: ")
	require.ErrorContains(t, err, "removed or replaced while in use")
	require.ErrorIs(t, l.PutRun(ctx, store.Run{ID: "r"}), store.ErrDisk, "who goes on writing should know")
	require.ErrorIs(t, l.Append(ctx, "r", 1, storetest.Typical(1)), store.ErrDisk)
	_, err = l.Last(ctx, "r")
	require.NoError(t, err, "reading goes on")
	require.ErrorIs(t, l.Close(), store.ErrDisk)
}

// TestWhatIsKeptOfARunComesAfterItsEvents: after a power loss no snapshot and no plan file may tell of events that
// are not there.
func TestWhatIsKeptOfARunComesAfterItsEvents(t *testing.T) {
	ctx := context.Background()
	l, err := Open(filepath.Join(t.TempDir(), "billow.db"), Options{FlushEvery: -1})
	require.NoError(t, err)
	defer l.Close()
	safe := func() string {
		require.NoError(t, appendSomewhere(l)) // its closing line says what was on the disk before
		text, err := os.ReadFile(l.events.Path("r"))
		require.NoError(t, err)
		return string(text[len(text)-len(`,"safe":0,"crc":"00000000"}`)-1:][:len(`,"safe":0`)])
	}
	require.Equal(t, `,"safe":0`, safe())
	require.NoError(t, l.PutSnapshot(ctx, "r", 1, []byte("x")))
	require.Equal(t, `,"safe":1`, safe())
	require.NoError(t, l.PutProjection(ctx, store.Projection{Plan: "p", Run: "r", Seq: 2}))
	require.Equal(t, `,"safe":2`, safe())
}
