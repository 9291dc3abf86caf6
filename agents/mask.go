package agents

import (
	"bytes"
	"errors"
	"io"
)

// masked is what stands where a secret was.
const masked = "***"

// Mask takes secrets out of text. The zero Mask takes out nothing.
type Mask struct{ secrets []string }

// NewMask makes a Mask of secret values; empty ones are ignored.
func NewMask(secrets []string) Mask { return Mask{secrets: secrets} }

// Text is s without secrets.
func (m Mask) Text(s string) string {
	if len(m.secrets) == 0 {
		return s
	}
	var b bytes.Buffer
	w := NewMaskWriter(&b, m.secrets)
	_, _ = w.Write([]byte(s)) // a Buffer takes everything
	_ = w.End()
	return b.String()
}

// Copy copies src to dst without secrets, also where one comes in pieces.
func (m Mask) Copy(dst io.Writer, src io.Reader) error {
	w := NewMaskWriter(dst, m.secrets)
	_, err := io.Copy(w, src)
	return errors.Join(err, w.End())
}

// MaskWriter writes what it is given with every secret replaced, wherever the text is cut into writes. Secrets
// that touch or overlap become one mask, so that neither their lengths nor their rests can be seen.
type MaskWriter struct {
	to      io.Writer
	secrets [][]byte
	first   [256]bool // bytes that secrets begin with
	longest int
	held    []byte // the end of what came, which may be the beginning of a secret
	covered int    // how many bytes of held belong to a secret for sure
	hiding  bool   // the last byte before held was part of one
	out     []byte
}

// NewMaskWriter makes a MaskWriter of secret values; empty ones are ignored. End has to be called.
func NewMaskWriter(to io.Writer, secrets []string) *MaskWriter {
	m := &MaskWriter{to: to}
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

// Write takes text in whatever pieces it comes; the end that may be the beginning of a secret is held back.
func (m *MaskWriter) Write(p []byte) (int, error) {
	m.held = append(m.held, p...)
	return len(p), m.write(m.undecided())
}

// End writes what was held back.
func (m *MaskWriter) End() error { return m.write(len(m.held)) }

// undecided is where the first text begins that may grow into a secret.
func (m *MaskWriter) undecided() int {
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
func (m *MaskWriter) write(n int) error {
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
