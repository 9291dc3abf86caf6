package control

import (
	"fmt"
	"slices"

	"billow/agents"
	"billow/engine"
	"billow/failure"
	"billow/plan"
)

// gateBrief fills in what the agent of a gate's step is told: the reviewer what to check, a writer what to write down.
func (w *World) gateBrief(in *agents.BriefInput, t engine.TaskView) {
	task := *in.Task
	in.Task = &task
	if in.Purpose == failure.ForReplan {
		task.Description = "What is wrong with " + waveText(w.state, t) + " is not mended by doing its tasks again: critical_findings has what its " +
			"reviewer found, and reopen the completed tasks that are done again all the same, once the plan is revised."
		return
	}
	if in.Purpose == failure.ForLearnings {
		task.Title = "Write down what was learnt in " + waveText(w.state, t)
		task.Description = "The agents of " + waveText(w.state, t) + " have reported what is given here. Each item says where it belongs (target) and " +
			"who found it out (source_task_id). Write it there, short and in the words of the place; leave out what stands there " +
			"already, and what turns out to be wrong. Change nothing else."
		in.Fields = agents.StepFields(in.Purpose, t.Handoff)
		return
	}
	task.Description = "Check what " + waveText(w.state, t) + " has changed, as a whole: review_scope has its tasks, the files they say they " +
		"changed, and the contracts that are to hold. Change nothing. Report completed when it holds together; else needs_revision " +
		"with critical_findings, each as SEVERITY file:line — issue, and with reopen: the ids of the tasks that must be done again. " +
		"They are, with what you found, and then you are asked again. Report needs_replan where it is the plan that is wrong: work is " +
		"missing, say. A planner revises it with your findings, and then you are asked again. Report failed with fail: escalate where " +
		"neither helps and a person must decide."
	class := plan.Classify(w.plan, string(w.class))
	depth := "standard"
	if class.Class == plan.High {
		depth = "full"
	}
	wave := w.checkables(t)
	var tasks []mapping
	var changed []string
	for _, c := range wave {
		m := mapping{{"id", c.ID}}
		if task := w.task(c.TaskView); task != nil {
			m = append(m, entry{"title", task.Title}, entry{"acceptance_criteria", acceptanceOf(task)})
		}
		tasks = append(tasks, append(m, entry{"summary", c.summary}))
		for _, name := range c.files {
			if !slices.Contains(changed, name) {
				changed = append(changed, name)
			}
		}
	}
	scope := mapping{{"kind", "wave"}, {"tasks", tasks}, {"changed_files", changed}}
	if t.Wave > 0 {
		scope = slices.Insert(scope, 1, entry{"wave", t.Wave})
	}
	in.Fields = valueOf(mapping{
		{"acceptance_criteria", []string{"what the tasks changed works together, and nothing that worked before is broken",
			"the acceptance criteria of each task hold", "the contracts between the tasks hold"}},
		{"review_scope", scope}, {"review_depth", depth},
		{"review_security_sensitive", slices.Contains(class.Signals, "security_sensitive") || slices.Contains(class.Signals, "auth_change")},
	})
	if contracts := contractsOf(w.plan, func(tasks []string) bool { return w.within(t, tasks) }); contracts != nil {
		scope := in.Fields.Get("review_scope")
		scope.Fields = append(scope.Fields, plan.Field{Key: "contracts", Value: contracts})
	}
	if w.plan.Root.Get("plan_summary").IsNull() {
		p, root := *w.plan, *w.plan.Root
		root.Fields = append(slices.Clip(root.Fields), plan.Field{Key: "plan_summary", Value: valueOf(mapping{{"s", summaryOf(w.plan)}}).Get("s")})
		p.Root, in.Plan = &root, &p
	}
}

// within reports whether all of some tasks are in waves up to that of a gate.
func (w *World) within(gate engine.TaskView, tasks []string) bool {
	strict := w.state.Limits().Strict
	for _, id := range tasks {
		if t, ok := w.state.Task(id); !ok || strict && t.Wave > gate.Wave {
			return false
		}
	}
	return len(tasks) > 0
}

// acceptanceOf are the acceptance criteria of a task, commands and texts.
func acceptanceOf(t *plan.Task) []string {
	for _, key := range []string{"acceptance_criteria", "ac"} {
		if v := t.Source.Get(key); !v.IsNull() {
			return v.Strings()
		}
	}
	return t.Accept
}

// valueOf is a mapping as a value.
func valueOf(m mapping) *plan.Value {
	doc, problems := plan.Parse("mapping", m.yaml(), plan.Limits{})
	if bad := plan.Errors(problems); len(bad) > 0 || doc == nil {
		// What the mapping writes is YAML, whatever the texts in it are.
		panic(fmt.Sprintf("a mapping is no YAML: %v", problems))
	}
	return doc.Root
}
