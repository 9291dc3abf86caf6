package command

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// headroom is how much memory may become garbage before it is collected, in bytes. Go collects when the heap has
// doubled, which for the few megabytes of most plans is a hundred times a second, on processors that tasks want.
const headroom = 58 << 20

// The garbage collector's percentage moves between these: a heap of 100,000 tasks is not doubled.
const (
	leastPercent = 65
	mostPercent  = 1000
)

// firstPercent lets the heap grow to 80 MB before the first collection, Go's smallest being 4: to begin a run of 10,000
// tasks makes as much, of which little is garbage.
const firstPercent = 2000

// spare is by how many more goroutines than there are processors may run at once. A thread that starts a program keeps
// its turn while the system does it, and one that waits for a program until somebody takes it away: with a turn to
// spare nobody has to, and nothing else waits for either.
const spare = 2

// tuneThreads gives Go the spare turns. GOMAXPROCS, where it is set, has the say.
func tuneThreads() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + spare)
	}
}

// tuneMemory lets the heap grow by headroom between two collections. GOGC, where it is set, has the say.
func tuneMemory() {
	if os.Getenv("GOGC") != "" {
		return
	}
	debug.SetGCPercent(firstPercent)
	afterEachCollection(func() {
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(live)
		percent := 100 * headroom / max(live[0].Value.Uint64(), 1)
		debug.SetGCPercent(int(min(max(percent, leastPercent), mostPercent)))
	})
}

// afterEachCollection calls f whenever garbage was collected: an object that nobody holds is collected, and makes
// the next one.
func afterEachCollection(f func()) {
	runtime.AddCleanup(new([16]byte), func(f func()) {
		f()
		afterEachCollection(f)
	}, f)
}
