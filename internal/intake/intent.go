package intake

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Intent is what kind of work is asked for.
type Intent string

// The intents, by the role that does such work.
const (
	Run       Intent = "run"
	Implement Intent = "implement"
	Debug     Intent = "debug"
	Simplify  Intent = "simplify"
	Document  Intent = "document"
	Test      Intent = "test"
	Review    Intent = "review"
	Challenge Intent = "challenge"
	Research  Intent = "research"
	Design    Intent = "design"
	Deploy    Intent = "deploy"
	Skill     Intent = "skill"
)

// Intents lists them.
func Intents() []Intent {
	var out []Intent
	for _, r := range intentRules() {
		if !slices.Contains(out, r.intent) {
			out = append(out, r.intent)
		}
	}
	return append(out, Run)
}

// ParseIntent reads an intent; ok is false for any other word.
func ParseIntent(word string) (i Intent, ok bool) {
	i = Intent(strings.ToLower(strings.TrimSpace(word)))
	return i, slices.Contains(Intents(), i)
}

// Changes reports whether such work changes what the project does.
func (i Intent) Changes() bool {
	return slices.Contains([]Intent{Implement, Debug, Simplify, Deploy}, i)
}

// intentRule is what somebody writes who wants such work.
type intentRule struct {
	intent Intent
	words  string
	// outright: the person says so whatever else the sentence asks for.
	outright bool
}

// intentRules is the table. Of several rules the one whose words come first in the objective counts, since people put
// first what they want done; of two at one place the earlier rule.
func intentRules() []intentRule {
	return []intentRule{
		{Research, `(just|only) (research|investigate|explain|look into|find out|answer)|(do not|don't|without) (chang\w+|modify\w*|edit\w*|touch\w*) (any|anything|the code|code|files)\b`, true},
		{Challenge, `challenge|criti(que|cise|cize)|play devil's advocate|poke holes`, false},
		{Review, `(security |code )?(review|audit)`, false},
		{Skill, `(write|create|make|add|extract) (a|the|an) (agent )?skill`, false},
		{Document, `document|(write|add|update|improve|fix|extend|create) (\w+ )?(\w+ )?(docs?|documentation|readme|changelog|guide|tutorial|agents\.md|prd)`, false},
		{Design, `(design|mock ?up|wireframe) (a|an|the|our)|(write|create|make) (a|the) (design|mock ?up|wireframe)`, false},
		{Test, `(test|verify|check) (that|the|whether|if|in|on)|(e2e|end-to-end|browser|visual|accessibility|a11y)[- ]tests?`, false},
		{Research, `research|investigate|explore|compare|evaluate|find out|analy[sz]e|look into|explain|what|why|how|which|is there|are there|does|where`, false},
		{Debug, `fix|debug|repair|resolve|diagnose|troubleshoot|crash\w*|bug`, false},
		{Simplify, `refactor|simplify|clean ?up|dedup\w*|de-duplicate|tidy|untangle|restructure`, false},
		{Deploy, `deploy|roll ?out|release|publish|provision|set up (the )?(ci|infrastructure|pipeline|cluster)|roll ?back`, false},
		{Implement, `implement|add|build|create|write|make|change|update|support|introduce|remove|delete|drop|rename|replace|move|port|upgrade|bump|integrate|migrate|extend|enable|disable|convert|improve|optimi[sz]e|allow|use|let|expose|switch|format|reformat|sort|set|correct|rewrite|redesign|re-?architect|split|merge|encrypt|cache|store|show|hide|increase|reduce|speed up`, false},
	}
}

func intentOf(in Input, f facts) (intent Intent, why string, certain bool) {
	switch {
	case in.Intent != "":
		return in.Intent, "it was said outright", true
	case f.command != "":
		return Run, "the objective is a command and nothing else", true
	case f.mechanical != "":
		return Implement, fmt.Sprintf("%q", f.mechanical), true
	}
	text := strings.ToLower(in.Objective)
	best, at, word := Intent(""), len(text), ""
	for _, r := range intentRules() {
		loc := regexp.MustCompile(`\b(?:` + r.words + `)\b`).FindStringIndex(text)
		if loc == nil {
			continue
		}
		if r.outright {
			return r.intent, fmt.Sprintf("%q", text[loc[0]:loc[1]]), true
		}
		if loc[0] < at {
			best, at, word = r.intent, loc[0], text[loc[0]:loc[1]]
		}
	}
	if best != "" {
		return best, fmt.Sprintf("%q", word), true
	}
	if in.Opinion != nil && in.Opinion.Intent != "" {
		return in.Opinion.Intent, "the agent that was asked says so", true
	}
	return Implement, "no word of the objective says what kind of work it is", false
}
