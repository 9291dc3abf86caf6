package local_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"billow/agents"
	"billow/agents/shell"
	"billow/engine"
	"billow/engine/local"
	"billow/failure"
	"billow/internal/store/sqlite"
)

// BenchmarkDrive runs `true` two at a time on a real store: what a task costs with everything but the plan
// file. Compare with the floor benchmark of internal/proc.
func BenchmarkDrive(b *testing.B) {
	dir := b.TempDir()
	log, err := sqlite.Open(filepath.Join(dir, "billow.db"), sqlite.Options{})
	require.NoError(b, err)
	defer log.Close()
	run := &engine.RunSpec{ID: "r", PlanID: "p", Policy: failure.Default(), Limits: engine.Limits{All: 2}}
	for i := range b.N {
		spec := engine.TaskSpec{ID: fmt.Sprintf("t%d", i), Class: engine.ClassRun}
		if i >= 10 {
			spec.Needs = []string{fmt.Sprintf("t%d", i-10), fmt.Sprintf("t%d", i-7)}
		}
		run.Tasks = append(run.Tasks, spec)
	}
	ctx := context.Background()
	start := engine.Event{At: time.Now().UTC(), Type: engine.RunStarted, Run: run}
	require.NoError(b, log.Append(ctx, "r", 0, []engine.Event{start}))
	state, err := engine.Replay([]engine.Event{start})
	require.NoError(b, err)
	w := &shellWorld{world: world{}, agent: shell.New(shell.Options{Scratch: filepath.Join(dir, "scratch")}), dir: dir,
		env: append(os.Environ(), "BILLOW_RUN_ID=r")}
	before := ownCPU()
	b.ResetTimer()
	result, err := local.Drive(ctx, local.Options{Log: log, State: state, World: w})
	require.NoError(b, err)
	require.Equal(b, engine.OutcomeCompleted, result.Outcome)
	b.ReportMetric(float64((ownCPU()-before).Microseconds())/float64(b.N), "own-µs/task")
}

// ownCPU is the processor time of billow itself, without its children.
func ownCPU() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

type shellWorld struct {
	world
	agent agents.Agent
	dir   string
	env   []string
}

func (w *shellWorld) Assign(v engine.TaskView, attempt int, step string, slot int) (agents.Agent, agents.Assignment, error) {
	return w.agent, agents.Assignment{RunID: "r", TaskID: v.ID, Attempt: attempt, Step: step, Slot: slot, Command: "true",
		WorkDir: w.dir, Dir: filepath.Join(w.dir, v.ID), Env: append(w.env[:len(w.env):len(w.env)], "BILLOW_TASK_ID="+v.ID)}, nil
}
