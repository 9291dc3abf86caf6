package plan

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// prose makes comments of what stands around a plan: the fences of Markdown, and what somebody says before the plan
// and behind it.
func (r *repairer) prose(f fault) []proposal {
	around := r.around(r.lines)
	if len(around) == 0 {
		if line := r.lines[f.line]; fences.MatchString(line) {
			return []proposal{one("R010", "a fence of Markdown: make it a comment", f.line, "# "+line)}
		}
		return nil
	}
	p := proposal{reason: reason{"R010", "a line that is no part of the plan: make it a comment"}}
	for _, n := range around {
		p.changes = append(p.changes, change{n, "# " + r.lines[n]})
	}
	return []proposal{p}
}

// around lists the lines before and behind a plan that are none of it: sentences, tags and fences, from the first
// column on, up to the first and from the last line that is a key, an item or a text that belongs to one. Where
// there are fences, a plan between the first two is the plan. It is nil where that is not clear.
func (r *repairer) around(lines []string) []int {
	first, last := 0, len(lines) // the plan is between
	var fence []int
	for i, line := range lines {
		if fences.MatchString(line) && !inBlock(lines, i) {
			fence = append(fence, i)
		}
	}
	strange := func(line string) bool {
		p := dissect(line)
		_, tight := r.tight(line)
		return !p.empty() && tight < 0 && p.indent == 0 && p.dash < 0 && line[0] != '{' && line[0] != '[' && line[0] != '}' && line[0] != ']' &&
			!documentMark(line, 0) && line[0] != '%' && !(p.colon >= 0 && (r.isKey(p.key()) || name.MatchString(p.key())))
	}
	isHead := func(line string) bool {
		p := dissect(line)
		return p.indent == 0 && p.dash < 0 && r.plain[p.key()]
	}
	if len(fence) == 2 && slices.ContainsFunc(lines[fence[0]:fence[1]], isHead) &&
		!slices.ContainsFunc(lines[:fence[0]], isHead) && !slices.ContainsFunc(lines[fence[1]:], isHead) {
		first, last = fence[0]+1, fence[1]
	} else {
		head := slices.IndexFunc(lines, isHead)
		if head < 0 || slices.ContainsFunc(lines[:head], func(line string) bool { return !strange(line) && !dissect(line).empty() }) {
			return nil
		}
		first = head
		// Behind the plan, from an empty line on.
		for i := len(lines) - 1; i > first; i-- {
			if p := dissect(lines[i]); p.body == len(p.line) {
				continue
			}
			if !strange(lines[i]) || conflictMark.MatchString(lines[i]) {
				break
			}
			if lines[i][0] == '<' || fences.MatchString(lines[i]) || strings.TrimSpace(lines[i-1]) == "" || documentMark(lines[i-1], 0) || endsInWord(lines[i-1]) {
				last = i
			}
		}
	}
	var out []int
	for i, line := range lines {
		if (i < first || i >= last) && strings.TrimSpace(line) != "" && !strings.HasPrefix(line, "#") {
			out = append(out, i)
		}
	}
	if len(out) > maxAround {
		return nil
	}
	return out
}

// endsInWord reports whether a line has a value that is a word or a command and does not go on below.
func endsInWord(line string) bool {
	p := dissect(line)
	return p.value < len(line) && p.colon >= 0 && (words.MatchString(p.key()) || p.key() == "run") && !blockHeader.MatchString(line[p.value:])
}

var (
	fences = regexp.MustCompile("^\\s*```\\w*\\s*$")
	// conflictMark matches the lines that git leaves in a file.
	conflictMark = regexp.MustCompile(`^(<<<<<<<|=======|>>>>>>>)( |$)`)
)

// maxAround is the number of lines around a plan that are made comments.
const maxAround = 200

// tabs indents with blanks what is indented with tabs: the line of the fault, and those behind it that begin
// with one too. How wide a tab is meant to be shows when it is tried; two is as wide as the `- ` of a list.
func (r *repairer) tabs(f fault) []proposal {
	line := r.lines[f.line]
	if !strings.Contains(line[:skipBlanks(line, 0)], "\t") {
		return nil
	}
	var out []proposal
	for _, width := range []int{2, 4, 8} {
		p := proposal{reason: reason{"R001", "a tab cannot indent: indent with blanks"}}
		for n := f.line; n < len(r.lines); n++ {
			line := r.lines[n]
			end := skipBlanks(line, 0)
			if n > f.line && end == len(line) {
				continue // An empty line is not in anybody's way.
			}
			if n > f.line && line[0] != '\t' {
				break
			}
			p.changes = append(p.changes, change{n, strings.ReplaceAll(line[:end], "\t", strings.Repeat(" ", width)) + line[end:]})
		}
		if r.besideNeighbours(p) {
			// As wide as makes the line stand below its neighbours.
			out = slices.Insert(out, 0, p)
			continue
		}
		out = append(out, p)
	}
	return out
}

// besideNeighbours reports whether lines that were moved now stand below the line before them, or above the
// one behind, as keys of one mapping or items of one list do.
func (r *repairer) besideNeighbours(p proposal) bool {
	before, behind := p.changes[0].line-1, r.nextText(p.last())
	for before >= 0 && dissect(r.lines[before]).empty() {
		before--
	}
	if before >= 0 && beside(dissect(r.lines[before]), dissect(p.changes[0].text)) {
		return true
	}
	return behind < len(r.lines) && beside(dissect(p.changes[len(p.changes)-1].text), dissect(r.lines[behind]))
}

// beside reports whether two lines, the first above the second, begin in the same column: the first may be
// the one with the dash.
func beside(above, below parts) bool {
	if below.dash < 0 && above.dash >= 0 {
		return above.body == below.body
	}
	return above.indent == below.indent && above.dash >= 0 == (below.dash >= 0)
}

// goesOn returns the line with the value that a line goes on with for YAML, because it is deeper than the
// key or the dash of that value; -1 where it does not go on with one.
func (r *repairer) goesOn(i int) int { return goesOn(r.lines, i) }

func goesOn(lines []string, i int) int {
	depth := dissect(lines[i]).indent
	for n := i - 1; n >= 0; n-- {
		p := dissect(lines[n])
		if p.empty() || p.colon < 0 && p.dash < 0 {
			continue
		}
		if p.column() >= depth {
			if p.dash >= 0 && p.column() == depth {
				depth = p.indent // A key of the same item; what the item is in began above it.
			}
			continue
		}
		if p.value == len(p.line) || p.line[p.value] == '#' || blockHeader.MatchString(p.line[p.value:]) {
			return -1
		}
		return n
	}
	return -1
}

// below are the repairs for a line that goes on with the value of a line above, and cannot.
func (r *repairer) below(f fault) []proposal {
	n := r.goesOn(f.line)
	if n < 0 {
		return nil
	}
	above, here := dissect(r.lines[n]), dissect(r.lines[f.line])
	value, _ := splitComment(above.line[above.value:])
	var out []proposal
	if here.dash < 0 && r.isKey(here.key()) {
		out = append(out, r.indentation(f)...)
		out = append(out, r.moved(n, here.indent, false)...)
	}
	if above.dash >= 0 && here.dash < 0 && here.body == above.body && here.colon >= 0 {
		out = append(out, r.unquotedKey(n, above)...)
	}
	if here.dash >= 0 && (simple.MatchString(value) || words.MatchString(above.key())) {
		out = append(out, r.orphans(f.line, here.indent)...)
	}
	for _, s := range r.spots(n) {
		if s.column < here.indent && !s.word && plainStart(above.line, s.at, false) {
			if last := r.continued(n, s.column); last >= f.line {
				out = append(out, r.quotedOver(n, s.at, last, "R002", "a `: ` in text without quotes: put all of the text in quotes"))
			}
		}
	}
	return out
}

// unquotedKey takes the quotes off an item `- "Key: text"` that has keys below it.
func (r *repairer) unquotedKey(i int, p parts) []proposal {
	quote := p.line[p.body]
	if p.colon >= 0 || quote != '"' && quote != '\'' {
		return nil
	}
	text, comment := splitComment(p.line[p.body:])
	if closing(text, 0) != len(text) || strings.Contains(text, `\`) {
		return nil
	}
	inner := strings.ReplaceAll(text[1:len(text)-1], "''", "'")
	key, value, found := strings.Cut(inner, ": ")
	if !found || !name.MatchString(key) || value == "" {
		return nil
	}
	if !plainStart(value, 0, false) || strings.Contains(value, ": ") || strings.Contains(value, " #") {
		value = inSingle(value)
	}
	return []proposal{one("R008", "keys below a text in quotes: take the quotes off its own key", i, p.line[:p.body]+key+": "+value+comment)}
}

// orphans makes comments of the items of a list that belongs to no key. It is not for tasks.
func (r *repairer) orphans(i, indent int) []proposal {
	p := proposal{reason: reason{"R010", "a list that belongs to no key: make it a comment"}}
	for n := i; n < len(r.lines); n++ {
		here := dissect(r.lines[n])
		if here.body == len(here.line) {
			continue
		}
		if here.indent < indent || here.indent == indent && here.dash < 0 {
			break
		}
		if here.isTask() || len(p.changes) == maxBlock {
			return nil
		}
		p.changes = append(p.changes, change{n, here.line[:here.indent] + "# " + here.line[here.indent:]})
	}
	return []proposal{p}
}

// missingBlank puts the blank behind a colon or a dash that makes it one.
func (r *repairer) missingBlank(f fault) []proposal {
	out := append(r.allTight(f.line), r.allDashes(f.line)...)
	for n := f.line; n >= 0 && len(out) < 2; n-- {
		line := r.lines[n]
		if m := tight.FindStringSubmatchIndex(line); m != nil && r.isKey(line[m[2]:m[3]]) {
			out = append(out, one("R009", "no blank behind the `:` of a key: put one there", n, line[:m[3]+1]+" "+line[m[3]+1:]))
		}
		if m := tightDash.FindStringSubmatchIndex(line); m != nil && r.isKey(line[m[2]:m[3]]) {
			out = append(out, one("R009", "no blank behind the dash of an item: put one there", n, line[:m[2]]+" "+line[m[2]:]))
		}
		if n < f.line && !dissect(line).empty() {
			break
		}
	}
	return out
}

// tight says what blank a line is without that would make its beginning a key or an item, and where that is; at is
// -1 where it lacks none. Only keys that every plan may have are surely meant as keys.
func (r *repairer) tight(line string) (text string, at int) {
	if m := tight.FindStringSubmatchIndex(line); m != nil && r.plain[line[m[2]:m[3]]] {
		return "there is no blank behind the `:`", m[3]
	}
	if m := tightDash.FindStringSubmatchIndex(line); m != nil && r.plain[line[m[2]:m[3]]] {
		return "there is no blank behind the dash of an item", m[2] - 1
	}
	return "", -1
}

// allTight puts the blanks into all lines that are without one, from the line of the fault on: who leaves out one
// leaves out others, and the rest could be read as text of several lines. Where the keys of an item stand right
// below its first, the dash moves instead.
func (r *repairer) allTight(from int) []proposal {
	if _, at := r.tight(r.lines[from]); at < 0 {
		return nil
	}
	p := proposal{reason: reason{"R009", "no blank behind the `:` of a key or the dash of an item: put one there"}}
	lines := slices.Clone(r.lines)
	for i := from; i < len(lines) && len(p.changes) < maxRepairs; i++ {
		if _, at := r.tight(lines[i]); at < 0 || goesOn(lines, i) >= 0 || inBlock(lines, i) {
			continue
		}
		if m := tightDash.FindStringSubmatchIndex(lines[i]); m != nil && r.plain[lines[i][m[2]:m[3]]] {
			dash, next := m[2]-1, r.nextText(i)
			if dash > 0 && next < len(lines) && dissect(lines[next]).indent == m[2] {
				lines[i] = lines[i][:dash-1] + "- " + lines[i][m[2]:]
			} else {
				lines[i] = lines[i][:m[2]] + " " + lines[i][m[2]:]
			}
		}
		if m := tight.FindStringSubmatchIndex(lines[i]); m != nil && r.plain[lines[i][m[2]:m[3]]] {
			lines[i] = lines[i][:m[3]+1] + " " + lines[i][m[3]+1:]
		}
		p.changes = append(p.changes, change{i, lines[i]})
	}
	return []proposal{p}
}

// allDashes puts the blank behind the dashes of a list of texts that has none, from the first of its lines on.
func (r *repairer) allDashes(i int) []proposal {
	indent := dissect(r.lines[i]).indent
	first := i
	for first > 0 && bareDash.MatchString(r.lines[first-1]) && dissect(r.lines[first-1]).indent == indent {
		first--
	}
	if !bareDash.MatchString(r.lines[first]) || !r.startsValue(first) {
		return nil
	}
	p := proposal{reason: reason{"R009", "no blank behind the dash of an item: put one there"}}
	for n := first; n < len(r.lines) && len(p.changes) < maxRepairs && bareDash.MatchString(r.lines[n]) && dissect(r.lines[n]).indent == indent; n++ {
		text, comment := splitComment(r.lines[n][indent+1:])
		if strings.Contains(text+" ", ": ") || strings.IndexByte(signs, text[0]) >= 0 {
			text = inSingle(text)
		}
		p.changes = append(p.changes, change{n, r.lines[n][:indent] + "- " + text + comment})
	}
	return []proposal{p}
}

// bareDash matches an item without a blank behind its dash, and no mark of a document or a number.
var bareDash = regexp.MustCompile(`^\s+-[^-\s\d]`)

// inBlock reports whether a line lies within a block of text: deeper than the key that begins it.
func inBlock(lines []string, i int) bool {
	depth := dissect(lines[i]).indent
	for n := i - 1; n >= 0 && depth > 0; n-- {
		p := dissect(lines[n])
		if p.empty() || p.indent >= depth {
			continue
		}
		if (p.colon >= 0 || p.dash >= 0) && p.value < len(p.line) && blockHeader.MatchString(p.line[p.value:]) && p.column() < depth {
			return true
		}
		depth = p.indent
	}
	return false
}

// tight matches a key without a blank behind its colon, tightDash one without a blank before it.
var (
	tight     = regexp.MustCompile(`^\s*(?:- +)*(\w+):[^\s:/\\]`)
	tightDash = regexp.MustCompile(`^\s*-(\w+):(?:\s|$)`)
)

// indentation are the repairs for a line that is indented like nothing above it.
func (r *repairer) indentation(f fault) []proposal {
	p := dissect(r.lines[f.line])
	if p.empty() {
		return nil
	}
	var out []proposal
	if (p.dash >= 0 || r.isKey(p.key())) && r.shifts < maxShifts {
		out = r.realigned(f.line, p)
		for n := f.line - 1; n >= 0; n-- {
			above := dissect(r.lines[n])
			if !above.empty() && (above.colon >= 0 || above.dash >= 0) && above.column() != p.indent {
				out = append(out, r.moved(n, p.indent, p.dash >= 0)...)
				break
			}
			if !above.empty() && above.indent < p.indent {
				break
			}
		}
	}
	if column := r.textColumn(f.line); column > p.indent {
		out = append(out, one("R008", "a line that is indented less than the text it goes on with: indent it like that", f.line,
			strings.Repeat(" ", column)+p.line[p.indent:]))
	}
	return out
}

// moved moves a line so that its key, or its dash where dash is true, begins in a column: with its whole
// indentation, or with the blanks behind its dash.
func (r *repairer) moved(i, column int, dash bool) []proposal {
	p := dissect(r.lines[i])
	begins := p.body
	if dash {
		begins = p.dash
	}
	indent := p.indent + column - begins
	if begins < 0 || !dash && p.colon < 0 || indent < 0 || abs(indent-p.indent) > maxShift {
		return nil
	}
	out := []proposal{one("R008", outOfLine, i, strings.Repeat(" ", indent)+p.line[p.indent:])}
	if !dash && p.dash >= 0 && column > p.dash+1 {
		out = append(out, one("R008", outOfLine, i, p.line[:p.dash+1]+strings.Repeat(" ", column-p.dash-1)+p.line[p.body:]))
	}
	return out
}

// maxShift is how far a line is moved, and maxShifts how many are in one file: a line that stands elsewhere
// may be a slip, many of them are a structure that only the author knows.
const (
	maxShift  = 2
	maxShifts = 12
	// maxBlock is the number of lines that are moved or made comments together.
	maxBlock = 20
)

const outOfLine = "a line that is indented like nothing above it: indent it like its neighbours"

// realigned moves a line with a key or a dash to where a neighbour of its kind begins: first alone, then
// with what is below it.
func (r *repairer) realigned(i int, p parts) []proposal {
	var columns []int
	add := func(c int) {
		if c != p.indent && abs(c-p.indent) <= maxShift && !slices.Contains(columns, c) {
			columns = append(columns, c)
		}
	}
	least := 1 << 30
	for n := i - 1; n >= 0 && least > 0; n-- {
		above := dissect(r.lines[n])
		if above.empty() || above.indent >= least || above.colon < 0 && above.dash < 0 {
			continue
		}
		if p.dash >= 0 == (above.dash >= 0) && p.isTask() == above.isTask() {
			add(above.indent)
		}
		if p.dash < 0 && above.dash >= 0 && above.colon >= 0 {
			add(above.body)
		}
		if above.value == len(above.line) {
			add(above.body + 2)
		}
		least = above.indent
	}
	slices.SortStableFunc(columns, func(a, b int) int { return cmp.Compare(abs(a-p.indent), abs(b-p.indent)) })
	var out []proposal
	for _, column := range columns {
		alone := one("R008", outOfLine, i, strings.Repeat(" ", column)+p.line[p.indent:])
		with := proposal{reason: alone.reason, changes: slices.Clone(alone.changes)}
		for n := i + 1; n < len(r.lines); n++ {
			below := dissect(r.lines[n])
			if below.body == len(below.line) {
				continue
			}
			if below.indent <= p.indent {
				break
			}
			if with.changes = append(with.changes, change{n, strings.Repeat(" ", below.indent-p.indent+column) + below.line[below.indent:]}); len(with.changes) > maxBlock {
				break
			}
		}
		out = append(out, alone)
		if n := len(with.changes); n > 1 && n <= maxBlock {
			out = append(out, with)
		}
	}
	return out
}

// textColumn is the column of the text that stands above a line and that it probably goes on with: that of
// a block, or of a value over several lines. It is -1 where there is none.
func (r *repairer) textColumn(i int) int {
	column := -1
	for n := i - 1; n >= 0; n-- {
		p := dissect(r.lines[n])
		if p.body == len(p.line) {
			continue
		}
		value := ""
		if p.colon >= 0 || p.dash >= 0 {
			value = p.line[p.value:]
		}
		switch {
		case value != "" && blockHeader.MatchString(value):
			if column > p.column() {
				return column
			}
			return p.column() + 2
		case words.MatchString(p.key()):
			return -1
		case column < 0 && value != "" && plainStart(value, 0, false):
			here := dissect(r.lines[i])
			if here.colon >= 0 || here.dash >= 0 || !plainStart(here.line, here.body, false) {
				column = p.indent
				continue
			}
			return p.column() + 2
		}
		column = p.indent
	}
	return -1
}

func abs(n int) int { return max(n, -n) }
