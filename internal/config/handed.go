package config

import (
	"slices"
	"strings"

	"billow/plan"
)

// Handed is what agents may be given of the configuration: .gem-team.yaml as it is written, unknown keys and
// all, with what billow.yaml, the environment and the flags say in its stead. nil is nothing. Defaults are not
// in it: where nobody has said anything, agents have their own.
func (c *Config) Handed() *plan.Value {
	out := c.GemTeam
	for _, s := range settings() {
		from := c.Origin(s.key).Layer
		if s.gem != "" && from != Default && from != GemTeam {
			out = with(out, strings.Split(s.gem, "."), s.value(c))
		}
	}
	return out
}

// with is a mapping with a value at a path; what it was made of stays as it was.
func with(v *plan.Value, path []string, value *plan.Value) *plan.Value {
	if len(path) == 0 {
		return value
	}
	out := &plan.Value{Kind: plan.Map}
	if v != nil && v.Kind == plan.Map {
		out.Fields = slices.Clone(v.Fields)
	}
	for i, f := range out.Fields {
		if f.Key == path[0] {
			out.Fields[i].Value = with(f.Value, path[1:], value)
			return out
		}
	}
	out.Fields = append(out.Fields, plan.Field{Key: path[0], Value: with(nil, path[1:], value)})
	return out
}
