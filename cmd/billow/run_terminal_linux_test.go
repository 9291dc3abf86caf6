package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// person sits at a terminal at which billow runs.
type person struct {
	*testing.T
	keyboard *os.File
	terminal *os.File
	cmd      *exec.Cmd

	mu   sync.Mutex
	seen strings.Builder
	more chan struct{}
	over chan error
	// blank is closed when everything that was on the screen has been seen.
	blank chan struct{}
}

// at starts billow on a terminal of its own.
func at(t *testing.T, p *project, environ []string, args ...string) *person {
	t.Helper()
	path, err := binary()
	require.NoError(t, err)
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no pseudo-terminals here: ", err)
	}
	var number int
	raw, err := master.SyscallConn()
	require.NoError(t, err)
	require.NoError(t, raw.Control(func(fd uintptr) {
		err = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0)
		if err == nil {
			number, err = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
		}
		if err == nil {
			err = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Row: 30, Col: 90})
		}
	}))
	require.NoError(t, err)
	terminal, err := os.OpenFile(fmt.Sprint("/dev/pts/", number), os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)

	h := &person{T: t, keyboard: master, terminal: terminal, more: make(chan struct{}, 1), over: make(chan error, 1),
		blank: make(chan struct{})}
	h.cmd = exec.Command(path, args...)
	h.cmd.Dir = p.dir
	h.cmd.Env = append(os.Environ(), append([]string{"TERM=xterm", "LANG=C.UTF-8", "LC_ALL=", "CI=", "NO_COLOR="}, environ...)...)
	h.cmd.Stdin, h.cmd.Stdout, h.cmd.Stderr = terminal, terminal, terminal
	h.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	require.NoError(t, h.cmd.Start())
	go h.look()
	go func() { h.over <- h.cmd.Wait() }()
	t.Cleanup(func() {
		_ = h.cmd.Process.Kill()
		_ = terminal.Close()
		_ = master.Close()
	})
	return h
}

func (h *person) look() {
	defer close(h.blank)
	b := make([]byte, 4096)
	for {
		n, err := h.keyboard.Read(b)
		h.mu.Lock()
		h.seen.Write(b[:n])
		h.mu.Unlock()
		select {
		case h.more <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

func (h *person) screen() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.seen.String()
}

// sees waits until something has been on the screen.
func (h *person) sees(pattern string) {
	h.Helper()
	limit := time.After(30 * time.Second)
	for re := regexp.MustCompile(pattern); !re.MatchString(h.screen()); {
		select {
		case <-h.more:
		case <-limit:
			h.Fatalf("%s is not on the screen:\n%q", pattern, h.screen())
		}
	}
}

func (h *person) types(text string) {
	h.Helper()
	_, err := h.keyboard.WriteString(text)
	require.NoError(h, err)
}

// ends waits for the end and returns the exit status.
func (h *person) ends() int {
	h.Helper()
	select {
	case <-h.over:
	case <-time.After(30 * time.Second):
		h.Fatalf("it does not end:\n%q", h.screen())
	}
	mode, err := unix.IoctlGetTermios(int(h.terminal.Fd()), unix.TCGETS)
	require.NoError(h, err)
	assert.NotZero(h, mode.Lflag&unix.ECHO, "the terminal shows again what is typed")
	assert.NotZero(h, mode.Lflag&unix.ICANON)
	require.NoError(h, h.terminal.Close())
	<-h.blank
	return h.cmd.ProcessState.ExitCode()
}

func TestAPersonApprovesAtTheTerminal(t *testing.T) {
	p := newProject(t, shipping)
	h := at(t, p, nil, "run")
	h.types("a\n") // before anybody asked: it must not count
	h.sees(`wave 1  \x1b\[90m░+\x1b\[0m  0/1  1 running`)
	h.sees(`build\x1b\[0m +0\.\ds`)
	p.write("go", "")
	h.sees(`\? ship\x1b\[0m  to production\r\n  \[a\] approve  \[d\] deny  \[l\] later > `)
	h.types("approve of it\n")
	h.sees(`that is no answer: a to approve, d to deny, l to decide later`)
	h.types("xx\x15a")
	h.sees(`> a\x1b?`)
	h.types("\n")
	assert.Equal(t, 0, h.ends())
	assert.Regexp(t, `approved +(\x1b\[0m)? ship`, h.screen())
	assert.Contains(t, h.screen(), ": 2 of 2 tasks done")
	assert.Contains(t, p.read("plan.yaml"), "approval_state: approved")
}

func TestAPersonDeniesOrPutsOff(t *testing.T) {
	p := newProject(t, shipping)
	p.write("go", "")
	h := at(t, p, nil, "run")
	h.sees(`later > `)
	h.types("l\n")
	assert.Equal(t, 4, h.ends())
	assert.Contains(t, p.read("plan.yaml"), "approval_state: pending")

	h = at(t, p, nil, "run")
	h.sees(`later > `)
	h.types("d not on a friday\n")
	assert.Equal(t, 4, h.ends())
	assert.Contains(t, h.screen(), "not on a friday")
	assert.Contains(t, p.read("plan.yaml"), "approval_state: denied")
}

func TestTheKeyboardsInterruptDrainsAndThenStops(t *testing.T) {
	p := newProject(t, shipping)
	h := at(t, p, nil, "run")
	h.sees(`1 running`)
	h.types("\x03")
	h.sees(`interrupted: finishing 1 running task; Ctrl-C again stops them`)
	h.types("\x03")
	assert.Equal(t, 130, h.ends())
	assert.NotContains(t, p.read("plan.yaml"), "in_progress}")

	p.write("go", "")
	h = at(t, p, nil, "run")
	h.sees(`later > `)
	h.types("\x03") // while it asks
	assert.Equal(t, 130, h.ends())
}

func TestATerminalWithoutColorsOrWithoutACursor(t *testing.T) {
	p := newProject(t, shipping)
	p.write("go", "")
	h := at(t, p, []string{"NO_COLOR=1"}, "run")
	h.sees(`later > `)
	h.types("a\n")
	assert.Equal(t, 0, h.ends())
	assert.NotRegexp(t, `\x1b\[\d+m`, h.screen())
	assert.Contains(t, h.screen(), "\x1b[J")

	h = at(t, p, []string{"TERM=dumb"}, "run", "--fresh")
	h.sees(`type a to approve, d to deny, l to decide later, and Enter`)
	h.types("a\n")
	assert.Equal(t, 0, h.ends())
	assert.NotContains(t, h.screen(), "\x1b")

	h = at(t, p, []string{"CI=true"}, "run", "--fresh")
	assert.Equal(t, 4, h.ends(), "in CI nobody is there to ask")
	assert.NotContains(t, h.screen(), "\x1b")
}
