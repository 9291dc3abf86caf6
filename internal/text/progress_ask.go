package text

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"billow/engine"
)

// AskOptions let a person answer while the run goes on.
type AskOptions struct {
	// Begin is called once, when the first question comes up. From then on the channel brings what is typed;
	// what was typed before is thrown away. With drawn the line that is typed on is drawn here, so it is wanted
	// letter by letter and the terminal must not show it.
	Begin func(drawn bool) (<-chan []byte, error)
	// Decide carries out what was said to an approval, Answer what was answered to a question, whose text it is given.
	// Each is called in a goroutine of its own.
	Decide func(run, task string, yes bool, reason string) error
	Answer func(run, task, question, answer string) error
}

// waitsForAnswer says whether a task waits for a person's approval or answer.
func waitsForAnswer(v *engine.TaskView) bool {
	return v.State == engine.Blocked && !v.Removed && !v.Expanded &&
		(v.Approval == engine.ApprovalPending || v.Question != nil)
}

// asks are the questions that are open, in the order in which they came.
type asks struct {
	on   bool
	open []*question
}

// question is one thing that a person is asked.
type question struct {
	task, reason, context, risk, decision string
	attempt                               int
	// asks is what is to be answered, nil for an approval.
	asks *engine.Question
	// off: the person will decide later, by other means. given: the answer is on its way to the run.
	off, given bool
}

// see takes down whether a task waits for an answer.
func (a *asks) see(v *engine.TaskView) {
	if !a.on {
		return
	}
	i := slices.IndexFunc(a.open, func(q *question) bool { return q.task == v.ID })
	if !waitsForAnswer(v) {
		if i >= 0 {
			a.open = slices.Delete(a.open, i, i+1)
		}
		return
	}
	q := &question{task: v.ID, reason: v.Reason, attempt: v.Attempt}
	if v.Question != nil {
		q.context, q.risk, q.decision = v.Question.Context, v.Question.Risk, v.Question.Decision
		if v.Approval != engine.ApprovalPending {
			q.asks, q.reason = v.Question, v.Question.Text
		}
		if q.reason == "" {
			q.reason = v.Question.Text
		}
	}
	switch {
	case i < 0:
		a.open = append(a.open, q)
	case a.open[i].attempt != q.attempt || a.open[i].reason != q.reason:
		// What is on the screen is no longer what is asked: it is asked anew.
		a.open[i] = q
	}
}

// next is the question to ask now, nil for none.
func (a *asks) next() *question {
	for _, q := range a.open {
		if !q.off && !q.given {
			return q
		}
	}
	return nil
}

// Hold keeps a run waiting while a question is open and the person has not put it off; see
// control.RunRequest.
func (p *Progress) Hold(*engine.State) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.ContainsFunc(p.asks.open, func(q *question) bool { return !q.off })
}

// prompt is the question on the screen, with what has been typed below it.
type prompt struct {
	*question
	typed string
}

// ask brings the next question to the screen.
func (p *Progress) ask() {
	if p.o.Ask == nil || p.closing || p.board == nil {
		return
	}
	p.mu.Lock()
	q := p.asks.next()
	p.mu.Unlock()
	switch {
	case q == nil:
		p.prompt = nil
		return
	case p.prompt != nil && p.prompt.question == q:
		return
	}
	if p.keys == nil {
		keys, err := p.o.Ask.Begin(p.o.Live)
		if err != nil {
			p.screen.line(toErr, "billow: cannot ask here: "+err.Error())
			p.mu.Lock()
			p.asks.on, p.asks.open = false, nil
			p.mu.Unlock()
			return
		}
		p.keys = keys
	}
	p.prompt = &prompt{question: q}
	for _, part := range [][2]string{{"context", q.context}, {"risk", q.risk}, {"decision", q.decision}} {
		p.quoteLines(part[0], part[1])
	}
	if !p.o.Live {
		p.screen.line(toErr, p.prompt.lines(p.o.Style)[0])
		p.screen.line(toErr, "  type "+p.prompt.help()+", and Enter")
	}
}

// help says what can be typed.
func (q *question) help() string {
	if q.asks == nil {
		return "a to approve, d to deny, l to decide later"
	}
	return Clean(q.asks.Expects()) + ", or l to answer later"
}

// choices are the answers with what is typed for each.
func (q *question) choices() string {
	if q.asks == nil {
		return "[a] approve  [d] deny  [l] later"
	}
	var out []string
	switch q.asks.Kind() {
	case engine.YesNo:
		out = append(out, "[y] yes", "[n] no")
	case engine.Choice:
		for i, option := range q.asks.Options {
			out = append(out, fmt.Sprintf("[%d] %s", i+1, Clean(option)))
		}
	default:
		out = append(out, Clean(q.asks.Expects()))
	}
	if r := q.asks.Default(""); r != "" {
		out = append(out, "(recommended: "+Clean(r)+")")
	}
	return strings.Join(append(out, "[l] later"), "  ")
}

// quoteLines shows a longer text, a line each.
func (p *Progress) quoteLines(name, text string) {
	const most = 30
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if lines[0] == "" {
		return
	}
	p.screen.line(toErr, "          "+p.o.Style.paint(gray, name+":"))
	for i, line := range lines {
		if i == most {
			p.screen.line(toErr, fmt.Sprintf("            and %d more lines; see billow explain", len(lines)-most))
			return
		}
		p.screen.line(toErr, "            "+string(clean([]byte(line), false)))
	}
}

// lines are the question and the line below it, where the answer is typed.
func (q *prompt) lines(st Style) []string {
	return []string{
		st.paint(yellow, "? "+Clean(q.task)) + "  " + Clean(q.reason),
		fmt.Sprintf("  %s > %s", q.choices(), Clean(q.typed)),
	}
}

// typing takes what was typed. Only a line of its own is an answer, and only the words that are offered: a
// sentence that happens to begin like one is none.
func (p *Progress) typing(b []byte) {
	if p.prompt == nil {
		return // nobody asked
	}
	for len(b) > 0 && p.prompt != nil {
		r, n := utf8.DecodeRune(b)
		b = b[n:]
		switch {
		case r == '\n' || r == '\r':
			p.answer()
		case r == 0x7f || r == '\b':
			_, n := utf8.DecodeLastRuneInString(p.prompt.typed)
			p.prompt.typed = p.prompt.typed[:len(p.prompt.typed)-n]
		case r == 'U'-'@': // Ctrl-U
			p.prompt.typed = ""
		case r == '\x1b':
			return // a cursor key
		case r >= ' ' && r != utf8.RuneError && len(p.prompt.typed) < 500:
			p.prompt.typed += string(r)
		}
	}
}

func (p *Progress) answer() {
	q, typed := p.prompt.question, strings.TrimSpace(p.prompt.typed)
	p.prompt.typed = ""
	word, rest, _ := strings.Cut(typed, " ")
	word, rest = strings.ToLower(word), strings.TrimSpace(rest)
	run := p.board.run
	switch {
	case word == "":
	case rest == "" && (word == "l" || word == "later"):
		p.mu.Lock()
		q.off = true
		p.mu.Unlock()
		p.prompt = nil
		p.screen.erase()
		p.screen.line(toErr, p.put(p.o.Now(), "later", "", q.task, "the run goes on without it"))
	case q.asks != nil:
		answer, err := q.asks.Read(typed)
		if err != nil {
			p.refuse(q)
			return
		}
		p.give(q, func() error { return p.o.Ask.Answer(run, q.task, q.asks.Text, answer) })
	case rest == "" && (word == "a" || word == "approve"):
		p.give(q, func() error { return p.o.Ask.Decide(run, q.task, true, "") })
	case word == "d" || word == "deny":
		p.give(q, func() error { return p.o.Ask.Decide(run, q.task, false, rest) })
	default:
		p.refuse(q)
	}
}

func (p *Progress) refuse(q *question) {
	p.screen.erase()
	p.screen.line(toErr, "  "+p.o.Style.paint(yellow, "that is no answer: "+q.help()))
}

// give carries an answer out. Until the run has seen it the question stays open, but is not asked.
func (p *Progress) give(q *question, carryOut func() error) {
	p.prompt = nil
	p.mu.Lock()
	open := slices.Contains(p.asks.open, q)
	q.given = true
	p.mu.Unlock()
	if !open {
		return // meanwhile something else is asked, or nothing
	}
	go func() {
		if err := carryOut(); err != nil {
			p.mu.Lock()
			q.given = false
			p.mu.Unlock()
			p.Notice(err.Error())
		}
	}()
}
