package control

import (
	"billow/agents"
	"billow/internal/config"
	"billow/plan"
)

// Code is one kind of problem, of a plan, its context or the configuration, for whoever lists them all.
type Code struct {
	// Code is P001 ..., E001 ... or C001 ...; Title names what is wrong in a few words, What says it in sentences.
	Code, Title, What string
	// Severity is what such a problem is; "" where that depends.
	Severity plan.Severity
	// Page is what `billow explain` prints, in Markdown.
	Page string
}

// Codes are all kinds of problems that Check can report, in the order of their codes.
func Codes() []Code {
	var out []Code
	add := func(c Code) {
		if page, ok := plan.Explain(c.Code); ok {
			c.Page = page
		} else {
			c.Page = settingPage(c.Code, c.Title, c.What)
		}
		out = append(out, c)
	}
	for _, c := range config.Codes() {
		add(Code{Code: c.Code, Title: c.Title, What: c.What})
	}
	for _, c := range agents.EnvelopeCodes() {
		add(Code{Code: c.Code, Title: c.Title, What: c.What})
	}
	for _, c := range plan.Codes() {
		add(Code{Code: c.Code, Title: c.Title, What: c.What})
	}
	for _, r := range plan.Rules() {
		add(Code{Code: r.Code, Title: r.Title, What: r.What, Severity: r.Severity})
	}
	return out
}

// settingPage is the page of a code that has only a sentence or two to it.
func settingPage(code, title, what string) string {
	return "# " + code + ": " + title + "\n\n" + what + "\n"
}
