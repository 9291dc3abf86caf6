package shell

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"billow/agents"
)

// BenchmarkCommands compares short commands through the Agent with the floor, which is starting the same
// program and waiting for it with nothing else. One iteration is a round of each, since only what was
// measured side by side can be compared; x-floor is the median of the rounds' ratios.
func BenchmarkCommands(b *testing.B) {
	const round, inFlight = 100, 2
	for _, way := range []struct{ name, command string }{
		{"direct", "true"}, {"by-path", "/bin/true"}, {"by-shell", "true;"}, {"printing", "/bin/echo hello"},
	} {
		b.Run(way.name, func(b *testing.B) {
			bench := newBench(b, Options{})
			program := "/bin/true"
			if way.name == "printing" {
				program = "/bin/echo"
			}
			env := os.Environ()
			var ratios, floors []float64
			next := 0
			for b.Loop() {
				t0 := time.Now()
				spawnFloor(b, program, env, round, inFlight)
				t1 := time.Now()
				runAll(b, bench, way.command, env, &next, round, inFlight)
				floors = append(floors, float64(t1.Sub(t0).Microseconds())/round)
				ratios = append(ratios, float64(time.Since(t1))/float64(t1.Sub(t0)))
			}
			b.ReportMetric(median(ratios), "x-floor")
			b.ReportMetric(median(floors), "floor-µs")
		})
	}
}

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}

func spawnFloor(b *testing.B, program string, env []string, n, inFlight int) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	require.NoError(b, err)
	defer func() { _ = null.Close() }()
	attr := syscall.ProcAttr{Env: env, Files: []uintptr{null.Fd(), null.Fd(), null.Fd()}}
	wait := func() {
		_, err := syscall.Wait4(-1, nil, 0, nil)
		require.NoError(b, err)
	}
	for i := range n {
		if i >= inFlight {
			wait()
		}
		_, err := syscall.ForkExec(program, []string{program}, &attr)
		require.NoError(b, err)
	}
	for range min(n, inFlight) {
		wait()
	}
}

// runAll starts the next command when one is told of, as a driver does that wants to be quick.
func runAll(b *testing.B, bench *bench, command string, env []string, next *int, n, inFlight int) {
	var mu sync.Mutex
	left, running := n, 0
	all := make(chan struct{})
	free := []int{0, 1}
	var start func()
	start = func() {
		for ; left > 0 && running < inFlight; left-- {
			slot := free[len(free)-1]
			free = free[:len(free)-1]
			*next++
			as := agents.Assignment{
				TaskID: "t", Attempt: 1, Step: "do", Command: command, Env: env, Slot: slot, WorkDir: bench.root,
				Dir: filepath.Join(bench.root, "runs", strconv.Itoa(*next), "1"),
			}
			_, err := bench.agent.Start(as, func(u agents.Update) {
				mu.Lock()
				defer mu.Unlock()
				require.Nil(b, u.Report.Failure)
				free = append(free, slot)
				running--
				start()
			})
			require.NoError(b, err)
			running++
		}
		if running == 0 {
			close(all)
		}
	}
	mu.Lock()
	start()
	mu.Unlock()
	<-all
}

func BenchmarkPlainWords(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		plainWords(`go test -run 'A|B' ./...`)
	}
}
