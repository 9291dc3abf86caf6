package agents

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"billow/failure"
	"billow/plan"
)

// maxHandoff bounds what a report may hand on in one field, in bytes of JSON. It is kept in the history of the run.
const maxHandoff = 64 << 10

// diagnosisKeys are what a diagnosis consists of, where a report does not have it as one object.
func diagnosisKeys() []string {
	return []string{"root_cause", "target_files", "reproduction", "reproduction_confirmed", "fix_recommendations"}
}

// readHandoff gathers what a report gives to those who go on with the work. The latest reports have it under
// `handoff`, those before have its parts among the other keys.
func readHandoff(v *plan.Value) map[string]string {
	out := map[string]string{}
	handoff := v.Get("handoff")
	diagnosis := first(handoff, failure.FieldDiagnosis)
	if diagnosis == nil {
		diagnosis = first(v, failure.FieldDiagnosis)
	}
	if diagnosis == nil {
		parts := mapping{}
		for _, key := range diagnosisKeys() {
			parts.value(key, v.Get(key))
		}
		// Only these two say something that others can go by.
		if o := parts.object(); first(o, "root_cause", "fix_recommendations") != nil {
			diagnosis = o
		}
	}
	keep := func(field string, v *plan.Value) {
		if v.IsNull() || v.Kind == plan.List && len(v.Items) == 0 || v.Kind == plan.Map && len(v.Fields) == 0 {
			return
		}
		data, err := json.Marshal(plan.ToAny(v))
		if err == nil && len(data) > maxHandoff {
			data, err = json.Marshal(strings.ToValidUTF8(string(data[:maxHandoff/2]), "") + " …")
		}
		if err == nil {
			out[field] = string(data)
		}
	}
	keep(failure.FieldDiagnosis, diagnosis)
	lint := first(handoff, failure.FieldLint)
	if lint == nil {
		lint = first(v, failure.FieldLint)
	}
	keep(failure.FieldLint, lint)
	if len(out) == 0 {
		return nil
	}
	return out
}

// StepFields are the fields of the task definition that come to a step of a remedy from those before it, whose handoff
// is fields as JSON texts; nil for none. The recommendations for the linter are the lint step's alone, which has them as
// its handoff. What cannot be read is left out.
func StepFields(purpose string, handoff map[string]string) *plan.Value {
	read := func(name string) *plan.Value {
		text, ok := handoff[name]
		if !ok {
			return nil
		}
		// JSON is YAML.
		doc, problems := plan.Parse(name, []byte(`{"v": `+text+`}`), plan.Limits{})
		if len(plan.Errors(problems)) > 0 || doc == nil || doc.Root == nil {
			return nil
		}
		return doc.Root.Get("v")
	}
	m := mapping{}
	if purpose == failure.ForLearnings {
		for _, name := range slices.Sorted(maps.Keys(handoff)) {
			m.value(name, read(name))
		}
		return m.object()
	}
	m.value(failure.FieldDiagnosis, read(failure.FieldDiagnosis))
	if purpose == failure.ForLint {
		lint := mapping{}
		lint.value(failure.FieldLint, read(failure.FieldLint))
		m.value("implementation_handoff", lint.object())
	}
	return m.object()
}

// readPlatform is the platform on which something failed: `platform`, or those of `platforms` that failed.
func readPlatform(v *plan.Value) string {
	if s := text(v, "platform"); s != "" {
		return oneLine(s)
	}
	platforms := v.Get("platforms")
	if platforms == nil {
		return ""
	}
	var out []string
	for _, f := range platforms.Fields {
		if strings.HasPrefix(normal(scalar(f.Value)), "fail") {
			out = append(out, f.Key)
		}
	}
	return strings.Join(out, ", ")
}
