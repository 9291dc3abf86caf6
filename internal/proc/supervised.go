package proc

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// adoptedPoll is how often an adopted supervisor is looked at. It is not billow's child, so nothing tells
// of its end; a pidfd would, but on Linux only, and the children concerned run for minutes.
const adoptedPoll = 100 * time.Millisecond

// Supervised is a child under a supervisor, which goes on when billow dies.
type Supervised struct {
	identity Identity
	dir      string

	mu      sync.Mutex
	done    func(Exit)
	ended   bool
	stopped bool
	timer   *time.Timer // of an adopted one
}

// StartSupervised starts a child under a supervisor: this program again, with selfArgs, which must lead its
// main to Supervise with all arguments after them. The outputs must be files, since a pipe would end with
// billow; dir is the attempt's folder, which must exist and is where the supervisor leaves exit.json. done
// is called as by Start. Watch and Name of the Spec are not used.
//
// The environment is handed over, never written down: it may hold secrets.
func StartSupervised(selfArgs []string, s Spec, dir string, done func(Exit)) (*Supervised, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find billow's own program, to start a supervisor: %w", err)
	}
	// Found out here, a missing program is an error and not the end of an attempt.
	path, err := Look(s.Path, s.Env, s.Dir)
	if err != nil {
		return nil, err
	}
	if err := os.Remove(filepath.Join(dir, exitFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("make room for the result of %s: %w", s.Path, err)
	}
	if s.Dir != "" {
		if _, err := os.Stat(s.Dir); err != nil {
			return nil, startError(s, path, s.Env, syscall.ENOENT)
		}
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, fmt.Errorf("find the attempt's folder: %w", err)
	}
	child := s
	child.Path = path
	w := &Supervised{dir: dir, done: done}
	// Whoever learns of the end waits for this lock, and so for StartSupervised.
	w.mu.Lock()
	defer w.mu.Unlock()
	p, err := Start(Spec{
		Path: self, Args: append(append([]string(nil), selfArgs...), superviseArgs(child, dir)...),
		Env: s.Env, Dir: s.Dir, Stdin: s.Stdin, Stdout: s.Stdout, Stderr: s.Stderr, session: true,
	}, w.supervisorEnded)
	if err != nil {
		return nil, err
	}
	w.identity = p.Identity()
	return w, nil
}

// AdoptSupervised goes on with a child that an earlier billow started: dir and id are those of then. done is
// called as if it had been started now, with the Exit the supervisor left or leaves. ErrGone means that
// there is neither a supervisor nor its word; what the supervisor had started may live all the same, if
// the supervisor itself was killed: FindByEnv finds it.
func AdoptSupervised(dir string, id Identity, done func(Exit)) (*Supervised, error) {
	alive := Alive(id) // before the file: it is written before the supervisor ends
	_, err := readExit(dir)
	if err != nil && !alive {
		return nil, ErrGone
	}
	w := &Supervised{identity: id, dir: dir, done: done}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer = time.AfterFunc(0, w.watch)
	return w, nil
}

// Identity names the supervisor.
func (w *Supervised) Identity() Identity { return w.identity }

// Stop has the supervisor send TERM to the child's group, and KILL after the grace time.
func (w *Supervised) Stop() { w.signal(signalStop) }

// Kill has the supervisor end the child's group at once.
func (w *Supervised) Kill() { w.signal(signalKill) }

func (w *Supervised) signal(sig syscall.Signal) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		return
	}
	w.stopped = true
	if Alive(w.identity) {
		_ = syscall.Kill(w.identity.PID, sig)
	}
}

// watch looks at an adopted supervisor.
func (w *Supervised) watch() {
	alive := Alive(w.identity)
	exit, err := readExit(w.dir)
	if alive && err != nil {
		w.mu.Lock()
		w.timer.Reset(adoptedPoll)
		w.mu.Unlock()
		return
	}
	w.report(exit, err, Exit{Status: -1, Ended: time.Now()})
}

// supervisorEnded is the done of the supervisor.
func (w *Supervised) supervisorEnded(own Exit) {
	exit, err := readExit(w.dir)
	w.report(exit, err, own)
}

// report gives the child's exit, or, where the supervisor left no word of it, what is known of the
// supervisor's own.
func (w *Supervised) report(exit Exit, err error, own Exit) {
	w.mu.Lock()
	w.ended = true
	stopped := w.stopped
	w.mu.Unlock()
	if err != nil {
		exit = own
		exit.Status = -1
		exit.Lost = "the supervisor of the process ended without a word"
	}
	exit.Stopped = exit.Stopped || stopped
	w.done(exit)
}
