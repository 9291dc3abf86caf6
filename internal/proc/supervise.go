package proc

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// exitFile is how a supervisor leaves word of the end, in the attempt's folder.
const exitFile = "exit.json"

// The signals a supervisor understands: end the child with grace, end it at once.
const (
	signalStop = syscall.SIGTERM
	signalKill = syscall.SIGQUIT
)

// Supervise is the program of a supervisor: it starts the child named by its arguments (which
// StartSupervised writes), holds its deadlines, and leaves exit.json in the attempt's folder when it has
// ended. The child gets the supervisor's own environment and files. It is meant to be called by main, in a
// process of its own, and gives the exit status for it: 0 once exit.json is written.
//
// The supervisor outlives billow: it is the leader of a session, and hangs up for no terminal.
func Supervise(args []string) int {
	s, dir, err := parseSupervise(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, "billow: supervise:", err)
		return 2
	}
	signals := make(chan os.Signal, 8)
	// Hang-ups and interrupts are received and dropped: ignored ones would be ignored by the child too.
	signal.Notify(signals, signalStop, signalKill, syscall.SIGHUP, syscall.SIGINT)
	defer signal.Stop(signals)

	exits := make(chan Exit, 1)
	started := time.Now()
	p, err := Start(s, func(e Exit) { exits <- e })
	if err != nil {
		fmt.Fprintln(os.Stderr, "billow:", err)
		exits <- Exit{Status: -1, Lost: err.Error(), Started: started, Ended: time.Now()}
	}
	for {
		select {
		case sig := <-signals:
			switch {
			case p == nil:
			case sig == signalKill:
				p.Kill()
			case sig == signalStop:
				p.Stop()
			}
		case exit := <-exits:
			if err := writeExit(dir, exit); err != nil {
				fmt.Fprintln(os.Stderr, "billow: supervise:", err)
				return 1
			}
			return 0
		}
	}
}

// superviseArgs and parseSupervise are each other's inverse.
func superviseArgs(s Spec, dir string) []string {
	args := []string{
		"-attempt", dir,
		"-total", s.Timeouts.Total.String(),
		"-first-output", s.Timeouts.FirstOutput.String(),
		"-idle", s.Timeouts.Idle.String(),
		"-grace", s.Grace.String(),
		"--", s.Path,
	}
	return append(args, s.Args...)
}

func parseSupervise(args []string) (s Spec, dir string, err error) {
	flags := flag.NewFlagSet("supervise", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&dir, "attempt", "", "folder for "+exitFile)
	flags.DurationVar(&s.Timeouts.Total, "total", 0, "")
	flags.DurationVar(&s.Timeouts.FirstOutput, "first-output", 0, "")
	flags.DurationVar(&s.Timeouts.Idle, "idle", 0, "")
	flags.DurationVar(&s.Grace, "grace", 0, "")
	if err := flags.Parse(args); err != nil {
		return Spec{}, "", err
	}
	if dir == "" || flags.NArg() == 0 {
		return Spec{}, "", errors.New("this command is for billow itself: it needs an attempt's folder and a program")
	}
	s.Path, s.Args = flags.Arg(0), flags.Args()[1:]
	s.Stdin, s.Stdout, s.Stderr = os.Stdin, os.Stdout, os.Stderr
	return s, dir, nil
}

// writeExit replaces exit.json in one step, so that whoever sees it sees all of it.
func writeExit(dir string, e Exit) error {
	data, err := json.Marshal(e)
	if err != nil {
		return err
	}
	file := filepath.Join(dir, exitFile)
	if err := os.WriteFile(file+".new", append(data, '\n'), 0o600); err != nil {
		return fmt.Errorf("leave word of the child's end: %w", err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		return fmt.Errorf("leave word of the child's end: %w", err)
	}
	return nil
}

// readExit gives what the supervisor left; fs.ErrNotExist while there is nothing.
func readExit(dir string) (Exit, error) {
	var e Exit
	data, err := os.ReadFile(filepath.Join(dir, exitFile))
	if err != nil {
		return e, err
	}
	if err := json.Unmarshal(data, &e); err != nil {
		return e, fmt.Errorf("read %s: %w", filepath.Join(dir, exitFile), err)
	}
	return e, nil
}
