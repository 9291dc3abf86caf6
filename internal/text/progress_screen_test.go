package text

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// terminal is as much of a terminal as a Progress uses. It keeps lines without their breaks at the right
// edge, and breaks them anew when it is resized, as terminals do.
type terminal struct {
	wide int
	// lines are whole lines of cells; a wide letter takes two cells, the second one empty.
	lines  [][]string
	line   int
	column int // within the whole line
}

func newTerminal(wide int) *terminal { return &terminal{wide: wide, lines: [][]string{nil}} }

// rows breaks a line at the right edge; each row is the place of its first cell.
func (t *terminal) rows(line []string) []int {
	starts, used := []int{0}, 0
	for i := range line {
		if line[i] == "" {
			used++ // the second half of a wide letter
			continue
		}
		w := 1
		if i+1 < len(line) && line[i+1] == "" {
			w = 2
		}
		if used+w > t.wide && used > 0 {
			starts, used = append(starts, i), 0
		}
		used++
	}
	return starts
}

func (t *terminal) Write(b []byte) (int, error) {
	for s := string(b); s != ""; {
		if k := escape(s); k > 0 {
			t.control(s[:k])
			s = s[k:]
			continue
		}
		r, k := utf8.DecodeRuneInString(s)
		s = s[k:]
		switch r {
		case '\n':
			t.line++
			t.column = 0
			if t.line == len(t.lines) {
				t.lines = append(t.lines, nil)
			}
		case '\r':
			rows := t.rows(t.lines[t.line])
			for i := len(rows) - 1; i >= 0; i-- {
				if rows[i] <= t.column {
					t.column = rows[i]
					break
				}
			}
		default:
			t.put(string(r), columns(r))
		}
	}
	return len(b), nil
}

func (t *terminal) put(letter string, wide int) {
	cells := []string{letter, ""}[:max(wide, 1)]
	line := t.lines[t.line]
	if t.column > len(line) {
		panic("the cursor is behind the line")
	}
	t.lines[t.line] = append(line[:t.column:t.column], append(cells, line[min(t.column+len(cells), len(line)):]...)...)
	t.column += len(cells)
}

func (t *terminal) control(seq string) {
	var n int
	switch {
	case seq == "\x1b[J":
		t.lines = t.lines[:t.line+1]
		t.lines[t.line] = t.lines[t.line][:t.column]
	case strings.HasSuffix(seq, "A"):
		if _, err := fmt.Sscanf(seq, "\x1b[%dA", &n); err != nil {
			panic(seq)
		}
		for ; n > 0; n-- {
			t.up()
		}
	case strings.HasSuffix(seq, "m"):
	default:
		panic("unknown: " + seq)
	}
}

// up moves the cursor, which is at the beginning of a row, to the beginning of the row above.
func (t *terminal) up() {
	rows := t.rows(t.lines[t.line])
	for i, at := range rows {
		if at == t.column && i > 0 {
			t.column = rows[i-1]
			return
		}
	}
	if t.line == 0 {
		panic("above the first line")
	}
	t.line--
	rows = t.rows(t.lines[t.line])
	t.column = rows[len(rows)-1]
}

func (t *terminal) String() string {
	var b strings.Builder
	for i, line := range t.lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(strings.Join(line, ""))
	}
	return b.String()
}

// onTerminal is what is left of an output on a terminal that wide.
func onTerminal(output string, wide int) string {
	t := newTerminal(wide)
	_, _ = t.Write([]byte(output))
	return t.String()
}

func TestABlockLeavesNothingBehindWhateverTheTerminalDoes(t *testing.T) {
	letters := rapid.StringOfN(rapid.RuneFrom([]rune("ab é中🚀")), 0, 60, -1)
	rapid.Check(t, func(t *rapid.T) {
		term := newTerminal(rapid.IntRange(4, 50).Draw(t, "columns"))
		s := &screen{out: term, err: term, size: func() (int, int) { return term.wide, 20 }}
		var stays strings.Builder
		for range rapid.IntRange(1, 12).Draw(t, "drawings") {
			term.wide = rapid.IntRange(4, 50).Draw(t, "columns now")
			s.erase()
			for range rapid.IntRange(0, 3).Draw(t, "lines that stay") {
				line := letters.Draw(t, "line")
				stays.WriteString(line + "\n")
				s.line(target(rapid.IntRange(0, 1).Draw(t, "target")), line)
			}
			block := rapid.SliceOfN(letters, 1, 5).Draw(t, "block")
			s.draw(append([]string(nil), block...))
			s.flush()
			for i, line := range s.block {
				if rowsOf(line, term.wide) > 1 {
					t.Fatalf("line %d takes more than a row", i)
				}
			}
		}
		term.wide = rapid.IntRange(4, 50).Draw(t, "columns at the end")
		s.erase()
		s.flush()
		if got := term.String(); got != stays.String() {
			t.Fatalf("left on the terminal:\n%q\nwant:\n%q", got, stays.String())
		}
	})
}

func TestABlockIsNeverHigherThanTheTerminal(t *testing.T) {
	var out bytes.Buffer
	s := &screen{out: &out, err: &out, size: func() (int, int) { return 80, 4 }}
	s.draw([]string{"1", "2", "3", "4", "5"})
	require.Equal(t, []string{"3", "4", "5"}, s.block)
}

func TestTheOrderOfTwoWritersIsKept(t *testing.T) {
	var both bytes.Buffer
	s := &screen{out: &both, err: &both}
	s.line(toErr, "start a")
	s.line(toOut, "a | hello")
	s.line(toErr, "done a")
	s.flush()
	assert.Equal(t, "start a\na | hello\ndone a\n", both.String())
}

func TestMuchOutputIsNotGathered(t *testing.T) {
	var out bytes.Buffer
	s := &screen{out: &out, err: &out}
	for range 1000 {
		s.line(toOut, strings.Repeat("x", 1000))
	}
	assert.LessOrEqual(t, s.pending.Cap(), 4*most)
	assert.Greater(t, out.Len(), 900_000)
}

func TestACutLineFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		line := rapid.StringOfN(rapid.RuneFrom([]rune("ab é中🚀́")), 0, 40, -1).Draw(t, "line")
		painted := Style{Color: true}.paint(red, line) + rapid.SampledFrom([]string{"", "tail"}).Draw(t, "tail")
		n := rapid.IntRange(0, 50).Draw(t, "n")
		got := cut(painted, n)
		if width(got) > n {
			t.Fatalf("%q is %d wide, at most %d", got, width(got), n)
		}
		if open, shut := strings.Count(got, "\x1b[31m"), strings.Count(got, "\x1b[0m"); open > shut {
			t.Fatalf("%q leaves a color open", got)
		}
		if width(painted) <= n && n > 0 && got != painted {
			t.Fatalf("%q was cut for nothing", painted)
		}
	})
}

func TestCleanOutputKeepsTextAndColors(t *testing.T) {
	for in, want := range map[string][2]string{
		"plain":                   {"plain", "plain"},
		"\x1b[32mgreen\x1b[0m":    {"\x1b[32mgreen\x1b[0m\x1b[0m", "green"},
		"10%\r50%\rdone":          {"done", "done"},
		"windows\r":               {"windows", "windows"},
		"a\x1b[2K\x1b[1Gb":        {"ab", "ab"},
		"tab\tstop":               {"tab    stop", "tab    stop"},
		"bell\a\x00 \x1b]0;title": {"bell 0;title", "bell 0;title"},
	} {
		assert.Equal(t, want[0], string(clean([]byte(in), true)), "%q", in)
		assert.Equal(t, want[1], string(clean([]byte(in), false)), "%q", in)
	}
}
