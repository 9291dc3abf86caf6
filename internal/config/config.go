package config

import (
	"sync"
	"time"

	"billow/plan"
)

// Config is how billow is to behave. A field says its key in billow.yaml, and behind it that of
// .gem-team.yaml where it has one there; keys of .gem-team.yaml may stand in billow.yaml too. Every value can
// also be set by the environment: the key in capitals with BILLOW_ before it and _ for dots
// (BILLOW_MAX_CONCURRENT_AGENTS). What counts is, from the first: the flag, the environment, the plan,
// billow.yaml, .gem-team.yaml, the user's own billow.yaml, the default.
type Config struct {
	// DefaultAgent (`default_agent`) does the tasks that have neither `run` nor `agent` and that no route
	// catches. Default: none, such a task is a problem.
	DefaultAgent string
	// Jobs (`jobs`) is how many shell tasks run at once. Default: 0, one for each processor.
	Jobs int
	// MaxConcurrentAgents (`max_concurrent_agents`; `orchestrator.max_concurrent_agents`) is how many tasks
	// of model agents run at once. Default: 2.
	MaxConcurrentAgents int
	// FailFast (`fail_fast`): after the first failure nothing new is started. Default: false.
	FailFast bool
	// FailureRules (`failure_rules`) is classic or latest: which version of the gem-orchestrator's rules for failures
	// holds where a plan says nothing. Latest is stricter about what may count as completed: flaky work, and work that
	// fails on one platform, passes only where its acceptance commands pass, and is blocked otherwise; and a plan is
	// revised twice, not three times. Default: classic.
	FailureRules string
	// ComplexityFloor (`complexity_floor`; `orchestrator.default_complexity_threshold`) is the lowest class a
	// plan is put in: auto, TRIVIAL, LOW, MEDIUM or HIGH. Default: auto, no floor.
	ComplexityFloor string
	// ApprovalRequiredFor (`approval_required_for`; `devops.approval_required_for`) are the environments
	// for which a task of gem-devops needs an approval: development, staging, production or any name that
	// tasks have under `environment`, upper and lower case being the same. An empty list is none. Default:
	// production.
	ApprovalRequiredFor []string
	// ApprovalTimeout (`approval_timeout`) is how long an approval waits for a person before it counts as denied,
	// for tasks that say nothing themselves. While one waits, the run goes on. Default: 0, no limit: a run with nothing
	// left to do but wait for people ends.
	ApprovalTimeout time.Duration
	// AnswerTimeout (`answer_timeout`) is how long a question waits for a person before its default is taken: the
	// task's `default_answer`, or what the question recommends. Without a default it stays open. Default: 0, no limit.
	AnswerTimeout time.Duration
	// QuotaWait (`quota_wait`) is how long a run that has nothing else to do waits for a provider whose limit resets. Where
	// it takes longer the run ends, with exit status 5, and goes on with the next `billow run`. Default: 1h.
	QuotaWait time.Duration
	// Budget (`budget.tokens`, `budget.usd`, `budget.time`) is how much agents may use up on a plan that says nothing of
	// it: tokens read and written (`200k`, `2M`), dollars, and time of work, all added up. Default: none.
	Budget plan.Budget
	// Shell (`shell`) is what runs a task's command, which is added as its last argument: `bash -eu -c`.
	// Default: none, which is /bin/sh -e -c.
	Shell []string
	// Timeouts (`timeouts.total`, `timeouts.idle`, `timeouts.first_output`) are the deadlines of tasks that
	// have none of their own. Default: none.
	Timeouts plan.Timeouts
	// BlockLost (`on_lost`) is block or rerun: whether a task whose attempt was lost with its driver waits for
	// a person, or runs again. Default: rerun.
	BlockLost bool
	// Gates (`gates`) is auto or off: whether plan review, critic and wave gates apply where the plan has tasks
	// for model agents and the gate's role has an adapter; wave gates where it is of the class MEDIUM or HIGH. Default: auto.
	Gates string
	// AssessAgent (`assess_agent`) is asked, once, what an objective comes to where the rules of `billow do` cannot
	// tell. Default: none, such an objective is LOW.
	AssessAgent string
	// PlanRevisions (`plan_revisions`) is how often `billow do` gives a plan back to the planner with what reviewer,
	// critic or the checks found, before a person is asked. Default: 2.
	PlanRevisions int
	// GateRevisions (`gate_revisions`) is how often the gate of a wave sends tasks back for what the reviewer found,
	// before a person is asked. Default: 3.
	GateRevisions int
	// WriteBack (`write_back`): statuses are written into the plan file. Default: true.
	WriteBack bool
	// Output (`output`) is how progress is shown: auto (lines that change on a terminal, plain ones
	// elsewhere), plain or quiet. It has no variable: BILLOW_OUTPUT is a task's own. Default: auto.
	Output string
	// Limits (`limits.max_file_bytes`, `limits.max_tasks`) bound what is read: the size of a plan file, for
	// which `64 MiB` and the like are understood, and the number of its tasks. Default: 32 MiB, 200,000.
	Limits Limits
	// Gem are the settings of .gem-team.yaml that are for agents and gates.
	Gem Gem

	// GemTeam is .gem-team.yaml as it is written; nil where there is none. Unknown blocks are in it too. See
	// Handed for what agents are given.
	GemTeam *plan.Value
	// Problems are what is wrong with the files, the environment and the flags; errors keep a plan from
	// running. A value that is wrong is left as it was.
	Problems []plan.Problem

	// agents (`agents`) and adapters (`adapters`) are by name, routes (`routes`) in order; see Agent.
	agents   map[string]entry
	adapters map[string]entry
	routes   []route

	origins map[string]Origin
	// mu guards exprs, which keeps compiled routes.
	mu    sync.Mutex
	exprs plan.Expressions
}

// Limits bound what is read, so that a file made to hurt is refused quickly.
type Limits struct {
	// MaxFileBytes is the size of a plan file; `64 MiB` and the like are understood. Default: 32 MiB.
	MaxFileBytes int64
	// MaxTasks is the number of tasks of a plan. Default: 200,000.
	MaxTasks int
}

// Gem are the settings of .gem-team.yaml that billow hands on to agents and gates.
type Gem struct {
	// GitCommitOnGatePass (`orchestrator.git_commit_on_gate_pass`): a wave whose gate passed is committed.
	// Default: false.
	GitCommitOnGatePass bool
	// EnableCriticFor (`planning.enable_critic_for`) are the classes for which gem-critic looks at the plan.
	// Default: HIGH.
	EnableCriticFor []string
	// ModelRouting (`model_routing.enabled`): an agent without a model of its own is given that of its role's tier.
	// Default: false.
	ModelRouting bool
	// PremiumModel and ExploreModel (`model_routing.tiers.premium`, `model_routing.tiers.explore`) are the
	// models of the tiers, as `model (provider)`. Default: none.
	PremiumModel, ExploreModel string
	// VisualRegression (`quality.visual_regression_enabled`): testers compare screenshots. Default: true.
	VisualRegression bool
	// VisualDiffThreshold (`quality.visual_diff_threshold`) is how alike they must be, 0 to 1. Default: 0.95.
	VisualDiffThreshold float64
	// A11yAuditLevel (`quality.a11y_audit_level`) is none, basic or full. Default: basic.
	A11yAuditLevel string
	// DeploymentStrategy (`devops.deployment_strategy`) is rolling, blue_green or canary. Default: rolling.
	DeploymentStrategy string
	// AutoRollback (`devops.auto_rollback_on_failure`): a deployment that fails is rolled back. Default: false.
	AutoRollback bool
	// ScreenshotOnFailure (`testing.screenshot_on_failure`): testers keep a picture of what failed. Default:
	// true.
	ScreenshotOnFailure bool
}

// defaults is the configuration of somebody who has said nothing.
func defaults() *Config {
	return &Config{
		MaxConcurrentAgents: 2,
		FailureRules:        "classic",
		ComplexityFloor:     "auto",
		ApprovalRequiredFor: []string{"production"},
		Gates:               "auto",
		PlanRevisions:       2,
		QuotaWait:           time.Hour,
		GateRevisions:       3,
		WriteBack:           true,
		Output:              "auto",
		Limits:              Limits{MaxFileBytes: 32 << 20, MaxTasks: 200_000},
		Gem: Gem{
			EnableCriticFor:     []string{"HIGH"},
			VisualRegression:    true,
			VisualDiffThreshold: 0.95,
			A11yAuditLevel:      "basic",
			DeploymentStrategy:  "rolling",
			ScreenshotOnFailure: true,
		},
		agents:   map[string]entry{},
		adapters: map[string]entry{},
		origins:  map[string]Origin{},
	}
}
