package agents

import (
	"slices"
	"strings"

	"billow/plan"
)

// Learning is something that an agent says others should know.
type Learning struct {
	// Kind is what it calls it, in the singular and with underscores (pattern, gotcha, product_decision ...); "" where
	// it does not say.
	Kind string
	Text string
	// Confidence is 0..1: the item's own, else that of its report; 0 where neither has one.
	Confidence float64
}

// ReadLearnings reads what a report has under learn and learnings, in the forms of every era: texts, which may begin
// with their kind ("gotcha: …"), objects {text, confidence, kind}, and lists by kind {patterns: […], conventions: […]}.
func ReadLearnings(report *plan.Value) []Learning {
	if report == nil || report.Kind != plan.Map {
		return nil
	}
	report = withExtra(report)
	sure := share(report.Get("confidence"))
	var out []Learning
	add := func(kind string, v *plan.Value) {
		for _, item := range v.Elements() {
			l := Learning{Kind: singular(firstOf(text(item, "kind", "type", "category"), kind)), Confidence: sure,
				Text: firstOf(scalar(item), text(item, "text", "learning", "description", "fact", "pattern", "title"))}
			if own := item.Get("confidence"); !own.IsNull() {
				l.Confidence = share(own)
			}
			if l.Kind == "" {
				l.Kind, l.Text = prefixed(l.Text)
			}
			if l.Text = strings.TrimSpace(l.Text); l.Text != "" {
				out = append(out, l)
			}
		}
	}
	for _, key := range []string{"learn", "learnings"} {
		v := report.Get(key)
		if v == nil || v.Kind != plan.Map || !v.Get("text").IsNull() {
			add("", v)
			continue
		}
		for _, f := range v.Fields {
			add(f.Key, f.Value)
		}
	}
	return out
}

// LearningKinds are the words for kinds that a text may begin with.
func LearningKinds() []string {
	return []string{"product_decision", "technical_decision", "decision", "convention", "pattern", "gotcha", "failure_mode", "workflow",
		"skill", "fact"}
}

// prefixed takes the kind off a text that begins with it.
func prefixed(text string) (kind, rest string) {
	head, rest, ok := strings.Cut(text, ":")
	if inner, after, bracket := strings.Cut(strings.TrimPrefix(text, "["), "]"); bracket && strings.HasPrefix(text, "[") {
		head, rest, ok = inner, strings.TrimPrefix(strings.TrimSpace(after), ":"), true
	}
	if kind = singular(head); ok && slices.Contains(LearningKinds(), kind) {
		return kind, rest
	}
	return "", text
}

// singular is the name of a kind, as one of the list is called: patterns and pattern are the same.
func singular(word string) string { return strings.TrimSuffix(normal(word), "s") }
