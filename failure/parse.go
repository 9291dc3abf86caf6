package failure

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxRetries is the highest retry_limit a policy may have.
const maxRetries = 1000

// ParsePolicy reads a `failure_handling` block from a tree of maps, lists and scalars (map[string]any,
// []any, string, bool, the numbers of Go, nil), with or without the key failure_handling around it. What
// it cannot use is left out and named in the problems, one line each that begins with the place, such as
// "transient.retry_limit"; the policy is what was left.
//
// A rule has `retry_limit` (0 to 1000), `action` (the verbs of the default policy) and, beyond what the
// gem-orchestrator document knows, `backoff` (seconds, or a text such as 500ms).
func ParsePolicy(tree any) (Policy, []string) {
	r := &policyReader{}
	block, ok := tree.(map[string]any)
	if inner, wrapped := block["failure_handling"]; wrapped && len(block) == 1 {
		block, ok = inner.(map[string]any)
	}
	if !ok {
		r.problem("failure_handling", "must be a mapping from kinds of failure to rules, such as `transient: {retry_limit: 3}`")
		return nil, r.problems
	}
	policy := Policy{}
	for _, key := range slices.Sorted(maps.Keys(block)) {
		kind, known := kindOf(key)
		if !known {
			r.problem(key, "is no kind of failure%s", didYouMean(normal(key), kindNames(), "the kinds are "))
			continue
		}
		if rule, ok := r.rule(string(kind), block[key]); ok {
			policy[kind] = rule
		}
	}
	return policy, r.problems
}

// policyReader collects what is wrong on the way.
type policyReader struct {
	problems []string
}

func (r *policyReader) problem(at, format string, args ...any) {
	r.problems = append(r.problems, at+": "+fmt.Sprintf(format, args...))
}

func (r *policyReader) rule(at string, tree any) (Rule, bool) {
	block, ok := tree.(map[string]any)
	if !ok {
		r.problem(at, "must be a mapping, such as {retry_limit: 3}, and is %s", shown(tree))
		return Rule{}, false
	}
	rule := Rule{LimitUnset: true}
	used := false
	for _, key := range slices.Sorted(maps.Keys(block)) {
		place := at + "." + key
		switch key {
		case "retry_limit":
			n, ok := whole(block[key])
			if !ok || n < 0 || n > maxRetries {
				r.problem(place, "must be a whole number from 0 to %d and is %s", maxRetries, shown(block[key]))
				continue
			}
			rule.RetryLimit, rule.LimitUnset = n, false
		case "backoff":
			d, ok := length(block[key])
			if !ok {
				r.problem(place, "must be a length of time, such as 5s or 500ms, and is %s", shown(block[key]))
				continue
			}
			rule.Backoff = d
		case "action":
			if rule.Actions = r.actions(place, block[key]); rule.Actions == nil {
				continue
			}
		default:
			r.problem(place, "is no key of a rule%s", didYouMean(key, []string{"retry_limit", "action", "backoff"}, "the keys are "))
			continue
		}
		used = true
	}
	return rule, used
}

// actions reads the list of a rule; nil when nothing of it could be used.
func (r *policyReader) actions(at string, tree any) []Step {
	items, ok := tree.([]any)
	if !ok {
		items = []any{tree}
	}
	if len(items) == 0 {
		r.problem(at, "has no action; leave the key out to keep those of the policy below")
	}
	var out []Step
	for i, item := range items {
		place := at
		if ok {
			place += "[" + strconv.Itoa(i) + "]"
		}
		if step, ok := r.step(place, item); ok {
			out = append(out, step)
		}
	}
	return out
}

// step reads one action: a bare verb, or a mapping with one verb as its key.
func (r *policyReader) step(at string, tree any) (Step, bool) {
	block, ok := tree.(map[string]any)
	if !ok {
		word, ok := tree.(string)
		if !ok {
			r.problem(at, "must be an action, such as retry_same_operation, and is %s", shown(tree))
			return Step{}, false
		}
		v, ok := r.verb(at, word)
		if ok && !v.Bare {
			r.problem(at, "`%s` needs a value, as in `%s: ...`", v.Name, v.Name)
		}
		return Step{Do: v.Name}, ok && v.Bare
	}
	name, ok := r.verbKey(at, block)
	if !ok {
		return Step{}, false
	}
	v, ok := r.verb(at, name)
	if !ok {
		return Step{}, false
	}
	step := Step{Do: v.Name}
	ok = r.value(at+"."+name, v, block[name], &step)
	for _, key := range slices.Sorted(maps.Keys(block)) {
		switch {
		case key == name:
		case key == "purpose" && slices.Contains(v.Beside, key):
			step.Purpose = text(block[key])
		default:
			r.problem(at+"."+key, "does not belong beside `%s`%s", name, didYouMean(key, v.Beside, "beside it may stand "))
		}
	}
	return step, ok
}

// verbKey finds the key of a mapping that is the action.
func (r *policyReader) verbKey(at string, block map[string]any) (string, bool) {
	keys := slices.Sorted(maps.Keys(block))
	var found []string
	for _, key := range keys {
		if slices.Contains(verbNames(), normal(key)) {
			found = append(found, key)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], true
	case len(found) > 1:
		r.problem(at, "holds %d actions (%s); give each its own list item", len(found), strings.Join(found, ", "))
		return "", false
	case len(keys) == 0:
		r.problem(at, "is empty")
		return "", false
	}
	// The first key is as good a guess as any; it is named as unknown.
	for _, key := range keys {
		if near(normal(key), verbNames()) != "" {
			return key, true
		}
	}
	return keys[0], true
}

func (r *policyReader) verb(at, word string) (Verb, bool) {
	for _, v := range Verbs() {
		if v.Name == normal(word) {
			return v, true
		}
	}
	r.problem(at, "%s is no action%s", strconv.Quote(clip(word)), didYouMean(normal(word), verbNames(), "the actions are "))
	return Verb{}, false
}

// value reads what stands behind a verb.
func (r *policyReader) value(at string, v Verb, tree any, step *Step) bool {
	if inner, ok := tree.(map[string]any); ok && len(v.Keys) > 0 {
		for _, key := range slices.Sorted(maps.Keys(inner)) {
			switch {
			case !slices.Contains(v.Keys, key):
				r.problem(at+"."+key, "is no key of %s%s", v.Name, didYouMean(key, v.Keys, "the keys are "))
			case key == "include":
				step.Include = texts(inner[key])
			default:
				step.Arg = text(inner[key])
			}
		}
		return true
	}
	word := text(tree)
	switch {
	case v.Bare && (tree == nil || tree == true):
		return true
	case v.Bare:
		r.problem(at, "takes no value and has %s", shown(tree))
		return false
	case word == "":
		r.problem(at, "needs a value and has %s", shown(tree))
		return false
	case len(v.Values) > 0 && !slices.Contains(v.Values, word):
		r.problem(at, "cannot be %s%s", shown(tree), didYouMean(word, v.Values, "it can be "))
		return false
	case v.Agent:
		step.Agent = word
	default:
		step.Arg = word
	}
	return true
}

func verbNames() []string {
	var names []string
	for _, v := range Verbs() {
		names = append(names, v.Name)
	}
	return names
}

func kindNames() []string {
	var names []string
	for _, k := range Kinds() {
		names = append(names, string(k))
	}
	return names
}

// kindOf reads the name of a kind, in any case and with blanks or hyphens.
func kindOf(word string) (Kind, bool) {
	k := Kind(normal(word))
	return k, slices.Contains(Kinds(), k)
}

// normal spells a word as the format does: lower case, underscores.
func normal(word string) string {
	return strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(strings.TrimSpace(word)))
}

// text is a scalar as text, "" for anything else.
func text(tree any) string {
	switch v := tree.(type) {
	case string:
		return v
	case nil, map[string]any, []any:
		return ""
	}
	return fmt.Sprint(tree)
}

func texts(tree any) []string {
	items, ok := tree.([]any)
	if !ok {
		items = []any{tree}
	}
	var out []string
	for _, item := range items {
		if s := text(item); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// whole reads a whole number, in whatever type the tree has it.
func whole(tree any) (int, bool) {
	n, err := strconv.ParseFloat(text(tree), 64)
	return int(n), err == nil && n == math.Trunc(n) && math.Abs(n) <= math.MaxInt32
}

// length reads a length of time: seconds, or a text with a unit.
func length(tree any) (time.Duration, bool) {
	d, err := time.ParseDuration(text(tree))
	if err != nil {
		var n float64
		n, err = strconv.ParseFloat(text(tree), 64)
		d = time.Duration(n * float64(time.Second))
	}
	return d, err == nil && d >= 0 && d <= 24*time.Hour
}

// shown is a value for a message.
func shown(tree any) string {
	switch v := tree.(type) {
	case nil:
		return "empty"
	case []any:
		return "a list"
	case map[string]any:
		return "a mapping"
	case string:
		return strconv.Quote(clip(v))
	}
	return clip(fmt.Sprint(tree))
}
