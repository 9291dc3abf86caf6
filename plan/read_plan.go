package plan

import (
	"encoding/json"
	"strconv"
	"strings"
)

// planField reads one key of the plan itself that billow knows.
type planField func(r *reader, f Field)

// planFields are the keys of a plan that mean something to billow. All others are kept in Plan.Root.
func planFields() map[string]planField {
	return map[string]planField{
		"plan_id":    func(r *reader, f Field) { r.plan.ID = strings.TrimSpace(r.text(f, "my-plan")) },
		"objective":  func(r *reader, f Field) { r.plan.Objective = strings.TrimSpace(r.prose(f)) },
		"status":     (*reader).readPlanStatus,
		"complexity": (*reader).readComplexity,
		"waves":      (*reader).readWaveMode,
		"pools":      (*reader).readPools,
		"env":        func(r *reader, f Field) { r.plan.Env = r.env(f) },
		"env_file":   func(r *reader, f Field) { r.plan.EnvFile = r.names(f, ".env") },
		"vars":       (*reader).readVars,
		"classify":   (*reader).readClassify,
		"defaults":   (*reader).readDefaults,
		"failure_handling": func(r *reader, f Field) {
			if policy := r.policy(f); policy != nil {
				r.plan.Failure = policy
			}
		},
		"budget": func(r *reader, f Field) { r.plan.Budget = r.budget(f) },
	}
}

// readHead reads the plan's own keys. Where the plan stands in a mapping of its own (`plan:`), its keys
// win over those of the document.
func (r *reader) readHead(root, head *Value) {
	holders := []*Value{root}
	if head != root {
		holders = append(holders, head)
	}
	var last []Field
	for _, holder := range holders {
		for _, f := range holder.Fields {
			read, known := r.planKeys[f.Key]
			switch {
			case f.Key == "defaults":
				// A failure_handling in there lies over the plan's own, wherever that stands.
				last = append(last, f)
			case known:
				read(r, f)
			case f.Value != head:
				r.unknownPlanKey(f, holder)
			}
		}
	}
	for _, f := range last {
		r.readDefaults(f)
	}
	p := r.plan
	if p.ID == "" {
		p.ID = firstOf(head, "id")
	}
	if p.ID == "" {
		p.ID = r.defaultID()
	}
	for i := len(holders) - 1; i >= 0 && p.Objective == ""; i-- {
		p.Objective = firstOf(holders[i].Get("baseline"), "objective")
		if p.Objective == "" {
			p.Objective = firstOf(holders[i], "tldr", "tl_dr", "title", "name")
		}
	}
}

func (r *reader) readPlanStatus(f Field) {
	if f.Value != nil && f.Value.Kind > Scalar {
		r.wrongType(Warning, f, "a word", "pending")
		return
	}
	r.plan.Status = strings.TrimSpace(r.text(f, "pending"))
}

func (r *reader) readComplexity(f Field) {
	if f.Value != nil && f.Value.Kind > Scalar {
		r.wrongType(Warning, f, "a word", "MEDIUM")
		return
	}
	r.plan.Complexity = strings.TrimSpace(r.text(f, "MEDIUM"))
}

// readWaveMode reads `waves: strict|soft`. A list or a mapping under this key holds the tasks of the
// waves or describes them, and a number counts them.
func (r *reader) readWaveMode(f Field) {
	if f.Value.IsNull() || f.Value.Kind != Scalar {
		return
	}
	if _, counts := f.Value.AsInt(); counts {
		return
	}
	switch word := statusWord(f.Value.Text); word {
	case "strict", "soft":
		r.plan.Waves = WaveMode(word)
	default:
		r.badWord(Error, f, describe(f.Value)+" is no way to read waves", f.Value, word, []string{"strict", "soft"},
			"write strict (each wave waits for the one before) or soft (dependencies alone order)")
	}
}

// readPools reads `pools: {NAME: n}`. Lists under this key are of older plans.
func (r *reader) readPools(f Field) {
	switch {
	case f.Value.IsNull():
		return
	case f.Value.Kind != Map:
		r.wrongType(Error, f, "a mapping of names to numbers", "{db: 2}")
		return
	}
	r.plan.Pools = make(map[string]int, len(f.Value.Fields))
	for _, k := range f.Value.Fields {
		k.Key = strings.TrimSpace(k.Key)
		if k.Value.IsNull() {
			r.wrongType(Error, k, "a whole number", "2")
		} else if n, ok := r.number(k, Error, 1, 100_000); ok {
			r.plan.Pools[k.Key] = n
		}
	}
}

// readVars reads the plan's own values. Lists and mappings are kept as JSON; expressions see them as what
// they are, through Root.
func (r *reader) readVars(f Field) {
	switch {
	case f.Value.IsNull():
		return
	case f.Value.Kind != Map:
		r.wrongType(Error, f, "a mapping of names to values", "{NAME: value}")
		return
	}
	for _, k := range f.Value.Fields {
		if !isName(k.Key) || strings.Contains(k.Key, "-") {
			r.add(codeValue, Error, k.Pos, "vars: "+strconv.Quote(clip(k.Key))+" is no name for a value", "use letters, digits and _")
			continue
		}
		r.plan.Vars = append(r.plan.Vars, EnvVar{Name: k.Key, Value: varText(k.Value), Pos: place(k)})
	}
}

// varText is a value as one text: a scalar as written, the rest as JSON.
func varText(v *Value) string {
	switch {
	case v.IsNull():
		return ""
	case v.Kind == Scalar:
		return v.Text
	}
	text, err := json.Marshal(ToAny(v))
	if err != nil { // .inf and .nan are not in JSON
		return v.Inline()
	}
	return string(text)
}

// readClassify reads the plan's rules for the kind of a failure: `[{when: expression, kind: flaky}]`.
func (r *reader) readClassify(f Field) {
	switch {
	case f.Value.IsNull():
		return
	case f.Value.Kind != List:
		r.add(codePolicy, Error, place(f), "classify must be a list of rules, found "+describe(f.Value),
			"write `classify: [{when: \"exit == 75\", kind: transient}]`")
		return
	}
	for _, item := range f.Value.Items {
		if item.IsNull() {
			continue
		}
		rule := Field{Key: "a rule of classify", Pos: item.Pos, Value: item}
		if item.Kind != Map {
			r.add(codePolicy, Error, item.Pos, "a rule of classify must be a mapping, found "+describe(item),
				"write `{when: \"exit == 75\", kind: transient}`")
			continue
		}
		r.inner(rule, "when", "kind")
		when, kind := firstOf(item, "when"), firstOf(item, "kind")
		if when == "" || kind == "" {
			r.add(codePolicy, Error, item.Pos, "a rule of classify needs when and kind",
				"write `{when: \"exit == 75\", kind: transient}`")
			continue
		}
		if k, ok := r.kind(Field{Key: "kind", Value: item.Get("kind")}, kind); ok {
			r.plan.Classify = append(r.plan.Classify, ClassifyRule{When: when, Kind: k, Pos: item.Get("when").Pos})
		}
	}
}

// unknownPlanKey remarks on a key of the plan that is nearly one of billow's, or is one of a task. Any
// other key is the author's.
func (r *reader) unknownPlanKey(f Field, in *Value) {
	if _, isWave := waveKey(f.Key); isWave {
		return
	}
	switch f.Key {
	case "run", "shell", "dir", "timeout", "retry", "accept", "secrets", "locks":
		r.add(codeKey, Info, f.Pos, "`"+f.Key+"` is a key of tasks and means nothing here",
			"put it under `defaults:` to give it to every task")
	default:
		r.unknownKey(f, in, r.ownPlanKeys, func(probe *reader, f Field) { probe.planKeys[f.Key](probe, f) })
	}
}

// unknownKey remarks, once for each word, on a key that is nearly one of billow's own. in is the mapping it
// stands in, read what reads the key that was meant. Where there is no doubt, the fix renames it everywhere.
func (r *reader) unknownKey(f Field, in *Value, own []string, read func(probe *reader, f Field)) {
	at, said := r.said[f.Key]
	if said && at < 0 {
		return
	}
	near := nearest(f.Key, own)
	if near == "" || isOtherWord(f.Key) {
		if !said {
			r.said[f.Key] = -1
		}
		return
	}
	if !said {
		r.said[f.Key] = -1
		severity := Info
		if slipOf(f.Key, near) {
			severity = Warning // What it says is not done.
		}
		r.add(codeKey, severity, f.Pos, "billow does not know the key `"+clip(f.Key)+"`", "did you mean `"+near+"`?")
		if r.alike[codeKey] > maxAlike {
			return
		}
		at = len(r.problems) - 1
	}
	rename := r.rename(f, near, in, read)
	switch {
	case !slipOf(f.Key, near) || rename == nil:
		r.said[f.Key], r.problems[at].Fix = -1, nil
	default:
		r.said[f.Key], r.problems[at].Fix = at, append(r.problems[at].Fix, rename...)
	}
}

// slipOf reports whether a key is surely another one: but for case and separators the same, or long and one slip
// away. Shorter ones may be somebody's own, and so may the plural or the singular.
func slipOf(key, near string) bool {
	if idShape(key) == idShape(near) {
		return true
	}
	plural := key+"s" == near || near+"s" == key
	return len(key) > 5 && slips(key, near, 1) == 1 && (!plural || len(key) > 7)
}

// rename gives a field the key that was meant, where there is none yet and the value can be read under it.
func (r *reader) rename(f Field, near string, in *Value, read func(probe *reader, f Field)) []TextEdit {
	if in.Get(near) != nil {
		return nil
	}
	probe := r.probe()
	meant := f
	meant.Key = near
	if read(probe, meant); len(probe.problems) > 0 {
		return nil
	}
	return r.fixer().key(f, near)
}

// probe returns a reader that has read nothing. It shares the tables of keys, which are most of the work of a new
// one: a key that every task misspells is tried as often.
func (r *reader) probe() *reader {
	return &reader{
		name: r.name, source: r.source, opts: r.opts, plan: &Plan{Name: r.name, Root: r.source.Root},
		planKeys: r.planKeys, taskKeys: r.taskKeys, ownPlanKeys: r.ownPlanKeys, ownTaskKeys: r.ownTaskKeys,
		alike: map[string]int{}, unlisted: map[string]Severity{}, said: map[string]int{}, edgeKeys: map[string]int{},
		loose: map[*Task][]string{},
	}
}

// isOtherWord lists the keys of plans that look like a slip of one of billow's and are none.
func isOtherWord(key string) bool {
	switch key {
	case "blocks", "locked", "tools", "phases", "gates", "agents", "plan", "when_done":
		return true
	}
	return false
}
