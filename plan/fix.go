package plan

import (
	"bytes"
	"cmp"
	"slices"
)

// maxFixRounds is how often ApplyFixes looks for problems again, because one fix can show the next.
const maxFixRounds = 10

// ApplyFixes carries out the fixes that problems of a file carry, and returns the text with the problems that
// were fixed. find is asked what is wrong with a text; it is asked again about the fixed one, and fixes that
// do not leave fewer problems are not kept.
func ApplyFixes(src []byte, find func([]byte) []Problem) (text []byte, fixed []Problem) {
	text = src
	problems := find(text)
	for range maxFixRounds {
		next, done := applyOnce(text, problems)
		if len(done) == 0 {
			break
		}
		left := find(next)
		if len(left) >= len(problems) || len(Errors(left)) > len(Errors(problems)) {
			break
		}
		text, problems, fixed = next, left, append(fixed, done...)
	}
	return text, fixed
}

// applyOnce carries out those fixes that do not touch each other, the first of the file first.
func applyOnce(src []byte, problems []Problem) (text []byte, done []Problem) {
	var edits []TextEdit
	for _, p := range problems {
		clash := func(e TextEdit) bool {
			return e.Start < 0 || e.End < e.Start || e.End > len(src) ||
				slices.ContainsFunc(edits, func(t TextEdit) bool { return e.Start <= t.End && t.Start <= e.End })
		}
		if len(p.Fix) == 0 || slices.ContainsFunc(p.Fix, clash) {
			continue
		}
		done = append(done, p)
		edits = append(edits, p.Fix...)
	}
	slices.SortStableFunc(edits, func(a, b TextEdit) int { return cmp.Compare(a.Start, b.Start) })
	var out bytes.Buffer
	at := 0
	for _, e := range edits {
		if e.Start < at {
			return src, nil // The edits of one fix overlap.
		}
		out.Write(src[at:e.Start])
		out.WriteString(e.New)
		at = e.End
	}
	out.Write(src[at:])
	return out.Bytes(), done
}
