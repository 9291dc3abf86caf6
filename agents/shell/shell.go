package shell

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"syscall"
	"time"

	"billow/agents"
	"billow/internal/proc"
)

// defaultShell runs commands of assignments that name no shell.
func defaultShell() []string { return []string{"/bin/sh", "-e", "-c"} }

// Options are the settings of an Agent.
type Options struct {
	// Scratch is the folder for scratch files. It is made when the first command starts and must be on the
	// file system of the attempts' folders, so that a log can move there. Agents may share it. What one that
	// was killed has left there can be removed once its survivors have been ended.
	Scratch string
	// Shell runs commands that need one; the command is added as its last argument. Default /bin/sh -e -c.
	Shell []string
	// Grace is how long a command that is stopped or out of time has between TERM and KILL; default 10 s.
	Grace time.Duration
}

// Agent runs the Command of assignments. Its methods may be called from any goroutine; two assignments
// that run at the same time must not have the same slot.
//
// The command gets the assignment's environment as it is, with two additions: PWD is the folder it runs
// in, and BILLOW_OUTPUT the file for its outputs. That is the assignment's OutputFile, whose folder must
// exist; where it is empty, which costs least, a scratch file that exists only if the command writes it.
type Agent struct {
	options Options
	scratch scratch

	mu    sync.Mutex
	found map[program]place
}

// program is what is looked for, place where it was found and when, as Assignment.Now counts.
type program struct{ name, path, dir string }

type place struct {
	file string
	now  int64
}

// New makes an Agent. It touches nothing before the first Start.
func New(o Options) *Agent {
	if len(o.Shell) == 0 {
		o.Shell = defaultShell()
	}
	return &Agent{options: o, scratch: scratch{root: o.Scratch}, found: map[program]place{}}
}

// Close gives back the scratch files, once no command runs any more. A log that could not be moved to its
// attempt's folder stays where it is.
func (a *Agent) Close() error { return a.scratch.close() }

// Start starts the assignment's command. A program that is missing or cannot be run is a Report with a
// Failure; an error means that the machine could not start it.
//
// To start the next command in tell is far cheaper than in another goroutine (see proc.Start). The Work is a *Work.
func (a *Agent) Start(as agents.Assignment, tell func(agents.Update)) (agents.Work, error) {
	s, err := a.scratch.slot(as.Slot)
	if err != nil {
		return nil, fmt.Errorf("open scratch files for output: %w", err)
	}
	w := &Work{assignment: as, tell: tell, slot: s, outputs: s.outputs}
	if as.OutputFile != "" {
		w.outputs = as.OutputFile
	}
	// The end of the command waits for this lock, and so for Start.
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stdout, w.stderr = s.stdout.path, s.stderr.path

	spec := proc.Spec{
		Env: w.environment(), Dir: as.WorkDir, Stdout: s.stdout.file, Stderr: s.stderr.file,
		Timeouts: proc.Timeouts(as.Timeouts), Grace: a.options.Grace,
	}
	direct := a.choose(&spec, w)
	if err := w.mask(&spec); err != nil {
		return nil, err
	}
	w.process, err = proc.Start(spec, w.ended)
	if direct && errors.Is(err, syscall.ENOEXEC) {
		// A script without a first line that names its interpreter: shells run it themselves.
		a.useShell(&spec, as)
		w.process, err = proc.Start(spec, w.ended)
	}
	w.masks.started(err == nil)
	var refused *proc.StartError
	switch {
	case errors.As(err, &refused) && !refused.System:
		go w.refused(err)
	case err != nil:
		return nil, err
	}
	return w, nil
}

// choose decides between the program itself and the shell.
func (a *Agent) choose(spec *proc.Spec, w *Work) (direct bool) {
	// Only sh's own syntax is known here; a command for another shell may mean anything.
	if len(w.assignment.Shell) == 0 {
		if words, ok := plainWords(w.assignment.Command); ok {
			path, err := a.look(words[0], spec, w.assignment)
			if err == nil {
				spec.Path, spec.Name, spec.Args = path, words[0], words[1:]
				return true
			}
			// The shell may know the name as a builtin that we do not know of.
			w.missing = err
		}
	}
	a.useShell(spec, w.assignment)
	return false
}

// look finds a program, or remembers where it was found for work that came after everything this work comes after: a
// task may have installed another one for those behind it. To look through ten folders takes as long as all deciding.
func (a *Agent) look(name string, spec *proc.Spec, as agents.Assignment) (string, error) {
	if strings.Contains(name, "/") {
		return proc.Look(name, spec.Env, spec.Dir)
	}
	what := program{name, proc.Getenv(spec.Env, "PATH"), spec.Dir}
	a.mu.Lock()
	defer a.mu.Unlock()
	if at, ok := a.found[what]; ok && at.now > as.Since && proc.Executable(at.file) {
		return at.file, nil
	}
	file, err := proc.Look(name, spec.Env, spec.Dir)
	if err == nil {
		a.found[what] = place{file, as.Now}
	}
	return file, err
}

func (a *Agent) useShell(spec *proc.Spec, as agents.Assignment) {
	shell := as.Shell
	if len(shell) == 0 {
		shell = a.options.Shell
	}
	spec.Path, spec.Name = shell[0], ""
	spec.Args = append(append(make([]string, 0, len(shell)), shell[1:]...), as.Command)
}

// outputVariable names the file for outputs.
const outputVariable = "BILLOW_OUTPUT="

// environment is the assignment's with our additions. They replace what is there, because of two variables
// with one name some programs see the first and some the last.
func (w *Work) environment() []string {
	as := &w.assignment
	output := w.slot.variable
	if as.OutputFile != "" {
		output = outputVariable + as.OutputFile
	}
	env := make([]string, 0, len(as.Env)+2)
	pwd := false
	for _, e := range as.Env {
		switch {
		case strings.HasPrefix(e, outputVariable):
			continue
		case as.WorkDir != "" && strings.HasPrefix(e, "PWD="):
			if pwd {
				continue
			}
			pwd = true
			if e[len("PWD="):] != as.WorkDir {
				e = "PWD=" + as.WorkDir
			}
		}
		env = append(env, e)
	}
	if as.WorkDir != "" && !pwd {
		env = append(env, "PWD="+as.WorkDir)
	}
	return append(env, output)
}
