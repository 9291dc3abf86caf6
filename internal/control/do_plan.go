package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"billow/agents"
	"billow/engine"
	"billow/internal/planfile"
	"billow/plan"
)

// mostInvalid is how often in a row a planner's plan may be unusable: who was told what is wrong and does not mend it
// will not do so the third time.
const mostInvalid = 2

// plan is phase 2: the work of a small objective is written down as it is; for a larger one planner, reviewer and critic
// take turns until the plan passes, or a person must decide. ok is false when a person is needed first.
func (d *doing) plan(ctx context.Context) (ok bool, err error) {
	if !d.st.Assessment.Class.AtLeast(plan.Medium) && (d.st.InMemory || d.st.Path == "") {
		return true, d.planSmall(ctx)
	}
	if !d.reachable(plannerAgent) {
		return false, d.unreachable(plannerAgent)
	}
	for {
		if d.st.Path == "" || d.st.InMemory || len(d.st.Findings) > 0 {
			if ok, err := d.turn(ctx); !ok || err != nil {
				return false, err
			}
			if len(d.st.Findings) > 0 {
				if d.exhausted() {
					return false, d.save()
				}
				continue
			}
		}
		ok, err := d.review(ctx)
		if !ok || err != nil {
			return false, err
		}
		if len(d.st.Findings) == 0 {
			d.st.Phase = phaseExecute
			return true, d.save()
		}
		if d.exhausted() {
			return false, d.save()
		}
	}
}

// unreachable is the error about an agent that is needed and that nothing says how to reach.
func (d *doing) unreachable(agent string) error {
	return &ProblemsError{File: "billow.yaml", Problems: []plan.Problem{{Code: "P040", Severity: plan.Error, File: "billow.yaml",
		Text: fmt.Sprintf("work of the class %s needs the agent %s, and nothing says how it is reached", d.st.Assessment.Class, agent),
		Hint: d.o.Config.AgentHint(agent)}}}
}

// exhausted counts a revision, and escalates when there have been enough.
func (d *doing) exhausted() bool {
	switch d.st.Revisions++; {
	case d.st.Invalid >= mostInvalid:
		d.escalate(fmt.Sprintf("the planner's plan could not be used %d times in a row", d.st.Invalid))
	case d.st.Revisions > d.o.Config.PlanRevisions:
		d.escalate(fmt.Sprintf("the plan has not passed after %s", times(d.o.Config.PlanRevisions, "revision")))
	default:
		return false
	}
	return true
}

func times(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// giveUp escalates what an agent has given up, with what it says that it needs.
func (d *doing) giveUp(reason string, v verdict) {
	d.escalate(reason + v.why)
	if v.required != "" {
		d.st.Escalation.Required = v.required
	}
	d.st.Escalation.Advice = v.advice
}

// escalate says that a person must decide, and with what.
func (d *doing) escalate(reason string) {
	at := "billow do --plan-id " + d.st.PlanID
	e := &Escalation{Reason: reason, Findings: d.st.Findings,
		Required: "what the planner should do about the findings, or a plan that is right",
		Next:     []string{at + " 'what to do about it'"}}
	if d.st.Path != "" {
		e.Next = append(e.Next, "edit "+d.st.Path+", then "+at)
	}
	d.st.Escalation = e
	d.resp.Escalation, d.resp.Outcome = e, engine.OutcomeBlocked
}

// planSmall writes down the work of an objective that needs no planner. The plan is billow's own: it lies under
// .billow/do, so that a run of it can be looked at and gone on with like any other.
func (d *doing) planSmall(ctx context.Context) error {
	path := filepath.Join(".billow", "do", d.st.PlanID, "plan.yaml")
	work := d.work()
	for _, w := range work {
		if w.Run == "" && !d.reachable(w.Agent) {
			return d.unreachable(w.Agent)
		}
	}
	if err := writeFile(filepath.Join(d.o.Root, path), d.workText(work, d.completed(ctx, path))); err != nil {
		return err
	}
	d.st.Path, d.st.InMemory, d.st.Phase, d.st.Findings = filepath.ToSlash(path), true, phaseExecute, nil
	return d.save()
}

// turn is the planner's: its plan is checked and put in its place. What is wrong with it is in d.st.Findings afterwards.
func (d *doing) turn(ctx context.Context) (ok bool, err error) {
	st, ok, err := d.stage(ctx, "plan", func(number int) []byte { return d.planTurn(ctx, number) })
	if !ok || err != nil {
		return false, err
	}
	number := st.Number
	t, report, err := d.said(ctx, st.Path, taskID("plan", number))
	if err != nil {
		return false, err
	}
	d.st.Findings = nil
	text, from, err := d.candidate(number, report)
	switch v := verdictOf(t, report); {
	case err != nil:
		return false, err
	case t.State != engine.Done && (v.hopeless || report == nil):
		d.st.Findings = v.findings
		d.giveUp("the planner could not make a plan: ", v)
		return false, d.save()
	case t.State != engine.Done:
		d.st.Findings, st.Findings = v.findings, v.findings
		return true, d.save()
	case text == nil:
		d.st.Findings = []string{"no plan was given: neither at " + filepath.ToSlash(filepath.Join(d.draft(number), "plan.yaml")) + " nor in the report"}
	default:
		d.st.Findings, err = d.install(text, from, number, report)
		if err != nil {
			return false, err
		}
	}
	st.Findings = d.st.Findings
	d.st.Invalid++
	if len(d.st.Findings) == 0 {
		d.st.Invalid = 0
	}
	return true, d.save()
}

// planTurn begins a turn: the plan that is there is kept, since the planner may write over it, and what is completed in
// it is noted.
func (d *doing) planTurn(ctx context.Context, number int) []byte {
	d.st.Before, d.st.Completed = "", nil
	if data, err := os.ReadFile(filepath.Join(d.o.Root, planPath(d.st.PlanID))); err == nil {
		d.st.Before = hashOf(data)
		kept := filepath.Join(doDir(d.o.Root, d.st.PlanID), fmt.Sprintf("before-%d.yaml", number))
		if err := writeFile(kept, data); err != nil {
			d.notice("warning", "%v", err)
		}
		d.st.Completed = d.completed(ctx, planPath(d.st.PlanID))
	} else if d.st.InMemory {
		d.st.Completed = d.completed(ctx, d.st.Path) // of work that has turned out to be more
	}
	return d.planText(number)
}

// completed are the tasks of a plan that are completed, as its run has it or, where it has none, its file; none of a plan
// that is not there or cannot be read.
func (d *doing) completed(ctx context.Context, path string) []string {
	v, err := d.look(ctx, filepath.Join(d.o.Root, filepath.FromSlash(path)), "")
	if err != nil {
		return nil
	}
	var out []string
	for _, t := range v.state.Tasks() {
		if t.State == engine.Done && t.Parent == "" && !t.Removed {
			out = append(out, t.ID)
		}
	}
	return out
}

// candidate is the text of the planner's plan and where it was: where it was given back, or, where it is new, at the place
// of the plan itself.
func (d *doing) candidate(number int, report *plan.Value) (text []byte, from string, err error) {
	own := planPath(d.st.PlanID)
	text, from, err = givenPlan(d.o, report, filepath.Join(d.draft(number), "plan.yaml"), own)
	if text != nil || err != nil {
		return text, from, err
	}
	data, err := readAtMost(filepath.Join(d.o.Root, own), d.o.Config.Limits.MaxFileBytes)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, "", nil
	case err != nil:
		return nil, "", fmt.Errorf("%s: %w", own, plainError(err))
	case hashOf(data) != d.st.Before:
		return data, own, nil
	}
	return nil, "", nil
}

// install checks a plan and puts it in its place, with its context beside it. Findings are what is wrong with it; then
// nothing is written.
func (d *doing) install(text []byte, from string, number int, report *plan.Value) (findings []string, err error) {
	path := planPath(d.st.PlanID)
	o := &Opened{Path: path, Root: d.o.Root, Config: d.o.Config, Data: text}
	if findings = d.readGiven(o); len(findings) > 0 {
		return findings, nil
	}
	p := o.Plan()
	if p.Root.Get("plan_id").Inline() != d.st.PlanID && p.ID != d.st.PlanID {
		findings = append(findings, fmt.Sprintf("plan_id is %q and must be %s", p.ID, d.st.PlanID))
	}
	var keep []plan.Change
	for _, id := range d.st.Completed {
		if p.Task(id) == nil {
			findings = append(findings, fmt.Sprintf("task %s is completed and is missing: completed tasks stay", id))
			continue
		}
		keep = append(keep, plan.Change{Task: id, Key: "status", Value: string(plan.Completed)})
	}
	for _, problem := range plan.CanEdit(p, o.Doc.Source) {
		findings = append(findings, fmt.Sprintf("line %d: %s", problem.Line, problem.Text))
	}
	if len(findings) > 0 {
		return findings, nil
	}
	if text, err = plan.Edit(p, o.Doc.Source, keep); err != nil {
		return nil, err
	}
	text = d.withAssumptions(o, text)
	if err := d.put(path, text, from); err != nil {
		return nil, err
	}
	if err := d.putEnvelope(number, report); err != nil {
		return nil, err
	}
	if c := plan.Classify(p, string(d.st.Assessment.Class)); d.st.Assessment.Raise(c.Class, "plan", c.Reasons[0].Saw) {
		d.notice("info", "the plan is of the class %s: %s", c.Class, c.Reasons[0].Saw)
	}
	for _, signal := range plan.Classify(p, "").Signals {
		if !slices.Contains(d.st.Assessment.Signals, signal) {
			d.st.Assessment.Signals = append(d.st.Assessment.Signals, signal)
		}
		d.st.Assessment.Critic = d.st.Assessment.Critic || slices.Contains(plan.CriticSignals(), signal)
	}
	return nil, nil
}

// withAssumptions adds what is assumed and what was answered to a plan that says nothing of either. A plan that it cannot
// be added to at the end stays as it is: the state has both too.
func (d *doing) withAssumptions(o *Opened, text []byte) []byte {
	more := mapping{}
	for _, e := range []entry{{"assumptions", d.st.Assessment.Assumptions()}, {"clarifications", d.st.Assessment.Clarifications()}} {
		if o.Plan().Root.Get(e.key) == nil {
			more = append(more, e)
		}
	}
	if isEmpty(more) {
		return text
	}
	longer := slices.Concat(text, more.yaml())
	doc := plan.Read(o.Path, longer, o.readOptions())
	if doc.Plan == nil || len(plan.Errors(doc.Problems)) > 0 || len(doc.Plan.Tasks) != len(o.Plan().Tasks) {
		return text
	}
	for _, e := range more {
		if !isEmpty(e.value) && !slices.Equal(doc.Plan.Root.Get(e.key).Strings(), e.value.([]string)) {
			return text
		}
	}
	return longer
}

// put writes the plan. What somebody wrote there while the planner worked is kept beside the state first.
func (d *doing) put(path string, text []byte, from string) error {
	real := filepath.Join(d.o.Root, path)
	lock, err := planfile.Acquire(planfile.LockDir(real), real, planfile.Holder{PID: os.Getpid(), Host: hostname(), Started: d.Now()})
	if err != nil {
		return err
	}
	defer lock.Close()
	before, err := os.ReadFile(real)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := d.markRoot(real); err != nil {
			return err
		}
	case err != nil:
		return err
	case hashOf(before) != d.st.Before && from != path && string(before) != string(text):
		kept := filepath.Join(doDir(d.o.Root, d.st.PlanID), fmt.Sprintf("replaced-%d.yaml", len(d.st.Stages)))
		if err := writeFile(kept, before); err != nil {
			return err
		}
		d.notice("info", "%s is replaced by the planner's; as it was it is kept as %s", path, nearPath(d.Dir, kept))
	}
	if err := writeFile(real+".new", text); err != nil {
		return err
	}
	if err := os.Rename(real+".new", real); err != nil {
		return err
	}
	d.st.Path, d.st.InMemory, d.st.Before = filepath.ToSlash(path), false, hashOf(text)
	return nil
}

// markRoot writes a billow.yaml where nothing else says that the project's root is where it is, as billow new does.
func (d *doing) markRoot(plan string) error {
	if err := os.MkdirAll(filepath.Dir(plan), 0o755); err != nil {
		return err
	}
	if planfile.Root(filepath.Dir(plan)) == d.o.Root {
		return nil
	}
	return create(filepath.Join(d.o.Root, "billow.yaml"), []byte("# This folder is the project's root, where tasks run; `billow config` lists what can be set.\n"))
}

// putEnvelope writes the context beside the plan: the planner's, else what is remembered. One that cannot be read is
// said and left out.
func (d *doing) putEnvelope(number int, report *plan.Value) error {
	path := filepath.Join(filepath.Dir(planPath(d.st.PlanID)), agents.EnvelopeFile)
	var text []byte
	if v := report.Get("context_envelope"); v != nil && v.Kind == plan.Map {
		inner, err := json.MarshalIndent(map[string]any{"context_envelope": plan.ToAny(v)}, "", "  ")
		if err != nil {
			return err
		}
		text = append(inner, '\n')
	}
	for _, name := range []string{filepath.Join(d.draft(number), agents.EnvelopeFile), filepath.FromSlash(report.Get("envelope_path").Inline())} {
		if text == nil && name != "" && filepath.IsLocal(name) {
			text, _ = readAtMost(filepath.Join(d.o.Root, name), agents.MaxEnvelope)
		}
	}
	if text != nil {
		e, problems := agents.ReadEnvelope(path, text)
		if e != nil {
			return writeFile(filepath.Join(d.o.Root, path), text)
		}
		for _, p := range problems {
			d.notice("warning", "the planner's context cannot be used: %s", p.Text)
		}
	}
	if exists(filepath.Join(d.o.Root, path)) {
		return nil
	}
	var e agents.Envelope
	now := d.Now().UTC().Format(time.RFC3339)
	e.Meta = agents.EnvelopeMeta{PlanID: d.st.PlanID, CreatedAt: now, LastUpdated: now, Version: 1, Source: projectFiles(d.o.Root)}
	for _, i := range d.st.Memory {
		switch i.Kind {
		case "convention":
			e.Conventions = append(e.Conventions, i.Text)
		case "decision":
			e.PriorDecisions = append(e.PriorDecisions, agents.PriorDecision{Decision: i.Text})
		case "gotcha", "failure_mode":
			e.Research.Gotchas = append(e.Research.Gotchas, agents.Gotcha{Text: i.Text})
		default:
			e.Research.PatternsFound = append(e.Research.PatternsFound, agents.FoundPattern{Name: i.Text})
		}
	}
	data, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(d.o.Root, path), append(data, '\n'))
}

// review asks reviewer and, where it is called for, critic about the plan. What they found is in d.st.Findings afterwards.
func (d *doing) review(ctx context.Context) (ok bool, err error) {
	if d.o.Config.Gates == "off" {
		return true, nil
	}
	critic := d.st.Assessment.Critic && slices.Contains(d.o.Config.Gem.EnableCriticFor, string(d.st.Assessment.Class))
	if critic && !d.reachable(criticAgent) {
		d.notice("warning", "%s calls for a critic, and nothing says how %s is reached", strings.Join(d.st.Assessment.Signals, ", "), criticAgent)
		critic = false
	}
	if !d.reachable(reviewerAgent) {
		d.notice("warning", "nobody reviews the plan: nothing says how %s is reached", reviewerAgent)
		return true, nil
	}
	o, err := d.Open(filepath.Join(d.o.Root, filepath.FromSlash(d.st.Path)))
	if err != nil {
		return false, err
	}
	if len(plan.Errors(o.Problems)) > 0 {
		return false, &ProblemsError{File: o.Path, Problems: o.Problems}
	}
	st, ok, err := d.stage(ctx, "review", func(number int) []byte { return d.reviewText(number, o.Plan(), critic) })
	if !ok || err != nil {
		return false, err
	}
	d.st.Findings = nil
	for _, task := range []string{"review", "critic"} {
		t, report, err := d.said(ctx, st.Path, taskID(task, st.Number))
		if task == "critic" && err != nil {
			continue // it was not called
		}
		if err != nil {
			return false, err
		}
		v := verdictOf(t, report)
		for _, f := range v.findings {
			d.st.Findings = append(d.st.Findings, task+": "+f)
		}
		if v.hopeless {
			st.Findings = d.st.Findings
			d.giveUp(task+" says that the plan cannot go on: ", v)
			return false, d.save()
		}
	}
	st.Findings = d.st.Findings
	return true, d.save()
}
