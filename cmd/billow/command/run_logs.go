package command

import (
	"sync"

	"billow/agents"
	"billow/agents/shell"
	"billow/internal/control"
)

// liveLogs knows where the commands that run now write to: while they run, their output is in scratch files
// that only the agent can name.
type liveLogs struct {
	mu   sync.Mutex
	work map[string]*liveWork
}

// liveWork is a step that is out.
type liveWork struct {
	*shell.Work
	attempt int
	step    string
}

func newLiveLogs() *liveLogs { return &liveLogs{work: map[string]*liveWork{}} }

// watch wraps shell agents on their way to the driver.
func (l *liveLogs) watch(reach func(control.ReachRequest) (agents.Agent, error)) func(control.ReachRequest) (agents.Agent, error) {
	return func(r control.ReachRequest) (agents.Agent, error) {
		agent, err := reach(r)
		if inner, ok := agent.(*shell.Agent); ok {
			return watched{inner, l}, err
		}
		return agent, err
	}
}

// watched is a shell agent whose work can be looked up. It hides no ability: shell agents can only start.
type watched struct {
	inner *shell.Agent
	logs  *liveLogs
}

func (w watched) Start(a agents.Assignment, tell func(agents.Update)) (agents.Work, error) {
	live := &liveWork{attempt: a.Attempt, step: a.Step}
	w.logs.mu.Lock()
	w.logs.work[a.TaskID] = live
	w.logs.mu.Unlock()
	work, err := w.inner.Start(a, func(u agents.Update) {
		if u.Report != nil {
			// From here on its scratch files may be another's.
			w.logs.forget(a.TaskID, live)
		}
		tell(u)
	})
	if err != nil {
		w.logs.forget(a.TaskID, live)
		return work, err
	}
	w.logs.mu.Lock()
	defer w.logs.mu.Unlock()
	live.Work, _ = work.(*shell.Work)
	return work, nil
}

func (l *liveLogs) forget(task string, work *liveWork) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.work[task] == work {
		delete(l.work, task)
	}
}

// places says where a step's output is.
func (l *liveLogs) places(task string, attempt int, step string) (stdout, stderr string, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	live := l.work[task]
	if live == nil || live.Work == nil || live.attempt != attempt || live.step != step {
		return "", "", false
	}
	stdout, stderr = live.Logs()
	return stdout, stderr, true
}
