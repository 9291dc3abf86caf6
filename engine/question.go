package engine

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kind is the type of the question, found from its options where it does not say.
func (q *Question) Kind() AnswerType {
	switch q.Type {
	case YesNo, Number, FreeText:
		return q.Type
	}
	switch o := q.options(); {
	case len(o) == 0:
		return FreeText
	case len(o) == 2 && strings.EqualFold(o[0], "yes") && strings.EqualFold(o[1], "no"):
		return YesNo
	}
	return Choice
}

// Expects says what an answer must be, for people: "yes or no", "one of: red, blue".
func (q *Question) Expects() string {
	switch q.Kind() {
	case YesNo:
		return "yes or no"
	case Number:
		return "a number"
	case Choice:
		return "one of: " + strings.Join(q.options(), ", ")
	}
	return "any text"
}

// Read checks an answer against what the question expects, and returns it as it should be kept: an option as
// it is written there, yes or no, a number. Upper and lower case are the same. An option is also chosen by its number,
// counted from 1, unless options are numbers; one such as "failed: why" by its word, with a text of one's
// own behind the colon or without. The error says what would have been right.
func (q *Question) Read(answer string) (string, error) {
	answer = strings.TrimSpace(answer)
	if answer == "" {
		return "", fmt.Errorf("an answer must be %s", q.Expects())
	}
	switch q.Kind() {
	case YesNo:
		switch strings.ToLower(answer) {
		case "y", "yes":
			return "yes", nil
		case "n", "no":
			return "no", nil
		}
	case Number:
		if n, err := strconv.ParseFloat(answer, 64); err == nil && n-n == 0 { // neither NaN nor infinite
			return answer, nil
		}
	case Choice:
		if option, ok := q.choose(answer); ok {
			return option, nil
		}
	default:
		return answer, nil
	}
	return "", fmt.Errorf("%q is no answer to this: it must be %s", answer, q.Expects())
}

func (q *Question) choose(answer string) (string, bool) {
	options := q.options()
	numbers := false
	for _, o := range options {
		if strings.EqualFold(o, answer) {
			return o, true
		}
		_, err := strconv.Atoi(o)
		numbers = numbers || err == nil
	}
	if n, err := strconv.Atoi(answer); err == nil && !numbers && n >= 1 && n <= len(options) {
		if head, ok := word(options[n-1]); ok {
			return head, true
		}
		return options[n-1], true
	}
	for _, o := range options {
		head, ok := word(o)
		if !ok || len(answer) < len(head) || !strings.EqualFold(head, answer[:len(head)]) {
			continue
		}
		switch own, found := strings.CutPrefix(answer[len(head):], ":"); {
		case found && strings.TrimSpace(own) != "":
			return head + ": " + strings.TrimSpace(own), true
		case found || own == "":
			return head, true
		}
	}
	return "", false
}

// word is what stands before the colon of an option such as "failed: why".
func word(option string) (string, bool) {
	head, _, ok := strings.Cut(option, ": ")
	head = strings.TrimSpace(head)
	return head, ok && head != ""
}

// options are those that can be typed.
func (q *Question) options() []string {
	var out []string
	for _, o := range q.Options {
		if o = strings.TrimSpace(o); o != "" {
			out = append(out, o)
		}
	}
	return out
}

// Default is the answer that counts where nobody answers in time: the first of these that answers the
// question at all, "" when none does.
func (q *Question) Default(of string) string {
	for _, answer := range []string{of, q.Recommended} {
		if read, err := q.Read(answer); err == nil {
			return read
		}
	}
	return ""
}

// IsYes says which of a question's answers approving it stands for, ok is false where it stands for none: a
// choice between two clusters is nothing that could be approved.
func (q *Question) IsYes(yes bool) (answer string, ok bool) {
	switch {
	case q.Kind() == YesNo && yes:
		return "yes", true
	case q.Kind() == YesNo:
		return "no", true
	case !slices.ContainsFunc(q.Options, func(o string) bool { head, _, _ := strings.Cut(o, ":"); return strings.EqualFold(head, "done") }):
		return "", false
	case yes:
		return "done", true
	}
	return q.choose("failed")
}

// GivenUp is the event by which a driver answers the command GiveUp: what nobody decided in time is denied where it is an
// approval, and answered by its default where it is a question that has one.
func (s *State) GivenUp(id string) Event {
	ev := Event{Type: AnswerTimedOut, Task: id, By: "driver"}
	i, ok := s.index[id]
	if !ok {
		return ev
	}
	t := &s.tasks[i]
	if t.Approval == ApprovalPending {
		ev.Type, ev.Reason = ApprovalTimedOut, "nobody approved it within "+limitText(t.Spec.ApprovalTimeout)
		return ev
	}
	ev.Reason = "nobody answered within " + limitText(t.Spec.AnswerTimeout)
	if t.Question != nil {
		ev.Answer = t.Question.Default(t.Spec.DefaultAnswer)
	}
	if ev.Answer == "" {
		ev.Reason += ", and there is no default"
	} else {
		ev.Reason += ": the default counts, " + ev.Answer
	}
	return ev
}

// limitText is a length of time as people write it: 30m, not 30m0s.
func limitText(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = text[:len(text)-2]
	}
	if strings.HasSuffix(text, "h0m") {
		text = text[:len(text)-2]
	}
	return text
}

// deadline is when the open question or approval of a task stops waiting for a person; zero for never.
func (t *task) deadline() time.Time {
	limit := t.Spec.AnswerTimeout
	if t.Approval == ApprovalPending {
		limit = t.Spec.ApprovalTimeout
	}
	if t.State != Blocked || limit <= 0 || t.TimedOut || t.Question == nil && t.Approval != ApprovalPending {
		return time.Time{}
	}
	return t.Since.Add(limit)
}

// answered takes an answer, and asks what is to be asked next.
func (s *State) answered(i int, ev Event, answer string) {
	t := &s.tasks[i]
	t.Answers, t.Asked = append(slices.Clip(t.Answers), answer), append(slices.Clip(t.Asked), t.Question.Text)
	then := t.Question.Then
	t.Question, t.Heard = nil, true
	if len(then) == 0 {
		s.set(i, Waiting, ev)
		return
	}
	next := then[0]
	next.Then = then[1:]
	t.Question = &next
	s.set(i, Blocked, Event{At: ev.At, Reason: next.Text})
}
