package plan

import (
	"bytes"
	"cmp"
	"slices"
)

const (
	// maxFixRounds is how often ApplyFixes looks for problems again, because one fix can show the next.
	maxFixRounds = 10
	// maxFixTrials is how many fixes are tried one by one, where something new comes of them together, and
	// maxFixWork the number of bytes that are read again for that: some seconds.
	maxFixTrials, maxFixWork = 200, 16 << 20
)

// ApplyFixes carries out the fixes that problems of a file carry, and returns the text with the problems that
// were fixed. find is asked what is wrong with a text; it is asked again about the fixed one, and fixes that
// do not leave fewer problems are not kept (see TryFixes).
func ApplyFixes(src []byte, find func([]byte) []Problem) (text []byte, fixed []Problem) {
	text = src
	problems := find(text)
	for range maxFixRounds {
		next, done, left := tryFixes(text, problems, find)
		if len(done) == 0 {
			break
		}
		for i, p := range problems {
			if done[i] {
				fixed = append(fixed, p)
			}
		}
		text, problems = next, left
	}
	return text, fixed
}

// TryFixes carries out the fixes of problems for a trial, and returns the problems without those that do not
// help: that overlap one before them, or with which find sees no fewer problems in the text. So all fixes that
// are left can be carried out together, their offsets being those of src. What counts is the number of errors;
// where it stays the same that of warnings, then that of the rest.
func TryFixes(src []byte, problems []Problem, find func([]byte) []Problem) []Problem {
	_, done, _ := tryFixes(src, problems, find)
	out := slices.Clone(problems)
	for i := range out {
		if !done[i] {
			out[i].Fix = nil
		}
	}
	return out
}

// tryFixes returns the text with those fixes that help, by the places of their problems, and what is left.
func tryFixes(src []byte, problems []Problem, find func([]byte) []Problem) (text []byte, done map[int]bool, left []Problem) {
	done = map[int]bool{}
	var edits []TextEdit
	for i, p := range problems {
		if len(p.Fix) > 0 && !clash(src, edits, p.Fix) {
			done[i] = true
			edits = append(edits, p.Fix...)
		}
	}
	if len(done) == 0 {
		return src, done, problems
	}
	text = carryOutEdits(src, edits)
	if left = find(text); fewer(left, problems) && nothingNew(left, problems) {
		return text, done, left
	}
	// Some are no good. One after the other shows which.
	text, left, edits = src, problems, nil
	trials := 0
	for i, p := range problems {
		if !done[i] {
			continue
		}
		more := append(slices.Clone(edits), p.Fix...)
		tried := carryOutEdits(src, more)
		if trials++; trials > maxFixTrials || trials*len(src) > maxFixWork {
			delete(done, i)
			continue
		}
		if after := find(tried); fewer(after, left) {
			text, left, edits = tried, after, more
			continue
		}
		delete(done, i)
	}
	return text, done, left
}

// nothingNew reports whether each problem of a list was there before, wherever it stood. Of a code of which only
// some are listed, the next come up when those are mended.
func nothingNew(now, was []Problem) bool {
	type what struct{ code, task, text string }
	known := map[what]int{}
	unlisted := map[string]bool{}
	for _, p := range was {
		known[what{p.Code, p.Task, p.Text}]++
		if p.more > 0 {
			unlisted[p.Code] = true
		}
	}
	for _, p := range now {
		w := what{p.Code, p.Task, p.Text}
		if known[w]--; known[w] < 0 && p.more == 0 && !unlisted[p.Code] {
			return false
		}
	}
	return true
}

// fewer reports whether one list of problems is less bad than another: fewer errors; or as many, no more warnings,
// and fewer in all.
func fewer(now, was []Problem) bool {
	count := func(problems []Problem) (errors, warnings, all int) {
		for _, p := range problems {
			all += 1 + p.more
			switch p.Severity {
			case Error:
				errors += 1 + p.more
			case Warning:
				warnings += 1 + p.more
			}
		}
		return errors, warnings, all
	}
	errors, warnings, all := count(now)
	errorsWas, warningsWas, allWas := count(was)
	return errors < errorsWas || errors == errorsWas && warnings <= warningsWas && all < allWas
}

// clash reports whether the edits of a fix lie outside of the source, or touch each other or other edits.
func clash(src []byte, edits, fix []TextEdit) bool {
	for i, e := range fix {
		touches := func(t TextEdit) bool { return e.Start <= t.End && t.Start <= e.End }
		if e.Start < 0 || e.End < e.Start || e.End > len(src) ||
			slices.ContainsFunc(edits, touches) || slices.ContainsFunc(fix[:i], touches) {
			return true
		}
	}
	return false
}

// carryOutEdits carries out edits that do not touch each other.
func carryOutEdits(src []byte, edits []TextEdit) []byte {
	edits = slices.SortedFunc(slices.Values(edits), func(a, b TextEdit) int { return cmp.Compare(a.Start, b.Start) })
	var out bytes.Buffer
	at := 0
	for _, e := range edits {
		out.Write(src[at:e.Start])
		out.WriteString(e.New)
		at = e.End
	}
	out.Write(src[at:])
	return out.Bytes()
}
