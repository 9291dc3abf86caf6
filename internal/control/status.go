package control

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"billow/engine"
	"billow/internal/planfile"
	"billow/internal/store"
	"billow/plan"
)

// StatusRequest asks how a plan, or a stored run, stands.
type StatusRequest struct {
	Plan, Run string
}

// StatusResponse is how it stands.
type StatusResponse struct {
	Plan      string `json:"plan"`
	PlanID    string `json:"plan_id"`
	Objective string `json:"objective,omitempty"`
	// Run is the run it is told from, "" when only the file tells; Live is true while a driver runs it.
	Run    string `json:"run,omitempty"`
	Status string `json:"status"`
	Live   bool   `json:"live"`
	// Gates is on or off: whether a reviewer checks each wave before the next begins; GatesWhy says why, GateTasks are
	// those of the run.
	Gates     string              `json:"gates"`
	GatesWhy  string              `json:"gates_why,omitempty"`
	GateTasks []StatusTask        `json:"gate_tasks,omitempty"`
	Class     plan.Class          `json:"complexity,omitempty"`
	Counts    engine.Counts       `json:"counts"`
	Waves     []engine.WaveCounts `json:"waves,omitempty"`
	Tasks     []StatusTask        `json:"tasks"`
	// Revisions are those of the plan during the run, oldest first.
	Revisions []engine.Revised `json:"revisions,omitempty"`
	// Used is what agents have used up in the run so far, Budget how much they may. Pauses are providers whose limits
	// are waited for.
	Used   plan.Budget    `json:"used,omitzero"`
	Budget plan.Budget    `json:"budget,omitzero"`
	Pauses []engine.Pause `json:"pauses,omitempty"`
	// Next are commands that a person can type to go on.
	Next []string `json:"next,omitempty"`
	// Now is when this was asked, for ages.
	Now time.Time `json:"now"`
}

// StatusTask is one task of a status.
type StatusTask struct {
	engine.TaskView
	Title string `json:"title,omitempty"`
	Why   string `json:"why"`
}

// Status tells how a plan stands, from its latest run or, where it has none, from the file.
func (s *Service) Status(ctx context.Context, r StatusRequest) (*StatusResponse, error) {
	v, err := s.look(ctx, r.Plan, r.Run)
	if err != nil {
		return nil, err
	}
	resp := &StatusResponse{Plan: v.o.Path, PlanID: v.state.PlanID(), Run: v.run.ID, Live: v.live,
		Gates: "off", Counts: v.state.Counts(), Waves: v.state.Waves(), Revisions: v.state.Revisions(), Used: v.state.Spent(),
		Budget: v.state.Limits().Budget, Pauses: v.state.Pauses(), Now: s.Now().UTC()}
	if p := v.o.Plan(); p != nil {
		resp.Objective = p.Objective
		resp.Class, _ = s.classNow(v.o, p, v.state)
		on := false
		if on, resp.GatesWhy = s.gating(v.o, p, v.state); on {
			resp.Gates = "on"
		}
	}
	for _, g := range v.state.Gates() {
		why, err := v.state.Why(g.ID)
		if err != nil {
			return nil, err
		}
		resp.GateTasks = append(resp.GateTasks, StatusTask{TaskView: g, Title: gateTitle(v.state, g), Why: why})
	}
	resp.Status = v.state.PlanStatus()
	if v.live {
		resp.Status = "running"
	}
	for _, t := range v.state.Tasks() {
		if t.Removed {
			continue
		}
		why, err := v.state.Why(t.ID)
		if err != nil {
			return nil, err
		}
		st := StatusTask{TaskView: t, Why: why}
		if p := v.o.Plan(); p != nil {
			if task := p.Task(t.ID); task != nil {
				st.Title = task.Title
			}
		}
		resp.Tasks = append(resp.Tasks, st)
	}
	resp.Next = v.next()
	return resp, nil
}

// next are the commands that move the plan as a whole on, the most urgent first.
func (v *viewed) next() []string {
	const most = 3 // of each kind: it is a hint, not a list
	at := " -p " + ShellWord(v.o.Path)
	var asked, failed []string
	ready := false
	for t := range v.state.All() {
		switch {
		case t.Removed || t.Parent != "":
		case asksApproval(t) || asksQuestion(t):
			asked = append(asked, nextSteps(v, t)[0])
		case t.State == engine.Failed || t.State == engine.Blocked:
			failed = append(failed, t.ID)
		case t.Gate && t.State == engine.Cancelled:
			failed = append(failed, t.ID)
		case t.State == engine.Waiting && !t.Unreachable && (!t.Gate || v.state.Due(t.ID)):
			ready = true
		}
	}
	next := asked[:min(len(asked), most)]
	for _, id := range failed[:min(len(failed), most)] {
		if t, _ := v.state.Task(id); t.Attempt > 0 {
			next = append(next, "billow logs"+at+" "+ShellWord(id))
		}
	}
	if len(failed) > 0 {
		next = append(next, "billow retry"+at+" "+ShellWord(failed[0]))
	}
	switch {
	case v.live:
		next = append(next, "billow events --follow "+ShellWord(v.o.Path))
	case ready:
		next = append(next, v.goOn())
	}
	return next
}

// goOn is the command with which the run goes on.
func (v *viewed) goOn() string { return "billow run " + v.moreBudget() + ShellWord(v.o.Path) }

// moreBudget is the option, with a blank behind it, that grants as much again where the plan's budget is used up; "" else.
func (v *viewed) moreBudget() string {
	limit, used := v.state.Limits().Budget, v.state.Spent()
	switch more := used.Plus(limit); limit.Exhausted(used) {
	case plan.BudgetTokens:
		return fmt.Sprintf("--budget tokens=%d ", more.Tokens)
	case plan.BudgetUSD:
		return fmt.Sprintf("--budget usd=%.2f ", more.USD)
	case plan.BudgetTime:
		return fmt.Sprintf("--budget time=%s ", more.Time.Round(time.Second))
	}
	return ""
}

// ShellWord is a word as a person types it: quoted where a shell would take it apart.
func ShellWord(s string) string {
	plain := func(r rune) bool {
		return r == '-' || r == '_' || r == '.' || r == '/' || r == ':' || r == '@' || r == '+' || r == ',' || r == '=' ||
			'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// viewed is a plan with the state it is in.
type viewed struct {
	o     *Opened
	state *engine.State
	run   store.Run
	live  bool
	// dropped are the tasks that the run before took out of the plan, where the file counts and not the run.
	dropped map[string]bool
}

// look finds the state of a plan without changing anything: that of its latest run with what was edited
// since, or what the file says.
func (s *Service) look(ctx context.Context, arg, run string) (*viewed, error) {
	o, err := s.open(arg)
	if err != nil {
		if run == "" {
			return nil, err
		}
		if o, err = s.project(); err != nil {
			return nil, err
		}
	} else {
		s.read(o)
	}
	return s.lookAt(ctx, o, run)
}

// lookAt is look for a plan that has been read.
func (s *Service) lookAt(ctx context.Context, o *Opened, run string) (*viewed, error) {
	v := &viewed{o: o}
	log, err := s.log(o.Root, false)
	if err == nil {
		defer log.Close()
		if err = s.lookUp(ctx, v, log, run); err != nil {
			return nil, err
		}
	} else if !errors.Is(err, store.ErrNotFound) || run != "" {
		return nil, err
	}
	if v.state == nil {
		if o.Plan() == nil || o.Schedule == nil {
			return nil, &ProblemsError{File: o.Path, Problems: o.Problems}
		}
		return v, s.fromFile(v)
	}
	return v, nil
}

func (s *Service) lookUp(ctx context.Context, v *viewed, log store.Log, id string) error {
	if id != "" {
		run, err := which(ctx, v.o, log, id)
		if err != nil {
			return err
		}
		v.run = run
		v.state, err = foldRun(ctx, log, run.ID)
		return err
	}
	runs, err := log.Runs(ctx, v.o.Key, 1)
	if err != nil || len(runs) == 0 {
		return err
	}
	v.live = s.isLive(v.o)
	state, err := foldRun(ctx, log, runs[0].ID)
	if err != nil {
		return err
	}
	if v.live || len(plan.Errors(v.o.Problems)) > 0 {
		v.run, v.state = runs[0], state
		return nil
	}
	w := &runner{Service: s, o: v.o, log: log, stored: runs[0], state: state}
	edits, err := w.awayEdits(ctx)
	if err != nil {
		return err
	}
	if state.Finished() != "" && len(edits) > 0 {
		v.dropped = droppedIn(state)
		return nil // the run is over and the file says otherwise: the file counts
	}
	for _, ev := range edits {
		ev.At = s.Now().UTC()
		if err := state.Apply(ev); err != nil {
			return err
		}
	}
	v.run, v.state = runs[0], state
	return nil
}

// isLive reports whether a driver runs the plan now.
func (s *Service) isLive(o *Opened) bool { return planfile.Held(planfile.LockDir(o.Real), o.Real) }

// fromFile makes a state of what the file says.
func (s *Service) fromFile(v *viewed) error {
	w := &runner{Service: s, o: v.o, dropped: v.dropped}
	p := v.o.Plan()
	v.state = engine.New()
	return v.state.Apply(engine.Event{At: s.Now().UTC(), Type: engine.RunStarted,
		Run: engine.NewRun("", hashOf(v.o.Data), p, w.specs(p, v.o.Schedule, false), w.limits(p))})
}

// ExplainRequest asks why tasks are as they are.
type ExplainRequest struct {
	Plan, Run string
	// Tasks are ids; none means every task that is not done.
	Tasks []string
}

// Explained is the answer for one task.
type Explained struct {
	Task        string           `json:"task"`
	Title       string           `json:"title,omitempty"`
	State       engine.TaskState `json:"state"`
	Unreachable bool             `json:"unreachable,omitempty"`
	Why         string           `json:"why"`
	// Needs are the tasks it needs with their states; Revisions those of the plan that it asked for, or that concern it;
	// Next is what a person can type.
	Needs     []Decided        `json:"needs,omitempty"`
	Revisions []engine.Revised `json:"revisions,omitempty"`
	Next      []string         `json:"next,omitempty"`
}

// Explain says in one sentence each why tasks are not running, and what can be done.
func (s *Service) Explain(ctx context.Context, r ExplainRequest) ([]Explained, error) {
	v, err := s.look(ctx, r.Plan, r.Run)
	if err != nil {
		return nil, err
	}
	ids := r.Tasks
	if len(ids) == 0 {
		for t := range v.state.All() {
			if t.State != engine.Done && t.State != engine.Skipped && !t.Removed && (!t.Gate || t.State != engine.Waiting || v.state.Due(t.ID)) {
				ids = append(ids, t.ID)
			}
		}
	}
	out := make([]Explained, 0, len(ids))
	for _, id := range ids {
		t, ok := v.state.Task(id)
		if !ok {
			return nil, noTask(v.o, id)
		}
		e := Explained{Task: id, State: t.State, Unreachable: t.Unreachable}
		if e.Why, err = v.state.Why(id); err != nil {
			return nil, err
		}
		e.Title = v.title(t)
		for _, need := range t.Needs {
			n, _ := v.state.Task(need)
			why, _ := v.state.Why(need)
			e.Needs = append(e.Needs, Decided{Task: need, State: n.State, Why: why})
		}
		for _, rev := range v.state.Revisions() {
			if rev.Task == id || slices.Contains(slices.Concat(rev.Added, rev.Changed, rev.Removed), id) {
				e.Revisions = append(e.Revisions, rev)
			}
		}
		e.Next = nextSteps(v, t)
		out = append(out, e)
	}
	return out, nil
}

// answers are what a person can type as an answer to a question: its options, or a word for what is wanted.
func answers(q *engine.Question) []string {
	switch q.Kind() {
	case engine.YesNo:
		return []string{"yes", "no"}
	case engine.Number:
		return []string{"NUMBER"}
	case engine.FreeText:
		return []string{"TEXT"}
	}
	var out []string
	for _, option := range q.Options {
		out = append(out, ShellWord(option))
	}
	return out
}

// nextSteps are the commands that move a task on.
func nextSteps(v *viewed, t engine.TaskView) []string {
	at := " -p " + ShellWord(v.o.Path) + " " + ShellWord(t.ID)
	switch {
	case t.Removed:
		return nil
	case asksQuestion(t):
		var next []string
		for _, answer := range answers(t.Question) {
			next = append(next, "billow answer"+at+" "+answer)
		}
		return next
	case asksApproval(t):
		return []string{"billow approve" + at, "billow deny" + at}
	case t.State == engine.Blocked && t.Approval == engine.ApprovalDenied:
		return []string{"billow approve" + at}
	case t.State == engine.Blocked, t.State == engine.Failed, t.State == engine.Cancelled:
		next := []string{"billow retry" + at, "billow run " + ShellWord(v.o.Path)}
		if t.Attempt > 0 {
			next = append([]string{"billow logs" + at}, next...)
		}
		return next
	case t.State == engine.Waiting && !v.live && !t.Unreachable:
		return []string{v.goOn()}
	}
	return nil
}
