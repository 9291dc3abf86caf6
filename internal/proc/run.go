package proc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// MaxRunOutput is how much of each output Run keeps; what comes after it is dropped, and Run says so.
const MaxRunOutput = 64 << 20

// outputDelay is how long Run waits for the end of the output once the program has ended: something it left
// behind may hold the output open.
const outputDelay = time.Second

// Result is what a program run by Run gave.
type Result struct {
	Stdout, Stderr []byte
	Exit           Exit
}

// RunError says that a program ran and failed.
type RunError struct {
	Program string
	Exit    Exit
	// Stderr is the last line it wrote to its error output.
	Stderr string
}

func (e *RunError) Error() string {
	text := e.Program + ": "
	switch {
	case e.Exit.Timeout != "":
		text += "took too long (deadline: " + e.Exit.Timeout + ")"
	case e.Exit.Signal != "":
		text += "ended by signal: " + e.Exit.Signal
	case e.Exit.Lost != "":
		text += e.Exit.Lost
	default:
		text += fmt.Sprintf("exit status %d", e.Exit.Status)
	}
	if e.Stderr != "" {
		text += ": " + e.Stderr
	}
	return text
}

// Run starts a program, waits for its end and gives what it printed. Outputs that the Spec gives files for go there; the
// deadlines for first output and silence need such files. The error is a *StartError, a *RunError, or that of the context,
// whose end stops the program and its whole group; the Result holds what there was in each case.
func Run(ctx context.Context, s Spec) (Result, error) {
	if err := ctx.Err(); err != nil {
		return Result{}, err
	}
	stdout, err := capture(&s.Stdout)
	if err != nil {
		return Result{}, err
	}
	stderr, err := capture(&s.Stderr)
	if err != nil {
		stdout.close()
		return Result{}, err
	}
	exits := make(chan Exit, 1)
	// Its end is noticed by a goroutine of its own: Run may be called in the done of another child.
	p, err := start(s, func(e Exit) { exits <- e }, func(p *Process) { go new(waiters).wait(p) })
	if err != nil {
		stdout.close()
		stderr.close()
		return Result{}, err
	}
	stdout.begin()
	stderr.begin()

	var result Result
	stop := context.AfterFunc(ctx, p.Stop)
	result.Exit = <-exits
	stop()
	var cut1, cut2 bool
	result.Stdout, cut1 = stdout.end()
	result.Stderr, cut2 = stderr.end()
	switch {
	case ctx.Err() != nil && result.Exit.Stopped:
		return result, fmt.Errorf("%s: %w", filepath.Base(s.Path), context.Cause(ctx))
	case !result.Exit.OK():
		return result, &RunError{Program: filepath.Base(s.Path), Exit: result.Exit, Stderr: lastLine(result.Stderr)}
	case cut1 || cut2:
		return result, fmt.Errorf("%s printed more than %d MiB", filepath.Base(s.Path), MaxRunOutput>>20)
	}
	return result, nil
}

// captured is one output on its way into memory; nil for an output that goes elsewhere.
type captured struct {
	r, w *os.File
	buf  bytes.Buffer
	cut  bool
	done chan struct{}
}

// capture puts a pipe where the Spec has no file.
func capture(file **os.File) (*captured, error) {
	if *file != nil {
		return nil, nil
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make a pipe for a program's output: %w", err)
	}
	*file = w
	return &captured{r: r, w: w, done: make(chan struct{})}, nil
}

func (c *captured) close() {
	if c != nil {
		_ = c.r.Close()
		_ = c.w.Close()
	}
}

func (c *captured) begin() {
	if c == nil {
		return
	}
	_ = c.w.Close() // the child has its own
	go func() {
		defer close(c.done)
		n, err := io.CopyN(&c.buf, c.r, MaxRunOutput)
		if err == nil && n == MaxRunOutput {
			// The rest is read all the same, or the program would wait for ever.
			more, _ := io.Copy(io.Discard, c.r)
			c.cut = more > 0
		}
	}()
}

func (c *captured) end() (output []byte, cut bool) {
	if c == nil {
		return nil, false
	}
	if err := c.r.SetReadDeadline(time.Now().Add(outputDelay)); errors.Is(err, os.ErrNoDeadline) {
		_ = c.r.Close()
	}
	<-c.done
	_ = c.r.Close()
	return c.buf.Bytes(), c.cut
}

// lastLine gives the last line with anything on it.
func lastLine(b []byte) string {
	text := strings.TrimSpace(string(b))
	return strings.TrimSpace(text[strings.LastIndexByte(text, '\n')+1:])
}
