package plan

import (
	"errors"
	"fmt"
	"strings"
)

// explain turns what stopped a producer into the Problem for the plan's author.
func explain(s *Source, err error) Problem {
	var syntax *syntaxError
	var limit *limitError
	var guard *guardError
	var use *useError
	switch {
	case errors.As(err, &guard):
		return s.problem("P003", Error, s.textOffset(guard.line, guard.column), guard.text, "")
	case errors.As(err, &limit):
		return s.problem("P003", Error, limit.offset, limit.text, "")
	case errors.As(err, &use):
		return s.problem("P007", Error, use.offset, use.text, use.hint)
	case errors.As(err, &syntax):
		p := s.problem("P001", Error, syntax.offset, "not valid YAML: "+syntax.text, syntax.hint)
		p.Fix = syntax.fix
		if conflictMark.MatchString(s.Line(p.Line)) {
			p.Text, p.Hint, p.Fix = "not valid YAML: a merge conflict was left in the file", "keep one of its sides, and delete the lines with <<<<<<<, ======= and >>>>>>>", nil
		}
		return p
	}
	return Problem{Code: "P001", Severity: Error, File: s.Name, Text: "not valid YAML: " + err.Error()}
}

// badKey is for a key that is a collection.
func badKey(offset int) error {
	return &useError{offset: offset, text: "a list or a mapping cannot be a key in a plan"}
}

// reword says in words of an author what goccy says in words of a parser.
func reword(message string) (text, hint string) {
	switch {
	case strings.Contains(message, "mapping value is not allowed"), strings.Contains(message, "unexpected key name"):
		return "a `: ` in text without quotes begins a new key", "put the text in quotes"
	case strings.Contains(message, "is a reserved character"):
		c, _, _ := strings.Cut(message, " is a")
		return fmt.Sprintf("text cannot begin with %s", c), "put the text in quotes"
	case strings.Contains(message, "\t"), strings.Contains(message, "tab character"):
		return "a tab cannot indent", "indent with blanks"
	case strings.Contains(message, "end character of"):
		return "the quote that opens here is never closed", "close it"
	case strings.Contains(message, "end token"):
		return "the bracket that opens here is never closed", "close it"
	case strings.Contains(message, "must be specified"):
		return "the list or mapping in brackets does not go on like this", "close the bracket, or put a comma between the items"
	case strings.Contains(message, "unexpected end content"):
		return "text behind the end of the document (`...`)", "delete it, or begin it with `# `"
	case strings.Contains(message, "unexpected scalar value type"):
		return "this is no value", "put the text in quotes"
	case strings.Contains(message, "invalid key"):
		return "a list or a mapping cannot be a key", ""
	case strings.Contains(message, "value is not allowed in this context"):
		return "this does not belong here", "is it indented like its neighbours, and is the text before it in quotes as a whole"
	}
	return message, ""
}
