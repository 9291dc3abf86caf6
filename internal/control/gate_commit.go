package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"billow/agents"
	"billow/failure"
	"billow/internal/worktree"
)

// gitAgent is the name under which what a gate has passed is committed.
const gitAgent = "git"

// dirtyPath is where a run keeps which files had been changed before it began.
func dirtyPath(root, run string) string { return filepath.Join(runDir(root, run), "dirty.json") }

// noteDirty notes, once, which files had been changed before the run began: they are somebody else's, but for those that
// were written for the run, and are committed only where a task says that it changed them too.
func (r *runner) noteDirty(ctx context.Context) {
	at := dirtyPath(r.o.Root, r.stored.ID)
	if !r.o.Config.Gem.GitCommitOnGatePass || len(r.state.Gates()) == 0 || exists(at) {
		return
	}
	files, err := worktree.Tree{Dir: r.o.Root, Env: r.Environ}.Changed(ctx)
	if err == nil {
		files = slices.DeleteFunc(files, func(f string) bool { return slices.Contains(r.r.Ours, f) })
		var data []byte
		if data, err = json.Marshal(files); err == nil {
			err = writeFile(at, data)
		}
	}
	switch {
	case errors.Is(err, worktree.ErrNoRepository):
		r.notice("warning", "nothing will be committed: %s is in no git repository", r.o.Root)
	case err != nil:
		r.notice("warning", "nothing will be committed: %v", err)
	}
}

// committer is the agent that commits what a wave has changed.
type committer struct {
	tree worktree.Tree
	// dirty is the file of noteDirty; reported are the files that reports of the wave name.
	dirty    string
	reported []string
	message  string
	// written makes sure that the plan file says what is known; nil where it is left alone.
	written func(context.Context) error
}

// committer makes the agent for a gate.
func (w *World) committer(a agents.Assignment, wave []checkable, number int) committer {
	if !w.state.Limits().Strict {
		number = 1 // the plan is one wave
	}
	c := committer{tree: worktree.Tree{Dir: w.opened.Root, Env: a.Env}, dirty: dirtyPath(w.opened.Root, w.run), written: w.written,
		message: fmt.Sprintf("%s_wave-%d", w.plan.ID, number)}
	for _, t := range wave {
		for _, f := range t.files {
			if filepath.IsAbs(f) {
				if rel, err := filepath.Rel(w.opened.Root, f); err == nil {
					f = rel
				}
			}
			c.reported = append(c.reported, path.Clean(filepath.ToSlash(f)))
		}
	}
	return c
}

// Start commits on a goroutine of its own.
func (c committer) Start(_ agents.Assignment, tell func(agents.Update)) (agents.Work, error) {
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		defer stop()
		r := agents.Report{Started: time.Now()}
		n, err := c.commit(ctx)
		r.Ended = time.Now()
		r.Stopped = ctx.Err() != nil
		switch {
		case err != nil:
			r.Failure = &failure.Observation{Reported: string(failure.Escalate), Message: err.Error()}
		case n == 0:
			r.Summary = "nothing to commit"
		default:
			r.Summary = fmt.Sprintf("%s committed as %s", times(n, "file"), c.message)
		}
		tell(agents.Update{Report: &r})
	}()
	return committing(stop), nil
}

func (c committer) commit(ctx context.Context) (int, error) {
	data, err := os.ReadFile(c.dirty)
	if err != nil {
		return 0, err
	}
	var before []string
	if err := json.Unmarshal(data, &before); err != nil {
		return 0, err
	}
	if c.written != nil {
		_ = c.written(ctx) // what keeps it from being written is told elsewhere
	}
	changed, err := c.tree.Changed(ctx)
	if err != nil {
		return 0, err
	}
	return c.tree.Commit(ctx, c.message, toCommit(changed, before, c.reported))
}

// toCommit are the files to commit of those that have changed: not billow's own, and of those that had been changed
// before the run began only those that are reported.
func toCommit(changed, before, reported []string) []string {
	return slices.DeleteFunc(slices.Clone(changed), func(f string) bool {
		return f == ".billow" || strings.HasPrefix(f, ".billow/") || slices.Contains(before, f) && !slices.Contains(reported, f)
	})
}

// committing is a commit under way: it has no process that could be adopted.
type committing context.CancelFunc

func (committing) Claim() agents.Claim { return agents.Claim{} }
func (c committing) Stop()             { c() }
func (c committing) Kill()             { c() }
