package planfile

import (
	"strconv"

	"billow/plan"
)

// owned names one value that billow owns: a task's, or the plan's own where task is "".
type owned struct{ task, key string }

// The keys whose values billow owns. Retries are counted under one of two keys, as the dialect has it; here
// both are keyRetries.
const (
	keyStatus   = "status"
	keyRetries  = "retries_used"
	keyFlaky    = "flags.flaky"
	keyBlocked  = "blocked_reason"
	keyApproval = "approval_state"
	keyReason   = "approval_reason"
)

// retriesInFlags is the other place where plans count retries.
const retriesInFlags = "flags.retries_used"

// name is the owned value that a change sets.
func name(c plan.Change) owned {
	if c.Key == retriesInFlags {
		return owned{c.Task, keyRetries}
	}
	return owned{c.Task, c.Key}
}

// values are owned values in canonical form. Those at their default (see canonical) are left out, so that a
// plan of ten thousand untouched tasks costs nothing.
type values map[owned]string

// get returns a value, the default where it is not kept.
func (v values) get(o owned) string {
	if text, ok := v[o]; ok {
		return text
	}
	return canonical(o.key, "")
}

func (v values) set(o owned, text string) {
	if text == canonical(o.key, "") {
		delete(v, o)
		return
	}
	v[o] = text
}

// canonical makes texts that mean the same equal: `done` is `completed`, no status is `pending`, no count is
// 0, no flag is false. A file that says `done` is not rewritten to say `completed`, and nobody changed it by
// hand.
func canonical(key, text string) string {
	switch key {
	case keyStatus:
		if s, known := plan.ParseStatus(text); known {
			return string(s)
		}
	case keyRetries:
		if text == "" {
			return "0"
		}
	case keyFlaky:
		if text == "" {
			return "false"
		}
	}
	return text
}

// eachValue calls f with every value of the plan that billow owns, as the file has it, in the order of the
// file; c.Key is the key under which this plan keeps it.
func eachValue(p *plan.Plan, f func(c plan.Change)) {
	f(plan.Change{Key: keyStatus, Value: p.Status})
	for _, t := range p.Tasks {
		for _, c := range taskValues(p, t) {
			f(c)
		}
	}
}

func taskValues(p *plan.Plan, t *plan.Task) [6]plan.Change {
	return [...]plan.Change{
		{Task: t.ID, Key: keyStatus, Value: t.RawStatus},
		{Task: t.ID, Key: retriesKey(p, t), Value: strconv.Itoa(t.RetriesUsed)},
		{Task: t.ID, Key: keyFlaky, Value: strconv.FormatBool(t.Flaky)},
		{Task: t.ID, Key: keyBlocked, Value: t.BlockedReason},
		{Task: t.ID, Key: keyApproval, Value: t.ApprovalState},
		{Task: t.ID, Key: keyReason, Value: t.ApprovalReason},
	}
}

// retriesKey is where a task counts its retries: where it does so already, else where its plan does.
func retriesKey(p *plan.Plan, t *plan.Task) string {
	switch {
	case t.Source.Get(keyRetries) != nil:
		return keyRetries
	case t.Source.Get("flags").Get(keyRetries) != nil, p.Dialect.Retries == retriesInFlags:
		return retriesInFlags
	}
	return keyRetries
}

// valueOf returns one owned value in canonical form; false where the plan has no such task.
func valueOf(p *plan.Plan, o owned) (string, bool) {
	if o.task == "" {
		return canonical(o.key, p.Status), o.key == keyStatus
	}
	t := p.Task(o.task)
	if t == nil {
		return "", false
	}
	for _, c := range taskValues(p, t) {
		if name(c) == o {
			return canonical(o.key, c.Value), true
		}
	}
	return "", false
}

// valuesOf collects all owned values of a plan.
func valuesOf(p *plan.Plan) values {
	v := values{}
	eachValue(p, func(c plan.Change) {
		o := name(c)
		v.set(o, canonical(o.key, c.Value))
	})
	return v
}

// differences are the owned values of p that are not as v has them, in the order of the file.
func (v values) differences(p *plan.Plan) []plan.Change {
	var out []plan.Change
	eachValue(p, func(c plan.Change) {
		if o := name(c); canonical(o.key, c.Value) != v.get(o) {
			out = append(out, c)
		}
	})
	return out
}
