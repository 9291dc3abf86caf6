package text

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"billow/internal/control"
	"billow/plan"
)

// Fix writes what there was to mend in a plan: a line for each repair and fix, the change, and how it stands.
func Fix(w io.Writer, r *control.FixResponse, st Style) {
	for i := 0; i < len(r.Repairs); i++ {
		first := r.Repairs[i]
		for i+1 < len(r.Repairs) && goesOn(r.Repairs[i], r.Repairs[i+1]) {
			i++
		}
		file := cmp.Or(first.File, r.File)
		at := fmt.Sprintf("%s:%d:%d", file, first.Line, first.Column)
		if last := r.Repairs[i].Line; last > first.Line {
			at = fmt.Sprintf("%s:%d-%d", file, first.Line, last)
		}
		fmt.Fprintf(w, "%s: %s: %s\n", at, first.Code, first.Text)
	}
	for _, p := range r.Fixes {
		fmt.Fprintf(w, "%s:%d:%d: %s: %s\n", cmp.Or(p.File, r.File), p.Line, p.Column, p.Code, p.Text)
	}
	if r.Diff != "" && !r.Written {
		fmt.Fprintln(w)
		Diff(w, r.Diff, st)
		fmt.Fprintln(w)
	}
	errors := plan.Errors(r.Left)
	if r.Diff == "" && hasCode(errors, "P001") {
		Problems(w, r.Left, st)
		last := errors[len(errors)-1]
		fmt.Fprintf(w, "%s: %s: no repair is known for line %d, and nothing was changed\n",
			cmp.Or(last.File, r.File), st.paint(red, "cannot be repaired"), last.Line)
		return
	}
	switch n := count(len(r.Repairs)+len(r.Fixes), "change"); {
	case r.Diff == "":
		fmt.Fprintf(w, "%s: nothing to fix\n", r.File)
	case r.Written:
		fmt.Fprintf(w, "%s: %s, %s\n", r.File, n, st.paint(green, "written"))
	default:
		fmt.Fprintf(w, "%s: %s; billow fix --write %s puts it into the file\n", r.File, n, r.File)
	}
	if len(errors) > 0 {
		fmt.Fprintf(w, "%s: %s left; see billow check\n", r.File, st.paint(red, count(len(errors), "error")))
	}
}

// goesOn reports whether a repair does the same to the next line as one before it.
func goesOn(before, r plan.LineRepair) bool {
	return r.File == before.File && r.Code == before.Code && r.Text == before.Text && r.Line == before.Line+1
}

func hasCode(problems []plan.Problem, code string) bool {
	for _, p := range problems {
		if p.Code == code {
			return true
		}
	}
	return false
}

// Diff writes a unified diff.
func Diff(w io.Writer, diff string, st Style) {
	for line := range strings.Lines(diff) {
		body := strings.TrimRight(line, "\r\n")
		end := line[len(body):]
		if color := lineColor(body); color != "" {
			body = st.paint(color, body)
		}
		fmt.Fprint(w, body, end)
	}
}

// lineColor is the color of a line of a diff, "" for none.
func lineColor(line string) string {
	switch {
	case strings.HasPrefix(line, "---"), strings.HasPrefix(line, "+++"):
		return bold
	case strings.HasPrefix(line, "@@"):
		return blue
	case strings.HasPrefix(line, "-"):
		return red
	case strings.HasPrefix(line, "+"):
		return green
	}
	return ""
}
