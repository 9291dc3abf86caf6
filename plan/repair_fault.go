package plan

import (
	"errors"
	"strings"
)

// fault is where reading stops, and why. line and column count from 0, column in bytes.
type fault struct {
	line, column int
	code         string
	text, hint   string
}

// behind reports whether reading got further than to another fault: to a later line, or on the same line
// nearer to its end. lines are those of the fault, wereLines those of the other.
func (f *fault) behind(other fault, wereLines, lines []string) bool {
	if f.line != other.line || f.line >= len(lines) {
		return f.line > other.line
	}
	return len(lines[f.line])-f.column < len(wereLines[f.line])-other.column
}

// noPart is what a line is that stands around a plan.
const noPart = "not valid YAML: this line is no part of the plan"

// before reports whether a fault stands above another, or before it on its line.
func (f *fault) before(other fault) bool {
	return f.line < other.line || f.line == other.line && (f.column < other.column || f.text == noPart)
}

// fault reads lines and returns where that stops, nil where the text can be read; twice is then the number of
// keys that stand in it a second time.
func (r *repairer) fault(lines []string) (f *fault, twice int) {
	s := newSource(r.src.Name, []byte(strings.Join(lines, "\n")))
	tree, err := parseFast(s, r.lim)
	// What the fast reader calls a mistake is one (a test holds it to that), and it says where.
	if errors.Is(err, errUnusual) {
		tree, err = parseTree(s, r.lim)
	}
	if err == nil {
		r.work += len(s.text)
		return nil, len(tree.problems)
	}
	p := explain(s, err)
	f = &fault{code: p.Code, text: p.Text, hint: p.Hint}
	if p.Line > 0 {
		f.line = p.Line - 1
		f.column = s.Offset(p.Line, p.Column) - s.lines[f.line]
	}
	if f.code != "P003" {
		if suspect := r.suspect(lines, f.line); suspect != nil && suspect.before(*f) {
			f = suspect
		}
	}
	r.work += s.lines[min(f.line, len(s.lines)-1)] + len(s.text)/8
	return f, 0
}

// suspect is the first line of a text with faults that is one without doubt, though reading may stop only
// later, or complain first about something else: a quote or a bracket that is not closed before the next key,
// an alias of what nobody has named, a sentence around the plan, a key without its blank, an odd blank or comment. Lines behind the last are
// looked at only to tell what one before it is.
func (r *repairer) suspect(lines []string, last int) *fault {
	if around := r.around(lines); len(around) > 0 && around[0] <= last {
		return &fault{line: around[0], code: "P001", text: noPart,
			hint: "delete it, or begin it with `# `"}
	}
	block := -1 // the column of the key of a block of text
	var open *fault
	column := 0 // of the key whose value is open
	for i, line := range lines[:min(last+1, len(lines))] {
		p := dissect(line)
		if p.empty() || block >= 0 && p.indent > block {
			continue
		}
		block = -1
		if odd := oddBlank(line); odd >= 0 && !inBlock(lines, i) {
			return &fault{line: i, column: odd, code: "P001",
				text: "not valid YAML: a blank that is none to YAML, such as a no-break space, cannot indent", hint: "indent with ordinary blanks"}
		}
		if slashes.MatchString(line) && open == nil && goesOn(lines, i) < 0 && !inBlock(lines, i) {
			return &fault{line: i, column: p.indent, code: "P001", text: "not valid YAML: `//` begins no comment", hint: "begin it with `#`"}
		}
		if open != nil && p.indent <= column && (p.dash >= 0 || r.isKey(p.key())) {
			return open
		}
		open = nil
		if text, at := r.tight(line); at >= 0 && goesOn(lines, i) < 0 && !inBlock(lines, i) {
			return &fault{line: i, column: at, code: "P001", text: "not valid YAML: " + text, hint: "put one there"}
		}
		for _, at := range []int{p.body, p.value} {
			if at == len(line) || open != nil || p.colon < 0 && p.dash < 0 {
				continue // Text that goes on may begin with anything.
			}
			word, _, _ := strings.Cut(line[at:], " ")
			what, closed := "", true
			switch c := line[at]; {
			case (c == '|' || c == '>') && blockHeader.MatchString(line[at:]):
				block = p.column()
			case c == '*' && !anchorIn(word[1:], lines):
				return &fault{line: i, column: at, code: "P001",
					text: "not valid YAML: text cannot begin with `*`", hint: "put the text in quotes"}
			case c == '[' || c == '{':
				end, _ := closingBracket(line, at)
				what, closed = "bracket", end > 0
			case c == '\'' || c == '"':
				what, closed = "quote", closing(line, at) > 0
			}
			if !closed {
				open = &fault{line: i, column: at, code: "P001",
					text: "not valid YAML: the " + what + " that opens here is never closed", hint: "close it"}
				column = p.column()
			}
		}
	}
	return nil
}

// anchorIn reports whether a text has an anchor of this name.
func anchorIn(anchor string, lines []string) bool {
	if anchor == "" || strings.ContainsAny(anchor, "*`'\"(){}[],:") {
		return false
	}
	for _, line := range lines {
		if strings.Contains(line, "&"+anchor) {
			return true
		}
	}
	return false
}

// proposal is a repair that may help.
type proposal struct {
	reason
	changes []change
	// hint is what to say to the author of the fault instead of what reading says; "" where that will do.
	hint string
}

// change gives a line another text.
type change struct {
	line int
	text string
}

// last is the last line that it changes.
func (p *proposal) last() int {
	last := 0
	for _, c := range p.changes {
		last = max(last, c.line)
	}
	return last
}

// apply returns the lines with the changes.
func (p *proposal) apply(lines []string) []string {
	out := append([]string(nil), lines...)
	for _, c := range p.changes {
		out[c.line] = c.text
	}
	return out
}

// proposals are the repairs that the line of a fault may need, or the one above it that its text began on;
// what is most likely meant comes first.
func (r *repairer) proposals(f fault) []proposal {
	if f.line >= len(r.lines) || conflictMark.MatchString(r.lines[f.line]) {
		return nil
	}
	switch f.code {
	case "P001":
	case "P007":
		// Text that begins with an asterisk reads as an alias of nothing.
		if at(r.lines[f.line], f.column) != '*' {
			return nil
		}
	default:
		return nil
	}
	var all []proposal
	for _, propose := range []func(fault) []proposal{
		r.prose, r.tabs, r.oddBlanks, r.slashes, r.lostDash, r.cutOff, r.lastWord, r.comma, r.backslashes, r.openAbove, r.onLine, r.missingBlank, r.below, r.indentation,
	} {
		all = append(all, propose(f)...)
	}
	out := all[:0]
	for _, p := range all {
		if r.differs(p) {
			out = append(out, p)
		}
	}
	return out
}

// differs reports whether a proposal changes something, and leaves the lines lines.
func (r *repairer) differs(p proposal) bool {
	some := false
	for _, c := range p.changes {
		if strings.ContainsAny(c.text, "\n\r") {
			return false
		}
		some = some || c.text != r.lines[c.line]
	}
	return some
}

// one is a proposal for one line.
func one(code, text string, line int, now string) proposal {
	return proposal{reason: reason{code, text}, changes: []change{{line, now}}}
}
