package control

import "billow/plan"

// contractsOf are the contracts of a plan that fit, as they are written; nil for none. Each is a mapping that names tasks
// under keys of its own: from_task and to_task, or from and to.
func contractsOf(p *plan.Plan, fits func(tasks []string) bool) *plan.Value {
	out := &plan.Value{Kind: plan.List}
	for _, c := range p.Root.Get("contracts").Elements() {
		var tasks []string
		for _, key := range []string{"from_task", "to_task", "from", "to", "producer", "consumer", "consumers", "tasks"} {
			tasks = append(tasks, c.Get(key).Strings()...)
		}
		if c.Kind == plan.Map && fits(tasks) {
			out.Items = append(out.Items, c)
		}
	}
	if len(out.Items) == 0 {
		return nil
	}
	return out
}
