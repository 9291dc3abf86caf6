package agents

import (
	"slices"
	"strconv"
	"strings"

	"billow/failure"
	"billow/plan"
)

// verdict is what a report's status comes down to.
type verdict int

const (
	unknownStatus verdict = iota
	succeeded
	notDone
)

// verdictOf reads a status; exact is true for the words of the format itself, false for other words for the
// same that agents use.
func verdictOf(status string) (v verdict, exact bool) {
	switch normal(status) {
	case "completed":
		return succeeded, true
	case "failed", "blocked", "in_progress", "needs_retry", "needs_revision", "needs_replan", "needs_approval":
		return notDone, true
	case "complete", "done", "success", "succeeded":
		return succeeded, false
	case "fail", "failure", "error", "escalate", "needs_input", "incomplete":
		return notDone, false
	}
	return unknownStatus, false
}

// normal spells a word as the format does: lower case, underscores.
func normal(s string) string {
	return strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(strings.TrimSpace(s)))
}

func kindOf(s string) (failure.Kind, bool) {
	k := failure.Kind(normal(s))
	return k, slices.Contains(failure.Kinds(), k)
}

// ReadReport reads a report from an object, with the field names of every era of the format. An unknown
// status is an error that names it; every other key that is missing or odd is left out. Raw and Usage are not
// set.
func ReadReport(v *plan.Value) (Report, *ReportError) {
	if v == nil || v.Kind != plan.Map {
		return Report{}, reportErrorf("the report is not an object")
	}
	v = withExtra(v)
	status := text(v, "status")
	// "none", "null" and false say that there was no failure.
	fail := text(v, "fail", "failure_type")
	switch normal(fail) {
	case "none", "null", "false", "n/a":
		fail = ""
	}
	if status == "" {
		if fail == "" {
			return Report{}, reportErrorf("the report has no status")
		}
		status = "failed"
	}
	how, _ := verdictOf(status)
	if how == unknownStatus {
		return Report{}, reportErrorf("the report has the unknown status %q", oneLine(status))
	}

	r := Report{
		Summary:    oneLine(text(v, "summary", "tldr", "tl_dr")),
		Confidence: share(v.Get("confidence")),
		Files:      readFiles(v),
		Learn:      readLearn(v),
		Outputs:    readOutputs(v.Get("outputs")),
		Findings:   readFindings(v),
		Tests:      readTests(first(v, "tests", "test_results", "flows")),
		Questions:  readQuestions(v),
		Handoff:    readHandoff(v),
	}
	kind, _ := kindOf(fail)
	switch {
	case how == notDone || fail != "" && kind != failure.Flaky && kind != failure.PlatformSpecific:
		r.Failure = &failure.Observation{Reported: fail, Status: status, Message: failureText(v, r, status, fail, how)}
	case fail != "":
		// Completed, and flaky or another platform's trouble: the agent's word for a flag.
		r.Flag = string(kind)
	}
	if r.Failure == nil && normal(text(v, "app_behavior_valid")) == "false" {
		// A debugger's verdict on a tester's evidence, done well and said in its own words.
		r.Failure = &failure.Observation{Reported: string(failure.NewFailure), Status: status,
			Message: firstOf(oneLine(text(v, "root_cause")), r.Summary, "the application does not behave as it should")}
	}
	if r.Failure != nil {
		r.Failure.Platform = readPlatform(v)
	}
	if wantsApproval(v, status) {
		r.NeedsApproval = &Question{
			Text:    firstOf(text(v, "approval_reason"), text(v, "needs_approval_reason", "blocked_reason"), r.Summary, "the agent asks for approval and gave no reason"),
			Context: text(v, "context", "approval_context"),
			Risk:    text(v, "risk", "approval_risk"), Decision: text(v, "requested_decision", "decision"),
		}
		if r.Failure == nil {
			// Work that waits for an approval has not been done, whatever its status says.
			r.Failure = &failure.Observation{Status: string(failure.NeedsApproval), Message: r.NeedsApproval.Text}
		}
	}
	if r.Failure != nil {
		r.Failure.RequiredInput = oneLine(firstOf(text(v, "required_input"), strings.Join(texts(v.Get("required_input")), "; ")))
		r.Failure.NextStep = oneLine(text(v, "recommended_next_step", "next_step"))
	}
	return r, nil
}

// withExtra lays what stands in `extra`, where reports had most of their keys until May 2026, under the report.
func withExtra(v *plan.Value) *plan.Value {
	extra := v.Get("extra")
	if extra == nil || extra.Kind != plan.Map {
		return v
	}
	out := *v
	out.Fields = slices.Clone(v.Fields)
	for _, f := range extra.Fields {
		if v.Get(f.Key).IsNull() && f.Key != "status" {
			out.Fields = append(out.Fields, f)
		}
	}
	return &out
}

// failureText says in one line why the work is not done, in the agent's own words where it gave any.
func failureText(v *plan.Value, r Report, status, fail string, how verdict) string {
	if s := firstOf(text(v, "blocked_reason"), text(v, "reason", "failure_reason", "approval_reason"), errorText(v), r.Summary); s != "" {
		return oneLine(s)
	}
	if len(r.Findings) > 0 {
		return oneLine(r.Findings[0])
	}
	switch {
	case how == succeeded:
		return "the agent reported " + oneLine(status) + " and a failure: " + oneLine(fail)
	case fail != "":
		return "the agent reported " + oneLine(status) + ": " + oneLine(fail)
	}
	return "the agent reported " + oneLine(status)
}

func wantsApproval(v *plan.Value, status string) bool {
	switch normal(text(v, "approval_state")) {
	case "approved", "granted", "denied", "not_required":
		return normal(status) == string(failure.NeedsApproval)
	case "pending":
		return true
	}
	return normal(status) == string(failure.NeedsApproval) || yes(v.Get("approval_needed")) ||
		yes(v.Get("needs_approval")) || normal(text(v, "fail", "failure_type")) == string(failure.NeedsApproval)
}

// share is a confidence: 0..1, or per cent.
func share(v *plan.Value) float64 {
	s, percent := strings.CutSuffix(scalar(v), "%")
	n, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || !(n >= 0 && n <= 100) {
		return 0
	}
	if percent || n > 1 {
		n /= 100
	}
	return n
}

// readFiles gathers the files an agent says it made or changed: files {modified, created} or a list,
// files_changed, files_modified, and the created and updated of the writers.
func readFiles(v *plan.Value) []string {
	var out []string
	add := func(v *plan.Value) {
		for _, item := range v.Elements() {
			s := firstOf(scalar(item), text(item, "path", "file"))
			// "files_modified": 3 is a count.
			if s != "" && !isNumber(item) && !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	if files := v.Get("files"); files != nil && files.Kind == plan.Map {
		for _, f := range files.Fields {
			add(f.Value)
		}
	} else {
		add(files)
	}
	for _, key := range []string{"files_changed", "files_modified", "files_created", "created", "updated", "paths"} {
		add(v.Get(key))
	}
	return out
}

// readLearn gathers what the agent learnt: text, a list of texts or {text, confidence}, or the older
// learnings {facts, patterns, conventions}.
func readLearn(v *plan.Value) []string {
	out := texts(v.Get("learn"))
	if older := v.Get("learnings"); older != nil && older.Kind == plan.Map {
		for _, f := range older.Fields {
			out = append(out, texts(f.Value)...)
		}
		return out
	}
	return append(out, texts(v.Get("learnings"))...)
}

// readFindings gathers findings of every kind, worst first.
func readFindings(v *plan.Value) []string {
	var out []string
	for _, key := range []string{"critical_findings", "security_findings", "blocking", "critical_issues", "top_findings",
		"crashes", "findings", "failures"} {
		if isNumber(v.Get(key)) {
			// A count says nothing that the list beside it does not.
			continue
		}
		for _, s := range texts(v.Get(key)) {
			if !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	return out
}

// isNumber tells a count from a text.
func isNumber(v *plan.Value) bool {
	_, err := strconv.ParseFloat(scalar(v), 64)
	return err == nil && v.Style == plan.Plain
}

// texts are the texts of a list; an element that is an object is told by its most telling keys.
func texts(v *plan.Value) []string {
	var out []string
	for _, item := range v.Elements() {
		s := scalar(item)
		if s == "" && item.Kind == plan.Map {
			s = objectText(item)
		}
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

func objectText(v *plan.Value) string {
	s := text(v, "text", "finding", "issue", "description", "message", "question", "scenario", "title")
	if place := text(v, "file", "path"); place != "" {
		if line := text(v, "line"); line != "" {
			place += ":" + line
		}
		s = strings.TrimSuffix(place+" — "+s, " — ")
	}
	return strings.TrimSpace(text(v, "severity") + " " + s)
}

// readOutputs reads {name: value}, or the list of {id, path} of later plans. Values that are no scalars are
// left out: an output is text.
func readOutputs(v *plan.Value) map[string]string {
	out := map[string]string{}
	switch {
	case v == nil:
	case v.Kind == plan.Map:
		for _, f := range v.Fields {
			if f.Value.Kind == plan.Scalar && f.Key != "" {
				out[f.Key] = f.Value.Text
			}
		}
	case v.Kind == plan.List:
		for _, item := range v.Items {
			if name := text(item, "id", "name"); name != "" {
				out[name] = text(item, "value", "path")
			}
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// readTests reads {passed, failed}, or the sum of such counts by platform.
func readTests(v *plan.Value) Tests {
	t := Tests{Passed: int(number(v.Get("passed"))), Failed: int(number(v.Get("failed")))}
	if v == nil || v.Kind != plan.Map || t != (Tests{}) {
		return t
	}
	for _, platform := range v.Fields {
		t.Passed += int(number(platform.Value.Get("passed")))
		t.Failed += int(number(platform.Value.Get("failed")))
	}
	return t
}

// readQuestions gathers the questions the work cannot go on without. Questions are taken for such unless
// clarification_needed says no. What a researcher or a critic would like to know counts where they say that
// they need input.
func readQuestions(v *plan.Value) []Question {
	needed := v.Get("clarification_needed")
	if normal(scalar(needed)) == "false" {
		return nil
	}
	asked := v.Get("questions")
	if normal(text(v, "next_action")) == "needs_input" || normal(text(v, "critic_verdict")) == "needs_input" {
		asked = first(v, "questions", "next_questions", "decision_blockers", "blockers")
	}
	var out []Question
	for _, item := range asked.Elements() {
		if s := firstOf(scalar(item), text(item, "text", "question", "description")); s != "" {
			q := Question{Text: s, Type: answerType(text(item, "answer_type", "type")), Context: text(item, "context"),
				Risk: text(item, "risk"), Decision: text(item, "requested_decision", "decision"),
				Recommended: text(item, "recommended", "default", "recommendation")}
			for _, o := range item.Get("options").Elements() {
				if s := firstOf(scalar(o), text(o, "label", "text", "value")); s != "" {
					q.Options = append(q.Options, s)
				}
			}
			out = append(out, q)
		}
	}
	if len(out) > 0 || needed.IsNull() {
		return out
	}
	for _, s := range texts(needed) {
		if yes(needed) {
			s = firstOf(text(v, "blocked_reason", "summary"), "the agent needs a clarification and did not say which")
		}
		out = append(out, Question{Text: s})
	}
	return out
}

// answerType is what an answer must be, in the words of whoever asks; "" where they say something else. In plans
// `type` says what a question is for.
func answerType(word string) string {
	switch normal(word) {
	case "yes_no", "yesno", "boolean", "bool", "confirm", "confirmation":
		return "yes_no"
	case "number", "integer", "int", "float":
		return "number"
	case "text", "string", "free_text":
		return "text"
	case "choice", "select", "enum", "options":
		return "choice"
	}
	return ""
}
