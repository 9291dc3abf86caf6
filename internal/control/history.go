package control

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"billow/engine"
	"billow/internal/store"
)

// RunsRequest asks for the runs that are stored.
type RunsRequest struct {
	// Plan narrows it to one plan; "" is all plans of the project. Limit is the most that is given, 0 is 20.
	Plan  string
	Limit int
}

// Runs lists stored runs, newest first.
func (s *Service) Runs(ctx context.Context, r RunsRequest) ([]store.Run, error) {
	o, log, err := s.stored(r.Plan)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	limit := r.Limit
	if limit == 0 {
		limit = 20
	}
	runs, err := log.Runs(ctx, o.Key, limit)
	for i := range runs {
		if runs[i].Status == "running" && i == 0 && o.Real != "" && !s.isLive(o) {
			runs[i].Status = engine.OutcomeInterrupted
		}
	}
	return runs, err
}

// stored opens the store of the project that a plan, or the working folder, belongs to.
func (s *Service) stored(arg string) (*Opened, store.Log, error) {
	o := &Opened{}
	var err error
	if arg == "" {
		if o, err = s.open(""); err != nil {
			o, err = s.project()
		}
	} else {
		o, err = s.open(arg)
	}
	if err != nil {
		return nil, nil, err
	}
	log, err := s.log(o.Root, false)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil, fmt.Errorf("%w: nothing has been run in this project yet", ErrNoRun)
	}
	return o, log, err
}

// which finds the run that is meant: by its id, else the latest of the plan.
func which(ctx context.Context, o *Opened, log store.Log, id string) (store.Run, error) {
	if id != "" {
		run, err := log.Run(ctx, id)
		if errors.Is(err, store.ErrNotFound) {
			err = fmt.Errorf("%w: there is no run %s; see billow runs", ErrNoRun, id)
		}
		return run, err
	}
	runs, err := log.Runs(ctx, o.Key, 1)
	if err != nil {
		return store.Run{}, err
	}
	if len(runs) == 0 {
		return store.Run{}, fmt.Errorf("%w: %s has not been run yet", ErrNoRun, o.Path)
	}
	return runs[0], nil
}

// EventsRequest asks for the history of a run.
type EventsRequest struct {
	Plan, Run string
	// After leaves out events up to this number. Follow waits for more until the run is over.
	After  int64
	Follow bool
	// Each is called for every event in its order; an error ends it.
	Each func(engine.Event) error
}

// followEvery is how often a followed history is looked at.
const followEvery = 100 * time.Millisecond

// Events tells the history of a run.
func (s *Service) Events(ctx context.Context, r EventsRequest) error {
	o, log, err := s.stored(r.Plan)
	if err != nil {
		return err
	}
	defer log.Close()
	run, err := which(ctx, o, log, r.Run)
	if err != nil {
		return err
	}
	after := r.After
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	for {
		events, err := log.Read(ctx, run.ID, after, 0)
		if err != nil {
			return err
		}
		over := false
		for _, ev := range events {
			if err := r.Each(ev); err != nil {
				return err
			}
			after = ev.Seq
			over = ev.Type == engine.RunFinished
		}
		if !r.Follow || over {
			return nil
		}
		if len(events) == 0 && o.Real != "" && !s.isLive(o) {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// LogsRequest asks for what a task printed.
type LogsRequest struct {
	Plan, Run, Task string
	// Attempt is the number of the attempt; 0 is the latest that left something.
	Attempt int
}

// LogFile is one file that an attempt left.
type LogFile struct {
	Task    string `json:"task"`
	Attempt int    `json:"attempt"`
	// Name is stdout.log, stderr.log, accept.1.stdout.log, brief.md, report.json ...; Path is absolute.
	Name string `json:"name"`
	Path string `json:"path"`
	Size int64  `json:"size"`
}

// Logs lists the files an attempt left, those of its output first. None is no error: a task that printed
// nothing leaves none.
func (s *Service) Logs(ctx context.Context, r LogsRequest) ([]LogFile, error) {
	o, log, err := s.stored(r.Plan)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	run, err := which(ctx, o, log, r.Run)
	if err != nil {
		return nil, err
	}
	state, err := foldRun(ctx, log, run.ID)
	if err != nil {
		return nil, err
	}
	v, ok := state.Task(r.Task)
	if !ok {
		return nil, fmt.Errorf("%w: there is no task %q in run %s", ErrUsage, r.Task, run.ID)
	}
	if r.Attempt > v.Attempt {
		return nil, fmt.Errorf("%w: task %s has %d attempts", ErrUsage, r.Task, v.Attempt)
	}
	if r.Attempt > 0 {
		return attemptFiles(o.Root, run.ID, r.Task, r.Attempt)
	}
	for n := v.Attempt; n > 0; n-- {
		files, err := attemptFiles(o.Root, run.ID, r.Task, n)
		if err != nil || len(files) > 0 {
			return files, err
		}
	}
	return nil, nil
}

func attemptFiles(root, run, task string, attempt int) ([]LogFile, error) {
	dir := attemptDir(root, run, task, attempt)
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var files []LogFile
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		files = append(files, LogFile{Task: task, Attempt: attempt, Name: e.Name(), Path: filepath.Join(dir, e.Name()), Size: info.Size()})
	}
	rank := func(f LogFile) int {
		switch {
		case f.Name == "stdout.log":
			return 0
		case f.Name == "stderr.log":
			return 1
		case strings.HasSuffix(f.Name, ".log"):
			return 2
		}
		return 3
	}
	slices.SortStableFunc(files, func(a, b LogFile) int { return rank(a) - rank(b) })
	return files, nil
}
