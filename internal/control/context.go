package control

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"billow/agents"
	"billow/plan"
)

// envelope reads the context envelope beside a plan, or in a folder of task files; nil where there is none. What is wrong with it is never
// more than a warning: a plan runs without its context too.
func (o *Opened) envelope() (*agents.Envelope, []plan.Problem) {
	name, path := filepath.Join(filepath.Dir(o.Path), agents.EnvelopeFile), filepath.Join(filepath.Dir(o.Real), agents.EnvelopeFile)
	if o.Folder {
		name, path = filepath.Join(o.Path, agents.EnvelopeFile), filepath.Join(o.Real, agents.EnvelopeFile)
	}
	data, err := readAtMost(path, agents.MaxEnvelope+1)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, []plan.Problem{{Code: agents.EnvelopeUnread, Severity: plan.Warning, File: name, Text: fmt.Sprintf("the file cannot be read: %v", plainError(err))}}
	}
	e, problems := agents.ReadEnvelope(name, data)
	if p := o.Plan(); p != nil {
		problems = append(problems, e.Belongs(name, p.ID)...)
	}
	return e, problems
}

// readAtMost reads a file, but no more than n bytes of it.
func readAtMost(path string, n int64) ([]byte, error) {
	// To open a pipe waits for somebody to write.
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is no plain file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, n))
}

// tellEnvelope says at the start of a run what keeps agents from their context; the rest is for check.
func (s *Service) tellEnvelope(e *agents.Envelope, problems []plan.Problem) {
	if e != nil {
		return
	}
	for _, p := range problems {
		at := p.File
		if p.Line > 0 {
			at = fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
		}
		s.notice("warning", "%s: %s; agents are given no context", at, p.Text)
	}
}
