package plan

import (
	"maps"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Repaired is what Repair made of a file.
type Repaired struct {
	// Bytes is the file with its repairs, and the file as it was where it needs none or where not
	// everything in it could be repaired: half a repair helps nobody.
	Bytes []byte
	// Repairs are the lines of Bytes that differ from the file, in order.
	Repairs []LineRepair
	// Faults is what keeps the file from being read, one fault for each repair. Their Fixes together make the
	// repair; of two faults on one line the first has the Fix of both. Where there is a fault left that cannot
	// be repaired, it is the last one and has no Fix; what stands below it was not looked at.
	Faults []Problem
	// Document is what Read makes of Bytes.
	Document *Document
}

// LineRepair is what was done to one line.
type LineRepair struct {
	// Code is R001 ...; see RepairCodes.
	Code string `json:"code"`
	// File is the file of a folder of task files that the line is in, "" where the plan is one file.
	File string `json:"file,omitempty"`
	// Line and Column, counted from 1, are where the change begins.
	Line   int `json:"line"`
	Column int `json:"column"`
	// Text says what was wrong and what is done about it; lower case, no full stop.
	Text string `json:"text"`
	// Edit is the change to the file as it was; in a folder of task files, to the bundle.
	Edit TextEdit `json:"edit"`
}

// The bounds of Repair.
const (
	// maxRepairs is the number of faults that are repaired in one file.
	maxRepairs = 1000
	// maxRepairWork is the number of bytes that may be read again to see what a repair does: some seconds.
	maxRepairWork = 64 << 20
)

// Repair makes a file readable that is not YAML, as far as that can be done line by line: it goes to the
// first fault, tries the repairs that such a line may need, and keeps the one with which the file can be
// read furthest. No line is added or taken away, and none is touched that reading did not stop at. Where no
// repair helps, it gives up; see Repaired. A file that can be read is returned as it is, but for a status that
// was written into a task a second time.
//
// It is a function of its arguments; repairing what was repaired changes nothing.
func Repair(name string, src []byte, opts Options) Repaired {
	if files, ok := Unbundle(src); ok {
		return repairBundle(name, src, files, opts)
	}
	doc := Read(name, src, opts)
	out := Repaired{Bytes: src, Document: doc}
	if !MayRepair(doc.Problems) {
		return out
	}
	r := newRepairer(doc.Source, opts.Limits)
	whole := r.mendSyntax()
	if whole {
		r.mendKeys()
	}
	r.giveFixes()
	out.Faults = r.faults
	if !whole || len(r.mended) == 0 {
		return out
	}
	edits := r.repairs()
	text := carryOut(src, edits)
	repaired := Read(name, text, opts)
	if repaired.Source.Root == nil {
		// The two readers of YAML disagree on the result; then nobody should rely on it.
		for _, p := range repaired.Problems {
			p.Fix = nil
			out.Faults = append(out.Faults, p)
		}
		return out
	}
	return Repaired{Bytes: text, Repairs: edits, Faults: r.faults, Document: repaired}
}

// MayRepair reports whether there is a problem among these that some repair is for; without one, Repair finds
// nothing to do.
func MayRepair(problems []Problem) bool {
	for _, p := range problems {
		if p.Code == "P001" || p.Code == "P006" || p.Code == "P007" {
			return true
		}
	}
	return false
}

// carryOut carries out edits, which are in order and do not overlap.
func carryOut(src []byte, repairs []LineRepair) []byte {
	out := make([]byte, 0, len(src)+16*len(repairs))
	at := 0
	for _, r := range repairs {
		out = append(out, src[at:r.Edit.Start]...)
		out = append(out, r.Edit.New...)
		at = r.Edit.End
	}
	return append(out, src[at:]...)
}

// repairer repairs one file. Lines are counted from 0 in it, and are without their ends.
type repairer struct {
	src   *Source
	lim   Limits
	lines []string
	// known are the keys of plans and tasks, and those that stand in the file more than once.
	known map[string]bool
	// plain are those of them that every plan may have.
	plain map[string]bool
	// mended is why each changed line was changed.
	mended map[int]reason
	faults []Problem
	// mends are, for each fault, the lines that were first changed because of it.
	mends [][]int
	// work is the number of bytes read so far, shifts the number of lines that were moved.
	work, shifts int
}

// reason is the code of a repair and its text.
type reason struct{ code, text string }

func newRepairer(src *Source, lim Limits) *repairer {
	r := &repairer{src: src, lim: lim.withDefaults(), known: map[string]bool{}, mended: map[int]reason{}}
	r.lines = strings.Split(src.text, "\n")
	for key := range planFields() {
		r.known[key] = true
	}
	for key := range taskFields() {
		r.known[key] = true
	}
	for key := range strings.FieldsSeq(usual) {
		r.known[key] = true
	}
	r.plain = maps.Clone(r.known)
	seen := map[string]bool{}
	for _, line := range r.lines {
		p := dissect(line)
		if key := p.key(); name.MatchString(key) {
			r.known[key] = r.known[key] || seen[key]
			seen[key] = true
		}
	}
	return r
}

// usual are keys that real plans have and that reading does not look at.
const usual = `id task_id tasks waves phases steps assumptions baseline component components context contracts covers decisions
	effort findings format gaps handoff impact interface interfaces likelihood location metadata mitigation notes path
	reason reflection relationship responsibility result scenario summary`

// isKey reports whether a word is surely a key: one that plans have, one that this file has elsewhere, or one in
// the way they are written.
func (r *repairer) isKey(word string) bool { return r.known[word] || snake.MatchString(word) }

// snake matches the keys of plans: words with underscores, which text seldom has.
var snake = regexp.MustCompile(`^[a-z]\w*_\w+$`)

// mendSyntax repairs one fault after the other until the text can be read; it returns false where it cannot.
func (r *repairer) mendSyntax() bool {
	f, _ := r.fault(r.lines)
	for range maxRepairs {
		if f == nil {
			return true
		}
		p, next, ok := r.best(*f)
		if !ok {
			r.note(*f, nil)
			return false
		}
		r.keep(*f, p)
		f = next
	}
	if f != nil {
		r.note(*f, nil)
	}
	return f == nil
}

// best is the repair with which the text can be read to the furthest line, and the fault that reading then stops
// at. Of equals the first wins: proposals come in the order of how likely they are what was meant.
func (r *repairer) best(f fault) (best proposal, next *fault, ok bool) {
	least := -1 // of the keys that stand twice in what can be read as a whole
	for _, p := range r.proposals(f) {
		if r.work > maxRepairWork || ok && best.code == "R001" && p.code != "R001" {
			// What is wrong behind the tab is a fault of its own, and no reason to move the lines below.
			break
		}
		lines := p.apply(r.lines)
		after, twice := r.fault(lines)
		switch {
		case after == nil && (least < 0 || twice < least):
			best, next, ok, least = p, nil, true, twice
		case after == nil, least >= 0, !after.behind(f, r.lines, lines), ok && after.line <= next.line:
			continue
		default:
			best, next, ok = p, after, true
		}
		if least == 0 || least < 0 && p.text != outOfLine && after.line > r.nextText(p.last()) {
			break // It can be taken as read. Only where a line belongs shows later.
		}
	}
	return best, next, ok
}

// nextText is the next line behind i with something on it.
func (r *repairer) nextText(i int) int {
	for i++; i < len(r.lines) && strings.TrimSpace(r.lines[i]) == ""; i++ {
	}
	return i
}

// keep carries out a repair.
func (r *repairer) keep(f fault, p proposal) {
	r.note(f, &p)
	if p.text == outOfLine {
		r.shifts++
	}
	r.lines = p.apply(r.lines)
	for _, c := range p.changes {
		if _, twice := r.mended[c.line]; !twice {
			r.mended[c.line] = reason{p.code, p.text}
		}
	}
}

// note records a fault, with its repair where there is one.
func (r *repairer) note(f fault, p *proposal) {
	line := r.lines[min(f.line, len(r.lines)-1)]
	problem := Problem{
		Code: f.code, Severity: Error, File: r.src.Name,
		Line: f.line + 1, Column: utf8.RuneCountInString(line[:min(f.column, len(line))]) + 1,
		Text: f.text, Hint: f.hint, Source: r.src.Line(f.line + 1),
	}
	var mends []int
	if p != nil {
		if _, advice, ok := strings.Cut(p.text, ": "); ok && problem.Hint == "" {
			problem.Hint = advice
		}
		if p.hint != "" {
			problem.Hint = p.hint
		} else if p.code == "R007" && f.line == len(r.lines)-1 {
			// There is no line end behind it.
			problem.Hint += "; the file seems to be cut off here"
		}
		for _, c := range p.changes {
			if _, changed := r.mended[c.line]; !changed {
				mends = append(mends, c.line)
			}
		}
	}
	r.faults, r.mends = append(r.faults, problem), append(r.mends, mends)
}

// giveFixes gives each fault the edits of the lines that were changed because of it. A line that was changed
// again for a later fault is mended with the first, so that all fixes together make the repair.
func (r *repairer) giveFixes() {
	edits := map[int]TextEdit{}
	for _, done := range r.repairs() {
		edits[done.Line-1] = done.Edit
	}
	for i, lines := range r.mends {
		for _, line := range lines {
			if edit, ok := edits[line]; ok {
				r.faults[i].Fix = append(r.faults[i].Fix, edit)
			}
		}
	}
}

// repairs are the changes of all lines.
func (r *repairer) repairs() []LineRepair {
	var out []LineRepair
	for i, line := range r.lines {
		why, changed := r.mended[i]
		if !changed || line == r.src.Line(i+1) {
			continue
		}
		column, edit := r.edit(i, line)
		out = append(out, LineRepair{Code: why.code, Line: i + 1, Column: column, Text: why.text, Edit: edit})
	}
	return out
}

// edit is the smallest change of the file that makes line i another text, and the column in which it begins.
func (r *repairer) edit(i int, text string) (column int, e TextEdit) {
	was := r.src.Line(i + 1)
	head := 0
	for head < min(len(was), len(text)) && was[head] == text[head] {
		head++
	}
	for head > 0 && !(utf8.RuneStart(at(was, head)) && utf8.RuneStart(at(text, head))) {
		head--
	}
	tail := 0
	for tail < min(len(was), len(text))-head && was[len(was)-1-tail] == text[len(text)-1-tail] {
		tail++
	}
	for tail > 0 && !utf8.RuneStart(was[len(was)-tail]) {
		tail--
	}
	start := r.src.lines[i]
	return utf8.RuneCountInString(was[:head]) + 1,
		TextEdit{Start: start + head, End: start + len(was) - tail, New: text[head : len(text)-tail]}
}

// at is the byte at i, 0 behind the end.
func at(text string, i int) byte {
	if i < len(text) {
		return text[i]
	}
	return 0
}
