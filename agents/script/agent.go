package script

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"billow/agents"
	"billow/failure"
)

// Agent does as a script says. It is an agents.Agent and an agents.Approver, and safe for use by several
// goroutines. The zero Agent completes everything at once and leaves approvals to people.
type Agent struct {
	approvals     string
	tasks, agents map[string][]entry
}

// Start begins what the script says for the assignment. It never fails.
func (g *Agent) Start(a agents.Assignment, tell func(agents.Update)) (agents.Work, error) {
	w := &work{a: a, tell: tell, started: time.Now()}
	w.entry, w.asks = g.entryFor(a)
	// The first step waits for this lock and so for Start.
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer = time.AfterFunc(0, w.begin)
	return w, nil
}

// Approve answers as the script says for the task, else as approvals says; ok is false where neither does.
func (g *Agent) Approve(taskID, _ string) (granted, ok bool) {
	for _, key := range []string{taskID, "*"} {
		for _, e := range g.tasks[key] {
			if e.approve != "" {
				return e.approve == "grant", true
			}
		}
	}
	switch g.approvals {
	case "grant":
		return true, true
	case "deny":
		return false, true
	}
	return false, false
}

// entryFor finds what is done for an assignment; asks is true when its question has not been answered. Only
// the assignment decides, not what was done before, so that a run that was interrupted goes on alike.
func (g *Agent) entryFor(a agents.Assignment) (e entry, asks bool) {
	key, agent := a.TaskID, a.Agent
	if a.Step != "" && a.Step != "do" {
		key += "/" + a.Step
	}
	if agent == "" && a.Task != nil {
		agent = a.Task.Agent
	}
	list, ok := g.tasks[key]
	if !ok {
		list, ok = g.agents[agent]
	}
	if !ok {
		list = g.tasks["*"]
	}
	// An attempt that ended with a question did nothing else: the one that has the answer does its entry.
	i, ok := pick(list, a.Attempt-len(a.Answers))
	if !ok {
		return entry{}, false
	}
	e = list[i]
	if e.question == nil {
		return e, false
	}
	earlier := 0
	for _, before := range list[:i] {
		if before.question != nil {
			earlier++
		}
	}
	return e, len(a.Answers) <= earlier
}

// pick is the place of the entry for an attempt, which counts from 1.
func pick(list []entry, attempt int) (i int, ok bool) {
	left := max(attempt, 1)
	for i, e := range list {
		if e.times == 0 && i == len(list)-1 {
			return i, true
		}
		if left -= max(e.times, 1); left <= 0 {
			return i, true
		}
	}
	return 0, false
}

// work is one assignment being done.
type work struct {
	a       agents.Assignment
	entry   entry
	asks    bool
	tell    func(agents.Update)
	started time.Time

	mu    sync.Mutex
	timer *time.Timer
	ended bool
	// telling keeps the report behind the last note.
	telling sync.Mutex
}

// Claim is zero: there is no process.
func (w *work) Claim() agents.Claim { return agents.Claim{} }

// Stop ends the work; its report comes from another goroutine.
func (w *work) Stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		return
	}
	w.ended = true
	w.timer.Stop()
	time.AfterFunc(0, func() {
		w.finish(agents.Report{Stopped: true, Failure: &failure.Observation{Message: "stopped"}})
	})
}

// Kill is Stop: there is nothing that could resist.
func (w *work) Kill() { w.Stop() }

// begin writes the log, tells the notes and waits for the delay.
func (w *work) begin() {
	if w.over() {
		return
	}
	delay, err := w.entry.delay, error(nil)
	if w.asks {
		delay = 0
	} else {
		err = w.writeFiles()
		w.tellNotes()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.ended {
		w.timer = time.AfterFunc(delay, func() { w.end(err) })
	}
}

func (w *work) tellNotes() {
	w.telling.Lock()
	defer w.telling.Unlock()
	for _, note := range w.entry.notes {
		if w.over() {
			return
		}
		w.tell(agents.Update{Note: note})
	}
}

// over reports whether the report is told or about to be.
func (w *work) over() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ended
}

func (w *work) end(err error) {
	w.mu.Lock()
	over := w.ended
	w.ended = true
	w.mu.Unlock()
	if over {
		return
	}
	r := w.entry.report
	switch {
	case err != nil:
		r = agents.Report{Failure: &failure.Observation{Message: err.Error()}}
	case w.asks:
		r = agents.Report{Questions: []agents.Question{*w.entry.question}}
	}
	w.finish(r)
}

// finish tells the report, of which each assignment gets a copy of its own.
func (w *work) finish(r agents.Report) {
	if r.Failure != nil {
		o := *r.Failure
		r.Failure = &o
	}
	r.Outputs = maps.Clone(r.Outputs)
	r.Questions = slices.Clone(r.Questions)
	r.Started, r.Ended = w.started, time.Now()
	w.telling.Lock()
	defer w.telling.Unlock()
	w.tell(agents.Update{Report: &r})
}

// writeFiles leaves what an agent's program would have left in the attempt's folder.
func (w *work) writeFiles() error {
	if w.a.Dir == "" {
		return nil
	}
	if err := w.keep("stdout.log", w.entry.log); err != nil {
		return fmt.Errorf("write the script's log: %w", err)
	}
	if err := w.keep("report.json", string(w.entry.report.Raw)); err != nil {
		return fmt.Errorf("write the script's report: %w", err)
	}
	return nil
}

// keep leaves a text in the attempt's folder, which is made for the first.
func (w *work) keep(name, text string) error {
	if text == "" {
		return nil
	}
	if err := os.MkdirAll(w.a.Dir, 0o700); err != nil {
		return fmt.Errorf("make the attempt's folder: %w", err)
	}
	return os.WriteFile(filepath.Join(w.a.Dir, name), []byte(agents.NewMask(w.a.Secrets).Text(text)), 0o600)
}
