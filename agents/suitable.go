package agents

import (
	_ "embed"
	"fmt"
	"slices"
	"sync"

	"billow/plan"
)

// suits is one rule of suitable.yaml.
type suits struct {
	own, with, fields, agents []string
}

//go:embed suitable.yaml
var suitableFile []byte

// The table is constant, like the catalogue.
var readSuitable = sync.OnceValues(func() (map[string][]suits, error) { return parseSuitable("suitable.yaml", suitableFile) })

// Suitable lists the agents that may play a part for a task, the most suitable first: suitable_implementer or
// suitable_reviewer_or_tester. Any other part is an agent's name, and that agent alone plays it. own
// is who does the task itself, "" for nobody; the task may be nil. Which of them is configured is not known here.
func Suitable(part string, task *plan.Task, own string) []string {
	table, err := readSuitable()
	if err != nil {
		// The file is part of the program and a test reads it; no input of a user leads here.
		panic(err)
	}
	rules, ok := table[part]
	if !ok {
		return []string{part}
	}
	var out []string
	for _, rule := range rules {
		for _, name := range rule.candidates(task, own) {
			if !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

// candidates are the agents that a rule names; none where it does not hold.
func (r suits) candidates(task *plan.Task, own string) []string {
	role, known := FindRole(own)
	kind := role.Kind
	if !known {
		kind = "unknown"
	}
	if r.own != nil {
		if own == "" || !slices.Contains(r.own, kind) {
			return nil
		}
		return []string{own}
	}
	switch {
	case r.with != nil && !(known && slices.Contains(r.with, role.Name)),
		r.fields != nil && (task == nil || first(task.Source, r.fields...) == nil):
		return nil
	}
	return r.agents
}

func parseSuitable(name string, src []byte) (map[string][]suits, error) {
	doc, problems := plan.Parse(name, src, plan.Limits{})
	if bad := plan.Errors(problems); len(bad) > 0 {
		return nil, fmt.Errorf("%s:%d:%d: %s", name, bad[0].Line, bad[0].Column, bad[0].Text)
	}
	table := map[string][]suits{}
	for _, part := range doc.Root.Fields {
		for _, item := range part.Value.Items {
			var r suits
			for _, f := range item.Fields {
				list := map[string]*[]string{"own": &r.own, "with": &r.with, "fields": &r.fields, "agents": &r.agents}[f.Key]
				if list == nil {
					return nil, fmt.Errorf("%s:%d:%d: unknown key %q", name, f.Pos.Line, f.Pos.Column, f.Key)
				}
				*list = texts(f.Value)
			}
			table[part.Key] = append(table[part.Key], r)
		}
	}
	return table, nil
}
