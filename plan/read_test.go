package plan_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/failure"
	"billow/plan"
)

// readClean reads a plan that has nothing wrong with it.
func readClean(t *testing.T, text string) *plan.Plan {
	t.Helper()
	doc := plan.Read("plan.yaml", []byte(text), plan.Options{})
	require.Empty(t, lines(doc.Problems))
	require.NotNil(t, doc.Plan)
	return doc.Plan
}

// lines puts problems into one line each: code, severity, place, text and hint.
func lines(problems []plan.Problem) []string {
	out := []string{}
	for _, p := range problems {
		line := fmt.Sprintf("%s %s %d:%d %s", p.Code, p.Severity, p.Line, p.Column, p.Text)
		if p.Hint != "" {
			line += " (" + p.Hint + ")"
		}
		out = append(out, line)
	}
	return out
}

// outline is what a plan's tasks come down to: "id@wave<need,need", the wave only where the file has one.
func outline(p *plan.Plan) []string {
	out := []string{}
	for _, t := range p.Tasks {
		line := t.ID
		if t.WaveSet {
			line += fmt.Sprintf("@%d", t.Wave)
		}
		if len(t.Needs) > 0 {
			line += "<" + strings.Join(t.Needs, ",")
		}
		out = append(out, line)
	}
	return out
}

func TestReadUnderstandsEveryPlaceOfTheTasks(t *testing.T) {
	tests := []struct {
		name, text string
		at         string
		want       []string
		mode       plan.WaveMode
	}{
		{"a list", "tasks:\n  - id: a\n  - id: b\n    deps: [a]\n", "tasks", []string{"a", "b<a"}, plan.NoWaves},
		{"a mapping of ids", "tasks:\n  a:\n    title: A\n  b: {deps: a}\n  c:\n", "tasks{}", []string{"a", "b<a", "c"}, plan.NoWaves},
		{"wave keys", "tasks:\n  - {id: a, wave: 0}\n  - {id: b, wave: W2}\n  - {id: c}\n", "tasks", []string{"a@0", "b@2", "c"}, plan.Strict},
		{"soft waves", "waves: soft\ntasks: [{id: a, wave: 1}]\n", "tasks", []string{"a@1"}, plan.Soft},
		{"strict without waves", "waves: strict\ntasks: [{id: a}]\n", "tasks", []string{"a"}, plan.NoWaves},
		{"waves that number themselves", `
waves:
  - wave: 1
    tasks: [{id: a}, {id: b, wave: 7}]
  - wave: 3
    tasks: [{id: c, depends_on: [a]}]
`, "waves[].tasks", []string{"a@1", "b@7", "c@3<a"}, plan.Strict},
		{"waves by name", `
waves:
  - wave_id: wave_4
    tasks: [{task_id: a}]
  - id: W9
    tasks: [{task_id: b}]
`, "waves[].tasks", []string{"a@4", "b@9"}, plan.Strict},
		{"phases by place", `
phases:
  - phase: Before
    tasks: [{task_id: 1.10}]
  - phase: After
    tasks: [{task_id: 2.1}]
`, "phases[].tasks", []string{"1.10@1", "2.1@2"}, plan.Strict},
		{"a mapping of waves", "waves:\n  wave_1:\n    tasks: [{id: a}]\n  wave_2: [{id: b}]\n", "waves{}.tasks", []string{"a@1", "b@2"}, plan.Strict},
		{"phases of waves count through", `
phases:
  - waves:
      - {wave: 1, tasks: [{id: a}]}
      - {wave: 2, tasks: [{id: b}]}
  - waves:
      - {wave: 1, tasks: [{id: c}]}
`, "phases[].tasks", []string{"a@1", "b@2", "c@3"}, plan.Strict},
		{"under plan", "plan:\n  plan_id: x\n  tasks: [{id: a}]\n", "plan.tasks", []string{"a"}, plan.NoWaves},
		{"waves under plan", "plan:\n  waves: [{tasks: [{id: a}]}]\n", "plan.waves[].tasks", []string{"a@1"}, plan.Strict},
		{"under another name", "version: 1\nworkflow:\n  tasks: [{id: a}]\n", "workflow.tasks", []string{"a"}, plan.NoWaves},
		{"keys that are waves", "wave_1: {tasks: [{id: a}]}\nwave_2: {tasks: [{id: b}]}\n", "wave_N.tasks", []string{"a@1", "b@2"}, plan.Strict},
		{"groups among the tasks", "tasks:\n  - wave: 2\n    tasks: [{id: a}]\n  - id: b\n", "tasks", []string{"a@2", "b"}, plan.Strict},
		{"waves that only list ids", `
tasks: [{id: a}, {id: b}, {id: c, wave: 5}]
waves:
  - {wave: 1, tasks: [a]}
  - {wave: 2, tasks: [b, c]}
`, "tasks", []string{"a@1", "b@2", "c@5"}, plan.Strict},
		{"waves that only describe", "tasks: [{id: a}]\nwaves: [{wave: 1, title: First}]\n", "tasks", []string{"a"}, plan.NoWaves},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := readClean(t, test.text)
			assert.Equal(t, test.want, outline(p))
			assert.Equal(t, test.at, p.Dialect.TasksAt)
			assert.Equal(t, test.mode, p.Waves)
			for i, task := range p.Tasks {
				assert.Equal(t, i, task.Index)
				assert.Same(t, task, p.Task(task.ID))
				assert.NotNil(t, task.Source)
			}
		})
	}
}

func TestReadJoinsEverySpellingOfNeeds(t *testing.T) {
	tests := []struct{ name, keys, want string }{
		{"dependencies", "dependencies: [a, b]", "a b"},
		{"depends_on", "depends_on: [a, b]", "a b"},
		{"deps", "deps: [a, b]", "a b"},
		{"a scalar is a list of one", "deps: a", "a"},
		{"null is none", "dependencies: ~", ""},
		{"nothing is none", "dependencies:", ""},
		{"none is none", "depends_on: None", ""},
		{"a dash is none", "depends_on: '-'", ""},
		{"the union, without repetition", "{deps: [b, a], depends_on: [a, c], dependencies: [b]}", "b a c"},
		{"consumes", "consumes: [{task: a, output: x}, {task: b, output: y}, {task: a, output: z}]", "a b"},
		{"consumes beside others", "{depends_on: [b], consumes: [{task: a, output: x}]}", "b a"},
		{"what is consumed and no task", "consumes: [a, docs/readme.md]", "a"},
		{"numbers as written", "deps: [1.10, 007]", "1.10 007"},
		{"one text with commas", "deps: a, b", "a b"},
		{"a comma that is part of a name", "deps: 'x, y'", "x, y"},
		{"commas around something unknown stay", "deps: a, nowhere", "a, nowhere"},
		{"ids with reasons", "deps:\n      - a: it makes the table\n      - {task: b}", "a b"},
		{"nested dependencies are no edges", "implementation_specification: {dependencies: [{component: a, relationship: uses}]}", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			keys := "\n    " + test.keys
			if strings.HasPrefix(test.keys, "{") {
				keys = "\n    " + strings.ReplaceAll(strings.Trim(test.keys, "{}"), "], ", "]\n    ")
				if strings.Contains(test.keys, "output") {
					keys = "\n    depends_on: [b]\n    consumes: [{task: a, output: x}]"
				}
			}
			p := readClean(t, "tasks:\n  - id: a\n  - id: b\n  - id: c\n  - id: 1.10\n  - id: 007\n  - id: 'x, y'\n  - id: last"+keys+"\n")
			task := p.Task("last")
			require.NotNil(t, task)
			assert.Equal(t, test.want, strings.Join(task.Needs, " "))
			assert.Equal(t, test.want != "", p.Dialect.HasEdges)
		})
	}
}

func TestReadKeepsIDsAsWritten(t *testing.T) {
	p := readClean(t, "tasks:\n  - id: 1.10\n  - id: 007\n  - task_id: 0x10\n  - id: \" T 4 \"\n  - id: true\n  - id: 1_000\n")
	assert.Equal(t, []string{"1.10", "007", "0x10", "T 4", "true", "1_000"}, outline(p))
	assert.Equal(t, "id", p.Dialect.IDKey)
	assert.Equal(t, plan.Pos{Line: 3, Column: 9, Offset: 28}, p.Tasks[1].IDPos)
}

func TestReadTellsConflictsFromProse(t *testing.T) {
	p := readClean(t, `
tasks:
  - id: a
    conflicts_with: [b, "Any concurrent write to the table", gone, b]
  - id: b
    conflicts_with: a
  - id: "a b"
  - id: d
    conflicts_with:
      - a b
      - Anything that touches: the schema
  - {id: e, conflicts_with: none}
`)
	assert.Equal(t, []string{"b", "gone"}, p.Task("a").Conflicts)
	assert.Equal(t, []string{"Any concurrent write to the table"}, p.Task("a").ConflictNotes)
	assert.Equal(t, []string{"a"}, p.Task("b").Conflicts)
	assert.Equal(t, []string{"a b"}, p.Task("d").Conflicts)
	assert.Equal(t, []string{"Anything that touches: the schema"}, p.Task("d").ConflictNotes)
	assert.Empty(t, p.Task("e").Conflicts)
}

func TestReadTakesTheObjectiveFromWhereItIs(t *testing.T) {
	for _, head := range []string{
		"objective: Ship it",
		"baseline: {objective: Ship it}",
		"tldr: |\n  Ship it\n",
		"tl_dr: Ship it",
		"title: Ship it",
		"tldr: No\nbaseline: {objective: Ship it}",
		"tldr: No\nobjective: Ship it",
	} {
		assert.Equal(t, "Ship it", readClean(t, head+"\ntasks: [{id: a}]\n").Objective, head)
	}
}

func TestReadNamesAPlanThatDoesNotNameItself(t *testing.T) {
	const text = "tasks: [{id: a}]\n"
	tests := []struct{ name, text, dflt, want string }{
		{"x.yaml", "plan_id: 20260101-x\n" + text, "d", "20260101-x"},
		{"x.yaml", text, "d", "d"},
		{"docs/plan/csv-export/plan.yaml", text, "", "csv-export"},
		{`docs\plan\csv-export\plan.yaml`, text, "", "csv-export"},
		{"nightly.yaml", text, "", "nightly"},
		{"plan.yaml", text, "", "plan"},
		{"./plan.yaml", text, "", "plan"},
		{"/plan.yaml", text, "", "plan"},
		{"x.yaml", "plan: {plan_id: inner, tasks: [{id: a}]}\n", "d", "inner"},
		{"x.yaml", "id: 7\n" + text, "d", "7"},
	}
	for _, test := range tests {
		doc := plan.Read(test.name, []byte(test.text), plan.Options{DefaultID: test.dflt})
		assert.Equal(t, test.want, doc.Plan.ID, "%s %q", test.name, test.text)
	}
}

func TestReadTakesTheWholeOfAnEra(t *testing.T) {
	p := readClean(t, `
plan_id: 20260818-api-v2
objective: API v2
complexity: HIGH
status: approved
tasks:
  - id: server
    title: Server
    description: |
      First the table,
      then the handler.
    wave: 1
    agent: gem-implementer
    priority: HIGH
    status: NOT-STARTED
    depends_on: []
    outputs: [{id: openapi, type: artifact, path: api/openapi.yaml}]
    ownership: {paths: ["server/**", "api/**"], mode: read-only}
    flags: {flaky: true, retries_used: 2}
    acceptance_criteria: [contract tests pass]
  - id: ship
    wave: 2
    agent: gem-devops
    status: needs_approval
    consumes: [{task: server, output: openapi}]
    ownership: [deploy/**]
    environment: production
    devops_security_sensitive: true
    approval_state: Pending
    approval_reason: goes to production
    blocked_reason: waits for a person
    estimate_hours: 1.5
    retries_used: 1
`)
	assert.Equal(t, "20260818-api-v2", p.ID)
	assert.Equal(t, "API v2", p.Objective)
	assert.Equal(t, "HIGH", p.Complexity)
	assert.Equal(t, "approved", p.Status)
	assert.Equal(t, plan.Dialect{
		TasksAt: "tasks", IDKey: "id", EdgeKey: "depends_on", HasEdges: true, Documents: 1, Retries: "retries_used",
	}, p.Dialect)

	server, ship := *p.Tasks[0], *p.Tasks[1]
	for _, task := range []*plan.Task{&server, &ship} {
		assert.NotNil(t, task.Source)
		task.Source, task.Failure = nil, nil
	}
	assert.Equal(t, plan.Task{
		ID: "server", Title: "Server", Description: "First the table,\nthen the handler.\n",
		Wave: 1, WaveSet: true, Agent: "gem-implementer", Priority: "high",
		Status: plan.Pending, RawStatus: "NOT-STARTED", MaxItems: 1000,
		Ownership:   plan.Ownership{Paths: []string{"server/**", "api/**"}, Mode: "read_only"},
		RetriesUsed: 2, Flaky: true,
		Pos: plan.Pos{Line: 7, Column: 5, Offset: 89}, IDPos: plan.Pos{Line: 7, Column: 9, Offset: 93},
	}, server)
	assert.Equal(t, plan.Task{
		ID: "ship", Index: 1, Wave: 2, WaveSet: true, Agent: "gem-devops",
		Status: plan.Blocked, RawStatus: "needs_approval", MaxItems: 1000,
		Needs:            []string{"server"},
		Ownership:        plan.Ownership{Paths: []string{"deploy/**"}, Mode: "exclusive"},
		RequiresApproval: true, ApprovalState: "pending", ApprovalReason: "goes to production",
		BlockedReason: "waits for a person", RetriesUsed: 1, Estimate: 90 * time.Minute,
		Pos: ship.Pos, IDPos: ship.IDPos,
	}, ship)
	assert.Equal(t, []string{"contract tests pass"}, p.Tasks[0].Criteria())
}

func TestReadUnderstandsBillowsOwnFields(t *testing.T) {
	p := readClean(t, `
plan_id: ci
env: {GOFLAGS: -mod=mod, PORT: 08080, EMPTY: }
env_file: .env
vars: {version: 1.10, targets: [linux, darwin], debug: true}
pools: {db: 2, gpu: 1}
budget: {usd: 5}
classify:
  - {when: exit == 75, kind: transient}
  - when: 'output contains "OOM"'
    kind: platform-specific
tasks:
  - id: build
    run: |
      go build ./...
    shell: bash -eu -c
    env: [CGO_ENABLED=0, "FLAGS=-a -b=c"]
    env_file: [a.env, b.env]
    secrets: [TOKEN, TOKEN, KEY]
    dir: src
    timeout: 90s
    when: vars.debug == "true"
    inputs: {VERSION: vars.version}
    outputs: [digest, image_tag]
    retry: 3
    accept: test -f out
    locks: port-8080
    pool: db
    estimate: 2m
  - id: test
    run: [go vet ./..., go test ./...]
    shell: none
    timeout: {total: 1h, idle: 5 min, first_output: 30}
    foreach: [1, "2", {os: linux}]
    max_items: 5
    retry: {limit: 2, backoff: 250ms, on: [transient, Test-Bug]}
    accept: [test -f a, test -f b]
    locks: [a, b]
    outputs: ~
  - {id: each, foreach: "fromJSON(vars.targets)", run: 'echo', requires_approval: yes, timeout: 5}
  - {id: bounded, foreach: {items: [a], max_items: 3}, shell: [python3, -c], run: print(1)}
  - {id: never, foreach: [], run: "true"}
`)
	assert.Equal(t, "GOFLAGS=-mod=mod PORT=08080 EMPTY=", env(p.Env))
	assert.Equal(t, []string{".env"}, p.EnvFile)
	assert.Equal(t, `version=1.10 targets=["linux","darwin"] debug=true`, env(p.Vars))
	assert.Equal(t, map[string]int{"db": 2, "gpu": 1}, p.Pools)
	assert.Equal(t, []plan.ClassifyRule{
		{When: "exit == 75", Kind: failure.Transient, Pos: plan.Pos{Line: 9, Column: 12, Offset: 197}},
		{When: `output contains "OOM"`, Kind: failure.PlatformSpecific, Pos: plan.Pos{Line: 10, Column: 11, Offset: 236}},
	}, p.Classify)
	assert.Equal(t, plan.Budget{USD: 5}, p.Budget)

	build := p.Task("build")
	assert.Equal(t, "go build ./...\n", build.Run)
	assert.Equal(t, []string{"bash", "-eu", "-c"}, build.Shell)
	assert.Equal(t, "CGO_ENABLED=0 FLAGS=-a -b=c", env(build.Env))
	assert.Equal(t, []string{"a.env", "b.env"}, build.EnvFile)
	assert.Equal(t, []string{"TOKEN", "KEY"}, build.Secrets)
	assert.Equal(t, "src", build.Dir)
	assert.Equal(t, plan.Timeouts{Total: 90 * time.Second}, build.Timeouts)
	assert.Equal(t, `vars.debug == "true"`, build.When)
	assert.Equal(t, "VERSION=vars.version", env(build.Inputs))
	assert.Equal(t, []string{"digest", "image_tag"}, build.Outputs)
	assert.Equal(t, &plan.Retry{Limit: 3}, build.Retry)
	assert.Equal(t, []string{"test -f out"}, build.Accept)
	assert.Equal(t, []string{"port-8080"}, build.Locks)
	assert.Equal(t, "db", build.Pool)
	assert.Equal(t, 2*time.Minute, build.Estimate)
	assert.False(t, build.Foreach())

	test := p.Task("test")
	assert.Equal(t, "go vet ./...\ngo test ./...", test.Run)
	assert.Equal(t, []string{"none"}, test.Shell)
	assert.Equal(t, plan.Timeouts{Total: time.Hour, Idle: 5 * time.Minute, FirstOutput: 30 * time.Second}, test.Timeouts)
	assert.Equal(t, []any{1, "2", map[string]any{"os": "linux"}}, anys(test.ForeachItems))
	assert.Equal(t, 5, test.MaxItems)
	assert.Equal(t, &plan.Retry{Limit: 2, Backoff: 250 * time.Millisecond, On: []failure.Kind{failure.Transient, failure.TestBug}}, test.Retry)
	assert.Equal(t, []string{"test -f a", "test -f b"}, test.Accept)
	assert.Equal(t, []string{"a", "b"}, test.Locks)
	assert.Nil(t, test.Outputs)

	each := p.Task("each")
	assert.Equal(t, "fromJSON(vars.targets)", each.ForeachExpr)
	assert.True(t, each.RequiresApproval)
	assert.Equal(t, 5*time.Second, each.Timeouts.Total)
	assert.Equal(t, 1000, each.MaxItems)
	assert.Equal(t, 3, p.Task("bounded").MaxItems)
	assert.Equal(t, []string{"python3", "-c"}, p.Task("bounded").Shell)
	assert.True(t, p.Task("never").Foreach(), "a foreach over nothing is still one")
}

func TestReadTellsOldShapesFromOwnFields(t *testing.T) {
	p := readClean(t, `
agents: [gem-implementer]
outputs: [report.md]
priority: high
waves: 3
tasks:
  - id: a
    inputs: [docs/prd.yaml, src/db.ts]
    outputs: [tests/test_a.py, src/a.py]
    priority: {business: high}
    estimate: small
    flags: [flaky]
`)
	task := p.Tasks[0]
	assert.Empty(t, task.Inputs)
	assert.Empty(t, task.Outputs)
	assert.Empty(t, task.Priority)
	assert.Zero(t, task.Estimate)
	assert.True(t, task.Flaky)
	assert.Len(t, task.Source.Get("inputs").Items, 2, "what is not billow's stays in Source")
}

func TestReadAsksForApprovalWhereTheCallerSaysSo(t *testing.T) {
	const text = `
tasks:
  - {id: a, agent: gem-devops, environment: Production}
  - {id: b, agent: gem-devops, environment: staging}
  - {id: c, agent: gem-implementer, environment: production}
  - {id: d, requires_approval: false, devops_security_sensitive: true}
  - {id: e, devops_security_sensitive: true, requires_approval: false}
  - {id: f, agent: devops, environment: test}
  - {id: g, agent: devops, environment: production}
  - {id: h, environment: production}
defaults: {agent: gem-devops, answer_timeout: 5m, approval_timeout: 1h, default_answer: "no"}
`
	needs := func(opts plan.Options) (out []string) {
		for _, task := range plan.Read("", []byte(text), opts).Plan.Tasks {
			if task.RequiresApproval {
				out = append(out, task.ID)
			}
		}
		return out
	}
	assert.Equal(t, []string{"d", "e"}, needs(plan.Options{}))
	task := plan.Read("", []byte(text), plan.Options{}).Plan.Tasks[0]
	assert.Equal(t, []any{5 * time.Minute, time.Hour, "no"}, []any{task.AnswerTimeout, task.ApprovalTimeout, task.DefaultAnswer})
	assert.Equal(t, []string{"a", "d", "e", "g", "h"}, needs(plan.Options{ApprovalFor: []string{"production"}}))
}

// missionPolicy is a failure_handling block as the gem-orchestrator document has it, in parts.
const missionPolicy = `
  transient:
    retry_limit: 5
    action:
      - retry_same_operation
      - if_still_fails: escalate
  fixable:
    retry_limit: 3
    action:
      - delegate: gem-debugger
        purpose: diagnosis
      - repeat_until: fixed_or_retry_limit_reached
  escalate:
    retry_limit: 0
    action:
      - mark_task: blocked
      - escalate_to_user:
          include:
            - reason
            - required_input
`

func TestReadLaysPoliciesOverEachOther(t *testing.T) {
	p := readClean(t, `
defaults:
  agents:
    gem-devops: {failure_handling: {transient: {retry_limit: 9}}}
failure_handling:`+missionPolicy+`
tasks:
  - {id: a}
  - id: b
    failure_handling:
      transient: {retry_limit: 7}
  - {id: c, agent: gem-devops}
`)
	assert.Equal(t, 5, p.Failure[failure.Transient].RetryLimit)
	assert.Len(t, p.Failure, len(failure.Kinds()), "kinds that the plan does not name are as billow has them")
	assert.Equal(t, failure.Default()[failure.Flaky], p.Failure[failure.Flaky])

	assert.Nil(t, p.Task("a").Failure)
	own := p.Task("b").Failure[failure.Transient]
	assert.Equal(t, 7, own.RetryLimit)
	assert.Equal(t, p.Failure[failure.Transient].Actions, own.Actions, "what the task does not say is the plan's")
	assert.Equal(t, 9, p.Task("c").Failure[failure.Transient].RetryLimit)
	assert.Equal(t, p.Failure[failure.Fixable], p.Task("c").Failure[failure.Fixable])
}

func TestReadPlacesWhatIsWrongWithAPolicy(t *testing.T) {
	doc := plan.Read("", []byte(`tasks:
  - id: a
    failure_handling:
      transient:
        retry_limit: many
        action:
          - retry_same_operation
          - delegat: gem-debugger
      sometimes: {}
failure_handling: none
`), plan.Options{})
	type place struct{ code, task, line string }
	var got []place
	for _, p := range doc.Problems {
		got = append(got, place{p.Code, p.Task, strings.TrimSpace(p.Source)})
		assert.Contains(t, p.Text, "failure_handling")
	}
	assert.ElementsMatch(t, []place{
		{"P018", "", "failure_handling: none"},
		{"P018", "a", "retry_limit: many"},
		{"P018", "a", "- delegat: gem-debugger"},
		{"P018", "a", "sometimes: {}"},
	}, got, "%v", lines(doc.Problems))
}

func TestDefaultsGiveTasksWhatTheyDoNotSay(t *testing.T) {
	p := readClean(t, `
defaults:
  timeout: 5m
  env: {A: general}
  agent: gem-implementer
  run:
    shell: bash -c
    timeout: 1m
  agents:
    gem-reviewer: {timeout: 30m, requires_approval: true}
  gem-devops: {retry: 2}
tasks:
  - {id: plain}
  - {id: own, timeout: 1s, env: {B: own}}
  - {id: none, timeout: , agent: }
  - {id: command, run: make}
  - {id: review, agent: gem-reviewer}
  - {id: ship, agent: gem-devops, retry: 0}
  - {id: ship2, agent: gem-devops}
`)
	got := []string{}
	for _, task := range p.Tasks {
		retry := -1
		if task.Retry != nil {
			retry = task.Retry.Limit
		}
		got = append(got, fmt.Sprintf("%s agent=%s timeout=%v shell=%v env=%s retry=%d approval=%v",
			task.ID, task.Agent, task.Timeouts.Total, task.Shell, env(task.Env), retry, task.RequiresApproval))
	}
	assert.Equal(t, []string{
		"plain agent=gem-implementer timeout=5m0s shell=[] env=A=general retry=-1 approval=false",
		"own agent=gem-implementer timeout=1s shell=[] env=B=own retry=-1 approval=false",
		"none agent= timeout=0s shell=[] env=A=general retry=-1 approval=false",
		"command agent= timeout=1m0s shell=[bash -c] env=A=general retry=-1 approval=false",
		"review agent=gem-reviewer timeout=30m0s shell=[] env=A=general retry=-1 approval=true",
		"ship agent=gem-devops timeout=5m0s shell=[] env=A=general retry=0 approval=false",
		"ship2 agent=gem-devops timeout=5m0s shell=[] env=A=general retry=2 approval=false",
	}, got)
}

func TestReadSaysWhatItCannotUnderstand(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
	}{
		{"no tasks", "plan_id: x\ntasls: [{id: a}]\n", []string{
			"P010 error 2:1 not an executable plan: there are no tasks in it; found plan_id, tasls (did you mean `tasks` instead of `tasls`?)"}},
		{"tasks under another name", "plan_id: x\nsteps:\n  - {id: a, run: x}\n", []string{
			"P010 error 2:1 not an executable plan: there are no tasks in it; found plan_id, steps (are these the tasks? write `tasks` instead of `steps`)"}},
		{"a workflow", "on: push\njobs: {a: {runs-on: x, steps: [{run: x}]}}\n", []string{
			"P010 error 1:1 not an executable plan: there are no tasks in it; found on, jobs (a workflow becomes a plan with `billow import plan.yaml`)"}},
		{"an empty list of tasks", "plan_id: x\ntasks: []\n", []string{
			"P010 error 2:1 not an executable plan: there are no tasks in it; found plan_id, tasks (put the tasks under `tasks:`, one list item with an id for each)"}},
		{"a roadmap", "phases:\n  - {name: One, tasks: [write the thing]}\n", []string{
			"P010 error 1:1 not an executable plan: there are no tasks in it; found phases (put the tasks under `tasks:`, one list item with an id for each)"}},
		{"tasks as a text", "tasks: soon\n", []string{
			"P012 error 1:8 tasks must be a list, found \"soon\" (write each task as a list item: `- id: NAME`)",
			"P010 error 1:1 not an executable plan: there are no tasks in it; found tasks (put the tasks under `tasks:`, one list item with an id for each)"}},
		{"one task without a dash", "tasks:\n  id: a\n  run: make\n", []string{
			"P016 error 2:3 tasks is one task, not a list of tasks (write `- ` before its id)"}},
		{"entries that are no tasks", "tasks:\n  - id: a\n  - build it\n  -\n", []string{
			"P016 error 3:5 an entry among the tasks must be a mapping, found \"build it\" (write a task as `- id: NAME` with its other keys below)",
			"P016 error 4:4 an entry among the tasks must be a mapping, found nothing (write a task as `- id: NAME` with its other keys below)"}},
		{"no id", "tasks:\n  - title: Build the CSV exporter, quickly and well\n  - {run: make}\n", []string{
			"P011 error 2:5 the 1st task has no id (add `id: build-the-csv-exporter-quickly`)",
			"P011 error 3:5 the 2nd task has no id (add `id: NAME`)"}},
		{"an id in another spelling", "tasks:\n  - {title: x, ID: a}\n  - {taskId: b}\n", []string{
			"P011 error 2:16 the 1st task has no id (write `id` instead of `ID`)",
			"P011 error 3:6 the 2nd task has no id (write `id` instead of `taskId`)"}},
		{"an id that is no name", "tasks:\n  - id: [a]\n  - id:\n", []string{
			"P011 error 2:9 the id of the 1st task must be a name, found a list (add `id: NAME`)",
			"P011 error 3:8 the id of the 2nd task must be a name, found nothing (add `id: NAME`)"}},
		{"two ids", "tasks:\n  - {id: a, task_id: b}\n", []string{
			"P020 warning 2:22 the task has the id \"a\" and the task_id \"b\" (id counts; leave task_id out)"}},
		{"a key and another id", "tasks:\n  a: {id: b}\n", []string{
			"P020 warning 2:11 the task \"a\" calls itself \"b\" (the key counts; leave the id out)"}},
		{"an unknown status", "tasks:\n  - {id: a, status: complted}\n  - {id: b, status: whenever}\n", []string{
			"P013 warning 2:21 the status \"complted\" is unknown and counts as pending (did you mean `completed`?)",
			"P013 warning 3:21 the status \"whenever\" is unknown and counts as pending (write pending, in_progress, blocked, completed, skipped, failed or cancelled)"}},
		{"needs that are none", "tasks:\n  - id: a\n    dependencies:\n      src/a.ts: why\n      src/b.ts: why\n  - id: b\n    deps: [[a]]\n", []string{
			"P017 error 4:7 dependencies must be a list of task ids, found a mapping (write `dependencies: [ID, ID]`; what a component depends on belongs under another key)",
			"P017 error 7:12 an item of deps must be the id of a task, found a list (write the id alone)"}},
		{"wrong shapes", "tasks:\n  - id: a\n    wave: early\n    run: {cmd: x}\n    requires_approval: maybe\n    timeout: [5]\n    retry: often\n    env: production\n    secrets: {A: b}\n    foreach: {items: {a: b}}\n    dir: [a]\n", []string{
			"P012 error 3:11 wave must be a whole number, found \"early\" (write `wave: 1`)",
			"P012 error 4:10 run must be a text or a list of texts, found a mapping (write `run: make test`)",
			"P012 error 5:24 requires_approval must be true or false, found \"maybe\" (write `requires_approval: true`)",
			"P012 error 6:14 timeout must be a duration, found a list (write `timeout: 5m`)",
			"P012 error 7:12 retry must be a whole number, found \"often\" (write `retry: 1`)",
			"P012 error 8:10 env must be a mapping of names to values, found \"production\" (write `env: {NAME: value}`)",
			"P012 error 9:14 secrets must be a text or a list of texts, found a mapping (write `secrets: [NAME]`)",
			"P012 error 10:22 foreach must be a list or an expression, found a mapping (write `foreach: [a, b]`)",
			"P012 error 11:10 dir must be a text, found a list (write `dir: src`)"}},
		{"values no key can have", "pools: {db: 0}\nwaves: hard\ntasks:\n  - {id: a, timeout: 5 parsecs, wave: -1, max_items: 0, retry: {limit: 2, on: [flakey], beckoff: 1}}\n", []string{
			"P015 error 1:13 db: 0 is out of range (write a number from 1 to 100000)",
			"P015 error 2:8 waves: \"hard\" is no way to read waves (write strict (each wave waits for the one before) or soft (dependencies alone order))",
			"P015 error 4:22 timeout: \"5 parsecs\" is no duration: the unit \"parsecs\" is unknown (write a number of seconds, or 90s, 5m, 1h30m)",
			"P015 error 4:39 wave: -1 is out of range (count waves from 1)",
			"P015 error 4:54 max_items: 0 is out of range (write a number from 1 to 100000)",
			"P014 warning 4:89 retry has no key `beckoff` (did you mean `backoff`?)",
			"P015 error 4:79 on: \"flakey\" is no kind of failure (did you mean `flaky`?)"}},
		{"names of variables", "env: {'': x}\ntasks:\n  - {id: a, run: make, env: [NOVALUE], outputs: [a b]}\n", []string{
			"P015 error 1:7 env: \"\" is no name for a variable (use letters, digits and _)",
			"P012 error 3:30 an item of env must be NAME=VALUE, found \"NOVALUE\"",
			"P015 error 3:49 outputs: \"a b\" is no name for an output (use letters, digits and _)"}},
		{"classify", "classify: [x, {when: a}, {when: a, kind: b}]\ntasks: [{id: a}]\n", []string{
			"P018 error 1:12 a rule of classify must be a mapping, found \"x\" (write `{when: \"exit == 75\", kind: transient}`)",
			"P018 error 1:15 a rule of classify needs when and kind (write `{when: \"exit == 75\", kind: transient}`)",
			"P015 error 1:42 kind: \"b\" is no kind of failure (the kinds are transient, fixable, needs_replan, escalate, flaky, test_bug, regression, new_failure, platform_specific, needs_approval)"}},
		{"slips of the pen, once for each word", "pool: 1\ntimeout: 5m\ntasks:\n  - {id: a, depend_on: [b], tiemout: 5, my_own_key: 1}\n  - {id: b, depend_on: [a]}\n", []string{
			"P014 info 1:1 billow does not know the key `pool` (did you mean `pools`?)",
			"P014 info 2:1 `timeout` is a key of tasks and means nothing here (put it under `defaults:` to give it to every task)",
			"P014 warning 4:13 billow does not know the key `depend_on` (did you mean `depends_on`?)",
			"P014 warning 4:29 billow does not know the key `tiemout` (did you mean `timeout`?)"}},
		{"keys that could be needs", "tasks:\n  - {id: a, after: b, needs: [x], blocked_by: []}\n  - {id: b, blocked_by: [a]}\n", []string{
			"P014 warning 2:13 `after` names tasks and is not read; nothing is waited for (write `depends_on` if they must be done first)",
			"P014 warning 3:13 `blocked_by` names tasks and is not read; nothing is waited for (write `depends_on` if they must be done first)"}},
		{"defaults", "defaults: {status: done, tiemout: 5, gem-x: 3}\ntasks: [{id: a}]\n", []string{
			"P014 warning 1:12 `status` cannot stand in defaults and counts for nothing (write it at each task)",
			"P014 warning 1:26 defaults: billow does not know the key `tiemout` (did you mean `timeout`?)",
			"P014 warning 1:38 defaults: billow does not know the key `gem-x` (it can have the keys of a task, such as timeout, env and retry)"}},
		{"texts that became mappings", "tasks:\n  - id: a\n    acceptance_criteria:\n      - response is: 201\n    accept:\n      - 'true'\n      - grep -q status: ok\n", []string{
			"P019 info 4:9 an item of acceptance_criteria reads as a mapping because of the `: ` in it (put the whole item in quotes)",
			"P019 warning 7:9 an item of accept reads as a mapping because of the `: ` in it (put the whole item in quotes)"}},
		{"waves that list what is no task", "tasks: [{id: a}]\nwaves: [{wave: 1, tasks: [a, b]}]\n", []string{
			"P016 warning 2:30 \"b\" is in a wave and is no task of the plan (name a task as its id is written, or take the line out)"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			doc := plan.Read("plan.yaml", []byte(test.text), plan.Options{})
			require.NotNil(t, doc.Plan)
			assert.Equal(t, test.want, lines(doc.Problems))
			for _, p := range doc.Problems {
				assert.Equal(t, "plan.yaml", p.File)
				assert.Equal(t, strings.Split(test.text, "\n")[p.Line-1], p.Source)
			}
		})
	}
}

func TestReadSaysWhichTaskAProblemIsWith(t *testing.T) {
	doc := plan.Read("", []byte("tasks:\n  - {id: a, wave: x}\n  - {wave: y}\npools: 1\n"), plan.Options{})
	var got []string
	for _, p := range doc.Problems {
		got = append(got, p.Code+" "+p.Task)
	}
	assert.Equal(t, []string{"P012 ", "P012 a", "P011 ", "P012 #2"}, got)
}

func TestReadBackTextsThatBecameMappings(t *testing.T) {
	doc := plan.Read("", []byte("tasks:\n  - id: a\n    acceptance_criteria:\n      - response is: 201\n      -\n      - plain\n    accept:\n      - grep -q status: ok\n"), plan.Options{})
	task := doc.Plan.Tasks[0]
	assert.Equal(t, []string{"response is: 201", "plain"}, task.Criteria())
	assert.Equal(t, []string{"grep -q status: ok"}, task.Accept)
}

func TestReadGivesNoPlanForWhatIsNoYAML(t *testing.T) {
	for _, text := range []string{"", "# only this\n", "tasks: [", "\xff\xfe"} {
		doc := plan.Read("x", []byte(text), plan.Options{})
		assert.Nil(t, doc.Plan, "%q", text)
		assert.NotEmpty(t, plan.Errors(doc.Problems), "%q", text)
		assert.NotNil(t, doc.Source)
	}
}

func TestReadTakesTheFirstOfTwoDocuments(t *testing.T) {
	doc := plan.Read("x", []byte("---\ntasks: [{id: a}]\n---\ntasks: [{id: b}]\n"), plan.Options{})
	assert.Equal(t, []string{"a"}, outline(doc.Plan))
	assert.Equal(t, 2, doc.Plan.Dialect.Documents)
	assert.Empty(t, plan.Errors(doc.Problems))
	assert.Len(t, doc.Problems, 1)
}

func TestReadNamesTheTasksThatItLeavesOut(t *testing.T) {
	doc := plan.Read("x", []byte("main: {tasks: [{id: a}]}\nnext: {tasks: [{id: b}]}\nnotes: {tasks: three}\n"), plan.Options{})
	assert.Equal(t, []string{"a"}, outline(doc.Plan))
	require.Len(t, doc.Problems, 1)
	assert.Equal(t, `the tasks under "next" are left out: the plan is what stands under "main"`, doc.Problems[0].Text)
	assert.Equal(t, 2, doc.Problems[0].Line)
}

// Tasks that nobody would run are named once for each list; what only has an id is no task.
func TestReadNamesListsOfTasksThatAreNotRead(t *testing.T) {
	const head = "tasks:\n  - id: a\n    run: x\n"
	for _, c := range []struct{ name, text, want string }{
		{"beside the tasks", head + "followup_tasks:\n  - {id: b, run: x}\n  - {id: c, agent: x}\n",
			`4:1 the 2 tasks under "followup_tasks" are left out: billow does not look for tasks there (put them among the other tasks)`},
		{"a wave beside the tasks", head + "wave_2:\n  - {id: b, title: x}\n",
			`4:1 the task under "wave_2" is left out: billow does not look for tasks there (put it among the other tasks)`},
		{"under another key of a wave", "waves:\n  - tasks:\n      - {id: a, run: x}\n  - parallel:\n      - {id: b, run: x}\n",
			`4:5 the task under "parallel" is left out: billow does not look for tasks there (put it among the other tasks)`},
		{"phases of a plan beside the tasks", head + "plan:\n  phases:\n    - tasks:\n        - {id: b}\n",
			`6:7 the task under "tasks" is left out: billow does not look for tasks there (put it among the other tasks)`},
		{"subtasks", head + "    subtasks:\n      - {id: a1, title: x}\n      - {id: a2, title: x}\n",
			`4:5 the 2 tasks under "subtasks" of "a" are left out: billow does not look for tasks there (write them as tasks beside the other, with depends_on; mere steps need no id)`},
		{"tasks of a task", head + "    tasks:\n      - {id: a1, run: x}\n",
			`4:5 the task under "tasks" of "a" is left out: billow does not look for tasks there (write it as a task beside the other, with depends_on; a mere step needs no id)`},
		{"known and done ones", head + "replan:\n  added_tasks:\n    - {id: a, agent: x}\n    - {id: b, agent: x, status: done}\n", ""},
		{"things with ids", head + "    notes:\n      - {id: n, title: x, depends_on: [a]}\nrisks:\n  - {id: r, title: x, owner: y}\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ""
			for _, p := range plan.Read("x", []byte(c.text), plan.Options{}).Problems {
				if p.Code == "P016" {
					got += fmt.Sprintf("%d:%d %s (%s)", p.Line, p.Column, p.Text, p.Hint)
				}
			}
			assert.Equal(t, c.want, got)
		})
	}
}

func TestReadHoldsToTheLimitOnTasks(t *testing.T) {
	text := "tasks:\n" + strings.Repeat("  - {id: a}\n", 12)
	doc := plan.Read("x", []byte(text), plan.Options{Limits: plan.Limits{MaxTasks: 10}})
	assert.Len(t, doc.Plan.Tasks, 10)
	assert.Equal(t, []string{"P021 error 12:5 there are more than 10 tasks (split the plan, or raise the limit on tasks)"}, lines(doc.Problems))
}

func TestReadCountsProblemsItDoesNotList(t *testing.T) {
	text := "tasks: [" + strings.Repeat("{wave: x},", 1000) + "]\n"
	doc := plan.Read("x", []byte(text), plan.Options{})
	last := doc.Problems[len(doc.Problems)-1]
	assert.Equal(t, "P012 error 0:0 and 800 more like these (mend those listed and check again)", lines([]plan.Problem{last})[0])
	assert.Less(t, len(doc.Problems), 500)
	for _, p := range doc.Problems {
		assert.Less(t, len(p.Source), 1100, "a plan on one line is not repeated with every problem")
	}
}

// env writes variables as NAME=VALUE.
func env(vars []plan.EnvVar) string {
	var out []string
	for _, v := range vars {
		out = append(out, v.Name+"="+v.Value)
	}
	return strings.Join(out, " ")
}

func anys(values []*plan.Value) []any {
	var out []any
	for _, v := range values {
		out = append(out, plan.ToAny(v))
	}
	return out
}

// TestReadUnderstandsRealPlans compares what is understood of real plans with testdata/real-plans.txt
// (BILLOW_UPDATE=1 writes it anew), and the number of tasks with the count made by hand.
func TestReadUnderstandsRealPlans(t *testing.T) {
	counts := countsByHand(t)
	var got strings.Builder
	for _, file := range realPlans(t) {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		doc := plan.Read(file, data, plan.Options{})
		if doc.Plan == nil {
			continue
		}
		name := filepath.Base(file)
		if want, ok := counts[name]; ok {
			assert.Equal(t, want, fmt.Sprint(len(doc.Plan.Tasks)), name)
		}
		got.WriteString(name + ": " + summary(doc) + "\n")
	}
	golden := filepath.Join("testdata", "real-plans.txt")
	if os.Getenv("BILLOW_UPDATE") != "" {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(golden, []byte(got.String()), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	assert.Equal(t, string(want), got.String())
}

// summary is a plan in one line: counts, habits and the codes of what is wrong.
func summary(doc *plan.Document) string {
	p := doc.Plan
	edges, conflicts, notes := 0, 0, 0
	waves := map[int]bool{}
	statuses := map[string]int{}
	for _, task := range p.Tasks {
		edges += len(task.Needs)
		conflicts += len(task.Conflicts)
		notes += len(task.ConflictNotes)
		if task.WaveSet {
			waves[task.Wave] = true
		}
		statuses[string(task.Status)]++
	}
	codes := map[string]int{}
	for _, problem := range doc.Problems {
		if problem.Code >= "P010" { // those before are of the YAML
			codes[problem.Code]++
		}
	}
	return fmt.Sprintf("tasks=%d edges=%d waves=%d conflicts=%d+%d at=%s id=%s edge=%s retries=%s mode=%s %s problems=%s",
		len(p.Tasks), edges, len(waves), conflicts, notes, p.Dialect.TasksAt, p.Dialect.IDKey, p.Dialect.EdgeKey,
		p.Dialect.Retries, p.Waves, tally(statuses), tally(codes))
}

func tally(counts map[string]int) string {
	var out []string
	for word, n := range counts {
		out = append(out, fmt.Sprintf("%s:%d", word, n))
	}
	sort.Strings(out)
	return "[" + strings.Join(out, " ") + "]"
}

const realPlansFolder = "../../shared/corpus/plans"

func realPlans(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(realPlansFolder, "*", "*.yaml"))
	require.NoError(t, err)
	if len(files) == 0 {
		t.Skip("no collection of real plans beside the repository")
	}
	return files
}

// countsByHand are the tasks of each real plan, from the list that came with them; plans that are not
// YAML have an estimate there, which is left out.
func countsByHand(t *testing.T) map[string]string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(realPlansFolder, "INDEX.tsv"))
	if err != nil {
		t.Skip("no collection of real plans beside the repository")
	}
	out := map[string]string{}
	for _, line := range strings.Split(string(data), "\n") {
		columns := strings.Split(line, "\t")
		if len(columns) > 2 && !strings.HasPrefix(columns[2], "~") {
			out[filepath.Base(columns[0])] = columns[2]
		}
	}
	return out
}

func FuzzRead(f *testing.F) {
	files, _ := filepath.Glob(filepath.Join(realPlansFolder, "examples-by-era", "*.yaml"))
	for _, file := range files {
		if data, err := os.ReadFile(file); err == nil {
			f.Add(data)
		}
	}
	for _, text := range []string{
		"tasks:\n  - id: a\n    deps: [b, 'c, d']\n    conflicts_with: [x y]\n    env: [A=b, {C: d}]\n",
		"defaults: {run: {shell: sh}, agents: {x: {timeout: 1}}}\nplan: {waves: {w1: [{id: a}], 2: {tasks: {b: }}}}\n",
		"phases: [{tasks: [{task_id: 1.1, retry: {limit: 1, on: flaky}, foreach: {items: [1]}}]}]\nvars: {a: .nan}\n",
		"failure_handling: {transient: {retry_limit: 3, action: [retry_same_operation]}}\ntasks: {a: &x {status: done}, b: *x}\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		doc := plan.Read("x/plan.yaml", data, plan.Options{ApprovalFor: []string{"production"}})
		if doc.Plan == nil {
			if len(plan.Errors(doc.Problems)) == 0 {
				t.Fatal("no plan, and not a word about why")
			}
			return
		}
		for i, task := range doc.Plan.Tasks {
			if task.ID == "" || task.Source == nil || task.Index != i || task.Status == "" {
				t.Fatalf("task %d is half read: %+v", i, task)
			}
			task.Criteria()
			task.Source.Inline()
			plan.ToAny(task.Source)
		}
	})
}
