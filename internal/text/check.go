package text

import (
	"fmt"
	"io"
	"strings"

	"billow/internal/control"
	"billow/plan"
)

// Check writes what is wrong with plans, and a line that sums each up.
func Check(w io.Writer, r *control.CheckResponse, st Style) {
	for _, c := range r.Plans {
		Problems(w, c.Problems, st)
		var n control.CheckResponse
		n.Count(c.Problems)
		sum := st.paint(green, "no problems")
		if len(c.Problems) > 0 {
			sum = found(n, st)
		}
		if n := fixable(c.Problems); n > 0 {
			sum += ", " + fmt.Sprintf("billow fix mends %d", n)
		}
		if c.PlanID == "" { // there was nothing to count
			fmt.Fprintf(w, "%s: %s\n", c.File, sum)
			continue
		}
		about := count(c.Tasks, "task")
		if c.Waves > 0 {
			about += " in " + count(c.Waves, "wave")
		}
		if c.Class != "" {
			about += ", complexity " + string(c.Class)
		}
		fmt.Fprintf(w, "%s: %s (%s)\n", c.File, sum, about)
	}
}

// fixable is the number of problems that can be mended by a machine.
func fixable(problems []plan.Problem) int {
	n := 0
	for _, p := range problems {
		if len(p.Fix) > 0 {
			n++
		}
	}
	return n
}

// found is how many problems of each severity there are.
func found(r control.CheckResponse, st Style) string {
	var parts []string
	if r.Errors > 0 {
		parts = append(parts, st.paint(red, count(r.Errors, "error")))
	}
	if r.Warnings > 0 {
		parts = append(parts, st.paint(yellow, count(r.Warnings, "warning")))
	}
	if r.Infos > 0 {
		parts = append(parts, count(r.Infos, "note"))
	}
	return strings.Join(parts, ", ")
}

// Class writes the class of a plan and the reasons for it.
func Class(w io.Writer, r *control.ClassifyResponse, st Style) {
	fmt.Fprintf(w, "%s is %s\n", Clean(r.PlanID), st.paint(bold, string(r.Class)))
	var rows [][]string
	for _, reason := range r.Reasons {
		rows = append(rows, []string{string(reason.Class), reason.Rule, Clean(reason.Saw)})
	}
	table(w, "  ", rows, nil)
	if r.Critic {
		fmt.Fprintln(w, "  a critic should look at it")
	}
}
