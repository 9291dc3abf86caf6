package plan

import (
	"errors"
	"slices"
)

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

// Exclusions gives all that FindExclusions finds as pairs, the tasks' own `locks` excepted: for each task
// those it must not overlap with, ascending. Where k tasks own one path exclusively that is k² pairs; with
// thousands of them use FindExclusions and its locks.
func Exclusions(p *Plan) [][]int {
	x := FindExclusions(p)
	holders := map[string][]int{}
	var names []string
	for i, t := range p.Tasks {
		for _, name := range x.Locks[i] {
			if slices.Contains(t.Locks, name) {
				continue
			}
			if holders[name] == nil {
				names = append(names, name)
			}
			holders[name] = append(holders[name], i)
		}
	}
	for _, name := range names {
		for n, i := range holders[name] {
			for _, j := range holders[name][:n] {
				x.pair(i, j)
			}
		}
	}
	for i := range x.With {
		slices.Sort(x.With[i])
		x.With[i] = slices.Compact(x.With[i])
	}
	return x.With
}
