package control

import (
	"encoding/json"
	"path"
	"regexp"
	"slices"
	"strings"

	"billow/agents"
	"billow/engine"
	"billow/failure"
	"billow/plan"
)

// Review reads what a gate's reviewer decided. ok is false where that cannot be known: there is no report, or it says that
// the review itself went wrong.
func (w *World) Review(gate string, r agents.Report) (review engine.Review, ok bool) {
	t, known := w.state.Task(gate)
	if !known {
		return review, false
	}
	report := agents.ReportObject(r.Raw)
	if report == nil && r.Failure != nil && r.Failure.Status != "" && r.Failure.Reported == "" {
		// A person who reviews says in words what is wrong.
		report = valueOf(mapping{{"status", r.Failure.Status}, {"critical_findings", []string{r.Failure.Message}}})
	}
	if r.Failure != nil && (report == nil || unfinished(report)) {
		return review, false
	}
	if t.State = engine.Done; r.Failure != nil {
		t.State, t.Signal = engine.Failed, &failure.Signal{Message: r.Failure.Message}
	}
	v := verdictOf(t, report)
	review = engine.Review{Passed: v.passed, Summary: v.why, Findings: v.findings}
	wave := w.checkables(t)
	if v.passed {
		if review.Summary == "" {
			review.Summary = r.Summary
		}
		review.Steps, review.Handoff = w.afterGate(wave, r)
		return review, true
	}
	switch {
	case r.Failure != nil && failure.Classify(*r.Failure, nil).Kind == failure.NeedsReplan:
		review.Replan, review.Handoff = true, forPlanner(report, v.findings, wave)
	case !v.hopeless:
		review.Reopen = reopens(report, v.findings, wave)
	}
	return review, true
}

// The fields in which a gate hands on to a planner what was found, and what is to be done again by the new plan.
const (
	fieldCritical = "critical_findings"
	fieldReopen   = "reopen"
)

// forPlanner is what a reviewer who wants another plan has for whoever makes it. What is not listed under reopen stays
// done: it is the plan that is wrong, not the work that the findings name.
func forPlanner(report *plan.Value, findings []string, wave []checkable) map[string]string {
	out := map[string]string{fieldCritical: jsonText(findings)}
	if report.Get("reopen").IsNull() {
		return out
	}
	if list := reopens(report, findings, wave); len(list) > 0 {
		out[fieldReopen] = jsonText(list)
	}
	return out
}

// jsonText is a value of texts and numbers, which can be written, as JSON.
func jsonText(v any) string {
	data, _ := json.Marshal(v)
	return string(data)
}

// reviewed is what the gate that has a plan revised has handed on; nothing where no gate asked.
func reviewed(t engine.TaskView) (findings []string, reopen []engine.Reopened) {
	// What this version wrote it can read; of what another wrote nothing is taken that it cannot.
	_ = json.Unmarshal([]byte(t.Handoff[fieldCritical]), &findings)
	_ = json.Unmarshal([]byte(t.Handoff[fieldReopen]), &reopen)
	return findings, reopen
}

// unfinished reports whether a report says that its work may succeed when it is tried again, which is no verdict.
func unfinished(report *plan.Value) bool {
	word := func(key string) string { return strings.ToLower(strings.TrimSpace(report.Get(key).Inline())) }
	return word("status") == "needs_retry" || word("fail") == string(failure.Transient) || word("failure_type") == string(failure.Transient)
}

// reopens are the tasks of a wave that go back for what was found in it: those that the report lists under reopen, else
// those whose ids stand in the findings, else those whose reports name a file that a finding names. Each is told the
// findings that are about it, or all where none is. The name of a foreach stands for all of its items.
func reopens(report *plan.Value, findings []string, wave []checkable) []engine.Reopened {
	listed := map[string]string{}
	for _, item := range report.Get("reopen").Elements() {
		id, why := item.Inline(), ""
		if item.Kind == plan.Map {
			id = firstText(item, "id", "task", "task_id")
			why = firstText(item, "finding", "reason", "why", "issue")
		}
		listed[strings.TrimSpace(id)] = why
	}
	byName := func(t checkable, finding string) bool { return names(finding, t.ID) || names(finding, t.Parent) }
	byFile := func(t checkable, finding string) bool { return namesFile(finding, t.files) }
	for _, about := range []func(checkable, string) bool{nil, byName, byFile} {
		var out []engine.Reopened
		for _, t := range wave {
			why, ok := listed[t.ID]
			if !ok && t.Parent != "" {
				why, ok = listed[t.Parent]
			}
			var own []string
			for _, f := range findings {
				if about == nil && (byName(t, f) || byFile(t, f)) || about != nil && about(t, f) {
					own = append(own, f)
				}
			}
			switch {
			case about == nil && !ok, about != nil && len(own) == 0:
				continue
			case why != "":
				own = []string{why}
			case len(own) == 0:
				own = findings
			}
			out = append(out, engine.Reopened{Task: t.ID, Finding: cut(strings.Join(own, "; "), mostFinding)})
		}
		if len(out) > 0 {
			return out
		}
	}
	return nil
}

func firstText(v *plan.Value, keys ...string) string {
	for _, key := range keys {
		if s := v.Get(key).Inline(); s != "" {
			return s
		}
	}
	return ""
}

// names reports whether a text has an id in it as a word of its own.
func names(text, id string) bool {
	part := func(c byte) bool {
		return c == '_' || c == '-' || c == '.' || c == '/' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
	}
	for from := 0; ; {
		i := strings.Index(text[from:], id)
		if i < 0 || id == "" {
			return false
		}
		i += from
		end := i + len(id)
		before := i > 0 && part(text[i-1])
		// A full stop behind it ends the sentence, not the word.
		after := end < len(text) && part(text[end]) && !(text[end] == '.' && (end+1 == len(text) || !part(text[end+1])))
		if !before && !after {
			return true
		}
		from = i + 1
	}
}

// placePattern is what looks like the name of a file, with its line or without: `CRITICAL src/api.go:12 — …`.
var placePattern = regexp.MustCompile(`[\w./\\@+-]+\.\w+`)

// namesFile reports whether a text names one of some files, whole or by the end of its path.
func namesFile(text string, files []string) bool {
	for _, place := range placePattern.FindAllString(text, -1) {
		place = path.Clean(strings.ReplaceAll(place, `\`, "/"))
		if slices.ContainsFunc(files, func(f string) bool {
			f = path.Clean(strings.ReplaceAll(f, `\`, "/"))
			return f == place || strings.HasSuffix(f, "/"+place) || strings.HasSuffix(place, "/"+f)
		}) {
			return true
		}
	}
	return false
}
