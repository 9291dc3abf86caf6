package human

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"billow/agents"
	"billow/failure"
	"billow/plan"
)

// Agent asks a person to do the work and takes their word for it. The zero Agent is ready for use.
type Agent struct{}

// Start asks, or reads the answer to what an earlier attempt asked. It never fails, and nothing is under way
// when its report has been told: waiting for people is the run's business.
func (Agent) Start(a agents.Assignment, tell func(agents.Update)) (agents.Work, error) {
	r := report(a)
	r.Started = time.Now()
	r.Ended = r.Started
	// Not from here: Start returns first.
	time.AfterFunc(0, func() { tell(agents.Update{Report: &r}) })
	return work{}, nil
}

// work is over as soon as it has begun.
type work struct{}

func (work) Claim() agents.Claim { return agents.Claim{} }
func (work) Stop()               {}
func (work) Kill()               {}

func report(a agents.Assignment) agents.Report {
	if !a.Answered || len(a.Answers) == 0 {
		return agents.Report{Questions: []agents.Question{question(a, "")}}
	}
	answer := a.Answers[len(a.Answers)-1]
	r, ok := read(answer)
	if !ok {
		return agents.Report{Questions: []agents.Question{question(a, answer)}}
	}
	if r.Summary != "" && mends(a) {
		// Whoever goes on with the work is told in a person's words, too.
		diagnosis, _ := json.Marshal(map[string]string{"root_cause": r.Summary})
		r.Handoff = map[string]string{failure.FieldDiagnosis: string(diagnosis)}
	}
	return r
}

// mends reports whether the work is a step of a remedy or of a gate, and not the task itself.
func mends(a agents.Assignment) bool { return a.Step != "" && a.Step != "do" }

// read understands an answer; ok is false when it cannot.
func read(answer string) (r agents.Report, ok bool) {
	word, rest, _ := strings.Cut(answer, ":")
	rest = strings.TrimSpace(rest)
	switch word = strings.ToLower(strings.TrimSpace(word)); word {
	case "done", "completed", "yes", "ok":
		return agents.Report{Summary: rest}, true
	case "failed", "fail", "no":
		return agents.Report{Failure: &failure.Observation{Status: "failed", Message: because("failed", rest)}}, true
	case "blocked":
		return agents.Report{Failure: &failure.Observation{Status: "blocked", Message: because("blocked", rest)}}, true
	}
	return agents.Report{}, false
}

func because(word, rest string) string {
	if rest == "" {
		return "a person answered " + word
	}
	return rest
}

// question says what is to be done; unread is an answer that could not be understood.
func question(a agents.Assignment, unread string) agents.Question {
	q := agents.Question{Options: []string{"done", "failed: why", "blocked: what is wanted"}}
	name := a.TaskID
	if a.Task != nil && a.Task.Title != "" {
		name = fmt.Sprintf("%s (%s)", a.Task.Title, a.TaskID)
	}
	if mends(a) {
		name += ", step " + a.Step
		q.Options[0] = "done: what you found or did"
	}
	q.Text = fmt.Sprintf("do this, then answer done or failed: %s", name)
	if unread != "" {
		q.Text = fmt.Sprintf("%q is no answer that can be read; %s", unread, q.Text)
	}
	mask := agents.NewMask(a.Secrets)
	q.Text, q.Context = mask.Text(q.Text), mask.Text(context(a))
	return q
}

// context is the task's description and acceptance criteria; without any, and for work that is not the task itself, the
// brief.
func context(a agents.Assignment) string {
	var b strings.Builder
	if a.Task != nil && !mends(a) {
		b.WriteString(strings.TrimSpace(a.Task.Description))
		criteria := a.Task.Source.Get("acceptance_criteria")
		if criteria != nil && criteria.Kind == plan.List && len(criteria.Items) > 0 {
			b.WriteString("\n\nit is done when:")
			for _, c := range criteria.Items {
				if c.Kind == plan.Scalar {
					b.WriteString("\n- " + c.Text)
				}
			}
		}
	}
	if b.Len() == 0 {
		return agents.ForPerson(a.Brief)
	}
	return strings.TrimSpace(b.String())
}
