package plan

import "fmt"

func ruleUnknownAgent() Rule {
	return Rule{
		Code: "P040", Title: "an agent that cannot be reached", Severity: Error,
		What: "Tasks name an agent for which no adapter is configured. Tasks that are over, and tasks with a command " +
			"of their own, need none. Where the project has no agents at all, `billow check` only warns: the plan " +
			"may be run by something else.",
		Why: "Nobody would do the work. An adapter says how an agent is reached: by which program, over which " +
			"protocol, or that it is a person.",
		Bad:  "tasks:\n  - id: a\n    agent: gem-implementr\n    acceptance_criteria: [it works]\n",
		Good: "tasks:\n  - id: a\n    agent: gem-implementer\n    acceptance_criteria: [it works]\n",
		check: func(c *checker) {
			if c.opts.Agents == nil {
				return
			}
			tasks := map[string][]*Task{}
			var names []string
			for _, t := range c.plan.Tasks {
				name := c.agentOf(t)
				if name == "" || t.settled() {
					continue
				}
				if tasks[name] == nil {
					names = append(names, name)
				}
				tasks[name] = append(tasks[name], t)
			}
			for _, name := range names {
				known, hint := c.opts.Agents(name)
				if known {
					continue
				}
				first := tasks[name][0]
				text := fmt.Sprintf("the agent %q of %q cannot be reached: it has no adapter", clip(name), clip(first.ID))
				if n := len(tasks[name]); n > 1 {
					text = fmt.Sprintf("the agent %q of %q and %s cannot be reached: it has no adapter",
						clip(name), clip(first.ID), plural(n-1, "other task"))
				}
				c.report(first, first.at("agent"), text, hint)
			}
		},
	}
}

// agentOf is who does a task: nobody where it has a command.
func (c *checker) agentOf(t *Task) string {
	switch {
	case t.Run != "":
		return ""
	case t.Agent != "":
		return t.Agent
	}
	return c.opts.DefaultAgent
}
