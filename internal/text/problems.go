package text

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"billow/plan"
)

// Problems writes what is wrong with a plan: a line each with place, code and text, then the line of the file
// with a mark under the place, then the hint.
func Problems(w io.Writer, problems []plan.Problem, st Style) {
	for _, p := range problems {
		at := p.File
		if p.Line > 0 {
			at = fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
		}
		mark := ""
		if p.Repaired {
			mark = " (in the repaired text)"
		}
		fmt.Fprintf(w, "%s: %s %s: %s%s\n", at, st.severity(p.Severity), p.Code, p.Text, mark)
		if p.Source != "" && p.Line > 0 {
			source, column := excerpt(p.Source, p.Column)
			number := fmt.Sprintf("%5d", p.Line)
			fmt.Fprintf(w, "%s | %s\n%s | %s^\n", number, source, strings.Repeat(" ", len(number)), strings.Repeat(" ", max(column-1, 0)))
		}
		if p.Hint != "" {
			fmt.Fprintf(w, "      hint: %s\n", p.Hint)
		}
	}
}

// excerpt makes one screen line of a line of the file: tabs become spaces, and of a long line the part
// around the place is shown.
func excerpt(line string, column int) (string, int) {
	const most = 100
	runes := []rune(strings.ReplaceAll(line, "\t", " "))
	if len(runes) <= most || !utf8.ValidString(line) {
		return string(runes), column
	}
	from := min(max(column-most/2, 0), len(runes)-most)
	return string(runes[from : from+most]), column - from
}

func (st Style) severity(s plan.Severity) string {
	if !st.Color {
		return string(s)
	}
	switch s {
	case plan.Error:
		return st.paint(red, "error")
	case plan.Warning:
		return st.paint(yellow, "warning")
	}
	return string(s)
}
