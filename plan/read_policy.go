package plan

import (
	"strconv"
	"strings"

	"billow/failure"
)

// policy reads a failure_handling block and lays it over the plan's policy so far; nil when there is
// nothing in it.
func (r *reader) policy(f Field) failure.Policy {
	if f.Value.IsNull() {
		return nil
	}
	policy, problems := failure.ParsePolicy(ToAny(f.Value))
	for _, problem := range problems {
		at, text, _ := strings.Cut(problem, ": ")
		hint := ""
		if open := strings.LastIndex(text, " ("); open >= 0 && strings.HasSuffix(text, ")") {
			text, hint = text[:open], text[open+2:len(text)-1]
		}
		name := f.Key
		if at != f.Key {
			name += "." + at
		}
		r.add(codePolicy, Error, placeWithin(f, at), name+" "+text, hint)
	}
	return policy.Over(r.plan.Failure)
}

// placeWithin finds where a path such as "transient.action[1].purpose" stands, as far as it leads.
func placeWithin(f Field, at string) Pos {
	pos, v := place(f), f.Value
	for _, part := range strings.FieldsFunc(at, func(c rune) bool { return c == '.' || c == '[' || c == ']' }) {
		if i, err := strconv.Atoi(part); err == nil && v.Kind == List && i < len(v.Items) {
			v = v.Items[i]
			pos = place(Field{Pos: pos, Value: v})
			continue
		}
		next := v.Get(part)
		if next == nil {
			break
		}
		v, pos = next, place(Field{Pos: pos, Value: next})
	}
	return pos
}
