package plan

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// The codes of what Read cannot understand. One code is one rule.
const (
	// codeNoPlan: there are no tasks to run.
	codeNoPlan = "P010"
	// codeNoID: a task without an id.
	codeNoID = "P011"
	// codeType: a value of another shape than its key wants.
	codeType = "P012"
	// codeStatus: a word that is no status.
	codeStatus = "P013"
	// codeKey: a key that is probably a slip of the pen, or stands in the wrong place.
	codeKey = "P014"
	// codeValue: the right shape, but not a value the key can have.
	codeValue = "P015"
	// codeTask: an entry among the tasks that is none.
	codeTask = "P016"
	// codeEdge: a dependency that cannot be read as the id of a task.
	codeEdge = "P017"
	// codePolicy: a failure_handling or classify rule that cannot be read.
	codePolicy = "P018"
	// codeColon: a text that YAML reads as a mapping because of an unquoted `: `.
	codeColon = "P019"
	// codeTwice: two keys that say the same thing differently.
	codeTwice = "P020"
	// codeTooMany: more tasks than the limit.
	codeTooMany = "P021"
	// codeLeftOut: a Markdown file in a folder of task files that is none.
	codeLeftOut = "P022"
	// codeFrontMatter: a front matter without an end.
	codeFrontMatter = "P023"
)

// maxAlike is the number of problems of one code that are listed; the rest are counted.
const maxAlike = 200

// maxSourceLine is the number of bytes of a line that a problem shows; a plan in JSON can be one line.
const maxSourceLine = 1000

// add records a problem with the task being read, or with the plan when none is.
func (r *reader) add(code string, severity Severity, pos Pos, text, hint string) {
	r.alike[code]++
	if r.alike[code] > maxAlike {
		if severity == Error || r.unlisted[code] == "" {
			r.unlisted[code] = severity
		}
		return
	}
	file, in := r.source.Place(pos)
	r.problems = append(r.problems, Problem{
		Code: code, Severity: severity, File: file, Line: in.Line, Column: in.Column,
		Task: r.task, Text: text, Hint: hint, Source: r.line(pos),
	})
}

// addFixed is add for a problem that edits mend; nil where none surely do.
func (r *reader) addFixed(code string, severity Severity, pos Pos, text, hint string, fix []TextEdit) {
	r.add(code, severity, pos, text, hint)
	if r.alike[code] <= maxAlike {
		r.problems[len(r.problems)-1].Fix = fix
	}
}

// fixer makes edits of the file that is being read.
func (r *reader) fixer() fixer { return fixer{r.source} }

// line is the line of the file that a problem shows: cut off where it is very long, and "" where the
// place would lie behind the cut.
func (r *reader) line(pos Pos) string {
	if pos.Line < 1 || pos.Column > maxSourceLine {
		return ""
	}
	if r.lineAt != pos.Line {
		r.lineAt, r.lineText = pos.Line, r.source.Line(pos.Line)
		if len(r.lineText) > maxSourceLine {
			r.lineText = strings.ToValidUTF8(r.lineText[:maxSourceLine], "") + "…"
		}
	}
	return r.lineText
}

// countUnlisted adds, for each code of which there were too many to list, how many more there are.
func (r *reader) countUnlisted() {
	r.task = ""
	for _, code := range slices.Sorted(maps.Keys(r.unlisted)) {
		r.problems = append(r.problems, Problem{
			Code: code, Severity: r.unlisted[code], File: r.name,
			Text: "and " + strconv.Itoa(r.alike[code]-maxAlike) + " more like these",
			Hint: "mend those listed and check again", more: r.alike[code] - maxAlike - 1,
		})
	}
}

// wrongType records that a value has another shape than its key wants. want completes "must be".
func (r *reader) wrongType(severity Severity, f Field, want, example string) {
	hint := ""
	if example != "" {
		hint = "write `" + f.Key + ": " + example + "`"
	}
	r.add(codeType, severity, place(f), fmt.Sprintf("%s must be %s, found %s", f.Key, want, describe(f.Value)), hint)
}

// badValue records that a value is of the right shape and still none its key can have.
func (r *reader) badValue(severity Severity, f Field, why, hint string) {
	r.add(codeValue, severity, place(f), f.Key+": "+why, hint)
}

// badWord records that a word is none of those a key can have. written is the value that it is, nil where it is
// a part of one; hint is given where none of the words is near.
func (r *reader) badWord(severity Severity, f Field, why string, written *Value, word string, words []string, hint string) {
	near, sure := surely(statusWord(word), words)
	if near != "" {
		hint = "did you mean `" + near + "`?"
	}
	var fix []TextEdit
	if sure {
		fix = r.fixer().scalar(written, near)
	}
	r.addFixed(codeValue, severity, place(f), f.Key+": "+why, hint, fix)
}

// place is where a field's value stands, or its key where the value has no place of its own.
func place(f Field) Pos {
	if f.Value != nil && f.Value.Pos.Line > 0 {
		return f.Value.Pos
	}
	return f.Pos
}

// describe names what was found, for the end of "must be ..., found".
func describe(v *Value) string {
	switch {
	case v.IsNull():
		return "nothing"
	case v.Kind == List:
		return "a list"
	case v.Kind == Map:
		return "a mapping"
	}
	return strconv.Quote(clip(v.Text))
}
