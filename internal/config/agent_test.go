package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/internal/config"
	"billow/plan"
)

func TestAnAgentIsFoundByNameThenAdapterThenPattern(t *testing.T) {
	c := read(t, `
agents:
  gem-implementer: codex
  gem-*: claude
  gem-docs-*: gemini
  codex: cursor
  "*": human
adapters:
  ours: {command: ours}
`)
	require.Empty(t, problems(c))
	for name, want := range map[string]string{
		"gem-implementer": "codex",
		"gem-reviewer":    "claude",
		"gem-docs-writer": "gemini",
		"human":           "human",
		"claude":          "claude",
		"codex":           "cursor",
		"ours":            "command",
		"somebody":        "human",
		"run":             "human",
	} {
		a, ok := c.Agent(name)
		assert.True(t, ok, name)
		assert.Equal(t, want, a.Adapter, name)
		assert.Equal(t, name, a.Name)
	}
	_, ok := c.Agent("")
	assert.False(t, ok)

	none := read(t, "jobs: 1\n")
	for name, want := range map[string]bool{"human": true, "acp": false, "claude": true, "gem-planner": false,
		"run": false, "script": false, "command": false} {
		_, ok := none.Agent(name)
		assert.Equal(t, want, ok, name)
	}
}

func TestAnAgentIsLaidOverItsAdapterKeyByKey(t *testing.T) {
	c := read(t, `
timeouts: {total: 2h, idle: 10m}
adapters:
  claude: {command: /opt/claude, model: sonnet, env: {A: base, B: base}, report: optional}
  careful: {adapter: claude, model: opus, more_args: [--careful], timeout: {idle: 1m}, max: 2}
agents:
  dev: {adapter: careful, env: {B: own}, report: required, fallback: [human], grace: 5s}
  quick: {command: "aider --yes", prompt: arg, timeout: 90s, report_file: "{dir}/out.json", model_flag: -m}
  bare: {adapter: claude, command: [claude2, --print], args: []}
`)
	require.Empty(t, problems(c))
	agent := func(name string) config.Agent {
		a, ok := c.Agent(name)
		require.True(t, ok, name)
		a.Origin = config.Origin{}
		return a
	}
	assert.Equal(t, config.Agent{
		Name: "dev", Adapter: "claude", Provider: "claude", Command: "/opt/claude", Model: "opus", MoreArgs: []string{"--careful"}, Max: 2,
		Timeouts: plan.Timeouts{Total: 2 * time.Hour, Idle: time.Minute}, Grace: 5 * time.Second,
		Env: []string{"A=base", "B=base", "B=own"}, Fallback: []string{"human"},
	}, agent("dev"))
	assert.Equal(t, config.Agent{
		Name: "quick", Adapter: "command", Provider: "aider", Command: "aider", Args: []string{"--yes"}, Prompt: "arg", ModelFlag: "-m",
		Timeouts: plan.Timeouts{Total: 90 * time.Second, Idle: 10 * time.Minute}, ReportFile: "{dir}/out.json",
	}, agent("quick"))
	bare := agent("bare")
	assert.Equal(t, "claude2", bare.Command)
	assert.Equal(t, []string{}, bare.Args, "no arguments at all is something else than the adapter's own")
	assert.True(t, bare.ReportOptional)
}

func TestAnAdapterMayLeaveTheRestToItsAgents(t *testing.T) {
	c := read(t, "adapters: {ours: {adapter: command, model: m}}\nagents: {a: {adapter: ours, command: goose}}\n")
	require.Empty(t, problems(c))
	a, ok := c.Agent("a")
	require.True(t, ok)
	assert.Equal(t, "command goose m", strings.Join([]string{a.Adapter, a.Command, a.Model}, " "))
	_, ok = c.Agent("ours")
	assert.False(t, ok, "alone it is not enough")
}

func TestAScriptLiesBesideTheFileThatNamesIt(t *testing.T) {
	c, err := config.Load(config.Sources{Root: "/p", UserFile: "/u/billow.yaml", ReadFile: files(map[string]string{
		"/u/billow.yaml": "agents: {a: {adapter: script, script: a.yaml}, b: {adapter: script, script: /x/b.yaml}, c: claude}\n",
		"/p/billow.yaml": "agents: {c: {adapter: script, script: demo/c.yaml}}\n",
	})})
	require.NoError(t, err)
	require.Empty(t, problems(c))
	for name, want := range map[string]string{"a": "/u/a.yaml", "b": "/x/b.yaml", "c": "/p/demo/c.yaml"} {
		a, ok := c.Agent(name)
		require.True(t, ok, name)
		assert.Equal(t, want, filepath.ToSlash(a.Script), name)
	}
	a, _ := c.Agent("c")
	assert.Equal(t, config.Origin{Layer: config.Project, Name: "billow.yaml", Line: 1}, a.Origin)
}

func TestAFlagNamesAnAdapter(t *testing.T) {
	load := func(adapter string) *config.Config {
		c, err := config.Load(config.Sources{Root: "/p", Flags: map[string]string{"agents.gem-planner": adapter},
			ReadFile: files(map[string]string{"/p/billow.yaml": "agents: {gem-planner: claude}\n"})})
		require.NoError(t, err)
		return c
	}
	a, ok := load("codex").Agent("gem-planner")
	require.True(t, ok)
	assert.Equal(t, "codex", a.Adapter)
	assert.Equal(t, "--agents.gem-planner", a.Origin.String())
	assert.Equal(t, []string{"C004 error --agents.gem-planner:0:0 agents.gem-planner: no adapter is called `codec` (did you mean `codex`?)"}, problems(load("codec")))
}

func TestTheHintSaysWhatToWrite(t *testing.T) {
	none := read(t, "")
	assert.Equal(t, "add to billow.yaml:  agents: {gem-implementer: claude}", none.AgentHint("gem-implementer"))
	assert.Equal(t, "give the task a `run:` or an `agent:`, or add to billow.yaml:  default_agent: claude", none.AgentHint(""))
	some := read(t, "agents: {gem-implementer: claude}\n")
	assert.Equal(t, "did you mean gem-implementer?", some.AgentHint("gem-implementor"))
	assert.Equal(t, "add to billow.yaml, under agents:  gem-planner: claude", some.AgentHint("gem-planner"))
}

func TestATaskGoesToItsAgentThenARouteThenTheDefault(t *testing.T) {
	c := read(t, `
default_agent: claude
routes:
  - {when: 'item.priority == "high"', agent: gem-implementer}
  - {when: 'len(item.missing) > 3', agent: never}
  - {when: 'item.wave > 1 && item.title contains "docs"', agent: gem-documentation-writer}
  - {when: 'item.kind == "x"', agent: by-own-key}
`)
	require.Empty(t, problems(c))
	source := &plan.Value{Kind: plan.Map, Fields: []plan.Field{
		{Key: "task_id", Value: &plan.Value{Kind: plan.Scalar, Text: "t"}}, {Key: "kind", Value: &plan.Value{Kind: plan.Scalar, Text: "x"}},
	}}
	for want, task := range map[string]*plan.Task{
		"own":                      {Agent: "own", Priority: "high"},
		"gem-implementer":          {Priority: "high"},
		"gem-documentation-writer": {Title: "the docs", Wave: 2, WaveSet: true},
		"by-own-key":               {Source: source},
		"claude":                   {Title: "the docs"},
	} {
		assert.Equal(t, want, c.Route(task))
	}
	assert.Empty(t, read(t, "").Route(&plan.Task{}))
}

func TestANearerListOfRoutesTakesThePlaceOfAnother(t *testing.T) {
	c, err := config.Load(config.Sources{Root: "/p", UserFile: "/u", ReadFile: files(map[string]string{
		"/u":             "routes: [{when: 'true', agent: theirs}]\nagents: {a: claude, b: claude}\n",
		"/p/billow.yaml": "routes: [{when: 'item.id == \"x\"', agent: ours}]\nagents: {b: codex}\n",
	})})
	require.NoError(t, err)
	assert.Empty(t, c.Route(&plan.Task{ID: "y"}))
	var got []string
	for _, v := range c.Values() {
		if strings.HasPrefix(v.Key, "agents") || strings.HasPrefix(v.Key, "routes") {
			got = append(got, v.Key+" = "+v.Value+" <- "+v.Origin.String())
		}
	}
	assert.Equal(t, []string{
		"agents.a = claude <- /u:2",
		"agents.b = codex <- billow.yaml:2",
		`routes[0] = ours when item.id == "x" <- billow.yaml:1`,
	}, got)
}

// The comments of the fields are the manual, so every key must be in them.
func TestTheManualNamesEveryKey(t *testing.T) {
	manual := func(file string) string {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		return string(text)
	}
	settings := manual("config.go")
	for _, v := range read(t, "").Values() {
		assert.Contains(t, settings, "`"+v.Key+"`")
	}
	agents := manual("agent.go")
	for _, key := range []string{"adapter", "provider", "model", "model_flag", "fallback", "max", "grace", "script", "command", "more_args",
		"prompt", "env", "report_file"} {
		assert.Contains(t, agents, "(`"+key+"`", key)
		for _, problem := range problems(read(t, "agents: {a: {"+key+": }}\n")) {
			assert.NotContains(t, problem, "has no key", key)
		}
	}
}
