package storetest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"billow/internal/store"
)

// example is a run that started minutes after start.
func example(id, plan string, minutes int) store.Run {
	return store.Run{ID: id, Plan: plan, PlanID: "id of " + plan, Status: "running",
		Started: start().Add(time.Duration(minutes) * time.Minute), Total: 9, Done: 4, Failed: 1}
}

func runsNewestFirst(t *testing.T, l store.Log) {
	ctx := context.Background()
	a, b, c, d := example("a", "p", 1), example("b", "q", 3), example("c", "p", 2), example("d", "p", 2)
	for _, r := range []store.Run{a, b, c, d} {
		require.NoError(t, l.PutRun(ctx, r))
	}
	for _, c := range []struct {
		plan  string
		limit int
		want  []store.Run
	}{
		{"", 0, []store.Run{b, d, c, a}},
		{"", 2, []store.Run{b, d}},
		{"p", 0, []store.Run{d, c, a}},
		{"p", 1, []store.Run{d}},
		{"p", 99, []store.Run{d, c, a}},
	} {
		got, err := l.Runs(ctx, c.plan, c.limit)
		require.NoError(t, err)
		require.Equal(t, c.want, got, "plan %q, limit %d", c.plan, c.limit)
	}
	got, err := l.Runs(ctx, "nothing", 0)
	require.NoError(t, err)
	require.Empty(t, got)
}

func runByPrefix(t *testing.T, l store.Log) {
	ctx := context.Background()
	for _, id := range []string{"0198-aa", "0198-ab", "0199", "0199-x", "m1", "m2", "m3", "m4", "m5", "m6", "M7"} {
		require.NoError(t, l.PutRun(ctx, example(id, "p", 0)))
	}
	for prefix, want := range map[string]string{
		"0198-aa": "0198-aa", "0198-ab": "0198-ab", "0199-": "0199-x", "M": "M7",
		"0199": "0199", // the whole id goes before one that only begins with it
	} {
		got, err := l.Run(ctx, prefix)
		require.NoError(t, err)
		require.Equal(t, want, got.ID)
	}
	for prefix, want := range map[string]*store.AmbiguousError{
		"0198": {ID: "0198", Candidates: []string{"0198-aa", "0198-ab"}},
		"m":    {ID: "m", Candidates: []string{"m1", "m2", "m3", "m4", "m5"}, More: true},
	} {
		_, err := l.Run(ctx, prefix)
		var got *store.AmbiguousError
		require.ErrorAs(t, err, &got)
		require.Equal(t, want, got)
		require.ErrorContains(t, err, want.Candidates[0]+", "+want.Candidates[1])
	}
	for _, id := range []string{"", "0197", "0198-aa0", "%", "m_", "n"} {
		_, err := l.Run(ctx, id)
		require.ErrorIs(t, err, store.ErrNotFound, "%q", id)
	}
}

func runReplaced(t *testing.T, l store.Log) {
	ctx := context.Background()
	r := example("r", "p", 0)
	require.NoError(t, l.PutRun(ctx, r))
	r.Status, r.Ended, r.Done = "completed", r.Started.Add(time.Hour), 9
	require.NoError(t, l.PutRun(ctx, r))
	got, err := l.Runs(ctx, "", 0)
	require.NoError(t, err)
	require.Equal(t, []store.Run{r}, got)
}

func timesInUTC(t *testing.T, l store.Log) {
	ctx := context.Background()
	r := example("r", "p", 0)
	want := r
	want.Ended = start().Add(time.Hour)
	r.Started, r.Ended = r.Started.In(time.FixedZone("there", 3600)), want.Ended.In(time.FixedZone("here", -60))
	require.NoError(t, l.PutRun(ctx, r))
	got, err := l.Run(ctx, "r")
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.NoError(t, l.PutRun(ctx, store.Run{ID: "timeless"}))
	got, err = l.Run(ctx, "timeless")
	require.NoError(t, err)
	require.Equal(t, store.Run{ID: "timeless"}, got)
}

func blobs(t *testing.T, l store.Log) {
	ctx := context.Background()
	for _, data := range [][]byte{nil, {}, {0}, []byte("tasks:\n"), bytes.Repeat([]byte("- id: a\n"), 100_000)} {
		for range 2 { // the second time it is there
			hash, err := l.PutBlob(ctx, data)
			require.NoError(t, err)
			sum := sha256.Sum256(data)
			require.Equal(t, hex.EncodeToString(sum[:]), hash)
		}
		sum := sha256.Sum256(data)
		got, err := l.Blob(ctx, hex.EncodeToString(sum[:]))
		require.NoError(t, err)
		require.Equal(t, append([]byte{}, data...), got)
	}
}

func snapshots(t *testing.T, l store.Log) {
	ctx := context.Background()
	require.NoError(t, l.PutSnapshot(ctx, "r", 5, []byte("five")))
	require.NoError(t, l.PutSnapshot(ctx, "r", 4, []byte("four, late")))
	require.NoError(t, l.PutSnapshot(ctx, "other", 9, nil))
	seq, data, err := l.Snapshot(ctx, "r")
	require.NoError(t, err)
	require.EqualValues(t, 5, seq)
	require.Equal(t, []byte("five"), data)
	require.NoError(t, l.PutSnapshot(ctx, "r", 6, []byte("six")))
	seq, data, err = l.Snapshot(ctx, "r")
	require.NoError(t, err)
	require.EqualValues(t, 6, seq)
	require.Equal(t, []byte("six"), data)
	seq, data, err = l.Snapshot(ctx, "other")
	require.NoError(t, err)
	require.EqualValues(t, 9, seq)
	require.Empty(t, data)
}

func projections(t *testing.T, l store.Log) {
	ctx := context.Background()
	p := store.Projection{Plan: "docs/plan.yaml", Run: "r", Seq: 7, Hash: "h"}
	require.NoError(t, l.PutProjection(ctx, p))
	require.NoError(t, l.PutProjection(ctx, store.Projection{Plan: "other"}))
	got, err := l.Projection(ctx, p.Plan)
	require.NoError(t, err)
	require.Equal(t, p, got)
	p.Run, p.Seq, p.Hash = "r2", 2, "h2"
	require.NoError(t, l.PutProjection(ctx, p))
	got, err = l.Projection(ctx, p.Plan)
	require.NoError(t, err)
	require.Equal(t, p, got)
}

func durations(t *testing.T, l store.Log) {
	ctx := context.Background()
	got, err := l.Durations(ctx, "p")
	require.NoError(t, err)
	require.Equal(t, map[string]time.Duration{}, got)
	many := map[string]time.Duration{}
	for i := range 2000 {
		many[fmt.Sprint("task ", i)] = time.Duration(i) * time.Millisecond
	}
	require.NoError(t, l.PutDurations(ctx, "p", many))
	require.NoError(t, l.PutDurations(ctx, "q", map[string]time.Duration{"task 1": 7}))
	require.NoError(t, l.PutDurations(ctx, "p", nil))
	require.NoError(t, l.PutDurations(ctx, "p", map[string]time.Duration{"task 1": time.Hour, "new": 1<<62 + 1}))
	many["task 1"], many["new"] = time.Hour, 1<<62+1
	got, err = l.Durations(ctx, "p")
	require.NoError(t, err)
	require.Equal(t, many, got)
	got["task 1"] = 0
	got, err = l.Durations(ctx, "p")
	require.NoError(t, err)
	require.Equal(t, many, got)
}

func notFound(t *testing.T, l store.Log) {
	ctx := context.Background()
	_, err := l.Run(ctx, "x")
	require.ErrorIs(t, err, store.ErrNotFound)
	_, err = l.Blob(ctx, "x")
	require.ErrorIs(t, err, store.ErrNotFound)
	_, _, err = l.Snapshot(ctx, "x")
	require.ErrorIs(t, err, store.ErrNotFound)
	_, err = l.Projection(ctx, "x")
	require.ErrorIs(t, err, store.ErrNotFound)
	require.False(t, store.Environment(err))
}
