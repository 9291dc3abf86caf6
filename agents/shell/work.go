package shell

import (
	"sync"

	"billow/agents"
	"billow/failure"
	"billow/internal/proc"
)

// Work is a command that was started.
type Work struct {
	assignment agents.Assignment
	tell       func(agents.Update)
	slot       *slot
	outputs    string
	missing    error // why the shell was asked for a plain command
	process    *proc.Process
	masks      *masks // nil without secrets

	mu             sync.Mutex
	stdout, stderr string
	exit           proc.Exit
}

// Claim names the command's process.
func (w *Work) Claim() agents.Claim {
	if w.process == nil {
		return agents.Claim{}
	}
	id := w.process.Identity()
	return agents.Claim{PID: id.PID, Started: id.Started, Boot: id.Boot, Host: id.Host}
}

// Stop sends TERM to the command's group, and KILL after the grace time.
func (w *Work) Stop() {
	if w.process != nil {
		w.process.Stop()
	}
}

// Kill ends the command's group at once.
func (w *Work) Kill() {
	if w.process != nil {
		w.process.Kill()
	}
}

// Logs says where the command's outputs are. While it runs these are scratch files, which another command
// may have afterwards; a reader keeps its file open when it moves. After the Report they are the files in
// the attempt's folder, "" where nothing was printed.
func (w *Work) Logs() (stdout, stderr string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stdout, w.stderr
}

// refused reports a program that cannot be run.
func (w *Work) refused(err error) {
	w.mu.Lock() // waits for Start
	w.stdout, w.stderr = "", ""
	w.mu.Unlock()
	w.tell(agents.Update{Report: &agents.Report{
		Failure: &failure.Observation{Message: agents.NewMask(w.assignment.Secrets).Text(err.Error())},
	}})
}

// ended is told of the end of the process.
func (w *Work) ended(exit proc.Exit) {
	w.mu.Lock() // waits for Start
	w.exit = exit
	w.mu.Unlock()
	if w.masks == nil {
		w.finish()
		return
	}
	w.masks.drain()
}

// finish reports, once nothing more is written.
func (w *Work) finish() {
	report := w.report()
	held := w.process.GroupAlive()
	stdout, stderr, err := w.slot.settle(w.assignment.Dir, w.assignment.Step, held)
	w.mu.Lock()
	w.stdout, w.stderr = stdout, stderr
	w.mu.Unlock()
	if err != nil {
		w.tell(agents.Update{Note: err.Error()})
	}
	w.tell(agents.Update{Report: &report})
}
