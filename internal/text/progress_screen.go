package text

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// target is where something is written.
type target int

const (
	toErr target = iota
	toOut
)

// screen writes lines that stay and, below them, a block that is drawn again. It keeps the order between its
// two writers, which may be the same terminal, and gathers what is written until flush.
//
// The cursor is not hidden: it rests at the end of the block, and a billow that is killed leaves nothing to
// repair.
type screen struct {
	out, err io.Writer
	size     func() (columns, rows int)
	pending  bytes.Buffer
	to       target
	// block is what stands on the terminal, a line each.
	block []string
}

// most is how much is gathered before it is written anyway.
const most = 64 << 10

func (s *screen) write(to target, b []byte) {
	if to != s.to {
		s.flush()
		s.to = to
	}
	s.pending.Write(b)
	if s.pending.Len() > most {
		s.flush()
	}
}

func (s *screen) line(to target, text string) { s.write(to, []byte(text+"\n")) }

// flush writes what was gathered. There is nobody to tell that a terminal or a pipe is gone: the run goes on.
func (s *screen) flush() {
	if s.pending.Len() == 0 {
		return
	}
	w := s.err
	if s.to == toOut {
		w = s.out
	}
	_, _ = w.Write(s.pending.Bytes())
	s.pending.Reset()
}

// erase takes the block away. A terminal that has become narrower has broken its lines, so the rows are
// counted anew.
func (s *screen) erase() {
	if len(s.block) == 0 {
		return
	}
	columns, _ := s.size()
	rows := 0
	for _, line := range s.block {
		rows += rowsOf(line, columns)
	}
	s.block = nil
	up := ""
	if rows > 1 {
		up = fmt.Sprintf("\x1b[%dA", rows-1)
	}
	s.write(toErr, []byte("\r"+up+"\x1b[J"))
}

// draw writes a block, cut to the terminal.
func (s *screen) draw(lines []string) {
	columns, rows := s.size()
	if len(lines) > rows-1 && rows > 1 {
		// The last lines matter most: what waits for an answer is there.
		lines = lines[len(lines)-(rows-1):]
	}
	for i := range lines {
		lines[i] = cut(lines[i], columns-1)
	}
	s.block = lines
	s.write(toErr, []byte(strings.Join(lines, "\n")))
}
