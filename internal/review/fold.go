package review

import (
	"cmp"
	"fmt"
	"iter"
	"regexp"
	"time"

	"billow/engine"
	"billow/failure"
)

// Of makes the review of a run from its events, all of them, oldest first. The error is that of the events, or of the
// first that does not fold.
func Of(events iter.Seq2[engine.Event, error]) (*Review, error) {
	f := newFold()
	for ev, err := range events {
		if err == nil {
			err = f.add(ev)
		}
		if err != nil {
			return nil, err
		}
	}
	return f.review(), nil
}

// record is what is noted of one task.
type record struct {
	id, parent, agent string
	class             engine.Class
	wave              int
	expanded          bool
	state             engine.TaskState
	// since is when it came into its state; where it waits, when its spec changed, if that was later.
	since time.Time

	Totals
	// started is the start of the attempt that runs. What it cost since mark, in time and in USD, has not come to
	// nothing yet.
	started    time.Time
	mark       time.Time
	attemptUSD float64
	shares     shares
	// began is the first start, ended the last end of an attempt, settled when it came to rest.
	began, ended, settled time.Time
	// notBefore is the end of a delay before the next attempt.
	notBefore time.Time
	people    time.Duration
	limits    time.Duration
	conflicts time.Duration
	backoff   time.Duration
	// after is the task that its first start waited for last, because says in which way, and afterAt until when.
	after, because string
	afterAt        time.Time
	// last is the item that ended last, of a foreach.
	last string
	// blocked is the place of its entry in the timeline while it is blocked, -1 else.
	blocked int
	// cause is that of its last failure.
	cause *Cause
	// deadlines are failures by a time limit, unclassified those of which nothing was known.
	deadlines, unclassified  int
	questions, denials, hand int
	// timedOut is how often nobody decided in time.
	timedOut int
	// sentBack is how often a gate has sent a task back, rejected how often a gate has failed.
	sentBack, rejected int
	// skipped is "policy" where a failure ended in it.
	skipped string
}

// fold is the walk through a history.
type fold struct {
	state   *engine.State
	records map[string]*record
	order   []*record
	// mates are the tasks that name a task as a conflict; locks who held each last.
	mates map[string][]string
	locks map[string]*record
	rest  barrier
	clock clock

	began, ended time.Time
	events       int64
	timeline     timeline
	causes       []*Cause
	causeOf      map[causeKey]*Cause
	waves        map[int]*span
	facts        facts
	limitHit     *regexp.Regexp
}

type causeKey struct {
	kind failure.Kind
	rule string
}

// span is when something began and ended, and with which events.
type span struct {
	began, ended       time.Time
	beganSeq, endedSeq int64
}

// facts are what is noted of the run as a whole, beside its records.
type facts struct {
	interrupts, timeLimits  int
	adopted                 int
	added, changed, removed int
	warnings                int
	warned                  []string
	wanted                  []string
	wantedTimes             map[string]int
}

func newFold() *fold {
	return &fold{state: engine.New(), records: map[string]*record{}, mates: map[string][]string{}, locks: map[string]*record{},
		causeOf: map[causeKey]*Cause{}, waves: map[int]*span{}, facts: facts{wantedTimes: map[string]int{}},
		limitHit: regexp.MustCompile(deadlineText)}
}

// add takes one event in.
func (f *fold) add(ev engine.Event) error {
	if f.events == 0 {
		f.began, f.ended, f.clock.now = ev.At, ev.At, ev.At
	}
	f.clock.advance(ev)
	before := f.before(ev)
	if err := f.state.Apply(ev); err != nil {
		return fmt.Errorf("event %d does not fold: %w", f.events+1, err)
	}
	f.events++
	if ev.At.After(f.ended) {
		f.ended = ev.At
	}
	f.tell(ev)
	if before != nil {
		f.addTo(before, ev)
	}
	switch ev.Type {
	case engine.RunStarted:
		f.clock.limit(f.state.Limits())
		for i := range ev.Run.Tasks {
			f.meet(ev.Run.Tasks[i].ID, ev.At)
		}
	case engine.DriverStarted, engine.LimitsChanged:
		f.clock.limit(f.state.Limits())
	case engine.TaskAdded, engine.TaskChanged:
		f.meet(ev.Task, ev.At)
	case engine.PlanRevised:
		f.revised(ev)
	case engine.TaskExpanded:
		for i := range ev.Items {
			f.meet(itemOf(ev.Task, i), ev.At)
		}
	}
	f.observe(ev.Task, ev)
	for _, back := range ev.SentBack() {
		if r := f.records[back.Task]; r != nil {
			r.sentBack++
		}
		f.observe(back.Task, ev)
	}
	return nil
}

// revised takes up another plan. What was looked at for one task of it is looked at for all: they were added, are of
// another class, or were ended with it.
func (f *fold) revised(ev engine.Event) {
	f.clock.limit(f.state.Limits())
	for _, id := range ev.Revision.IDs() {
		f.meet(id, ev.At)
		f.observe(id, ev)
	}
}

// itemOf is how the engine names the items of a foreach.
func itemOf(parent string, i int) string { return fmt.Sprintf("%s/%d", parent, i+1) }

// meet notes a task that is new, or whose spec is.
func (f *fold) meet(id string, at time.Time) {
	v, ok := f.state.Task(id)
	if !ok {
		return
	}
	spec, _ := f.state.Spec(id)
	r := f.records[id]
	if r == nil {
		r = &record{id: id, state: v.State, parent: v.Parent, blocked: -1}
		f.records[id] = r
		f.order = append(f.order, r)
		f.clock.moved(spec.Class, "", v.State)
	} else if r.class != spec.Class && !r.expanded {
		f.clock.moved(r.class, r.state, "")
		f.clock.moved(spec.Class, "", r.state)
	}
	r.agent, r.class, r.wave = spec.Agent, spec.Class, spec.Wave
	if r.since.IsZero() || r.state == engine.Waiting {
		r.since = at // with other needs it may start at another time
	}
	if v.Parent == "" {
		for _, other := range spec.Conflicts {
			f.mates[other] = append(f.mates[other], id)
		}
	}
}

// before notes what has to be seen before the event is applied: why a task starts now and not earlier. It returns the
// record of the event's task, nil for none.
func (f *fold) before(ev engine.Event) *record {
	r := f.records[ev.Task]
	if r == nil {
		return nil
	}
	switch ev.Type {
	case engine.AttemptStarted, engine.TaskSkipped, engine.TaskExpanded:
		f.ready(r, ev)
	}
	return r
}

// addTo adds what the event itself says to a task.
func (f *fold) addTo(r *record, ev engine.Event) {
	switch ev.Type {
	case engine.AttemptStarted:
		r.Attempts++
		r.started, r.mark, r.attemptUSD = ev.At, ev.At, 0
		r.shares.attempt()
		f.given(r, ev)
		if r.began.IsZero() {
			r.began = ev.At
		}
		if f.waves[r.wave] == nil {
			f.waves[r.wave] = &span{began: ev.At, beganSeq: f.events}
		}
	case engine.UsageAdded:
		if u := ev.Usage; u != nil {
			r.InputTokens += u.InputTokens
			r.OutputTokens += u.OutputTokens
			r.USD += u.USD
			r.attemptUSD += u.USD
			r.shares.used(ev.By, *u)
		}
	case engine.StepStarted:
		f.given(r, ev)
	case engine.StepDone, engine.GatePassed:
		r.shares.end(ev.At)
	case engine.StepFailed:
		f.failed(r, ev)
	case engine.AttemptLost:
		r.Lost++
		r.shares.last().Lost++
		// It is not known how long it ran on without billow.
		f.endAttempt(r, f.clock.before, true)
	}
}

// given notes whose work a step is.
func (f *fold) given(r *record, ev engine.Event) {
	agent, class := r.agent, r.class
	if v, ok := f.state.Task(r.id); ok {
		if step, mends := v.RemedyStep(v.Step); mends && step.Agent != "" {
			agent, class = step.Agent, cmp.Or(engine.Class(step.Class), engine.ClassAgent)
		}
	}
	r.shares.begin(agent, class, ev.At)
}

func (f *fold) failed(r *record, ev engine.Event) {
	r.Failures++
	r.shares.end(ev.At)
	r.shares.last().Failures++
	if ev.Signal == nil || ev.Remedy == nil {
		return
	}
	key := causeKey{ev.Signal.Kind, ev.Signal.Rule}
	c := f.causeOf[key]
	if c == nil {
		c = &Cause{Kind: key.kind, Rule: key.rule, Message: ev.Signal.Message, Tasks: []string{}}
		f.causeOf[key] = c
		f.causes = append(f.causes, c)
	}
	c.Failures++
	c.Tasks = note(c.Tasks, r.id)
	c.Wasted += r.wasted(ev.At)
	r.cause = c
	if ev.Remedy.Action == failure.Retry || ev.Remedy.Action == failure.Recipe {
		c.Retries++
		r.Retries++
		r.shares.last().Retries++
		r.notBefore = ev.At.Add(ev.Remedy.Delay)
		f.clock.delayed(r.notBefore)
	}
	switch {
	case f.deadline(*ev.Signal):
		r.deadlines++
	case ev.Signal.Kind == failure.NewFailure && ev.Signal.Rule == "default":
		r.unclassified++
	}
	if name := ev.Remedy.Wants; name != "" {
		f.facts.wantedTimes[name]++
		f.facts.wanted = note(f.facts.wanted, name)
	}
	if ev.Remedy.Action == failure.Skip {
		r.skipped = "policy"
	}
}

// wasted notes that what the attempt has cost up to now has come to nothing, and returns its time.
func (r *record) wasted(at time.Time) Seconds {
	d := Seconds(positive(at.Sub(r.mark)))
	r.Wasted += d
	r.WastedUSD += r.attemptUSD
	r.mark, r.attemptUSD = at, 0
	r.shares.wasted()
	return d
}

// deadlineText is what messages of attempts that hit a time limit look like, whoever did the work. A signal does not
// say it otherwise.
const deadlineText = `^(\S+ )?(took longer than (its )?|printed nothing (in its first|within|for) )[0-9][0-9a-zµ.]*$`

// deadline reports whether a failure was one of a time limit.
func (f *fold) deadline(s failure.Signal) bool {
	for _, name := range []string{"total", "idle", "first_output"} {
		if s.Message == failure.Classify(failure.Observation{Timeout: name}, nil).Message {
			return true
		}
	}
	return f.limitHit.MatchString(s.Message)
}

// endAttempt notes that the attempt that runs, if any, has ended.
func (f *fold) endAttempt(r *record, at time.Time, wasted bool) {
	if r.started.IsZero() {
		return
	}
	took := positive(at.Sub(r.started))
	r.Work += Seconds(took)
	r.shares.end(at)
	if wasted {
		r.wasted(at)
	}
	r.ended = later(r.ended, r.started.Add(took))
	r.started = time.Time{}
	if w := f.waves[r.wave]; w != nil && !r.ended.Before(w.ended) {
		w.ended, w.endedSeq = r.ended, f.events
	}
	if p := f.records[r.parent]; p != nil {
		p.last, p.ended = r.id, r.ended
	}
	if spec, ok := f.state.Spec(r.id); ok {
		for _, lock := range spec.Locks {
			f.locks[lock] = r
		}
	}
}

// observe looks at what has become of a task, and of those that move with it.
func (f *fold) observe(id string, ev engine.Event) {
	r := f.records[id]
	v, ok := f.state.Task(id)
	if r == nil || !ok {
		return
	}
	r.expanded = v.Expanded
	f.moved(r, v, ev)
	if p := f.records[v.Parent]; p != nil {
		if pv, ok := f.state.Task(v.Parent); ok {
			f.moved(p, pv, ev)
		}
	}
	for i := range v.Items {
		item := itemOf(id, i)
		if c := f.records[item]; c != nil {
			cv, _ := f.state.Task(item)
			f.moved(c, cv, ev)
		}
	}
}

func (f *fold) moved(r *record, v engine.TaskView, ev engine.Event) {
	if r.state == v.State {
		return
	}
	from := r.state
	if !v.Expanded {
		f.clock.moved(r.class, from, v.State)
		if from == engine.Running {
			f.endAttempt(r, ev.At, false)
		}
		if from == engine.Blocked {
			f.unblocked(r, ev.At)
		}
	}
	r.state, r.since = v.State, ev.At
	if v.State != engine.Running && v.State != engine.Waiting {
		r.settled = ev.At
		f.rest.push(r.wave, ev.At, r.id)
	}
	if v.Expanded {
		return
	}
	switch v.State {
	case engine.Blocked:
		r.blocked = f.timeline.add(Entry{Seq: f.events, At: ev.At, Kind: Blocked, Task: r.id, Text: blockedBy(v), By: ev.By, Open: true})
	case engine.Failed:
		f.timeline.add(Entry{Seq: f.events, At: ev.At, Kind: Failed, Task: r.id, Text: v.Reason})
	case engine.Waiting:
		r.notBefore = v.NotBefore
	}
}

// blockedBy is what a task that is blocked waits for.
func blockedBy(v engine.TaskView) string {
	switch {
	case v.Approval == engine.ApprovalPending:
		return "approval: " + v.Reason
	case v.Question != nil:
		return "question: " + v.Question.Text
	}
	return v.Reason
}

func (f *fold) unblocked(r *record, at time.Time) {
	d := positive(at.Sub(r.since))
	r.people += d
	f.timeline.lasted(r.blocked, d)
	r.blocked = -1
}

// note appends a name to a short list, unless it is there or the list is full.
func note(list []string, name string) []string {
	if len(list) >= Listed {
		return list
	}
	for _, n := range list {
		if n == name {
			return list
		}
	}
	return append(list, name)
}

// positive is d, or 0 where a clock was set back.
func positive(d time.Duration) time.Duration { return max(d, 0) }

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
