package agents

import (
	"fmt"
	"strings"

	"billow/plan"
)

// MaxReport is how much of an output is searched for a report, in bytes from its end: 8 MiB.
const MaxReport = 8 << 20

// ReportError says why an output holds no usable report.
type ReportError struct {
	// Missing is true when there simply is no report; an adapter for which reports are optional may then let
	// exit status and acceptance decide. It is false when there is one that cannot be used, and when the CLI
	// itself said that it ended with an error.
	Missing bool
	// Text says what is wrong, Hint what the agent should have written; lower case, no full stop.
	Text, Hint string
}

func (e *ReportError) Error() string { return e.Text }

const reportHint = `the agent must end with one JSON object that has a "status", such as {"status": "completed"}`

// ParseReport finds the report in what an agent printed and reads it.
//
// The output may be the report alone, prose with reports in it (the last one counts, fenced or not), or what
// a CLI prints in its JSON mode: one result object or a stream of events, in which the agent's own text is
// looked for. JSON is read leniently: comments, trailing and missing commas, bare keys and single quotes are
// accepted. An output that ends in the middle of a report has none, whatever reports came before. With an error the returned Report still holds what was found besides: Usage.
func ParseReport(out []byte) (Report, *ReportError) {
	if len(out) > MaxReport {
		out = out[len(out)-MaxReport:]
	}
	f := finder{}
	f.scan(string(out))
	if f.broken != "" {
		// An earlier report is not taken in its place: what the agent said last might be the opposite.
		return Report{Usage: f.usage, Raw: []byte(f.raw)}, &ReportError{
			Text: "the report at the end of the output breaks off: " + f.broken, Hint: reportHint}
	}
	if f.report == nil {
		err := &ReportError{Missing: true, Text: "no report in the agent's output", Hint: reportHint}
		switch {
		case f.failed != "":
			err.Missing, err.Hint = false, ""
			err.Text = "the agent ended with an error: " + oneLine(f.failed)
		case len(strings.TrimSpace(string(out))) == 0:
			err.Text = "the agent printed nothing"
		}
		return Report{Usage: f.usage}, err
	}
	r, err := ReadReport(f.report)
	if err != nil {
		return Report{Usage: f.usage, Raw: []byte(f.raw)}, err
	}
	r.Raw, r.Usage = []byte(f.raw), f.usage
	if f.failed != "" && r.Failure == nil {
		// The CLI's own verdict comes after the agent's words and is the better evidence.
		return r, &ReportError{Text: "the agent reported completed, then ended with an error: " + oneLine(f.failed)}
	}
	return r, nil
}

// finder goes through an output once, from front to back, and keeps the last report it meets.
type finder struct {
	report *plan.Value
	raw    string
	usage  Usage
	// broken says where the report that the output ends in the middle of breaks off; "" where it does not.
	broken string
	// failed is the error the CLI itself ended with, "" when it ended well or said nothing.
	failed string
	// chunks joins text that a CLI streams in pieces.
	chunks strings.Builder
	// work counts the bytes that were looked at.
	work int
	// depth counts texts within texts: a report stands in a string of a result object at most.
	depth int
}

// retryBudget bounds the search to linear time: text that looked like an object and was not is searched for
// objects inside it, until such searches have cost this many times the length of the output.
const retryBudget = 16

func (f *finder) scan(text string) {
	l := lenient{src: text}
	budget := retryBudget * len(text)
	for pos := 0; ; {
		i := strings.IndexByte(text[pos:], '{')
		if i < 0 {
			break
		}
		start := pos + i
		v, end, ok := l.object(start)
		f.work += end - start
		if ok {
			f.object(v, text[start:end])
			pos = end
			continue
		}
		if l.cut && v != nil && looksLikeReport(v) {
			// All that follows stands within it.
			f.raw, f.broken = text[start:], l.fault+" after "+lastWords(text)
			return
		}
		pos = start + 1
		if budget -= end - start; budget < 0 {
			pos = max(pos, min(end, len(text)))
		}
	}
	f.flush()
}

func (f *finder) object(v *plan.Value, raw string) {
	e, ok := readCLIObject(v)
	if !ok || !e.chunk {
		f.flush()
	}
	if !ok {
		f.candidate(v, raw)
		return
	}
	f.usage.InputTokens += e.usage.InputTokens
	f.usage.OutputTokens += e.usage.OutputTokens
	f.usage.USD += e.usage.USD
	if e.failed != "" || e.ended {
		f.failed = e.failed
	}
	if e.object != nil {
		f.candidate(e.object, raw)
	}
	if e.chunk {
		f.chunks.WriteString(e.text)
		return
	}
	f.inner(e.text)
}

func (f *finder) flush() {
	if f.chunks.Len() > 0 {
		text := f.chunks.String()
		f.chunks.Reset()
		f.inner(text)
	}
}

// inner looks for a report in text that was itself a string in the output.
func (f *finder) inner(text string) {
	if text == "" || f.depth >= 2 {
		return
	}
	g := finder{depth: f.depth + 1}
	g.scan(text)
	f.work += g.work
	if g.report != nil || g.broken != "" {
		f.report, f.raw, f.broken = g.report, g.raw, g.broken
	}
}

func (f *finder) candidate(v *plan.Value, raw string) {
	if looksLikeReport(v) {
		f.report, f.raw, f.broken = v, raw, ""
		return
	}
	for _, key := range []string{"report", "result", "response", "output"} {
		if in := v.Get(key); in != nil && in.Kind == plan.Map && looksLikeReport(in) {
			f.report, f.raw, f.broken = in, raw, ""
			return
		}
	}
}

// looksLikeReport tells a report from the other JSON that agents print (API replies, tool results, configs).
func looksLikeReport(v *plan.Value) bool {
	if v.Kind != plan.Map {
		return false
	}
	other := false
	for _, key := range reportKeys() {
		if !v.Get(key).IsNull() {
			other = true
			break
		}
	}
	status := text(v, "status")
	if status == "" {
		_, known := kindOf(text(v, "fail", "failure_type"))
		return known
	}
	if other {
		return true
	}
	verdict, exact := verdictOf(status)
	return verdict != unknownStatus && exact && v.Get("type").IsNull()
}

// reportKeys are keys that stand in reports of any era and hardly elsewhere beside a status.
func reportKeys() []string {
	return []string{"task_id", "fail", "failure_type", "confidence", "learn", "learnings", "files",
		"files_changed", "tests", "findings", "critical_findings", "questions", "outputs", "blocked_reason",
		"summary", "approval_needed", "approval_state", "needs_approval", "clarification_needed", "verdict",
		"files_modified", "root_cause", "plan_id"}
}

// oneLine is text for a message: one line, at most 300 characters.
func oneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 300 {
		return string(r[:299]) + "…"
	}
	return s
}

// lastWords is the end of a text, for a message.
func lastWords(s string) string {
	const most = 40
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s[max(0, len(s)-4*most):], "")), " ")
	if r := []rune(s); len(r) > most {
		s = "…" + string(r[len(r)-most:])
	}
	return "`" + s + "`"
}

func reportErrorf(format string, args ...any) *ReportError {
	return &ReportError{Text: fmt.Sprintf(format, args...), Hint: reportHint}
}
