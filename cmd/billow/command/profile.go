package command

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
)

// startProfile writes where the time and the memory of a run go into a folder: cpu.pprof, heap.pprof and
// trace.out, for go tool pprof and go tool trace. The returned function ends it.
func startProfile(dir string) (stop func() error, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	cpu, err := os.Create(filepath.Join(dir, "cpu.pprof"))
	if err != nil {
		return nil, err
	}
	spans, err := os.Create(filepath.Join(dir, "trace.out"))
	if err != nil {
		return nil, errors.Join(err, cpu.Close())
	}
	if err := errors.Join(pprof.StartCPUProfile(cpu), trace.Start(spans)); err != nil {
		return nil, err
	}
	return func() error {
		trace.Stop()
		pprof.StopCPUProfile()
		heap, err := os.Create(filepath.Join(dir, "heap.pprof"))
		if err != nil {
			return errors.Join(err, cpu.Close(), spans.Close())
		}
		runtime.GC()
		return errors.Join(pprof.WriteHeapProfile(heap), heap.Close(), cpu.Close(), spans.Close())
	}, nil
}
