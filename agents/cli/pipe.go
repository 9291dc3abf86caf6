package cli

import (
	"fmt"
	"io"
	"os"
	"time"

	"billow/agents"
)

// pipeDelay is how long the end of the output is waited for once the program has ended: something it left
// behind may hold the output open.
const pipeDelay = time.Second

// pipe carries one output through a mask into its file.
type pipe struct {
	r, w *os.File
	dst  io.Writer
	done chan struct{}
}

func newPipe(dst io.Writer) (*pipe, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make a pipe for the program's output: %w", err)
	}
	return &pipe{r: r, w: w, dst: dst, done: make(chan struct{})}, nil
}

// begin is called when the child has its end of the pipe.
func (p *pipe) begin(mask agents.Mask) {
	_ = p.w.Close()
	go func() {
		defer close(p.done)
		if err := mask.Copy(p.dst, p.r); err != nil {
			// The deadline of end, or a full disk, of which the missing report will tell. The rest is read
			// all the same, or the program would wait for ever.
			_, _ = io.Copy(io.Discard, p.r)
		}
	}()
}

// end waits for what is still on its way.
func (p *pipe) end() {
	_ = p.r.SetReadDeadline(time.Now().Add(pipeDelay))
	<-p.done
	_ = p.r.Close()
}

// abandon closes a pipe that was never begun.
func (p *pipe) abandon() {
	_ = p.w.Close()
	_ = p.r.Close()
}
