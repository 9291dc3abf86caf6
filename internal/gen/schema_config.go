package main

import (
	"fmt"
	"strings"

	"billow/internal/config"
)

// configSchema is the schema of billow.yaml: what config.Load takes without an error. Whether an agent leads
// somewhere and a route can be worked out is for billow config and check.
func configSchema() (node, error) {
	told := map[string]string{}
	for _, name := range []string{"Config", "Gem"} {
		fields, err := structFields("../config/config.go", name)
		if err != nil {
			return nil, err
		}
		for _, e := range entries(fields) {
			for _, key := range e.keys {
				told[key] = e.names + e.first
			}
		}
	}
	keys := node{}
	for _, s := range config.Settings() {
		for _, path := range []string{s.Gem, s.Key} {
			if path == "" {
				continue
			}
			value, err := settingShape(s.Shape)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", s.Key, err)
			}
			value["description"] = told[s.Key]
			if path != s.Key {
				value["description"] = "As " + code(s.Key) + ". " + told[s.Key]
			}
			put(keys, strings.Split(path, "."), value)
		}
	}
	agent, err := agentEntry()
	if err != nil {
		return nil, err
	}
	named := node{"type": []string{"object", "null"}, "additionalProperties": ref("agent")}
	keys["agents"] = node{"description": "How agents are reached: by name or pattern the name of an adapter, or a mapping.",
		"allOf": []any{named}, "examples": []any{node{"gem-*": "claude"}}}
	keys["adapters"] = node{"description": "Ways to reach agents, of one's own or those of billow with other settings.", "allOf": []any{named}}
	keys["routes"] = node{"description": "Which agent does a task that names none: the first route whose expression holds.",
		"type": []string{"array", "null"},
		"items": node{"type": "object", "required": []string{"when", "agent"}, "properties": node{
			"when":  node{"type": []string{"string", "number", "boolean"}},
			"agent": node{"type": []string{"string", "number", "boolean"}, "minLength": 1},
		}}}
	all := shapes()
	return node{
		"$schema":     dialect,
		"$id":         "urn:billow:schema:config",
		"title":       "billow.yaml",
		"description": "How billow is to behave in this project. `billow config` says what holds and where it comes from.",
		"type":        []string{"object", "null"},
		"properties":  keys,
		"$defs":       node{"agent": agent, "duration": all["duration"], "flag": all["flag"]},
	}, nil
}

// put places a value in nested mappings, along a path.
func put(into node, path []string, value node) {
	if len(path) == 1 {
		into[path[0]] = value
		return
	}
	block, ok := into[path[0]].(node)
	if !ok {
		block = node{"type": []string{"object", "null"}, "properties": node{}}
		into[path[0]] = block
	}
	put(block["properties"].(node), path[1:], value)
}

func settingShape(s config.Shape) (node, error) {
	switch words := alternatives(s.Words...); s.Kind {
	case "text":
		return node{"type": scalar()}, nil
	case "word":
		return anyOf(node{"enum": s.Words}, node{"type": "null"}, node{"type": "string", "pattern": `^\s*(` + words + `)\s*$`}), nil
	case "exactly":
		return anyOf(node{"enum": s.Words}, node{"type": "null"}), nil
	case "words":
		if len(s.Words) == 0 {
			return node{"type": append(scalar(), "array")}, nil
		}
		return anyOf(node{"type": "array", "items": anyOf(node{"enum": s.Words}, node{"type": "null"}, node{"type": "string", "pattern": "^(" + words + ")$"})},
			node{"type": "null"}, node{"type": "string", "pattern": "^[, ]*((" + words + ")([, ]+(" + words + "))*)?[, ]*$"}), nil
	case "names":
		return node{"type": []string{"string", "number", "null", "array"},
			"not": node{"type": "string", "pattern": truthPattern()}}, nil
	case "command":
		return commandShape(), nil
	case "number":
		return number(s.Least, s.Most, true), nil
	case "share":
		return anyOf(node{"type": []string{"number", "null"}, "minimum": 0, "maximum": 1},
			node{"type": "string", "pattern": `^\s*[+]?(0+(\.\d*)?|\.\d+|0*1(\.0*)?)\s*$`}), nil
	case "truth":
		return ref("flag"), nil
	case "duration":
		return ref("duration"), nil
	case "amount":
		return amountShape(s.Words[0]), nil
	case "size":
		// In a text the bounds can only be guessed at: four digits, or a unit.
		return anyOf(node{"type": []string{"number", "null"}, "minimum": 1 << 10, "maximum": 4 << 30},
			node{"type": "string", "pattern": `^\s*(\d{4,10}(\.\d*)?\s*[Bb]?|(\d+\.?\d*|\.\d+)\s*(` + alternatives("kib", "mib", "gib", "kb", "mb", "gb") + `))\s*$`}), nil
	}
	return nil, fmt.Errorf("internal/gen/schema_config.go does not know the shape %q", s.Kind)
}

// commandShape is a program with its arguments: words, or a text that is cut at blanks.
func commandShape() node {
	return anyOf(node{"type": "null"}, node{"type": []string{"string", "number", "boolean"}, "pattern": `\S`},
		node{"type": "array", "contains": node{"not": node{"type": "null"}}})
}

// agentEntry is an entry of agents or adapters.
func agentEntry() (node, error) {
	fields, err := structFields("../config/agent.go", "Agent")
	if err != nil {
		return nil, err
	}
	text := func() node { return node{"type": scalar()} }
	timeouts := func() node {
		// Within the mapping a key with nothing behind it is no length of time.
		given := node{"allOf": []any{ref("duration")}, "not": node{"type": "null"}}
		return anyOf(ref("duration"), node{"type": "object", "properties": node{"total": given, "idle": given, "first_output": given}})
	}
	// Lists of words are taken as they come.
	keys := node{
		"adapter": text(), "provider": text(), "model": text(), "model_flag": text(), "script": text(), "report_file": text(),
		"fallback": node{}, "args": node{}, "more_args": node{},
		"max": number(1, 10_000, true), "timeout": timeouts(), "timeouts": timeouts(), "grace": anyOf(ref("duration")),
		"command": commandShape(), "prompt": node{"enum": []any{nil, "stdin", "file", "arg"}}, "report": node{"enum": []any{nil, "required", "optional"}},
		"env": node{"type": []string{"object", "null"}, "propertyNames": node{"pattern": `^[^=\x00]+$`}, "additionalProperties": text()},
	}
	for _, e := range entries(fields) {
		for _, words := range e.keys {
			key, _, _ := strings.Cut(words, ":")
			if tree, ok := keys[key].(node); ok && tree["description"] == nil {
				tree["description"] = e.names + e.first
			}
		}
	}
	return when(node{"type": "object"}, node{"properties": keys}, node{"type": []string{"string", "number", "boolean"}}), nil
}
