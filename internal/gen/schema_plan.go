package main

import (
	"maps"
	"slices"

	"billow/plan"
)

// groups are the keys under which tasks stand in groups, in the order in which the reader looks.
func groups() []string { return []string{"waves", "phases", "stages", "milestones"} }

// planSchema is the schema of a plan file: what plan.Read takes without an error, in every dialect. What it
// cannot say, because it looks at one value at a time, is listed in schemas/schemas_test.go.
func planSchema() (node, error) {
	keys, err := properties(plan.PlanKeys())
	if err != nil {
		return nil, err
	}
	ofTask, err := properties(plan.TaskKeys())
	if err != nil {
		return nil, err
	}
	tasks, id, taskID := keys["tasks"], ofTask["id"], ofTask["task_id"]
	delete(keys, "tasks")
	delete(ofTask, "id")
	delete(ofTask, "task_id")

	defs := shapes()
	maps.Copy(defs, policyDefs())
	maps.Copy(defs, taskLists())
	defs["planKeys"] = node{"properties": keys}
	defs["taskKeys"] = node{"properties": ofTask, "allOf": []any{
		// Only a task with a command makes outputs; for others the key is the agent's.
		when(node{"type": "object", "required": []string{"run"}}, node{"properties": node{"outputs": outputNames()}}, nil),
	}}
	defs["task"] = node{"type": "object", "allOf": []any{ref("taskKeys"), node{"properties": node{"id": id, "task_id": taskID}},
		// Of the two, id counts.
		when(node{"required": []string{"task_id"}, "not": node{"required": []string{"id"}}},
			node{"properties": node{"task_id": ref("word")}},
			node{"required": []string{"id"}, "properties": node{"id": ref("word")}})}}
	defs["defaults"], defs["defaultSet"] = defaults(ofTask)
	return node{
		"$schema": dialect,
		"$id":     "urn:billow:schema:plan",
		"title":   "A plan for billow",
		"description": "Tasks, what each needs first, and the rules they run under. Keys that billow does not know are kept and left alone; " +
			"`billow check` says which look like a slip, and what a schema cannot see: needs that are no task, cycles, conflicts.",
		"type":  "object",
		"allOf": []any{ref("planKeys"), node{"properties": node{"tasks": tasks}}, whereTasksAre()},
		"$defs": defs,
	}, nil
}

// defaults are what a plan's `defaults` may hold, and what one set of them may. A mapping under a key that is
// none of a task is the set for the agent of that name.
func defaults(ofTask node) (all, set node) {
	own, every := node{}, node{}
	for _, k := range plan.TaskKeys() {
		tree, ok := ofTask[k.Name]
		switch {
		case k.InDefaults:
			own[k.Name], every[k.Name] = tree, tree
		case ok:
			every[k.Name] = node{} // it counts for nothing
		}
	}
	every["run"] = when(node{"type": "object"}, ref("defaultSet"), ref("texts"))
	every["run"].(node)["description"] = "What tasks with a command are given; or a command."
	every["agents"] = node{
		"description":          "What the tasks of one agent are given, by its name.",
		"additionalProperties": node{"type": []string{"object", "null"}, "allOf": []any{ref("defaultSet")}},
	}
	return node{"type": []string{"object", "null"}, "properties": every, "additionalProperties": ref("defaultSet")},
		node{"properties": own}
}

// taskLists are the ways in which tasks stand together.
func taskLists() node {
	hasID := anyOf(node{"required": []string{"id"}}, node{"required": []string{"task_id"}})
	aGroup := node{"not": hasID, "required": []string{"tasks"}, "properties": node{"tasks": ref("looksLikeTasks")}}
	entry := node{"type": "object", "allOf": []any{when(aGroup, ref("group"), ref("task"))}}

	inner := node{"tasks": ref("tasks")}
	var nested []any
	for _, key := range groups() {
		inner[key] = ref("groups")
		nested = append(nested, has(key, ref("looksLikeGroups")))
	}
	isGroup := append([]any{
		has("tasks", node{"type": "object", "minProperties": 1}),
		has("tasks", node{"type": "array", "contains": node{"type": "object"}}),
	}, nested...)
	return node{
		"tasks": node{
			"type":  []string{"array", "object", "null"},
			"items": entry,
			// In a mapping of ids to tasks a number can be that of a wave, whose tasks are a list.
			"patternProperties":    node{waveNumberPattern(): anyOf(node{"type": "array", "items": entry}, keyedTask())},
			"additionalProperties": keyedTask(),
		},
		"group": node{"properties": inner},
		"groups": node{
			"items":                ref("group"),
			"additionalProperties": node{"allOf": []any{ref("group"), when(node{"type": "array"}, ref("tasks"), nil)}},
		},
		"looksLikeTasks": anyOf(
			node{"type": "array", "contains": node{"type": "object",
				"anyOf": []any{node{"required": []string{"id"}}, node{"required": []string{"task_id"}}, has("tasks", ref("looksLikeTasks"))}}},
			some(node{"type": "object"})),
		"looksLikeGroups": anyOf(
			node{"type": "array", "contains": ref("isGroup")},
			some(anyOf(ref("isGroup"), node{"type": "array", "allOf": []any{ref("looksLikeTasks")}}))),
		"isGroup":  node{"type": "object", "anyOf": isGroup},
		"isHolder": node{"type": "object", "anyOf": append([]any{has("tasks", ref("looksLikeTasks"))}, nested...)},
		"holder": node{"allOf": []any{ref("planKeys"),
			when(has("tasks", ref("looksLikeTasks")), node{"properties": node{"tasks": ref("tasks")}}, inGroups(node{}))}},
	}
}

// keyedTask is a task in a mapping of ids to tasks; its id is its key.
func keyedTask() node {
	return node{"type": []string{"object", "null"}, "allOf": []any{ref("taskKeys")}}
}

// whereTasksAre follows the reader on its search for tasks: `tasks`, groups, `plan`, any mapping that holds
// tasks, keys such as wave_1. Where tasks stand under `tasks`, groups beside it mostly name them again, which
// only the reader can tell.
func whereTasksAre() node {
	filled := anyOf(node{"type": "array", "minItems": 1}, node{"type": "object", "minProperties": 1})
	looks := anyOf(node{"type": "array", "allOf": []any{ref("looksLikeTasks")}}, has("tasks", ref("looksLikeTasks")))
	wave := waveKeyPattern()
	nowhere := node{"required": []string{"tasks"}, "properties": node{"tasks": filled}}
	inWaves := when(node{"not": node{"patternProperties": node{wave: node{"not": looks}}}},
		node{"patternProperties": node{wave: node{"allOf": []any{
			when(node{"type": "array", "allOf": []any{ref("looksLikeTasks")}}, ref("tasks"), nil),
			when(has("tasks", ref("looksLikeTasks")), node{"properties": node{"tasks": ref("tasks")}}, nil),
		}}}},
		nowhere)
	elsewhere := when(
		node{"not": node{"patternProperties": node{wave: node{}}, "additionalProperties": node{"not": ref("isHolder")}}},
		node{"patternProperties": node{wave: node{}}, "additionalProperties": when(ref("isHolder"), ref("holder"), nil)},
		inWaves)
	inPlan := when(has("plan", ref("isHolder")), node{"properties": node{"plan": ref("holder")}}, elsewhere)
	return when(has("tasks", filled), node{}, inGroups(inPlan))
}

// inGroups holds the tasks of the first key that has groups of them.
func inGroups(otherwise node) node {
	keys := groups()
	slices.Reverse(keys)
	for _, key := range keys {
		otherwise = when(has(key, ref("looksLikeGroups")), node{"properties": node{key: ref("groups")}}, otherwise)
	}
	return otherwise
}
