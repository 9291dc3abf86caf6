package text

import (
	"fmt"
	"io"

	"billow/internal/control"
)

// Imported writes what an imported plan does not say: a line for each thing, then the errors that it has from its
// source, then a line that sums up. The plan itself is not for the same stream.
func Imported(w io.Writer, r *control.ImportResponse, st Style) {
	for _, n := range r.Notes {
		at := n.File
		if n.Line > 0 {
			at = fmt.Sprintf("%s:%d:%d", n.File, n.Line, n.Column)
		}
		fmt.Fprintf(w, "%s: %s: %s\n", at, st.paint(yellow, "warning"), Clean(n.Text))
	}
	Problems(w, r.Problems, st)
	about := fmt.Sprintf("%s, %s", count(r.Tasks, "task"), countAs(r.Needs, "dependency", "dependencies"))
	if n := len(r.Notes); n > 0 {
		about += ", " + count(n, "warning")
	}
	if n := len(r.Problems); n > 0 {
		about += ", " + st.paint(red, count(n, "error"))
	}
	if r.File != "" {
		about += "; written to " + r.File
	}
	fmt.Fprintf(w, "billow: %s: %s\n", r.Source, about)
}

func countAs(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
