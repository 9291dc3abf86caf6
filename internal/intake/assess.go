package intake

import (
	"cmp"
	"slices"

	"billow/plan"
)

// Input is what is known when somebody asks for something.
type Input struct {
	// Objective is what is wanted, in the words of whoever asks.
	Objective string
	// Refs are texts that were given along: error messages, notes, issues.
	Refs []Ref
	// Exists reports whether the project has a file or folder of this name, relative to its root; nil is that it has
	// every one.
	Exists func(path string) bool
	// Intent and Complexity are what the person said outright, "" for nothing. They count before every rule.
	Intent Intent
	// Complexity is a class in any spelling that plan.ParseClass knows.
	Complexity string
	// Floor is the least class there is; auto and "" are none.
	Floor string
	// Answers are what the person said to questions of an earlier Assessment, by their ids.
	Answers map[string]string
	// Opinion is what an agent said that was asked because the rules could not tell; nil for none.
	Opinion *Opinion
}

// Ref is a text that was given along.
type Ref struct {
	Path string `json:"path"`
	Text string `json:"-"`
}

// Assessment is what an objective comes to.
type Assessment struct {
	Intent Intent `json:"intent"`
	// IntentWhy says what the intent was taken from.
	IntentWhy string `json:"intent_why"`
	// Class is how much care it needs, Reasons the rules that say so, those of the highest class first.
	Class   plan.Class    `json:"complexity"`
	Reasons []plan.Reason `json:"reasons"`
	// Certain is false where no rule could tell the class or the intent.
	Certain bool `json:"certain"`
	// Signals are the risk signals that were found; Critic is true when one of them calls for a critic.
	Signals []string `json:"risk_signals,omitempty"`
	Critic  bool     `json:"critic,omitempty"`
	// GrayAreas is what is unclear: questions that must be answered first, and what is assumed for the rest.
	GrayAreas []GrayArea `json:"gray_areas,omitempty"`
	// Files are the files the objective names.
	Files []string `json:"files,omitempty"`
	// Command is the shell command that the objective is nothing but; "" for any other.
	Command string `json:"command,omitempty"`
}

// Assess works out what an objective comes to. It is a function of its input.
func Assess(in Input) Assessment {
	f := factsOf(in)
	a := Assessment{Files: f.files, Command: f.command, Signals: f.signals}
	known := true
	a.Intent, a.IntentWhy, known = intentOf(in, f)
	f.intent = a.Intent
	if !a.Intent.Changes() || f.mechanical != "" || f.command != "" {
		// To write about passwords changes none; a command is judged by nobody but whoever typed it.
		f.signals, a.Signals = nil, nil
	}
	if in.Opinion != nil {
		for _, signal := range in.Opinion.Signals {
			if !slices.Contains(a.Signals, signal) {
				a.Signals = append(a.Signals, signal)
			}
		}
		f.signals = a.Signals
	}
	a.Class, a.Reasons, a.Certain = classOf(in, f)
	a.Certain = a.Certain && known
	for _, signal := range a.Signals {
		a.Critic = a.Critic || slices.Contains(plan.CriticSignals(), signal)
	}
	a.GrayAreas = grayAreas(in, f, a)
	return a
}

// Questions are the gray areas that nobody has cleared up and without which nothing should be done.
func (a Assessment) Questions() []Question {
	var out []Question
	for _, g := range a.GrayAreas {
		if g.Question != nil && g.Answer == "" {
			out = append(out, *g.Question)
		}
	}
	return out
}

// Assumptions are what is taken to be so because nobody said otherwise.
func (a Assessment) Assumptions() []string {
	var out []string
	for _, g := range a.GrayAreas {
		if g.Assumption != "" {
			out = append(out, g.Assumption)
		}
	}
	return out
}

// Clarifications are the questions that were answered, each with its answer.
func (a Assessment) Clarifications() []string {
	var out []string
	for _, g := range a.GrayAreas {
		if g.Answer != "" {
			out = append(out, g.Question.Text+" "+g.Answer)
		}
	}
	return out
}

// Raise puts an assessment into a higher class; a lower one changes nothing.
func (a *Assessment) Raise(class plan.Class, rule, saw string) bool {
	if a.Class.AtLeast(class) {
		return false
	}
	a.Class = class
	a.Reasons = append([]plan.Reason{{Rule: rule, Class: class, Saw: saw}}, a.Reasons...)
	return true
}

// sortReasons puts the reasons of the highest class first.
func sortReasons(reasons []plan.Reason) {
	slices.SortStableFunc(reasons, func(a, b plan.Reason) int {
		return cmp.Compare(slices.Index(plan.Classes(), b.Class), slices.Index(plan.Classes(), a.Class))
	})
}
