package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"billow/engine"
	"billow/internal/store"
)

func appendNumbers(t *testing.T, l store.Log) {
	ctx := context.Background()
	first, second := notes(3, "x"), notes(2, "y")
	require.NoError(t, l.Append(ctx, "r", 0, first))
	require.NoError(t, l.Append(ctx, "r", 3, second))
	for i, e := range append(first, second...) {
		assert.EqualValues(t, i+1, e.Seq)
	}
	require.Equal(t, append(first, second...), read(t, l, "r", 0, 0))
	require.EqualValues(t, 5, last(t, l, "r"))
}

func appendConflict(t *testing.T, l store.Log) {
	ctx := context.Background()
	kept := notes(3, "kept")
	require.NoError(t, l.Append(ctx, "r", 0, kept))
	for _, after := range []int64{-1, 0, 1, 2, 4, 100, math.MinInt64 / 2, math.MaxInt64 / 2} {
		err := l.Append(ctx, "r", after, notes(2, "lost"))
		require.ErrorIs(t, err, store.ErrConflict, "after %d", after)
		require.False(t, store.Environment(err))
	}
	require.ErrorIs(t, l.Append(ctx, "new", 1, notes(1, "lost")), store.ErrConflict)
	require.Equal(t, kept, read(t, l, "r", 0, 0))
	require.EqualValues(t, 3, last(t, l, "r"))
	require.Zero(t, last(t, l, "new"))
}

func appendNothing(t *testing.T, l store.Log) {
	require.NoError(t, l.Append(context.Background(), "r", 7, nil))
	require.Zero(t, last(t, l, "r"))
}

func noID(t *testing.T, l store.Log) {
	ctx := context.Background()
	require.ErrorIs(t, l.Append(ctx, "", 0, notes(1, "x")), store.ErrNoID)
	require.ErrorIs(t, l.PutRun(ctx, store.Run{}), store.ErrNoID)
	require.ErrorIs(t, l.PutSnapshot(ctx, "", 1, nil), store.ErrNoID)
}

func appendCopies(t *testing.T, l store.Log) {
	events := notes(1, "before")
	events[0].Outputs = map[string]string{"k": "before"}
	require.NoError(t, l.Append(context.Background(), "r", 0, events))
	events[0].Reason = "after"
	events[0].Outputs["k"] = "after"
	got := read(t, l, "r", 0, 0)
	require.Equal(t, "before", got[0].Reason)
	require.Equal(t, "before", got[0].Outputs["k"])
	got[0].Outputs["k"] = "mine"
	require.Equal(t, "before", read(t, l, "r", 0, 0)[0].Outputs["k"])
}

func readWindow(t *testing.T, l store.Log) {
	var all []engine.Event
	for n := range 7 { // batches of 1 to 7 events, 28 in all
		batch := notes(n+1, fmt.Sprint("batch ", n))
		require.NoError(t, l.Append(context.Background(), "r", int64(len(all)), batch))
		all = append(all, batch...)
	}
	// Neighbours in the order of keys, which must not be mistaken for this run.
	require.NoError(t, l.Append(context.Background(), "q", 0, notes(5, "other")))
	require.NoError(t, l.Append(context.Background(), "r0", 0, notes(5, "other")))
	for after := -2; after <= len(all)+2; after++ {
		for limit := 0; limit <= len(all)+2; limit++ {
			want := all[min(max(after, 0), len(all)):]
			if limit > 0 {
				want = want[:min(limit, len(want))]
			}
			require.Equal(t, want, read(t, l, "r", int64(after), limit), "after %d, limit %d", after, limit)
		}
	}
}

func readUnknown(t *testing.T, l store.Log) {
	got := read(t, l, "nobody", 0, 0)
	require.Empty(t, got)
	require.NotNil(t, got)
	require.Zero(t, last(t, l, "nobody"))
}

// everyField fills every field there is, by reflection, so that one added tomorrow is tested too.
func everyField(t *testing.T, l store.Log) {
	e := Full()
	require.NoError(t, l.Append(context.Background(), "r", 0, []engine.Event{e}))
	e.Seq = 1
	require.Equal(t, []engine.Event{e}, read(t, l, "r", 0, 0))
}

// Full is an event in which every field, and everything in it, is something other than its zero value.
func Full() engine.Event {
	var e engine.Event
	fill(reflect.ValueOf(&e).Elem(), "Event")
	return e
}

// fill puts something other than the zero value everywhere into v, but for lists of what they are in: those end there.
func fill(v reflect.Value, name string, within ...reflect.Type) {
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(start()))
		return
	case !v.CanSet():
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(name + ` <"\&` + "\n\x00é€\u2028😀>")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(1)<<40 + int64(len(name)))
	case reflect.Uint64:
		v.SetUint(math.MaxUint64)
	case reflect.Float64:
		v.SetFloat(1.25)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), name, within...)
	case reflect.Slice:
		if slices.Contains(within, v.Type().Elem()) {
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), name+"0", within...)
		fill(v.Index(1), name+"1", within...)
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, name+"Key", within...)
		fill(value, name+"Value", within...)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), v.Type().Field(i).Name, append(within, v.Type())...)
		}
	default:
		panic("storetest cannot fill a " + v.Kind().String() + " (" + name + "): teach it")
	}
}

// Events are 1 to most random events, now and then with one that has anything in it.
func Events(most int) *rapid.Generator[[]engine.Event] {
	anything := rapid.MakeCustom[engine.Event](rapid.MakeConfig{
		Types: map[reflect.Type]*rapid.Generator[any]{
			reflect.TypeFor[time.Time]():         moments().AsAny(),
			reflect.TypeFor[[]engine.Question](): rapid.SliceOfN(rapid.Custom(question), 0, 2).AsAny(),
		},
	})
	common := plainEvents()
	return rapid.SliceOfN(rapid.OneOf(common, common, common, common, anything), 1, most)
}

// question draws one that may have others behind it: rapid cannot make a type that holds itself.
func question(t *rapid.T) engine.Question {
	q := engine.Question{Text: rapid.String().Draw(t, "text"), Options: rapid.SliceOfN(rapid.String(), 1, 3).Draw(t, "options")}
	if rapid.Bool().Draw(t, "then") {
		q.Then = []engine.Question{{Text: rapid.String().Draw(t, "then text"), Type: engine.YesNo}}
	}
	return q
}

// plainEvents are small, as most are.
func plainEvents() *rapid.Generator[engine.Event] {
	at := moments()
	return rapid.Custom(func(t *rapid.T) engine.Event {
		e := engine.Event{
			At:      at.Draw(t, "at"),
			Type:    engine.EventType(rapid.StringMatching(`[a-z_]{1,12}`).Draw(t, "type")),
			Task:    rapid.StringMatching(`[a-z]{0,8}`).Draw(t, "task"),
			Attempt: rapid.IntRange(0, 3).Draw(t, "attempt"),
			Step:    rapid.SampledFrom([]string{"", "do", "accept.1"}).Draw(t, "step"),
			Reason:  rapid.OneOf(rapid.Just(""), rapid.String()).Draw(t, "reason"),
		}
		if rapid.Bool().Draw(t, "claimed") {
			e.Claim = &engine.Claim{PID: rapid.Int().Draw(t, "pid"), Started: rapid.Uint64().Draw(t, "started"),
				Supervised: rapid.Bool().Draw(t, "supervised"), Dir: rapid.String().Draw(t, "dir")}
		}
		return e
	})
}

func moments() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		return time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "s"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).UTC()
	})
}

// asJSON is what encoding/json makes of events: the difference between nil and empty is lost, invalid UTF-8
// mended.
func asJSON(t require.TestingT, events []engine.Event) []engine.Event {
	text, err := json.Marshal(events)
	require.NoError(t, err)
	var out []engine.Event
	require.NoError(t, json.Unmarshal(text, &out))
	return out
}

func anyEvent(t *testing.T, l store.Log) {
	generator, seq := Events(3), int64(0)
	rapid.Check(t, func(t *rapid.T) {
		batch := generator.Draw(t, "events")
		require.NoError(t, l.Append(context.Background(), "r", seq, batch))
		require.Equal(t, asJSON(t, batch), read(t, l, "r", seq, 0))
		seq += int64(len(batch))
	})
}

func unknownType(t *testing.T, l store.Log) {
	e := notes(1, "")
	e[0].Type = "pigeon_released"
	require.NoError(t, l.Append(context.Background(), "r", 0, e))
	require.Equal(t, e, read(t, l, "r", 0, 0))
}

func unwritable(t *testing.T, l store.Log) {
	batch := notes(3, "x")
	batch[1].At = time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC) // RFC 3339 ends before
	err := l.Append(context.Background(), "r", 0, batch)
	require.ErrorContains(t, err, "event 2 (note_added)")
	require.Empty(t, read(t, l, "r", 0, 0))
}

func concurrentAppend(t *testing.T, l store.Log) { race(t, l) }

// race lets appenders on all handles fight for every place in one history.
func race(t *testing.T, handles ...store.Log) {
	const rounds, each = 20, 4
	for round := range rounds {
		var wins atomic.Int32
		var all sync.WaitGroup
		gate := make(chan struct{})
		for i := range each * len(handles) {
			all.Go(func() {
				<-gate
				err := handles[i%len(handles)].Append(context.Background(), "r", int64(2*round), notes(2, fmt.Sprint(i)))
				if err == nil {
					wins.Add(1)
				} else {
					assert.ErrorIs(t, err, store.ErrConflict)
				}
			})
		}
		close(gate)
		all.Wait()
		require.EqualValues(t, 1, wins.Load(), "round %d", round)
	}
	for _, l := range handles {
		got := read(t, l, "r", 0, 0)
		require.Len(t, got, 2*rounds)
		for i := 0; i < len(got); i += 2 {
			require.Equal(t, got[i].Reason, got[i+1].Reason, "a batch stays together")
		}
	}
}

func wholeBatches(t *testing.T, l store.Log) {
	const batches, size = 60, 5
	var writer sync.WaitGroup
	writer.Go(func() {
		for i := range batches {
			assert.NoError(t, l.Append(context.Background(), "r", int64(i*size), notes(size, fmt.Sprint(i))))
		}
	})
	for seen := int64(0); seen < batches*size && !t.Failed(); {
		end := last(t, l, "r")
		require.GreaterOrEqual(t, end, seen, "Last never goes back")
		got := read(t, l, "r", seen, 0)
		require.Zero(t, len(got)%size, "a batch was seen in part")
		require.GreaterOrEqual(t, seen+int64(len(got)), end)
		seen += int64(len(got))
	}
	writer.Wait()
}

func largeEvent(t *testing.T, l store.Log) {
	e := notes(3, strings.Repeat("many words ", 400_000))
	require.NoError(t, l.Append(context.Background(), "r", 0, e))
	require.NoError(t, l.Append(context.Background(), "r", 3, notes(1, "small")))
	require.Equal(t, e, read(t, l, "r", 0, 3))
}

func endedContext(t *testing.T, l store.Log) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, l.Append(ctx, "r", 0, notes(1, "x")), context.Canceled)
	_, err := l.Read(ctx, "r", 0, 0)
	require.ErrorIs(t, err, context.Canceled)
	_, err = l.Last(ctx, "r")
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, l.Sync(ctx), context.Canceled)
	require.ErrorIs(t, l.PutRun(ctx, store.Run{ID: "r"}), context.Canceled)
	require.Zero(t, last(t, l, "r"))
}

func afterClose(t *testing.T, l store.Log) {
	ctx := context.Background()
	require.NoError(t, l.Close())
	require.ErrorIs(t, l.Append(ctx, "r", 0, notes(1, "x")), store.ErrClosed)
	require.ErrorIs(t, l.Append(ctx, "r", 0, nil), store.ErrClosed)
	_, err := l.Read(ctx, "r", 0, 0)
	require.ErrorIs(t, err, store.ErrClosed)
	_, err = l.Runs(ctx, "", 0)
	require.ErrorIs(t, err, store.ErrClosed)
	require.ErrorIs(t, l.Sync(ctx), store.ErrClosed)
	require.NoError(t, l.Close())
}

func syncs(t *testing.T, l store.Log) {
	ctx := context.Background()
	require.NoError(t, l.Sync(ctx))
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for n := range 10 {
				assert.NoError(t, l.Append(ctx, fmt.Sprint("r", i), int64(n), notes(1, "x")))
				assert.NoError(t, l.Sync(ctx))
			}
		})
	}
	all.Wait()
	require.NoError(t, l.Sync(ctx))
}

func hostileTexts(t *testing.T, l store.Log) {
	ctx := context.Background()
	for _, text := range []string{`'; DROP TABLE batch; --`, `%`, `_`, `*`, "a\x00b", "🌊", `"`, `\`,
		strings.Repeat("x", 5000)} {
		require.NoError(t, l.Append(ctx, text, 0, notes(1, text)))
		require.EqualValues(t, 1, last(t, l, text))
		r := store.Run{ID: text, Plan: text, PlanID: text, Status: text, Started: start()}
		require.NoError(t, l.PutRun(ctx, r))
		got, err := l.Run(ctx, text)
		require.NoError(t, err)
		require.Equal(t, r, got)
		list, err := l.Runs(ctx, text, 0)
		require.NoError(t, err)
		require.Equal(t, []store.Run{r}, list)
		took := map[string]time.Duration{text: 3}
		require.NoError(t, l.PutDurations(ctx, text, took))
		durations, err := l.Durations(ctx, text)
		require.NoError(t, err)
		require.Equal(t, took, durations)
	}
}

func sharedRead(t *testing.T, a, b store.Log) {
	ctx := context.Background()
	var all []engine.Event
	for n := range 10 {
		writer, reader := a, b
		if n%2 == 1 {
			writer, reader = b, a
		}
		batch := notes(2, fmt.Sprint(n))
		require.NoError(t, writer.Append(ctx, "r", int64(2*n), batch))
		all = append(all, batch...)
		require.EqualValues(t, len(all), last(t, reader, "r"), "within the call")
		require.Equal(t, all, read(t, reader, "r", 0, 0))
		require.ErrorIs(t, reader.Append(ctx, "r", int64(2*n), notes(1, "late")), store.ErrConflict)
	}
	run := store.Run{ID: "r", Plan: "p", Status: "running", Started: start()}
	require.NoError(t, a.PutRun(ctx, run))
	got, err := b.Run(ctx, "r")
	require.NoError(t, err)
	require.Equal(t, run, got)
}

func sharedRace(t *testing.T, a, b store.Log) { race(t, a, b) }
