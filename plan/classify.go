package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Class is how much care a plan needs.
type Class string

const (
	// Trivial: one mechanical task; nothing is kept but its result.
	Trivial Class = "TRIVIAL"
	// Low: small and bounded; no review.
	Low Class = "LOW"
	// Medium: several tasks, files or agents that depend on each other; the plan is reviewed.
	Medium Class = "MEDIUM"
	// High: what goes wrong here goes wrong elsewhere; reviewed, and criticised where its shape changes.
	High Class = "HIGH"
)

// Classes lists the classes, the least first.
func Classes() []Class { return []Class{Trivial, Low, Medium, High} }

// ParseClass reads a class in any spelling that plans and configurations use; simple is LOW and complex is
// HIGH. ok is false for auto, for nothing and for any other word.
func ParseClass(word string) (class Class, ok bool) {
	switch statusWord(word) {
	case "trivial":
		return Trivial, true
	case "low", "simple":
		return Low, true
	case "medium", "moderate":
		return Medium, true
	case "high", "complex":
		return High, true
	}
	return "", false
}

// AtLeast reports whether a class is another or above it.
func (c Class) AtLeast(other Class) bool {
	return slices.Index(Classes(), c) >= slices.Index(Classes(), other)
}

// Classification is the class of a plan and why.
type Classification struct {
	Class Class `json:"class"`
	// Reasons are the rules that hold, those of the highest class first. There is at least one.
	Reasons []Reason `json:"reasons"`
	// Signals are the risk signals found, each once; Critic is true when one of them calls for a critic.
	Signals []string `json:"signals,omitempty"`
	Critic  bool     `json:"critic,omitempty"`
}

// Reason is one rule that holds, and what was seen.
type Reason struct {
	Rule  string `json:"rule"`
	Class Class  `json:"class"`
	Saw   string `json:"saw"`
}

// Classify puts a plan into a class by what is written in it. The plan's own complexity and the floor
// ("auto" and "" are none) can raise the class and never lower it.
func Classify(p *Plan, floor string) Classification {
	f := factsOf(p)
	result := Classification{Signals: f.signals}
	for _, signal := range f.signals {
		result.Critic = result.Critic || slices.Contains(CriticSignals(), signal)
	}
	held := map[string]bool{}
	for _, rule := range classRules() {
		// The table has the highest class of a rule first; the lower ones then say nothing new.
		if n, saw := rule.measure(f); n >= rule.atLeast && !held[rule.name] {
			held[rule.name] = true
			result.Reasons = append(result.Reasons, Reason{Rule: rule.name, Class: rule.class, Saw: saw})
		}
	}
	if class, ok := ParseClass(p.Complexity); ok {
		result.Reasons = append(result.Reasons, Reason{"complexity", class, "the plan says complexity: " + clip(p.Complexity)})
	}
	if class, ok := ParseClass(floor); ok {
		result.Reasons = append(result.Reasons, Reason{"floor", class, "the configured minimum is " + string(class)})
	}
	if len(result.Reasons) == 0 {
		result.Reasons = []Reason{{"otherwise", Trivial, plural(len(p.Tasks), "task") + " and nothing that calls for care"}}
	}
	slices.SortStableFunc(result.Reasons, func(a, b Reason) int {
		return cmp.Compare(slices.Index(Classes(), b.Class), slices.Index(Classes(), a.Class))
	})
	result.Class = result.Reasons[0].Class
	return result
}

// classRule gives a plan at least its class when what it measures is at least so much.
type classRule struct {
	name    string
	class   Class
	atLeast int
	measure func(facts) (n int, saw string)
}

// classRules is the table. Its numbers are a judgement: two of a kind are small, three are several, and
// what nobody can keep in mind at once is high.
func classRules() []classRule {
	return []classRule{
		{"risk signals", High, 1, func(f facts) (int, string) { return len(f.signals), strings.Join(f.signals, ", ") }},
		{"high risk", High, 1, func(f facts) (int, string) { return f.highRisk.n, f.highRisk.saw }},
		{"production", High, 1, func(f facts) (int, string) { return f.production.n, f.production.saw }},
		{"open decisions", High, 3, decisions},
		{"agent tasks", High, 25, func(f facts) (int, string) { return f.agentTasks, plural(f.agentTasks, "task") + " for agents" }},

		{"tasks", Medium, 3, func(f facts) (int, string) {
			if f.edges == 0 && f.waves < 2 {
				return 0, ""
			}
			return f.tasks, plural(f.tasks, "task") + " that depend on each other"
		}},
		{"agents", Medium, 3, func(f facts) (int, string) { return f.agents, plural(f.agents, "agent") }},
		{"files", Medium, 3, files},
		{"depth", Medium, 3, func(f facts) (int, string) { return f.depth, fmt.Sprintf("a chain of %d tasks", f.depth) }},
		{"contracts", Medium, 1, func(f facts) (int, string) { return f.contracts, plural(f.contracts, "contract") }},
		{"open decisions", Medium, 1, decisions},
		{"medium risk", Medium, 1, func(f facts) (int, string) { return f.mediumRisk.n, f.mediumRisk.saw }},
		{"approval", Medium, 1, func(f facts) (int, string) { return f.approvals.n, f.approvals.saw }},

		{"tasks", Low, 2, func(f facts) (int, string) { return f.tasks, plural(f.tasks, "task") }},
		{"files", Low, 1, files},
		{"foreach", Low, 1, func(f facts) (int, string) { return f.foreach.n, f.foreach.saw }},
	}
}

func decisions(f facts) (int, string) { return f.decisions, plural(f.decisions, "open decision") }

func files(f facts) (int, string) { return f.files, "changes " + plural(f.files, "file") }

// RiskSignals are the signals that make a plan HIGH, in the words of the gem-orchestrator.
func RiskSignals() []string {
	return []string{"architecture", "contract_change", "breaking_change", "api_change", "schema_change", "auth_change",
		"data_flow_change", "migration", "security_sensitive", "irreversible", "shared_state", "cross_domain_impact"}
}

// CriticSignals are those that call for a critic, too.
func CriticSignals() []string {
	return []string{"architecture", "breaking_change", "contract_change", "cross_domain_impact"}
}

// tally counts, and keeps the first thing that was counted.
type tally struct {
	n   int
	saw string
}

func (t *tally) add(saw string) {
	if t.n++; t.n == 1 {
		t.saw = saw
	}
}

// facts are what the rules look at.
type facts struct {
	tasks, agentTasks, agents, edges, waves, depth int
	files, contracts, decisions                    int
	signals                                        []string
	highRisk, mediumRisk                           tally
	production, approvals, foreach                 tally
}

func factsOf(p *Plan) facts {
	order := Order(p)
	f := facts{tasks: len(p.Tasks), waves: len(order.WaveNumbers)}
	f.depth = slices.Max(append(order.Level, 0))
	agents, paths, estimated := map[string]bool{}, map[string]bool{}, 0
	signal := func(word string) {
		if word = statusWord(word); slices.Contains(RiskSignals(), word) && !slices.Contains(f.signals, word) {
			f.signals = append(f.signals, word)
		}
	}
	for _, word := range p.headValue("risk_signals").Strings() {
		signal(word)
	}
	for i, t := range p.Tasks {
		f.edges += len(order.Needs[i])
		if t.Run == "" {
			f.agentTasks++
		}
		if t.Agent != "" {
			agents[t.Agent] = true
		}
		if t.Foreach() {
			f.foreach.add(fmt.Sprintf("%q runs for each item of a list", clip(t.ID)))
		}
		if t.RequiresApproval {
			f.approvals.add(fmt.Sprintf("%q requires approval", clip(t.ID)))
		}
		if statusWord(t.Source.Get("environment").Inline()) == "production" {
			f.production.add(fmt.Sprintf("%q works on production", clip(t.ID)))
		}
		signal(t.Source.Get("task_type").Inline())
		for _, key := range []string{"security_sensitive", "review_security_sensitive", "devops_security_sensitive"} {
			if yes, ok := t.Source.Get(key).AsBool(); ok && yes {
				signal("security_sensitive")
			}
		}
		for _, path := range t.files() {
			paths[cleanPattern(path)] = true
		}
		if n, ok := t.Source.Get("estimated_files").AsInt(); ok {
			estimated += min(max(n, 0), 1000)
		}
	}
	f.agents = len(agents)
	f.files = max(len(paths), estimated)
	if contracts := p.headValue("contracts"); contracts != nil {
		f.contracts = len(contracts.Items)
	}
	if questions := p.headValue("open_questions"); questions != nil {
		for _, q := range questions.Items {
			// Questions that were plain texts, in the early eras, say nothing of their weight.
			if statusWord(q.Get("type").Inline()) == "decision_blocker" && q.Get("answer").IsNull() && q.Get("resolution").IsNull() {
				f.decisions++
			}
		}
	}
	f.risk("pre_mortem: overall_risk_level", p.headValue("pre_mortem").Get("overall_risk_level"))
	f.risk("plan_metrics: risk_score", p.headValue("plan_metrics").Get("risk_score"))
	return f
}

func (f *facts) risk(key string, v *Value) {
	switch word := statusWord(v.Inline()); word {
	case "high", "critical":
		f.highRisk.add(key + " is " + word)
	case "medium":
		f.mediumRisk.add(key + " is " + word)
	}
}

// files are the files and folders that a task says it changes.
func (t *Task) files() []string {
	var out []string
	if t.Ownership.Mode != "read_only" {
		out = append(out, t.Ownership.Paths...)
	}
	out = append(out, t.Source.Get("target_files").Strings()...)
	out = append(out, t.Source.Get("files_to_modify").Strings()...)
	for _, key := range []string{"handoff", "implementation_handoff", "debugger_diagnosis", "diagnosis"} {
		out = append(out, t.Source.Get(key).Get("target_files").Strings()...)
	}
	return out
}
