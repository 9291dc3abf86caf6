package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Layer is where a value can be set.
type Layer string

// The layers, from the one that counts most.
const (
	Flag        Layer = "flag"
	Environment Layer = "environment"
	Plan        Layer = "plan"
	Project     Layer = "billow.yaml"
	GemTeam     Layer = ".gem-team.yaml"
	User        Layer = "user"
	Default     Layer = "default"
)

// Origin is where a value came from.
type Origin struct {
	Layer Layer `json:"layer"`
	// Name is the flag, the variable or the file; "" for the plan and the default.
	Name string `json:"name,omitempty"`
	// Line is the line of a file, from 1; 0 elsewhere.
	Line int `json:"line,omitempty"`
}

// String is for people: "billow.yaml:3", "BILLOW_JOBS", "--jobs", "default".
func (o Origin) String() string {
	switch {
	case o.Line > 0:
		return fmt.Sprintf("%s:%d", o.Name, o.Line)
	case o.Name != "":
		return o.Name
	}
	return string(o.Layer)
}

// Value is one setting, for `billow config`.
type Value struct {
	Key   string `json:"key"`
	Value string `json:"value"`
	// Origin says who set it.
	Origin Origin `json:"origin"`
}

// Values lists every setting with its value and where it came from: the settings in the order of the
// manual, then agents and adapters by name, then routes.
func (c *Config) Values() []Value {
	var out []Value
	for _, s := range settings() {
		out = append(out, Value{Key: s.key, Value: s.show(c), Origin: c.Origin(s.key)})
	}
	for _, name := range slices.Sorted(maps.Keys(c.agents)) {
		out = append(out, Value{Key: "agents." + name, Value: c.agents[name].String(), Origin: c.agents[name].origin})
	}
	for _, name := range slices.Sorted(maps.Keys(c.adapters)) {
		out = append(out, Value{Key: "adapters." + name, Value: c.adapters[name].String(), Origin: c.adapters[name].origin})
	}
	for i, r := range c.routes {
		out = append(out, Value{Key: fmt.Sprintf("routes[%d]", i), Value: r.agent + " when " + strings.TrimSpace(r.when), Origin: r.origin})
	}
	return out
}

// Origin says where the value of a key came from, the default where nobody set it.
func (c *Config) Origin(key string) Origin {
	if o, ok := c.origins[key]; ok {
		return o
	}
	return Origin{Layer: Default}
}
