package config

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"billow/plan"
)

// Agent is how an agent is reached: an entry of `agents`, laid over the entry of `adapters` it names, laid
// over the adapter itself. In billow.yaml an entry is the name of an adapter, or a mapping:
//
//	agents:
//	  gem-implementer: claude
//	  gem-reviewer: {adapter: codex, model: gpt-5, fallback: [claude], max: 1}
//	  gem-*: {adapter: claude, timeout: {total: 1h, idle: 10m}}
//	  "*": human
//	adapters:
//	  claude: {args: [--print, --output-format, stream-json, --verbose], env: {CLAUDE_CONFIG_DIR: .claude}}
//	  ours: {command: [./agent.sh, --quiet], prompt: file, report: optional}
//
// The exact name counts before a name that is itself an adapter's (`agent: human` needs no entry), that before
// the longest pattern that fits, and `*` comes last.
type Agent struct {
	// Name is the agent's name in the plan.
	Name string `json:"name"`
	// Adapter (`adapter`) is how it is reached: run (a shell), claude, codex, copilot, opencode, gemini,
	// cursor, command (a program of one's own, which `command` names), human or script.
	Adapter string `json:"adapter"`
	// Provider (`provider`) is the service behind it, by any name: when its limit is reached, everything of that
	// provider waits. Default: the adapter's name, for a command its program's; none for run and human.
	Provider string `json:"provider,omitempty"`
	// Model (`model`) is what it is asked to use; "" is the adapter's own default.
	Model string `json:"model,omitempty"`
	// ModelFlag (`model_flag`) stands before the model's name.
	ModelFlag string `json:"model_flag,omitempty"`
	// Fallback (`fallback`) are agents or adapters to turn to, in order, where this one cannot be reached.
	Fallback []string `json:"fallback,omitempty"`
	// Max (`max`) is how many tasks it may have at once; 0 is no limit of its own.
	Max int `json:"max,omitempty"`
	// Timeouts (`timeout: {total, idle, first_output}`, or a single length of time, the total) are the
	// deadlines of its tasks that have none of their own; what is not said is as Config.Timeouts has it.
	Timeouts plan.Timeouts `json:"timeouts,omitzero"`
	// Grace (`grace`) is the time between TERM and KILL; 0 is the adapter's default.
	Grace time.Duration `json:"grace,omitempty"`
	// Script (`script`) is the file of a script agent, relative to the file that names it.
	Script string `json:"script,omitempty"`
	// Command (`command`, a list, or a text that is cut at blanks) is the program; Args are the words behind it,
	// or `args`. Either replaces what the adapter has; nil Args keep the adapter's. MoreArgs (`more_args`)
	// are added behind them.
	Command  string   `json:"command,omitempty"`
	Args     []string `json:"args,omitempty"`
	MoreArgs []string `json:"more_args,omitempty"`
	// Prompt (`prompt`) is how the brief is given: stdin, file or arg; "" is as the adapter does it.
	Prompt string `json:"prompt,omitempty"`
	// Env (`env`, a mapping) is added to the environment, KEY=VALUE.
	Env []string `json:"env,omitempty"`
	// ReportFile (`report_file`) is a file that the program leaves its report in.
	ReportFile string `json:"report_file,omitempty"`
	// ReportOptional (`report: optional`): without a report, exit status and acceptance commands decide. The
	// default, `report: required`, takes a missing report for a failure.
	ReportOptional bool `json:"report_optional,omitempty"`
	// Origin is where the entry stands; the default for an adapter's own name.
	Origin Origin `json:"origin"`
}

// Adapters lists the adapters that billow has.
func Adapters() []string {
	return []string{"run", "claude", "codex", "copilot", "opencode", "gemini", "cursor", "command", "human", "script"}
}

// plain reports whether an adapter needs nothing but its name.
func plain(adapter string) bool {
	return slices.Contains(Adapters(), adapter) && !slices.Contains([]string{"run", "command", "script"}, adapter)
}

// entry is one entry of `agents` or `adapters` as it is written; what is zero was not said.
type entry struct {
	adapter string
	agent   Agent
	// report is required, optional or "".
	report string
	origin Origin
	pos    plan.Pos
	// at makes a problem of the entry, nil where it does not come from a file.
	at *reader
}

// String is the entry for people.
func (e entry) String() string {
	words := []string{e.adapter}
	if e.agent.Command != "" {
		words = append(words, strings.Join(append([]string{e.agent.Command}, e.agent.Args...), " "))
	}
	if e.agent.Model != "" {
		words = append(words, e.agent.Model)
	}
	return strings.TrimSpace(strings.Join(words, " "))
}

// Agent finds how an agent is reached; ok is false where nothing says so.
func (c *Config) Agent(name string) (a Agent, ok bool) {
	e, ok := c.find(name)
	if !ok {
		return Agent{}, false
	}
	a, err := c.resolve(e)
	if err != nil {
		return Agent{}, false
	}
	a.Name, a.Origin = name, e.origin
	if a.Provider == "" {
		a.Provider = providerOf(a)
	}
	for _, t := range []struct {
		have *time.Duration
		base time.Duration
	}{
		{&a.Timeouts.Total, c.Timeouts.Total}, {&a.Timeouts.Idle, c.Timeouts.Idle}, {&a.Timeouts.FirstOutput, c.Timeouts.FirstOutput},
	} {
		if *t.have == 0 {
			*t.have = t.base
		}
	}
	return a, true
}

// providerOf is the service behind an agent that names none.
func providerOf(a Agent) string {
	switch a.Adapter {
	case "run", "human":
		return ""
	case "command":
		return filepath.Base(a.Command)
	}
	return a.Adapter
}

// AgentNames are the names that have an entry of their own under `agents`, sorted; patterns are not among them.
func (c *Config) AgentNames() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(c.agents)), func(name string) bool { return strings.Contains(name, "*") })
}

// find looks a name up.
func (c *Config) find(name string) (entry, bool) {
	if name == "" {
		return entry{}, false
	}
	if e, ok := c.agents[name]; ok {
		return e, true
	}
	if _, own := c.adapters[name]; own || plain(name) {
		return entry{adapter: name, origin: Origin{Layer: Default}}, true
	}
	best := ""
	for _, pattern := range slices.Sorted(maps.Keys(c.agents)) {
		if fits, _ := path.Match(pattern, name); fits && strings.Contains(pattern, "*") && len(pattern) > len(best) {
			best = pattern
		}
	}
	e, ok := c.agents[best]
	return e, ok
}

// resolve lays an entry over what its adapter says, and checks that nothing is missing.
func (c *Config) resolve(e entry) (Agent, error) {
	a, err := c.layers(e, nil)
	switch {
	case err != nil:
	case a.Adapter == "script" && a.Script == "":
		err = errors.New("a script agent needs the file it does as: script: FILE")
	case a.Adapter == "command" && a.Command == "":
		err = fmt.Errorf("the adapter %s needs the program to start: command: [PROGRAM, ARGUMENT]", a.Adapter)
	}
	return a, err
}

// layers lays an entry over what its adapter says. seen are the entries of `adapters` on the way here.
func (c *Config) layers(e entry, seen []string) (Agent, error) {
	base, own := c.adapters[e.adapter]
	builtin := slices.Contains(Adapters(), e.adapter)
	var a Agent
	switch {
	case own && builtin && (base.adapter == "" || base.adapter == e.adapter):
		// `adapters: {claude: {...}}` says more about the adapter of that name.
		a = base.over(Agent{Adapter: e.adapter})
	case own && slices.Contains(seen, e.adapter):
		return a, fmt.Errorf("the adapters %s name each other", strings.Join(append(seen, e.adapter), " -> "))
	case own:
		var err error
		if a, err = c.layers(base, append(seen, e.adapter)); err != nil {
			return a, err
		}
	case builtin:
		a.Adapter = e.adapter
	case e.adapter == "" && e.agent.Command != "":
		a.Adapter = "command"
	case e.adapter == "":
		return a, errors.New("says neither an adapter nor a command")
	default:
		return a, &unknownAdapter{name: e.adapter, known: append(slices.Sorted(maps.Keys(c.adapters)), Adapters()...)}
	}
	return e.over(a), nil
}

// unknownAdapter is the error of an entry that names no adapter.
type unknownAdapter struct {
	name  string
	known []string
}

func (e *unknownAdapter) Error() string { return fmt.Sprintf("no adapter is called `%s`", e.name) }

// over lays what the entry says over an agent.
func (e entry) over(a Agent) Agent {
	own := e.agent
	for _, s := range []struct{ to, from *string }{
		{&a.Provider, &own.Provider}, {&a.Model, &own.Model}, {&a.ModelFlag, &own.ModelFlag}, {&a.Script, &own.Script}, {&a.Command, &own.Command},
		{&a.Prompt, &own.Prompt}, {&a.ReportFile, &own.ReportFile},
	} {
		if *s.from != "" {
			*s.to = *s.from
		}
	}
	for _, d := range []struct{ to, from *time.Duration }{
		{&a.Timeouts.Total, &own.Timeouts.Total}, {&a.Timeouts.Idle, &own.Timeouts.Idle},
		{&a.Timeouts.FirstOutput, &own.Timeouts.FirstOutput}, {&a.Grace, &own.Grace},
	} {
		if *d.from != 0 {
			*d.to = *d.from
		}
	}
	for _, l := range []struct{ to, from *[]string }{{&a.Fallback, &own.Fallback}, {&a.Args, &own.Args}, {&a.MoreArgs, &own.MoreArgs}} {
		if *l.from != nil {
			*l.to = *l.from
		}
	}
	if own.Max != 0 {
		a.Max = own.Max
	}
	a.Env = slices.Concat(a.Env, own.Env)
	if e.report != "" {
		a.ReportOptional = e.report == "optional"
	}
	return a
}

// AgentHint says what to write so that an agent can be reached; with "" it is about tasks that name none.
func (c *Config) AgentHint(name string) string {
	if name == "" {
		return "give the task a `run:` or an `agent:`, or add to billow.yaml:  default_agent: claude"
	}
	if near := plan.Nearest(name, slices.Sorted(maps.Keys(c.agents))); near != "" && !strings.Contains(near, "*") {
		return fmt.Sprintf("did you mean %s?", near)
	}
	for _, e := range c.agents {
		if e.origin.Layer == Project {
			return fmt.Sprintf("add to billow.yaml, under agents:  %s: claude", name)
		}
	}
	return fmt.Sprintf("add to billow.yaml:  agents: {%s: claude}", name)
}

// HasAgents says whether the configuration tells of any agent at all.
func (c *Config) HasAgents() bool { return len(c.agents) > 0 || c.DefaultAgent != "" }

// checkAgents names the entries that lead nowhere, once all files are read. An adapter may leave to its agents
// what is missing.
func (c *Config) checkAgents() {
	for _, name := range slices.Sorted(maps.Keys(c.adapters)) {
		_, err := c.layers(entry{adapter: name}, nil)
		c.checkEntry("adapters."+name, c.adapters[name], err)
	}
	for _, name := range slices.Sorted(maps.Keys(c.agents)) {
		_, err := c.resolve(c.agents[name])
		c.checkEntry("agents."+name, c.agents[name], err)
	}
}

func (c *Config) checkEntry(path string, e entry, err error) {
	if err != nil {
		c.agentProblem(path, e, err)
		return
	}
	for _, other := range e.agent.Fallback {
		if _, ok := c.Agent(other); !ok {
			c.agentProblem(path, e, fmt.Errorf("the fallback `%s` is neither an agent nor an adapter", clip(other)))
		}
	}
}

func (c *Config) agentProblem(path string, e entry, err error) {
	hint := ""
	var unknown *unknownAdapter
	if errors.As(err, &unknown) {
		hint = suggestion(plan.Nearest(unknown.name, unknown.known), unknown.known)
	}
	if e.at != nil {
		e.at.problem(badAgent, plan.Error, e.pos, path+": "+err.Error(), hint)
		return
	}
	c.Problems = append(c.Problems, plan.Problem{Code: badAgent, Severity: plan.Error, File: e.origin.Name,
		Text: path + ": " + err.Error(), Hint: hint})
}

// entries reads `agents` or `adapters`. An entry takes the place of one of the same name in a file that
// counts less.
func (r *reader) entries(block plan.Field, into map[string]entry) {
	if block.Value.IsNull() {
		return
	}
	if block.Value.Kind != plan.Map {
		r.wrong(block, block.Key, "a mapping from names to adapters")
		return
	}
	for _, f := range block.Value.Fields {
		where := block.Key + "." + f.Key
		e := entry{origin: r.origin(f.Pos), pos: f.Pos, at: r}
		if _, err := path.Match(f.Key, ""); err != nil || f.Key == "" {
			r.problem(badAgent, plan.Error, f.Pos, fmt.Sprintf("%q is no name and no pattern", clip(f.Key)), "a pattern is a name with a *, such as gem-*")
			continue
		}
		switch f.Value.Kind {
		case plan.Scalar:
			e.adapter = strings.TrimSpace(f.Value.Text)
		case plan.Map:
			r.entry(where, f.Value, &e)
		default:
			r.wrong(f, where, "the name of an adapter, or a mapping such as {adapter: claude, model: opus}")
			continue
		}
		into[f.Key] = e
	}
}

// entryKeys are the keys of an entry; timeouts may be written for timeout, as it is elsewhere.
func entryKeys() []string {
	return []string{"adapter", "provider", "model", "model_flag", "fallback", "max", "timeout", "timeouts", "grace", "script",
		"command", "args", "more_args", "prompt", "env", "report_file", "report"}
}

// entry reads the mapping of one entry.
func (r *reader) entry(where string, v *plan.Value, e *entry) {
	known := entryKeys()
	for _, f := range v.Fields {
		key := where + "." + f.Key
		if f.Value.IsNull() {
			continue
		}
		a := &e.agent
		switch f.Key {
		case "adapter":
			e.adapter = r.text(key, f)
		case "provider":
			a.Provider = r.text(key, f)
		case "model":
			a.Model = r.text(key, f)
		case "model_flag":
			a.ModelFlag = r.text(key, f)
		case "fallback":
			a.Fallback = f.Value.Strings()
		case "max":
			n, ok := f.Value.AsInt()
			if !ok || n < 1 || n > 10_000 {
				r.wrong(f, key, "a whole number from 1 to 10000")
				continue
			}
			a.Max = n
		case "timeout", "timeouts":
			a.Timeouts = r.timeouts(key, f)
		case "grace":
			a.Grace = r.duration(key, f)
		case "script":
			if a.Script = r.text(key, f); a.Script != "" && !filepath.IsAbs(a.Script) {
				a.Script = filepath.Join(r.folder, filepath.FromSlash(a.Script))
			}
		case "command":
			words := commandWords(f.Value)
			if len(words) == 0 {
				r.wrong(f, key, "a program with its arguments, such as [aider, --yes]")
				continue
			}
			a.Command = words[0]
			if len(words) > 1 {
				a.Args = words[1:]
			}
		case "args":
			a.Args = append([]string{}, commandWords(f.Value)...)
		case "more_args":
			a.MoreArgs = commandWords(f.Value)
		case "prompt":
			a.Prompt = r.oneOf(key, f, "stdin", "file", "arg")
		case "env":
			a.Env = r.env(key, f)
		case "report_file":
			a.ReportFile = r.text(key, f)
		case "report":
			e.report = r.oneOf(key, f, "required", "optional")
		default:
			r.problem(unknownKey, plan.Warning, f.Pos, fmt.Sprintf("%s has no key `%s`", where, clip(f.Key)), suggestion(plan.Nearest(f.Key, known), known))
		}
	}
}

func (r *reader) text(key string, f plan.Field) string {
	if f.Value.Kind != plan.Scalar {
		r.wrong(f, key, "a text")
		return ""
	}
	return strings.TrimSpace(f.Value.Text)
}

func (r *reader) oneOf(key string, f plan.Field, known ...string) string {
	if f.Value.Kind != plan.Scalar || !slices.Contains(known, f.Value.Text) {
		r.wrong(f, key, oneOf(known))
		return ""
	}
	return f.Value.Text
}

func (r *reader) duration(key string, f plan.Field) time.Duration {
	d, ok := durationOf(f.Value)
	if !ok {
		r.wrong(f, key, wantDuration)
	}
	return d
}

func (r *reader) timeouts(key string, f plan.Field) plan.Timeouts {
	var out plan.Timeouts
	if f.Value.Kind != plan.Map {
		out.Total = r.duration(key, f)
		return out
	}
	for _, inner := range f.Value.Fields {
		switch inner.Key {
		case "total":
			out.Total = r.duration(key+".total", inner)
		case "idle":
			out.Idle = r.duration(key+".idle", inner)
		case "first_output":
			out.FirstOutput = r.duration(key+".first_output", inner)
		default:
			known := []string{"total", "idle", "first_output"}
			r.problem(unknownKey, plan.Warning, inner.Pos, fmt.Sprintf("%s has no key `%s`", key, clip(inner.Key)), suggestion(plan.Nearest(inner.Key, known), known))
		}
	}
	return out
}

func (r *reader) env(key string, f plan.Field) []string {
	if f.Value.Kind != plan.Map {
		r.wrong(f, key, "a mapping from variables to values")
		return nil
	}
	var out []string
	for _, v := range f.Value.Fields {
		if v.Value.Kind != plan.Scalar && !v.Value.IsNull() || v.Key == "" || strings.ContainsAny(v.Key, "=\x00") {
			r.wrong(v, key+"."+v.Key, "a text")
			continue
		}
		value := ""
		if v.Value.Kind == plan.Scalar {
			value = v.Value.Text
		}
		out = append(out, v.Key+"="+value)
	}
	return out
}
