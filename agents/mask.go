package agents

import (
	"io"
	"slices"
	"strings"
)

// masked is what stands where a secret was.
const masked = "***"

// Mask takes secrets out of text. The zero Mask takes out nothing.
type Mask struct {
	replacer *strings.Replacer
	secrets  []string
}

// NewMask makes a Mask of secret values; empty ones are ignored.
func NewMask(secrets []string) Mask {
	var m Mask
	for _, s := range secrets {
		if s != "" {
			m.secrets = append(m.secrets, s)
		}
	}
	if m.secrets == nil {
		return m
	}
	// Longer ones go first, since one may be the beginning of another.
	slices.SortFunc(m.secrets, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, s := range m.secrets {
		pairs = append(pairs, s, masked)
	}
	m.replacer = strings.NewReplacer(pairs...)
	return m
}

// Text is s without secrets.
func (m Mask) Text(s string) string {
	if m.replacer == nil {
		return s
	}
	return m.replacer.Replace(s)
}

// Copy copies src to dst without secrets, also where one comes in pieces. Text that may be the beginning of a
// secret is held back until it is known whether it is one.
func (m Mask) Copy(dst io.Writer, src io.Reader) error {
	buf := make([]byte, 32<<10)
	held := ""
	for {
		n, err := src.Read(buf)
		text := held + string(buf[:n])
		end := len(text)
		if err == nil {
			end = m.safe(text)
		}
		held = text[end:]
		if _, werr := io.WriteString(dst, m.Text(text[:end])); werr != nil {
			return werr
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// safe is how much of the text can be masked and written whatever comes after it: no secret that could still
// become whole begins in it.
func (m Mask) safe(text string) int {
	if m.replacer == nil {
		return len(text)
	}
	for i := max(0, len(text)-len(m.secrets[0])+1); i < len(text); i++ {
		for _, s := range m.secrets {
			if len(s) > len(text)-i && strings.HasPrefix(s, text[i:]) {
				return m.whole(text, i)
			}
		}
	}
	return len(text)
}

// whole moves a cut at i to before a secret it would go through: of secrets that overlap, the first counts.
func (m Mask) whole(text string, i int) int {
	for pos := 0; pos < i; {
		step := 1
		for _, s := range m.secrets {
			if strings.HasPrefix(text[pos:], s) {
				step = len(s)
				break
			}
		}
		if pos+step > i {
			return pos
		}
		pos += step
	}
	return i
}
