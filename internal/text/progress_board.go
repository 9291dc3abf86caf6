package text

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"billow/engine"
	"billow/plan"
)

// seat is what is known of one task where progress is drawn.
type seat struct {
	id      string
	state   engine.TaskState
	wave    int
	attempt int
	step    string
	agent   string
	began   time.Time
	later   time.Time // not before this
	took    time.Duration
	item    bool // of a foreach
	gate    bool // of a wave
	opened  bool // a foreach whose items run, not it
	removed bool
	lost    bool // waits for what has failed; see board.reach
}

func (s *seat) take(v *engine.TaskView) {
	*s = seat{id: v.ID, state: v.State, wave: v.Wave, attempt: v.Attempt, step: v.Step, agent: v.Agent,
		began: v.Began, later: v.NotBefore, took: v.Took, item: v.Parent != "", gate: v.Gate, opened: v.Expanded, removed: v.Removed}
	if step, ok := v.RemedyStep(v.Step); ok {
		s.agent = step.Agent
	}
}

// counted says whether a task is one of those that are counted: items of a foreach and gates are not.
func (s *seat) counted() bool { return s.id != "" && !s.item && !s.gate && !s.removed }

// live says whether something of it is out.
func (s *seat) live() bool { return s.state == engine.Running && !s.opened && !s.removed }

// board is the picture of a run that is drawn: counts for each wave and what runs now. It is kept up to date
// by differences, so that a drawing costs nothing for the tasks nothing happened to.
type board struct {
	name, run string
	began     time.Time
	seats     map[string]*seat
	waves     []*tally // ascending
	all       tally
	purse     purse
	running   []*seat // as they started
	eta       *estimate
	// order is the plan's; tolerant are the tasks that may run after a failure of what they need.
	order    *plan.Schedule
	ids      []string
	tolerant map[string]bool
	// stale is set when something failed, or no longer is: who can still be reached is then worked out anew.
	stale bool
}

// tally counts the tasks of a wave.
type tally struct {
	wave                                                    int
	total, waiting, running, blocked, settled, failed, lost int
}

func newBoard(s *start) *board {
	b := &board{name: s.Plan.ID, run: s.Run, began: s.at, seats: make(map[string]*seat, len(s.tasks))}
	if b.name == "" {
		b.name = s.Path
	}
	for i := range s.tasks {
		var st seat
		st.take(&s.tasks[i])
		b.put(st)
	}
	if s.took != nil {
		b.eta = newEstimate(s)
		b.order, b.tolerant = s.Schedule, map[string]bool{}
		var exprs plan.Expressions
		for _, t := range s.Plan.Tasks {
			b.ids = append(b.ids, t.ID)
			if t.When != "" && exprs.Tolerant(t.When) {
				b.tolerant[t.ID] = true
			}
		}
		b.reach()
	}
	return b
}

// take moves a task to where a note says it is.
func (b *board) take(n *note) {
	b.put(n.seat)
	b.put(n.parent)
	if n.what == engine.PlanRevised {
		b.revise(n.others)
	}
	if b.eta != nil && n.what == engine.StepDone && n.seat.state == engine.Done && !n.seat.gate {
		b.eta.learn(&n.seat)
	}
}

// revise takes up the tasks of a revision. What could be reached is not known from then on: that was the order of
// another plan.
func (b *board) revise(tasks []seat) {
	b.order = nil
	for _, s := range b.seats {
		b.tally(s, -1)
		s.lost = false
		b.tally(s, 1)
	}
	for _, s := range tasks {
		b.put(s)
	}
}

func (b *board) stateOf(id string) engine.TaskState {
	if s := b.seats[id]; s != nil {
		return s.state
	}
	return ""
}

func (b *board) put(now seat) {
	if now.id == "" {
		return
	}
	old, known := b.seats[now.id]
	if !known {
		old = &seat{}
		b.seats[now.id] = old
	}
	b.tally(old, -1)
	was := old.live()
	now.lost = old.lost && now.state == engine.Waiting
	b.stale = b.stale || old.dead() != now.dead()
	*old = now
	b.tally(old, 1)
	switch is := old.live(); {
	case is && !was:
		b.running = append(b.running, old)
	case was && !is:
		b.running = slices.DeleteFunc(b.running, func(s *seat) bool { return s == old })
	}
}

// dead says whether what needs this task cannot run.
func (s *seat) dead() bool {
	return s.lost || !s.removed && (s.state == engine.Failed || s.state == engine.Cancelled)
}

// reach finds the tasks that cannot run because of what has failed. The run knows them too, but asking it
// would cost the loop a walk over the plan for every failure; here it is one for each drawing, at most.
func (b *board) reach() {
	b.stale = false
	if b.order == nil {
		return
	}
	for _, i := range b.order.Topo {
		s := b.seats[b.ids[i]]
		if s == nil || s.state != engine.Waiting || s.removed {
			continue
		}
		lost := !b.tolerant[s.id] && slices.ContainsFunc(b.order.Needs[i], func(n int) bool {
			need := b.seats[b.ids[n]]
			return need != nil && need.dead()
		})
		if lost != s.lost {
			b.tally(s, -1)
			s.lost = lost
			b.tally(s, 1)
		}
	}
}

func (b *board) tally(s *seat, by int) {
	if !s.counted() {
		return
	}
	i, ok := slices.BinarySearchFunc(b.waves, s.wave, func(t *tally, w int) int { return cmp.Compare(t.wave, w) })
	if !ok {
		b.waves = slices.Insert(b.waves, i, &tally{wave: s.wave})
	}
	b.waves[i].add(s, by)
	b.all.add(s, by)
}

func (t *tally) add(s *seat, by int) {
	t.total += by
	switch s.state {
	case engine.Waiting:
		if s.lost {
			t.lost += by
		} else {
			t.waiting += by
		}
	case engine.Running:
		t.running += by
	case engine.Blocked:
		t.blocked += by
	case engine.Done, engine.Skipped:
		t.settled += by
	default:
		t.failed += by
	}
}

// The sizes of the block.
const (
	mostWaves   = 6
	mostRunning = 10
	nameColumns = 40
)

// frame is the block as it looks now.
func (p *Progress) frame(now time.Time, columns, rows int) []string {
	b, st := p.board, p.o.Style
	if b.stale {
		b.reach()
	}
	var ask []string
	if p.prompt != nil {
		ask = p.prompt.lines(st)
	}
	lines := []string{b.header(now, st)}
	if used := b.purse.String(); used != "" {
		lines = append(lines, st.paint(gray, used))
	}
	waves := b.waveLines(columns, st, p.o.ASCII)
	// On a low terminal one line for everything has to do, so that there is room for what runs.
	if len(lines)+len(waves)+len(ask)+3 > rows {
		waves = []string{b.waveLine(&b.all, "all", 3, columns, st, p.o.ASCII)}
	}
	lines = append(lines, waves...)
	lines = append(lines, b.runningLines(now, min(mostRunning, max(rows-len(lines)-len(ask)-2, 0)), st)...)
	return append(lines, ask...)
}

func (b *board) header(now time.Time, st Style) string {
	line := st.paint(bold, b.name) + st.paint(gray, "  run "+b.run) + "  " + ticking(now.Sub(b.began))
	if b.eta != nil && b.all.waiting+b.all.running > 0 {
		if left, ok := b.eta.left(b, now); ok && left > 0 {
			line += st.paint(gray, "  about "+roughly(left)+" left")
		}
	}
	return line
}

func (b *board) waveLines(columns int, st Style, ascii bool) []string {
	var lines []string
	first := 0
	if len(b.waves) > mostWaves {
		for first < len(b.waves)-mostWaves && b.waves[first].settled == b.waves[first].total {
			first++
		}
	}
	if first > 1 {
		n := 0
		for _, w := range b.waves[:first] {
			n += w.total
		}
		lines = append(lines, st.paint(gray, fmt.Sprintf("%d waves before, all %d tasks done", first, n)))
	} else {
		first = 0
	}
	last := min(len(b.waves), first+mostWaves)
	label := 0
	for _, w := range b.waves[first:last] {
		label = max(label, len(b.label(w)))
	}
	for _, w := range b.waves[first:last] {
		lines = append(lines, b.waveLine(w, b.label(w), label, columns, st, ascii))
	}
	if last < len(b.waves) {
		n := 0
		for _, w := range b.waves[last:] {
			n += w.total
		}
		lines = append(lines, st.paint(gray, fmt.Sprintf("%d more waves, %d tasks", len(b.waves)-last, n)))
	}
	return lines
}

func (b *board) label(w *tally) string {
	if w.wave == 0 && len(b.waves) == 1 {
		return "tasks"
	}
	return fmt.Sprintf("wave %d", w.wave)
}

func (b *board) waveLine(w *tally, name string, label, columns int, st Style, ascii bool) string {
	full, broken, empty := "█", "▒", "░"
	if ascii {
		full, broken, empty = "#", "x", "."
	}
	size := min(columns-label-50, 30)
	if size < 8 {
		size = 0 // the numbers matter more
	}
	share := func(n int) int { return n * size / max(w.total, 1) }
	done := share(w.settled)
	bad := share(w.settled+w.failed+w.blocked+w.lost) - done
	line := pad(name, label)
	if size > 0 {
		line += "  " + st.paint(green, strings.Repeat(full, done)) + st.paint(red, strings.Repeat(broken, bad)) +
			st.paint(gray, strings.Repeat(empty, size-done-bad))
	}
	line += fmt.Sprintf("  %d/%d", w.settled, w.total)
	for _, part := range []struct {
		n           int
		word, color string
	}{{w.running, "running", ""}, {w.waiting, "waiting", gray}, {w.blocked, "blocked", yellow}, {w.failed, "failed", red},
		{w.lost, "unreachable", gray}} {
		if part.n > 0 {
			text := fmt.Sprintf("  %d %s", part.n, part.word)
			if part.color != "" {
				text = st.paint(part.color, text)
			}
			line += text
		}
	}
	return line
}

func (b *board) runningLines(now time.Time, most int, st Style) []string {
	shown := b.running
	if len(shown) > most {
		shown = shown[:most]
	}
	name := 0
	for _, s := range shown {
		name = min(max(name, width(s.id)), nameColumns)
	}
	var lines []string
	for _, s := range shown {
		line := "  " + st.paint(blue, pad(cut(Clean(s.id), nameColumns), name)) + fmt.Sprintf("  %6s", ticking(now.Sub(s.began)))
		if extra := s.extra(); extra != "" {
			line += st.paint(gray, "  "+extra)
		}
		lines = append(lines, line)
	}
	if n := len(b.running) - len(shown); n > 0 {
		lines = append(lines, st.paint(gray, fmt.Sprintf("  %d more running", n)))
	}
	return lines
}

// extra is what is worth saying of a running task beside its name.
func (s *seat) extra() string {
	var parts []string
	if s.agent != "" {
		parts = append(parts, s.agent)
	}
	if s.attempt > 1 {
		parts = append(parts, fmt.Sprintf("attempt %d", s.attempt))
	}
	if s.step != "" && s.step != engine.StepDo {
		parts = append(parts, "step "+s.step)
	}
	return strings.Join(parts, ", ")
}
