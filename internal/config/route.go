package config

import (
	"fmt"

	"billow/plan"
)

// route is a rule of `routes`: the tasks for which when holds go to agent. In billow.yaml:
//
//	routes:
//	  - {when: 'item.priority == "high"', agent: gem-implementer}
//	  - {when: 'item.id startsWith "docs-"', agent: gem-documentation-writer}
//
// item is the task as the plan has it, with id, title, description, wave and priority under these names in
// every dialect.
type route struct {
	when, agent string
	origin      Origin
}

// Route says which agent does a task: its own, else that of the first route that holds, else DefaultAgent;
// "" where there is none. A route that cannot be worked out for a task (it asks for the length of what is not
// there) does not hold.
func (c *Config) Route(t *plan.Task) string {
	if t.Agent != "" {
		return t.Agent
	}
	if len(c.routes) > 0 {
		env := plan.ExprEnv{Item: routeItem(t)}
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, r := range c.routes {
			if ok, err := c.exprs.EvalWhen(r.when, env); err == nil && ok {
				return r.agent
			}
		}
	}
	return c.DefaultAgent
}

// routeItem is what an expression of a route can see.
func routeItem(t *plan.Task) map[string]any {
	item, ok := plan.ToAny(t.Source).(map[string]any)
	if !ok {
		item = map[string]any{}
	}
	item["id"], item["title"], item["description"], item["priority"] = t.ID, t.Title, t.Description, t.Priority
	if t.WaveSet {
		item["wave"] = t.Wave
	}
	return item
}

// routes reads the list; it takes the place of one in a file that counts less.
func (r *reader) routes(f plan.Field) {
	if f.Value.IsNull() {
		return
	}
	if f.Value.Kind != plan.List {
		r.wrong(f, "routes", "a list of rules, such as {when: 'item.wave > 1', agent: claude}")
		return
	}
	r.config.routes = nil
	for i, item := range f.Value.Items {
		where := fmt.Sprintf("routes[%d]", i)
		when, agent := item.Get("when"), item.Get("agent")
		if when == nil || agent == nil || when.Kind != plan.Scalar || agent.Kind != plan.Scalar || agent.Text == "" {
			r.problem(badRoute, plan.Error, item.Pos, where+" needs a `when` and an `agent`", "write {when: 'item.wave > 1', agent: claude}")
			continue
		}
		for _, inner := range item.Fields {
			if inner.Key != "when" && inner.Key != "agent" {
				known := []string{"when", "agent"}
				r.problem(unknownKey, plan.Warning, inner.Pos, fmt.Sprintf("%s has no key `%s`", where, clip(inner.Key)), suggestion(plan.Nearest(inner.Key, known), known))
			}
		}
		if _, err := r.config.exprs.CompileWhen(when.Text); err != nil {
			r.problem(badRoute, plan.Error, when.Pos, where+".when: "+err.Error(), err.Hint)
			continue
		}
		r.config.routes = append(r.config.routes, route{when: when.Text, agent: agent.Text, origin: r.origin(item.Pos)})
	}
}
