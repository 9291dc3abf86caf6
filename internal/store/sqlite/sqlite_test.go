package sqlite

import (
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"billow/internal/store"
	"billow/internal/store/storetest"
)

// open opens a store in a folder of its own.
func open(t testing.TB) *Log { return openAt(t, filepath.Join(t.TempDir(), ".billow", "billow.db")) }

func openAt(t testing.TB, path string) *Log {
	t.Helper()
	l, err := Open(path, Options{})
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	return l
}

func TestSQLiteKeepsTheContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Log { return open(t) })
}

func TestTwoHandlesOnOneFileKeepTheContract(t *testing.T) {
	storetest.RunShared(t, func(t *testing.T) (store.Log, store.Log) {
		path := filepath.Join(t.TempDir(), "a folder?%41#&", "billow.db")
		return openAt(t, path), openAt(t, path)
	})
}

func BenchmarkSQLite(b *testing.B) {
	storetest.Benchmark(b, func(b *testing.B) store.Log { return open(b) })
}

func BenchmarkOpenAndClose(b *testing.B) {
	path := filepath.Join(b.TempDir(), "billow.db")
	for b.Loop() {
		l, err := Open(path, Options{})
		require.NoError(b, err)
		require.NoError(b, l.Close())
	}
}

func BenchmarkOpenNewAndClose(b *testing.B) {
	dir := b.TempDir()
	for i := 0; b.Loop(); i++ {
		l, err := Open(filepath.Join(dir, strconv.Itoa(i), "billow.db"), Options{})
		require.NoError(b, err)
		require.NoError(b, l.Close())
	}
}
