package command

import (
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
)

// debugging reports whether the reader wants stack traces: BILLOW_DEBUG=1.
func debugging() bool { return os.Getenv("BILLOW_DEBUG") == "1" }

// quietCrashes leaves the stack traces out of what the runtime prints when a goroutine of its own panics,
// where no recover can reach it.
func quietCrashes() { debug.SetTraceback("none") }

// recoverBug turns a panic into one line and exit status 70.
func (m *program) recoverBug(status *int) {
	v := recover()
	if v == nil {
		return
	}
	fmt.Fprintf(m.Err, "billow: this is a bug: %s (%s)\n", strings.ReplaceAll(fmt.Sprint(v), "\n", " "), panicked())
	fmt.Fprintln(m.Err, "hint: BILLOW_DEBUG=1 shows where it happened; please report it with the plan and that output")
	*status = exitBug
}

// panicked is the first place of billow's own code on the way to a panic, as file:line.
func panicked() string {
	pc := make([]uintptr, 64)
	frames := runtime.CallersFrames(pc[:runtime.Callers(2, pc)])
	behind := false
	for {
		f, more := frames.Next()
		if behind && (strings.HasPrefix(f.Function, "billow/") || strings.HasPrefix(f.Function, "main.")) {
			return fmt.Sprintf("%s:%d", shortFile(f), f.Line)
		}
		// Everything before the runtime's panic is the deferred call that asks.
		behind = behind || strings.HasPrefix(f.Function, "runtime.gopanic") || strings.HasPrefix(f.Function, "runtime.panic")
		if !more {
			return "somewhere"
		}
	}
}

// shortFile is a frame's file from its package on.
func shortFile(f runtime.Frame) string {
	file := f.File[strings.LastIndex(f.File, "/")+1:]
	pkg, _, _ := strings.Cut(f.Function[strings.LastIndex(f.Function, "/")+1:], ".")
	return pkg + "/" + file
}

// ignoreBrokenPipes lets writes to a reader that has gone fail instead of ending the process: a run goes on
// when its output is no longer wanted. It asks for the signal and does not ignore it, because what is ignored
// is inherited by every task.
func ignoreBrokenPipes() {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
}
