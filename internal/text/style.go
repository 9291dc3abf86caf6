package text

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Style is how text may look. The zero Style is plain.
type Style struct {
	// Color allows ANSI colors.
	Color bool
	// Width is the number of columns, 0 when unknown.
	Width int
}

// The colors that are used, as ANSI codes.
const (
	red    = "31"
	green  = "32"
	yellow = "33"
	blue   = "34"
	gray   = "90"
	bold   = "1"
)

func (st Style) paint(color, s string) string {
	if !st.Color || s == "" {
		return s
	}
	return "\x1b[" + color + "m" + s + "\x1b[0m"
}

// Red paints what went wrong, where colors are allowed.
func (st Style) Red(s string) string { return st.paint(red, s) }

// Clean makes a text from a plan or a program fit to print on one line: no line ends, no control characters
// that a terminal would obey, no blanks in a row.
func Clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError || unicode.Is(unicode.Bidi_Control, r) {
			return ' '
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// Age is a length of time as people say it: 4s, 2m03s, 1h05m, 3d4h.
func Age(d time.Duration) string {
	d = d.Round(time.Second)
	switch {
	case d < 0:
		return "0s"
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	case d < 24*time.Hour:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%dd%dh", int(d.Hours())/24, int(d.Hours())%24)
}

// count is a number with its noun, which gets an s when it is not one.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// table writes rows in columns, two blanks apart; the last column is as wide as it is. Colors may be given
// by column and row.
func table(w io.Writer, indent string, rows [][]string, paint func(row, column int, cell string) string) {
	const widest = 40
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], min(utf8.RuneCountInString(cell), widest))
		}
	}
	for r, row := range rows {
		line := indent
		last := len(row) - 1
		for last > 0 && row[last] == "" {
			last--
		}
		for c, cell := range row[:last+1] {
			pad := ""
			if c < last {
				pad = strings.Repeat(" ", max(widths[c]-utf8.RuneCountInString(cell), 0)+2)
			}
			if paint != nil {
				cell = paint(r, c, cell)
			}
			line += cell + pad
		}
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
}
