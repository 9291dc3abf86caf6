// Package control is the list of verbs: what can be asked of billow, whoever asks.
//
// Each verb takes a request and gives a response that can be printed as text or JSON; command line and later
// faces only translate. A verb finds the plan, reads and checks it, folds the run's history and, to run,
// puts everything together for a driver, which it is given as a function. The package starts no process and
// knows no way to reach an agent: that too is a function it is given. Start with Service.
package control

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"billow/agents"
	"billow/engine"
	"billow/failure"
	"billow/internal/config"
	"billow/internal/planfile"
	"billow/internal/store"
	"billow/plan"
)

// Service carries out verbs. All fields but Notice are needed.
type Service struct {
	// Dir is the working folder, absolute.
	Dir string
	// Environ is billow's environment, KEY=VALUE.
	Environ []string
	// Flags are settings from the command line, by the names of config; they go before all others.
	Flags map[string]string
	// User is who asks, for the history.
	User string
	// OpenStore opens the run store of a project; with create false it fails with store.ErrNotFound where
	// there is none yet.
	OpenStore func(root string, create bool) (store.Log, error)
	// Reach makes the agent behind a configured name.
	Reach func(ReachRequest) (agents.Agent, error)
	// Drive drives a run on this machine.
	Drive func(context.Context, Drive) (Driven, error)
	// Printing names what a claimed process writes to as standard output (1) or standard error (2), where that
	// is a file under dir and the system tells.
	Printing func(claim engine.Claim, fd int, dir string) (path string, ok bool)
	// Tools looks which programs this machine has that agents are reached by, and git.
	Tools func(context.Context) []Tool
	// Now is the clock.
	Now func() time.Time
	// Notice is told what a person should know while a verb works, a line each; nil is nobody.
	Notice func(Notice)
}

// ReachRequest is what it takes to make an agent.
type ReachRequest struct {
	// Name is the agent's name in the plan; Config how it is to be reached.
	Name   string
	Config config.Agent
	// Root is the project root; Scratch a folder for files that are used again and again in this run.
	Root, Scratch string
}

// Drive is one life of a driver: what control gives and the wiring passes on.
type Drive struct {
	Log        store.Log
	State      *engine.State
	World      *World
	Edits      <-chan func(*engine.State) []engine.Event
	Interrupts <-chan struct{}
	Timeout    time.Duration
	Limits     *engine.Limits
	Only       []string
	BlockLost  bool
}

// Driven is how a driver's life ended.
type Driven struct {
	Outcome               string
	Final                 bool
	Interrupted, TimedOut bool
}

// Notice is something a person should know while a verb works.
type Notice struct {
	// Kind is "info" or "warning".
	Kind string `json:"kind"`
	Text string `json:"text"`
}

// The errors of verbs that faces tell apart.
var (
	// ErrUsage: what was asked makes no sense, whatever the plan.
	ErrUsage = errors.New("usage")
	// ErrNoRun: there is no run of that id, or none at all.
	ErrNoRun = errors.New("no run")
)

// ProblemsError says that a plan or the configuration has problems that keep it from running.
type ProblemsError struct {
	// File is the plan; Problems are all of its problems, errors and others.
	File     string
	Problems []plan.Problem
}

func (e *ProblemsError) Error() string {
	n := len(plan.Errors(e.Problems))
	if n == 1 {
		return fmt.Sprintf("%s has a problem", e.File)
	}
	return fmt.Sprintf("%s has %d problems", e.File, n)
}

func (s *Service) notice(kind, format string, args ...any) {
	if s.Notice != nil {
		s.Notice(Notice{Kind: kind, Text: fmt.Sprintf(format, args...)})
	}
}

// Opened is a plan file, or a folder of task files, as the verbs see it.
type Opened struct {
	// Path is the plan as a person would name it; Root the project root, absolute; Key how the store names
	// the plan: its real path relative to the root.
	Path, Root, Key string
	// Real is the absolute path of the file, symlinks resolved.
	Real string
	// Data is the file's text; where Folder is true, the bundle of its task files, and leftOut are the others.
	Data    []byte
	Folder  bool
	leftOut []planfile.LeftOut
	Config  *config.Config
	// Doc, Problems and Schedule are filled in by read.
	Doc      *plan.Document
	Problems []plan.Problem
	Schedule *plan.Schedule
}

// Plan is the plan that was read; nil when nothing could be.
func (o *Opened) Plan() *plan.Plan {
	if o.Doc == nil {
		return nil
	}
	return o.Doc.Plan
}

// find finds the plan file and the project it belongs to, and reads the project's configuration.
func (s *Service) find(arg string) (*Opened, error) {
	found, err := planfile.Find(arg, s.Dir)
	if errors.Is(err, planfile.ErrNoPlan) {
		if ids := unplanned(planfile.Root(s.Dir), arg); len(ids) > 0 {
			return nil, &UnplannedError{IDs: ids}
		}
	}
	if err != nil {
		return nil, err
	}
	o := &Opened{Path: found.Path, Root: found.Root}
	if o.Config, err = s.config(found.Root); err != nil {
		return nil, err
	}
	return o, nil
}

// project is what is known without a plan.
func (s *Service) project() (*Opened, error) {
	o := &Opened{Root: planfile.Root(s.Dir)}
	var err error
	o.Config, err = s.config(o.Root)
	return o, err
}

// open finds the plan file and reads its bytes.
func (s *Service) open(arg string) (*Opened, error) {
	o, err := s.find(arg)
	if err != nil {
		return nil, err
	}
	path := o.Path
	if !filepath.IsAbs(path) {
		path = filepath.Join(s.Dir, path)
	}
	file, err := planfile.Open(path, planfile.Options{MaxBytes: o.Config.Limits.MaxFileBytes})
	if err != nil {
		return nil, err
	}
	o.Real, o.Data, o.Folder, o.leftOut = file.Real, file.Data, file.Folder, file.LeftOut
	o.Key = key(o.Root, o.Real)
	return o, nil
}

// key names a plan in the store: relative to the project, so that a project can be moved.
func key(root, real string) string {
	if r, err := filepath.EvalSymlinks(root); err == nil {
		root = r
	}
	rel, err := filepath.Rel(root, real)
	if err != nil {
		return filepath.ToSlash(real)
	}
	return filepath.ToSlash(rel)
}

// Open reads and checks a plan. The error is about the file; what is wrong with its content is in Problems.
func (s *Service) Open(arg string) (*Opened, error) {
	o, err := s.open(arg)
	if err != nil {
		return nil, err
	}
	s.read(o)
	return o, nil
}

// readOptions are how plans of this project are read.
func (o *Opened) readOptions() plan.Options {
	opts := plan.Options{
		Limits:      plan.Limits{MaxBytes: int(o.Config.Limits.MaxFileBytes), MaxTasks: o.Config.Limits.MaxTasks},
		ApprovalFor: o.Config.ApprovalRequiredFor,
	}
	if o.Config.FailureRules == "latest" {
		opts.Failure = failure.Latest()
	}
	if o.Folder {
		// However it was named: as `.`, say.
		opts.DefaultID = filepath.Base(o.Real)
	}
	return opts
}

// read reads the plan, checks it and puts it in order.
func (s *Service) read(o *Opened) {
	s.parse(o)
	s.study(o)
}

// parse reads the plan.
func (s *Service) parse(o *Opened) {
	o.Doc = plan.Read(o.Path, o.Data, o.readOptions())
	o.Problems = append([]plan.Problem(nil), o.Doc.Problems...)
	for _, f := range o.leftOut {
		o.Problems = append(o.Problems, plan.LeftOut(o.Path, f.Name, f.Why))
	}
	o.Problems = append(o.Problems, o.Config.Problems...)
}

// study checks what was read and puts it in order.
func (s *Service) study(o *Opened) {
	if o.Doc.Plan == nil {
		return
	}
	o.Schedule = plan.Order(o.Doc.Plan)
	o.Problems = append(o.Problems, s.check(o, o.Doc, o.Schedule)...)
}

// check runs the rules of the plan package, and what only the configuration can tell.
func (s *Service) check(o *Opened, doc *plan.Document, order *plan.Schedule) []plan.Problem {
	return plan.Check(doc.Plan, doc.Source, plan.CheckOptions{
		Schedule:     order,
		DefaultAgent: o.Config.DefaultAgent,
		Agents: func(name string) (bool, string) {
			_, known := o.Config.Agent(name)
			return known, o.Config.AgentHint(name)
		},
	})
}

// config reads the configuration that holds for a project.
func (s *Service) config(root string) (*config.Config, error) {
	return config.Load(config.Sources{
		Root: root, Environ: s.Environ, Flags: s.Flags, ReadFile: os.ReadFile,
	})
}

// log opens the run store of a project.
func (s *Service) log(root string, create bool) (store.Log, error) {
	return s.OpenStore(root, create)
}
