package main

import (
	"fmt"

	"billow/failure"
	"billow/plan"
)

// shapeOf is the schema of a key's value.
func shapeOf(k plan.Key) (node, bool) {
	switch k.Shape {
	case plan.ShapeAny, plan.ShapePlan, plan.ShapeGroups:
		return node{}, true
	case plan.ShapeNumber:
		return number(k.Least, k.Most, true), true
	case plan.ShapePolicy, plan.ShapeTasks, plan.ShapeDefaults:
		return ref(string(k.Shape)), true // made of other keys, beside shapes
	}
	_, known := shapes()[string(k.Shape)]
	return ref(string(k.Shape)), known
}

// scalar is what Read takes for a text.
func scalar() []string { return []string{"string", "number", "boolean", "null"} }

// amountShape is an amount of a budget, above 0, or nothing.
func amountShape(kind string) node {
	amount := func(most int) node {
		return node{"type": []string{"number", "null"}, "exclusiveMinimum": 0, "maximum": most}
	}
	switch kind {
	case plan.BudgetTokens:
		return anyOf(amount(1_000_000_000_000), node{"type": "string", "pattern": `^\s*` + amountPattern(6) + `[kKmM]?\s*$`})
	case plan.BudgetUSD:
		return anyOf(amount(1_000_000_000), node{"type": "string", "pattern": `^\s*\$?\s*` + amountPattern(9) + `\s*$`})
	}
	return node{"allOf": []any{ref("duration")}, "not": anyOf(node{"const": 0}, node{"type": "string", "pattern": `^[^1-9]*$`})}
}

// amountPattern is a number above 0 of at most so many digits before the point, as a text.
func amountPattern(digits int) string {
	return fmt.Sprintf(`(0*[1-9][0-9]{0,%d}(\.[0-9]*)?|0*\.0*[1-9][0-9]*)`, digits-1)
}

// shapes are what values look like, by the names of plan.Shape, and what those are made of.
func shapes() node {
	text := node{"type": scalar()}
	texts := node{"type": append(scalar(), "array"), "items": node{"type": append(scalar(), "object")}}
	variable := `[^= \t\n\x00]`
	pairs := node{"type": "object", "propertyNames": node{"pattern": "^" + variable + "+$"}, "additionalProperties": ref("text")}
	assignment := node{"type": "string", "pattern": "^" + variable + "+="}
	name := node{"type": scalar(), "pattern": `^\s*` + variable + `*\s*$`}
	kind := ref("kind")

	edge := anyOf(text,
		has("task", ref("word")), has("task_id", ref("word")), has("id", ref("word")),
		node{"type": "object", "minProperties": 1, "maxProperties": 1})
	return node{
		"text":  text,
		"texts": texts,
		"word":  node{"type": []string{"string", "number", "boolean"}, "pattern": `\S`},
		"flag": anyOf(node{"type": []string{"boolean", "null"}},
			node{"type": "string", "pattern": truthPattern()}),
		"names":    node{"type": append(scalar(), "array"), "pattern": name["pattern"], "items": name},
		"env":      anyOf(node{"type": "null"}, assignment, ref("pairs"), node{"type": "array", "items": anyOf(node{"type": "null"}, assignment, ref("pairs"))}),
		"pairs":    pairs,
		"duration": anyOf(node{"type": []string{"number", "null"}, "minimum": 0, "maximum": 9_223_372_036}, node{"type": "string", "pattern": durationPattern()}),
		"kind":     anyOf(node{"enum": failure.Kinds()}, node{"type": "string", "pattern": `^\s*(` + alternatives(kinds()...) + `)\s*$`}),

		"waves": anyOf(node{"enum": []string{"strict", "soft"}}, node{"type": []string{"array", "object", "integer", "null"}},
			node{"type": "string", "pattern": `^\s*(` + alternatives("strict", "soft") + `|[+-]?\d+(\.0*)?)\s*$`}),
		"pools": node{"type": []string{"object", "null"}, "additionalProperties": number(1, 100_000, false)},
		"vars":  node{"type": []string{"object", "null"}, "propertyNames": node{"pattern": "^[A-Za-z_][A-Za-z0-9_]*$"}},
		"classify": node{"type": []string{"array", "null"}, "items": node{"type": []string{"object", "null"}, "required": []string{"when", "kind"},
			"properties": node{"when": ref("word"), "kind": kind}}},

		"wave": anyOf(node{"type": []string{"integer", "null"}, "minimum": 0, "maximum": 100_000},
			node{"type": "string", "pattern": waveNumberPattern()}, node{"type": "string", "pattern": wholePattern(0, 100_000)}),
		"status":    anyOf(node{"enum": plan.StatusWords()}, text),
		"needs":     node{"type": append(scalar(), "array"), "items": edge},
		"conflicts": node{"type": append(scalar(), "array")},
		"ownership": when(node{"type": "object"},
			node{"properties": node{"paths": ref("texts"), "path": ref("texts"), "files": ref("texts"),
				"mode": anyOf(node{"enum": []string{"read_only", "shared", "exclusive"}}, text)}},
			ref("texts")),
		"timeout": anyOf(ref("duration"), node{"type": "object",
			"properties": node{"total": ref("duration"), "first_output": ref("duration"), "idle": ref("duration")}}),
		"foreach": node{"properties": node{
			"items": node{"type": append(scalar(), "array")}, "max_items": number(1, 100_000, true)}},
		"inputs":  when(node{"type": "object"}, ref("pairs"), nil),
		"outputs": node{},
		"flags":   node{"properties": node{"flaky": ref("flag")}},
		// An amount of 0 is none.
		"budget": node{"type": []string{"object", "null"}, "properties": node{
			plan.BudgetTokens: amountShape(plan.BudgetTokens), plan.BudgetUSD: amountShape(plan.BudgetUSD),
			plan.BudgetTime: amountShape(plan.BudgetTime)}},
		"retry": anyOf(number(0, 100, true), node{"type": "object", "required": []string{"limit"}, "properties": node{
			"limit":   number(0, 100, false),
			"backoff": ref("duration"),
			"on": anyOf(node{"type": "null"}, kind, node{"type": "string", "pattern": `^\s*$`},
				node{"type": "array", "items": anyOf(node{"type": "null"}, kind, node{"type": "string", "pattern": `^\s*$`})}),
		}}),
	}
}

// outputNames are the outputs of a task with a command: names, unless the list is one of another kind.
func outputNames() node {
	name := node{"type": []string{"string", "boolean", "null"}, "pattern": `^\s*[A-Za-z_][A-Za-z0-9_-]*\s*$`}
	return anyOf(node{"type": "object"}, name, node{"type": "array", "items": name},
		node{"type": "array", "contains": node{"type": []string{"array", "object"}}})
}

// number is a whole number, quoted or not.
func number(least, most int, orNone bool) node {
	types := []string{"integer"}
	if orNone {
		types = append(types, "null")
	}
	return anyOf(node{"type": types, "minimum": least, "maximum": most},
		node{"type": "string", "pattern": wholePattern(least, most)})
}

func kinds() []string {
	var out []string
	for _, k := range failure.Kinds() {
		out = append(out, string(k))
	}
	return out
}
