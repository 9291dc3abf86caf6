package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"billow/agents"
	"billow/internal/proc"
)

// Agent is an agent that is a program. It is an agents.Agent and an agents.Adopter.
type Agent struct {
	preset Preset
	opts   Options
}

// New makes an agent of a program. It does not look whether the program is there: that may change before it is
// needed, and Start says so.
func New(opts Options) (*Agent, error) {
	p, err := opts.resolved()
	if err != nil {
		return nil, err
	}
	return &Agent{preset: p, opts: opts}, nil
}

// MissingError says that an agent's program is not there.
type MissingError struct {
	// Name is the agent, Command its program, Hint how to get it ("" when nobody said).
	Name, Command, Hint string
}

func (e *MissingError) Error() string {
	s := e.Command + " is not installed or not in PATH"
	if e.Hint != "" {
		s += "; to install it: " + e.Hint
	}
	return s
}

// The files of an attempt.
const (
	briefName  = "brief.md"
	stdoutName = "stdout.log"
	stderrName = "stderr.log"
	reportName = "report.json"
)

// Start runs the program with the assignment's brief. brief.md, stdout.log, stderr.log and in the end
// report.json are in the attempt's folder, readable by the user alone; a step other than "do" has a folder of
// its own in it. The error is a *MissingError where the program is not there.
//
// Work that is given secrets is not supervised: its output must pass through billow to be masked before it
// reaches the disk.
func (g *Agent) Start(a agents.Assignment, tell func(agents.Update)) (agents.Work, error) {
	dir := stepDir(a)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the attempt's folder: %w", err)
	}
	briefFile := filepath.Join(dir, briefName)
	if err := os.WriteFile(briefFile, []byte(a.Brief), 0o600); err != nil {
		return nil, fmt.Errorf("write the brief: %w", err)
	}
	env := g.env(a)
	if _, err := proc.Look(g.preset.Command, env, a.WorkDir); err != nil {
		return nil, &MissingError{Name: g.preset.Name, Command: g.preset.Command, Hint: g.preset.Install}
	}
	w := &work{agent: g, a: a, dir: dir, tell: tell}
	// The end is told from another goroutine, which waits for this lock and so for Start.
	w.mu.Lock()
	defer w.mu.Unlock()

	spec := proc.Spec{
		Path: g.preset.Command, Args: g.preset.arguments(g.model(a), a.Brief, briefFile, dir), Env: env,
		Dir: a.WorkDir, Timeouts: g.timeouts(a), Grace: g.opts.Grace,
		Stdout: w.files.create(filepath.Join(dir, stdoutName)), Stderr: w.files.create(filepath.Join(dir, stderrName)),
	}
	if g.preset.Prompt == PromptStdin {
		spec.Stdin = w.files.open(briefFile)
	}
	err := w.files.err
	if err == nil {
		err = w.start(spec)
	}
	if err != nil {
		w.files.close()
		return nil, fmt.Errorf("start %s: %w", g.preset.Name, err)
	}
	return w, nil
}

// Adopt goes on with work that an earlier billow started under a supervisor.
func (g *Agent) Adopt(a agents.Assignment, c agents.Claim, tell func(agents.Update)) (agents.Work, error) {
	if !c.Supervised {
		return nil, agents.ErrGone
	}
	w := &work{agent: g, a: a, dir: stepDir(a), tell: tell, supervised: true}
	w.mu.Lock()
	defer w.mu.Unlock()
	id := proc.Identity{PID: c.PID, Started: c.Started, Boot: c.Boot, Host: c.Host}
	p, err := proc.AdoptSupervised(w.dir, id, w.ended)
	if errors.Is(err, proc.ErrGone) {
		return nil, agents.ErrGone
	}
	if err != nil {
		return nil, fmt.Errorf("go on with %s: %w", g.preset.Name, err)
	}
	w.process = p
	return w, nil
}

// stepDir is where an assignment's files are: two steps of one attempt must not write the same ones.
func stepDir(a agents.Assignment) string {
	if a.Step == "" || a.Step == "do" {
		return a.Dir
	}
	return filepath.Join(a.Dir, strings.NewReplacer("/", "_", `\`, "_", "..", "_").Replace(a.Step))
}

func (g *Agent) model(a agents.Assignment) string {
	if a.Model != "" {
		return a.Model
	}
	return g.opts.Model
}

func (g *Agent) timeouts(a agents.Assignment) proc.Timeouts {
	t, d := a.Timeouts, g.opts.Timeouts
	if t.Total == 0 {
		t.Total = d.Total
	}
	if t.FirstOutput == 0 {
		t.FirstOutput = d.FirstOutput
	}
	if t.Idle == 0 {
		t.Idle = d.Idle
	}
	return proc.Timeouts{Total: t.Total, FirstOutput: t.FirstOutput, Idle: t.Idle}
}

// env is the assignment's environment with the options' laid over it. Git must never wait for a person.
func (g *Agent) env(a agents.Assignment) []string {
	over := append([]string{"GIT_EDITOR=true", "GIT_TERMINAL_PROMPT=0"}, g.opts.Env...)
	set := map[string]bool{}
	for _, kv := range over {
		name, _, _ := strings.Cut(kv, "=")
		set[name] = true
	}
	var out []string
	for _, kv := range a.Env {
		if name, _, _ := strings.Cut(kv, "="); !set[name] {
			out = append(out, kv)
		}
	}
	return append(out, over...)
}

// files are the files of a child on billow's side: they stay open while it lives, since deadlines look at them.
type files struct {
	all []*os.File
	err error
}

func (f *files) create(path string) *os.File {
	return f.add(os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY|os.O_APPEND, 0o600))
}

func (f *files) open(path string) *os.File { return f.add(os.Open(path)) }

func (f *files) add(file *os.File, err error) *os.File {
	if err != nil {
		if f.err == nil {
			f.err = fmt.Errorf("open the attempt's files: %w", err)
		}
		return nil
	}
	f.all = append(f.all, file)
	return file
}

func (f *files) close() {
	for _, file := range f.all {
		_ = file.Close()
	}
}

// process is what work needs of a child, supervised or not.
type process interface {
	Identity() proc.Identity
	Stop()
	Kill()
}

// work is one run of the program.
type work struct {
	agent *Agent
	a     agents.Assignment
	dir   string
	tell  func(agents.Update)

	// mu keeps the end from being told before Start has returned.
	mu         sync.Mutex
	process    process
	supervised bool
	files      files
	pipes      []*pipe
}

// start starts the child in the way that fits: supervised, plain, or plain with masked output.
func (w *work) start(spec proc.Spec) error {
	g := w.agent
	mask := agents.NewMask(w.a.Secrets)
	if len(w.a.Secrets) == 0 && g.opts.Supervisor != nil {
		p, err := proc.StartSupervised(g.opts.Supervisor, spec, w.dir, w.ended)
		if err != nil {
			return err
		}
		w.process, w.supervised = p, true
		return nil
	}
	if len(w.a.Secrets) > 0 {
		spec.Watch = []*os.File{spec.Stdout, spec.Stderr}
		for _, file := range []**os.File{&spec.Stdout, &spec.Stderr} {
			p, err := newPipe(*file)
			if err != nil {
				w.endPipes()
				return err
			}
			*file = p.w
			w.pipes = append(w.pipes, p)
		}
	}
	p, err := proc.Start(spec, w.ended)
	if err != nil {
		w.endPipes()
		return err
	}
	for _, pipe := range w.pipes {
		pipe.begin(mask)
	}
	w.process = p
	return nil
}

func (w *work) endPipes() {
	for _, p := range w.pipes {
		p.abandon()
	}
}

// Claim says which process has the work: the supervisor where there is one.
func (w *work) Claim() agents.Claim {
	id := w.process.Identity()
	return agents.Claim{PID: id.PID, Started: id.Started, Boot: id.Boot, Host: id.Host, Supervised: w.supervised, Dir: w.dir}
}

func (w *work) Stop() { w.process.Stop() }

func (w *work) Kill() { w.process.Kill() }

// ended is called on a goroutine that every child shares, so the report is read on another.
func (w *work) ended(exit proc.Exit) {
	go func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, p := range w.pipes {
			p.end()
		}
		w.files.close()
		r := w.report(exit)
		w.tell(agents.Update{Report: &r})
	}()
}
