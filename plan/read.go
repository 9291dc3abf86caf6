package plan

import (
	"maps"
	"path"
	"slices"
	"strings"

	"billow/failure"
)

// Options says how a plan is read. The zero Options are right for a plan on its own.
type Options struct {
	Limits Limits
	// DefaultID is the plan's id where the file has no plan_id; "" takes the name of the file, or of its
	// folder where the file is called plan.yaml.
	DefaultID string
	// ApprovalFor are the environments (`environment: production`) for which a task of gem-devops needs
	// approval though it does not say so (devops.approval_required_for). None by default. See NeedsApproval.
	ApprovalFor []string
	// Failure is the policy over which the plan's failure_handling is laid; nil is failure.Default.
	Failure failure.Policy
}

// policy is what a plan begins with.
func (o Options) policy() failure.Policy {
	if o.Failure != nil {
		return o.Failure
	}
	return failure.Default()
}

// Document is everything Read found out about a file.
type Document struct {
	// Plan is nil only when nothing could be read. Where Problems has errors, Plan is as much of it as
	// could be understood: good for showing, not for running.
	Plan   *Plan
	Source *Source
	// Problems are in the order in which they were found, those of the YAML first.
	Problems []Problem
}

// Read reads a plan file of any dialect, or a folder of task files as Bundle puts it together. It never fails: what is wrong with the file is in Problems, all
// of it at once. name stands in the problems and may be a path; Read opens nothing.
//
// Read says what cannot be understood. Whether what was understood makes sense (targets that exist,
// cycles, waves) is for Check. It takes time and memory in proportion to the file.
func Read(name string, src []byte, opts Options) *Document {
	if files, ok := Unbundle(src); ok {
		return readBundle(name, src, files, opts)
	}
	source, problems := Parse(name, src, opts.Limits)
	doc := &Document{Source: source, Problems: problems}
	if source == nil || source.Root == nil {
		return doc
	}
	r := newReader(name, source, opts)
	doc.Plan = r.readPlan(source.Root)
	r.countUnlisted()
	doc.Problems = append(doc.Problems, r.problems...)
	return doc
}

// reader turns one document into one Plan, collecting problems on its way.
type reader struct {
	name   string
	source *Source
	opts   Options
	plan   *Plan
	// task is the id of the task being read, "" for the plan.
	task     string
	problems []Problem
	// alike counts the problems of each code, unlisted holds the worst severity of those left out.
	alike    map[string]int
	unlisted map[string]Severity
	// lineText is the line numbered lineAt, kept because problems come in flocks.
	lineText string
	lineAt   int

	planKeys map[string]planField
	taskKeys map[string]taskField
	// ownPlanKeys and ownTaskKeys are the keys whose misspellings are worth a remark.
	ownPlanKeys, ownTaskKeys []string
	// said holds the unknown keys that were looked at already, because each is worth one remark, not one a task:
	// the place among problems of one whose fix renames it, else -1.
	said map[string]int
	// edgeKeys counts the tasks that use each name of the dependency list.
	edgeKeys map[string]int
	// loose are needs that may be an id or something else; see resolve.
	loose map[*Task][]string
	// defaults are the plan's `defaults`, laid under the tasks when all are read.
	defaults *defaults
	// files are the names of the tasks' files without .md, aliases what tasks are called beside their ids; nil but
	// for a folder of task files. See named.
	files   map[*Task]string
	aliases map[string]string
}

func newReader(name string, source *Source, opts Options) *reader {
	r := &reader{
		name: name, source: source, opts: opts,
		plan:     &Plan{Name: name, Root: source.Root},
		planKeys: planFields(),
		taskKeys: taskFields(),
		alike:    map[string]int{},
		unlisted: map[string]Severity{},
		said:     map[string]int{},
		edgeKeys: map[string]int{},
		loose:    map[*Task][]string{},
	}
	r.ownPlanKeys = slices.Sorted(maps.Keys(r.planKeys))
	for _, key := range slices.Sorted(maps.Keys(r.taskKeys)) {
		if r.taskKeys[key].own {
			r.ownTaskKeys = append(r.ownTaskKeys, key)
		}
	}
	return r
}

func (r *reader) readPlan(root *Value) *Plan {
	p := r.plan
	p.Failure = r.opts.policy()
	p.Dialect.Documents = r.source.Documents
	if root.Kind != Map {
		// Parse has said so.
		p.ID = r.defaultID()
		return p
	}

	found := findTasks(r, root)
	r.readHead(root, found.head)
	p.Dialect.TasksAt = found.at
	p.Tasks = make([]*Task, 0, len(found.items))
	for i := range found.items {
		p.Tasks = append(p.Tasks, r.readTask(&found.items[i], i))
	}
	r.task = ""
	if len(p.Tasks) == 0 {
		r.noTasks(root)
	}
	r.finish(found)
	return p
}

// finish does what needs all tasks: the index, edges that could not be told from prose, defaults, and
// what the plan's habits are.
func (r *reader) finish(found *finder) {
	p := r.plan
	p.index = make(map[string]int, len(p.Tasks))
	for i, t := range p.Tasks {
		if _, twice := p.index[t.ID]; !twice {
			p.index[t.ID] = i
		}
	}
	for _, t := range p.Tasks {
		r.resolve(t)
		r.likeNeeds(t)
		if wave, ok := found.references[t.ID]; ok && !t.WaveSet {
			t.Wave, t.WaveSet = wave, true
		}
		r.applyDefaults(t)
		t.RequiresApproval = t.RequiresApproval || NeedsApproval(t, t.Agent, r.opts.ApprovalFor)
		if len(t.Needs) > 0 {
			p.Dialect.HasEdges = true
		}
	}
	if len(p.Tasks) > 0 {
		found.leftOut(r.source.Root)
	}
	p.Dialect.EdgeKey = r.edgeKey()
	r.settleWaves()
}

// edgeKey is the name that most tasks use for the list of what they need.
func (r *reader) edgeKey() string {
	best := ""
	for _, key := range []string{"dependencies", "depends_on", "deps"} {
		if r.edgeKeys[key] > r.edgeKeys[best] {
			best = key
		}
	}
	return best
}

func (r *reader) settleWaves() {
	waves := false
	for _, t := range r.plan.Tasks {
		waves = waves || t.WaveSet
	}
	switch {
	case !waves:
		r.plan.Waves = NoWaves
	case r.plan.Waves != Soft:
		r.plan.Waves = Strict
	}
}

// noTasks says that there is nothing to run, and what there is instead, so that the author sees which key
// was taken for something else.
func (r *reader) noTasks(root *Value) {
	text := "not an executable plan: there are no tasks in it"
	var keys []string
	for i, f := range root.Fields {
		if i == 12 {
			keys = append(keys, "…")
			break
		}
		keys = append(keys, clip(f.Key))
	}
	if len(keys) > 0 {
		text += "; found " + strings.Join(keys, ", ")
	}
	hint := "put the tasks under `tasks:`, one list item with an id for each"
	pos := root.Pos
	var fix []TextEdit
	if jobs := root.Get("jobs"); jobs != nil && jobs.Kind == Map && root.Get("on") != nil {
		hint = "a workflow becomes a plan with `billow import " + r.name + "`"
	}
	for _, f := range root.Fields {
		if v := f.Value; v != nil && v.Kind == List && root.Get("tasks") == nil && hasIDs(v) {
			hint = "are these the tasks? write `tasks` instead of `" + clip(f.Key) + "`"
			pos = f.Pos
		}
		if f.Key == "tasks" {
			pos = f.Pos
		} else if nearest(f.Key, []string{"tasks"}) != "" {
			pos, hint = f.Pos, "did you mean `tasks` instead of `"+clip(f.Key)+"`?"
			if f.Value != nil && f.Value.Kind == List && looksLikeTasks(f.Value) && root.Get("tasks") == nil {
				fix = r.fixer().key(f, "tasks")
			}
		}
	}
	r.addFixed(codeNoPlan, Error, pos, text, hint, fix)
}

// hasIDs reports whether each item of a list is a mapping with an id.
func hasIDs(v *Value) bool {
	return len(v.Items) > 0 && !slices.ContainsFunc(v.Items, func(t *Value) bool { return t == nil || t.Kind != Map || idField(t) == nil })
}

// defaultID names a plan that does not name itself.
func (r *reader) defaultID() string {
	if r.opts.DefaultID != "" {
		return r.opts.DefaultID
	}
	name := strings.ReplaceAll(r.name, `\`, "/")
	folder, file := path.Split(name)
	if r.source.parts != nil {
		switch folder := path.Base(name); folder {
		case ".", "..", "/":
			return "tasks"
		default:
			return folder
		}
	}
	stem := strings.TrimSuffix(file, path.Ext(file))
	if parent := path.Base(folder); stem == "plan" && folder != "" && parent != "." && parent != "/" {
		return parent
	}
	return stem
}
