package storetest

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"billow/engine"
	"billow/internal/store"
)

// Benchmark measures what a run does most. open returns an empty store; Benchmark closes it.
func Benchmark(b *testing.B, open func(b *testing.B) store.Log) {
	ctx := context.Background()
	for _, size := range []int{1, 3, 100} {
		b.Run(fmt.Sprintf("append of %d", size), func(b *testing.B) {
			l := open(b)
			batch, seq := Typical(size), int64(0)
			b.ReportAllocs()
			for b.Loop() {
				if err := l.Append(ctx, "0198a0c2-7f7e-7000-8000-000000000001", seq, batch); err != nil {
					b.Fatal(err)
				}
				seq += int64(size)
			}
			require.NoError(b, l.Close())
		})
	}
	b.Run("read of 100,000", func(b *testing.B) {
		l := open(b)
		for seq := int64(0); seq < 99_999; seq += 3 {
			require.NoError(b, l.Append(ctx, "r", seq, Typical(3)))
		}
		b.ReportAllocs()
		for b.Loop() {
			if got, err := l.Read(ctx, "r", 0, 0); err != nil || len(got) != 99_999 {
				b.Fatal(len(got), err)
			}
		}
		require.NoError(b, l.Close())
	})
	b.Run("last", func(b *testing.B) {
		l := open(b)
		require.NoError(b, l.Append(ctx, "r", 0, Typical(3)))
		for b.Loop() {
			if _, err := l.Last(ctx, "r"); err != nil {
				b.Fatal(err)
			}
		}
		require.NoError(b, l.Close())
	})
}

// Typical are n events as a run of shell tasks brings them: for each task its start, its process, its end.
func Typical(n int) []engine.Event {
	out := make([]engine.Event, n)
	for i := range out {
		e := engine.Event{At: start().Add(1), Task: fmt.Sprintf("layer-%02d-task-%04d", i%7, i/3), Attempt: 1, Step: "do"}
		switch i % 3 {
		case 0:
			e.Type, e.By = engine.AttemptStarted, "driver"
		case 1:
			e.Type = engine.AttemptClaimed
			e.Claim = &engine.Claim{PID: 10_000 + i, Started: 123_456_789 + uint64(i),
				Boot: "6f1e1a3c-3c0e-4a55-9f5e-0c2b7b1d2e3f", Host: "workstation", Dir: e.Task + "/1"}
		case 2:
			e.Type, e.Reason = engine.StepDone, "exit 0"
		}
		out[i] = e
	}
	return out
}
