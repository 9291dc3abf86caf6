package local_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"billow/agents"
	"billow/engine"
	"billow/engine/local"
	"billow/failure"
	"billow/internal/store"
	"billow/internal/store/sqlite"
)

// TestKilledDriversLoseNothing runs random plans in simulated time on a real store, kills the driver at
// random moments and starts another, until the run is over. No completed task runs again, no two attempts
// of a task overlap, limits hold, and the log alone gives the final state.
func TestKilledDriversLoseNothing(t *testing.T) {
	steps, gates := map[string]int{}, map[string]int{}
	for seed := range uint64(40) {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSim(t, seed)
				s.world.steps, s.world.gates = steps, gates
				s.play()
			})
		})
	}
	for _, step := range []string{engine.StepDo, "diagnose", "fix", "lint", "verify", "replan", "accept.1", "persist", "commit"} {
		require.Positive(t, steps[step], "no step %s was ever done", step)
	}
	for _, verdict := range []string{"passed", "failed", "sent back", "held", "replanned", "sent back by another plan"} {
		require.Positive(t, gates[verdict], "no gate %s", verdict)
	}
}

type sim struct {
	*testing.T
	rnd   *rand.Rand
	log   store.Log
	run   *engine.RunSpec
	world *world
}

func newSim(t *testing.T, seed uint64) *sim {
	log, err := sqlite.Open(filepath.Join(t.TempDir(), "billow.db"), sqlite.Options{})
	require.NoError(t, err)
	rnd := rand.New(rand.NewPCG(seed, 7))
	run := &engine.RunSpec{ID: "r", PlanID: "p", Policy: failure.Default(),
		Limits: engine.Limits{All: 1 + rnd.IntN(4), Strict: rnd.IntN(2) == 0}}
	for i := range 3 + rnd.IntN(20) {
		spec := engine.TaskSpec{ID: fmt.Sprintf("t%d", i), Class: engine.ClassRun, Wave: 1 + i/5, Accept: rnd.IntN(3) / 2}
		for k := range i {
			if rnd.IntN(6) == 0 {
				spec.Needs = append(spec.Needs, fmt.Sprintf("t%d", k))
			}
		}
		if seed%3 > 0 {
			spec.Class = engine.ClassAgent
		}
		if rnd.IntN(5) == 0 {
			spec.Locks = []string{"l"}
		}
		if spec.AnswerTimeout = 30 * time.Second; rnd.IntN(6) == 0 {
			spec.Approval, spec.ApprovalTimeout = true, time.Minute
		}
		run.Tasks = append(run.Tasks, spec)
	}
	for wave := 1; wave <= 5 && seed%3 > 0 && (wave == 1 || run.Limits.Strict); wave++ {
		run.Tasks = append(run.Tasks, engine.TaskSpec{ID: fmt.Sprintf("gate-%d", wave), Wave: wave, Class: engine.ClassAgent, Gate: true,
			Revisions: 2, Policy: failure.Policy{}.WithRetry(1, 0,
				slices.DeleteFunc(failure.Kinds(), func(k failure.Kind) bool { return k == failure.NeedsReplan }))})
	}
	w := &world{t: t, rnd: rnd, out: map[string]int{}, all: run.Limits.All, crew: seed%2 == 0}
	return &sim{T: t, rnd: rnd, log: log, run: run, world: w}
}

func (s *sim) play() {
	ctx := context.Background()
	require.NoError(s, s.log.PutRun(ctx, store.Run{ID: "r", Plan: "p", Status: "running"}))
	require.NoError(s, s.log.Append(ctx, "r", 0, []engine.Event{{At: time.Now().UTC(), Type: engine.RunStarted, Run: s.run}}))
	for life := 0; ; life++ {
		require.Less(s, life, 1000, "the run does not end")
		state := s.fold()
		if state.Finished() != "" {
			break
		}
		s.world.out = map[string]int{} // whatever ran died with its driver
		ctx, kill := context.WithTimeout(ctx, time.Duration(s.rnd.IntN(20_000)+1)*time.Millisecond)
		result, err := local.Drive(ctx, local.Options{Log: s.log, State: state, World: s.world})
		kill()
		if err == nil && !result.Final {
			s.somebodyHelps()
		}
	}
	s.judge()
	require.NoError(s, s.log.Close())
}

func (s *sim) fold() *engine.State {
	events, err := s.log.Read(context.Background(), "r", 0, 0)
	require.NoError(s, err)
	state, err := engine.Replay(events)
	require.NoError(s, err)
	return state
}

// somebodyHelps approves what was denied because nobody was there, and retries what else is blocked.
func (s *sim) somebodyHelps() {
	state := s.fold()
	for v := range state.All() {
		if v.State == engine.Blocked {
			require.Zero(s, v.Deadline, "%s: its time is not awaited", v.ID)
			ev := engine.Event{At: time.Now().UTC(), Type: engine.RetryAsked, Task: v.ID, By: "someone"}
			if v.Approval == engine.ApprovalDenied || v.Approval == engine.ApprovalPending {
				ev.Type = engine.Approved
			}
			require.NoError(s, s.log.Append(context.Background(), "r", state.Seq(), []engine.Event{ev}))
			return
		}
	}
	s.Fatal("nothing can go on and nobody is asked")
}

// judge reads the history as an outsider would.
func (s *sim) judge() {
	events, err := s.log.Read(context.Background(), "r", 0, 0)
	require.NoError(s, err)
	done := map[string]bool{}
	running := map[string]bool{}
	accept := map[string]int{}
	// recipe is the last step of the remedy under way.
	recipe, steps, gates := map[string]string{}, s.world.steps, s.world.gates
	for _, spec := range s.run.Tasks {
		accept[spec.ID] = spec.Accept
	}
	for _, ev := range events {
		last := func() string {
			switch name := recipe[ev.Task]; {
			case accept[ev.Task] > 0:
				return fmt.Sprintf("accept.%d", accept[ev.Task])
			case name != "":
				return name
			}
			return engine.StepDo
		}
		switch ev.Type {
		case engine.AttemptStarted:
			require.False(s, done[ev.Task], "%s runs again after it was done", ev.Task)
			require.False(s, running[ev.Task], "%s runs twice at once", ev.Task)
			running[ev.Task] = true
		case engine.AttemptLost, engine.AttemptCancelled, engine.ApprovalAsked, engine.QuestionAsked:
			running[ev.Task] = false
		case engine.RetryAsked:
			recipe[ev.Task] = ""
		case engine.StepFailed:
			switch r := ev.Remedy; {
			case r.Action == failure.Continue && isGate(ev.Task) && ev.Step == last():
				running[ev.Task], recipe[ev.Task] = false, ""
			case r.Action == failure.Continue, r.Else != "":
			default:
				running[ev.Task], recipe[ev.Task] = false, ""
				if r.Action == failure.Complete {
					done[ev.Task] = true
				}
				if n := len(r.Steps); n > 0 {
					recipe[ev.Task] = r.Steps[n-1].Name
				}
			}
		case engine.GatePassed:
			gates["passed"]++
			if n := len(ev.Verdict.Steps); n > 0 {
				recipe[ev.Task] = ev.Verdict.Steps[n-1].Name
				continue
			}
			running[ev.Task] = false
		case engine.GateFailed:
			gates["failed"]++
			running[ev.Task] = false
			switch r := ev.Remedy; {
			case r != nil && r.Action == failure.Recipe:
				gates["replanned"]++
				recipe[ev.Task] = r.Steps[len(r.Steps)-1].Name
			case len(ev.Verdict.Reopen) == 0:
				gates["held"]++
			}
			for _, r := range ev.Verdict.Reopen {
				gates["sent back"]++
				delete(done, r.Task)
				recipe[r.Task] = ""
			}
		case engine.PlanRevised:
			steps[ev.Step]++
			running[ev.Task], recipe[ev.Task] = false, ""
			for _, id := range ev.Revision.Removed {
				require.False(s, done[id], "%s is taken out after it was done", id)
			}
			for _, r := range ev.Revision.Reopen {
				gates["sent back by another plan"]++
				delete(done, r.Task)
				recipe[r.Task] = ""
			}
		case engine.StepDone:
			steps[ev.Step]++
			switch {
			case ev.Step != last():
			case isGate(ev.Task):
				running[ev.Task], recipe[ev.Task] = false, ""
			default:
				done[ev.Task], running[ev.Task] = true, false
			}
		}
	}
	final := s.fold()
	for id, ok := range done {
		v, _ := final.Task(id)
		require.Equal(s, ok, v.State == engine.Done, "%s is %s", id, v.State)
	}
	one, err := json.Marshal(s.fold())
	require.NoError(s, err)
	two, err := json.Marshal(s.fold())
	require.NoError(s, err)
	require.JSONEq(s, string(one), string(two))
}

func isGate(id string) bool { return strings.HasPrefix(id, "gate-") }

// world is an agent that takes a random while and sometimes fails.
type world struct {
	t   *testing.T
	rnd *rand.Rand
	mu  sync.Mutex
	out map[string]int
	all int
	// crew: there are agents for remedies.
	crew  bool
	steps map[string]int
	// gates counts verdicts.
	gates map[string]int
}

func (w *world) Assign(v engine.TaskView, attempt int, step string, slot int) (agents.Agent, agents.Assignment, error) {
	require.Less(w.t, slot, w.all, "slots are within the limit")
	return w, agents.Assignment{TaskID: v.ID, Attempt: attempt, Step: step}, nil
}

func (w *world) Start(a agents.Assignment, tell func(agents.Update)) (agents.Work, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := w.out
	require.Zero(w.t, out[a.TaskID], "%s overlaps itself", a.TaskID)
	out[a.TaskID]++
	require.LessOrEqual(w.t, len(out), w.all)
	r := agents.Report{}
	switch w.rnd.IntN(14) {
	case 3, 4:
		kind := failure.Kinds()[w.rnd.IntN(len(failure.Kinds()))]
		r.Failure = &failure.Observation{Reported: string(kind), Message: "it is " + string(kind)}
	case 0:
		r.Failure = &failure.Observation{Reported: "transient", Message: "flaky network"}
	case 1:
		r.Failure = &failure.Observation{Reported: "escalate", Message: "who knows"}
	case 2:
		r.Questions = []agents.Question{{Text: "Which?", Options: []string{"a", "b"}, Recommended: "b"}, {Text: "Sure?", Type: "yes_no"}}
		if w.rnd.IntN(2) == 0 {
			r.Questions[1].Recommended = "yes"
		}
	}
	if r.Failure == nil && a.Step == "diagnose" {
		r.Handoff = map[string]string{failure.FieldDiagnosis: "{}", failure.FieldLint: "[]"}
	}
	timer := time.AfterFunc(time.Duration(w.rnd.IntN(5000))*time.Millisecond, func() {
		w.mu.Lock()
		delete(out, a.TaskID)
		w.mu.Unlock()
		tell(agents.Update{Report: &r})
	})
	return &fake{timer: timer, tell: tell}, nil
}

type fake struct {
	timer *time.Timer
	tell  func(agents.Update)
}

func (f *fake) Claim() agents.Claim { return agents.Claim{} }
func (f *fake) Stop()               { f.Kill() }
func (f *fake) Kill() {
	if f.timer.Stop() {
		f.tell(agents.Update{Report: &agents.Report{Stopped: true, Failure: &failure.Observation{}}})
	}
}

// Review says what comes to mind.
func (w *world) Review(_ string, r agents.Report) (engine.Review, bool) {
	if r.Failure != nil && r.Failure.Reported == "transient" {
		return engine.Review{}, false
	}
	v := engine.Review{Passed: r.Failure == nil, Findings: []string{"found"}}
	v.Replan = r.Failure != nil && w.rnd.IntN(3) == 0
	for _, name := range []string{"persist", "commit"} {
		v.Steps = append(v.Steps, failure.Step{Name: name, Agent: name, Class: "agent", Purpose: failure.ForLearnings})
	}
	for i := range 4 {
		v.Reopen = append(v.Reopen, engine.Reopened{Task: fmt.Sprintf("t%d", w.rnd.IntN(4)+i), Finding: "found"})
	}
	return v, true
}

func (w *world) Condition(*engine.State, string) (bool, string, error) { return true, "", nil }
func (w *world) Items(*engine.State, string) ([]string, error)         { return nil, nil }
func (w *world) Approval(*engine.State, string) engine.Question        { return engine.Question{} }
func (w *world) Approve(string, string) (bool, bool, string)           { return false, false, "" }
func (w *world) Seen(*engine.State, []engine.Event)                    {}
func (w *world) LastLook(*engine.State)                                {}
func (w *world) Hold(*engine.State) bool                               { return false }
func (w *world) Classify(_ string, _ int, o failure.Observation) failure.Signal {
	return failure.Classify(o, nil)
}

// Revise takes a plan with one more task and one less, if that is possible.
func (w *world) Revise(s *engine.State, task string, _ agents.Report) (engine.Event, []string) {
	if w.rnd.IntN(4) == 0 {
		return engine.Event{}, []string{"it is no plan"}
	}
	tasks := s.Tasks()
	rev := &engine.Revision{Number: len(s.Revisions()) + 1, Kind: failure.NeedsReplan}
	spec, _ := s.Spec(task)
	if spec.Gate {
		return engine.Event{Revision: w.another(s, spec, rev)}, nil
	}
	added := engine.TaskSpec{ID: fmt.Sprintf("n%d", rev.Number), Class: engine.ClassRun, Wave: spec.Wave, AnswerTimeout: spec.AnswerTimeout}
	spec.Needs = append(slices.Clone(spec.Needs), added.ID)
	rev.Added, rev.Changed = append(rev.Added, added), append(rev.Changed, spec)
	if w.rnd.IntN(2) == 0 {
		rev.Removed = []string{tasks[w.rnd.IntN(len(tasks))].ID}
	}
	return engine.Event{Revision: rev}, nil
}

// another has one more task in the wave of a gate, or behind it, and one of it that is done once more.
func (w *world) another(s *engine.State, gate engine.TaskSpec, rev *engine.Revision) *engine.Revision {
	rev.Added = append(rev.Added, engine.TaskSpec{ID: fmt.Sprintf("n%d", rev.Number), Class: engine.ClassRun, Wave: gate.Wave + w.rnd.IntN(2),
		AnswerTimeout: 30 * time.Second})
	for _, v := range s.Tasks() {
		if v.State == engine.Done && !v.Removed && (v.Wave == gate.Wave || !s.Limits().Strict) {
			rev.Reopen = append(rev.Reopen, engine.Reopened{Task: v.ID, Finding: "found"})
			break
		}
	}
	return rev
}

func (w *world) Abilities(string) failure.Abilities {
	return failure.Abilities{Who: func(part string) failure.Hand {
		return failure.Hand{Agent: part, Ready: w.crew, Class: string(engine.ClassAgent)}
	}}
}
