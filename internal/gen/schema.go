package main

import (
	"bytes"
	"encoding/json"
	"fmt"

	"billow/plan"
)

// node is a JSON Schema, or a part of one.
type node = map[string]any

// dialect is the JSON Schema that all of them are written in.
const dialect = "https://json-schema.org/draft/2020-12/schema"

// schemaFiles are the files under schemas.
func schemaFiles() ([]page, error) {
	ofPlan, err := planSchema()
	if err != nil {
		return nil, err
	}
	ofConfig, err := configSchema()
	if err != nil {
		return nil, err
	}
	var out []page
	for _, s := range []struct {
		name string
		tree node
	}{{"plan", ofPlan}, {"config", ofConfig}, {"policy", policySchema()}} {
		text, err := schemaText(s.tree)
		if err != nil {
			return nil, err
		}
		out = append(out, page{s.name + ".schema.json", text})
	}
	return out, nil
}

// schemaText writes a schema with its keys in order, so that a change shows as what it is.
func schemaText(tree node) (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(tree)
	return b.String(), err
}

// The parts that schemas are put together from.

func ref(name string) node { return node{"$ref": "#/$defs/" + name} }

func anyOf(parts ...any) node { return node{"anyOf": parts} }

// when is a condition; otherwise may be nil.
func when(condition, then node, otherwise node) node {
	out := node{"if": condition, "then": then}
	if otherwise != nil {
		out["else"] = otherwise
	}
	return out
}

// has is true of a mapping in which a key stands and its value fits.
func has(key string, value node) node {
	return node{"type": "object", "required": []string{key}, "properties": node{key: value}}
}

// some is true of a mapping in which one value fits, whatever its key. JSON Schema can only say it the other
// way round: not every value does not.
func some(value node) node {
	return node{"type": "object", "not": node{"additionalProperties": node{"not": value}}}
}

// properties describes keys, each by the shape of its value.
func properties(keys []plan.Key) (node, error) {
	out := node{}
	for _, k := range keys {
		tree, ok := shapeOf(k)
		if !ok {
			return nil, fmt.Errorf("internal/gen/schema_shapes.go does not know the shape %q of %s", k.Shape, k.Name)
		}
		tree["description"] = k.What
		if k.Example != "" {
			example, err := yamlValue(k.Example)
			if err != nil {
				return nil, err
			}
			tree["examples"] = []any{example}
		}
		out[k.Name] = tree
	}
	return out, nil
}

// yamlValue reads a value that is written as YAML.
func yamlValue(text string) (any, error) {
	source, problems := plan.Parse("", []byte("value: "+text), plan.Limits{})
	if len(problems) > 0 {
		return nil, fmt.Errorf("the example %q: %s", text, problems[0].Text)
	}
	return plan.ToAny(source.Root.Get("value")), nil
}
