package shell

import (
	"bytes"
	"errors"
	"io"
	"os"
	"sync/atomic"
	"time"

	"billow/agents"
	"billow/internal/proc"
)

// masked is what stands for a secret.
const masked = "***"

// outputDelay is how long the pipes of an ended command are read on: something it left behind may hold them
// open for ever.
const outputDelay = time.Second

// masks lead both outputs of a command with secrets through us on their way to disk. Only such commands pay
// for that.
type masks struct {
	work    *Work
	readers [2]*os.File
	writers [2]*os.File
	masks   [2]*masker
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
		m.masks[i] = newMasker(file, w.assignment.Secrets)
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
	if errEnd := m.masks[i].end(); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
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

// masker writes what it is given with every secret replaced, wherever the text is cut into writes. Secrets
// that touch or overlap become one mask, so that neither their lengths nor their rests can be seen.
type masker struct {
	to      io.Writer
	secrets [][]byte
	first   [256]bool // bytes that secrets begin with
	longest int
	held    []byte // the end of what came, which may be the beginning of a secret
	covered int    // how many bytes of held belong to a secret for sure
	hiding  bool   // the last byte before held was part of one
	out     []byte
}

func newMasker(to io.Writer, secrets []string) *masker {
	m := &masker{to: to}
	for _, s := range secrets {
		if s == "" {
			continue
		}
		m.secrets = append(m.secrets, []byte(s))
		m.first[s[0]] = true
		m.longest = max(m.longest, len(s))
	}
	return m
}

func (m *masker) Write(p []byte) (int, error) {
	m.held = append(m.held, p...)
	return len(p), m.write(m.undecided())
}

// end writes what was held back.
func (m *masker) end() error { return m.write(len(m.held)) }

// undecided is where the first text begins that may grow into a secret.
func (m *masker) undecided() int {
	for i := max(0, len(m.held)-m.longest+1); i < len(m.held); i++ {
		if m.first[m.held[i]] {
			for _, s := range m.secrets {
				if len(s) > len(m.held)-i && bytes.HasPrefix(s, m.held[i:]) {
					return i
				}
			}
		}
	}
	return len(m.held)
}

// write writes the first n bytes held. All secrets that begin in them are whole.
func (m *masker) write(n int) error {
	m.out = m.out[:0]
	for i := range n {
		if m.first[m.held[i]] {
			for _, s := range m.secrets {
				if bytes.HasPrefix(m.held[i:], s) {
					m.covered = max(m.covered, i+len(s))
				}
			}
		}
		hide := i < m.covered
		if !hide {
			m.out = append(m.out, m.held[i])
		} else if !m.hiding {
			m.out = append(m.out, masked...)
		}
		m.hiding = hide
	}
	m.covered = max(0, m.covered-n)
	m.held = append(m.held[:0], m.held[n:]...)
	if len(m.out) == 0 {
		return nil
	}
	_, err := m.to.Write(m.out)
	return err
}

// maskString masks a text that is there as a whole.
func maskString(s string, secrets []string) string {
	if len(secrets) == 0 {
		return s
	}
	var b bytes.Buffer
	m := newMasker(&b, secrets)
	_, _ = m.Write([]byte(s))
	_ = m.end()
	return b.String()
}
