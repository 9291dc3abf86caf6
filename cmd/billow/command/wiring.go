package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"billow/agents"
	"billow/agents/cli"
	"billow/agents/human"
	"billow/agents/script"
	"billow/agents/shell"
	"billow/engine"
	"billow/engine/local"
	"billow/internal/config"
	"billow/internal/control"
	"billow/internal/proc"
	"billow/internal/store"
	"billow/internal/store/sqlite"
)

// wire puts the program together: which store, which agents, which driver. It is the one place that knows
// all of them.
func (m *program) wire(s *control.Service) {
	s.OpenStore = openStore
	s.Reach = m.reach
	s.Drive = drive
	s.Tools = tools
	s.Printing = func(c engine.Claim, fd int, dir string) (string, bool) {
		return proc.OutputPath(proc.Identity{PID: c.PID, Started: c.Started, Boot: c.Boot, Host: c.Host}, fd, dir)
	}
}

// openStore opens the one store there is today, .billow/billow.db in the project.
func openStore(root string, create bool) (store.Log, error) {
	path := filepath.Join(root, ".billow", "billow.db")
	if !create {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s: %w", path, store.ErrNotFound)
		}
	}
	return sqlite.Open(path, sqlite.Options{})
}

// reach makes the agent behind a configured name.
func (m *program) reach(r control.ReachRequest) (agents.Agent, error) {
	c := r.Config
	switch c.Adapter {
	case "run":
		return shell.New(shell.Options{Scratch: r.Scratch, Grace: c.Grace}), nil
	case "human":
		return human.Agent{}, nil
	case "script":
		data, err := os.ReadFile(c.Script)
		if err != nil {
			return nil, fmt.Errorf("agent %s: %w", r.Name, err)
		}
		agent, problems := script.Parse(c.Script, data)
		for _, p := range problems {
			if agent == nil || p.Severity == "error" {
				return nil, fmt.Errorf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Text)
			}
		}
		return agent, nil
	}
	return cli.New(cliOptions(r.Name, c))
}

// cliOptions are the options of an agent's program: the preset the adapter names, with what the
// configuration says laid over it.
func cliOptions(name string, c config.Agent) cli.Options {
	o := cli.Options{Name: name, Preset: c.Adapter, Command: c.Command, Args: c.Args, MoreArgs: c.MoreArgs,
		Prompt: cli.Prompt(c.Prompt), Model: c.Model, ModelFlag: c.ModelFlag, Env: c.Env, Timeouts: c.Timeouts,
		Grace: c.Grace, ReportFile: c.ReportFile, ReportOptional: c.ReportOptional, Supervisor: []string{superviseArg}}
	if c.Adapter == "command" {
		o.Preset = ""
	}
	return o
}

// drive runs a plan on this machine.
func drive(ctx context.Context, d control.Drive) (control.Driven, error) {
	result, err := local.Drive(ctx, local.Options{Log: d.Log, State: d.State, World: d.World, Edits: d.Edits,
		Interrupts: d.Interrupts, Timeout: d.Timeout, Limits: d.Limits, Only: d.Only, BlockLost: d.BlockLost})
	return control.Driven(result), err
}

// tools looks for git and for the programs of agents, and asks each for its version.
func tools(ctx context.Context) []control.Tool {
	out := []control.Tool{git(ctx)}
	for _, f := range cli.Doctor(ctx, os.Environ()) {
		t := control.Tool{Name: f.Preset.Name, Command: f.Preset.Command, Path: f.Path, Version: f.Version, Hint: f.Preset.Install, Agent: true}
		if f.Err != nil {
			t.Trouble = f.Err.Error()
		}
		out = append(out, t)
	}
	return out
}

func git(ctx context.Context) control.Tool {
	t := control.Tool{Name: "git", Command: "git", Hint: "plans run without it; worktrees need it"}
	env := os.Environ()
	path, err := proc.Look("git", env, "")
	if err != nil {
		t.Trouble = err.Error()
		return t
	}
	t.Path = path
	result, err := proc.Run(ctx, proc.Spec{Path: path, Args: []string{"--version"}, Env: env, Timeouts: proc.Timeouts{Total: 10 * time.Second}})
	if err != nil {
		t.Trouble = err.Error()
		return t
	}
	t.Version, _, _ = strings.Cut(strings.TrimPrefix(strings.TrimSpace(string(result.Stdout)), "git version "), "\n")
	return t
}
