package plan

// NeedsApproval reports whether a task needs an approval because of where it works: one of gem-devops (or of
// `devops`, as some plans call it) whose `environment` is among those that need one. That a task says so itself
// (`requires_approval`, `devops_security_sensitive`) stands in Task.RequiresApproval. agent is who does the task, which
// routes may say and not the plan.
func NeedsApproval(t *Task, agent string, environments []string) bool {
	env := t.Source.Get("environment")
	return roleOf(agent) == "devops" && env != nil && env.Kind == Scalar && contains(environments, statusWord(env.Text))
}
