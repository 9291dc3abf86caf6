package proc

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRunGivesBothOutputs(t *testing.T) {
	result, err := Run(t.Context(), Spec{Path: "sh", Args: []string{"-c", "echo out; echo err >&2"}})
	require.NoError(t, err)
	assert.Equal(t, "out\n", string(result.Stdout))
	assert.Equal(t, "err\n", string(result.Stderr))
}

func TestRunErrorEndsWithTheProgramsOwnWords(t *testing.T) {
	result, err := Run(t.Context(), Spec{Path: "sh", Args: []string{"-c", "echo kept; echo one >&2; echo fatal: two >&2; exit 128"}})
	require.EqualError(t, err, "sh: exit status 128: fatal: two")
	var failed *RunError
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, 128, failed.Exit.Status)
	assert.Equal(t, "kept\n", string(result.Stdout))
	_, err = Run(t.Context(), Spec{Path: "no-such-program"})
	require.ErrorContains(t, err, "no such program")
}

func TestRunReadsOutputLargerThanAPipe(t *testing.T) {
	result, err := Run(t.Context(), Spec{Path: "sh", Args: []string{"-c", "yes | head -c 3000000"}})
	require.NoError(t, err)
	assert.Len(t, result.Stdout, 3000000)
}

func TestEndOfContextEndsTheProgram(t *testing.T) {
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	r, w := pipe(t)
	go func() {
		b := make([]byte, 1)
		_, _ = r.Read(b)
		cancel(cause)
	}()
	_, err := Run(ctx, Spec{Path: "sh", Args: []string{"-c", "echo up; sleep 600"}, Stdout: w})
	require.ErrorIs(t, err, cause)
	_, err = Run(ctx, Spec{Path: "true"})
	require.ErrorIs(t, err, context.Canceled)
}

func TestRunDoesNotWaitForWhatAProgramLeavesBehind(t *testing.T) {
	hold, w := pipe(t)
	result, err := Run(t.Context(), Spec{Path: "sh", Args: []string{"-c", "exec 3<&0; cat <&3 & echo done"}, Stdin: hold})
	require.NoError(t, err)
	assert.Equal(t, "done\n", string(result.Stdout))
	require.NoError(t, w.Close()) // ends what was left behind
}
