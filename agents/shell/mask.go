package shell

import (
	"errors"
	"io"
	"os"
	"sync/atomic"
	"time"

	"billow/agents"
	"billow/internal/proc"
)

// outputDelay is how long the pipes of an ended command are read on: something it left behind may hold them
// open for ever.
const outputDelay = time.Second

// masks lead both outputs of a command with secrets through us on their way to disk. Only such commands pay
// for that.
type masks struct {
	work    *Work
	readers [2]*os.File
	writers [2]*os.File
	masks   [2]*agents.MaskWriter
	pending atomic.Int32 // the process and its two outputs
	failed  [2]error
}

// mask puts pipes in the place of files where the command has secrets.
func (w *Work) mask(spec *proc.Spec) error {
	if len(w.assignment.Secrets) == 0 {
		return nil
	}
	m := &masks{work: w}
	spec.Watch = []*os.File{spec.Stdout, spec.Stderr}
	for i, file := range spec.Watch {
		r, wr, err := os.Pipe()
		if err != nil {
			m.started(false)
			return err
		}
		m.readers[i], m.writers[i] = r, wr
		m.masks[i] = agents.NewMaskWriter(file, w.assignment.Secrets)
	}
	spec.Stdout, spec.Stderr = m.writers[0], m.writers[1]
	m.pending.Store(3)
	w.masks = m
	return nil
}

// started is told whether there is a process at the other end; nil masks have nothing to do.
func (m *masks) started(ok bool) {
	if m == nil {
		return
	}
	for i := range m.writers {
		if m.writers[i] == nil {
			continue
		}
		_ = m.writers[i].Close()
		if !ok {
			_ = m.readers[i].Close()
			continue
		}
		go m.copy(i)
	}
}

func (m *masks) copy(i int) {
	_, err := io.Copy(m.masks[i], m.readers[i])
	if errEnd := m.masks[i].End(); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		err = errEnd
	}
	if err != nil {
		m.failed[i] = err
		// The command must not wait for a reader that is gone.
		_, _ = io.Copy(io.Discard, m.readers[i])
	}
	_ = m.readers[i].Close()
	m.part()
}

// drain is told that the process has ended.
func (m *masks) drain() {
	limit := time.Now().Add(outputDelay)
	for _, r := range m.readers {
		_ = r.SetReadDeadline(limit)
	}
	m.part()
}

// part reports the command when all three have come to their end.
func (m *masks) part() {
	if m.pending.Add(-1) > 0 {
		return
	}
	if err := errors.Join(m.failed[0], m.failed[1]); err != nil {
		m.work.tell(agents.Update{Note: "part of the output was not kept: " + err.Error()})
	}
	m.work.finish()
}
