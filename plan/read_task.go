package plan

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// taskField is one key of a task that billow knows.
type taskField struct {
	read func(r *reader, t *Task, f Field)
	// take copies what read has set from the defaults to a task without the key; nil for keys that
	// cannot stand in defaults. Tasks share the slices, which nobody changes.
	take func(t, from *Task)
	// own is true for keys of billow's own, whose misspellings are worth a remark.
	own bool
}

// maxForeach bounds the items of a foreach where the task names no limit of its own.
const maxForeach = 1000

// taskFields are the keys of a task that mean something to billow. All others are kept in Task.Source.
func taskFields() map[string]taskField {
	return map[string]taskField{
		"title": {read: func(r *reader, t *Task, f Field) { t.Title = strings.TrimSpace(r.prose(f)) }},
		"name": {read: func(r *reader, t *Task, f Field) {
			if t.Title == "" {
				t.Title = strings.TrimSpace(r.prose(f))
			}
		}},
		"description": {read: func(r *reader, t *Task, f Field) { t.Description = r.prose(f) }},
		"wave":        {read: (*reader).readWave, own: true},
		"status":      {read: (*reader).readStatus, own: true},
		"priority":    {read: (*reader).readPriority},
		"agent": {own: true,
			read: func(r *reader, t *Task, f Field) { t.Agent = strings.TrimSpace(r.text(f, "gem-implementer")) },
			take: func(t, from *Task) {
				if t.Run == "" {
					t.Agent = from.Agent
				}
			}},

		"dependencies":   {read: (*reader).readNeeds, own: true},
		"depends_on":     {read: (*reader).readNeeds, own: true},
		"deps":           {read: (*reader).readNeeds},
		"consumes":       {read: (*reader).readConsumes},
		"conflicts_with": {read: (*reader).readConflicts, own: true},
		"ownership":      {read: (*reader).readOwnership},
		"locks": {own: true,
			read: func(r *reader, t *Task, f Field) { t.Locks = r.names(f, "[NAME]") },
			take: func(t, from *Task) { t.Locks = from.Locks }},
		"pool": {own: true,
			read: func(r *reader, t *Task, f Field) { t.Pool = strings.TrimSpace(r.text(f, "NAME")) },
			take: func(t, from *Task) { t.Pool = from.Pool }},

		"run": {own: true,
			read: func(r *reader, t *Task, f Field) { t.Run = strings.Join(r.texts(f, "make test"), "\n") },
			take: func(t, from *Task) {
				if t.Agent == "" {
					t.Run = from.Run
				}
			}},
		"shell": {own: true,
			read: (*reader).readShell,
			take: func(t, from *Task) { t.Shell = from.Shell }},
		"env": {own: true,
			read: func(r *reader, t *Task, f Field) { t.Env = r.env(f) },
			take: func(t, from *Task) { t.Env = from.Env }},
		"env_file": {own: true,
			read: func(r *reader, t *Task, f Field) { t.EnvFile = r.names(f, ".env") },
			take: func(t, from *Task) { t.EnvFile = from.EnvFile }},
		"secrets": {own: true,
			read: (*reader).readSecrets,
			take: func(t, from *Task) { t.Secrets = from.Secrets }},
		"dir": {own: true,
			read: func(r *reader, t *Task, f Field) { t.Dir = strings.TrimSpace(r.text(f, "src")) },
			take: func(t, from *Task) { t.Dir = from.Dir }},
		"timeout": {own: true,
			read: (*reader).readTimeout,
			take: func(t, from *Task) { t.Timeouts = from.Timeouts }},
		"when": {own: true,
			read: func(r *reader, t *Task, f Field) { t.When = strings.TrimSpace(r.text(f, "\"expression\"")) },
			take: func(t, from *Task) { t.When = from.When }},
		"foreach":   {read: (*reader).readForeach, own: true},
		"max_items": {read: (*reader).readMaxItems, take: func(t, from *Task) { t.MaxItems = from.MaxItems }, own: true},
		"inputs":    {read: (*reader).readInputs},
		"outputs":   {read: (*reader).readOutputs},
		"accept": {own: true,
			read: func(r *reader, t *Task, f Field) { t.Accept = r.texts(f, "[make test]") },
			take: func(t, from *Task) { t.Accept = from.Accept }},
		"budget": {own: true,
			read: func(r *reader, t *Task, f Field) { t.Budget = r.budget(f) },
			take: func(t, from *Task) { t.Budget = from.Budget }},
		"retry": {own: true,
			read: func(r *reader, t *Task, f Field) { t.Retry = r.retry(f) },
			take: func(t, from *Task) { t.Retry = from.Retry }},
		"failure_handling": {own: true,
			read: func(r *reader, t *Task, f Field) { t.Failure = r.policy(f) },
			take: func(t, from *Task) { t.Failure = from.Failure }},

		"requires_approval": {own: true,
			read: func(r *reader, t *Task, f Field) { t.RequiresApproval = r.flag(f) || t.RequiresApproval },
			take: func(t, from *Task) { t.RequiresApproval = t.RequiresApproval || from.RequiresApproval }},
		"devops_security_sensitive": {
			read: func(r *reader, t *Task, f Field) { t.RequiresApproval = r.flag(f) || t.RequiresApproval }},
		// Read once it is known who does the task; see NeedsApproval.
		"environment": {read: func(*reader, *Task, Field) {}},
		"approval_timeout": {own: true,
			read: func(r *reader, t *Task, f Field) { t.ApprovalTimeout = r.duration(f, Error) },
			take: func(t, from *Task) { t.ApprovalTimeout = from.ApprovalTimeout }},
		"answer_timeout": {own: true,
			read: func(r *reader, t *Task, f Field) { t.AnswerTimeout = r.duration(f, Error) },
			take: func(t, from *Task) { t.AnswerTimeout = from.AnswerTimeout }},
		"default_answer": {own: true,
			read: func(r *reader, t *Task, f Field) { t.DefaultAnswer = strings.TrimSpace(r.text(f, "\"no\"")) },
			take: func(t, from *Task) { t.DefaultAnswer = from.DefaultAnswer }},
		"approval_state": {own: true,
			read: func(r *reader, t *Task, f Field) { t.ApprovalState = statusWord(r.text(f, "pending")) }},
		"approval_reason": {own: true,
			read: func(r *reader, t *Task, f Field) { t.ApprovalReason = strings.TrimSpace(r.prose(f)) }},
		"blocked_reason": {own: true,
			read: func(r *reader, t *Task, f Field) { t.BlockedReason = strings.TrimSpace(r.prose(f)) }},
		"flags":        {read: (*reader).readFlags},
		"retries_used": {read: (*reader).readRetriesUsed, own: true},

		"estimate": {own: true,
			read: (*reader).readEstimate,
			take: func(t, from *Task) { t.Estimate = from.Estimate }},
		"estimate_hours": {read: (*reader).readEstimateHours},

		"acceptance_criteria": {read: (*reader).readCriteria},
		"success_criteria":    {read: (*reader).readCriteria},
		"verification":        {read: (*reader).readCriteria},
	}
}

// readTask reads one task. A task without an id is named by its place ("#3"), so that the rest of the
// plan can still be looked at.
func (r *reader) readTask(it *item, index int) *Task {
	v := it.value
	t := &Task{Index: index, Source: v, Pos: v.Pos, Status: Pending, MaxItems: maxForeach}
	r.task = ""
	r.readID(t, it)
	r.task = t.ID
	if it.grouped {
		t.Wave, t.WaveSet = it.wave, true
	}
	for _, f := range v.Fields {
		if known, ok := r.taskKeys[f.Key]; ok {
			known.read(r, t, f)
		} else if f.Key != "id" && f.Key != "task_id" {
			r.unknownKey(f, v, r.ownTaskKeys, func(probe *reader, f Field) {
				probe.taskKeys[f.Key].read(probe, &Task{Source: &Value{Kind: Map, Fields: []Field{f}}}, f)
			})
		}
	}
	return t
}

// readID finds the name of a task, as it is written: 007 and 1.10 are names, not numbers.
func (r *reader) readID(t *Task, it *item) {
	v := it.value
	f := idField(v)
	if it.key.Key != "" {
		t.ID, t.IDPos = it.key.Key, it.key.Pos
		if f != nil && it.id() != strings.TrimSpace(f.Value.Inline()) {
			r.add(codeTwice, Warning, place(*f), "the task "+strconv.Quote(clip(t.ID))+" calls itself "+describe(f.Value),
				"the key counts; leave the id out")
		}
		return
	}
	t.ID = it.id()
	if t.ID != "" {
		t.IDPos = place(*f)
		if r.plan.Dialect.IDKey == "" {
			r.plan.Dialect.IDKey = f.Key
		}
		if other := v.Get("task_id"); f.Key == "id" && other != nil && strings.TrimSpace(other.Inline()) != t.ID {
			r.add(codeTwice, Warning, other.Pos, "the task has the id "+strconv.Quote(clip(t.ID))+" and the task_id "+describe(other),
				"id counts; leave task_id out")
		}
		return
	}
	t.ID = "#" + strconv.Itoa(t.Index+1)
	pos, text := v.Pos, "the "+ordinal(t.Index+1)+" task has no id"
	if f != nil {
		pos, text = place(*f), "the id of the "+ordinal(t.Index+1)+" task must be a name, found "+describe(f.Value)
	}
	name := "NAME"
	if title := firstOf(v, "title", "name"); title != "" {
		name = slug(title)
	}
	hint := "add `id: " + name + "`"
	for _, other := range v.Fields {
		if word := strings.ToLower(strings.ReplaceAll(other.Key, "_", "")); f == nil && (word == "id" || word == "taskid") {
			pos, hint = other.Pos, "write `id` instead of `"+other.Key+"`"
		}
	}
	r.add(codeNoID, Error, pos, text, hint)
}

// ordinal writes 1st, 2nd, 3rd, 4th ...
func ordinal(n int) string {
	suffix := "th"
	if n%100 < 11 || n%100 > 13 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return strconv.Itoa(n) + suffix
}

// slug makes an id out of a title: its first five words, with hyphens.
func slug(title string) string {
	words := strings.FieldsFunc(strings.ToLower(title), func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < '0' || c > '9')
	})
	if len(words) == 0 {
		return "NAME"
	}
	return clip(strings.Join(words[:min(len(words), 5)], "-"))
}

// firstOf is the first text among some keys, "" when none has one.
func firstOf(v *Value, keys ...string) string {
	for _, key := range keys {
		if f := v.Get(key); f != nil && f.Kind == Scalar && strings.TrimSpace(f.Text) != "" {
			return strings.TrimSpace(f.Text)
		}
	}
	return ""
}

func (r *reader) readWave(t *Task, f Field) {
	if f.Value.IsNull() {
		return
	}
	n, ok := f.Value.AsInt()
	if !ok && f.Value.Kind == Scalar {
		n, ok = waveNumber(f.Value.Text)
	}
	switch {
	case !ok:
		r.wrongType(Error, f, "a whole number", "1")
	case n < 0 || n > maxWave:
		r.badValue(Error, f, strconv.Itoa(n)+" is out of range", "count waves from 1")
	default:
		t.Wave, t.WaveSet = n, true
	}
}

func (r *reader) readStatus(t *Task, f Field) {
	t.RawStatus = strings.TrimSpace(r.text(f, "pending"))
	status, known := ParseStatus(t.RawStatus)
	t.Status = status
	if known {
		return
	}
	hint := "write pending, in_progress, blocked, completed, skipped, failed or cancelled"
	var fix []TextEdit
	near, sure := surely(statusWord(t.RawStatus), statusWords())
	if near != "" {
		hint = "did you mean `" + near + "`?"
	}
	if sure {
		fix = r.fixer().scalar(f.Value, near)
	}
	r.addFixed(codeStatus, Warning, place(f), "the status "+describe(f.Value)+" is unknown and counts as pending", hint, fix)
}

// readPriority takes a word or a number; older plans have other shapes under the same key, which stay in
// Source.
func (r *reader) readPriority(t *Task, f Field) {
	if f.Value != nil && f.Value.Kind == Scalar {
		t.Priority = strings.ToLower(strings.TrimSpace(f.Value.Text))
	}
}

// readNeeds reads dependencies, depends_on or deps.
func (r *reader) readNeeds(t *Task, f Field) {
	r.edgeKeys[f.Key]++
	v := f.Value
	switch {
	case v.IsNull():
	case v.Kind == Scalar:
		r.need(t, v.Text)
	case v.Kind == Map:
		r.add(codeEdge, Error, v.Pos, f.Key+" must be a list of task ids, found a mapping",
			"write `"+f.Key+": [ID, ID]`; what a component depends on belongs under another key")
	default:
		for _, item := range v.Items {
			if item.IsNull() {
				continue
			}
			id, ok := edgeID(item)
			if !ok {
				r.add(codeEdge, Error, item.Pos, "an item of "+f.Key+" must be the id of a task, found "+describe(item),
					"write the id alone")
				continue
			}
			r.need(t, id)
		}
	}
}

// edgeID reads one dependency: an id, `{task: ID}`, or `ID: reason`.
func edgeID(v *Value) (string, bool) {
	if v.Kind == Scalar {
		return v.Text, true
	}
	if v.Kind != Map {
		return "", false
	}
	if id := firstOf(v, "task", "task_id", "id"); id != "" {
		return id, true
	}
	if len(v.Fields) == 1 {
		return v.Fields[0].Key, true
	}
	return "", false
}

// need adds one dependency. "none" and "-" are how some plans write that there is none.
func (r *reader) need(t *Task, id string) {
	id = strings.TrimSpace(id)
	switch {
	case id == "":
	case isNone(id):
		// It could still be the name of a task: see resolve.
		r.loose[t] = append(r.loose[t], id)
	default:
		t.Needs = append(t.Needs, id)
	}
}

// readConsumes reads `consumes: [{task: ID, output: NAME}]`: to use what a task makes is to need it.
func (r *reader) readConsumes(t *Task, f Field) {
	v := f.Value
	if v.IsNull() {
		return
	}
	items := v.Items
	if v.Kind != List {
		items = []*Value{v}
	}
	for _, item := range items {
		if item.IsNull() {
			continue
		}
		switch id := firstOf(item, "task", "task_id"); {
		case id != "":
			t.Needs = append(t.Needs, id)
		case item.Kind == Scalar:
			r.loose[t] = append(r.loose[t], strings.TrimSpace(item.Text))
		default:
			r.add(codeEdge, Warning, item.Pos, "an item of consumes names no task", "write `{task: ID, output: NAME}`")
		}
	}
}

// readConflicts keeps what is written; resolve tells ids from prose when all ids are known.
func (r *reader) readConflicts(t *Task, f Field) {
	v := f.Value
	switch {
	case v.IsNull():
		return
	case v.Kind == Map:
		r.wrongType(Error, f, "a list of task ids", "[ID, ID]")
		return
	case v.Kind == Scalar:
		t.Conflicts = append(t.Conflicts, v.Text)
		return
	}
	for _, item := range v.Items {
		if item.IsNull() {
			continue
		}
		if id := firstOf(item, "task", "task_id", "id"); id != "" {
			t.Conflicts = append(t.Conflicts, id)
		} else {
			t.Conflicts = append(t.Conflicts, item.Inline())
		}
	}
}

// resolve goes through a task's edges once all ids are known: it takes apart what was written as one text
// ("T1, T2"), leaves out repetitions, and moves prose among the conflicts to the notes.
func (r *reader) resolve(t *Task) {
	for _, word := range r.loose[t] {
		if id, ok := r.named(t, word); ok {
			t.Needs = append(t.Needs, id)
		}
	}
	t.Needs = unique(r.split(t, t.Needs))
	words := unique(r.split(t, t.Conflicts))
	t.Conflicts = nil
	for _, word := range words {
		_, known := r.plan.index[word]
		switch {
		case known:
			t.Conflicts = append(t.Conflicts, word)
		case isNone(word):
		case strings.ContainsAny(word, " \t\n"):
			t.ConflictNotes = append(t.ConflictNotes, word)
		default:
			// One word that is no task: most likely a mistyped id, which Check says.
			t.Conflicts = append(t.Conflicts, word)
		}
	}
}

// likeNeeds remarks on keys that nobody reads and that hold ids of tasks as dependencies do. There is no fix: to
// name a task is not always to wait for it.
func (r *reader) likeNeeds(t *Task) {
	for _, f := range t.fields() {
		switch f.Key {
		case "needs", "requires", "depends", "dependency", "prerequisites", "predecessors", "after", "blocked_by", "blockedBy", "wait_for", "waits_for", "run_after":
		default:
			continue
		}
		if _, read := r.taskKeys[f.Key]; read {
			continue
		}
		words := f.Value.Strings()
		if len(words) == 0 || slices.ContainsFunc(words, func(word string) bool { _, ok := r.named(t, word); return !ok }) {
			continue
		}
		r.task = t.ID
		r.add(codeKey, Warning, f.Pos, "`"+f.Key+"` names tasks and is not read; nothing is waited for",
			"write `depends_on` if they must be done first")
		r.task = ""
	}
}

// split takes "T1, T2" apart where it is no task itself and every part of it is one, and turns words that mean tasks
// into their ids.
func (r *reader) split(t *Task, words []string) []string {
	unknown := func(word string) bool { _, ok := r.named(t, word); return !ok }
	if r.aliases == nil && !slices.ContainsFunc(words, func(word string) bool { return strings.Contains(word, ",") }) {
		return words
	}
	var out []string
	for _, word := range words {
		parts := strings.Split(word, ",")
		if !unknown(word) || slices.ContainsFunc(parts, unknown) {
			parts = []string{word}
		}
		for _, part := range parts {
			if id, ok := r.named(t, part); ok {
				part = id
			}
			out = append(out, part)
		}
	}
	return out
}

// isNone reports whether a word is how people write that there is nothing.
func isNone(word string) bool {
	switch strings.ToLower(word) {
	case "-", "none", "n/a":
		return true
	}
	return false
}

// readOwnership reads `{paths, mode}`; a text or a list is the paths alone.
func (r *reader) readOwnership(t *Task, f Field) {
	v := f.Value
	if v.IsNull() {
		return
	}
	if v.Kind != Map {
		t.Ownership = Ownership{Paths: r.names(f, "{paths: [src/**]}"), Mode: "exclusive"}
		return
	}
	for _, k := range v.Fields {
		switch k.Key {
		case "paths", "path", "files":
			t.Ownership.Paths = r.names(k, "[src/**]")
		case "mode":
			mode := statusWord(r.text(k, "exclusive"))
			switch mode {
			case "read_only", "shared", "exclusive":
				t.Ownership.Mode = mode
			case "readonly", "read":
				t.Ownership.Mode = "read_only"
			case "":
			default:
				r.badWord(Warning, k, describe(k.Value)+" is no mode and counts as exclusive", k.Value, mode,
					[]string{"read_only", "shared", "exclusive"}, "write read_only, shared or exclusive")
			}
		}
	}
	if t.Ownership.Mode == "" && len(t.Ownership.Paths) > 0 {
		t.Ownership.Mode = "exclusive"
	}
}

func (r *reader) readFlags(t *Task, f Field) {
	if f.Value == nil {
		return
	}
	if f.Value.Kind == List || f.Value.Kind == Scalar {
		t.Flaky = t.Flaky || contains(f.Value.Strings(), "flaky")
		return
	}
	for _, k := range f.Value.Fields {
		switch k.Key {
		case "flaky":
			t.Flaky = r.flag(k)
		case "retries_used":
			if r.plan.Dialect.Retries == "" {
				r.plan.Dialect.Retries = "flags.retries_used"
			}
			if n, ok := r.number(k, Warning, 0, 1_000_000); ok && t.RetriesUsed == 0 {
				t.RetriesUsed = n
			}
		}
	}
}

func (r *reader) readRetriesUsed(t *Task, f Field) {
	r.plan.Dialect.Retries = "retries_used"
	if n, ok := r.number(f, Warning, 0, 1_000_000); ok {
		t.RetriesUsed = n
	}
}

// readEstimate reads a duration. Older plans write words such as "small" here, which say nothing in time.
func (r *reader) readEstimate(t *Task, f Field) {
	if f.Value == nil || f.Value.Kind != Scalar {
		return
	}
	if text := strings.TrimSpace(f.Value.Text); text != "" && text[0] >= '0' && text[0] <= '9' {
		t.Estimate = r.duration(f, Warning)
	}
}

func (r *reader) readEstimateHours(t *Task, f Field) {
	if f.Value.IsNull() || t.Estimate > 0 {
		return
	}
	hours, ok := 0.0, false
	if f.Value.Kind == Scalar {
		hours, ok = decimal(strings.TrimSpace(f.Value.Text))
	}
	if !ok || hours < 0 || hours > 24*365 {
		r.wrongType(Warning, f, "a number of hours", "1.5")
		return
	}
	t.Estimate = time.Duration(hours * float64(time.Hour))
}

// readCriteria only remarks on items that became mappings; Criteria reads them back as text. Mappings that are
// meant as such (`{criterion: AC-1, check: make test}`) are none of these.
func (r *reader) readCriteria(_ *Task, f Field) {
	if f.Value == nil || f.Value.Kind != List {
		return
	}
	for _, item := range f.Value.Items {
		if item == nil || item.Kind != Map || len(item.Fields) != 1 {
			continue
		}
		if k := item.Fields[0]; strings.Trim(k.Key, identifier) != "" && (k.Value == nil || k.Value.Kind <= Scalar) {
			r.colon(Info, f.Key, item)
		}
	}
}

// identifier is what the keys of mappings are written with; sentences have more.
const identifier = "abcdefghijklmnopqrstuvwxyz0123456789_-"

// Criteria are the conditions under which the task counts as done, as texts: acceptance_criteria, which
// one era called ac.
func (t *Task) Criteria() []string {
	for _, key := range []string{"acceptance_criteria", "ac"} {
		if v := t.Source.Get(key); !v.IsNull() {
			return v.Strings()
		}
	}
	return nil
}
