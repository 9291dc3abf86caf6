package review

import (
	"slices"
	"time"

	"billow/engine"
)

// shares are what each agent had to do with a task: a remedy and a gate hand its steps to others.
type shares struct {
	all []portion
	// now is whose step is out, or was last; since is when it began, zero while none is out. metered is set where its
	// agent said what it used.
	now     int
	since   time.Time
	metered bool
	// fresh is set between the start of an attempt and that of its first step.
	fresh bool
}

// portion is one agent's.
type portion struct {
	Agent
	class engine.Class
	// left has not come to nothing yet, as leftUSD has not.
	left    Seconds
	leftUSD float64
}

// attempt begins another attempt: what came of those before counts.
func (s *shares) attempt() {
	s.fresh = true
	s.settle()
}

func (s *shares) settle() {
	for i := range s.all {
		s.all[i].left, s.all[i].leftUSD = 0, 0
	}
}

// begin notes that an agent is given a step; acceptance commands go with what they accept.
func (s *shares) begin(agent string, class engine.Class, at time.Time) {
	s.end(at)
	was := s.now
	if s.now = s.of(agent, class); s.fresh || s.now != was {
		s.all[s.now].Attempts++
	}
	s.since, s.metered, s.fresh = at, false, false
}

// of is the place of an agent's portion, which is made where there is none.
func (s *shares) of(agent string, class engine.Class) int {
	i := slices.IndexFunc(s.all, func(a portion) bool { return a.Name == agent })
	if i < 0 {
		i = len(s.all)
		s.all = append(s.all, portion{Agent: Agent{Name: agent}, class: class})
	}
	return i
}

// last is the portion of whoever did the last step. There is one from the first attempt on.
func (s *shares) last() *portion { return &s.all[s.now] }

// used adds what an agent says that it used, "" is whoever did the last step. Before the first it is nobody's.
func (s *shares) used(by string, u engine.Usage) {
	if len(s.all) == 0 {
		return
	}
	a := s.last()
	if by != "" && by != a.Name {
		a = &s.all[s.of(by, engine.ClassAgent)]
	}
	a.InputTokens += u.InputTokens
	a.OutputTokens += u.OutputTokens
	a.USD += u.USD
	a.leftUSD += u.USD
	s.metered = true
}

// end notes that the step that is out, if any, has ended.
func (s *shares) end(at time.Time) {
	if s.since.IsZero() {
		return
	}
	a := s.last()
	took := Seconds(positive(at.Sub(s.since)))
	a.Work += took
	a.left += took
	if !s.metered && a.class == engine.ClassAgent {
		a.Unmetered++
	}
	s.since = time.Time{}
}

// wasted notes that what was left has come to nothing.
func (s *shares) wasted() {
	for i := range s.all {
		a := &s.all[i]
		a.Wasted += a.left
		a.WastedUSD += a.leftUSD
	}
	s.settle()
}
