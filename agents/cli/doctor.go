package cli

import (
	"context"
	"strings"
	"sync"
	"time"

	"billow/internal/proc"
)

// Finding is what Doctor found out about one preset.
type Finding struct {
	Preset Preset
	// Path is where the program is; "" when it is not installed.
	Path string
	// Version is the first line it prints when asked; "" when it could not say, and then Err is why.
	Version string
	Err     error
}

// versionTimeout bounds how long a program may take to say its version; some look for updates first.
const versionTimeout = 10 * time.Second

// Doctor looks which agent CLIs this environment (KEY=VALUE) has, and asks each for its version, all at once.
// The findings are in the order of Presets.
func Doctor(ctx context.Context, env []string) []Finding {
	presets := Presets()
	out := make([]Finding, len(presets))
	var wg sync.WaitGroup
	for i, p := range presets {
		wg.Go(func() { out[i] = examine(ctx, p, env) })
	}
	wg.Wait()
	return out
}

func examine(ctx context.Context, p Preset, env []string) Finding {
	f := Finding{Preset: p}
	path, err := proc.Look(p.Command, env, "")
	if err != nil {
		f.Err = &MissingError{Name: p.Name, Command: p.Command, Hint: p.Install}
		return f
	}
	f.Path = path
	result, err := proc.Run(ctx, proc.Spec{Path: path, Args: p.Version, Env: env, Timeouts: proc.Timeouts{Total: versionTimeout}, Grace: time.Second})
	if err != nil {
		f.Err = err
		return f
	}
	f.Version, _, _ = strings.Cut(strings.TrimSpace(string(result.Stdout)), "\n")
	return f
}
