package plan

import "errors"

// ErrUnusual is what the fast reader returns for what it leaves to goccy.
var ErrUnusual = errUnusual

// UseError is good YAML that a plan cannot use.
type UseError = useError

// Produce reads src with one of the two producers of Values.
func Produce(src []byte, quick bool) (*Value, int, []Problem, error) {
	s := newSource("plan.yaml", src)
	if problems := checkEncoding(s); problems != nil {
		return nil, 0, nil, errors.New(problems[0].Text)
	}
	produce := parseTree
	if quick {
		produce = parseFast
	}
	t, err := produce(s, Limits{}.withDefaults())
	return t.root, t.documents, t.problems, err
}
