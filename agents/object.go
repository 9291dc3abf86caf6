package agents

import "billow/plan"

// ReportObject is the last report in an output as an object, for keys that Report has no field for: a planner's plan, a
// reviewer's missing criteria. It is looked for as ParseReport does; nil is that there is none.
func ReportObject(out []byte) *plan.Value {
	if len(out) > MaxReport {
		out = out[len(out)-MaxReport:]
	}
	f := finder{}
	f.scan(string(out))
	if f.report == nil || f.broken != "" {
		return nil
	}
	return withExtra(f.report)
}
