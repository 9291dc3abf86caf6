package script

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"billow/agents"
	"billow/failure"
	"billow/plan"
)

// entry is what is done for one attempt, or for several in a row.
type entry struct {
	delay    time.Duration
	notes    []string
	log      string
	question *agents.Question
	approve  string
	// times is for how many attempts the entry holds; 0 where the file does not say.
	times  int
	report agents.Report
}

// Parse reads a script. The Agent is nil when there are problems; each says where it is.
func Parse(name string, src []byte) (*Agent, []plan.Problem) {
	doc, problems := plan.Parse(name, src, plan.Limits{})
	if len(plan.Errors(problems)) > 0 {
		return nil, problems
	}
	p := parser{name: name}
	g := &Agent{tasks: map[string][]entry{}, agents: map[string][]entry{}}
	for _, f := range doc.Root.Fields {
		switch f.Key {
		case "approvals":
			g.approvals = p.oneOf(f, "grant", "deny", "ask")
		case "tasks":
			p.entries(f, g.tasks)
		case "agents":
			p.entries(f, g.agents)
		default:
			p.unknown(f, "approvals", "tasks", "agents")
		}
	}
	if len(p.problems) > 0 {
		return nil, p.problems
	}
	return g, nil
}

type parser struct {
	name     string
	problems []plan.Problem
}

func (p *parser) problem(at plan.Pos, text, hint string) {
	p.problems = append(p.problems, plan.Problem{
		Code: "S001", Severity: plan.Error, File: p.name, Line: at.Line, Column: at.Column, Text: text, Hint: hint,
	})
}

func (p *parser) unknown(f plan.Field, known ...string) {
	p.problem(f.Pos, fmt.Sprintf("unknown key %q", f.Key), "known are "+strings.Join(known, ", "))
}

func (p *parser) entries(f plan.Field, into map[string][]entry) {
	if f.Value.Kind != plan.Map {
		p.problem(f.Pos, f.Key+" is no mapping", "write names and what they do under it")
		return
	}
	for _, f := range f.Value.Fields {
		items := []*plan.Value{f.Value}
		if f.Value.Kind == plan.List {
			items = f.Value.Items
		}
		for _, item := range items {
			if item.Kind != plan.Map && !item.IsNull() {
				p.problem(item.Pos, "an attempt is no mapping", "write keys such as `fail: transient`, or {} for plain success")
				continue
			}
			into[f.Key] = append(into[f.Key], p.entry(item))
		}
	}
}

// entry reads one attempt. What fails, and what stands beside a report, is put together last, since the keys may stand in
// any order.
func (p *parser) entry(v *plan.Value) entry {
	var e entry
	var o failure.Observation
	var usage agents.Usage
	outputs := map[string]string{}
	failed := false
	for _, f := range v.Fields {
		switch f.Key {
		case "delay":
			d, err := plan.ParseDuration(p.text(f))
			if err != nil {
				p.problem(f.Value.Pos, "delay: "+err.Error(), "write a time such as 500ms, 2s or 1m")
			}
			e.delay = d
		case "notes":
			e.notes = p.texts(f)
		case "log":
			e.log = p.text(f)
		case "report":
			r, err := agents.ReadReport(f.Value)
			if err != nil {
				p.problem(f.Value.Pos, err.Text, err.Hint)
			}
			e.report = r
			if e.report.Raw, _ = json.Marshal(plan.ToAny(f.Value)); err != nil {
				e.report.Raw = nil
			}
		case "fail":
			var kinds []string
			for _, k := range failure.Kinds() {
				kinds = append(kinds, string(k))
			}
			o.Reported, o.Status, failed = p.oneOf(f, kinds...), "failed", true
		case "exit":
			o.Exit, o.Exited = p.number(f, 255), true
			failed = failed || o.Exit != 0
		case "signal":
			o.Signal, failed = p.text(f), true
		case "timeout":
			o.Timeout, failed = p.oneOf(f, "first_output", "idle", "total"), true
		case "output":
			o.Output = p.text(f)
		case "message":
			o.Message = p.text(f)
		case "question":
			e.question = p.question(f)
		case "approve":
			e.approve = p.oneOf(f, "grant", "deny")
		case "outputs":
			outputs = p.pairs(f)
		case "usage":
			usage = p.usage(f)
		case "times":
			if e.times = p.number(f, 1_000_000); e.times == 0 {
				p.problem(f.Value.Pos, "times: 0 attempts is no entry", "write 1 or more, or leave it out")
			}
		default:
			p.unknown(f, "delay", "notes", "log", "report", "fail", "exit", "signal", "timeout", "output",
				"message", "question", "approve", "outputs", "usage", "times")
		}
	}
	e.report.Usage = usage
	if len(outputs) > 0 {
		all := maps.Clone(e.report.Outputs)
		if all == nil {
			all = map[string]string{}
		}
		maps.Copy(all, outputs)
		e.report.Outputs = all
	}
	if failed {
		if o.Message == "" {
			o.Message = describe(o)
		}
		e.report.Failure = &o
	}
	return e
}

func describe(o failure.Observation) string {
	switch {
	case o.Reported != "":
		return "the script says " + o.Reported
	case o.Timeout != "":
		return "the " + o.Timeout + " deadline passed"
	case o.Signal != "":
		return "ended by signal: " + o.Signal
	}
	return "exit status " + strconv.Itoa(o.Exit)
}

func (p *parser) text(f plan.Field) string {
	if f.Value.Kind != plan.Scalar {
		p.problem(f.Pos, f.Key+" is no text", "")
	}
	return f.Value.Text
}

func (p *parser) texts(f plan.Field) []string {
	if f.Value.Kind == plan.Scalar {
		return []string{f.Value.Text}
	}
	if f.Value.Kind != plan.List {
		p.problem(f.Pos, f.Key+" is no list of texts", "")
	}
	var out []string
	for _, item := range f.Value.Items {
		out = append(out, p.text(plan.Field{Key: f.Key, Pos: item.Pos, Value: item}))
	}
	return out
}

func (p *parser) oneOf(f plan.Field, known ...string) string {
	if s := p.text(f); slices.Contains(known, s) {
		return s
	}
	p.problem(f.Value.Pos, fmt.Sprintf("%s: unknown word %q", f.Key, f.Value.Text), "write one of "+strings.Join(known, ", "))
	return ""
}

func (p *parser) number(f plan.Field, most int) int {
	n, err := strconv.Atoi(p.text(f))
	if err != nil || n < 0 || n > most {
		p.problem(f.Value.Pos, fmt.Sprintf("%s: %q is no number from 0 to %d", f.Key, f.Value.Text, most), "")
		return 0
	}
	return n
}

func (p *parser) pairs(f plan.Field) map[string]string {
	if f.Value.Kind != plan.Map {
		p.problem(f.Pos, f.Key+" is no mapping of names to texts", "")
	}
	out := map[string]string{}
	for _, f := range f.Value.Fields {
		out[f.Key] = p.text(f)
	}
	return out
}

func (p *parser) question(f plan.Field) *agents.Question {
	if f.Value.Kind == plan.Scalar {
		return &agents.Question{Text: f.Value.Text}
	}
	var q agents.Question
	for _, f := range f.Value.Fields {
		switch f.Key {
		case "text":
			q.Text = p.text(f)
		case "options":
			q.Options = p.texts(f)
		case "context":
			q.Context = p.text(f)
		case "risk":
			q.Risk = p.text(f)
		case "type":
			q.Type = p.oneOf(f, "choice", "yes_no", "number", "text")
		case "recommended":
			q.Recommended = p.text(f)
		case "requested_decision":
			q.Decision = p.text(f)
		default:
			p.unknown(f, "text", "type", "options", "recommended", "context", "risk", "requested_decision")
		}
	}
	if q.Text == "" {
		p.problem(f.Pos, "a question without text", "write `question: {text: Which one?, options: [a, b]}`")
	}
	return &q
}

func (p *parser) usage(f plan.Field) agents.Usage {
	var u agents.Usage
	for _, f := range f.Value.Fields {
		switch f.Key {
		case "input_tokens":
			u.InputTokens = int64(p.number(f, 1_000_000_000))
		case "output_tokens":
			u.OutputTokens = int64(p.number(f, 1_000_000_000))
		case "usd":
			n, err := strconv.ParseFloat(p.text(f), 64)
			if err != nil || !(n >= 0 && n < 1e9) {
				p.problem(f.Value.Pos, fmt.Sprintf("usd: %q is no price", f.Value.Text), "")
				continue
			}
			u.USD = n
		default:
			p.unknown(f, "input_tokens", "output_tokens", "usd")
		}
	}
	return u
}
