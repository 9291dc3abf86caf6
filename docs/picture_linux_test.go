package docs

import (
	"bytes"
	"encoding/xml"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

var update = flag.Bool("update", false, "take the picture of the README anew")

const (
	pictureFile = "terminal.svg"
	pictureOf   = "gem-team"
	columns     = 100
	rows        = 24
)

// TestThePictureIsOfThisProgram runs the example of the picture on a terminal: every word that the picture shows is
// still printed. With -update it takes the picture anew, in the middle of the run.
func TestThePictureIsOfThisProgram(t *testing.T) {
	dir := filepath.Join(t.TempDir(), pictureOf)
	require.NoError(t, os.CopyFS(dir, os.DirFS(filepath.Join("..", "examples", pictureOf))))
	bin, err := binary()
	require.NoError(t, err)

	seen := &screen{}
	best := ""
	onTerminal(t, dir, bin, func(b []byte) {
		seen.write(b)
		now := seen.plain()
		if best == "" && strings.Contains(now, "wave 4") && strings.Contains(now, "retry") && !strings.Contains(now, "attempt") &&
			strings.Count(now, "gem-") == 2 {
			best = seen.svg()
		}
	})
	if *update {
		require.NotEmpty(t, best, "the moment for the picture did not come")
		require.NoError(t, os.WriteFile(pictureFile, []byte(best), 0o644))
	}
	picture, err := os.ReadFile(pictureFile)
	require.NoError(t, err)
	printed := words(seen.all.String())
	var missing []string
	for _, word := range words(string(picture)) {
		// How long it will take is said where there is a guess, "$ billow run" is not billow's.
		if !slices.Contains(printed, word) && !slices.Contains([]string{"about", "left", "billow", "run"}, word) {
			missing = append(missing, word)
		}
	}
	assert.Empty(t, missing, "%s shows words that are no longer printed; run this test with -update", pictureFile)
}

// words are the words of a text, without markup, terminal sequences and names of runs.
func words(text string) []string {
	text = regexp.MustCompile(`<[^>]*>|\x1b\[[0-9;]*[A-Za-z]|\d{8}-\d{6}-[0-9a-f]{4}`).ReplaceAllString(text, " ")
	return regexp.MustCompile(`[a-zA-Z][a-z-]{2,}`).FindAllString(text, -1)
}

// onTerminal runs the program on a pseudo-terminal and passes on what it writes.
func onTerminal(t *testing.T, dir, bin string, write func([]byte)) {
	t.Helper()
	ptmx, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("skipped: the picture of the README (%v)", err)
	}
	defer func() { _ = ptmx.Close() }()
	fd := int(ptmx.Fd())
	require.NoError(t, unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0))
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	require.NoError(t, err)
	require.NoError(t, unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Col: columns, Row: rows}))
	tty, err := os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)

	cmd := exec.Command(bin, "run")
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = dir, tty, tty, tty
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, "BILLOW_") && !slices.Contains([]string{"CI", "NO_COLOR", "TERM", "GITHUB_ACTIONS"}, name) {
			cmd.Env = append(cmd.Env, entry)
		}
	}
	cmd.Env = append(cmd.Env, "TERM=xterm-256color", "LANG=C.UTF-8", "XDG_CONFIG_HOME="+t.TempDir())
	require.NoError(t, cmd.Start())
	require.NoError(t, tty.Close())
	b := make([]byte, 64<<10)
	for {
		n, err := ptmx.Read(b)
		write(b[:n])
		if err != nil {
			break // EIO: nobody has the terminal any more
		}
	}
	require.NoError(t, cmd.Wait())
}

// cell is a character with the colour it has.
type cell struct {
	char   rune
	colour string
}

// screen understands as much of a terminal's language as billow speaks: colours, up, erase to the end.
type screen struct {
	all    strings.Builder
	rest   []byte
	lines  [][]cell
	x, y   int
	colour string
}

var escape = regexp.MustCompile(`^\x1b\[([0-9;]*)([A-Za-z])`)

func (s *screen) write(b []byte) {
	s.all.Write(b)
	b = append(s.rest, b...)
	for len(b) > 0 {
		if b[0] == 0x1b {
			m := escape.FindSubmatch(b)
			if m == nil {
				break // the rest of it comes with the next bytes
			}
			s.obey(string(m[1]), m[2][0])
			b = b[len(m[0]):]
			continue
		}
		char := []rune(string(b[:min(len(b), 4)]))[0]
		if char == '\ufffd' {
			break
		}
		b = b[len(string(char)):]
		s.put(char)
	}
	s.rest = bytes.Clone(b)
}

func (s *screen) obey(arguments string, do byte) {
	switch do {
	case 'A':
		n, _ := strconv.Atoi(arguments)
		s.y = max(0, s.y-max(n, 1))
	case 'J':
		s.lines = s.lines[:min(len(s.lines), s.y+1)]
		if s.y < len(s.lines) {
			s.lines[s.y] = s.lines[s.y][:min(len(s.lines[s.y]), s.x)]
		}
	case 'm':
		s.colour = map[string]string{"31": "#f85149", "32": "#3fb950", "33": "#d29922", "34": "#58a6ff", "36": "#39c5cf",
			"90": "#8b949e", "1": "#ffffff"}[arguments]
	}
}

func (s *screen) put(char rune) {
	switch char {
	case '\r':
		s.x = 0
		return
	case '\n':
		s.y++
		return
	}
	for len(s.lines) <= s.y {
		s.lines = append(s.lines, nil)
	}
	for len(s.lines[s.y]) <= s.x {
		s.lines[s.y] = append(s.lines[s.y], cell{char: ' '})
	}
	s.lines[s.y][s.x] = cell{char, s.colour}
	s.x++
}

func (s *screen) plain() string {
	var b strings.Builder
	for _, line := range s.lines {
		for _, c := range line {
			b.WriteRune(c.char)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// svg draws the screen, under the command that was typed. Lines too long for the picture are cut as a terminal would
// break them.
func (s *screen) svg() string {
	const width, height, margin = 8.5, 19, 14
	lines := [][]cell{{{'$', "#8b949e"}, {' ', ""}}}
	for _, c := range "billow run" {
		lines[0] = append(lines[0], cell{c, "#ffffff"})
	}
	for _, line := range s.lines {
		for len(line) > columns {
			lines = append(lines, line[:columns])
			line = line[columns:]
		}
		lines = append(lines, line)
	}
	var b strings.Builder
	w, h := columns*17/2+2*margin, len(lines)*height+2*margin
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d">`+"\n", w, h, w, h)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" rx="8" fill="#0d1117"/>`+"\n", w, h)
	fmt.Fprintln(&b, `<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,monospace" font-size="14" fill="#c9d1d9" xml:space="preserve">`)
	for y, line := range lines {
		for x := 0; x < len(line); {
			end := x
			text := ""
			for end < len(line) && line[end].colour == line[x].colour {
				text += string(line[end].char)
				end++
			}
			if strings.TrimSpace(text) != "" {
				fill := ""
				if line[x].colour != "" {
					fill = fmt.Sprintf(` fill="%s"`, line[x].colour)
				}
				fmt.Fprintf(&b, `<text x="%.1f" y="%d" textLength="%.1f"%s>`, margin+float64(x)*width, margin+(y+1)*height-5, float64(end-x)*width, fill)
				_ = xml.EscapeText(&b, []byte(text))
				fmt.Fprintln(&b, "</text>")
			}
			x = end
		}
	}
	fmt.Fprintln(&b, "</g>\n</svg>")
	return b.String()
}
