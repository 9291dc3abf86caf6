package engine

import (
	"fmt"
	"strings"

	"billow/failure"
)

// A gate is a task that is none of the plan: a reviewer's check on the barrier behind a wave. What it has to check are
// the tasks of the wave that an agent has completed since it last passed. See docs/design/0016-gates.md.

// passed reports whether nothing of a wave's gate keeps the barrier shut: there is none, it has passed, or there is
// nothing for it to check. A driver that was told what to run leaves gates to the next one.
func (s *State) passed(w int) bool {
	g := s.waves[w].gate
	if g < 0 || s.selected != nil {
		return true
	}
	switch s.tasks[g].State {
	case Done, Skipped:
		return true
	case Waiting:
		return !s.hasToCheck(g)
	}
	return false
}

// hasToCheck reports whether a gate that waits is called for.
func (s *State) hasToCheck(g int) bool {
	t := &s.tasks[g]
	return t.Unchecked || t.Mend != nil || s.waves[t.wave].due > 0
}

// toCheck notes that a task is completed, which is news for the gate of its wave.
func (s *State) toCheck(i int) {
	t := &s.tasks[i]
	w := &s.waves[t.wave]
	if w.gate < 0 || t.Spec.Class != ClassAgent {
		return
	}
	t.Unchecked = true
	g := &s.tasks[w.gate]
	switch {
	case g.State == Running, g.Mend != nil:
		g.Unchecked = true // what it has seen is not all
	case g.State == Done, g.State == Skipped:
		s.set(w.gate, Waiting, Event{At: s.now})
	case g.State == Blocked && g.Held:
		revised, replans := g.Revised, g.Uses[failure.NeedsReplan]
		s.reset(g)
		g.Revised = revised // only a person gives it more
		if replans > 0 {
			g.Uses = map[failure.Kind]int{failure.NeedsReplan: replans}
		}
		s.set(w.gate, Waiting, Event{At: s.now})
	}
}

// undecided calls for a gate once more whose attempt has ended without a verdict, where only a person had asked for it too.
func (t *task) undecided() {
	t.Unchecked = t.Unchecked || t.Spec.Gate && t.Mend == nil
}

// gatePassed leads on to what follows a gate that has passed, or to its end.
func (s *State) gatePassed(i int, ev Event) {
	t := &s.tasks[i]
	t.Claim, t.Signal, t.Past = nil, nil, nil
	switch {
	case t.Cancelling:
		s.set(i, Cancelled, ev)
	case len(ev.Verdict.Steps) == 0:
		s.finish(i, ev)
	default:
		t.handOn(ev.Handoff)
		t.Passed = ev.Reason
		t.Mend = &Mend{Steps: ev.Verdict.Steps}
		s.step(i, t.firstStep())
	}
}

// gateFailed sends the tasks back that the verdict names, or has the plan revised; where it does neither, a person must
// decide.
func (s *State) gateFailed(i int, ev Event) {
	t := &s.tasks[i]
	t.Claim, t.Signal = nil, nil
	if r := ev.Remedy; r != nil && (r.Action == failure.Recipe || r.Action == failure.Retry) {
		s.gateMends(i, ev)
		return
	}
	t.Revised++
	if t.Cancelling {
		s.set(i, Cancelled, ev)
		return
	}
	if len(ev.Verdict.Reopen) == 0 {
		s.holdGate(i, ev, ev.Verdict.Findings)
		return
	}
	for _, r := range ev.Verdict.Reopen {
		s.sendBack(s.index[r.Task], r.Finding, ev)
	}
	// Whoever checks again is told what it was about.
	t.Past = &PastFailure{Attempt: ev.Attempt, Step: ev.Step, Signal: failure.Signal{Kind: failure.Fixable, Rule: RuleGate,
		Message: strings.Join(ev.Verdict.Findings, "; ")}}
	s.set(i, Waiting, ev)
}

// gateMends begins with what the policy has for a wave that needs another plan: the next attempt of its gate.
func (s *State) gateMends(i int, ev Event) {
	t, r := &s.tasks[i], ev.Remedy
	if r.Counted {
		t.used(ev.Signal.Kind)
	}
	if t.Cancelling {
		s.set(i, Cancelled, ev)
		return
	}
	t.Past = &PastFailure{Attempt: ev.Attempt, Step: ev.Step, Signal: *ev.Signal}
	if r.Action == failure.Recipe {
		t.Mend = &Mend{Kind: ev.Signal.Kind, Steps: r.Steps}
		t.handOn(ev.Handoff)
	} else {
		t.Unchecked = true
	}
	if r.Delay > 0 {
		t.NotBefore = ev.At.Add(r.Delay)
	}
	s.set(i, Waiting, ev)
}

// sendBack reopens a task for what a gate has found; one that is no longer done stays as it is. What it was approved
// for, and how often it was tried again, stays.
func (s *State) sendBack(i int, finding string, ev Event) {
	t := &s.tasks[i]
	if t.State != Done || t.Removed {
		return
	}
	if t.parent >= 0 && (s.tasks[t.parent].Cancelling || s.tasks[t.parent].Removed) {
		return
	}
	if t.Expanded {
		for _, c := range t.Children {
			s.sendBack(c, finding, ev)
		}
		return
	}
	s.reset(t)
	s.set(i, Waiting, Event{At: ev.At, Reason: finding})
	t.Past = &PastFailure{Attempt: t.Attempt, Step: StepDo,
		Signal: failure.Signal{Kind: failure.Fixable, Rule: RuleGate, Message: finding}}
}

// RuleGate is the rule of a failure that a gate has found.
const RuleGate = "gate"

// holdGate leaves a gate to a person: approving it lets the barrier open.
func (s *State) holdGate(i int, ev Event, findings []string) {
	t := &s.tasks[i]
	name, next := "the plan", "let the run end as completed all the same, or keep it from doing so"
	if s.limits.Strict {
		name = fmt.Sprintf("wave %d", s.waves[t.wave].number)
		if t.wave+1 < len(s.waves) {
			next = fmt.Sprintf("let wave %d begin all the same, or keep it from doing so", s.waves[t.wave+1].number)
		}
	}
	t.Held, t.Approval, t.Wanted, t.Note = true, ApprovalPending, ev.Reason, ""
	t.Question = &Question{Text: ev.Reason, Options: []string{"approve", "deny"}, Context: strings.Join(findings, "\n"),
		Risk: "what was found in " + name + " stays, and what comes after builds on it", Decision: next}
	if len(findings) == 0 {
		t.Question.Risk = name + " has not been reviewed, and what comes after builds on it"
	}
	s.set(i, Blocked, ev)
}

// letPass ends a gate that a person lets pass. What follows a pass is for those that passed by themselves.
func (s *State) letPass(i int, ev Event) {
	t := &s.tasks[i]
	t.Question, t.Held, t.Passed = nil, false, with("let pass by "+ev.By, ev.Reason)
	s.gateDone(i, ev)
}

// gateDone ends a gate well: what it has checked is checked, unless something was completed meanwhile.
func (s *State) gateDone(i int, ev Event) {
	t := &s.tasks[i]
	t.Revised, t.Past = 0, nil
	if t.Passed != "" {
		ev.Reason = t.Passed
	}
	if t.Unchecked {
		t.heal()
		s.set(i, Waiting, Event{At: ev.At, Reason: "more was completed while it ran"})
		return
	}
	s.set(i, Done, ev)
	for _, k := range s.waves[t.wave].tasks {
		if s.tasks[k].Unchecked {
			s.tasks[k].Unchecked = false
			s.todo = append(s.todo, k)
		}
	}
}

// checkGate holds what is special about events of gates.
func (s *State) checkGate(ev Event, t *task) error {
	verdict := ev.Type == GatePassed || ev.Type == GateFailed
	switch {
	case verdict && !t.Spec.Gate:
		return s.illegal(ev, "it is no gate")
	case verdict && ev.Verdict == nil:
		return s.illegal(ev, "it carries no verdict")
	case verdict && t.mending(ev.Step) >= 0:
		return s.illegal(ev, "step %q checks nothing", ev.Step)
	case ev.Type == StepDone && t.Spec.Gate && t.mending(ev.Step) < 0:
		return s.illegal(ev, "a gate passes or fails")
	case ev.Type == GateFailed && ev.Remedy != nil && ev.Signal == nil:
		return s.illegal(ev, "it carries a remedy for no signal")
	case ev.Type == GateFailed:
		return s.checkReopen(ev, t, ev.Verdict.Reopen)
	}
	return nil
}

// checkReopen refuses to send back what is not of the wave of a gate.
func (s *State) checkReopen(ev Event, t *task, list []Reopened) error {
	for _, r := range list {
		i, ok := s.index[r.Task]
		if !ok || !t.Spec.Gate || s.tasks[i].Spec.Gate || s.tasks[i].wave != t.wave {
			return s.illegal(ev, "%s is no task of its wave", r.Task)
		}
	}
	return nil
}

// Review is what a gate's reviewer said.
type Review struct {
	Passed bool
	// Summary is one line for people.
	Summary  string
	Findings []string
	// Reopen are tasks of the wave to send back; those that are not done are left out, and where none is left, or the
	// gate has sent tasks back often enough, a person must decide.
	Reopen []Reopened
	// Replan: no work that is done again helps, the wave needs another plan. Remedy is then what is done about it, as
	// State.Remedy has it; nothing of Reopen goes back before the plan is revised.
	Replan bool
	Remedy *failure.Remedy
	// Steps follow a gate that passed; Handoff is theirs, or the planner's.
	Steps   []failure.Step
	Handoff map[string]string
}

// Signal is the failure that a review comes to which says that its wave needs another plan.
func (r Review) Signal() failure.Signal {
	return failure.Signal{Kind: failure.NeedsReplan, Rule: RuleGate, Message: strings.Join(r.Findings, "; ")}
}

// Reviewed is the event by which a driver records what a gate's reviewer said.
func (s *State) Reviewed(id string, r Review) Event {
	i, ok := s.index[id]
	if !ok || !s.tasks[i].Spec.Gate {
		return Event{Type: GateFailed, Task: id, Verdict: &Verdict{}}
	}
	t := &s.tasks[i]
	v := s.standing(t)
	ev := Event{Type: GatePassed, Task: id, Attempt: t.Attempt, Step: t.Step, Verdict: v}
	if r.Passed {
		v.Steps, ev.Handoff = r.Steps, r.Handoff
		ev.Reason = v.say("passed", r.Summary)
		return ev
	}
	ev.Type, v.Findings = GateFailed, r.Findings
	why := r.Summary
	if why == "" && len(r.Findings) > 0 {
		why = r.Findings[0]
	}
	if r.Replan && r.Remedy != nil {
		signal := r.Signal()
		ev.Signal, ev.Remedy, ev.Handoff = &signal, r.Remedy, r.Handoff
		ev.Reason = v.say("failed", why) + "; " + r.Remedy.Reason
		return ev
	}
	var names []string
	for _, back := range r.Reopen {
		if k, ok := s.index[back.Task]; ok && s.tasks[k].State == Done && s.tasks[k].wave == t.wave && !s.tasks[k].Spec.Gate {
			v.Reopen = append(v.Reopen, back)
			names = append(names, back.Task)
		}
	}
	switch {
	case t.Revised >= t.Spec.Revisions && len(names) > 0:
		v.Reopen = nil
		often := fmt.Sprintf("it has sent tasks back %d times", t.Spec.Revisions)
		switch t.Spec.Revisions {
		case 0:
			often = "it sends nothing back"
		case 1:
			often = "it has sent tasks back once"
		}
		ev.Reason = v.say("failed", why) + "; " + often + ", a person must decide"
	case len(names) == 0:
		ev.Reason = v.say("failed", why) + "; nothing that could be done again is named, a person must decide"
	default:
		ev.Reason = v.say("failed", why) + "; again: " + few(names, 5)
	}
	return ev
}

// standing is how the wave of a gate stands.
func (s *State) standing(gate *task) *Verdict {
	v := &Verdict{}
	if s.limits.Strict {
		v.Wave = gate.Spec.Wave
	}
	for _, i := range s.waves[gate.wave].tasks {
		t := &s.tasks[i]
		if t.Removed || t.Parent != "" {
			continue
		}
		v.Total++
		switch {
		case t.cat == satisfied:
			v.Completed++
		case t.State == Cancelled: // nobody wants it any more
		case t.cat == dead:
			v.Failed = append(v.Failed, t.Spec.ID)
		case t.cat == held:
			v.Blocked = append(v.Blocked, t.Spec.ID)
		}
	}
	for w := gate.wave + 1; w < len(s.waves) && v.NextTasks == 0; w++ {
		for _, i := range s.waves[w].tasks {
			if t := &s.tasks[i]; !t.Removed && t.Parent == "" && t.cat != satisfied {
				v.Next = s.waves[w].number
				v.NextTasks++
			}
		}
	}
	return v
}

// say is the status of a wave in one line.
func (v *Verdict) say(verdict, why string) string {
	text := verdict
	if v.Wave > 0 {
		text = fmt.Sprintf("wave %d %s", v.Wave, verdict)
	}
	text += fmt.Sprintf(": %d of %d completed", v.Completed, v.Total)
	if len(v.Blocked) > 0 {
		text += ", blocked: " + few(v.Blocked, 3)
	}
	if len(v.Failed) > 0 {
		text += ", failed: " + few(v.Failed, 3)
	}
	if v.NextTasks > 0 && verdict == "passed" {
		text += fmt.Sprintf("; next: wave %d (%d)", v.Next, v.NextTasks)
	}
	if why = oneLine(why); why != "" {
		text += "; " + why
	}
	return text
}

// Gates returns the gates, in the order of their waves.
func (s *State) Gates() []TaskView {
	if s.stale {
		s.rebuild()
	}
	var out []TaskView
	for k := range s.waves {
		if g := s.waves[k].gate; g >= 0 {
			out = append(out, s.view(g))
		}
	}
	return out
}

// Guarded returns the tasks of the wave that a gate is behind, in the order of the plan, items of a foreach last.
func (s *State) Guarded(gate string) []TaskView {
	if s.stale {
		s.rebuild()
	}
	i, ok := s.index[gate]
	if !ok || !s.tasks[i].Spec.Gate {
		return nil
	}
	tasks := s.waves[s.tasks[i].wave].tasks
	out := make([]TaskView, len(tasks))
	for k, t := range tasks {
		out[k] = s.view(t)
	}
	return out
}

// Due reports whether a gate has something to check.
func (s *State) Due(id string) bool {
	if s.stale {
		s.rebuild()
	}
	i, ok := s.index[id]
	return ok && s.tasks[i].Spec.Gate && s.hasToCheck(i)
}

// gatesLeft reports whether a gate has not passed yet.
func (s *State) gatesLeft() bool {
	if s.stale {
		s.rebuild()
	}
	for k := range s.waves {
		if g := s.waves[k].gate; g >= 0 && s.tasks[g].State != Done && s.tasks[g].State != Skipped &&
			(s.tasks[g].State != Waiting || s.hasToCheck(g)) {
			return true
		}
	}
	return false
}

// whyGate says why a gate is not called for now, "" where it is.
func (s *State) whyGate(i int) string {
	w := &s.waves[s.tasks[i].wave]
	var names []string
	for _, k := range w.tasks {
		if s.tasks[k].shut {
			names = append(names, fmt.Sprintf("%s (%s)", s.tasks[k].Spec.ID, s.tasks[k].State))
		}
	}
	switch {
	case len(names) > 0 && s.limits.Strict:
		return fmt.Sprintf("it waits for wave %d to settle: %s", w.number, few(names, 3))
	case len(names) > 0:
		return "it waits for every task to settle: " + few(names, 3)
	case !s.hasToCheck(i):
		return "it has nothing to check: no agent has completed a task since it last passed"
	case s.selected != nil:
		return "gates are left out where --only or --from chooses the tasks"
	}
	return ""
}
