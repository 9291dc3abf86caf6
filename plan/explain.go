package plan

import "errors"

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
		return s.problem("P007", Error, use.offset, use.text, "")
	case errors.As(err, &syntax):
		return s.problem("P001", Error, syntax.offset, syntax.text, syntax.hint)
	}
	return Problem{Code: "P001", Severity: Error, File: s.Name, Text: err.Error()}
}
