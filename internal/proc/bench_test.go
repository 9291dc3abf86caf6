package proc

import (
	"os"
	"slices"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkSpawn compares Start with the floor, the system's own cost of starting a program and waiting for
// it from Go with nothing else. One iteration is a round of each, since only what was measured side by side
// can be compared on a machine that others use too; x-floor is the median of the rounds' ratios.
//
// "in done" starts the next child in the callback of the one before, several at a time, "by channel" in another goroutine that
// the callback tells. The difference is what it costs to wake a thread while all processors are busy.
func BenchmarkSpawn(b *testing.B) {
	const round = 100
	for _, way := range []struct {
		name string
		run  func(b *testing.B, n, inFlight int)
	}{{"in-done", spawnInDone}, {"by-channel", spawnByChannel}} {
		for _, inFlight := range []int{1, 2, 8} {
			b.Run(way.name+"/"+strconv.Itoa(inFlight)+"-in-flight", func(b *testing.B) {
				var ratios, floors []float64
				for b.Loop() {
					t0 := time.Now()
					spawnFloor(b, round, inFlight)
					t1 := time.Now()
					way.run(b, round, inFlight)
					floors = append(floors, float64(t1.Sub(t0).Microseconds())/round)
					ratios = append(ratios, float64(time.Since(t1))/float64(t1.Sub(t0)))
				}
				b.ReportMetric(median(ratios), "x-floor")
				b.ReportMetric(median(floors), "floor-µs")
			})
		}
	}
}

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}

func spawnFloor(b *testing.B, n, inFlight int) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	require.NoError(b, err)
	defer func() { _ = null.Close() }()
	attr := syscall.ProcAttr{Env: os.Environ(), Files: []uintptr{null.Fd(), null.Fd(), null.Fd()}}
	wait := func() {
		_, err := syscall.Wait4(-1, nil, 0, nil)
		require.NoError(b, err)
	}
	for i := range n {
		if i >= inFlight {
			wait()
		}
		_, err := syscall.ForkExec("/bin/true", []string{"true"}, &attr)
		require.NoError(b, err)
	}
	for range min(n, inFlight) {
		wait()
	}
}

func spawnInDone(b *testing.B, n, inFlight int) {
	spec := Spec{Path: "/bin/true", Env: os.Environ()}
	var started, ended atomic.Int64
	all := make(chan struct{})
	var begin func()
	begin = func() {
		if started.Add(1) > int64(n) {
			return
		}
		_, err := Start(spec, func(Exit) {
			if ended.Add(1) == int64(n) {
				close(all)
			}
			begin()
		})
		require.NoError(b, err)
	}
	for range inFlight {
		begin()
	}
	<-all
}

func spawnByChannel(b *testing.B, n, inFlight int) {
	ended := make(chan Exit, inFlight)
	done := func(e Exit) { ended <- e }
	spec := Spec{Path: "/bin/true", Env: os.Environ()}
	for i := range n {
		if i >= inFlight {
			<-ended
		}
		_, err := Start(spec, done)
		require.NoError(b, err)
	}
	for range min(n, inFlight) {
		<-ended
	}
}

// What is done around each spawn, without the spawn.
func BenchmarkIdentity(b *testing.B) {
	pid := os.Getpid()
	b.Run("looked-up", func(b *testing.B) {
		for b.Loop() {
			startOf(pid)
		}
	})
	b.Run("worked-out", func(b *testing.B) {
		for b.Loop() {
			_ = startClock()
			_ = startClock()
		}
	})
}

func BenchmarkLook(b *testing.B) {
	env := os.Environ()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Look("true", env, ""); err != nil {
			b.Fatal(err)
		}
	}
}
