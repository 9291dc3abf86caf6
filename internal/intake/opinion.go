package intake

import (
	"fmt"
	"slices"
	"strings"

	"billow/plan"
)

// Opinion is what an agent says that is asked, once, where the rules cannot tell.
type Opinion struct {
	Intent      Intent     `json:"intent,omitempty"`
	Class       plan.Class `json:"complexity"`
	Signals     []string   `json:"risk_signals,omitempty"`
	Questions   []Question `json:"questions,omitempty"`
	Assumptions []string   `json:"assumptions,omitempty"`
	Reason      string     `json:"reason"`
}

// The bounds of an opinion: what is longer says less.
const (
	mostQuestions   = 3
	mostAssumptions = 5
	longestText     = 300
)

// ReadOpinion reads and checks what an agent said about an objective: an object with complexity (a class), reason, and
// where it likes intent, risk_signals, assumptions and unclear (questions, each a text or {text, options}). Everything
// that is wrong with it is in the error; then nothing of it counts.
func ReadOpinion(v *plan.Value) (*Opinion, error) {
	if v == nil || v.Kind != plan.Map {
		return nil, fmt.Errorf("it is no object")
	}
	var o Opinion
	var wrong []string
	bad := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	var ok bool
	if o.Class, ok = plan.ParseClass(v.Get("complexity").Inline()); !ok {
		bad("complexity is %q and not TRIVIAL, LOW, MEDIUM or HIGH", clip(v.Get("complexity").Inline()))
	}
	if word := v.Get("intent"); !word.IsNull() {
		if o.Intent, ok = ParseIntent(word.Inline()); !ok || o.Intent == Run {
			bad("intent is %q", clip(word.Inline()))
		}
	}
	for _, s := range v.Get("risk_signals").Strings() {
		if !slices.Contains(plan.RiskSignals(), s) {
			bad("there is no risk signal %q", clip(s))
		}
		o.Signals = append(o.Signals, s)
	}
	o.Reason = clip(v.Get("reason").Inline())
	if o.Reason == "" {
		bad("it gives no reason")
	}
	for _, s := range v.Get("assumptions").Strings() {
		o.Assumptions = append(o.Assumptions, clip(s))
	}
	if unclear := v.Get("unclear"); unclear != nil && unclear.Kind == plan.List {
		for _, item := range unclear.Items {
			q := Question{Text: clip(item.Get("text").Inline())}
			if item.Kind == plan.Scalar {
				q.Text = clip(item.Text)
			}
			for _, s := range item.Get("options").Strings() {
				q.Options = append(q.Options, clip(s))
			}
			if q.Text == "" {
				bad("a question has no text")
			}
			o.Questions = append(o.Questions, q)
		}
	}
	if len(o.Questions) > mostQuestions {
		bad("%d questions are more than %d", len(o.Questions), mostQuestions)
	}
	if len(o.Assumptions) > mostAssumptions {
		bad("%d assumptions are more than %d", len(o.Assumptions), mostAssumptions)
	}
	if len(wrong) > 0 {
		return nil, fmt.Errorf("%s", strings.Join(wrong, "; "))
	}
	return &o, nil
}

func clip(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > longestText {
		return string(r[:longestText-1]) + "…"
	}
	return s
}
