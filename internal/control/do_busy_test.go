package control_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/internal/control"
	"billow/internal/planfile"
)

func TestAnObjectiveThatIsGoneOnWithIsNamed(t *testing.T) {
	s := untouched(t, "tasks: []\n")
	state := filepath.Join(s.Dir, ".billow", "do", "busy", "state.json")
	require.NoError(t, os.MkdirAll(filepath.Dir(state), 0o755))
	lock, err := planfile.Acquire(planfile.LockDir(state), state, planfile.Holder{PID: 7})
	require.NoError(t, err)
	defer lock.Close()
	_, err = s.Do(t.Context(), control.DoRequest{PlanID: "busy", New: true, Objective: "Run `true`"})
	require.ErrorIs(t, err, planfile.ErrLocked)
	assert.EqualError(t, err, "the objective busy is being run by process 7")
}
