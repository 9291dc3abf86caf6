package control

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"billow/engine"
	"billow/internal/store"
	"billow/plan"
)

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
	// Live is true for what a process is still writing; its path is good until the process ends.
	Live bool `json:"live,omitempty"`
}

// Logs lists the files an attempt left, those of its output first. None is no error: a task that printed
// nothing leaves none.
func (s *Service) Logs(ctx context.Context, r LogsRequest) ([]LogFile, error) {
	l, err := s.openLogs(ctx, r)
	if err != nil {
		return nil, err
	}
	defer l.log.Close()
	v, _ := l.state.Task(r.Task)
	if r.Attempt > v.Attempt {
		return nil, fmt.Errorf("%w: task %s has had %d attempts", ErrUsage, r.Task, v.Attempt)
	}
	if r.Attempt > 0 {
		return l.files(v, r.Attempt)
	}
	for n := v.Attempt; n > 0; n-- {
		files, err := l.files(v, n)
		if err != nil || len(files) > 0 {
			return files, err
		}
	}
	return []LogFile{}, nil
}

// FollowLogs passes on what a task prints until the task is at rest: finished, waiting for somebody, or
// without a driver. Where the system does not tell what a process writes to, a shell command's output comes
// when the command has ended. more is called for each new piece of a file, in order; an error ends it.
func (s *Service) FollowLogs(ctx context.Context, r LogsRequest, more func(LogFile, []byte) error) error {
	l, err := s.openLogs(ctx, r)
	if err != nil {
		return err
	}
	defer l.log.Close()
	shown := map[string]int64{}
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	for {
		// Looked at before the files: what is printed until the task comes to rest is then in them.
		v, _ := l.state.Task(r.Task)
		resting := v.State != engine.Running && v.State != engine.Waiting || l.state.Finished() != "" || !s.isLive(l.o)
		for n := max(r.Attempt, 1); n <= v.Attempt && (r.Attempt == 0 || n == r.Attempt); n++ {
			files, err := l.files(v, n)
			if err != nil {
				return err
			}
			for _, f := range files {
				if err := l.pass(f, shown, more); err != nil {
					return err
				}
			}
		}
		if resting || r.Attempt > 0 && v.Attempt > r.Attempt {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := l.catchUp(ctx); err != nil {
			return err
		}
	}
}

// openedLogs is a run whose logs are read.
type openedLogs struct {
	o         *Opened
	log       store.Log
	root, run string
	state     *engine.State
	printing  func(engine.Claim, int, string) (string, bool)
}

// openLogs finds the run and makes sure that it has the task.
func (s *Service) openLogs(ctx context.Context, r LogsRequest) (*openedLogs, error) {
	if r.Attempt < 0 {
		return nil, fmt.Errorf("%w: attempts count from 1", ErrUsage)
	}
	o, log, err := s.stored(r.Plan, r.Run)
	if err != nil {
		return nil, err
	}
	l := &openedLogs{o: o, log: log, root: o.Root, printing: s.Printing}
	if err := l.fold(ctx, r); err != nil {
		log.Close()
		return nil, err
	}
	return l, nil
}

func (l *openedLogs) fold(ctx context.Context, r LogsRequest) error {
	run, err := which(ctx, l.o, l.log, r.Run)
	if err != nil {
		return err
	}
	l.run = run.ID
	if l.state, err = foldRun(ctx, l.log, run.ID); err != nil {
		return err
	}
	if _, ok := l.state.Task(r.Task); ok {
		return nil
	}
	var ids []string
	for t := range l.state.All() {
		ids = append(ids, t.ID)
	}
	hint := ""
	if near := plan.Nearest(r.Task, ids); near != "" {
		hint = "; did you mean " + near + "?"
	}
	return fmt.Errorf("%w: there is no task %q in run %s%s", ErrUsage, r.Task, run.ID, hint)
}

// catchUp applies what has happened since.
func (l *openedLogs) catchUp(ctx context.Context) error {
	events, err := l.log.Read(ctx, l.run, l.state.Seq(), 0)
	if err != nil {
		return err
	}
	for _, ev := range events {
		if err := l.state.Apply(ev); err != nil {
			return err
		}
	}
	return nil
}

// files lists what an attempt left, and what its process is printing now: that lies in scratch files until
// the step has ended.
func (l *openedLogs) files(v engine.TaskView, attempt int) ([]LogFile, error) {
	files, err := attemptFiles(l.root, l.run, v.ID, attempt)
	if err != nil || attempt != v.Attempt || v.State != engine.Running || v.Claim == nil {
		return files, err
	}
	for i, output := range [...]string{"stdout", "stderr"} {
		path, ok := l.printing(*v.Claim, i+1, filepath.Join(runDir(l.root, l.run), ".scratch"))
		if !ok {
			continue
		}
		name := output + ".log"
		if v.Step != "" && v.Step != engine.StepDo {
			name = v.Step + "." + name
		}
		if info, err := os.Stat(path); err == nil && info.Size() > 0 {
			files = append(files, LogFile{Task: v.ID, Attempt: attempt, Name: name, Path: path, Size: info.Size(), Live: true})
		}
	}
	return files, nil
}

// pass passes on what a file has more than was shown of it. A live file and the one it becomes are the same.
func (l *openedLogs) pass(f LogFile, shown map[string]int64, more func(LogFile, []byte) error) error {
	key := fmt.Sprintf("%d/%s", f.Attempt, f.Name)
	if !strings.HasSuffix(f.Name, ".log") || f.Size <= shown[key] {
		return nil
	}
	file, err := os.Open(f.Path)
	if errors.Is(err, fs.ErrNotExist) && f.Live {
		return nil // the process has ended since; the next look finds its file
	}
	if err != nil {
		return err
	}
	defer file.Close()
	piece := make([]byte, 64<<10)
	for {
		n, err := file.ReadAt(piece, shown[key])
		shown[key] += int64(n)
		if n > 0 {
			if err := more(f, piece[:n]); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func attemptFiles(root, run, task string, attempt int) ([]LogFile, error) {
	dir := attemptDir(root, run, task, attempt)
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return []LogFile{}, nil
	}
	if err != nil {
		return nil, err
	}
	files := []LogFile{}
	add := func(name, path string, e fs.DirEntry) {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			files = append(files, LogFile{Task: task, Attempt: attempt, Name: name, Path: path, Size: info.Size()})
		}
	}
	for _, e := range entries {
		if !e.IsDir() {
			add(e.Name(), filepath.Join(dir, e.Name()), e)
			continue
		}
		// An agent's step has a folder of its own.
		inner, err := os.ReadDir(filepath.Join(dir, e.Name()))
		if err != nil {
			continue
		}
		for _, in := range inner {
			add(e.Name()+"."+in.Name(), filepath.Join(dir, e.Name(), in.Name()), in)
		}
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
