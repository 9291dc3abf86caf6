package control

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"billow/engine"
	"billow/internal/planfile"
	"billow/internal/store"
	"billow/plan"
)

// RunRequest asks to run a plan, or to go on with it.
type RunRequest struct {
	// Plan is a path, a folder or a plan id; "" is found as planfile.Find says.
	Plan string
	// Jobs is -j: the limit over everything and over each class; 0 takes the configuration's.
	Jobs int
	// Order says which of the ready tasks goes first; "" is CriticalPath. Whether waves are barriers is the plan's
	// to say.
	Order Order
	// FailFast starts nothing new after the first failure; nil takes the configuration's.
	FailFast *bool
	// Only are tasks to run with what they need and is not done; From are tasks to run again with everything
	// behind them.
	Only, From []string
	// Set overrides the plan's vars.
	Set map[string]string
	// Timeout ends the run; 0 is no limit.
	Timeout time.Duration
	// Budget is how much agents may use up in the run; kinds that are 0 are as the plan and the configuration say.
	Budget plan.Budget
	// NoWriteBack leaves the plan file alone; Fresh starts a new run with every task pending.
	NoWriteBack, Fresh bool
	// Ours are files, relative to the project, that were written for this run before it began: they are committed with
	// what it changes.
	Ours []string
	// Interrupts: the first drains, the second stops, the third kills.
	Interrupts <-chan struct{}
	// Started is told, before anything runs, what is about to run; Watch is told of every event after it is
	// in the history. Both are called by the loop and must return soon. Hold keeps the run waiting for a
	// person who is there to answer. All may be nil.
	Started func(Started)
	Watch   func(*engine.State, []engine.Event)
	Hold    func(*engine.State) bool
}

// Started is what is known when a run begins or goes on.
type Started struct {
	Run  string
	Plan *plan.Plan
	// Path is the plan as a person would name it; Dir the folder of the run's files.
	Path, Dir string
	// State belongs to the loop once Started has returned.
	State *engine.State
	// Resumed is true when the run goes on.
	Resumed bool
	// Limits are those of this driver's life; Schedule is the order of the plan; Durations are how long tasks
	// took before, by id, and belong to the run as State does.
	Limits    engine.Limits
	Schedule  *plan.Schedule
	Durations map[string]time.Duration
	// Output is how the configuration wants progress shown: auto, plain or quiet.
	Output string
	// Paths finds the folder of an attempt's files.
	Paths func(task string, attempt int) string
	// Secrets are the values of all secrets that tasks declare, for whoever has to hide them elsewhere.
	Secrets []string
}

// RunResponse is how it went.
type RunResponse struct {
	Run    string `json:"run,omitempty"`
	Plan   string `json:"plan"`
	PlanID string `json:"plan_id,omitempty"`
	// Root is the project root, absolute.
	Root string `json:"root"`
	// Outcome is completed, failed, blocked, paused or interrupted; Nothing is true when there was nothing to do.
	Outcome     string              `json:"outcome"`
	Nothing     bool                `json:"nothing_to_do,omitempty"`
	Resumed     bool                `json:"resumed,omitempty"`
	Interrupted bool                `json:"interrupted,omitempty"`
	TimedOut    bool                `json:"timed_out,omitempty"`
	Counts      engine.Counts       `json:"counts"`
	Waves       []engine.WaveCounts `json:"waves,omitempty"`
	// Left are the tasks that are not done, with why.
	Left []Left `json:"left,omitempty"`
	// Used is what agents have used up in the run so far, Budget how much they may. Pauses are providers whose limits
	// are waited for.
	Used   plan.Budget    `json:"used,omitzero"`
	Budget plan.Budget    `json:"budget,omitzero"`
	Pauses []engine.Pause `json:"pauses,omitempty"`
	// Started and Ended are the times of this call, not of the whole run.
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended"`
}

// Left is a task that is not done.
type Left struct {
	Task string `json:"task"`
	// File is the file of the task in a folder of task files, "" where the plan is one file. Line and Column are where
	// its id stood in the plan as it was read; 0 where the plan has it no longer.
	File   string           `json:"file,omitempty"`
	Line   int              `json:"line,omitempty"`
	Column int              `json:"column,omitempty"`
	State  engine.TaskState `json:"state"`
	// Unreachable: it will not run unless what stands in its way is mended.
	Unreachable bool   `json:"unreachable,omitempty"`
	Why         string `json:"why"`
	// Log is the folder with what the last attempt printed, relative to the project, where there is one.
	Log      string `json:"log,omitempty"`
	Approval string `json:"approval_state,omitempty"`
	// RequiredInput and NextStep are what an agent that left the task to a person says that it needs, and would do next.
	RequiredInput string `json:"required_input,omitempty"`
	NextStep      string `json:"recommended_next_step,omitempty"`
	// Next are commands that a person can type to move it on.
	Next []string `json:"next,omitempty"`
}

// Run runs a plan until nothing can go on without a person.
func (s *Service) Run(ctx context.Context, r RunRequest) (*RunResponse, error) {
	began := s.Now()
	o, err := s.open(r.Plan)
	if err != nil {
		return nil, err
	}
	if resp := s.nothing(ctx, o, r); resp != nil {
		resp.Started, resp.Ended = began, s.Now()
		return resp, nil
	}
	s.parse(o)
	// Beside the checks, because of a large plan both take their time.
	refused := make(chan []plan.Problem, 1)
	if r.NoWriteBack || len(plan.Errors(o.Problems)) > 0 {
		refused <- nil
	} else {
		go func() { refused <- plan.CanEdit(o.Plan(), o.Doc.Source) }()
	}
	s.study(o)
	if len(plan.Errors(o.Problems)) > 0 {
		return nil, &ProblemsError{File: o.Path, Problems: o.Problems}
	}
	if problems := <-refused; len(problems) > 0 {
		return nil, &ProblemsError{File: o.Path, Problems: append(o.Problems, problems...)}
	}
	for name := range r.Set {
		if !slices.ContainsFunc(o.Plan().Vars, func(v plan.EnvVar) bool { return v.Name == name }) {
			s.notice("warning", "--set %s: the plan has no such var", name)
		}
	}
	id := newRunID(began)
	lock, err := planfile.Acquire(planfile.LockDir(o.Real), o.Real, planfile.Holder{PID: os.Getpid(), Host: hostname(), Started: began, Run: id})
	if err != nil {
		return nil, err
	}
	if s.overtaken(o) {
		if err := lock.Close(); err != nil {
			return nil, err
		}
		return s.Run(ctx, r)
	}
	defer lock.Close()
	log, err := s.log(o.Root, true)
	if err != nil {
		return nil, err
	}
	defer log.Close()

	runner := &runner{Service: s, o: o, r: r, log: log}
	resp, err := runner.carryOn(ctx, id)
	if resp != nil {
		resp.Started, resp.Ended = began, s.Now()
	}
	return resp, err
}

// overtaken reports whether a plan's file is no longer as it was read. Until the plan's lock was taken another driver may
// have run it: what the file said then would pass for a person's edit of what that driver has written since.
func (s *Service) overtaken(o *Opened) bool {
	file, err := planfile.Open(o.Real, planfile.Options{MaxBytes: o.Config.Limits.MaxFileBytes})
	return err == nil && !bytes.Equal(file.Data, o.Data)
}

// nothing answers at once where the file is as we left it and everything in it is completed: reading a large
// plan would take longer than saying so.
func (s *Service) nothing(ctx context.Context, o *Opened, r RunRequest) *RunResponse {
	if r.Fresh || len(r.From) > 0 {
		return nil
	}
	log, err := s.log(o.Root, false)
	if err != nil {
		return nil
	}
	defer log.Close()
	p, err := log.Projection(ctx, o.Key)
	if err != nil || p.Hash != hashOf(o.Data) {
		return nil
	}
	run, err := log.Run(ctx, p.Run)
	if err != nil || run.Status != engine.OutcomeCompleted {
		return nil
	}
	return &RunResponse{Run: run.ID, Plan: o.Path, PlanID: run.PlanID, Root: o.Root, Outcome: engine.OutcomeCompleted,
		Nothing: true, Counts: engine.Counts{Total: run.Total, Done: run.Done, Skipped: run.Total - run.Done}}
}

func hashOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// newRunID names a run by its start and four random hex digits: it sorts by time and can be typed.
func newRunID(at time.Time) string {
	var b [2]byte
	_, _ = rand.Read(b[:])
	return at.UTC().Format("20060102-150405-") + hex.EncodeToString(b[:])
}

func hostname() string {
	name, _ := os.Hostname()
	return name
}

// runner is one call of Run.
type runner struct {
	*Service
	o   *Opened
	r   RunRequest
	log store.Log

	stored  store.Run
	state   *engine.State
	resumed bool
	// ungated leaves gates out, whatever the plan is like.
	ungated bool
	// free is true where budgets do not count, since nothing is used up.
	free bool
	// first is the event a new run begins with, until it is written down; earlier the run before it.
	first   engine.Event
	kept    <-chan error // told when the text of the file is in the store
	earlier earlierRun
	world   *World
	keeper  *planfile.Keeper
	project *projector
	edits   chan func(*engine.State) []engine.Event
	took    map[string]time.Duration
	// dropped are the tasks that revisions in earlier runs took out of the plan.
	dropped map[string]bool
	// revising is what is known of plans that planners work on.
	revising revising
	// base and before are events up to which the file is, and after the next write will be, surely true;
	// said is the last one passed to the keeper. See writing.
	base, before int64
	said         atomic.Int64
	// looked is the event after which everything was last said to the keeper.
	looked int64
}

func (r *runner) carryOn(ctx context.Context, id string) (*RunResponse, error) {
	var err error
	if r.took, err = r.log.Durations(ctx, r.o.Key); err != nil {
		return nil, err
	}
	if err := r.begin(ctx, id); err != nil {
		return nil, err
	}
	if err := r.makeWorld(); err != nil {
		return nil, err
	}
	r.revises(ctx)
	only, again, err := r.choose()
	if err != nil {
		return nil, err
	}
	if !r.resumed {
		if resp, err := r.idle(only, again); resp != nil || err != nil {
			return resp, err
		}
		if err := r.record(ctx); err != nil {
			return nil, err
		}
	}
	if err := r.append(ctx, again); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(runDir(r.o.Root, r.stored.ID), ".scratch"), 0o755); err != nil {
		return nil, err
	}
	if err := r.keep(ctx); err != nil {
		return nil, err
	}
	if err := r.readyGates(ctx); err != nil {
		return nil, err
	}
	limits := r.limits(r.o.Plan())
	if r.r.Started != nil {
		r.r.Started(Started{Run: r.stored.ID, Plan: r.o.Plan(), Path: r.o.Path, Dir: runDir(r.o.Root, r.stored.ID),
			State: r.state, Resumed: r.resumed, Limits: limits, Schedule: r.o.Schedule, Durations: r.took,
			Output:  r.o.Config.Output,
			Paths:   func(task string, attempt int) string { return attemptDir(r.o.Root, r.stored.ID, task, attempt) },
			Secrets: slices.Sorted(maps.Values(r.world.env.secret))})
	}
	driven, driveErr := r.Drive(ctx, Drive{Log: r.log, State: r.state, World: r.world, Edits: r.edits,
		Interrupts: r.r.Interrupts, Timeout: r.r.Timeout, Limits: &limits, Only: only,
		BlockLost: r.o.Config.BlockLost})
	resp, endErr := r.end(context.WithoutCancel(ctx), driven, driveErr)
	return resp, errors.Join(driveErr, endErr)
}

// seen passes events on: to the file, to whoever watches, and to what is learnt.
func (r *runner) seen(s *engine.State, events []engine.Event) {
	r.state = s
	for i := range events {
		if events[i].Type == engine.PlanRevised {
			r.follow(events[i])
		}
	}
	if r.project != nil {
		r.project.seen(s, events)
	}
	r.said.Store(s.Seq())
	for i := range events {
		if events[i].Type == engine.StepDone {
			if v, ok := s.Task(events[i].Task); ok && v.State == engine.Done && v.Parent == "" && !v.Gate {
				r.took[v.ID] = v.Took
			}
		}
	}
	if r.r.Watch != nil {
		r.r.Watch(s, events)
	}
}

// end writes down how the driver's life ended, in the file and in the store.
func (r *runner) end(ctx context.Context, driven Driven, driveErr error) (*RunResponse, error) {
	state := r.state
	var failed []error
	// Beside the last look at the file, because of a large plan both take their time.
	learnt := make(chan error, 1)
	go func() { learnt <- r.log.PutDurations(ctx, r.o.Key, r.took) }()
	if err := r.letGo(ctx); err != nil {
		failed = append(failed, err)
	}
	counts := state.Counts()
	r.stored.Status = driven.Outcome
	if driveErr != nil || driven.Outcome == engine.OutcomeCompleted && !driven.Final {
		r.stored.Status = engine.OutcomeInterrupted // of --only and --from: the rest of the plan is still to be run
	}
	r.stored.Total, r.stored.Done, r.stored.Failed = counts.Total, counts.Done, counts.Failed
	r.stored.Ended = r.Now().UTC()
	failed = append(failed, r.log.PutRun(ctx, r.stored), <-learnt, r.log.Sync(ctx))
	_ = os.RemoveAll(filepath.Join(runDir(r.o.Root, r.stored.ID), ".scratch"))
	return &RunResponse{Run: r.stored.ID, Plan: r.o.Path, PlanID: r.o.Plan().ID, Root: r.o.Root, Outcome: driven.Outcome,
		Resumed: r.resumed, Interrupted: driven.Interrupted, TimedOut: driven.TimedOut, Counts: counts,
		Waves: state.Waves(), Left: r.left(state, r.stored.ID), Used: state.Spent(), Budget: state.Limits().Budget,
		Pauses: state.Pauses()}, errors.Join(failed...)
}

// left lists what is not done, with why.
func (r *runner) left(s *engine.State, run string) []Left {
	var out []Left
	v := &viewed{o: r.o, state: s}
	for t := range s.All() {
		if t.Removed || t.Parent != "" || t.State == engine.Done || t.State == engine.Skipped || t.Gate && t.State == engine.Waiting {
			continue
		}
		why, _ := s.Why(t.ID)
		l := Left{Task: t.ID, State: t.State, Unreachable: t.Unreachable, Why: why, Approval: t.Approval, Next: nextSteps(v, t)}
		l.RequiredInput, l.NextStep = saidToNeed(t)
		if task := r.o.Plan().Task(t.ID); task != nil {
			file, at := r.o.Doc.Source.Place(task.IDPos)
			if l.Line, l.Column = at.Line, at.Column; r.o.Folder {
				l.File = r.o.named(file)
			}
		}
		if dir := attemptDir(r.o.Root, run, t.ID, t.Attempt); t.Attempt > 0 && exists(dir) {
			if rel, err := filepath.Rel(r.o.Root, dir); err == nil {
				l.Log = rel
			}
		}
		out = append(out, l)
	}
	return out
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// list names a few things for people.
func list(names []string) string {
	const most = 5
	if len(names) > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	return strings.Join(names, ", ")
}

// foldRun folds a stored run from its last snapshot.
func foldRun(ctx context.Context, log store.Log, run string) (*engine.State, error) {
	state := engine.New()
	if seq, data, err := log.Snapshot(ctx, run); err == nil && seq > 0 {
		if state.UnmarshalJSON(data) != nil {
			state = engine.New() // of another version: the history says it all
		}
	} else if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	events, err := log.Read(ctx, run, state.Seq(), 0)
	if err != nil {
		return nil, err
	}
	for i := range events {
		if err := state.Apply(events[i]); err != nil {
			return nil, fmt.Errorf("run %s does not fold: %w", run, err)
		}
	}
	return state, nil
}
