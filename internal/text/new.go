package text

import (
	"fmt"
	"io"

	"billow/internal/control"
)

// New writes what billow new has made, and what to type next.
func New(w io.Writer, r *control.NewResponse, st Style) {
	fmt.Fprintf(w, "%s: plan %s, from the template %s\n", r.Path, r.ID, r.Template)
	for _, file := range r.Also {
		fmt.Fprintf(w, "%s: written too\n", file)
	}
	Problems(w, r.Problems, st)
	fmt.Fprintln(w, "\nedit it, then:")
	for _, command := range r.Next {
		fmt.Fprintf(w, "  %s\n", command)
	}
}

// Templates lists the templates of plans.
func Templates(w io.Writer, all []control.Template) {
	for _, t := range all {
		fmt.Fprintf(w, "%-8s %s\n", t.Name, t.What)
	}
}
