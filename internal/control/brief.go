package control

import (
	"encoding/json"

	"billow/agents"
	"billow/engine"
	"billow/plan"
)

// brief is the text that an agent is given for a step.
func (w *World) brief(t engine.TaskView, task *plan.Task, agent string, attempt int, inputs []plan.EnvVar, secrets []string) string {
	in := agents.BriefInput{Plan: w.plan, Task: task, Complexity: string(w.class), Context: w.context, Config: w.opened.Config.Handed(),
		Attempt: attempt, Answers: t.Answers, Secrets: secrets}
	if len(inputs) > 0 {
		in.Inputs = make(map[string]string, len(inputs))
		for _, v := range inputs {
			in.Inputs[v.Name] = v.Value
		}
	}
	in.Asked = t.Asked
	if t.Approval == engine.ApprovalApproved {
		in.Approved = &agents.Approval{For: t.Wanted, Note: t.Note}
	}
	if t.Signal != nil {
		in.Failures = []agents.PastFailure{{Attempt: t.Attempt - 1, Kind: t.Signal.Kind, Message: t.Signal.Message}}
	}
	return agents.Brief(agent, in)
}

// itemText is a foreach item as the environment has it: text as it is, anything else as JSON.
func itemText(item string) string {
	var text string
	if json.Unmarshal([]byte(item), &text) == nil {
		return text
	}
	return item
}
