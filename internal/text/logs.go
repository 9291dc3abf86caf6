package text

import (
	"fmt"
	"io"

	"billow/internal/control"
)

// Logs prints what tasks printed, byte by byte, with a line that names the file where there are several.
type Logs struct {
	w     io.Writer
	style Style
	// last is the file that was printed last; midLine is true where its last line has not ended.
	last    string
	midLine bool
}

// NewLogs makes a Logs.
func NewLogs(w io.Writer, st Style) *Logs { return &Logs{w: w, style: st} }

// File prints a whole file; named says whether it needs its name.
func (l *Logs) File(f control.LogFile, from io.Reader, named bool) error {
	if named {
		if err := l.name(f); err != nil {
			return err
		}
	}
	_, err := io.Copy(writerOf(l.write), from)
	return err
}

// Piece prints a piece of a file that others may come between.
func (l *Logs) Piece(f control.LogFile, piece []byte) error {
	if key := fmt.Sprintf("%d/%s", f.Attempt, f.Name); key != l.last {
		l.last = key
		if err := l.name(f); err != nil {
			return err
		}
	}
	_, err := l.write(piece)
	return err
}

func (l *Logs) name(f control.LogFile) error {
	end := ""
	if l.midLine {
		end = "\n"
	}
	_, err := fmt.Fprintf(l.w, "%s%s\n", end, l.style.paint(gray, fmt.Sprintf("==> %s, attempt %d: %s <==", Clean(f.Task), f.Attempt, f.Name)))
	l.midLine = false
	return err
}

func (l *Logs) write(p []byte) (int, error) {
	if len(p) > 0 {
		l.midLine = p[len(p)-1] != '\n'
	}
	return l.w.Write(p)
}

type writerOf func([]byte) (int, error)

func (f writerOf) Write(p []byte) (int, error) { return f(p) }

// Paths writes where files are, a line each.
func Paths(w io.Writer, files []control.LogFile) {
	for _, f := range files {
		fmt.Fprintln(w, f.Path)
	}
}
