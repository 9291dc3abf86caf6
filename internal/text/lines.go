package text

import (
	"fmt"
	"strings"
	"time"

	"billow/engine"
	"billow/failure"
	"billow/internal/review"
)

// opening is the line that begins a run: what, which run, how much at once, and where its files are.
func opening(s *start) string {
	name := s.Path
	if s.Plan.ID != "" && s.Plan.ID != s.Path {
		name += " (" + Clean(s.Plan.ID) + ")"
	}
	verb := "run"
	if s.Resumed {
		verb = "going on with run"
	}
	text := fmt.Sprintf("%s: %s %s, %s, %s", name, verb, s.Run, count(len(s.Plan.Tasks), "task"), limitsText(s.Limits))
	if s.Dir != "" {
		text += ", logs in " + s.Dir
	}
	return text
}

func limitsText(l engine.Limits) string {
	var text string
	switch {
	case l.All > 0:
		text = fmt.Sprintf("%d at once", l.All)
	case l.Run > 0 && l.Agents > 0:
		text = fmt.Sprintf("%s and %s at once", count(l.Run, "command"), count(l.Agents, "agent"))
	default:
		text = "no limit"
	}
	if !l.Budget.IsZero() {
		text += ", at most " + l.Budget.String()
	}
	if l.FailFast {
		text += ", nothing new after a failure"
	}
	return text
}

// line is what is said of a note, "" for nothing.
func (p *Progress) line(n *note) string {
	word, color, text := p.say(n)
	if word == "" {
		return ""
	}
	opened := ""
	if p.barrier && n.what == engine.AttemptStarted && !n.seat.gate && n.seat.wave > p.wave && !p.o.Live && p.o.Output != OutputQuiet {
		p.wave = n.seat.wave
		opened = p.put(n.at, "wave", "", fmt.Sprintf("%d begins", n.seat.wave), "") + "\n"
	}
	line := p.put(n.at, word, color, n.task, text)
	if len(n.findings) == 1 && strings.Contains(text, n.findings[0]) {
		return opened + line
	}
	for i, f := range n.findings {
		if i == mostFindings {
			line += fmt.Sprintf("\n%21s… and %d more", "", len(n.findings)-i)
			break
		}
		line += fmt.Sprintf("\n%21s%s", "", Clean(f))
	}
	return opened + line
}

// mostFindings is how many findings of a gate are shown while the run goes on.
const mostFindings = 5

func (p *Progress) put(at time.Time, word, color, what, text string) string {
	line := fmt.Sprintf("%8s  %s %s", clock(at.Sub(p.began)), p.o.Style.paint(color, fmt.Sprintf("%-9s", word)), Clean(what))
	switch {
	case text != "" && what != "":
		line += "  " + Clean(text)
	case text != "":
		line += Clean(text)
	}
	return line
}

// say chooses the words for a note.
func (p *Progress) say(n *note) (word, color, text string) {
	quiet, live := p.o.Output == OutputQuiet, p.o.Live
	switch n.what {
	case engine.StepFailed:
		return failedWords(n)
	case engine.AttemptLost:
		return "lost", yellow, n.text
	case engine.WarningRaised:
		return "warning", yellow, n.text
	case engine.BudgetExceeded:
		return "budget", yellow, n.text
	case engine.ProviderPaused:
		return "paused", yellow, n.text
	case engine.ProviderResumed:
		return "resumed", "", ""
	case engine.GateFailed:
		return "gate", yellow, n.text
	}
	if quiet {
		return "", "", ""
	}
	switch n.what {
	case engine.AttemptStarted:
		if live {
			return "", "", ""
		}
		if n.attempt > 1 {
			text = fmt.Sprintf("attempt %d", n.attempt)
		}
		if n.step != "" && n.step != engine.StepDo {
			text += ", " + n.step
		}
		return "start", "", text
	case engine.StepStarted:
		// What must be accepted takes a moment, and is not spoken of; the steps of a remedy are work.
		if !live && !strings.HasPrefix(n.step, "accept.") {
			return "start", "", fmt.Sprintf("attempt %d, %s", n.attempt, n.step)
		}
	case engine.IssueLogged:
		return "issue", yellow, n.text
	case engine.GatePassed:
		return "gate", green, n.text
	case engine.PlanRevised:
		return "revised", yellow, n.text
	case engine.StepDone:
		if n.seat.gate {
			return "", "", "" // what it comes to was said
		}
		if n.seat.state == engine.Done {
			return "done", green, span(n.seat.took)
		}
	case engine.TaskExpanded:
		if n.seat.state == engine.Done {
			return "done", green, "no items"
		}
	case engine.TaskSkipped:
		return "skipped", gray, n.text
	case engine.AttemptCancelled:
		return "stopped", yellow, ""
	case engine.AttemptAdopted:
		return "adopted", "", n.text
	case engine.TaskCancelled, engine.CancelAsked:
		if n.seat.state == engine.Cancelled {
			return "cancelled", yellow, n.text
		}
	case engine.ApprovalAsked, engine.QuestionAsked:
		return "asks", yellow, n.text
	case engine.Approved:
		return "approved", green, n.text
	case engine.Denied:
		return "denied", red, n.text
	case engine.Answered:
		return "answered", green, n.text
	case engine.AnswerTimedOut, engine.ApprovalTimedOut:
		return "no answer", yellow, n.text
	case engine.RetryAsked, engine.TaskReopened:
		return "again", "", n.text
	}
	return "", "", ""
}

// failedWords are those for a failure and what is done about it.
func failedWords(n *note) (word, color, text string) {
	r := n.remedy
	if r == nil {
		return "failed", red, n.text
	}
	switch r.Action {
	case failure.Retry:
		if r.Delay > 0 {
			return "retry", yellow, "in " + span(r.Delay) + ": " + n.text
		}
		return "retry", yellow, n.text
	case failure.Recipe:
		if r.Delay > 0 {
			return "retry", yellow, "in " + span(r.Delay) + ": " + n.text
		}
		return "remedy", yellow, n.text
	case failure.Continue:
		return "left out", yellow, n.text
	case failure.Complete:
		if n.seat.state != engine.Done {
			return "goes on", yellow, n.text
		}
		return "done", green, n.text
	case failure.Skip:
		return "skipped", gray, n.text
	case failure.Block:
		return "blocked", yellow, n.text
	}
	if n.attempt > 1 {
		return "failed", red, fmt.Sprintf("%s (attempt %d)", n.text, n.attempt)
	}
	return "failed", red, n.text
}

// clock is a time since the beginning, with a width that stays the same for the first hours.
func clock(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%.2fs", max(d, 0).Seconds())
	}
	return span(d)
}

// ticking is a length of time that is still growing: it does not change its unit ten times a second.
func ticking(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%.1fs", max(d, 0).Truncate(100*time.Millisecond).Seconds())
	}
	return span(d)
}

// span is a length of time for people: 4ms, 1.2s, 2m05s, 3h07m.
func span(d time.Duration) string {
	if 0 <= d && d < time.Millisecond {
		return "0ms" // a task that ran for no time still ran
	}
	return review.Seconds(max(d, 0)).String()
}

// roughly is a length of time without what nobody can know.
func roughly(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int((d+time.Second-1)/time.Second))
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	}
	return strings.TrimSuffix(span(d), "00m")
}

// Interrupted says what an interrupt does; n is how many there have been. Any goroutine may call it.
func (p *Progress) Interrupted(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.notes = append(p.notes, note{interrupt: n, at: p.o.Now()})
}

// interruptText needs to know how many tasks run; -1 is not known.
func interruptText(n, running int) string {
	switch {
	case n == 1 && running < 0:
		return "interrupted: finishing what runs; Ctrl-C again stops it"
	case n == 1:
		return fmt.Sprintf("interrupted: finishing %s; Ctrl-C again stops them", count(running, "running task"))
	case n == 2:
		return "stopping what runs; once more kills it"
	}
	return "killing what runs"
}
