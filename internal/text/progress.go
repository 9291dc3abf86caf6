package text

import (
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"billow/engine"
	"billow/failure"
	"billow/internal/control"
)

// Output is what is shown of what tasks print.
type Output string

const (
	// OutputAuto shows the end of what a failed task printed, and on a live terminal nothing.
	OutputAuto Output = ""
	// OutputPrefix shows every line as it comes, with the task's id before it.
	OutputPrefix Output = "prefix"
	// OutputGroup shows what a task printed in one block when it has ended.
	OutputGroup Output = "group"
	// OutputQuiet shows failures and nothing else.
	OutputQuiet Output = "quiet"
)

// ProgressOptions are the settings of a Progress.
type ProgressOptions struct {
	// Out takes what tasks print, Err everything else.
	Out, Err io.Writer
	// Style is for Err; its Width is not used.
	Style  Style
	Output Output
	// NoOpening leaves out the line that begins a run.
	NoOpening bool
	// Live draws a block that changes in place; both Out and Err must then be the terminal, or Out must get
	// nothing. Size gives the terminal's columns and rows, and is asked before each drawing.
	Live bool
	Size func() (columns, rows int)
	// ASCII draws bars without letters from outside ASCII.
	ASCII bool
	// Logs says where a running step's output is. ok is false for a step it knows nothing of, which then
	// writes into its attempt's folder. It is called from Progress's own goroutine and may be nil.
	Logs func(task string, attempt int, step string) (stdout, stderr string, ok bool)
	// Fold folds logs away on GitHub's runner: it is a word that no task can guess; "" is for everywhere else.
	// Masks makes that runner hide secrets.
	Fold  string
	Masks bool
	// Ask lets a person answer questions; nil asks nobody.
	Ask *AskOptions
	// Now is the clock, time.Now by default.
	Now func() time.Time
}

// Progress shows a run while it goes on: on a terminal as a block that is drawn again and again, elsewhere as
// one line for each thing that happened.
//
// The loop that runs the plan only leaves notes here, which costs it less than a microsecond each; they are
// read, counted and printed in a goroutine of Progress's own, at most ten times a second. Use Started and
// Watch as the functions of the same names in control.RunRequest, and Close before anything else is printed.
type Progress struct {
	o      ProgressOptions
	screen *screen

	mu      sync.Mutex
	notes   []note
	started *start
	asks    asks
	// quiet is true where only failures are taken down.
	quiet bool
	// purse is the plan's budget and what was used of it.
	purse purse

	// What follows belongs to the goroutine that draws.
	spare   []note
	began   time.Time
	board   *board
	follow  *follower
	paths   func(task string, attempt int) string
	wave    int
	quarter int // of the budget, which was spoken of
	prompt  *prompt
	keys    <-chan []byte
	barrier bool
	closing bool

	quit, done chan struct{}
	close      sync.Once
}

// start is what is kept of control.Started, copied while the loop stands still.
type start struct {
	control.Started
	tasks []engine.TaskView
	took  map[string]time.Duration
	at    time.Time
}

// note is one thing that happened, with what is shown of its task: the state itself belongs to the loop.
type note struct {
	// what is "" for a line of text.
	what    engine.EventType
	at      time.Time
	task    string
	attempt int
	step    string
	text    string
	// interrupt counts interrupts, 0 where it is none.
	interrupt int
	remedy    *failure.Remedy
	// findings are what a gate that failed has found.
	findings []string
	seat     seat
	parent   seat
	// others are tasks that changed with it: those of a revision.
	others []seat
}

// every is the time between two drawings.
const every = 100 * time.Millisecond

// NewProgress begins to show what it is told. Close must be called.
func NewProgress(o ProgressOptions) *Progress {
	p := newProgress(o)
	go p.loop()
	return p
}

// newProgress makes a Progress without its goroutine: tests call tick.
func newProgress(o ProgressOptions) *Progress {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Size == nil {
		o.Size = func() (int, int) { return 80, 24 }
	}
	p := &Progress{o: o, quit: make(chan struct{}), done: make(chan struct{}), began: o.Now()}
	p.asks.on, p.quiet = o.Ask != nil, o.Output == OutputQuiet
	p.screen = &screen{out: o.Out, err: o.Err, size: o.Size}
	return p
}

func (p *Progress) loop() {
	defer close(p.done)
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-p.quit:
			return
		case <-ticker.C:
			p.tick(p.o.Now())
		case b, ok := <-p.keys:
			if !ok {
				p.hangUp()
				continue
			}
			p.typing(b)
			p.tick(p.o.Now())
		}
	}
}

// Close shows what is left to show and gives the terminal back.
func (p *Progress) Close() {
	p.close.Do(func() {
		close(p.quit)
		<-p.done
		p.last()
	})
}

// hangUp is for a terminal that has gone: nobody is there to answer.
func (p *Progress) hangUp() {
	p.keys, p.o.Ask, p.prompt = nil, nil, nil
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asks.on, p.asks.open = false, nil
}

// last draws for the last time: everything that stays, and no block.
func (p *Progress) last() {
	p.closing, p.prompt = true, nil
	p.tick(p.o.Now())
	if p.follow != nil {
		p.follow.endAll()
		p.screen.flush()
	}
}

// Started takes down what is about to run.
func (p *Progress) Started(s control.Started) {
	st := &start{Started: s, at: p.o.Now()}
	if p.o.Live && s.Output != "plain" || p.asks.on {
		st.tasks = slices.Collect(s.State.All())
	}
	if p.o.Live && s.Output != "plain" {
		st.took = make(map[string]time.Duration, len(s.Durations))
		for id, d := range s.Durations {
			st.took[id] = d
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.started, p.purse = st, purse{s.Limits.Budget, s.State.Spent()}
	p.quiet = p.quiet || s.Output == "quiet" && p.o.Output == OutputAuto
	for i := range st.tasks {
		p.asks.see(&st.tasks[i])
	}
}

// Watch takes down what happened. The loop calls it.
func (p *Progress) Watch(s *engine.State, events []engine.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.purse = purse{s.Limits().Budget, s.Spent()}
	for i := range events {
		ev := &events[i]
		if !p.matters(ev) {
			continue
		}
		n := note{what: ev.Type, at: ev.At, task: ev.Task, attempt: ev.Attempt, step: ev.Step, text: ev.Reason,
			remedy: ev.Remedy}
		if ev.Provider != "" {
			n.task = ev.Provider
		}
		if ev.Type == engine.ProviderPaused {
			n.text = fmt.Sprintf("until %s: %s", ev.Until.Local().Format(time.DateTime), ev.Reason)
		}
		if ev.Task != "" {
			v, _ := s.Task(ev.Task)
			n.seat.take(&v)
			if v.Parent != "" {
				parent, _ := s.Task(v.Parent)
				n.parent.take(&parent)
			}
			p.asks.see(&v)
		}
		if ev.Verdict != nil {
			n.findings = ev.Verdict.Findings
		}
		if r := ev.Revision; r != nil {
			n.text = fmt.Sprintf("revision %d of the plan %s", r.Number, r.Did())
			if ev.Reason != "" {
				n.text += ": " + ev.Reason
			}
			for _, id := range r.IDs() {
				v, _ := s.Task(id)
				p.asks.see(&v)
				n.others = append(n.others, seat{})
				n.others[len(n.others)-1].take(&v)
			}
		}
		p.notes = append(p.notes, n)
		for _, back := range ev.SentBack() {
			n := note{what: engine.TaskReopened, at: ev.At, task: back.Task}
			v, _ := s.Task(back.Task)
			n.seat.take(&v)
			if v.Parent != "" {
				parent, _ := s.Task(v.Parent)
				n.parent.take(&parent)
			}
			p.notes = append(p.notes, n)
		}
	}
}

// matters says whether an event changes anything that is shown.
func (p *Progress) matters(ev *engine.Event) bool {
	switch ev.Type {
	case engine.AttemptClaimed, engine.UsageAdded, engine.TimeReached, engine.NoteAdded, engine.RunStarted,
		engine.DriverStarted, engine.RunFinished, engine.RunReopened:
		return false
	case engine.StepFailed, engine.AttemptLost, engine.WarningRaised, engine.BudgetExceeded, engine.ProviderPaused,
		engine.ProviderResumed, engine.GateFailed:
		return true
	}
	return !p.quiet || p.asks.on
}

// Notice shows a line of text. Any goroutine may call it.
func (p *Progress) Notice(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.notes = append(p.notes, note{text: text, at: p.o.Now()})
}

// tick reads the notes and draws.
func (p *Progress) tick(now time.Time) {
	p.mu.Lock()
	notes := p.notes
	p.notes = p.spare[:0]
	started := p.started
	p.started = nil
	purse := p.purse
	p.mu.Unlock()

	if started != nil {
		p.open(started)
	}
	p.screen.erase()
	for i := range notes {
		p.show(&notes[i])
		notes[i] = note{}
	}
	p.spare = notes
	p.spent(now, purse)
	if p.follow != nil {
		p.follow.poll()
	}
	p.ask()
	if p.o.Live && p.board != nil && !p.closing {
		columns, rows := p.o.Size()
		p.screen.draw(p.frame(now, columns, rows))
	}
	p.screen.flush()
}

// open begins to show a run.
func (p *Progress) open(s *start) {
	switch {
	case s.Output == "quiet" && p.o.Output == OutputAuto:
		p.o.Output, p.o.Live, p.o.NoOpening = OutputQuiet, false, true
	case s.Output == "plain":
		p.o.Live = false
	}
	p.began, p.paths = s.at, s.Paths
	p.barrier = s.Limits.Strict
	p.board = newBoard(s)
	p.mask(s.Secrets)
	if !p.o.NoOpening {
		p.screen.line(toErr, "billow: "+opening(s))
	}
	if p.o.Output == OutputPrefix {
		p.follow = newFollower(p.o.Logs, s.Paths, p.print)
	}
}

// show brings one note to the screen.
func (p *Progress) show(n *note) {
	if n.interrupt > 0 {
		running := -1
		if p.board != nil && p.o.Output != OutputQuiet {
			running = len(p.board.running)
		}
		n.text = interruptText(n.interrupt, running)
	}
	if n.what == "" || p.board == nil {
		p.screen.line(toErr, "billow: "+n.text)
		return
	}
	before := p.board.stateOf(n.parent.id)
	p.board.take(n)
	if p.follow != nil && ended(n.what) {
		p.follow.end(n.task, n.attempt, n.step)
	}
	if line := p.line(n); line != "" {
		p.screen.line(toErr, line)
	}
	if n.parent.state == engine.Done && before != engine.Done && p.o.Output != OutputQuiet {
		p.screen.line(toErr, p.put(n.at, "done", green, n.parent.id, span(n.parent.took)+", all items"))
	}
	p.after(n)
}

// ended are the events that end a step.
func ended(what engine.EventType) bool {
	switch what {
	case engine.StepDone, engine.StepFailed, engine.AttemptCancelled, engine.AttemptLost, engine.QuestionAsked,
		engine.GatePassed, engine.GateFailed:
		return true
	}
	return false
}

// after shows what a step printed, as far as that is wanted.
func (p *Progress) after(n *note) {
	switch {
	case p.follow != nil:
		if n.what == engine.AttemptStarted || n.what == engine.StepStarted || n.what == engine.AttemptAdopted {
			p.follow.begin(n.task, n.attempt, n.step)
		}
	case p.paths == nil || n.attempt == 0:
	case p.o.Output == OutputGroup && ended(n.what) && (n.seat.state != engine.Running || n.seat.attempt != n.attempt):
		p.group(n)
	case p.o.Output == OutputAuto && !p.o.Live && n.what == engine.StepFailed && n.remedy.Action != failure.Retry && n.remedy.Action != failure.Recipe:
		p.tail(n)
	}
}

// print writes a line of a task's output; line has no line break.
func (p *Progress) print(task string, line []byte) {
	if p.o.Live {
		line = clean(line, p.o.Style.Color)
	}
	p.screen.write(toOut, []byte(p.o.Style.paint(blue, task)+" | "))
	p.screen.write(toOut, line)
	p.screen.write(toOut, []byte{'\n'})
}
