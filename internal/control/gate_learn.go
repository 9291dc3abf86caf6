package control

import (
	"encoding/json"
	"slices"
	"strings"

	"billow/agents"
	"billow/engine"
	"billow/failure"
)

// The agents that write down what was learnt, by the names of the gem-orchestrator document.
const (
	writerAgent = "gem-documentation-writer"
	skillAgent  = "gem-skill-creator"
)

// Fields of the task definition of those agents, as gate_passed hands them on.
const (
	fieldAction    = "action"
	fieldLearnings = "learnings"
	fieldFindings  = "findings"
	fieldPatterns  = "patterns"
	fieldSource    = "source_task_id"
)

// learnt is something that was learnt, with where it is to be written down.
type learnt struct {
	Kind       string  `json:"kind"`
	Text       string  `json:"text"`
	Confidence float64 `json:"confidence"`
	Source     string  `json:"source_task_id"`
	Target     string  `json:"target"`
}

// Where the kinds of learnings belong. toSkills is a skill's own place, which gem-skill-creator knows.
const (
	toPRD    = "docs/PRD.yaml"
	toAgents = "AGENTS.md, or the project's architecture documents"
	toMemory = "docs/memory.yaml, and context_envelope.json beside the plan"
	toSkills = "skills"
)

// targetOf is where a kind of learning belongs.
func targetOf(kind string) string {
	switch kind {
	case "product_decision":
		return toPRD
	case "decision", "technical_decision", "convention":
		return toAgents
	case "workflow", "skill":
		return toSkills
	}
	return toMemory
}

// kindWords are words by which the kind of a learning is told that does not say it; the first that fits counts.
func kindWords() []struct {
	kind  string
	words []string
} {
	return []struct {
		kind  string
		words []string
	}{
		{"workflow", []string{"workflow", "procedure", "runbook", "step by step"}},
		{"product_decision", []string{"product decision", "requirement", "prd"}},
		{"convention", []string{"convention", "naming", "code style"}},
		{"failure_mode", []string{"fails when", "fails if", "breaks when", "breaks if", "crashes"}},
		{"gotcha", []string{"gotcha", "pitfall", "beware", "watch out", "careful"}},
		{"decision", []string{"decision", "decided", "we chose", "instead of"}},
	}
}

// kindOf is the kind of a learning: what it says, else what its words say, else a pattern.
func kindOf(l agents.Learning) string {
	if l.Kind != "" {
		return l.Kind
	}
	text := " " + strings.Join(strings.FieldsFunc(strings.ToLower(l.Text), func(r rune) bool {
		return r != '\'' && (r < '0' || r > '9' && r < 'a' || r > 'z') && r < 0x80
	}), " ") + " "
	for _, k := range kindWords() {
		if slices.ContainsFunc(k.words, func(word string) bool { return strings.Contains(text, " "+word+" ") }) {
			return k.kind
		}
	}
	return "pattern"
}

// mostLearnt is how many learnings a gate hands on, mostLearning how much of each, in bytes.
const (
	mostLearnt   = 50
	mostLearning = 1 << 10
)

// routed are the learnings of the completed tasks of a wave that are sure enough, each once, for those who write them
// down: documents and skills. sent says of a text, as sameText has it, that it was handed on before.
func routed(wave []checkable, floor float64, sent map[string]bool) (docs, skills []learnt) {
	seen := map[string]bool{}
	for _, t := range wave {
		for _, report := range t.reports {
			for _, l := range agents.ReadLearnings(report) {
				key := sameText(l.Text)
				if l.Confidence < floor || sent[key] || seen[key] || len(seen) == mostLearnt {
					continue
				}
				seen[key] = true
				kind := kindOf(l)
				out := learnt{Kind: kind, Text: cut(l.Text, mostLearning), Confidence: l.Confidence, Source: t.ID, Target: targetOf(kind)}
				if out.Target == toSkills {
					skills = append(skills, out)
				} else {
					docs = append(docs, out)
				}
			}
		}
	}
	return docs, skills
}

// sameText is a text as it is compared with others.
func sameText(s string) string {
	return strings.ToLower(strings.Join(strings.Fields(cut(s, mostLearning)), " "))
}

// afterGate are the steps that follow a gate that has passed, with what they are handed: what was learnt in the tasks
// that it has checked for the first time is written down, and what was done is committed.
func (w *World) afterGate(wave []checkable, r agents.Report) (steps []failure.Step, handoff map[string]string) {
	floor := 0.90
	if w.opened.Config.FailureRules == "latest" {
		floor = 0.95
	}
	fresh := slices.DeleteFunc(slices.Clone(wave), func(t checkable) bool { return !t.Unchecked })
	docs, skills := routed(fresh, floor, w.sent)
	handoff = map[string]string{}
	hand := func(field string, v any) {
		if data, err := json.Marshal(v); err == nil { // texts and numbers can be written
			handoff[field] = string(data)
		}
	}
	if len(docs) > 0 && w.canWrite(writerAgent, "what was learnt stays in the agents' reports") {
		steps = append(steps, w.followUp("persist", writerAgent))
		hand(fieldAction, "persist_learnings")
		hand(fieldLearnings, docs)
		var found verdict
		if found.add(r.Findings...); len(found.findings) > 0 {
			hand(fieldFindings, found.findings)
		}
	}
	if len(skills) > 0 && w.canWrite(skillAgent, "no skills are made of workflows that worked") {
		steps = append(steps, w.followUp("skills", skillAgent))
		var from []string
		for _, l := range skills {
			if !slices.Contains(from, l.Source) {
				from = append(from, l.Source)
			}
		}
		hand(fieldPatterns, skills)
		hand(fieldSource, strings.Join(from, ", "))
	}
	if w.opened.Config.Gem.GitCommitOnGatePass && exists(dirtyPath(w.opened.Root, w.run)) { // else it was said why not
		steps = append(steps, failure.Step{Do: "commit", Name: "commit", Purpose: failure.ForCommit, Agent: gitAgent, Class: string(engine.ClassRun)})
	}
	return steps, handoff
}

func (w *World) followUp(name, agent string) failure.Step {
	return failure.Step{Do: "delegate", Name: name, Purpose: failure.ForLearnings, Agent: agent, Class: string(classOf(w.opened.Config, agent)),
		Providers: providersOf(w.opened.Config, agent)}
}

// canWrite reports whether an agent can be reached; that it cannot is said once, with what follows from it.
func (w *World) canWrite(agent, otherwise string) bool {
	if _, ok := w.opened.Config.Agent(agent); ok {
		return true
	}
	if !w.told[agent] {
		w.told[agent] = true
		w.service.notice("info", "%s: nothing says how %s is reached", otherwise, agent)
	}
	return false
}

// remember notes what was handed on after gates, so that nothing is twice.
func (w *World) remember(events []engine.Event) {
	for i := range events {
		if events[i].Type != engine.GatePassed {
			continue
		}
		for _, field := range []string{fieldLearnings, fieldPatterns} {
			var list []learnt
			if json.Unmarshal([]byte(events[i].Handoff[field]), &list) == nil {
				for _, l := range list {
					w.sent[sameText(l.Text)] = true
				}
			}
		}
	}
}
