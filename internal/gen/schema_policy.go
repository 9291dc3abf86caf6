package main

import "billow/failure"

// policySchema is the schema of a file such as failure/policy.yaml: a failure_handling block.
func policySchema() node {
	defs := policyDefs()
	defs["policy"].(node)["type"] = "object"
	return node{
		"$schema":     dialect,
		"$id":         "urn:billow:schema:policy",
		"title":       "A failure policy for billow",
		"description": "What is done about each kind of failure, with or without the key failure_handling around it.",
		"$ref":        "#/$defs/policy",
		"$defs":       defs,
	}
}

// policyDefs are the parts of a failure policy.
func policyDefs() node {
	rules := node{"properties": node{}, "patternProperties": node{}, "additionalProperties": false}
	for _, kind := range kinds() {
		rules["properties"].(node)[kind] = ref("rule")
		rules["patternProperties"].(node)[`^\s*(`+spelled(kind)+`)\s*$`] = ref("rule")
	}
	// Within quotes the policy is stricter than plans are: it does not trim numbers.
	limit := anyOf(node{"type": "integer", "minimum": 0, "maximum": 1000}, node{"type": "string", "pattern": "^[+]?" + upTo(0, 1000) + `(\.0*)?$`})
	limit["description"] = "The number of extra attempts after the first, 0 to 1000."
	backoff := anyOf(node{"type": "number", "minimum": 0, "maximum": 86_400},
		node{"type": "string", "pattern": `^[+]?((\d+\.?\d*|\.\d+)|((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)$`})
	backoff["description"] = "The first delay, in seconds or as 500ms, 5s; it doubles, up to 60 s. At most a day."
	return node{
		"policy": node{"type": []string{"object", "null"},
			"if":   node{"type": "object", "required": []string{"failure_handling"}, "maxProperties": 1},
			"then": node{"properties": node{"failure_handling": node{"type": "object", "allOf": []any{ref("rules")}}}},
			"else": ref("rules")},
		"rules": rules,
		"rule": node{"type": "object", "additionalProperties": false, "properties": node{
			"retry_limit": limit,
			"backoff":     backoff,
			"action": node{"description": "What is done, in order.",
				"if": node{"type": "array"}, "then": node{"minItems": 1, "items": ref("action")}, "else": ref("action")},
		}},
		"action": actions(),
	}
}

// actions are the verbs of a policy: words, or mappings with the verb as their key.
func actions() node {
	var bare []string
	var mappings []any
	for _, v := range failure.Verbs() {
		if v.Bare {
			bare = append(bare, v.Name)
		}
		mappings = append(mappings, actionMapping(v))
	}
	word := []any{node{"enum": bare}, node{"type": "string", "pattern": `^\s*(` + alternatives(bare...) + `)\s*$`}}
	return node{"anyOf": append(word, mappings...)}
}

func actionMapping(v failure.Verb) node {
	var value node
	switch {
	case v.Bare && len(v.Keys) > 0:
		value = anyOf(node{"enum": []any{nil, true}}, node{"type": "object", "propertyNames": node{"enum": v.Keys}})
	case v.Bare:
		value = node{"enum": []any{nil, true}}
	case len(v.Values) > 0:
		value = node{"enum": v.Values}
	default:
		value = node{"type": []string{"string", "number", "boolean"}, "minLength": 1}
	}
	if v.Agent {
		value["description"] = "The name of an agent, or of a part that several can play."
	}
	own := node{v.Name: value}
	out := node{"type": "object", "properties": own, "additionalProperties": false,
		"patternProperties": node{`^\s*(` + spelled(v.Name) + `)\s*$`: value}, "minProperties": 1, "maxProperties": 1}
	for _, beside := range v.Beside {
		// The verb alone, or both: a mapping with nothing but what stands beside is no action.
		own[beside] = node{}
		delete(out, "maxProperties")
		out["anyOf"] = []any{
			node{"maxProperties": 1, "not": node{"required": []string{beside}}},
			node{"minProperties": 2, "maxProperties": 2, "required": []string{beside}},
		}
	}
	return out
}
