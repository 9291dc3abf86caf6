package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"billow/internal/store"
	"billow/internal/store/storetest"
)

// appendSomewhere appends one event to run "r" at its end, wherever that is by then.
func appendSomewhere(l *Log) error {
	for {
		last, err := l.Last(context.Background(), "r")
		if err != nil {
			return err
		}
		err = l.Append(context.Background(), "r", last, storetest.Typical(1))
		if !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
}

func TestOpenMakesAFolderThatGitIgnores(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", ".billow")
	openAt(t, filepath.Join(dir, "billow.db"))
	text, err := os.ReadFile(filepath.Join(dir, ".gitignore"))
	require.NoError(t, err)
	require.Equal(t, "*\n", string(text))
}

func TestOpenLeavesAnExistingGitignoreAlone(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, ".gitignore"), []byte("mine\n"), 0o644))
	openAt(t, filepath.Join(dir, "billow.db"))
	text, err := os.ReadFile(filepath.Join(dir, ".gitignore"))
	require.NoError(t, err)
	require.Equal(t, "mine\n", string(text))
}

func TestCloseLeavesTheDatabaseAndTheHistories(t *testing.T) {
	path := filepath.Join(t.TempDir(), "billow.db")
	l := openAt(t, path)
	events := storetest.Typical(30)
	require.NoError(t, l.Append(context.Background(), "r", 0, events))
	require.FileExists(t, path+"-wal")
	require.NoError(t, l.Close())
	require.NoFileExists(t, path+"-wal")
	require.NoFileExists(t, path+"-shm")
	got, err := openAt(t, path).Read(context.Background(), "r", 0, 0)
	require.NoError(t, err)
	require.Equal(t, events, got)
}

func TestManyMayOpenTheSameNewStoreAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), ".billow", "billow.db")
	var all sync.WaitGroup
	const many = 8
	for range many {
		all.Go(func() {
			l, err := Open(path, Options{})
			if assert.NoError(t, err) {
				assert.NoError(t, appendSomewhere(l))
				assert.NoError(t, l.Close())
			}
		})
	}
	all.Wait()
	last, err := openAt(t, path).Last(context.Background(), "r")
	require.NoError(t, err)
	require.EqualValues(t, many, last)
}

func TestConnectionsAreSetUpAsThePackageSays(t *testing.T) {
	l := open(t)
	for pragma, want := range map[string][2]string{ // writer, reader
		"journal_mode": {"wal", "wal"}, "synchronous": {"1", "2"}, "query_only": {"0", "1"},
		"wal_autocheckpoint": {"4000", "1000"}, "busy_timeout": {"5000", "5000"},
		"user_version": {"1", "1"}, "application_id": {"1651272823", "1651272823"},
	} {
		for i, db := range []*sql.DB{l.write, l.read} {
			var got string
			require.NoError(t, db.QueryRow("PRAGMA "+pragma).Scan(&got))
			assert.Equal(t, want[i], got, "%s of %d", pragma, i)
		}
	}
	rows, err := l.read.Query(`SELECT name, strict FROM pragma_table_list
		WHERE schema = 'main' AND name NOT LIKE 'sqlite_%'`)
	require.NoError(t, err)
	defer rows.Close()
	tables := 0
	for ; rows.Next(); tables++ {
		var name string
		var strict bool
		require.NoError(t, rows.Scan(&name, &strict))
		assert.True(t, strict, name)
	}
	require.Equal(t, 5, tables)
}

func TestMigrationFilesAreNumberedWithoutGaps(t *testing.T) {
	files, err := fs.Glob(migration, "migration/*")
	require.NoError(t, err)
	for i, name := range files {
		require.True(t, strings.HasPrefix(name, fmt.Sprintf("migration/%03d_", i+1)), name)
		require.True(t, strings.HasSuffix(name, ".sql"), name)
	}
}

func TestANewerStoreIsRefusedAndLeftAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "billow.db")
	l := openAt(t, path)
	_, err := l.write.Exec("PRAGMA user_version = 99")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	before, err := os.ReadFile(path)
	require.NoError(t, err)

	_, err = Open(path, Options{})
	require.ErrorIs(t, err, store.ErrNewer)
	require.True(t, store.Environment(err))
	require.EqualError(t, err, path+": the store belongs to a newer version of billow: it has form 99, this "+
		"version knows 1: use that version, or move the file away to start with an empty store")
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, before, after)
}

func TestWhatIsNoStoreIsRefusedAndLeftAlone(t *testing.T) {
	dir := t.TempDir()
	foreign := filepath.Join(dir, "foreign.db")
	db, err := connect(foreign, time.Second)
	require.NoError(t, err)
	_, err = db.Exec("CREATE TABLE bookmarks (url TEXT)")
	require.NoError(t, err)
	require.NoError(t, db.Close())
	bytes, err := os.ReadFile(foreign)
	require.NoError(t, err)

	for name, content := range map[string]string{
		"another program's database": string(bytes),
		"a text":                     strings.Repeat("this is no database\n", 500),
		"a cut database":             string(bytes[:len(bytes)-100]),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "billow.db")
			require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
			_, err := Open(path, Options{})
			require.ErrorIs(t, err, store.ErrDamaged)
			require.ErrorContains(t, err, path+": the store is damaged: ")
			require.ErrorContains(t, err, ": move it away to start with an empty store")
		})
	}
}

func TestADamagedBlobIsSaidAndNotPassedOn(t *testing.T) {
	ctx := context.Background()
	l := open(t)
	hash, err := l.PutBlob(ctx, []byte("tasks: []"))
	require.NoError(t, err)
	for _, damage := range []string{`UPDATE blob SET body = x'00'`, `UPDATE blob SET size = 3`,
		`UPDATE blob SET size = 4, body = x'010400fbff61626364'`} {
		_, err = l.write.Exec(damage)
		require.NoError(t, err)
		_, err = l.Blob(ctx, hash)
		require.ErrorIs(t, err, store.ErrDamaged)
	}
}

func TestAStoreThatStaysLockedIsErrBusy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "billow.db")
	holder := openAt(t, path)
	l, err := Open(path, Options{Busy: time.Millisecond})
	require.NoError(t, err)
	defer l.Close()
	tx, err := holder.write.Begin()
	require.NoError(t, err)
	err = l.PutRun(context.Background(), store.Run{ID: "r"})
	require.ErrorIs(t, err, store.ErrBusy)
	require.NoError(t, tx.Rollback())
	require.NoError(t, l.PutRun(context.Background(), store.Run{ID: "r"}))
}

func TestALongReadDoesNotHoldUpTheWriter(t *testing.T) {
	l := open(t)
	require.NoError(t, l.PutRun(context.Background(), store.Run{ID: "r"}))
	rows, err := l.read.Query("SELECT id FROM run")
	require.NoError(t, err)
	defer rows.Close()
	require.True(t, rows.Next())
	require.NoError(t, l.PutRun(context.Background(), store.Run{ID: "s"}))
}

func TestCloseEndsEveryGoroutine(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	l := open(t)
	require.NoError(t, appendSomewhere(l))
	require.NoError(t, l.Close())
}

func TestTheStoreWorksInABubble(t *testing.T) {
	path := filepath.Join(t.TempDir(), "billow.db")
	synctest.Test(t, func(t *testing.T) {
		l, err := Open(path, Options{})
		require.NoError(t, err)
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for range 5 {
					assert.NoError(t, appendSomewhere(l))
				}
			})
		}
		all.Wait()
		require.NoError(t, l.Sync(context.Background()))
		require.NoError(t, l.Close())
	})
}
