package text

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"billow/engine"
)

// tailLines is how many of a failed task's last lines are shown, tailBytes how much of its log is read for
// them.
const (
	tailLines = 20
	tailBytes = 32 << 10
)

// group shows everything an attempt printed, in one block. It is copied line by line: a log may be larger
// than memory.
func (p *Progress) group(n *note) {
	files := logFiles(p.paths(n.task, n.attempt))
	if len(files) == 0 {
		return
	}
	p.fold(p.head(n, ""))
	for _, path := range files {
		p.copy(path)
	}
	p.unfold(p.o.Style.paint(gray, "--- end of "+Clean(n.task)))
}

func (p *Progress) head(n *note, more string) string {
	what := string(n.seat.state)
	if n.what == engine.StepDone {
		what = "done in " + span(n.seat.took)
	} else if n.what == engine.StepFailed {
		what = "failed"
	}
	if n.attempt > 1 {
		what += fmt.Sprintf(", attempt %d", n.attempt)
	}
	return p.o.Style.paint(bold, "--- "+Clean(n.task)) + " (" + what + more + ")"
}

func (p *Progress) copy(path string) {
	file, err := os.Open(path)
	if err != nil {
		return
	}
	defer file.Close()
	r := bufio.NewReaderSize(file, chunk)
	open := false // the line on the screen has not ended
	for {
		line, err := r.ReadSlice('\n')
		if len(line) > 0 {
			text := bytes.TrimSuffix(line, []byte{'\n'})
			open = len(text) == len(line)
			if p.o.Live {
				text = clean(text, p.o.Style.Color)
			}
			p.screen.write(toOut, text)
			if !open {
				p.screen.write(toOut, []byte{'\n'})
			}
		}
		if err == bufio.ErrBufferFull {
			continue
		}
		if err != nil {
			break
		}
	}
	if open {
		p.screen.write(toOut, []byte{'\n'})
	}
}

// tail shows the last lines that a failed step printed.
func (p *Progress) tail(n *note) {
	dir := p.paths(n.task, n.attempt)
	for _, output := range []string{"stdout", "stderr"} {
		path := logPath(dir, n.step, output)
		lines, more := lastLines(path, tailLines)
		if len(lines) == 0 {
			continue
		}
		note := ", " + output
		if more {
			note += fmt.Sprintf(", last %d lines", len(lines))
		}
		p.fold(p.head(n, note))
		for _, line := range lines {
			p.screen.line(toOut, string(clean(line, p.o.Style.Color)))
		}
		p.unfold(p.o.Style.paint(gray, "--- "+path))
	}
}

// lastLines reads the end of a log, at most atMost lines; more says that there is more before it.
func lastLines(path string, atMost int) (lines [][]byte, more bool) {
	file, err := os.Open(path)
	if err != nil {
		return nil, false
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || info.Size() == 0 {
		return nil, false
	}
	from := max(info.Size()-tailBytes, 0)
	b := make([]byte, info.Size()-from)
	n, _ := file.ReadAt(b, from)
	b = bytes.TrimRight(b[:n], "\n")
	lines = bytes.Split(b, []byte{'\n'})
	if from > 0 && len(lines) > 1 {
		lines = lines[1:] // the first one is cut
	}
	more = from > 0
	if len(lines) > atMost {
		lines, more = lines[len(lines)-atMost:], true
	}
	return lines, more
}

// logFiles are the logs in an attempt's folder: of the work itself first, then of what followed it.
func logFiles(dir string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".log") && e.Type().IsRegular() {
			names = append(names, e.Name())
		}
		for _, output := range []string{"stdout.log", "stderr.log"} {
			// An agent's step of a remedy has a folder of its own.
			name := filepath.Join(e.Name(), output)
			if _, err := os.Stat(filepath.Join(dir, name)); e.IsDir() && err == nil {
				names = append(names, name)
			}
		}
	}
	rank := func(name string) int {
		switch {
		case name == "stdout.log":
			return 0
		case name == "stderr.log":
			return 1
		case strings.HasSuffix(name, "stdout.log"):
			return 2
		}
		return 3
	}
	step := func(name string) string {
		name = strings.TrimSuffix(name, ".log")
		return strings.TrimRight(strings.TrimSuffix(strings.TrimSuffix(name, "stdout"), "stderr"), "./")
	}
	slices.SortFunc(names, func(a, b string) int {
		if rank(a) < 2 || rank(b) < 2 {
			return rank(a) - rank(b)
		}
		stepA, stepB := step(a), step(b)
		if stepA == stepB {
			return rank(a) - rank(b)
		}
		return strings.Compare(stepA, stepB)
	})
	for i := range names {
		names[i] = filepath.Join(dir, names[i])
	}
	return names
}
