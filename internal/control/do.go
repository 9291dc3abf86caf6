package control

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"billow/engine"
	"billow/internal/intake"
	"billow/internal/planfile"
	"billow/plan"
)

// DoRequest asks for an objective to be reached, or for one to be gone on with.
type DoRequest struct {
	// Objective is what is wanted, for a new one. PlanID goes on with what is there under this id; with New, one that is
	// not there is made. Feedback is what a person says to what is there.
	Objective, PlanID, Feedback string
	New                         bool
	// Refs are files with what belongs to the objective: error messages, notes, issues.
	Refs []string
	// Answers are answers to questions: ID=TEXT, or a text alone where there is one question.
	Answers []string
	// Intent and Complexity are said outright, "" is to be found out.
	Intent, Complexity string
	// DryRun says what the objective comes to, and asks and does nothing.
	DryRun bool
	// Jobs, Timeout and Budget are those of each run.
	Jobs    int
	Timeout time.Duration
	Budget  plan.Budget
	// Ask asks a person who is there; nil where nobody is. Execute carries out a plan as Run does, which it is where it
	// is nil; a face shows progress by it.
	Ask     func([]Question) (map[string]string, error)
	Execute func(context.Context, RunRequest) (*RunResponse, error)
}

// Question is what a person has to say before anything is done; Assessment what an objective came to.
type (
	Question   = intake.Question
	Assessment = intake.Assessment
)

// DoResponse is what became of it.
type DoResponse struct {
	PlanID    string `json:"plan_id"`
	Objective string `json:"objective"`
	// State is new_task or continue_plan; Route says what follows from it.
	State string `json:"state"`
	Route string `json:"route"`
	Assessment
	// Path is the plan, "" where there is none yet; InMemory is true where it is billow's own.
	Path     string `json:"plan,omitempty"`
	InMemory bool   `json:"in_memory,omitempty"`
	// Root is the project root, absolute.
	Root string `json:"root"`
	// Outcome is that of the last run, blocked where a person is needed, or planned after a dry run.
	Outcome string `json:"outcome"`
	// Questions wait for answers; Escalation says what a person must decide.
	Questions  []Question  `json:"questions,omitempty"`
	Escalation *Escalation `json:"escalation,omitempty"`
	// Stages are the calls of agents on the way to the plan.
	Stages []Stage `json:"stages,omitempty"`
	// Run is the last run: of the plan, or of the stage that could not go on. Result is what the one agent of a TRIVIAL
	// objective reported, Tasks and Waves how those of the plan stand.
	Run    *RunResponse `json:"run,omitempty"`
	Result string       `json:"result,omitempty"`
	Tasks  []StatusTask `json:"tasks,omitempty"`
	// Gates are the checks of waves that have begun.
	Gates []StatusTask        `json:"gates,omitempty"`
	Waves []engine.WaveCounts `json:"waves,omitempty"`
	// Next are commands to type next; Now is when this was told.
	Next []string  `json:"next,omitempty"`
	Now  time.Time `json:"now"`
}

// doing is one call of Do.
type doing struct {
	*Service
	o    *Opened
	r    DoRequest
	st   *doState
	refs []intake.Ref
	resp *DoResponse
}

// Do is phases 0 to 4 of the gem-orchestrator document: it works out what an objective comes to, asks what must be known,
// has it planned and reviewed where it is large enough, carries it out and says how it stands. It decides by rules; agents
// are called for work alone, each call being a task of a plan with a run of its own, so that every phase can be gone on
// with after a crash.
func (s *Service) Do(ctx context.Context, r DoRequest) (*DoResponse, error) {
	o, err := s.project()
	if err != nil {
		return nil, err
	}
	if len(plan.Errors(o.Config.Problems)) > 0 {
		return nil, &ProblemsError{File: "billow.yaml", Problems: o.Config.Problems}
	}
	d := &doing{Service: s, o: o, r: r, resp: &DoResponse{Root: o.Root}}
	if err := d.begin(); err != nil {
		return nil, err
	}
	if d.st == nil {
		return d.resp, nil // there is nothing of that id
	}
	if r.DryRun {
		d.resp.Outcome = "planned"
		return d.respond(), nil
	}
	lock, err := d.lock()
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	if err := d.save(); err != nil {
		return nil, err
	}
	if err := d.phases(ctx); err != nil {
		return nil, errors.Join(err, d.save())
	}
	if d.resp.Run != nil && d.st.Phase != phaseExecute {
		d.resp.Next = append(d.resp.Next, "billow do --plan-id "+d.st.PlanID)
	}
	return d.respond(), d.save()
}

// phases goes from one phase to the next, as far as it can without a person.
func (d *doing) phases(ctx context.Context) error {
	if d.st.Phase == phaseClarify {
		if ok, err := d.clarify(ctx); !ok || err != nil {
			return err
		}
	}
	for {
		if d.st.Phase == phasePlan {
			if ok, err := d.plan(ctx); !ok || err != nil {
				return err
			}
		}
		if again, err := d.execute(ctx); !again || err != nil {
			return err
		}
	}
}

// execute is phase 3. again is true where what is to be done has turned out to be more, and is to be planned anew.
func (d *doing) execute(ctx context.Context) (again bool, err error) {
	resp, err := d.run(ctx, d.st.Path, d.planned()...)
	if err != nil {
		return false, err
	}
	d.resp.Run, d.resp.Outcome = resp, resp.Outcome
	if again, err := d.grown(ctx); again || err != nil || d.st.Escalation != nil {
		return again, err
	}
	return false, d.outcome(ctx)
}

// begin finds out what is asked for: something new, or something that is there.
func (d *doing) begin() error {
	if _, ok := plan.ParseClass(d.r.Complexity); !ok && d.r.Complexity != "" {
		return fmt.Errorf("%w: --complexity %q: it is TRIVIAL, LOW, MEDIUM or HIGH", ErrUsage, d.r.Complexity)
	}
	intent := intake.Intent("")
	if d.r.Intent != "" {
		var ok bool
		if intent, ok = intake.ParseIntent(d.r.Intent); !ok || intent == intake.Run {
			return fmt.Errorf("%w: --intent %q: there is no such kind of work", ErrUsage, d.r.Intent)
		}
	}
	id := d.r.PlanID
	if id != "" {
		if !regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`).MatchString(id) {
			return fmt.Errorf("%w: --plan-id %q is no id of a plan", ErrUsage, id)
		}
		found, err := d.resume(id)
		if err != nil || found {
			return err
		}
		if !d.r.New {
			d.missing(id)
			return nil
		}
	}
	if strings.TrimSpace(d.r.Objective) == "" {
		return fmt.Errorf("%w: say what is wanted: billow do 'OBJECTIVE'", ErrUsage)
	}
	if id == "" {
		id = d.freeID(firstWords(strings.Trim(d.r.Objective, "`$ ")))
	}
	d.st = &doState{PlanID: id, Objective: strings.TrimSpace(d.r.Objective), Created: d.Now().UTC(), Refs: d.r.Refs,
		Intent: intent, Said: d.r.Complexity, Answers: map[string]string{}, Phase: phaseClarify}
	d.resp.State, d.resp.Route = "new_task", "plan"
	var err error
	if d.refs, err = d.references(d.r.Refs); err != nil {
		return err
	}
	d.assess()
	return d.answer()
}

// resume loads what is there under an id, and takes in what a person says to it.
func (d *doing) resume(id string) (found bool, err error) {
	d.st, err = loadState(d.o.Root, id)
	if errors.Is(err, fs.ErrNotExist) {
		d.st, err = d.adopt(id)
	}
	if err != nil || d.st == nil {
		return false, err
	}
	if d.r.New {
		return false, fmt.Errorf("%w: --new: there is a plan %s already", ErrUsage, id)
	}
	if d.st.Answers == nil {
		d.st.Answers = map[string]string{}
	}
	d.st.Refs = append(d.st.Refs, d.r.Refs...)
	if d.refs, err = d.references(d.st.Refs); err != nil {
		return false, err
	}
	d.resp.State, d.resp.Route = "continue_plan", string(d.st.Phase)
	if err := d.answer(); err != nil {
		return false, err
	}
	said := strings.TrimSpace(d.r.Feedback)
	switch {
	case d.st.Phase == phaseClarify:
		if said != "" {
			d.st.Objective += "\n\n" + said
			d.assess()
		}
	case said != "":
		d.st.Feedback = append(d.st.Feedback, said)
		d.st.Findings = append(d.st.Findings, "the person in charge: "+said)
		d.st.Phase, d.st.Revisions, d.st.Invalid, d.st.Escalation = phasePlan, 0, 0, nil
		d.resp.Route = string(phasePlan)
	case d.st.Escalation != nil:
		if d.st.Path != "" && !d.st.InMemory {
			d.notice("info", "going on with %s as it is", d.st.Path)
			d.st.Phase, d.st.Findings = phaseExecute, nil
		}
		d.st.Revisions, d.st.Invalid, d.st.Escalation = 0, 0, nil
		d.resp.Route = string(d.st.Phase)
	}
	return true, nil
}

// missing answers for an id that is not there: to make it could hide a slip.
func (d *doing) missing(id string) {
	d.resp.Now = d.Now().UTC()
	d.resp.PlanID, d.resp.State, d.resp.Route, d.resp.Outcome = id, "continue_plan", "escalate", engine.OutcomeBlocked
	d.resp.Escalation = &Escalation{Reason: "there is no plan " + id, Required: "the id of a plan that is there, or that it is meant to be a new one",
		Next: []string{"billow do --plan-id " + id + " --new 'OBJECTIVE'"}}
	var ids []string
	for _, dir := range []string{filepath.Join(d.o.Root, "docs", "plan"), filepath.Join(d.o.Root, ".billow", "do")} {
		entries, _ := os.ReadDir(dir) // what is not there has none
		for _, e := range entries {
			if e.IsDir() {
				ids = append(ids, e.Name())
			}
		}
	}
	if near := plan.Nearest(id, ids); near != "" {
		d.resp.Escalation.Next = append([]string{"billow do --plan-id " + near}, d.resp.Escalation.Next...)
	}
}

// freeID is an id that nothing has yet.
func (d *doing) freeID(name string) string {
	id := d.planID(name)
	for n := 2; ; n++ {
		taken := exists(doDir(d.o.Root, id)) || exists(filepath.Join(d.o.Root, "docs", "plan", id))
		if !taken {
			return id
		}
		id = fmt.Sprintf("%s-%d", d.planID(name), n)
	}
}

// lock keeps a second billow from going on with the same objective.
func (d *doing) lock() (*planfile.Lock, error) {
	dir := doDir(d.o.Root, d.st.PlanID)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if err := create(filepath.Join(d.o.Root, ".billow", ".gitignore"), []byte("*\n")); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	path := statePath(d.o.Root, d.st.PlanID)
	lock, err := planfile.Acquire(planfile.LockDir(path), path, planfile.Holder{PID: os.Getpid(), Host: hostname(), Started: d.Now()})
	if locked := (*planfile.LockedError)(nil); errors.As(err, &locked) {
		locked.Plan = "the objective " + d.st.PlanID
	}
	return lock, err
}

// input is what the rules look at.
func (d *doing) input(st *doState) intake.Input {
	return intake.Input{Objective: st.Objective, Refs: d.refs, Intent: st.Intent, Complexity: st.Said, Floor: d.o.Config.ComplexityFloor,
		Answers: st.Answers, Opinion: st.Opinion,
		Exists: func(path string) bool {
			return !filepath.IsLocal(path) || exists(filepath.Join(d.o.Root, path)) || exists(filepath.Join(d.Dir, path))
		}}
}

// assess applies the rules to what is known, and chooses what is remembered of it.
func (d *doing) assess() {
	d.st.Assessment = intake.Assess(d.input(d.st))
	about := d.st.Objective
	for _, r := range d.refs {
		about += "\n" + r.Text
	}
	d.st.Memory = intake.Relevant(d.memory(d.o.Root), about, d.st.Assessment.Files)
}

// answer takes in the answers that were given along.
func (d *doing) answer() error {
	questions := d.st.Assessment.Questions()
	for _, given := range d.r.Answers {
		id, text, named := strings.Cut(given, "=")
		if !named {
			if len(questions) != 1 {
				return fmt.Errorf("%w: --answer %q: say which question it is for, as ID=TEXT", ErrUsage, given)
			}
			id, text = questions[0].ID, given
		}
		if err := d.take(questions, id, text); err != nil {
			return err
		}
	}
	if len(d.r.Answers) > 0 {
		d.assess()
	}
	return nil
}

func (d *doing) take(questions []Question, id, text string) error {
	for _, q := range questions {
		if q.ID == id {
			answer, err := q.Check(text)
			if err != nil {
				return fmt.Errorf("%w: %w", ErrUsage, err)
			}
			d.st.Answers[id] = answer
			return nil
		}
	}
	return fmt.Errorf("%w: nothing is asked under the name %q", ErrUsage, id)
}

// clarify is the gate in front of everything else: what must be known is asked, of a person first and then, where the
// rules cannot tell, of one agent. ok is false while questions are open.
func (d *doing) clarify(ctx context.Context) (ok bool, err error) {
	if ok, err := d.askPerson(); !ok || err != nil {
		return false, err
	}
	if agent := d.o.Config.AssessAgent; !d.st.Assessment.Certain && agent != "" && d.st.Opinion == nil && d.st.Unusable == "" {
		if ok, err := d.askAgent(ctx, agent); !ok || err != nil {
			return false, err
		}
		d.assess()
		if ok, err := d.askPerson(); !ok || err != nil {
			return false, err
		}
	}
	d.st.Phase = phasePlan
	return true, d.save()
}

// askPerson asks the questions that are open, of a person who is there.
func (d *doing) askPerson() (ok bool, err error) {
	for {
		questions := d.st.Assessment.Questions()
		if len(questions) == 0 {
			return true, nil
		}
		var answers map[string]string
		if d.r.Ask != nil {
			if answers, err = d.r.Ask(questions); err != nil {
				return false, err
			}
		}
		if len(answers) == 0 {
			d.resp.Questions, d.resp.Outcome = questions, engine.OutcomeBlocked
			for _, q := range questions {
				d.resp.Next = append(d.resp.Next, fmt.Sprintf("billow do --plan-id %s --answer %s=…", d.st.PlanID, q.ID))
			}
			return false, nil
		}
		for id, text := range answers {
			if err := d.take(questions, id, text); err != nil {
				return false, err
			}
		}
		d.assess()
		if err := d.save(); err != nil {
			return false, err
		}
	}
}

// askAgent asks an agent, once, what the objective comes to. An answer that is not as it should be counts for nothing,
// and is kept with why.
func (d *doing) askAgent(ctx context.Context, agent string) (ok bool, err error) {
	if !d.reachable(agent) {
		return false, d.unreachable(agent)
	}
	st, ok, err := d.stage(ctx, "assess", func(int) []byte { return d.assessText(agent) })
	if !ok || err != nil {
		return false, err
	}
	t, report, err := d.said(ctx, st.Path, taskID("assess", 1))
	if err != nil {
		return false, err
	}
	d.st.Opinion, err = intake.ReadOpinion(report)
	if err != nil {
		d.st.Unusable = err.Error()
		if t.State != engine.Done {
			d.st.Unusable = reasonOf(t)
		}
		d.notice("warning", "what %s said of the objective does not count: %s", agent, d.st.Unusable)
	}
	return true, d.save()
}

// work is what a small objective comes to.
func (d *doing) work() []intake.Task {
	return intake.Work(d.st.Objective, d.st.Assessment, d.reachable, d.o.Config.DefaultAgent)
}

// outcome gathers what is told at the end: how the tasks stand, and what the one agent said.
func (d *doing) outcome(ctx context.Context) error {
	v, err := d.look(ctx, nearPath(d.Dir, filepath.Join(d.o.Root, filepath.FromSlash(d.st.Path))), "")
	if err != nil {
		return err
	}
	for _, rev := range v.state.Revisions() {
		class, _ := plan.ParseClass(rev.Class)
		d.st.Assessment.Raise(class, "revision", strings.Join(rev.Reasons, ", "))
	}
	for t := range v.state.All() {
		if t.Removed || t.Parent != "" || t.Gate && t.Attempt == 0 {
			continue
		}
		why, err := v.state.Why(t.ID)
		if err != nil {
			return err
		}
		st := StatusTask{TaskView: t, Why: why, Title: v.title(t)}
		if t.Gate {
			d.resp.Gates = append(d.resp.Gates, st)
			continue
		}
		d.resp.Tasks = append(d.resp.Tasks, st)
		if _, report, err := d.said(ctx, d.st.Path, t.ID); err == nil && report != nil && d.st.InMemory {
			d.resp.Result = report.Get("summary").Inline()
		}
	}
	d.resp.Waves = v.state.Waves()
	d.resp.Next = v.next()
	if n := len(d.resp.Next); n > 0 && !v.live {
		if strings.HasPrefix(d.resp.Next[n-1], "billow run ") {
			d.resp.Next = d.resp.Next[:n-1]
		}
		d.resp.Next = append(d.resp.Next, "billow do "+v.moreBudget()+"--plan-id "+d.st.PlanID)
	}
	return nil
}

// respond fills in what the state says.
func (d *doing) respond() *DoResponse {
	r := d.resp
	r.PlanID, r.Objective, r.Assessment, r.Stages = d.st.PlanID, d.st.Objective, d.st.Assessment, d.st.Stages
	r.Path, r.InMemory, r.Now = d.st.Path, d.st.InMemory, d.Now().UTC()
	return r
}
