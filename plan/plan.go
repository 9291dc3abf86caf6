package plan

import (
	"time"

	"billow/failure"
)

// Plan is what the user asked for: tasks, what each needs first, and the rules they run under. It is
// immutable once read.
type Plan struct {
	// Name is the file's name as it was given to Read; it stands in messages.
	Name string
	// ID is plan_id; without one, the name of the folder or file (see Read).
	ID string
	// Objective is `objective`, else baseline.objective, else tldr.
	Objective string
	// Status is the plan's own status as written; "" when the file has none.
	Status string
	Tasks  []*Task
	// Waves says how waves are meant; see WaveMode.
	Waves WaveMode
	// Pools are named limits: at most this many tasks that say `pool: NAME` at once.
	Pools map[string]int
	// Env is added to the environment of every task, in the order of the file.
	Env []EnvVar
	// EnvFile are files of KEY=VALUE lines, relative to the project root, read when a run starts.
	EnvFile []string
	// Vars are the plan's own values for expressions (`vars:`); --set overrides them.
	Vars []EnvVar
	// Failure is the policy: billow's default with the plan's failure_handling laid over it.
	Failure failure.Policy
	// Budget is how much agents may use up on the plan; Task.Budget is for one task.
	Budget Budget
	// Classify are the plan's own rules for the kind of a failure, in order.
	Classify []ClassifyRule
	// Complexity is what the plan says of itself ("" when it says nothing).
	Complexity string
	Dialect    Dialect
	// Root is the whole document, for rules and briefs that look at keys with no field here.
	Root *Value

	index map[string]int
}

// WaveMode is how the `wave` keys of a plan order its tasks.
type WaveMode string

const (
	// NoWaves: the plan has no wave keys; there are no barriers.
	NoWaves WaveMode = ""
	// Strict: every wave is a barrier; the default where there are wave keys.
	Strict WaveMode = "strict"
	// Soft: waves are kept for display and ties, dependencies alone order (`waves: soft`).
	Soft WaveMode = "soft"
)

// Dialect is what was found of the file's habits, so that billow writes back in the same way.
type Dialect struct {
	// TasksAt is where the tasks stood: "tasks", "waves[].tasks", "phases[].tasks", "plan.tasks" ...; "*.md" for a
	// folder of task files.
	TasksAt string
	// IDKey is "id" or "task_id"; EdgeKey the name of the dependency list in use.
	IDKey, EdgeKey string
	// HasEdges is true when any task names a dependency.
	HasEdges bool
	// Documents is the number of YAML documents in the file; only the first is the plan.
	Documents int
	// Retries is the path where the plan counts retries: "retries_used", "flags.retries_used" or "".
	Retries string
}

// Task is one piece of work.
type Task struct {
	ID, Title, Description string
	// Index is the task's place in Plan.Tasks.
	Index int
	// Wave is the task's wave; WaveSet says whether the file has one. Order fills in the others.
	Wave    int
	WaveSet bool
	// Agent is who does it; "" for a task with Run, or for the default agent.
	Agent    string
	Priority string
	// Status is normalised; RawStatus is what the file says, "" when it says nothing.
	Status    Status
	RawStatus string
	// Needs are the tasks that must be done first: dependencies, depends_on, deps and consumes together,
	// without repetition, in the order of the file.
	Needs []string
	// Conflicts are tasks that must not run at the same time, as written; ConflictNotes are entries that
	// name no task (prose).
	Conflicts     []string
	ConflictNotes []string
	Ownership     Ownership
	// Locks are names of which each can be held by one running task.
	Locks []string
	// Alone is true for a task that runs only while no other does (`parallel: false` in a task file).
	Alone bool
	Pool  string

	// Run is a shell command; Shell overrides how it is run ("sh -ec" and the like; "none" for no shell).
	Run     string
	Shell   []string
	Env     []EnvVar
	EnvFile []string
	// Secrets are names of environment variables the task is given and whose values are masked in logs.
	Secrets []string
	// Dir is where the task runs, relative to the project root.
	Dir      string
	Timeouts Timeouts
	// When is an expression; the task is skipped when it is false. "" is always true once its needs are done.
	When string
	// Foreach is an expression (ForeachExpr) or a list (ForeachItems); the task runs once for each item.
	ForeachExpr  string
	ForeachItems []*Value
	// MaxItems bounds a foreach; 1000 unless the task says otherwise.
	MaxItems int
	// Inputs are values made from expressions and given as environment variables (and to agents by name).
	Inputs []EnvVar
	// Outputs are the names the task promises to write to $BILLOW_OUTPUT.
	Outputs []string
	// Accept are commands that must pass before the task counts as completed.
	Accept []string
	// Retry is `retry`: nil when the task says nothing. Failure is its own failure_handling, laid over the
	// plan's; nil when it has none and the plan's alone holds.
	Retry   *Retry
	Failure failure.Policy

	RequiresApproval bool
	// ApprovalTimeout and AnswerTimeout are how long an approval and a question wait for a person, 0 for ever.
	// DefaultAnswer counts where nobody answers in time.
	ApprovalTimeout, AnswerTimeout time.Duration
	DefaultAnswer                  string

	ApprovalState  string
	ApprovalReason string
	BlockedReason  string
	RetriesUsed    int
	Flaky          bool
	// Budget is how much agents may use up on the task, all attempts and items together.
	Budget Budget
	// Estimate is how long the task is thought to take; 0 when nobody said.
	Estimate time.Duration

	// Source is the whole task, for briefs, rules and unknown keys.
	Source *Value
	// Pos is where the task begins; IDPos where its id stands.
	Pos, IDPos Pos
}

// EnvVar is a name with a value or an expression, and where it stands.
type EnvVar struct {
	Name, Value string
	Pos         Pos
}

// Ownership is what files a task works on: globs relative to the project root and a mode
// (read_only, shared or exclusive; exclusive when paths are given without a mode).
type Ownership struct {
	Paths []string
	Mode  string
}

// Timeouts are a task's deadlines; 0 is none.
type Timeouts struct {
	// Total is from the start, FirstOutput until anything is printed, Idle between two outputs.
	Total, FirstOutput, Idle time.Duration
}

// Retry is billow's short form of a failure policy.
type Retry struct {
	// Limit is the number of extra attempts after the first.
	Limit int
	// Backoff is the first delay; it doubles, up to 60 s. 0 means the policy's own (1 s).
	Backoff time.Duration
	// On are the kinds it holds for; none means every kind that can be tried again.
	On []failure.Kind
}

// ClassifyRule gives a failure for which When holds the kind Kind.
type ClassifyRule struct {
	When string
	Kind failure.Kind
	Pos  Pos
}

// Status is a task's state as plan files know it, spelled as billow writes it.
type Status string

const (
	Pending    Status = "pending"
	InProgress Status = "in_progress"
	Blocked    Status = "blocked"
	Completed  Status = "completed"
	Skipped    Status = "skipped"
	Failed     Status = "failed"
	Cancelled  Status = "cancelled"
)

// Task returns the task with this id, nil when there is none.
func (p *Plan) Task(id string) *Task {
	if i, ok := p.index[id]; ok {
		return p.Tasks[i]
	}
	return nil
}

// Foreach reports whether the task runs once for each item of a list.
func (t *Task) Foreach() bool { return t.ForeachExpr != "" || t.ForeachItems != nil }

// Name is the title, or the id where there is none.
func (t *Task) Name() string {
	if t.Title != "" {
		return t.Title
	}
	return t.ID
}
