package plan

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// oddBlank is where the indentation of a line has something that looks like a blank and is none to YAML, as text has
// that was copied from a page; -1 where it has none.
func oddBlank(line string) int {
	for i, c := range line {
		switch {
		case c == ' ' || c == '\t':
		case c >= utf8.RuneSelf && (unicode.Is(unicode.Zs, c) || c == '\u200b'):
			return i
		default:
			return -1
		}
	}
	return -1
}

// oddBlanks puts ordinary blanks for the others that indent, on the line of the fault and on all behind it.
func (r *repairer) oddBlanks(f fault) []proposal {
	if oddBlank(r.lines[f.line]) < 0 {
		return nil
	}
	p := proposal{reason: reason{"R001", "a blank that is none to YAML cannot indent: indent with ordinary ones"}}
	for n := f.line; n < len(r.lines) && len(p.changes) < maxRepairs; n++ {
		line := r.lines[n]
		if oddBlank(line) < 0 {
			continue
		}
		end := strings.IndexFunc(line, func(c rune) bool { return !unicode.IsSpace(c) && c != '\u200b' })
		if end < 0 {
			continue
		}
		indent := strings.Map(func(c rune) rune {
			switch {
			case c == '\u200b':
				return -1
			case c >= utf8.RuneSelf:
				return ' '
			}
			return c
		}, line[:end])
		p.changes = append(p.changes, change{n, indent + line[end:]})
	}
	return []proposal{p}
}

// slashes matches a comment as most programming languages have it.
var slashes = regexp.MustCompile(`^\s*//+(\s|$)`)

// slashes makes a comment of YAML of one.
func (r *repairer) slashes(f fault) []proposal {
	line := r.lines[f.line]
	if !slashes.MatchString(line) {
		return nil
	}
	at := strings.IndexByte(line, '/')
	return []proposal{one("R010", "`//` begins no comment: begin it with `#`", f.line, line[:at]+"#"+strings.TrimLeft(line[at:], "/"))}
}

// lostDash puts the dash before the id of a task that has none and stands right behind another.
func (r *repairer) lostDash(f fault) []proposal {
	p := dissect(r.lines[f.line])
	next := r.nextText(f.line)
	if p.dash >= 0 || p.key() != "id" && p.key() != "task_id" || next == len(r.lines) || dissect(r.lines[next]).indent != p.indent+2 {
		return nil
	}
	for n := f.line - 1; n >= 0; n-- {
		above := dissect(r.lines[n])
		if above.empty() || above.indent > p.indent {
			continue
		}
		if above.indent == p.indent && above.isTask() {
			dash := one("R008", lostDash, f.line, r.lines[f.line][:p.indent]+"- "+r.lines[f.line][p.indent:])
			dash.hint = "where another task begins, write `- ` before its " + p.key()
			return []proposal{dash}
		}
		break
	}
	return nil
}

const lostDash = "a task without its dash: put one before its id"

// cutOff closes what is open at the end of a file that is one mapping or list in brackets, such as JSON: most likely it
// was cut off there.
func (r *repairer) cutOff(fault) []proposal {
	first, last := r.nextText(-1), len(r.lines)-1
	for last > 0 && strings.TrimSpace(r.lines[last]) == "" {
		last--
	}
	if first >= last || !strings.HasPrefix(strings.TrimSpace(r.lines[first]), "{") {
		return nil
	}
	var open []byte
	quoted := false
	for _, line := range r.lines[first : last+1] {
		for i := 0; i < len(line); i++ {
			switch c := line[i]; {
			case quoted && c == '\\':
				i++
			case c == '"':
				quoted = !quoted
			case quoted:
			case c == '[':
				open = append(open, ']')
			case c == '{':
				open = append(open, '}')
			case c == ']' || c == '}':
				if len(open) == 0 || open[len(open)-1] != c {
					return nil
				}
				open = open[:len(open)-1]
			}
		}
	}
	if len(open) == 0 {
		return nil
	}
	text := strings.TrimRight(r.lines[last], " \t")
	if quoted {
		text += `"`
	}
	text = strings.TrimSuffix(text, ",")
	for i := len(open) - 1; i >= 0; i-- {
		text += string(open[i])
	}
	closed := one("R007", "the file ends within brackets: close them", last, text)
	closed.hint = "close it, or have the file written again: it seems to be cut off in its last line"
	return []proposal{closed}
}

// lastWord makes a comment of the last line of a file, where the file was cut off in the middle of a key.
func (r *repairer) lastWord(f fault) []proposal {
	line := r.lines[f.line]
	p := dissect(line)
	if f.line != len(r.lines)-1 || p.colon >= 0 || !snakeWord.MatchString(strings.TrimSpace(line)) {
		return nil
	}
	out := one("R010", "the file was cut off in its last line: make that a comment", f.line, line[:p.indent]+"# "+line[p.indent:])
	out.hint = "write on, or leave it out; the file seems to be cut off here"
	return []proposal{out}
}

// snakeWord matches what may be the beginning of a key.
var snakeWord = regexp.MustCompile(`^[a-z_]+$`)

// comma puts a comma at the end of the line before, where an item in brackets begins on the line of the fault.
func (r *repairer) comma(f fault) []proposal {
	line := r.lines[f.line]
	if f.column != skipBlanks(line, 0) || strings.IndexByte("\"'[{", at(line, f.column)) < 0 {
		return nil
	}
	n := f.line - 1
	for n >= 0 && strings.TrimSpace(r.lines[n]) == "" {
		n--
	}
	if n < 0 {
		return nil
	}
	text := strings.TrimRight(r.lines[n], " \t")
	if text == "" || strings.IndexByte("\"']}", text[len(text)-1]) < 0 {
		return nil
	}
	return []proposal{one("R007", "no comma between two items in brackets: put one there", n, text+",")}
}
