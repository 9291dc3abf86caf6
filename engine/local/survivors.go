package local

import (
	"bytes"
	"errors"

	"billow/engine"
	"billow/internal/proc"
)

// endSurvivors finds what is left of attempts whose driver died, by the process that was recorded and by
// the environment every process of an attempt has, and ends it: nothing may run beside a survivor of
// itself. It returns how many processes there were of each task, when they are gone.
func endSurvivors(run string, lost []engine.TaskView) (map[string]int, error) {
	found := map[string]int{}
	var failed []error
	end := func(task string, id proc.Identity) {
		if !proc.Alive(id) {
			return
		}
		found[task]++
		failed = append(failed, proc.EndGroup(id, 0))
	}
	for _, t := range lost {
		if c := t.Claim; c != nil {
			end(t.ID, proc.Identity{PID: c.PID, Started: c.Started, Boot: c.Boot, Host: c.Host})
		}
		// More than once: a process may start another while we look.
		for range 3 {
			ids := proc.FindByEnv(func(environ []byte) bool { return belongs(environ, run, t.ID) })
			if len(ids) == 0 {
				break
			}
			for _, id := range ids {
				end(t.ID, id)
			}
		}
	}
	return found, errors.Join(failed...)
}

// belongs reports whether a process, by its environment, is part of an attempt of a task.
func belongs(environ []byte, run, task string) bool {
	var runs, tasks bool
	for entry := range bytes.SplitSeq(environ, []byte{0}) {
		if v, ok := bytes.CutPrefix(entry, []byte("BILLOW_RUN_ID=")); ok {
			runs = string(v) == run
		} else if v, ok := bytes.CutPrefix(entry, []byte("BILLOW_TASK_ID=")); ok {
			tasks = string(v) == task
		}
	}
	return runs && tasks
}
