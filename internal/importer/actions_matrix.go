package importer

import (
	"slices"
	"strings"

	"billow/plan"
)

// maxMatrix is how many jobs a matrix may make: GitHub's own limit.
const maxMatrix = 256

// combination is what one job of a matrix sees as `matrix`, in the order of the file.
type combination []plan.Field

func (c combination) get(key string) *plan.Value {
	for _, f := range c {
		if f.Key == key {
			return f.Value
		}
	}
	return nil
}

// matrixOf works out the combinations of a matrix, by GitHub's rules: each of its keys with each other, less
// those that an `exclude` fits, and each `include` laid over the combinations whose own values it does not
// change, or, where there is none, a combination for itself. simple is false where the values are known only
// when the workflow runs; over where there are too many.
func matrixOf(m *plan.Value) (all []combination, simple, over bool) {
	if m.IsNull() || m.Kind != plan.Map {
		return nil, m.IsNull(), false
	}
	base := []combination{nil}
	keys := 0
	for _, f := range m.Fields {
		if f.Key == "include" || f.Key == "exclude" {
			continue
		}
		if f.Value == nil || f.Value.Kind != plan.List || dynamic(f.Value) {
			return nil, false, false
		}
		keys++
		if len(base)*len(f.Value.Items) > maxMatrix {
			return nil, true, true
		}
		var next []combination
		for _, c := range base {
			for _, item := range f.Value.Items {
				next = append(next, append(slices.Clone(c), plan.Field{Key: f.Key, Value: item}))
			}
		}
		base = next
	}
	if keys == 0 {
		base = nil
	}
	include, exclude := m.Get("include"), m.Get("exclude")
	for _, v := range []*plan.Value{include, exclude} {
		if !v.IsNull() && (v.Kind != plan.List || dynamic(v)) {
			return nil, false, false
		}
	}
	if exclude != nil {
		base = slices.DeleteFunc(base, func(c combination) bool {
			return slices.ContainsFunc(exclude.Items, c.fits)
		})
	}
	all = slices.Clone(base)
	if include != nil {
		all = included(base, all, include.Items)
	}
	return all, true, len(all) > maxMatrix
}

// fits reports whether an exclude names this combination.
func (c combination) fits(exclude *plan.Value) bool {
	return !slices.ContainsFunc(exclude.Fields, func(f plan.Field) bool { return !sameValue(c.get(f.Key), f.Value) }) &&
		len(exclude.Fields) > 0
}

func included(base, all []combination, items []*plan.Value) []combination {
	for _, item := range items {
		laid := false
		for i, own := range base {
			changes := func(f plan.Field) bool {
				v := own.get(f.Key)
				return v != nil && !sameValue(v, f.Value)
			}
			if slices.ContainsFunc(item.Fields, changes) {
				continue
			}
			laid = true
			for _, f := range item.Fields {
				all[i] = all[i].with(f)
			}
		}
		if !laid && item.Kind == plan.Map {
			all = append(all, slices.Clone(item.Fields))
		}
	}
	return all
}

func (c combination) with(f plan.Field) combination {
	out := slices.Clone(c)
	for i := range out {
		if out[i].Key == f.Key {
			out[i] = f
			return out
		}
	}
	return append(out, f)
}

// sameValue reports whether two values are written alike.
func sameValue(a, b *plan.Value) bool { return a != nil && b != nil && a.Inline() == b.Inline() }

// dynamic reports whether a value holds an expression.
func dynamic(v *plan.Value) bool {
	switch {
	case v == nil:
		return false
	case v.Kind == plan.Scalar:
		return strings.Contains(v.Text, "${{")
	}
	return slices.ContainsFunc(v.Items, dynamic) ||
		slices.ContainsFunc(v.Fields, func(f plan.Field) bool { return dynamic(f.Value) })
}

// names are the values of a combination as people tell it from others.
func (c combination) names() []string {
	var out []string
	for _, f := range c {
		if f.Value != nil && f.Value.Kind == plan.Scalar && f.Value.Text != "" {
			out = append(out, textValue(scalarValue(f.Value)))
		}
	}
	return out
}
