package review

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"billow/engine"
)

// timeline collects entries: of each kind the first, as many as a list may have.
type timeline struct {
	entries []Entry
	seen    map[EntryKind]int
	leftOut int
}

// add keeps an entry and returns its place, -1 where it is not kept. Tasks to which the same happens one right after
// the other are one entry, unless it is something that lasts.
func (t *timeline) add(e Entry) int {
	if n := len(t.entries); n > 0 && e.Task != "" && e.Kind != Blocked {
		if last := &t.entries[n-1]; last.Kind == e.Kind && last.Text == e.Text && last.By == e.By {
			last.Count = max(last.Count, 1) + 1
			return -1
		}
	}
	if t.seen == nil {
		t.seen = map[EntryKind]int{}
	}
	if t.seen[e.Kind]++; t.seen[e.Kind] > Listed {
		t.leftOut++
		return -1
	}
	t.entries = append(t.entries, e)
	return len(t.entries) - 1
}

// lasted says of the entry at a place how long it lasted.
func (t *timeline) lasted(at int, d time.Duration) {
	if at >= 0 {
		t.entries[at].For, t.entries[at].Open = Seconds(d), false
	}
}

// sorted are the entries in the order of their events.
func (t *timeline) sorted() []Entry {
	slices.SortStableFunc(t.entries, func(a, b Entry) int { return cmp.Compare(a.Seq, b.Seq) })
	return t.entries
}

// tell notes what an event says to those who read a timeline, and counts what rules ask for. What becomes of tasks
// is noted where they move.
func (f *fold) tell(ev engine.Event) {
	e := Entry{Seq: f.events, At: ev.At, Task: ev.Task, Text: ev.Reason, By: ev.By}
	r := f.records[ev.Task]
	switch ev.Type {
	case engine.RunStarted:
		e.Kind = RunBegan
	case engine.RunFinished:
		e.Kind, e.Text = RunEnded, ev.Status
	case engine.RunReopened:
		e.Kind = RunReopened
	case engine.DriverStarted:
		if f.clock.lives < 2 {
			return
		}
		e.Kind, e.For, e.By = Resumed, Seconds(positive(ev.At.Sub(f.clock.before))), ""
	case engine.DrainAsked:
		e.Kind, e.By = Interrupted, ""
		if strings.Contains(ev.Reason, "time limit") {
			f.facts.timeLimits++
		} else {
			f.facts.interrupts++
		}
	case engine.BudgetExceeded:
		e.Kind, e.By = OverBudget, ""
	case engine.ProviderPaused:
		f.clock.delayed(ev.Until)
		e.Kind, e.Task, e.By, e.For = Paused, ev.Provider, "", Seconds(positive(ev.Until.Sub(ev.At)))
	case engine.AttemptLost:
		e.Kind, e.By = Lost, ""
	case engine.AttemptAdopted:
		e.Kind, e.By = Adopted, ""
		f.facts.adopted++
	case engine.Denied:
		e.Kind = Denied
		if r != nil {
			r.denials++
		}
	case engine.AnswerTimedOut, engine.ApprovalTimedOut:
		e.Kind, e.By = TimedOut, ""
		if r != nil {
			r.timedOut++
		}
	case engine.QuestionAsked:
		if r != nil {
			r.questions++
		}
		return
	case engine.RetryAsked:
		e.Kind = RetryAsked
	case engine.CancelAsked:
		e.Kind = CancelAsked
	case engine.IssueLogged:
		e.Kind = Issue
	case engine.GateFailed:
		e.Kind = GateFailed
		if r != nil {
			r.rejected++
		}
	case engine.WarningRaised:
		e.Kind = Warned
		f.facts.warnings++
		f.facts.warned = note(f.facts.warned, ev.Reason)
	case engine.TaskAdded, engine.TaskChanged, engine.TaskRemoved:
		if spec, _ := f.state.Spec(ev.Task); spec.Gate {
			return // it follows from an edit, and is none
		}
		f.edited(&e, ev.Type)
	case engine.LimitsChanged:
		e.Kind = Edited
	case engine.PlanRevised:
		e.Kind = Revised
		if ev.Revision != nil {
			e.Text = ev.Revision.Did()
		}
	case engine.TaskSetByHand:
		e.Kind, e.Text, e.By = SetByHand, ev.Status, ""
		if r != nil {
			r.hand++
		}
	default:
		return
	}
	f.timeline.add(e)
}

// edited says what a change of the plan was.
func (f *fold) edited(e *Entry, typ engine.EventType) {
	e.Kind = Edited
	switch typ {
	case engine.TaskAdded:
		e.Text = "added"
		f.facts.added++
	case engine.TaskChanged:
		e.Text = "changed"
		f.facts.changed++
	default:
		e.Text = "removed"
		f.facts.removed++
	}
}

// waveEntries are the beginnings and ends of waves, where there are waves.
func (f *fold) waveEntries() {
	if len(f.waves) < 2 {
		return
	}
	numbers := make([]int, 0, len(f.waves))
	for n := range f.waves {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	for _, n := range numbers {
		w := f.waves[n]
		f.timeline.add(Entry{Seq: w.beganSeq, At: w.began, Kind: WaveBegan, Wave: n})
		if !w.ended.IsZero() {
			f.timeline.add(Entry{Seq: w.endedSeq, At: w.ended, Kind: WaveEnded, Wave: n, For: Seconds(w.ended.Sub(w.began))})
		}
	}
}
