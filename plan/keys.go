package plan

// Key is one key of a plan file that means something to billow, as the author of a plan sees it. The schema
// and the reference page of plans are made of these; a test holds them against what Read knows.
type Key struct {
	// Name is the key as it is written.
	Name string
	// What says what it is for, in Markdown; Example is a value for it, in YAML on one line, "" where the value
	// is a list of tasks or groups.
	What, Example string
	// Shape is what the value may look like; Least and Most are the bounds of a ShapeNumber.
	Shape       Shape
	Least, Most int
	// InDefaults is true for keys of tasks that may stand in a plan's `defaults` too.
	InDefaults bool
}

// Shape is what the value of a key may look like without Read taking it for an error. Nothing at all (`key:`)
// is right everywhere.
type Shape string

const (
	// ShapeAny: anything; what is not understood is kept for people and agents.
	ShapeAny Shape = "any"
	// ShapeText: one scalar. ShapeTexts: one, or a list of them.
	ShapeText  Shape = "text"
	ShapeTexts Shape = "texts"
	// ShapeFlag: true or false, also yes, no, on, off.
	ShapeFlag Shape = "flag"
	// ShapeNumber: a whole number from Key.Least to Key.Most, quoted or not.
	ShapeNumber Shape = "number"
	// ShapeNames: a text or texts, each the name of an environment variable.
	ShapeNames Shape = "names"
	// ShapeEnv: a mapping of names to scalars, or a list of NAME=VALUE.
	ShapeEnv Shape = "env"

	// The others are those of one key, or of keys that mean the same.

	ShapeTasks     Shape = "tasks"
	ShapeGroups    Shape = "groups"
	ShapePlan      Shape = "plan"
	ShapeWaves     Shape = "waves"
	ShapePools     Shape = "pools"
	ShapeVars      Shape = "vars"
	ShapeClassify  Shape = "classify"
	ShapeDefaults  Shape = "defaults"
	ShapePolicy    Shape = "policy"
	ShapeWave      Shape = "wave"
	ShapeStatus    Shape = "status"
	ShapeNeeds     Shape = "needs"
	ShapeConflicts Shape = "conflicts"
	ShapeOwnership Shape = "ownership"
	ShapeTimeout   Shape = "timeout"
	ShapeDuration  Shape = "duration"
	ShapeForeach   Shape = "foreach"
	ShapeInputs    Shape = "inputs"
	ShapeOutputs   Shape = "outputs"
	ShapeFlags     Shape = "flags"
	ShapeRetry     Shape = "retry"
	ShapeBudget    Shape = "budget"
)

// PlanKeys are the keys of a plan itself, in the order in which they are best explained.
func PlanKeys() []Key {
	return []Key{
		{Name: "plan_id", Shape: ShapeText, Example: "20260610-csv-export",
			What: "The plan's id; by convention `YYYYMMDD-kebab-case`, the name of its folder under `docs/plan/`. Without it: the name of the file, or of the folder of a plan.yaml."},
		{Name: "objective", Shape: ShapeAny, Example: "Reports can be had as CSV",
			What: "What is true when the plan is done, in a sentence. Agents are told."},
		{Name: "status", Shape: ShapeAny, Example: "pending",
			What: "The plan's own status, written by billow: pending, in_progress, blocked, completed, failed."},
		{Name: "tasks", Shape: ShapeTasks,
			What: "The tasks: a list, each with an `id`; or a mapping of ids to tasks."},
		{Name: "waves", Shape: ShapeWaves, Example: "soft",
			What: "How the `wave` keys of tasks are meant: `strict` (the default: each wave waits for the one before) or `soft` (dependencies alone order). Plans of some eras have groups of tasks here instead."},
		{Name: "pools", Shape: ShapePools, Example: "{browsers: 2}",
			What: "Named limits: at most so many tasks that say `pool: NAME` run at once (1 to 100,000)."},
		{Name: "vars", Shape: ShapeVars, Example: "{channel: beta}",
			What: "The plan's own values for expressions, as `vars.NAME`; `billow run --set NAME=value` overrides them."},
		{Name: "env", Shape: ShapeEnv, Example: "{CI: \"true\"}",
			What: "Environment variables for every task."},
		{Name: "env_file", Shape: ShapeTexts, Example: ".env",
			What: "Files of KEY=VALUE lines for every task, relative to the project's root."},
		{Name: "defaults", Shape: ShapeDefaults, Example: "{timeout: 30m, run: {dir: app}}",
			What: "Keys of tasks for every task that does not say otherwise; under `run` for tasks with a command, under `agents: {NAME: …}` for the tasks of one agent."},
		{Name: "failure_handling", Shape: ShapePolicy, Example: "{transient: {retry_limit: 5}}",
			What: "What is done about each kind of failure, laid over billow's own policy key by key."},
		{Name: "classify", Shape: ShapeClassify, Example: "[{when: \"exit == 75\", kind: transient}]",
			What: "Rules for the kind of a failure, tried in order before billow's own patterns."},
		{Name: "complexity", Shape: ShapeAny, Example: "MEDIUM",
			What: "What the planner thinks of the plan: TRIVIAL, LOW, MEDIUM or HIGH. `billow classify` says what billow thinks."},
		{Name: "budget", Shape: ShapeBudget, Example: "{tokens: 2M, usd: 5, time: 2h}",
			What: "How much agents may use up on the plan: tokens read and written, dollars, and time of work, all added up. Once it is used up no agent is started any more; commands are."},
		{Name: "plan", Shape: ShapePlan,
			What: "The whole plan, where it stands in a mapping of its own. Best left out."},
		{Name: "phases", Shape: ShapeGroups,
			What: "Tasks in groups, one after the other, as in some older plans; better `wave` at each task."},
		{Name: "stages", Shape: ShapeGroups,
			What: "As `phases`."},
		{Name: "milestones", Shape: ShapeGroups,
			What: "As `phases`."},
	}
}

// TaskKeys are the keys of a task, in the order in which they are best explained.
func TaskKeys() []Key {
	out := []Key{
		{Name: "id", Shape: ShapeText, Example: "build",
			What: "The task's name, once in a plan; every task needs one. Letters, digits, `-`, `_` and `.` are safest; it is a text, so `007` stays `007`."},
		{Name: "task_id", Shape: ShapeText, Example: "build",
			What: "As `id`, in older plans."},
		{Name: "title", Shape: ShapeAny, Example: "Build both editions",
			What: "A few words for people."},
		{Name: "name", Shape: ShapeAny, Example: "Build both editions",
			What: "As `title`."},
		{Name: "description", Shape: ShapeAny, Example: "Rows to CSV, as RFC 4180 has it.",
			What: "What is to be done, for people and agents. An agent knows only what stands in its task."},
		{Name: "depends_on", Shape: ShapeNeeds, Example: "[parse, load]",
			What: "The tasks that must be completed or skipped before this one starts. The order of the work is best said with this alone."},
		{Name: "dependencies", Shape: ShapeNeeds, Example: "[parse, load]",
			What: "As `depends_on`."},
		{Name: "deps", Shape: ShapeNeeds, Example: "[parse, load]",
			What: "As `depends_on`."},
		{Name: "consumes", Shape: ShapeAny, Example: "[{task: load, output: rows}]",
			What: "What the task uses of others; to use what a task makes is to need it."},
		{Name: "wave", Shape: ShapeWave, Example: "1",
			What: "The number of the task's wave, from 1. Waves are barriers: nothing of wave 2 starts before everything of wave 1 has settled."},
		{Name: "conflicts_with", Shape: ShapeConflicts, Example: "[migrate]",
			What: "Tasks that must not run at the same time as this one. It holds in both directions and is no order."},
		{Name: "ownership", Shape: ShapeOwnership, Example: "{paths: [\"src/**\"], mode: exclusive}",
			What: "The files the task works on, as globs from the project's root, and how: read_only, shared or exclusive (the default). Tasks whose exclusive files overlap do not run at once."},
		{Name: "locks", Shape: ShapeTexts, Example: "[staging]",
			What: "Names that one running task can hold."},
		{Name: "pool", Shape: ShapeText, Example: "browsers",
			What: "The pool of the plan's `pools` that limits how many such tasks run at once."},
		{Name: "run", Shape: ShapeTexts, Example: "make test",
			What: "A shell command, run with `/bin/sh -e -c` in the project's root. A task has `run` or `agent`."},
		{Name: "agent", Shape: ShapeText, Example: "gem-implementer",
			What: "Who does the task; `billow.yaml` says how each agent is reached. A task with neither `run` nor `agent` goes to `default_agent`."},
		{Name: "shell", Shape: ShapeTexts, Example: "bash -eu -o pipefail -c",
			What: "Another shell for `run`; the command is its last argument."},
		{Name: "dir", Shape: ShapeText, Example: "services/api",
			What: "Where the task runs, relative to the project's root."},
		{Name: "env", Shape: ShapeEnv, Example: "{CGO_ENABLED: \"0\"}",
			What: "Environment variables of the task."},
		{Name: "env_file", Shape: ShapeTexts, Example: "ci.env",
			What: "Files of KEY=VALUE lines, relative to the project's root."},
		{Name: "secrets", Shape: ShapeNames, Example: "[NPM_TOKEN]",
			What: "Variables of billow's own environment that this task alone is given; their values are masked in everything that is written."},
		{Name: "timeout", Shape: ShapeTimeout, Example: "10m",
			What: "How long the task may take: `90` (seconds), `90s`, `5m`, `1h30m`; or `{total, first_output, idle}`."},
		{Name: "when", Shape: ShapeText, Example: "vars.channel == \"stable\"",
			What: "An expression; where it is false the task is skipped. `failed()` and `always()` let it run after failures."},
		{Name: "foreach", Shape: ShapeForeach, Example: "[linux, darwin]",
			What: "A list, or an expression that gives one: the task runs once for each item, which it sees as `$BILLOW_ITEM`, and in `inputs` as `item`."},
		{Name: "max_items", Shape: ShapeNumber, Least: 1, Most: 100_000, Example: "1000",
			What: "The most items a `foreach` may have; 1000 unless said."},
		{Name: "inputs", Shape: ShapeInputs, Example: "{TAG: tasks.version.outputs.tag}",
			What: "Names and expressions, worked out when the task starts; a command sees them as variables. A list is for agents to read."},
		{Name: "outputs", Shape: ShapeOutputs, Example: "[tag]",
			What: "The names that the task writes as `NAME=value` lines to the file `$BILLOW_OUTPUT`. Other lists are for agents to read."},
		{Name: "accept", Shape: ShapeTexts, Example: "[\"test -s coverage.out\"]",
			What: "Commands that must pass before the task counts as completed."},
		{Name: "acceptance_criteria", Shape: ShapeAny, Example: "[every finding names a file and a line]",
			What: "When the task is done, in sentences that can be checked; an agent is held to them. Put an item with a `: ` in quotes."},
		{Name: "success_criteria", Shape: ShapeAny, Example: "[the build is green]",
			What: "As `acceptance_criteria`, in older plans; for people and agents."},
		{Name: "verification", Shape: ShapeAny, Example: "[run the tests]",
			What: "How to see that the task is done, in older plans; for people and agents."},
		{Name: "retry", Shape: ShapeRetry, Example: "{limit: 2, backoff: 500ms, on: [transient]}",
			What: "How often to try again after the first attempt (0 to 100), or `{limit, backoff, on}`. The delay doubles, up to 60 s."},
		{Name: "budget", Shape: ShapeBudget, Example: "{usd: 0.50}",
			What: "How much agents may use up on the task, all its attempts and items together; then it waits for a person. `billow retry` grants the same once more."},
		{Name: "failure_handling", Shape: ShapePolicy, Example: "{flaky: {retry_limit: 2}}",
			What: "The task's own policy, laid over the plan's."},
		{Name: "requires_approval", Shape: ShapeFlag, Example: "true",
			What: "The task waits for a person, who says `billow approve`."},
		{Name: "devops_security_sensitive", Shape: ShapeFlag, Example: "true",
			What: "As `requires_approval`."},
		{Name: "environment", Shape: ShapeAny, Example: "production",
			What: "Where a gem-devops task works; `approval_required_for` of `billow.yaml` names those that need approval."},
		{Name: "approval_timeout", Shape: ShapeDuration, Example: "1h",
			What: "How long an approval waits for a person before it counts as denied. Without it the run ends and says that somebody is needed."},
		{Name: "answer_timeout", Shape: ShapeDuration, Example: "30m",
			What: "How long a question waits for a person before its default is taken."},
		{Name: "default_answer", Shape: ShapeText, Example: "\"no\"",
			What: "The answer that counts where nobody answers within `answer_timeout`; without it, what the question itself recommends."},
		{Name: "priority", Shape: ShapeAny, Example: "high",
			What: "A word for people and agents; it orders nothing."},
		{Name: "estimate", Shape: ShapeAny, Example: "20m",
			What: "How long the task is thought to take; it helps to find the longest way through the plan."},
		{Name: "estimate_hours", Shape: ShapeAny, Example: "1.5",
			What: "As `estimate`, in hours."},
		{Name: "status", Shape: ShapeStatus, Example: "pending",
			What: "Written by billow: pending, in_progress, blocked, completed, skipped, failed or cancelled. What you set to completed or skipped does not run."},
		{Name: "retries_used", Shape: ShapeAny, Example: "0",
			What: "How often the task was tried again; written by billow."},
		{Name: "flags", Shape: ShapeFlags, Example: "{flaky: false, retries_used: 0}",
			What: "Marks of the task, written by billow where the plan has them."},
		{Name: "blocked_reason", Shape: ShapeAny, Example: "which database is meant?",
			What: "Why the task waits for a person; written by billow."},
		{Name: "approval_state", Shape: ShapeText, Example: "pending",
			What: "pending, approved or denied; written by billow."},
		{Name: "approval_reason", Shape: ShapeAny, Example: "works on production",
			What: "Why the task needs an approval; written by billow."},
	}
	known := taskFields()
	for i := range out {
		out[i].InDefaults = known[out[i].Name].take != nil
	}
	return out
}

// StatusWords are the statuses as billow writes them.
func StatusWords() []string {
	return []string{string(Pending), string(InProgress), string(Blocked), string(Completed), string(Skipped), string(Failed), string(Cancelled)}
}
