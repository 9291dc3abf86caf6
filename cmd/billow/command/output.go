package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"

	"golang.org/x/term"

	"billow/internal/text"
)

// output is standard output. After the first failed write it takes no more: a reader that has gone, as head
// does, is no mistake of whoever typed the command.
type output struct {
	to io.Writer

	mu     sync.Mutex
	failed error
}

// Write writes through, or says again what went wrong.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.failed != nil {
		return 0, o.failed
	}
	n, err := o.to.Write(p)
	if err != nil {
		o.failed = fmt.Errorf("write the result: %w", err)
		if errors.Is(err, io.ErrClosedPipe) || errors.Is(err, os.ErrClosed) {
			o.failed = syscall.EPIPE
		}
	}
	return n, o.failed
}

func (o *output) err() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.failed
}

// show prints a response: as JSON with --json, else as its text.
func (m *program) show(response any, asText func(io.Writer, text.Style)) error {
	return buffered(m.Out, m.writeOut(response, func(w io.Writer) { asText(w, m.style) }))
}

// showTo is show, into a file where one is named.
func (m *program) showTo(path string, response any, asText func(io.Writer, text.Style)) error {
	if path == "" {
		return m.show(response, asText)
	}
	if err := preparePlace(path); err != nil {
		return err
	}
	return replaceFile(path, m.writeOut(response, func(w io.Writer) { asText(w, text.Style{}) }))
}

func (m *program) writeOut(response any, asText func(io.Writer)) func(io.Writer) error {
	return func(w io.Writer) error {
		if !m.json {
			asText(w)
			return nil
		}
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(response)
	}
}

// styleOf decides how text on a stream may look. Colors are for terminals that can show them and people who
// have not said no; when says auto, always or never.
func styleOf(stream any, when string, getenv func(string) string) text.Style {
	var st text.Style
	file, ok := stream.(*os.File)
	terminal := ok && term.IsTerminal(int(file.Fd()))
	if terminal {
		if width, _, err := term.GetSize(int(file.Fd())); err == nil {
			st.Width = width
		}
	}
	switch {
	case when == "always":
		st.Color = true
	case when == "never", !terminal, getenv("NO_COLOR") != "", getenv("CI") != "", getenv("TERM") == "dumb":
	default:
		st.Color = true
	}
	return st
}
