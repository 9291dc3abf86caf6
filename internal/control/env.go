package control

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"billow/agents"
	"billow/engine"
	"billow/plan"
)

// environment makes the environment of each task: billow's own, then the plan's env files and env, then the
// task's, then its inputs, then billow's own variables. Later ones win.
type environment struct {
	root string
	// base is billow's own environment with the plan's laid over it, without the values of secrets.
	base []string
	// secret are the values of all names that any task declares as a secret.
	secret map[string]string
	files  map[string][]plan.EnvVar
	values map[string]string
}

// quiet are set so that no tool waits for a person who is not there.
var quiet = []string{"GIT_EDITOR=true", "GIT_TERMINAL_PROMPT=0"}

func newEnvironment(root string, environ []string, p *plan.Plan) (*environment, error) {
	e := &environment{root: root, secret: map[string]string{}, files: map[string][]plan.EnvVar{}}
	names := map[string]bool{}
	for _, t := range p.Tasks {
		for _, name := range t.Secrets {
			names[name] = true
		}
	}
	own := map[string]string{}
	var order []string
	put := func(name, value string) {
		if _, ok := own[name]; !ok {
			order = append(order, name)
		}
		own[name] = value
	}
	for _, entry := range slices.Concat(environ, quiet) {
		if name, value, ok := strings.Cut(entry, "="); ok && !strings.HasPrefix(name, "BILLOW_") {
			put(name, value)
		}
	}
	for _, file := range p.EnvFile {
		vars, err := e.file(file)
		if err != nil {
			return nil, err
		}
		for _, v := range vars {
			put(v.Name, v.Value)
		}
	}
	for _, v := range p.Env {
		put(v.Name, v.Value)
	}
	e.values = make(map[string]string, len(own))
	for _, name := range order {
		if names[name] {
			// A task that does not declare it does not see it.
			e.secret[name] = own[name]
			continue
		}
		e.base = append(e.base, name+"="+own[name])
		e.values[name] = own[name]
	}
	return e, nil
}

// asMap is what expressions see as env: everything but secrets.
func (e *environment) asMap() map[string]string { return e.values }

// file reads a file of KEY=VALUE lines once.
func (e *environment) file(name string) ([]plan.EnvVar, error) {
	if vars, ok := e.files[name]; ok {
		return vars, nil
	}
	path := name
	if !filepath.IsAbs(path) {
		path = filepath.Join(e.root, filepath.FromSlash(name))
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("env_file %s: %w", name, err)
	}
	vars, err := parseEnvFile(name, string(data))
	if err != nil {
		return nil, err
	}
	e.files[name] = vars
	return vars, nil
}

// parseEnvFile reads KEY=VALUE lines: blank lines and # comments are skipped, `export ` before the name and
// quotes around the value are taken off; nothing is expanded.
func parseEnvFile(name, text string) ([]plan.EnvVar, error) {
	var out []plan.EnvVar
	for i, line := range strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		key, value, ok := strings.Cut(strings.TrimPrefix(line, "export "), "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if !ok || key == "" || strings.ContainsAny(key, " \t") {
			return nil, fmt.Errorf("env_file %s:%d: not NAME=VALUE", name, i+1)
		}
		if n := len(value); n >= 2 && (value[0] == '"' || value[0] == '\'') && value[n-1] == value[0] {
			value = value[1 : n-1]
		}
		out = append(out, plan.EnvVar{Name: key, Value: value})
	}
	return out, nil
}

// forTask is the environment of one step, and the values of the secrets in it.
func (e *environment) forTask(p *plan.Plan, t *plan.Task, v engine.TaskView, inputs []plan.EnvVar, a agents.Assignment) (env, secrets []string, err error) {
	env = append(make([]string, 0, len(e.base)+len(t.Env)+len(inputs)+len(t.Secrets)+8), e.base...)
	for _, file := range t.EnvFile {
		vars, err := e.file(file)
		if err != nil {
			return nil, nil, err
		}
		env = addVars(env, vars)
	}
	env = addVars(env, t.Env)
	env = addVars(env, inputs)
	for _, name := range t.Secrets {
		value, ok := e.secret[name]
		if !ok {
			return nil, nil, fmt.Errorf("secret %s is not set; set it in billow's environment", name)
		}
		env = append(env, name+"="+value)
		if value != "" {
			secrets = append(secrets, value)
		}
	}
	if v.Parent != "" {
		env = append(env, "BILLOW_ITEM="+itemText(v.Item))
	}
	env = append(env, "BILLOW_PLAN_ID="+p.ID, "BILLOW_RUN_ID="+a.RunID, "BILLOW_TASK_ID="+a.TaskID,
		"BILLOW_ATTEMPT="+strconv.Itoa(a.Attempt))
	if len(t.EnvFile)+len(t.Env)+len(inputs)+len(t.Secrets) == 0 {
		return env, secrets, nil // nothing can be there twice
	}
	return dedupe(env), secrets, nil
}

func addVars(env []string, vars []plan.EnvVar) []string {
	for _, v := range vars {
		env = append(env, v.Name+"="+v.Value)
	}
	return env
}

// dedupe keeps the last entry of each name: some shells take the first.
func dedupe(env []string) []string {
	last := make(map[string]int, len(env))
	for i, entry := range env {
		name, _, _ := strings.Cut(entry, "=")
		last[name] = i
	}
	if len(last) == len(env) {
		return env
	}
	out := env[:0]
	for i, entry := range env {
		name, _, _ := strings.Cut(entry, "=")
		if last[name] == i {
			out = append(out, entry)
		}
	}
	return out
}
