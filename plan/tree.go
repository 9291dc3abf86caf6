package plan

import (
	"errors"
	"fmt"
	"strings"
)

// Parse reads src as YAML and returns its first document as a tree of Values, with what is wrong. name
// stands in the problems. The Source is never nil; its Root is nil where there is no document or it could
// not be read. A tree may come with errors (a key given twice), and must then not be run. The codes:
//
//	P001  not YAML
//	P002  not UTF-8 text
//	P003  over a limit
//	P004  nothing in the file
//	P005  the document is no mapping
//	P006  a key stands twice in one mapping
//	P007  YAML that a plan cannot use: unknown or circular aliases, keys that are no text, %TAG
//	P008  more than one document (a warning)
//	P009  a value that a run has to write cannot be replaced in place (see CanEdit)
func Parse(name string, src []byte, lim Limits) (*Source, []Problem) {
	lim = lim.withDefaults()
	if len(src) > lim.MaxBytes {
		return &Source{Name: name, Bytes: src, EOL: "\n", lines: []int{0}}, []Problem{{
			Code: "P003", Severity: Error, File: name,
			Text: fmt.Sprintf("the file has %d bytes, more than the limit of %d", len(src), lim.MaxBytes),
		}}
	}
	s := newSource(name, src)
	if problems := checkEncoding(s); problems != nil {
		return s, problems
	}
	tree, err := produce(s, lim)
	if err != nil {
		return s, []Problem{firstFault(s, lim, err)}
	}
	s.Root, s.Documents = tree.root, tree.documents
	return s, append(tree.problems, checkRoot(s)...)
}

// firstFault is why a text cannot be read: where reading stopped, or a line before that without which it would not
// have stopped there.
func firstFault(s *Source, lim Limits, err error) Problem {
	problem := explain(s, err)
	if problem.Code != "P001" && problem.Code != "P007" || problem.Line == 0 {
		return problem
	}
	r := newRepairer(s, lim)
	at := fault{line: problem.Line - 1}
	at.column = s.Offset(problem.Line, problem.Column) - s.lines[at.line]
	suspect := r.suspect(r.lines, at.line)
	if suspect == nil || !suspect.before(at) {
		return problem
	}
	offset := s.lines[suspect.line] + suspect.column
	return s.problemAt(suspect.code, Error, s.Pos(offset), suspect.text, suspect.hint)
}

// produce makes the tree: with the fast reader where that knows everything in the file, else with goccy.
func produce(s *Source, lim Limits) (tree, error) {
	quick, quickErr := parseFast(s, lim)
	var syntax *syntaxError
	if !errors.Is(quickErr, errUnusual) && !errors.As(quickErr, &syntax) {
		return quick, quickErr
	}
	slow, err := parseTree(s, lim)
	if syntax != nil && errors.As(err, new(*syntaxError)) {
		// Both say no; the fast reader says why.
		return tree{}, syntax
	}
	return slow, err
}

// tree is what a producer of Values makes of a text.
type tree struct {
	root      *Value
	documents int
	problems  []Problem
}

// checkRoot says what is wrong with the document as a whole.
func checkRoot(s *Source) []Problem {
	var out []Problem
	root := s.Root
	const want = "a plan is a mapping with the key `tasks:`"
	switch {
	case root == nil || root.Kind == Null && root.Text == "":
		s.Root = nil
		text := "the file is empty"
		switch {
		case skipSpace(s.text, 0) < len(s.text):
			text = "the first document of the file is empty"
		case strings.TrimSpace(s.text) != "":
			text = "there is nothing in the file but comments"
		}
		return []Problem{{Code: "P004", Severity: Error, File: s.Name, Text: text, Hint: want}}
	case root.Kind == List:
		problem := s.problemAt("P005", Error, root.Pos, "the document is a list", want)
		if start := s.lines[root.Pos.Line-1]; !root.Flow && !root.Tagged && !root.Anchored && looksLikeTasks(root) &&
			strings.Trim(string(s.Bytes[start:root.Pos.Offset]), " ") == "" {
			problem.Fix = []TextEdit{{Start: start, End: start, New: "tasks:" + s.EOL}}
		}
		out = append(out, problem)
	case root.Kind != Map:
		out = append(out, s.problemAt("P005", Error, root.Pos, "the document is only a piece of text", want))
	}
	if s.Documents > 1 {
		out = append(out, s.problemAt("P008", Warning, secondDocument(s),
			fmt.Sprintf("the file has %d documents; only the first is the plan", s.Documents), "put what belongs to the plan above this line"))
	}
	return out
}

// secondDocument is where the first document has ended. A line that looks like the mark between two is one even
// within text.
func secondDocument(s *Source) Pos {
	for line := s.Root.Pos.Line; line < len(s.lines); line++ {
		if start := s.textStart(line); documentMark(s.text, start) {
			return s.Pos(s.original(start))
		}
	}
	return Pos{}
}
