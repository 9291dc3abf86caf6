package command

import (
	"context"
	"os"

	"golang.org/x/sys/unix"

	"billow/internal/control"
)

// keyboard is the terminal a person answers at.
type keyboard struct {
	file  *os.File
	saved *unix.Termios
	// keys brings what is typed, from the first time that somebody wanted it: two readers would share the letters.
	keys chan []byte
}

// keyboard finds a person to ask, nil when there is none: both the keyboard and the messages must be a
// terminal's, and billow in its foreground. Whoever reads a terminal from the background is stopped.
func (m *program) keyboard() *keyboard {
	in := terminalOf(m.In)
	if in == nil || terminalOf(m.Err) == nil || os.Getenv("CI") != "" {
		return nil
	}
	group, err := unix.IoctlGetInt(int(in.Fd()), unix.TIOCGPGRP)
	if err != nil || group != unix.Getpgrp() {
		return nil
	}
	return &keyboard{file: in}
}

// begin throws away what was typed before anybody asked, and brings what is typed from now on: line by line,
// or with drawn letter by letter, not shown by the terminal.
func (k *keyboard) begin(drawn bool) (<-chan []byte, error) {
	fd := int(k.file.Fd())
	mode, err := unix.IoctlGetTermios(fd, getMode)
	if err != nil {
		return nil, err
	}
	saved := *mode
	if drawn {
		// Signals stay the terminal's: Ctrl-C is not a letter.
		mode.Lflag &^= unix.ICANON | unix.ECHO
		mode.Cc[unix.VMIN], mode.Cc[unix.VTIME] = 1, 0
	}
	if err := unix.IoctlSetTermios(fd, setModeAndFlush, mode); err != nil {
		return nil, err
	}
	if k.saved == nil {
		k.saved = &saved
	}
	if k.keys != nil {
		select {
		case <-k.keys: // typed while nobody asked
		default:
		}
		return k.keys, nil
	}
	keys := make(chan []byte)
	k.keys = keys
	// The goroutine ends with the program: a read from a terminal cannot be called off.
	go func() {
		defer close(keys)
		for {
			b := make([]byte, 256)
			n, err := k.file.Read(b)
			if err != nil || n == 0 {
				return
			}
			keys <- b[:n]
		}
	}()
	return keys, nil
}

// close gives the terminal back as it was.
func (k *keyboard) close() {
	if k != nil && k.saved != nil {
		_ = unix.IoctlSetTermios(int(k.file.Fd()), setMode, k.saved)
		k.saved = nil
	}
}

// decideFor carries out what a person answers, as billow approve and billow deny do.
func decideFor(ctx context.Context, s *control.Service, plan string) func(run, task string, yes bool, reason string) error {
	return func(run, task string, yes bool, reason string) error {
		r := control.DecideRequest{Plan: plan, Run: run, Tasks: []string{task}, Reason: reason}
		decide := s.Deny
		if yes {
			decide = s.Approve
		}
		_, err := decide(ctx, r)
		return err
	}
}

// answerFor carries out what a person answers, as billow answer does.
func answerFor(ctx context.Context, s *control.Service, plan string) func(run, task, question, answer string) error {
	return func(run, task, question, answer string) error {
		_, err := s.Answer(ctx, control.AnswerRequest{Plan: plan, Run: run, Task: task, Question: question, Answer: answer})
		return err
	}
}
