package config_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/internal/config"
	"billow/plan"
)

// files reads a project's files from a map.
func files(of map[string]string) func(string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		text, ok := of[filepath.ToSlash(name)]
		if !ok {
			return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
		}
		return []byte(text), nil
	}
}

// read loads a billow.yaml that is alone.
func read(t testing.TB, text string) *config.Config {
	t.Helper()
	c, err := config.Load(config.Sources{Root: "/p", ReadFile: files(map[string]string{"/p/billow.yaml": text})})
	require.NoError(t, err)
	return c
}

// problems puts problems in a line each.
func problems(c *config.Config) []string {
	var out []string
	for _, p := range c.Problems {
		s := fmt.Sprintf("%s %s %s:%d:%d %s", p.Code, p.Severity, p.File, p.Line, p.Column, p.Text)
		if p.Hint != "" {
			s += " (" + p.Hint + ")"
		}
		out = append(out, s)
	}
	return out
}

func TestTheNearestLayerCounts(t *testing.T) {
	src := config.Sources{
		Root: "/p",
		ReadFile: files(map[string]string{
			"/home/ann/.config/billow/billow.yaml": "max_concurrent_agents: 3\n",
			"/p/.gem-team.yaml":                    "orchestrator:\n  max_concurrent_agents: 4\n",
			"/p/billow.yaml":                       "\nmax_concurrent_agents: 5\n",
		}),
		Environ: []string{"HOME=/home/ann", "BILLOW_MAX_CONCURRENT_AGENTS=7"},
		Plan:    map[string]string{"max_concurrent_agents": "6"},
		Flags:   map[string]string{"max_concurrent_agents": "8"},
	}
	look := func(n int, origin string) {
		t.Helper()
		c, err := config.Load(src)
		require.NoError(t, err)
		assert.Empty(t, problems(c))
		assert.Equal(t, n, c.MaxConcurrentAgents)
		assert.Equal(t, origin, c.Origin("max_concurrent_agents").String())
	}
	without := func(name string) {
		read := src.ReadFile
		src.ReadFile = func(file string) ([]byte, error) {
			if filepath.ToSlash(file) == name {
				return nil, fs.ErrNotExist
			}
			return read(file)
		}
	}
	look(8, "--max-concurrent-agents")
	src.Flags = nil
	look(7, "BILLOW_MAX_CONCURRENT_AGENTS")
	src.Environ = src.Environ[:1]
	look(6, "plan")
	src.Plan = nil
	look(5, "billow.yaml:2")
	without("/p/billow.yaml")
	look(4, ".gem-team.yaml:2")
	without("/p/.gem-team.yaml")
	look(3, "/home/ann/.config/billow/billow.yaml:1")
	src.Environ = nil
	look(2, "default")
}

func TestEverySettingCanBeSetAndIsShown(t *testing.T) {
	c := read(t, `
default_agent: claude
jobs: 4
max_concurrent_agents: 3
fail_fast: true
failure_rules: latest
complexity_floor: medium
approval_required_for: [staging, production]
approval_timeout: 1h
answer_timeout: 30m
quota_wait: 20m
budget: {tokens: 2M, usd: 5, time: 2h}
shell: bash -eu -c
timeouts: {total: 1h, idle: 5m, first_output: 90}
on_lost: block
gates: off
assess_agent: claude
plan_revisions: 4
gate_revisions: 1
write_back: false
output: plain
limits: {max_file_bytes: 64 MiB, max_tasks: 100}
orchestrator: {git_commit_on_gate_pass: true}
planning: {enable_critic_for: [MEDIUM, high]}
model_routing: {enabled: true, tiers: {premium: best, explore: cheap}}
quality: {visual_regression_enabled: false, visual_diff_threshold: 0.9, a11y_audit_level: full}
devops: {deployment_strategy: canary, auto_rollback_on_failure: true}
testing: {screenshot_on_failure: false}
`)
	require.Empty(t, problems(c))
	var got []string
	for _, v := range c.Values() {
		assert.Equal(t, config.Project, v.Origin.Layer, v.Key)
		got = append(got, v.Key+"="+v.Value)
	}
	assert.Equal(t, []string{
		"default_agent=claude", "jobs=4", "max_concurrent_agents=3", "fail_fast=true", "failure_rules=latest", "complexity_floor=MEDIUM",
		"approval_required_for=staging, production", "approval_timeout=1h0m0s", "answer_timeout=30m0s", "quota_wait=20m0s", "budget.tokens=2000000", "budget.usd=5", "budget.time=2h0m0s", "shell=bash -eu -c", "timeouts.total=1h0m0s", "timeouts.idle=5m0s",
		"timeouts.first_output=1m30s", "on_lost=block", "gates=off", "gate_revisions=1", "assess_agent=claude", "plan_revisions=4", "write_back=false", "output=plain",
		"limits.max_file_bytes=67108864", "limits.max_tasks=100", "orchestrator.git_commit_on_gate_pass=true",
		"planning.enable_critic_for=MEDIUM, HIGH", "model_routing.enabled=true", "model_routing.tiers.premium=best",
		"model_routing.tiers.explore=cheap", "quality.visual_regression_enabled=false", "quality.visual_diff_threshold=0.9",
		"quality.a11y_audit_level=full", "devops.deployment_strategy=canary", "devops.auto_rollback_on_failure=true",
		"testing.screenshot_on_failure=false",
	}, got)
	assert.True(t, c.BlockLost)
	assert.Equal(t, []string{"bash", "-eu", "-c"}, c.Shell)
	assert.Equal(t, plan.Timeouts{Total: time.Hour, Idle: 5 * time.Minute, FirstOutput: 90 * time.Second}, c.Timeouts)
	assert.Equal(t, config.Limits{MaxFileBytes: 64 << 20, MaxTasks: 100}, c.Limits)
}

func TestWithoutAnyFileTheDefaultsHold(t *testing.T) {
	c, err := config.Load(config.Sources{})
	require.NoError(t, err)
	assert.Empty(t, c.Problems)
	for _, v := range c.Values() {
		assert.Equal(t, config.Origin{Layer: config.Default}, v.Origin, v.Key)
	}
	assert.Equal(t, 2, c.MaxConcurrentAgents)
	assert.True(t, c.WriteBack)
	assert.Equal(t, []string{"production"}, c.ApprovalRequiredFor)
	assert.Equal(t, int64(32<<20), c.Limits.MaxFileBytes)
	assert.Nil(t, c.GemTeam)
	for _, text := range []string{"", "# nothing yet\n", "jobs:\nagents:\nroutes:\nlimits:\n"} {
		again := read(t, text)
		assert.Empty(t, problems(again), text)
		assert.Equal(t, c.Values(), again.Values(), text)
	}
}

func TestProblemsSayWhatIsWrongAndWhere(t *testing.T) {
	for text, want := range map[string]string{
		"jobs: many\n":                                       `C003 error billow.yaml:1:7 jobs must be a whole number from 0 to 10000, found "many"`,
		"jobs: [1]\n":                                        "C003 error billow.yaml:1:7 jobs must be a whole number from 0 to 10000, found a list",
		"jobs: 1\njbos: 3\n":                                 "C002 warning billow.yaml:2:1 billow does not know the setting `jbos` (did you mean `jobs`?)",
		"default_agnet: x\n":                                 "C002 warning billow.yaml:1:1 billow does not know the setting `default_agnet` (did you mean `default_agent`?)",
		"timeouts: {totl: 5m}\n":                             "C002 warning billow.yaml:1:12 billow does not know the setting `timeouts.totl` (did you mean `total`?)",
		"limits: {speed: 9}\n":                               "C002 warning billow.yaml:1:10 billow does not know the setting `limits.speed` (there are max_file_bytes, max_tasks)",
		"timeouts: 5m\n":                                     `C003 error billow.yaml:1:11 timeouts must be a mapping, found "5m"`,
		"timeouts: {total: soon}\n":                          `C003 error billow.yaml:1:19 timeouts.total must be a length of time, such as 90s or 5m, found "soon"`,
		"write_back: perhaps\n":                              `C003 error billow.yaml:1:13 write_back must be true or false, found "perhaps"`,
		"gates: closed\n":                                    `C003 error billow.yaml:1:8 gates must be auto or off, found "closed"`,
		"on_lost: {}\n":                                      "C003 error billow.yaml:1:10 on_lost must be rerun or block, found a mapping",
		"shell: ''\n":                                        "C003 error billow.yaml:1:8 shell must be a command, such as `bash -eu -c`, found \"\"",
		"limits: {max_file_bytes: 5}\n":                      `C003 error billow.yaml:1:26 limits.max_file_bytes must be a number of bytes from 1 KiB to 4 GiB, such as 64 MiB, found "5"`,
		"quality: {visual_diff_threshold: 98}":               `C003 error billow.yaml:1:34 quality.visual_diff_threshold must be a number from 0 to 1, found "98"`,
		"planning: {enable_critic_for: [BIG]}":               "C003 error billow.yaml:1:31 planning.enable_critic_for must be a list of TRIVIAL, LOW, MEDIUM, HIGH, found a list",
		"- jobs\n":                                           "C001 error billow.yaml:1:1 the document is a list (settings are keys with values, such as `jobs: 4`)",
		"jobs: 1\n---\njobs: 2\n":                            "C001 warning billow.yaml:2:1 the file has several documents; only the first is read (put all settings above this line)",
		"agents: claude\n":                                   `C003 error billow.yaml:1:9 agents must be a mapping from names to adapters, found "claude"`,
		"agents: {a: [claude]}\n":                            "C003 error billow.yaml:1:13 agents.a must be the name of an adapter, or a mapping such as {adapter: claude, model: opus}, found a list",
		"agents: {a: cluade}\n":                              "C004 error billow.yaml:1:10 agents.a: no adapter is called `cluade` (did you mean `claude`?)",
		"agents: {a: {model: opus}}\n":                       "C004 error billow.yaml:1:10 agents.a: says neither an adapter nor a command",
		"agents: {a: script}\n":                              "C004 error billow.yaml:1:10 agents.a: a script agent needs the file it does as: script: FILE",
		"agents: {a: command}\n":                             "C004 error billow.yaml:1:10 agents.a: the adapter command needs the program to start: command: [PROGRAM, ARGUMENT]",
		"agents: {'[': claude}\n":                            `C004 error billow.yaml:1:10 "[" is no name and no pattern (a pattern is a name with a *, such as gem-*)`,
		"agents: {a: {adapter: claude, modle: x}}\n":         "C002 warning billow.yaml:1:31 agents.a has no key `modle` (did you mean `model`?)",
		"agents: {a: {adapter: claude, max: 0}}\n":           `C003 error billow.yaml:1:36 agents.a.max must be a whole number from 1 to 10000, found "0"`,
		"agents: {a: {adapter: claude, report: never}}\n":    `C003 error billow.yaml:1:39 agents.a.report must be required or optional, found "never"`,
		"agents: {a: {adapter: claude, prompt: sung}}\n":     `C003 error billow.yaml:1:39 agents.a.prompt must be stdin, file or arg, found "sung"`,
		"agents: {a: {adapter: claude, env: X=1}}\n":         `C003 error billow.yaml:1:36 agents.a.env must be a mapping from variables to values, found "X=1"`,
		"agents: {a: {adapter: claude, timeout: {idel: 1}}}": "C002 warning billow.yaml:1:41 agents.a.timeout has no key `idel` (did you mean `idle`?)",
		"agents: {a: {adapter: claude, fallback: [b]}}\n":    "C004 error billow.yaml:1:10 agents.a: the fallback `b` is neither an agent nor an adapter",
		"adapters: {x: {adapter: y}, y: {adapter: x}}\n":     "C004 error billow.yaml:1:12 adapters.x: the adapters x -> y -> x name each other",
		"routes: {}\n":                                       "C003 error billow.yaml:1:9 routes must be a list of rules, such as {when: 'item.wave > 1', agent: claude}, found a mapping",
		"routes: [{when: 'true'}]\n":                         "C005 error billow.yaml:1:10 routes[0] needs a `when` and an `agent` (write {when: 'item.wave > 1', agent: claude})",
		"routes: [{when: 'true', agent: a, b: c}]\n":         "C002 warning billow.yaml:1:35 routes[0] has no key `b` (there are when, agent)",
	} {
		got := problems(read(t, text))
		if assert.NotEmpty(t, got, text) {
			assert.Equal(t, want, got[0], text)
		}
	}
	got := problems(read(t, "routes: [{when: 'item.wave >', agent: a}]\n"))
	require.Len(t, got, 1)
	assert.Contains(t, got[0], "C005 error billow.yaml:1:17 routes[0].when: ")
	got = problems(read(t, "a: b: c\n"))
	require.Len(t, got, 1)
	assert.Contains(t, got[0], "C001 error billow.yaml:1:")
}

func TestAWrongValueLeavesWhatWasBelow(t *testing.T) {
	c, err := config.Load(config.Sources{Root: "/p", Environ: []string{"BILLOW_JOBS=lots", "BILLOW_GATES=", "BILLOW_TASK_ID=t", "BILLOW_JOB=3"},
		Flags: map[string]string{"fail_fast": "maybe"}, Plan: map[string]string{"on_lost": "weep"},
		ReadFile: files(map[string]string{"/p/billow.yaml": "jobs: 4\n"})})
	require.NoError(t, err)
	assert.Equal(t, 4, c.Jobs)
	assert.Equal(t, "billow.yaml:1", c.Origin("jobs").String())
	assert.Equal(t, []string{
		`C003 error plan:0:0 on_lost must be rerun or block, found "weep"`,
		`C003 error BILLOW_JOBS:0:0 jobs must be a whole number from 0 to 10000, found "lots"`,
		"C002 warning BILLOW_JOB:0:0 billow does not know this variable (did you mean BILLOW_JOBS?)",
		`C003 error --fail-fast:0:0 fail_fast must be true or false, found "maybe"`,
	}, problems(c))
}

func TestGemTeamFilesOfOthersAreTakenAsTheyAre(t *testing.T) {
	c, err := config.Load(config.Sources{Root: "/p", ReadFile: files(map[string]string{"/p/.gem-team.yaml": `
orchestrator:
  max_concurrent_agents: 1
  default_complexity_threshold: HIGH
  max_concurrent_agent: 4
  favourite_colour: blue
quality: {visual_diff_threshold: 98%}
devops: {approval_required_for: []}
agents: {a: b}
jobs: 9
gsd_integration: {enabled: true}
testin: {screenshot_on_failure: false}
`})})
	require.NoError(t, err)
	assert.Equal(t, []string{
		"C002 warning .gem-team.yaml:5:3 billow does not know the setting `orchestrator.max_concurrent_agent` (did you mean `max_concurrent_agents`?)",
		"C002 warning .gem-team.yaml:6:3 billow does not know the setting `orchestrator.favourite_colour` (there are max_concurrent_agents, default_complexity_threshold, git_commit_on_gate_pass)",
		"C002 warning .gem-team.yaml:9:1 `agents` counts in billow.yaml, not here (move it there)",
		"C002 warning .gem-team.yaml:10:1 `jobs` counts in billow.yaml, not here (move it there)",
		"C002 info .gem-team.yaml:11:1 billow does not know the block `gsd_integration` and leaves it to others",
		"C002 warning .gem-team.yaml:12:1 billow does not know the setting `testin` (did you mean `testing`?)",
		`C003 warning .gem-team.yaml:7:34 quality.visual_diff_threshold must be a number from 0 to 1, found "98%"`,
	}, problems(c), "blocks of other tools are none of our business, and what is wrong stops no run")
	assert.Equal(t, 1, c.MaxConcurrentAgents)
	assert.Equal(t, "HIGH", c.ComplexityFloor)
	assert.Empty(t, c.ApprovalRequiredFor)
	assert.Zero(t, c.Jobs, "billow's own keys belong into billow.yaml")
	assert.Equal(t, "true", c.GemTeam.Get("gsd_integration").Get("enabled").Text, "agents are given the file as it is")

	c, err = config.Load(config.Sources{Root: "/p", ReadFile: files(map[string]string{"/p/.gem-team.yaml": "a: b: c\n"})})
	require.NoError(t, err)
	assert.Empty(t, plan.Errors(c.Problems))
	assert.Len(t, c.Problems, 1)
}

func TestBillowsOwnKeyWinsOverTheOtherSpelling(t *testing.T) {
	for _, text := range []string{
		"max_concurrent_agents: 5\norchestrator: {max_concurrent_agents: 4}\n",
		"orchestrator: {max_concurrent_agents: 4}\nmax_concurrent_agents: 5\n",
	} {
		assert.Equal(t, 5, read(t, text).MaxConcurrentAgents, text)
	}
	assert.Equal(t, 4, read(t, "orchestrator: {max_concurrent_agents: 4}\n").MaxConcurrentAgents)
}

func TestRealGemTeamFilesCountKeyByKey(t *testing.T) {
	folder := filepath.Join("..", "..", "..", "shared", "corpus", "config")
	for name, want := range map[string][]string{
		"Dungeon-Forge.gem-team.yaml": {
			"max_concurrent_agents=2 .gem-team.yaml:16",
			"complexity_floor=auto .gem-team.yaml:18",
			"approval_required_for=production, staging .gem-team.yaml:36",
			"orchestrator.git_commit_on_gate_pass=false default",
			"planning.enable_critic_for=HIGH, MEDIUM .gem-team.yaml:22",
			"model_routing.enabled=false default",
			"model_routing.tiers.premium= default",
			"model_routing.tiers.explore= default",
			"quality.visual_regression_enabled=true .gem-team.yaml:28",
			"quality.visual_diff_threshold=0.98 .gem-team.yaml:30",
			"quality.a11y_audit_level=basic .gem-team.yaml:32",
			"devops.deployment_strategy=rolling default",
			"devops.auto_rollback_on_failure=true .gem-team.yaml:40",
			"testing.screenshot_on_failure=true .gem-team.yaml:44",
			"C002 info .gem-team.yaml:49:1 billow does not know the block `gsd_integration` and leaves it to others",
		},
		"gem-team.gem-team.yaml": {
			"max_concurrent_agents=2 .gem-team.yaml:11",
			"complexity_floor=auto default",
			"approval_required_for=production .gem-team.yaml:52",
			"orchestrator.git_commit_on_gate_pass=false .gem-team.yaml:15",
			"planning.enable_critic_for=HIGH default",
			"model_routing.enabled=false .gem-team.yaml:22",
			"model_routing.tiers.premium=gpt-5.6-sol (openai) .gem-team.yaml:26",
			"model_routing.tiers.explore=gpt-5.6-luna (openai) .gem-team.yaml:29",
			"quality.visual_regression_enabled=false .gem-team.yaml:36",
			"quality.visual_diff_threshold=0.95 .gem-team.yaml:40",
			"quality.a11y_audit_level=none .gem-team.yaml:44",
			"devops.deployment_strategy=rolling .gem-team.yaml:56",
			"devops.auto_rollback_on_failure=false .gem-team.yaml:59",
			"testing.screenshot_on_failure=true .gem-team.yaml:66",
		},
	} {
		data, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Skip("the collected files are not here")
		}
		c, err := config.Load(config.Sources{Root: "/p", ReadFile: files(map[string]string{"/p/.gem-team.yaml": string(data)})})
		require.NoError(t, err)
		var got []string
		gem := map[string]bool{}
		for _, s := range config.Settings() {
			gem[s.Key] = s.Gem != ""
		}
		for _, v := range c.Values() {
			if gem[v.Key] {
				got = append(got, v.Key+"="+v.Value+" "+v.Origin.String())
			}
		}
		assert.Equal(t, want, append(got, problems(c)...), name)
		assert.Same(t, c.GemTeam, c.Handed(), "agents are given the file as it is")
	}
}

func TestAgentsAreHandedWhatHoldsAndNoDefaults(t *testing.T) {
	c, err := config.Load(config.Sources{Root: "/p", Environ: []string{"BILLOW_QUALITY_VISUAL_DIFF_THRESHOLD=0.9"}, ReadFile: files(map[string]string{
		"/p/.gem-team.yaml": "quality: {visual_diff_threshold: 0.8, a11y_audit_level: Full, extra: 1}\ndevops: {approval_required_for: [production]}\n",
		"/p/billow.yaml":    "approval_required_for: [Staging, pre-prod]\nmodel_routing: {tiers: {premium: best}}\n",
	})})
	require.NoError(t, err)
	require.Empty(t, plan.Errors(c.Problems))
	assert.Equal(t, map[string]any{
		"quality":       map[string]any{"visual_diff_threshold": 0.9, "a11y_audit_level": "Full", "extra": 1},
		"devops":        map[string]any{"approval_required_for": []any{"staging", "pre_prod"}},
		"model_routing": map[string]any{"tiers": map[string]any{"premium": "best"}},
	}, plan.ToAny(c.Handed()))
	assert.Equal(t, "0.8", c.GemTeam.Get("quality").Get("visual_diff_threshold").Text, "the file's own tree stays as it is")
	none, err := config.Load(config.Sources{})
	require.NoError(t, err)
	assert.Nil(t, none.Handed())
}

func TestAnyEnvironmentMayNeedAnApproval(t *testing.T) {
	for text, want := range map[string]struct {
		list     []string
		problems []string
	}{
		"[production, staging]":  {[]string{"production", "staging"}, nil},
		"[PRODUCTION, Pre-Prod]": {[]string{"production", "pre_prod"}, nil},
		"production, qa":         {[]string{"production", "qa"}, nil},
		"[]":                     {nil, nil},
		"[prod]":                 {[]string{"prod"}, []string{`C003 warning billow.yaml:1:24 approval_required_for holds for tasks whose environment is "prod", and for no other (did you mean production?)`}},
		"[prodution]":            {[]string{"prodution"}, []string{`C003 warning billow.yaml:1:24 approval_required_for holds for tasks whose environment is "prodution", and for no other (did you mean production?)`}},
		"true":                   {[]string{"production"}, []string{`C003 error billow.yaml:1:24 approval_required_for must be a list of environments, such as [production], or [] for none, found "true"`}},
		"{production: true}":     {[]string{"production"}, []string{"C003 error billow.yaml:1:24 approval_required_for must be a list of environments, such as [production], or [] for none, found a mapping"}},
	} {
		c := read(t, "approval_required_for: "+text+"\n")
		assert.Equal(t, want.problems, problems(c), text)
		assert.ElementsMatch(t, want.list, c.ApprovalRequiredFor, text)
	}
	c, err := config.Load(config.Sources{Environ: []string{"BILLOW_APPROVAL_REQUIRED_FOR=dev"}})
	require.NoError(t, err)
	assert.Equal(t, []string{`C003 warning BILLOW_APPROVAL_REQUIRED_FOR:0:0 approval_required_for holds for tasks whose environment is "dev", and for no other (did you mean development?)`}, problems(c))
}

func TestAFileThatCannotBeReadIsAnError(t *testing.T) {
	_, err := config.Load(config.Sources{Root: "/p", ReadFile: func(name string) ([]byte, error) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errors.New("permission denied")}
	}})
	require.EqualError(t, err, "read the configuration: open /p/.gem-team.yaml: permission denied")

	_, err = config.Load(config.Sources{Flags: map[string]string{"job": "3"}})
	require.EqualError(t, err, `no setting is called "job"`)
}

func TestTheUsersFileIsWhereTheSystemKeepsThem(t *testing.T) {
	for _, c := range []struct {
		environ []string
		file    string
		want    string
	}{
		{[]string{"HOME=/h"}, "", "/h/.config/billow/billow.yaml"},
		{[]string{"HOME=/h", "XDG_CONFIG_HOME=/x"}, "", "/x/billow/billow.yaml"},
		{[]string{"XDG_CONFIG_HOME=/x", "HOME=/h"}, "", "/x/billow/billow.yaml"},
		{[]string{"HOME=/h", "XDG_CONFIG_HOME=x"}, "", "/h/.config/billow/billow.yaml"},
		{[]string{"HOME=/h"}, "/etc/b.yaml", "/etc/b.yaml"},
		{nil, "", ""},
	} {
		var asked []string
		_, err := config.Load(config.Sources{Root: "/p", Environ: c.environ, UserFile: c.file, ReadFile: func(name string) ([]byte, error) {
			asked = append(asked, filepath.ToSlash(name))
			return nil, fs.ErrNotExist
		}})
		require.NoError(t, err)
		want := []string{c.want, "/p/.gem-team.yaml", "/p/billow.yaml"}
		assert.Equal(t, slices.DeleteFunc(want, func(s string) bool { return s == "" }), asked)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add("agents: {a: {adapter: b, fallback: [a, c], timeout: {total: 1}}}\nadapters: {b: {adapter: b}, c: {command: [x]}}\nroutes: [{when: a, agent: b}]", "3")
	f.Add("timeouts: [1]\nlimits: {max_file_bytes: 1e300 GiB}\njobs: ~\n\"*\": {}\nshell: [a, [b]]", "9e99")
	f.Fuzz(func(t *testing.T, text, value string) {
		if len(text) > 1<<10 {
			t.Skip("long files are the YAML reader's")
		}
		c, err := config.Load(config.Sources{Root: "/p", Environ: []string{"BILLOW_JOBS=" + value, "BILLOW_LIMITS_MAX_FILE_BYTES=" + value},
			ReadFile: files(map[string]string{"/p/billow.yaml": text, "/p/.gem-team.yaml": text})})
		require.NoError(t, err)
		c.Values()
		for _, name := range []string{"a", "b", "human", "gem-x"} {
			if a, ok := c.Agent(name); ok {
				require.Contains(t, config.Adapters(), a.Adapter)
			}
			c.AgentHint(name)
			c.Route(&plan.Task{ID: name})
		}
	})
}
