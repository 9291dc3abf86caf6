package journal

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"billow/engine"
	"billow/internal/store"
	"billow/internal/store/storetest"
)

// in makes a journal of a folder in which only Sync and Close reach the disk.
func in(t testing.TB, dir string) *Journal {
	j := New(dir, Options{FlushEvery: -1, Busy: time.Millisecond})
	t.Cleanup(func() { _ = j.Close() })
	return j
}

// add appends n batches of three events to run "r", whatever is there.
func add(t require.TestingT, j *Journal, n int) {
	for range n {
		last, err := j.Last("r")
		require.NoError(t, err)
		require.NoError(t, j.Append("r", last, storetest.Typical(3)))
	}
}

func events(t require.TestingT, j *Journal) []engine.Event {
	got, err := j.Read(context.Background(), "r", 0, 0)
	require.NoError(t, err)
	return got
}

func contents(t require.TestingT, path string) []byte {
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return data
}

func TestAHistoryIsLinesThatAnyToolCanRead(t *testing.T) {
	j := in(t, t.TempDir())
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	note := func(task string) engine.Event { return engine.Event{At: at, Type: engine.NoteAdded, Task: task} }
	require.NoError(t, j.Append("r", 0, []engine.Event{note("a"), note("b")}))
	require.NoError(t, j.Sync())
	require.NoError(t, j.Append("r", 2, []engine.Event{note("c")}))
	require.Equal(t, `{"seq":1,"at":"2026-01-02T03:04:05Z","type":"note_added","task":"a"}
{"seq":2,"at":"2026-01-02T03:04:05Z","type":"note_added","task":"b"}
{"end":2,"safe":0,"crc":"0478b243"}
{"seq":3,"at":"2026-01-02T03:04:05Z","type":"note_added","task":"c"}
{"end":3,"safe":2,"crc":"5f995dfc"}
`, string(contents(t, j.Path("r"))))
}

func TestReadingMakesNoFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "log")
	j := in(t, dir)
	require.Empty(t, events(t, j))
	require.ErrorIs(t, j.Append("r", 3, storetest.Typical(1)), store.ErrConflict)
	require.NoDirExists(t, dir)
}

func TestEveryIDHasAFileOfItsOwn(t *testing.T) {
	j := in(t, t.TempDir())
	names := map[string]string{}
	for _, id := range []string{"20260102-030405-ab12", "a", "A", "a.b", ".", "..", "../a", "a/b", "", " ", "=", "a\x00", "é",
		strings.Repeat("x", 100), strings.Repeat("x", 101), strings.Repeat("x", 5000)} {
		path := j.Path(id)
		require.Equal(t, j.dir, filepath.Dir(path), id)
		require.Less(t, len(filepath.Base(path)), 200)
		require.NotContains(t, names, strings.ToLower(path), "%q and %q", id, names[path])
		names[strings.ToLower(path)] = id
	}
	require.Equal(t, "20260102-030405-ab12.jsonl", filepath.Base(j.Path("20260102-030405-ab12")))
}

func TestAnyWindowOfALongHistoryIsRead(t *testing.T) {
	dir := t.TempDir()
	j := in(t, dir)
	add(t, j, 4000)
	all := events(t, j)
	require.Len(t, all, 12_000)
	opened := in(t, dir)
	require.Equal(t, all, events(t, opened))
	require.Greater(t, len(j.runs["r"].marks), 5, "so that reading begins near what is asked for")
	require.Equal(t, j.runs["r"].marks, opened.runs["r"].marks)
	for range 200 {
		after, limit := rand.IntN(12_100), rand.IntN(3000)
		want := all[min(after, len(all)):]
		if limit > 0 {
			want = want[:min(limit, len(want))]
		}
		got, err := opened.Read(context.Background(), "r", int64(after), limit)
		require.NoError(t, err)
		require.Equal(t, want, got, "after %d, limit %d", after, limit)
	}
}

func TestWhatACrashLeavesIsCutByTheNextAppend(t *testing.T) {
	dir := t.TempDir()
	add(t, in(t, dir), 2)
	path := in(t, dir).Path("r")
	whole := contents(t, path)
	third := func() []byte {
		j := in(t, t.TempDir())
		require.NoError(t, os.WriteFile(j.Path("r"), whole, 0o644))
		add(t, j, 1)
		return contents(t, j.Path("r"))
	}()
	for cut := len(whole); cut < len(third); cut += 7 {
		require.NoError(t, os.WriteFile(path, third[:cut], 0o644))
		j := in(t, dir)
		require.Len(t, events(t, j), 6, "cut at %d", cut)
		require.Equal(t, third[:cut], contents(t, path), "reading changes nothing")
		add(t, j, 1)
		require.Equal(t, third, contents(t, path))
	}
}

// TestAPowerLossKeepsWhatWasSynced stands for the disk after a power loss with a copy of the file that is cut, or
// scribbled over, somewhere behind the last Sync.
func TestAPowerLossKeepsWhatWasSynced(t *testing.T) {
	outer, j := t, in(t, t.TempDir())
	rapid.Check(t, func(t *rapid.T) {
		add(t, j, rapid.IntRange(1, 12).Draw(t, "before"))
		require.NoError(t, j.Sync())
		safe := contents(t, j.Path("r"))
		add(t, j, rapid.IntRange(1, 4).Draw(t, "behind"))
		text := contents(t, j.Path("r"))
		at := rapid.IntRange(len(safe), len(text)-1).Draw(t, "at")
		if rapid.Bool().Draw(t, "cut") {
			text = text[:at]
		} else {
			end := rapid.IntRange(at+1, len(text)).Draw(t, "end")
			copy(text[at:end], make([]byte, end-at))
		}
		after := in(outer, outer.TempDir())
		require.NoError(t, os.WriteFile(after.Path("r"), text, 0o644))
		got, all := events(t, after), events(t, j)
		require.GreaterOrEqual(t, len(got), bytes.Count(safe, []byte("seq")))
		require.Equal(t, all[:len(got)], got, "whole batches, in order, and nothing else")
		require.Zero(t, len(got)%3)
		add(t, after, 1)
		require.Len(t, events(t, after), len(got)+3)
	})
}

func TestDamageToWhatWasOnTheDiskIsSaidAndNotPassedOn(t *testing.T) {
	j := in(t, t.TempDir())
	for range 3 {
		add(t, j, 3)
		require.NoError(t, j.Sync())
	}
	add(t, j, 1)
	text := contents(t, j.Path("r"))
	lines := bytes.SplitAfter(text, []byte("\n"))
	for name, damaged := range map[string][]byte{
		"a letter changed":  bytes.Replace(text, []byte("workstation"), []byte("workstatiom"), 1),
		"a batch gone":      bytes.Join(append(append([][]byte{}, lines[:4]...), lines[8:]...), nil),
		"zeros":             append(make([]byte, 600), text[600:]...),
		"a closing changed": bytes.Replace(text, []byte(`"crc":"`), []byte(`"crc":"x`), 1),
	} {
		t.Run(name, func(t *testing.T) {
			other := in(t, t.TempDir())
			require.NoError(t, os.WriteFile(other.Path("r"), damaged, 0o644))
			_, err := other.Read(context.Background(), "r", 0, 0)
			require.ErrorIs(t, err, store.ErrDamaged)
			require.ErrorContains(t, err, "r.jsonl: the store is damaged: run r: ")
			require.ErrorIs(t, other.Append("r", 3, storetest.Typical(1)), store.ErrDamaged)
			require.Equal(t, damaged, contents(t, other.Path("r")), "it is left for somebody to look at")
		})
	}
}

func TestDamageUnderARunIsSaid(t *testing.T) {
	j := in(t, t.TempDir())
	add(t, j, 3)
	text := contents(t, j.Path("r"))
	require.NoError(t, os.WriteFile(j.Path("r"), bytes.ReplaceAll(text, []byte("workstation"), []byte("workstatiom")), 0o644))
	_, err := j.Read(context.Background(), "r", 0, 0)
	require.ErrorIs(t, err, store.ErrDamaged)
	require.NoError(t, os.Truncate(j.Path("r"), 10))
	_, err = j.Last("r")
	require.ErrorIs(t, err, store.ErrDamaged)
	require.ErrorContains(t, err, "bytes of run r are gone")
}

func TestAHistoryThatStaysLockedIsErrBusy(t *testing.T) {
	dir := t.TempDir()
	j := in(t, dir)
	add(t, j, 1)
	other, err := os.Open(j.Path("r"))
	require.NoError(t, err)
	require.NoError(t, lock(other, 0))
	require.ErrorIs(t, j.Append("r", 3, storetest.Typical(1)), store.ErrBusy)
	require.Len(t, events(t, j), 3, "reading needs no lock")
	require.NoError(t, other.Close())
	add(t, j, 1)
}

func TestAnAppendAllocatesNothingThatGrows(t *testing.T) {
	j := in(t, t.TempDir())
	batch, seq := storetest.Typical(3), int64(0)
	perAppend := testing.AllocsPerRun(100, func() {
		require.NoError(t, j.Append("r", seq, batch))
		seq += 3
	})
	require.LessOrEqual(t, perAppend, 6.0)
}

// FuzzAnyFileIsReadOrRefused: whatever is in the file, what can be read of it is a history that goes on.
func FuzzAnyFileIsReadOrRefused(f *testing.F) {
	j := New(f.TempDir(), Options{FlushEvery: -1})
	require.NoError(f, j.Append("r", 0, storetest.Typical(3)))
	require.NoError(f, j.Append("r", 3, storetest.Typical(2)))
	good := contents(f, j.Path("r"))
	for _, seed := range [][]byte{nil, good, good[:len(good)-3], []byte("\n{\"end\":"), []byte(`{"end":1,"safe":9,"crc":"00000000"}`),
		[]byte("x\n{\"end\":1,\"safe\":9,\"crc\":\"a00b0cbd\"}\n")} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		j := in(t, t.TempDir())
		require.NoError(t, os.WriteFile(j.Path("r"), text, 0o644))
		got, err := j.Read(context.Background(), "r", 0, 0)
		if err != nil {
			require.ErrorIs(t, err, store.ErrDamaged)
			return
		}
		require.NoError(t, j.Append("r", int64(len(got)), storetest.Typical(1)))
		require.Len(t, events(t, j), len(got)+1)
	})
}

func BenchmarkAppend3(b *testing.B) {
	j := New(b.TempDir(), Options{})
	batch, seq := storetest.Typical(3), int64(0)
	b.ReportAllocs()
	for b.Loop() {
		if err := j.Append("r", seq, batch); err != nil {
			b.Fatal(err)
		}
		seq += 3
	}
	require.NoError(b, j.Close())
}

func BenchmarkOpenOf300000(b *testing.B) {
	dir := b.TempDir()
	j := New(dir, Options{FlushEvery: -1})
	for seq := int64(0); seq < 300_000; seq += 3 {
		require.NoError(b, j.Append("r", seq, storetest.Typical(3)))
	}
	require.NoError(b, j.Close())
	for b.Loop() {
		j := New(dir, Options{FlushEvery: -1})
		if last, err := j.Last("r"); err != nil || last != 300_000 {
			b.Fatal(last, err)
		}
		require.NoError(b, j.Close())
	}
}
