package control

import (
	"encoding/json"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"billow/agents"
	"billow/engine"
	"billow/plan"
)

// brief is the text that the agent of an assignment is given; purpose is what a step of a remedy is for, fields are what
// the run adds to the task.
func (w *World) brief(t engine.TaskView, task *plan.Task, a agents.Assignment, purpose string, fields *plan.Value, inputs []plan.EnvVar) string {
	in := agents.BriefInput{Plan: w.plan, Task: task, Complexity: string(w.class), Context: w.context, Config: w.opened.Config.Handed(),
		Purpose: purpose, Fields: fields, Attempt: a.Attempt, Answers: t.Answers, Secrets: a.Secrets}
	if len(inputs) > 0 {
		in.Inputs = make(map[string]string, len(inputs))
		for _, v := range inputs {
			in.Inputs[v.Name] = v.Value
		}
	}
	in.Asked = t.Asked
	if purpose == "" && !t.Gate {
		in.Fields = w.diagnosed(t)
	}
	switch {
	case t.Gate:
		w.gateBrief(&in, t)
	case t.Wave > 1:
		id := task.ID
		in.Contracts = contractsOf(w.plan, func(tasks []string) bool { return slices.Contains(tasks, id) })
	}
	if t.Approval == engine.ApprovalApproved {
		in.Approved = &agents.Approval{For: t.Wanted, Note: t.Note}
	}
	if past := t.Past; past != nil {
		f := agents.PastFailure{Attempt: past.Attempt, Kind: past.Signal.Kind, Message: past.Signal.Message}
		if past.Signal.Rule != engine.RuleGate { // what a gate has found is not in what the attempt printed
			f.Command, f.Output = commandOf(task, past.Step), w.printed(t.ID, past.Attempt, past.Step)
		}
		in.Failures = []agents.PastFailure{f}
	}
	return agents.Brief(a.Agent, in)
}

// diagnosed are the fields that come to a task from the debuggers it needs: a diagnosis is made for whoever comes after it.
// nil for none.
func (w *World) diagnosed(t engine.TaskView) *plan.Value {
	handoff := map[string]string{}
	for _, id := range t.Needs {
		need, ok := w.state.Task(id)
		if !ok || need.Agent != debuggerAgent || need.State != engine.Done {
			continue
		}
		for _, report := range w.checkable(need).reports {
			if r, err := agents.ReadReport(report); err == nil {
				maps.Copy(handoff, r.Handoff)
			}
		}
	}
	return agents.StepFields("", handoff)
}

// printed is the end of what a step printed, errors last; "" where it left nothing that can be read.
func (w *World) printed(task string, attempt int, step string) string {
	const most = 4 << 10
	files, err := attemptFiles(w.opened.Root, w.run, task, attempt)
	if err != nil {
		return ""
	}
	var out strings.Builder
	for _, output := range []string{"stdout.log", "stderr.log"} {
		name := output
		if step != "" && step != engine.StepDo {
			name = step + "." + output
		}
		for _, f := range files {
			if f.Name != name {
				continue
			}
			if file, err := os.Open(f.Path); err == nil {
				text, _ := io.ReadAll(io.NewSectionReader(file, max(f.Size-most, 0), most))
				file.Close()
				out.Write(text)
			}
		}
	}
	return strings.ToValidUTF8(out.String(), "")
}

// itemText is a foreach item as the environment has it: text as it is, anything else as JSON.
func itemText(item string) string {
	var text string
	if json.Unmarshal([]byte(item), &text) == nil {
		return text
	}
	return item
}
