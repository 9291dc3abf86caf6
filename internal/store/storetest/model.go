package storetest

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"billow/engine"
	"billow/internal/store"
)

// world is what a store should hold, in plain values.
type world struct {
	events      map[string][]engine.Event
	runs        map[string]store.Run
	blobs       map[string][]byte
	projections map[string]store.Projection
	snapshots   map[string]int64
}

// model makes random sequences of calls to a store and to a world, and compares what they say. Each sequence has
// runs and plans of its own: they share the store, because opening one costs more than a whole sequence.
func model(t *testing.T, l store.Log) {
	batches, sequence := rapid.SliceOfN(plainEvents(), 1, 4), 0
	rapid.Check(t, func(t *rapid.T) {
		ctx := context.Background()
		sequence++
		name := func(s string) string { return fmt.Sprint(sequence, " ", s) }
		ids := rapid.SampledFrom([]string{name("r"), name("r1"), name("r2"), name("s")})
		plans := rapid.SampledFrom([]string{name("p"), name("q")})
		w := world{map[string][]engine.Event{}, map[string]store.Run{}, map[string][]byte{},
			map[string]store.Projection{}, map[string]int64{}}
		t.Repeat(map[string]func(*rapid.T){
			"append": func(t *rapid.T) {
				run, batch := ids.Draw(t, "run"), batches.Draw(t, "events")
				end := int64(len(w.events[run]))
				after := end
				if rapid.IntRange(0, 3).Draw(t, "stale") == 0 {
					after = rapid.Int64Range(0, end+2).Draw(t, "after")
				}
				err := l.Append(ctx, run, after, batch)
				if after != end {
					require.ErrorIs(t, err, store.ErrConflict)
					return
				}
				require.NoError(t, err)
				w.events[run] = append(w.events[run], asJSON(t, batch)...)
			},
			"read": func(t *rapid.T) {
				run := ids.Draw(t, "run")
				want := w.events[run]
				after := rapid.IntRange(0, len(want)).Draw(t, "after")
				limit := rapid.IntRange(0, len(want)).Draw(t, "limit")
				want = want[after:]
				if limit > 0 {
					want = want[:min(limit, len(want))]
				}
				require.Equal(t, append([]engine.Event{}, want...), read(t, l, run, int64(after), limit))
			},
			"put run": func(t *rapid.T) {
				r := example(ids.Draw(t, "run"), plans.Draw(t, "plan"), rapid.IntRange(0, 3).Draw(t, "minutes"))
				r.Done = rapid.IntRange(0, 5).Draw(t, "done")
				require.NoError(t, l.PutRun(ctx, r))
				w.runs[r.ID] = r
			},
			"put blob": func(t *rapid.T) {
				data := rapid.SliceOf(rapid.Byte()).Draw(t, "data")
				sum := sha256.Sum256(data)
				hash, err := l.PutBlob(ctx, data)
				require.NoError(t, err)
				require.Equal(t, hex.EncodeToString(sum[:]), hash)
				w.blobs[hash] = data
			},
			"put projection": func(t *rapid.T) {
				p := store.Projection{Plan: plans.Draw(t, "plan"), Run: ids.Draw(t, "run"),
					Seq: rapid.Int64Range(0, 9).Draw(t, "seq"), Hash: "h"}
				require.NoError(t, l.PutProjection(ctx, p))
				w.projections[p.Plan] = p
			},
			"put snapshot": func(t *rapid.T) {
				run, seq := ids.Draw(t, "run"), rapid.Int64Range(0, 9).Draw(t, "seq")
				require.NoError(t, l.PutSnapshot(ctx, run, seq, []byte(run)))
				w.snapshots[run] = max(w.snapshots[run], seq)
			},
			"sync": func(t *rapid.T) { require.NoError(t, l.Sync(ctx)) },
		})
		same(t, l, w, name("p"), name("q"))
	})
}

// same compares what a store holds for some plans, but the events themselves, with a world.
func same(t *rapid.T, l store.Log, w world, plans ...string) {
	ctx := context.Background()
	for run, events := range w.events {
		require.EqualValues(t, len(events), last(t, l, run))
	}
	for _, plan := range plans {
		want := []store.Run{}
		for _, r := range w.runs {
			if r.Plan == plan {
				want = append(want, r)
			}
		}
		slices.SortFunc(want, func(a, b store.Run) int {
			return cmp.Or(b.Started.Compare(a.Started), cmp.Compare(b.ID, a.ID))
		})
		got, err := l.Runs(ctx, plan, 0)
		require.NoError(t, err)
		require.Equal(t, want, append([]store.Run{}, got...))
	}
	for hash, data := range w.blobs {
		got, err := l.Blob(ctx, hash)
		require.NoError(t, err)
		require.Equal(t, append([]byte{}, data...), got)
	}
	for plan, p := range w.projections {
		got, err := l.Projection(ctx, plan)
		require.NoError(t, err)
		require.Equal(t, p, got)
	}
	for run, seq := range w.snapshots {
		got, data, err := l.Snapshot(ctx, run)
		require.NoError(t, err)
		require.Equal(t, seq, got)
		require.Equal(t, run, string(data))
	}
}
