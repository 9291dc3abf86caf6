package text

import (
	"fmt"
	"io"
	"strings"

	"billow/internal/control"
)

// Blocked writes what waits for a person, with what they need to know to decide and what to type.
func Blocked(w io.Writer, r *control.BlockedResponse, st Style) {
	if len(r.Tasks) == 0 {
		fmt.Fprintln(w, "nothing waits for a person")
		return
	}
	for i, t := range r.Tasks {
		if i > 0 {
			fmt.Fprintln(w)
		}
		head := st.paint(bold, Clean(t.Task))
		if t.Title != "" {
			head += " (" + Clean(t.Title) + ")"
		}
		head += "  " + st.paint(yellow, t.Kind)
		if !t.Since.IsZero() {
			head += "  waits " + Age(r.Now.Sub(t.Since))
		}
		if !t.Deadline.IsZero() {
			head += ", for another " + Age(t.Deadline.Sub(r.Now))
		}
		fmt.Fprintln(w, head)
		fmt.Fprintf(w, "  %s\n", Clean(t.Reason))
		if t.Kind == control.WaitsQuestion {
			blockedPart(w, st, "options", strings.Join(t.Options, "\n"))
			blockedPart(w, st, "recommended", t.Recommended)
		}
		blockedPart(w, st, "context", t.Context)
		blockedPart(w, st, "risk", t.Risk)
		blockedPart(w, st, "decision", t.Decision)
		blockedPart(w, st, "needed", t.RequiredInput)
		blockedPart(w, st, "do", t.NextStep)
		if t.More > 0 {
			fmt.Fprintf(w, "  %d more to answer after this\n", t.More)
		}
		for _, next := range t.Next {
			fmt.Fprintf(w, "  next   %s\n", next)
		}
	}
}

// blockedPart writes a text that may have several lines under a name.
func blockedPart(w io.Writer, st Style, name, text string) {
	if text = strings.TrimSpace(text); text == "" {
		return
	}
	lines := strings.Split(text, "\n")
	if len(lines) == 1 {
		fmt.Fprintf(w, "  %s %s\n", st.paint(gray, name+":"), Clean(text))
		return
	}
	fmt.Fprintf(w, "  %s\n", st.paint(gray, name+":"))
	for _, line := range lines {
		fmt.Fprintf(w, "    %s\n", clean([]byte(line), false))
	}
}
