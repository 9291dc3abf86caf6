package engine

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"billow/failure"
	"billow/plan"
)

// TestEveryRunKeepsItsPromises drives random plans with random outcomes and looks, after every event, at
// what DESIGN §12 promises: limits kept and reached, conflicts apart, no early start, never stuck; and at
// the end that the history alone gives the same state.
func TestEveryRunKeepsItsPromises(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := &player{T: rt, s: New(), now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
			crew: rapid.SampledFrom([][]string{nil, {"*"}, {"gem-debugger", "gem-implementer"}, {"gem-planner"}}).Draw(rt, "crew")}
		p.apply(Event{Type: RunStarted, Run: randomRun(rt)})
		for step := 0; step < 400; step++ {
			if p.turn() {
				break
			}
		}
		sameWhenReplayed(rt, p.s, p.events)
	})
}

func randomRun(t *rapid.T) *RunSpec {
	n := rapid.IntRange(1, 14).Draw(t, "tasks")
	policy := rapid.SampledFrom([]failure.Policy{failure.Default(), failure.Latest()}).Draw(t, "policy")
	run := &RunSpec{ID: "r", PlanID: "p", Policy: policy, Limits: Limits{
		All: rapid.IntRange(0, 3).Draw(t, "all"), Run: rapid.IntRange(0, 3).Draw(t, "run"),
		Agents: rapid.IntRange(0, 2).Draw(t, "agents"), Strict: rapid.Bool().Draw(t, "strict"),
		Order:     rapid.SampledFrom([]Order{HeaviestFirst, FirstCome}).Draw(t, "order"),
		FailFast:  rapid.IntRange(0, 4).Draw(t, "failfast") == 0,
		QuotaWait: time.Duration(rapid.IntRange(0, 2).Draw(t, "quota wait")) * time.Hour,
		Pools:     map[string]int{"p": 1, "q": 2}, PerAgent: map[string]int{"x": 1, "gem-debugger": 1}}}
	edges := 0
	for i := range n {
		spec := TaskSpec{ID: fmt.Sprintf("t%d", i), Class: ClassRun, Weight: rapid.Int64Range(0, 5).Draw(t, "weight")}
		switch rapid.IntRange(0, 4).Draw(t, "class") {
		case 0, 1:
			spec.Class, spec.Agent = ClassAgent, rapid.SampledFrom([]string{"x", "y"}).Draw(t, "agent")
			spec.Providers = rapid.SampledFrom([][]string{nil, {"k"}, {"k"}, {"m"}, {"k", "m"}}).Draw(t, "providers")
		case 2:
			spec.Class = ClassHuman
		}
		for k := range i {
			if rapid.IntRange(0, 4).Draw(t, "edge") == 0 {
				spec.Needs = append(spec.Needs, fmt.Sprintf("t%d", k))
				edges++
			}
		}
		spec.Wave = rapid.IntRange(1, 3).Draw(t, "wave")
		for _, need := range spec.Needs {
			var k int
			_, _ = fmt.Sscanf(need, "t%d", &k)
			spec.Wave = max(spec.Wave, run.Tasks[k].Wave)
		}
		for k := range n {
			if k != i && rapid.IntRange(0, 9).Draw(t, "conflict") == 0 {
				spec.Conflicts = append(spec.Conflicts, fmt.Sprintf("t%d", k))
			}
		}
		spec.Pool = rapid.SampledFrom([]string{"", "", "p", "q"}).Draw(t, "pool")
		if rapid.IntRange(0, 3).Draw(t, "lock") == 0 {
			spec.Locks = []string{rapid.SampledFrom([]string{"l", "m"}).Draw(t, "name")}
		}
		spec.Approval = rapid.IntRange(0, 6).Draw(t, "approval") == 0
		if rapid.Bool().Draw(t, "timeouts") {
			spec.AnswerTimeout, spec.ApprovalTimeout = 30*time.Minute, time.Hour
		}
		spec.Tolerant = rapid.IntRange(0, 6).Draw(t, "tolerant") == 0
		spec.Foreach = rapid.IntRange(0, 8).Draw(t, "foreach") == 0
		if rapid.IntRange(0, 3).Draw(t, "budget") == 0 {
			spec.Budget = plan.Budget{Tokens: 3, Time: 2 * time.Hour}
		}
		spec.Accept = max(0, rapid.IntRange(-3, 2).Draw(t, "accept"))
		run.Tasks = append(run.Tasks, spec)
	}
	if rapid.IntRange(0, 2).Draw(t, "plan's budget") == 0 {
		run.Limits.Budget = plan.Budget{Tokens: 6, USD: 20}
	}
	run.Limits.Edgeless = run.Limits.Strict && edges == 0
	for wave := 1; wave <= 3 && rapid.IntRange(0, 2).Draw(t, "gates") > 0; wave++ {
		run.Tasks = append(run.Tasks, TaskSpec{ID: fmt.Sprintf("gate-%d", wave), Wave: wave, Class: ClassAgent, Agent: "x", Gate: true,
			Revisions: rapid.IntRange(0, 2).Draw(t, "revisions"), Policy: gatePolicy()})
		if !run.Limits.Strict {
			break
		}
	}
	return run
}

// player is a driver without a world: it carries out what Next asks for and lets things happen at random.
type player struct {
	*rapid.T
	s      *State
	now    time.Time
	events []Event
	// crew are the agents that remedies may call.
	crew []string
	// wanted are gates that a person has asked for and that have said nothing yet; asked is true once asksAgain was.
	wanted []string
	asked  bool
}

func (p *player) apply(ev Event) {
	ev.At = p.now
	if err := p.s.Apply(ev); err != nil {
		p.Fatalf("%v", err)
	}
	p.applied(ev)
}

// applied notes an event that the state has taken, and looks whether the promises are kept.
func (p *player) applied(ev Event) {
	ev.Seq = p.s.Seq()
	p.events = append(p.events, ev)
	switch v, _ := p.s.Task(ev.Task); {
	case !v.Gate:
	case ev.Type == TaskReopened, ev.Type == RetryAsked:
		p.wanted = append(p.wanted, ev.Task)
	case ev.Type == GatePassed, ev.Type == GateFailed, ev.Type == Approved, ev.Type == CancelAsked, ev.Type == TaskRemoved:
		p.wanted = slices.DeleteFunc(p.wanted, func(id string) bool { return id == ev.Task })
	}
	p.kept()
}

// turn does everything Next asks for and then lets one thing happen; it reports whether the run is over.
func (p *player) turn() bool {
	cmds := p.s.Next()
	require.Equal(p, cmds, p.s.Next(), "Next twice is the same")
	wake := time.Time{}
	for _, c := range cmds {
		ev := Event{Task: c.Task, Attempt: c.Attempt, Step: c.Step}
		switch c.Do {
		case Start:
			p.startsRightly(c.Task)
			p.usesRightly(c.Task, c.Step)
			ev.Type = AttemptStarted
		case StartStep:
			p.usesRightly(c.Task, c.Step)
			ev.Type = StepStarted
		case Exceed:
			ev = p.s.Exceeded(c.Task)
			require.NotEmpty(p, ev.Exceeded.What)
			require.GreaterOrEqual(p, ev.Exceeded.Used, ev.Exceeded.Limit)
		case Resume:
			ev.Type, ev.Provider = ProviderResumed, c.Provider
		case Ask:
			ev.Type, ev.Attempt = ApprovalAsked, 0
		case GiveUp:
			ev = p.s.GivenUp(c.Task)
		case Expand:
			ev.Type, ev.Items = TaskExpanded, slices.Repeat([]string{"i"}, rapid.IntRange(0, 3).Draw(p.T, "items"))
		case Stop:
			ev.Type = AttemptCancelled
			if rapid.Bool().Draw(p.T, "too late") {
				continue // what was to be stopped may still finish by itself
			}
		case Wake:
			wake = c.At
			continue
		case Finish:
			require.Len(p, cmds, 1, "finish comes alone")
			return p.over(c)
		}
		p.apply(ev)
	}
	if len(cmds) == 0 || len(cmds) == 1 && !wake.IsZero() {
		p.nothingCouldStart()
	}
	p.happens(wake)
	return false
}

// over is reached when nothing can go on; a person may still help.
func (p *player) over(c Command) bool {
	for _, t := range p.all() {
		require.True(p, t.State != Running || t.Expanded, "%s runs, and the run is over", t.ID)
		why, err := p.s.Why(t.ID)
		require.NoError(p, err)
		require.NotContains(p, why, "ready and starts", "%s: stuck in silence", t.ID)
		require.False(p, c.Outcome == OutcomePaused && len(p.s.Pauses()) == 0 &&
			p.s.Limits().Budget.Exhausted(p.s.Spent()) == "", "it waits for nobody")
		require.True(p, t.Deadline.IsZero() || p.s.Draining() || p.s.stopping, "%s: its time is not awaited", t.ID)
	}
	if c.Final {
		if c.Outcome == OutcomeCompleted {
			for _, g := range p.s.Gates() {
				require.True(p, g.State == Done || g.State == Waiting && p.unchecked(g) == 0, "%s is %s", g.ID, g.State)
			}
			require.Empty(p, p.wanted, "they have not checked what somebody asked them to")
			if p.asksAgain() {
				return false
			}
		}
		p.apply(Event{Type: RunFinished, Status: c.Outcome})
		require.Empty(p, p.s.Next())
		return true
	}
	if p.s.Draining() || p.s.stopping {
		p.apply(Event{Type: DriverStarted})
		return false
	}
	if c.Outcome == OutcomePaused {
		limits := p.s.Limits()
		if limits.Budget.Exhausted(p.s.Spent()) != "" {
			limits.Budget = p.s.Spent().Plus(plan.Budget{Tokens: 6, USD: 20})
		}
		for _, pause := range p.s.Pauses() {
			p.now = later(p.now, pause.Until)
		}
		p.apply(Event{Type: DriverStarted, Limits: &limits})
		return false
	}
	for _, t := range p.all() {
		if (t.State == Blocked || t.Gate && t.State == Cancelled) && !t.Expanded {
			ev := Event{Task: t.ID, Type: RetryAsked}
			switch {
			case t.Approval == ApprovalPending && t.Gate && rapid.Bool().Draw(p.T, "deny"):
				ev.Type = Denied
			case t.Approval == ApprovalPending:
				ev.Type = Approved
			case t.Question != nil:
				ev.Type = Answered
			}
			p.apply(ev)
			return false
		}
	}
	return true
}

// asksAgain lets a person ask a gate that has passed to check once more, when all is done; once in a run.
func (p *player) asksAgain() bool {
	passed := slices.DeleteFunc(p.s.Gates(), func(g TaskView) bool { return g.State != Done })
	if p.asked || len(passed) == 0 {
		return false
	}
	p.asked = true
	p.apply(Event{Type: TaskReopened, Task: rapid.SampledFrom(passed).Draw(p.T, "once more").ID})
	return true
}

// all are the tasks and the gates.
func (p *player) all() []TaskView { return slices.Collect(p.s.All()) }

// wave are the tasks that a gate is about.
func (p *player) wave(gate TaskView) []TaskView {
	return slices.DeleteFunc(p.s.Tasks(), func(t TaskView) bool { return p.s.Limits().Strict && t.Wave != gate.Wave })
}

// unchecked is how many tasks of its wave a gate has not seen.
func (p *player) unchecked(gate TaskView) (n int) {
	for _, t := range p.wave(gate) {
		if t.Unchecked && t.State == Done && !t.Removed {
			n++
		}
	}
	return n
}

// review says what a gate's reviewer might.
func (p *player) review(gate TaskView) Event {
	r := Review{Passed: rapid.IntRange(0, 2).Draw(p.T, "passes") > 0, Findings: []string{"found"}}
	for _, name := range []string{"persist", "commit"}[:rapid.IntRange(0, 2).Draw(p.T, "after")] {
		r.Steps = append(r.Steps, failure.Step{Name: name, Agent: "y", Class: string(ClassAgent), Purpose: failure.ForLearnings})
	}
	require.ElementsMatch(p, p.wave(gate), p.s.Guarded(gate.ID))
	for _, t := range p.wave(gate) {
		if rapid.IntRange(0, 2).Draw(p.T, "reopen") == 0 {
			r.Reopen = append(r.Reopen, Reopened{Task: t.ID, Finding: "found"})
		}
	}
	if !r.Passed && rapid.IntRange(0, 2).Draw(p.T, "replan") == 0 {
		r.Replan = true
		remedy := p.s.Remedy(gate.ID, r.Signal(), crew(gate, p.crew...))
		r.Remedy = &remedy
	}
	return p.s.Reviewed(gate.ID, r)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// happens lets one running attempt report, or somebody do something.
func (p *player) happens(wake time.Time) {
	live := p.s.Live()
	if len(live) == 0 {
		if !wake.IsZero() {
			p.now = wake
			p.apply(Event{Type: TimeReached, Until: wake})
		}
		return
	}
	p.now = p.now.Add(time.Duration(rapid.IntRange(0, 2).Draw(p.T, "minutes")*10) * time.Minute)
	t := rapid.SampledFrom(live).Draw(p.T, "which")
	if task := &p.s.tasks[p.s.index[t.ID]]; task.costs(t.Step) && !p.s.Resting(t.ID) {
		tokens := rapid.Int64Range(0, 3).Draw(p.T, "tokens")
		p.apply(Event{Type: UsageAdded, Task: t.ID, Attempt: t.Attempt, Step: t.Step,
			Usage: &Usage{InputTokens: tokens, OutputTokens: tokens / 2, USD: float64(tokens)}})
		t, _ = p.s.Task(t.ID)
	}
	ev := Event{Task: t.ID, Attempt: t.Attempt, Step: t.Step}
	switch rapid.IntRange(0, 24).Draw(p.T, "what") {
	case 0, 1, 2, 3:
		kind := rapid.SampledFrom(failure.Kinds()).Draw(p.T, "kind")
		sig := failure.Signal{Kind: kind, Rule: "report"}
		remedy := p.s.Remedy(t.ID, sig, crew(t, p.crew...))
		ev.Type, ev.Signal, ev.Remedy = StepFailed, &sig, &remedy
	case 4:
		ev.Type = AttemptLost
	case 5:
		ev.Type = QuestionAsked
		ev.Question = &Question{Text: "?", Recommended: rapid.SampledFrom([]string{"", "yes"}).Draw(p.T, "recommended")}
		if rapid.Bool().Draw(p.T, "two") {
			ev.Question.Then = []Question{{Text: "!"}}
		}
	case 6:
		ev = Event{Type: CancelAsked, Task: t.ID, By: "someone"}
	case 7:
		ev = Event{Type: DrainAsked}
	case 8:
		ev = Event{Type: DriverStarted}
	case 9:
		spec := TaskSpec{ID: fmt.Sprintf("n%d", len(p.events)), Class: ClassRun, Wave: 3, Needs: []string{t.ID}}
		if t.Parent != "" {
			spec.Needs = nil
		}
		ev = Event{Type: TaskAdded, Task: spec.ID, Spec: &spec}
	case 10:
		ev = Event{Type: TaskRemoved, Task: t.ID}
		if t.Parent != "" {
			ev.Task = t.Parent
		}
	case 11:
		ev = Event{Type: TaskSetByHand, Task: t.ID, Status: "completed"}
		if t.Gate {
			return // it is not in the file
		}
	case 13, 14:
		using := p.s.tasks[p.s.index[t.ID]].providersOf(t.Step)
		if len(using) == 0 || p.s.Resting(t.ID) {
			return
		}
		sig := failure.Signal{Kind: failure.Transient, Rule: "pattern: quota", Quota: true,
			Provider: rapid.SampledFrom(using).Draw(p.T, "provider"),
			RetryIn:  time.Duration(rapid.IntRange(0, 3).Draw(p.T, "resets in")) * 40 * time.Minute}
		remedy := p.s.Remedy(t.ID, sig, crew(t, p.crew...))
		if pause, ok := p.s.PauseFor(t.ID, sig, &remedy, p.now); ok {
			p.apply(pause)
		}
		ev.Type, ev.Signal, ev.Remedy = StepFailed, &sig, &remedy
	case 15:
		limits := p.s.Limits()
		limits.Budget = rapid.SampledFrom([]plan.Budget{{}, {Tokens: 1}, {Tokens: 9, USD: 40}}).Draw(p.T, "budget")
		ev = Event{Type: LimitsChanged, Limits: &limits}
	case 12:
		done := slices.DeleteFunc(p.s.Tasks(), func(t TaskView) bool { return t.State != Done || t.Removed || t.Parent != "" })
		if len(done) > 0 {
			ev = Event{Type: TaskReopened, Task: rapid.SampledFrom(done).Draw(p.T, "again").ID}
			break
		}
		fallthrough
	default:
		ev.Type = StepDone
		if t.Gate && t.Step == StepDo {
			ev = p.review(t)
			break
		}
		if rapid.IntRange(0, 3).Draw(p.T, "lint") == 0 {
			ev.Handoff = map[string]string{failure.FieldLint: "[]"}
		}
	}
	if step, ok := t.RemedyStep(t.Step); ok && step.Purpose == failure.ForReplan && ev.Type == StepDone {
		p.revises(t)
		return
	}
	if t.Step != "" && ev.Type == StepDone || ev.Type == StepFailed || ev.Type == AttemptLost || ev.Type == QuestionAsked ||
		ev.Type == GatePassed || ev.Type == GateFailed {
		if p.s.tasks[p.s.index[t.ID]].NextStep != "" {
			return // the driver has not begun the step yet
		}
	}
	p.apply(ev)
}

// revises lets a planner give back a plan, of which nothing is known but that it is one: where any of it cannot be, all
// of it is refused.
func (p *player) revises(t TaskView) {
	if p.s.Resting(t.ID) {
		return
	}
	var ids []string
	for _, v := range p.s.Tasks() {
		ids = append(ids, v.ID)
	}
	r := &Revision{Number: len(p.s.Revisions()) + 1, Kind: t.Remedy.Kind}
	needs := func() []string {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(ids), 0, 2, rapid.ID).Draw(p.T, "needs")
	}
	for i := range rapid.IntRange(0, 2).Draw(p.T, "added") {
		id := fmt.Sprintf("r%d.%d", r.Number, i)
		r.Added = append(r.Added, TaskSpec{ID: id, Class: ClassRun, Wave: rapid.IntRange(1, 3).Draw(p.T, "wave"), Needs: needs()})
		ids = append(ids, id)
	}
	for range rapid.IntRange(0, 2).Draw(p.T, "changed") {
		spec, _ := p.s.Spec(rapid.SampledFrom(ids).Draw(p.T, "change"))
		spec.Needs, spec.Agent = needs(), rapid.SampledFrom([]string{"x", "y"}).Draw(p.T, "agent")
		r.Changed = append(r.Changed, spec)
	}
	if spec, _ := p.s.Spec(rapid.SampledFrom(ids).Draw(p.T, "adjust")); spec.ID != "" {
		spec.Conflicts, spec.Wave = nil, rapid.IntRange(1, 3).Draw(p.T, "to")
		r.Adjusted = append(r.Adjusted, spec)
	}
	r.Removed = rapid.SliceOfN(rapid.SampledFrom(ids), 0, 2).Draw(p.T, "removed")
	if t.Gate {
		for _, v := range p.wave(t) {
			if rapid.IntRange(0, 3).Draw(p.T, "again") == 0 {
				r.Reopen = append(r.Reopen, Reopened{Task: v.ID, Finding: "found"})
			}
		}
	}
	ev := Event{At: p.now, Type: PlanRevised, Task: t.ID, Attempt: t.Attempt, Step: t.Step, Revision: r}
	before, err := json.Marshal(p.s)
	require.NoError(p, err)
	if err := p.s.Apply(ev); err != nil {
		require.ErrorIs(p, err, ErrIllegal)
		after, err := json.Marshal(p.s)
		require.NoError(p, err)
		require.JSONEq(p, string(before), string(after), "a plan that is refused leaves no trace")
		sig := failure.Signal{Kind: failure.NeedsReplan, Rule: "revision"}
		remedy := p.s.Remedy(t.ID, sig, crew(t, p.crew...))
		p.apply(Event{Type: StepFailed, Task: t.ID, Attempt: t.Attempt, Step: t.Step, Signal: &sig, Remedy: &remedy})
		return
	}
	p.applied(ev)
}

// kept looks at everything that runs now, in the plainest way.
func (p *player) kept() {
	l := p.s.Limits()
	var all, run, agents int
	used := map[string]int{}
	var names []string
	for _, t := range p.s.Live() {
		spec, _ := p.s.Spec(t.ID)
		names = append(names, t.ID)
		class, agent := spec.Class, spec.Agent
		if step, ok := t.RemedyStep(t.Step); ok {
			class, agent = Class(step.Class), step.Agent
		}
		switch {
		case p.s.Resting(t.ID): // its slot may be another's until the next step starts
		case class == ClassRun:
			run, all = run+1, all+1
		case class == ClassAgent:
			agents, all = agents+1, all+1
			used["agent "+agent]++
		}
		used["pool "+spec.Pool]++
		for _, lock := range spec.Locks {
			used["lock "+lock]++
			require.LessOrEqual(p, used["lock "+lock], 1, "lock %s", lock)
		}
	}
	within := func(n, limit int, what string) {
		if limit > 0 {
			require.LessOrEqual(p, n, limit, what)
		}
	}
	within(all, l.All, "all")
	within(run, l.Run, "run")
	within(agents, l.Agents, "agents")
	for _, name := range []string{"p", "q"} {
		within(used["pool "+name], l.Pools[name], "pool "+name)
	}
	for _, name := range []string{"x", "gem-debugger"} {
		within(used["agent "+name], l.PerAgent[name], "agent "+name)
	}
	for _, a := range names {
		for _, b := range names {
			require.False(p, a != b && p.conflict(a, b), "%s and %s overlap", a, b)
		}
	}
}

func (p *player) conflict(a, b string) bool {
	va, _ := p.s.Task(a)
	vb, _ := p.s.Task(b)
	if va.Parent != "" && va.Parent == vb.Parent {
		return false
	}
	one := func(x, y TaskView) bool {
		spec, _ := p.s.Spec(x.ID)
		return slices.Contains(spec.Conflicts, y.ID) || y.Parent != "" && slices.Contains(spec.Conflicts, y.Parent)
	}
	return one(va, vb) || one(vb, va)
}

// startsRightly checks a start against the plan as it is written.
func (p *player) startsRightly(id string) {
	spec, _ := p.s.Spec(id)
	view, _ := p.s.Task(id)
	for _, need := range spec.Needs {
		n, _ := p.s.Task(need)
		ok := n.State == Done || n.State == Skipped ||
			spec.Tolerant && (n.State == Failed || n.State == Cancelled || n.Unreachable)
		require.True(p, ok, "%s starts, its need %s is %s", id, need, n.State)
	}
	if p.s.Limits().Strict && view.Parent == "" {
		for _, t := range p.s.Tasks() {
			require.False(p, t.Wave < spec.Wave && t.State == Running, "%s of wave %d starts, %s of wave %d runs",
				id, spec.Wave, t.ID, t.Wave)
		}
	}
	for _, g := range p.s.Gates() {
		if p.s.Limits().Strict && g.Wave < spec.Wave && view.Parent == "" {
			require.True(p, g.State == Done || g.State == Waiting && p.unchecked(g) == 0, "%s starts, %s is %s", id, g.ID, g.State)
		}
	}
	if spec.Gate {
		for _, t := range p.wave(view) {
			require.NotEqual(p, Running, t.State, "%s starts, %s runs", id, t.ID)
			ready := t.State == Waiting && !t.Unreachable && !t.Removed
			held := slices.ContainsFunc(t.Needs, func(n string) bool { v, ok := p.s.Task(n); return !ok || v.State != Done && v.State != Skipped })
			require.False(p, ready && !held, "%s starts, %s is yet to run", id, t.ID)
		}
	}
	if spec.Approval {
		require.Equal(p, ApprovalApproved, view.Approval)
	}
}

// usesRightly checks that one of the providers of a step is not paused, and that nothing it uses up is used up: by
// what the history says, added up in the plainest way.
func (p *player) usesRightly(id, step string) {
	if t := &p.s.tasks[p.s.index[id]]; t.costs(step) {
		purse := id
		if t.Parent != "" {
			purse = t.Parent
		}
		all, own := p.used(purse)
		require.Empty(p, p.s.Limits().Budget.Exhausted(all), "%s starts %s, %v is used", id, step, all)
		spec, _ := p.s.Spec(purse)
		require.Empty(p, plan.Budget{Tokens: spec.Budget.Tokens}.Exhausted(own), "%s starts %s, %v of its own is used", id, step, own)
	}
	using := p.s.tasks[p.s.index[id]].providersOf(step)
	free := len(using) == 0
	for _, name := range using {
		free = free || !slices.ContainsFunc(p.s.Pauses(), func(on Pause) bool { return on.Provider == name })
	}
	require.True(p, free, "%s starts %s, and %v are paused", id, step, using)
}

// used is what tasks have reported, all of them and one with its items since a person let it go on.
func (p *player) used(task string) (all, own plan.Budget) {
	for _, ev := range p.events {
		of := ev.Task == task || strings.HasPrefix(ev.Task, task+"/")
		switch {
		case ev.Type == UsageAdded:
			cost := plan.Budget{Tokens: ev.Usage.InputTokens + ev.Usage.OutputTokens, USD: ev.Usage.USD}
			all = all.Plus(cost)
			if of {
				own = own.Plus(cost)
			}
		case of && (ev.Type == RetryAsked || ev.Type == TaskSetByHand):
			own = plan.Budget{}
		}
	}
	return all, own
}

// nothingCouldStart looks for a task that would be allowed to start: while there is work, limits are
// reached.
func (p *player) nothingCouldStart() {
	if p.s.Draining() || p.s.stopping {
		return
	}
	for _, t := range p.s.Live() {
		require.False(p, p.s.Resting(t.ID) && p.s.hasRoom(p.s.index[t.ID]), "the next step of %s could start", t.ID)
	}
	for _, t := range p.all() {
		if t.State != Waiting || t.Removed {
			continue
		}
		why, err := p.s.Why(t.ID)
		require.NoError(p, err)
		require.NotContains(p, why, "ready and starts", "%s could start and does not", t.ID)
		require.NotContains(p, why, "about to ask", "%s could ask and does not", t.ID)
	}
}
