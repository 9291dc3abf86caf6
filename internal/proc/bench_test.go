package proc

import (
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// The floor is the system's own cost of starting a program and waiting for it, from Go, with nothing else.
// Compare each pair in one run: BenchmarkSpawn/floor-2 with BenchmarkSpawn/proc-2.
func BenchmarkSpawn(b *testing.B) {
	for _, inFlight := range []int{1, 2} {
		name := string(rune('0' + inFlight))
		b.Run("floor-"+name, func(b *testing.B) { floor(b, inFlight) })
		b.Run("proc-"+name, func(b *testing.B) { started(b, inFlight) })
	}
}

func floor(b *testing.B, inFlight int) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	require.NoError(b, err)
	defer func() { _ = null.Close() }()
	attr := syscall.ProcAttr{Env: os.Environ(), Files: []uintptr{null.Fd(), null.Fd(), null.Fd()}}
	wait := func() {
		if _, err := syscall.Wait4(-1, nil, 0, nil); err != nil {
			b.Fatal(err)
		}
	}
	running := 0
	for b.Loop() {
		if running == inFlight {
			wait()
			running--
		}
		if _, err := syscall.ForkExec("/bin/true", []string{"true"}, &attr); err != nil {
			b.Fatal(err)
		}
		running++
	}
	for range running {
		wait()
	}
}

func started(b *testing.B, inFlight int) {
	ended := make(chan Exit, inFlight)
	spec := Spec{Path: "/bin/true", Env: os.Environ()}
	running := 0
	for b.Loop() {
		if running == inFlight {
			<-ended
			running--
		}
		if _, err := Start(spec, func(e Exit) { ended <- e }); err != nil {
			b.Fatal(err)
		}
		running++
	}
	for range running {
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
