package text

import (
	"cmp"
	"fmt"
	"io"

	"billow/internal/control"
)

// Config writes the settings, each with its value and where it came from.
func Config(w io.Writer, r *control.ConfigResponse, st Style) {
	rows := make([][]string, len(r.Values))
	for i, v := range r.Values {
		rows[i] = []string{v.Key, Clean(cmp.Or(v.Value, "-")), v.Origin.String()}
	}
	table(w, "", rows, func(_, column int, cell string) string {
		if column == 2 {
			return st.paint(gray, cell)
		}
		return cell
	})
}

// Doctor writes what was looked at and found.
func Doctor(w io.Writer, r *control.DoctorResponse, st Style) {
	Version(w, r.Version)
	fmt.Fprintf(w, "project %s\n\n", r.Root)
	marks := map[string]string{
		control.FindingOK: st.paint(green, "ok"), control.FindingWarning: st.paint(yellow, "warning"),
		control.FindingError: st.paint(red, "error"), control.FindingAbsent: st.paint(gray, "-"),
	}
	rows := make([][]string, len(r.Checks))
	for i, c := range r.Checks {
		rows[i] = []string{c.Status, c.Name, Clean(c.Text)}
		if c.Status == control.FindingAbsent {
			rows[i][0] = "-"
		}
		if c.Hint != "" && c.Status != control.FindingOK {
			rows[i][2] += "; " + Clean(c.Hint)
		}
	}
	table(w, "", rows, func(row, column int, cell string) string {
		if column == 0 {
			return marks[r.Checks[row].Status]
		}
		return cell
	})
	fmt.Fprintln(w)
	switch {
	case r.Errors > 0:
		fmt.Fprintln(w, st.paint(red, count(r.Errors, "error")))
	case r.Warnings > 0:
		fmt.Fprintln(w, st.paint(yellow, count(r.Warnings, "warning")))
	default:
		fmt.Fprintln(w, st.paint(green, "plans can be run here"))
	}
}

// Version writes which billow this is.
func Version(w io.Writer, v control.VersionResponse) {
	from := ""
	if len(v.Revision) >= 12 {
		from = ", commit " + v.Revision[:12]
		if v.Modified {
			from += " with changes"
		}
	}
	fmt.Fprintf(w, "billow %s (%s, %s/%s%s)\n", v.Version, v.Go, v.OS, v.Arch, from)
}
