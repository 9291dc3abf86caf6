package text

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"billow/engine"
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
	opened  bool // a foreach whose items run, not it
	removed bool
}

func (s *seat) take(v *engine.TaskView) {
	*s = seat{id: v.ID, state: v.State, wave: v.Wave, attempt: v.Attempt, step: v.Step, agent: v.Agent,
		began: v.Began, later: v.NotBefore, took: v.Took, item: v.Parent != "", opened: v.Expanded, removed: v.Removed}
}

// counted says whether a task is one of those that are counted: items of a foreach are not.
func (s *seat) counted() bool { return s.id != "" && !s.item && !s.removed }

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
	running   []*seat // as they started
	eta       *estimate
}

// tally counts the tasks of a wave.
type tally struct {
	wave                                              int
	total, waiting, running, blocked, settled, failed int
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
	}
	return b
}

// take moves a task to where a note says it is.
func (b *board) take(n *note) {
	b.put(n.seat)
	b.put(n.parent)
	if b.eta != nil && n.what == engine.StepDone && n.seat.state == engine.Done {
		b.eta.learn(&n.seat)
	}
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
	*old = now
	b.tally(old, 1)
	switch is := old.live(); {
	case is && !was:
		b.running = append(b.running, old)
	case was && !is:
		b.running = slices.DeleteFunc(b.running, func(s *seat) bool { return s == old })
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
	b.waves[i].add(s.state, by)
	b.all.add(s.state, by)
}

func (t *tally) add(state engine.TaskState, by int) {
	t.total += by
	switch state {
	case engine.Waiting:
		t.waiting += by
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
	lines := []string{b.header(now, st)}
	lines = append(lines, b.waveLines(columns, st, p.o.ASCII)...)
	lines = append(lines, b.runningLines(now, min(mostRunning, max(rows-len(lines)-6, 1)), st)...)
	if p.prompt != nil {
		lines = append(lines, p.prompt.lines(st)...)
	}
	return lines
}

func (b *board) header(now time.Time, st Style) string {
	line := st.paint(bold, b.name) + st.paint(gray, "  run "+b.run) + "  " + span(now.Sub(b.began))
	if b.eta != nil && b.all.settled < b.all.total {
		if left, ok := b.eta.left(b, now); ok {
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
		lines = append(lines, b.waveLine(w, label, columns, st, ascii))
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

func (b *board) waveLine(w *tally, label, columns int, st Style, ascii bool) string {
	full, empty := "█", "░"
	if ascii {
		full, empty = "#", "."
	}
	size := min(max(columns-label-50, 8), 30)
	share := func(n int) int { return n * size / max(w.total, 1) }
	done, bad := share(w.settled), share(w.failed+w.blocked)
	line := pad(b.label(w), label) + "  " + st.paint(green, strings.Repeat(full, done)) +
		st.paint(red, strings.Repeat(full, bad)) + st.paint(gray, strings.Repeat(empty, size-done-bad)) +
		fmt.Sprintf("  %d/%d", w.settled, w.total)
	for _, part := range []struct {
		n           int
		word, color string
	}{{w.running, "running", ""}, {w.waiting, "waiting", gray}, {w.blocked, "blocked", yellow}, {w.failed, "failed", red}} {
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
		line := "  " + st.paint(blue, pad(cut(Clean(s.id), nameColumns), name)) + fmt.Sprintf("  %6s", span(now.Sub(s.began)))
		if extra := s.extra(); extra != "" {
			line += st.paint(gray, "  "+extra)
		}
		lines = append(lines, line)
	}
	if n := len(b.running) - len(shown); n > 0 {
		lines = append(lines, st.paint(gray, fmt.Sprintf("  and %d more", n)))
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
