package text

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"billow/engine"
	"billow/internal/control"
	"billow/plan"
)

// mostAnnotations is how many failed tasks are annotated: GitHub shows ten of a step and fifty of a job.
const mostAnnotations = 50

// annotation is a message that GitHub shows beside a line of a file.
type annotation struct {
	// level is error, warning or notice.
	level  string
	file   string
	line   int
	column int
	title  string
	// text may have several lines.
	text string
}

// String is the command for GitHub's runner that makes the annotation.
func (a annotation) String() string {
	var b strings.Builder
	b.WriteString("::" + a.level)
	separator := " "
	property := func(name, value string) {
		if value != "" {
			b.WriteString(separator + name + "=" + githubProperty(value))
			separator = ","
		}
	}
	property("file", a.file)
	if a.line > 0 {
		property("line", strconv.Itoa(a.line))
		if a.column > 0 {
			property("col", strconv.Itoa(a.column))
		}
	}
	property("title", a.title)
	b.WriteString("::" + githubText(a.text))
	return b.String()
}

// githubText is a text as the last part of a command holds it.
func githubText(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

// githubProperty is a text as a property of a command holds it.
func githubProperty(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(s)
}

// githubMask is the command that makes GitHub's runner hide a text from there on, each of its lines too.
func githubMask(secret string) string { return "::add-mask::" + githubText(secret) }

// GitHubProblems writes what is wrong with plans as annotations, a line each.
func GitHubProblems(w io.Writer, r *control.CheckResponse, codes []control.Code, places Places) {
	titles := map[string]string{}
	for _, c := range codes {
		titles[c.Code] = c.Code + ": " + c.Title
	}
	for _, c := range r.Plans {
		for _, p := range c.Problems {
			a := annotation{level: string(p.Severity), line: p.Line, column: p.Column, title: titles[p.Code]}
			if p.Severity == plan.Info {
				a.level = "notice"
			}
			a.file, _ = places.name(p.File)
			a.text = Clean(p.Text)
			if p.Hint != "" {
				a.text += "\nhint: " + Clean(p.Hint)
			}
			fmt.Fprintln(w, a)
		}
	}
}

// GitHubError writes what ended a run beside its tasks as an annotation of the job.
func GitHubError(w io.Writer, err error) {
	fmt.Fprintln(w, annotation{level: "error", title: "billow", text: Clean(err.Error())})
}

// GitHubFailures writes an annotation at each failed task, and at those that wait for a person.
func GitHubFailures(w io.Writer, r *control.RunResponse, places Places) {
	file, _ := places.name(r.Plan)
	n := 0
	for _, l := range r.Left {
		a := annotation{level: "error", file: file, line: l.Line, column: l.Column, text: shortWhy(l.Why)}
		if l.File != "" {
			a.file, _ = places.name(l.File)
		}
		switch l.State {
		case engine.Failed, engine.Cancelled:
			a.title = fmt.Sprintf("task %s %s", Clean(l.Task), l.State)
		case engine.Blocked:
			a.level, a.title = "warning", "task "+Clean(l.Task)+" waits for a person"
		default:
			continue
		}
		if n++; n > mostAnnotations {
			return
		}
		if a.text == "" {
			a.text = a.title
		}
		fmt.Fprintln(w, a)
	}
}
