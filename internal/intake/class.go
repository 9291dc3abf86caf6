package intake

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"billow/plan"
)

// facts are what the rules look at.
type facts struct {
	text       string // lower case
	words      int
	files      []string
	parts      int
	signals    []string
	sawSignals string
	wide, new  string
	mechanical string
	command    string
	intent     Intent
}

// classRule gives an objective at least its class when what it measures is at least so much.
type classRule struct {
	name    string
	class   plan.Class
	atLeast int
	measure func(facts) (n int, saw string)
}

// classRules is the table, the highest class first. Its numbers are those of plan.Classify where the two measure the
// same: two of a kind are small, three are several.
func classRules() []classRule {
	return []classRule{
		{"risk signals", plan.High, 1, func(f facts) (int, string) { return len(f.signals), f.sawSignals }},
		{"files", plan.Medium, 3, files},
		{"parts", plan.Medium, 3, func(f facts) (int, string) { return f.parts, fmt.Sprintf("asks for %d things", f.parts) }},
		{"reach", plan.Medium, 1, func(f facts) (int, string) { return said(f.wide) }},
		{"new part", plan.Medium, 1, func(f facts) (int, string) {
			if !f.intent.Changes() {
				return 0, ""
			}
			return said(f.new)
		}},
		{"length", plan.Medium, 80, func(f facts) (int, string) { return f.words, fmt.Sprintf("takes %d words to say", f.words) }},
		{"files", plan.Low, 1, func(f facts) (int, string) {
			if f.mechanical != "" && len(f.files) < 2 {
				return 0, ""
			}
			return files(f)
		}},
		{"changes nothing", plan.Low, 1, func(f facts) (int, string) {
			if f.intent.Changes() || f.intent == Run {
				return 0, ""
			}
			return 1, "the work is to " + string(f.intent)
		}},
		{"mechanical", plan.Trivial, 1, func(f facts) (int, string) { return said(f.mechanical) }},
		{"command", plan.Trivial, 1, func(f facts) (int, string) { return said(f.command) }},
	}
}

func files(f facts) (int, string) { return len(f.files), "names " + strings.Join(f.files, ", ") }

func said(s string) (int, string) {
	if s == "" {
		return 0, ""
	}
	return 1, fmt.Sprintf("%q", s)
}

// classOf finds the class; certain is false where no rule holds and nobody has said.
func classOf(in Input, f facts) (plan.Class, []plan.Reason, bool) {
	if class, ok := plan.ParseClass(in.Complexity); ok {
		return class, []plan.Reason{{Rule: "said", Class: class, Saw: "it was said outright"}}, true
	}
	var reasons []plan.Reason
	held := map[string]bool{}
	for _, r := range classRules() {
		if n, saw := r.measure(f); n >= r.atLeast && !held[r.name] {
			held[r.name] = true
			reasons = append(reasons, plan.Reason{Rule: r.name, Class: r.class, Saw: saw})
		}
	}
	certain := len(reasons) > 0
	if !certain && in.Opinion != nil && in.Opinion.Class != "" {
		reasons = append(reasons, plan.Reason{Rule: "assessed", Class: in.Opinion.Class, Saw: in.Opinion.Reason})
		certain = true
	}
	if !certain {
		reasons = append(reasons, plan.Reason{Rule: "otherwise", Class: plan.Low, Saw: "no rule tells, so it is taken to be small"})
	}
	if class, ok := plan.ParseClass(in.Floor); ok {
		reasons = append(reasons, plan.Reason{Rule: "floor", Class: class, Saw: "the configured minimum is " + string(class)})
	}
	sortReasons(reasons)
	return reasons[0].Class, reasons, certain
}

// signalRule is what somebody writes whose work has a risk signal.
type signalRule struct{ signal, words string }

func signalRules() []signalRule {
	return []signalRule{
		{"architecture", `re-?architect\w*|architectur\w+|monolith\w*|microservices?|event[- ]driven|rewrite|redesign the (system|backend|core|platform)`},
		{"contract_change", `(chang\w+|extend\w*|replac\w+|remov\w+|new|alter\w*) (the |a |our )?(\w+ )?(contract|interface|protocol|wire format|file format)s?`},
		{"breaking_change", `breaking|backwards?[- ]incompatible|drop support|remove the (public|deprecated)`},
		{"api_change", `apis?|endpoints?`},
		{"schema_change", `schemas?|database tables?|ddl|add (a |the )?(\w+ )?column`},
		{"auth_change", `auth(entication|orization|n|z)?|oauth2?|oidc|saml|log-?in|sign-?in|sign-?up|passwords?|permissions?|access control|jwt|rbac`},
		{"data_flow_change", `data ?flows?|data pipelines?|event streams?|message queues?|replication`},
		{"migration", `migrat(e|es|ed|ing|ions?)`},
		{"security_sensitive", `security|vulnerabilit\w+|cve-\d+-\d+|encrypt\w*|cryptograph\w*|secrets?|credentials?|xss|csrf|sql injection|sanitiz\w+`},
		{"irreversible", `irreversibl\w+|(delete|drop|purge|wipe|truncate) (all |the |every )?(\w+ )?(data|tables?|database|users?|records?|buckets?|volumes?)|production`},
		{"shared_state", `(shared|global) state|race conditions?|concurren\w+|deadlocks?|cache invalidation`},
		{"cross_domain_impact", `across (all|the|every|our) (\w+ )?(services|modules|packages|apps|repos|repositories|teams)|front-?end and (the )?back-?end|back-?end and (the )?front-?end|every service`},
	}
}

// refused is what stands before a word that is not to be touched.
var refused = regexp.MustCompile(`\b(?:without|no|avoid|(?:do not|don't|never|not) (?:chang\w+|touch\w*|alter\w*|break\w*|modify\w*))(?: \w+){0,2} $`)

const (
	wideWords = `throughout|everywhere|across (the )?\w+|in (all|every) (\w+ )?(files?|packages?|modules?|services?|components?|pages?)|whole (project|codebase|repository)`
	newWords  = `new (\w+ )?(module|service|package|feature|subsystem|component|screen|page|command|backend|integration|library)|from scratch|integrat(e|es|ion)|plug-?in system|framework`
	mechanics = `(fix|correct) (a |the |an? )?(obvious )?(typos?|spelling|misspelling)|typos?|bump (the )?(version|\S+ to v?\d[\w.]*)|re-?format|gofmt|run (the )?formatter|sort (the )?imports|trailing (white ?space|blanks?)|(update|fix) (the )?copyright`
)

func factsOf(in Input) facts {
	objective := strings.TrimSpace(in.Objective)
	f := facts{text: strings.ToLower(objective), words: len(strings.Fields(objective)), files: mentioned(objective)}
	for _, id := range slices.Sorted(maps.Keys(in.Answers)) {
		// What was answered is part of what is asked for.
		f.text += "\n" + strings.ToLower(in.Answers[id])
		f.files = append(f.files, mentioned(in.Answers[id])...)
	}
	f.command = commandOf(objective)
	f.parts = partsOf(objective)
	find := func(words string) string {
		return regexp.MustCompile(`\b(?:` + words + `)\b`).FindString(f.text)
	}
	f.wide, f.new = find(wideWords), find(newWords)
	if f.words <= 25 && f.parts < 2 && f.wide == "" {
		f.mechanical = find(mechanics)
	}
	var saw []string
	for _, r := range signalRules() {
		for _, loc := range regexp.MustCompile(`\b(?:`+r.words+`)\b`).FindAllStringIndex(f.text, -1) {
			if refused.MatchString(f.text[:loc[0]]) {
				continue
			}
			f.signals = append(f.signals, r.signal)
			saw = append(saw, fmt.Sprintf("%s (%q)", r.signal, f.text[loc[0]:loc[1]]))
			break
		}
	}
	if in.Opinion != nil {
		for _, signal := range in.Opinion.Signals {
			if !slices.Contains(f.signals, signal) {
				saw = append(saw, signal+" (the agent that was asked says so)")
			}
		}
	}
	f.sawSignals = strings.Join(saw, ", ")
	return f
}

// commandOf is the command that an objective is nothing but: `make test` in backticks, with or without run before it, or
// behind a $.
func commandOf(objective string) string {
	if m := regexp.MustCompile("^(?i:run|execute)?:?\\s*`([^`\n]+)`\\.?$").FindStringSubmatch(objective); m != nil {
		return strings.TrimSpace(m[1])
	}
	if m := regexp.MustCompile(`^\$ (\S[^\n]*)$`).FindStringSubmatch(objective); m != nil {
		return m[1]
	}
	return ""
}

// partsOf counts what an objective asks for: the items of a list, else its sentences that begin with a verb.
func partsOf(objective string) int {
	items := regexp.MustCompile(`(?m)^\s*(?:[-*+]|\d+[.)])\s+\S`).FindAllString(objective, -1)
	if len(items) > 0 {
		return len(items)
	}
	verbs := regexp.MustCompile(`^(?:` + intentRules()[len(intentRules())-1].words + `|fix|refactor|document|test|deploy|review)\b`)
	n := 0
	for _, clause := range regexp.MustCompile(`[.;]\s+|,? and then |, (?:and )?| and `).Split(strings.ToLower(objective), -1) {
		if verbs.MatchString(strings.TrimSpace(clause)) {
			n++
		}
	}
	return max(n, 1)
}

// mentioned are the files that a text names, each once: words with a folder or a known ending, such as cmd/main.go.
func mentioned(text string) []string {
	var out []string
	for _, word := range strings.Fields(text) {
		word = strings.TrimRight(strings.Trim(word, "`'\"()[]{},;:!?*<>"), ".")
		if strings.Contains(word, "://") || !fileName.MatchString(word) {
			continue
		}
		if word, _, _ = strings.Cut(word, ":"); !slices.Contains(out, word) {
			out = append(out, word)
		}
	}
	return out
}

var fileName = regexp.MustCompile(`^(?:\.{0,2}/)?(?:[\w.@-]+/)*[\w.@-]*\.(?:go|ts|tsx|js|jsx|mjs|py|rb|rs|java|kt|swift|c|cc|cpp|h|hpp|cs|php|sh|sql|md|mdx|txt|ya?ml|json|toml|html?|css|scss|vue|svelte|proto|tf|ini|cfg|env|xml|gradle|lock|mod)(?::\d+)*$|^(?:[\w.@-]+/)*(?:Makefile|Dockerfile|README|LICENSE)$`)
