package shell

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"billow/agents"
	"billow/plan"
)

func TestSecretsAreReplaced(t *testing.T) {
	for _, test := range []struct {
		text, want string
		secrets    []string
	}{
		{"key=abc.", "key=***.", []string{"abc"}},
		{"abcabc", "***", []string{"abc"}},
		{"abc-abc", "***-***", []string{"abc"}},
		{"xabcdx", "x***x", []string{"abc", "bcd"}},
		{"abcdef abcde", "*** ***de", []string{"abc", "abcdef"}},
		{"aaaaa", "***", []string{"aa"}},
		{"ab", "ab", []string{"abc", ""}},
		{"line one\nline two\n", "***\n", []string{"line one\nline two"}},
	} {
		assert.Equal(t, test.want, agents.NewMask(test.secrets).Text(test.text))
	}
}

func TestMaskingDoesNotDependOnHowTextIsCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secrets := rapid.SliceOfN(rapid.StringMatching(`[ab]{1,4}`), 1, 3).Draw(t, "secrets")
		pieces := rapid.SliceOf(rapid.StringMatching(`[abc]{0,5}`)).Draw(t, "pieces")
		whole := strings.Join(pieces, "")
		var cut bytes.Buffer
		m := agents.NewMaskWriter(&cut, secrets)
		for _, piece := range pieces {
			_, err := m.Write([]byte(piece))
			require.NoError(t, err)
		}
		require.NoError(t, m.End())
		require.Equal(t, agents.NewMask(secrets).Text(whole), cut.String())
		for _, s := range secrets {
			require.NotContains(t, cut.String(), s)
		}
		// Nothing but secrets is replaced: the letter c is in none.
		require.Equal(t, strings.Count(whole, "c"), strings.Count(cut.String(), "c"))
	})
}

// Text flows on at once unless its end may be the beginning of a secret.
func TestMaskingHoldsBackNoMoreThanItMust(t *testing.T) {
	var out bytes.Buffer
	m := agents.NewMaskWriter(&out, []string{"secret"})
	_, err := m.Write([]byte("hello\n"))
	require.NoError(t, err)
	assert.Equal(t, "hello\n", out.String())
	_, err = m.Write([]byte("a sec"))
	require.NoError(t, err)
	assert.Equal(t, "hello\na ", out.String())
}

func TestNoSecretReachesTheDisk(t *testing.T) {
	b := newBench(t, Options{})
	const secret = "hunter2"
	r := b.run(agents.Assignment{
		Command: "echo pass $PASS; printf 'hun' >&2; sleep 0.1; printf 'ter2 on the error side\\n' >&2; " +
			"echo OUT=got-$PASS >$BILLOW_OUTPUT; exit 3",
		Env: []string{"PATH=" + os.Getenv("PATH"), "PASS=" + secret}, Secrets: []string{secret},
	})
	require.NotNil(t, r.Failure)
	assert.Equal(t, "pass ***\n*** on the error side\n", r.Failure.Output)
	assert.Equal(t, "exit status 3: *** on the error side", r.Failure.Message)
	assert.Equal(t, "pass ***\n", b.log("task", "stdout.log"))
	assert.Equal(t, "*** on the error side\n", b.log("task", "stderr.log"))

	given := filepath.Join(b.root, "given")
	r = b.run(agents.Assignment{
		Command: "echo OUT=got-$PASS >$BILLOW_OUTPUT", OutputFile: given,
		Env: []string{"PATH=" + os.Getenv("PATH"), "PASS=" + secret}, Secrets: []string{secret},
	})
	require.Nil(t, r.Failure)
	assert.Equal(t, map[string]string{"OUT": "got-***"}, r.Outputs)

	require.NoError(t, filepath.Walk(b.root, func(path string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().IsRegular() {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			assert.NotContains(t, string(text), secret, path)
		}
		return err
	}))
}

func TestDeadlinesHoldForMaskedOutput(t *testing.T) {
	b := newBench(t, Options{})
	as := agents.Assignment{Secrets: []string{"x"}, Timeouts: plan.Timeouts{Idle: 300 * time.Millisecond}}
	as.Command = "for i in 1 2 3 4 5 6 7 8; do echo line; sleep 0.06; done"
	require.Nil(t, b.run(as).Failure)
	as.Command = "echo line; sleep 600"
	r := b.run(as)
	require.NotNil(t, r.Failure)
	assert.Equal(t, "idle", r.Failure.Timeout)
}

func TestMaskedCommandDoesNotWaitForWhatItLeavesBehind(t *testing.T) {
	b := newBench(t, Options{})
	r := b.run(agents.Assignment{Command: "(while [ -d scratch ]; do sleep 0.01; done) & echo done", Secrets: []string{"x"}})
	require.Nil(t, r.Failure)
	assert.Equal(t, "done\n", b.log("task", "stdout.log"))
	// What was left behind ends with the test's folder.
}
