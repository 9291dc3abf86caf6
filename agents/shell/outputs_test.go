package shell

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"billow/agents"
)

func TestOutputsAreRead(t *testing.T) {
	for data, want := range map[string]map[string]string{
		"":                               nil,
		"\n\n":                           nil,
		"A=1\nb-2=x=y z \n":              {"A": "1", "b-2": "x=y z "},
		"A=1\r\nB=\r\n":                  {"A": "1", "B": ""},
		"A=1\nA=2":                       {"A": "2"},
		"T<<END\none\n\nB=2\nEND\nC=3\n": {"T": "one\n\nB=2", "C": "3"},
		"T<<END\nEND":                    {"T": ""},
		"A=x<<END\n":                     {"A": "x<<END"},
	} {
		got, err := parseOutputs(data)
		require.NoError(t, err, "%q", data)
		assert.Equal(t, want, got, "%q", data)
	}
}

func TestBadOutputsAreNamedByTheirLine(t *testing.T) {
	for data, want := range map[string]string{
		"A=1\nhello world\n":     `line 2: an output is written KEY=VALUE, with letters, digits, _ and - in the key; this is "hello world"`,
		"=1":                     "line 1:",
		"1A=1":                   "line 1:",
		"A B=1":                  "line 1:",
		"\nA<<\n":                "line 2: a value of several lines begins with KEY<<WORD",
		"T<<E\nx\nE\nU<<END\ny":  "line 4: the value of U has no end: the line END is missing",
		"T<<E\nx\nE\nbad":        "line 4:",
		"A=\xff":                 "line 1: this is not text",
		"A=\x00":                 "line 1: this is not text",
		"T<<E\n\xff\nE\n":        "line 1: the value of T is not text",
		strings.Repeat("x", 900): "…",
	} {
		_, err := parseOutputs(data)
		require.ErrorContains(t, err, want, "%q", data)
		assert.Less(t, len(err.Error()), 600)
	}
}

func TestEveryValueCanBeWrittenAsAnOutput(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.MapOfN(rapid.StringMatching(`[A-Za-z_][A-Za-z0-9_-]{0,5}`),
			rapid.StringMatching(`[a-zé=<\n ]{0,9}`), 1, 4).Draw(t, "outputs")
		var b strings.Builder
		for key, value := range want {
			if strings.Contains(value, "\n") {
				b.WriteString(key + "<<E0F\n" + value + "\nE0F\n")
			} else {
				b.WriteString(key + "=" + value + "\n")
			}
		}
		got, err := parseOutputs(b.String())
		require.NoError(t, err)
		require.Equal(t, want, got)
	})
}

func TestOutputsReachTheReportOfSuccessOnly(t *testing.T) {
	b := newBench(t, Options{})
	given := filepath.Join(b.root, "given")
	for _, file := range []string{"", given} {
		r := b.run(agents.Assignment{Command: "echo VERSION=1.2 >>$BILLOW_OUTPUT", OutputFile: file})
		require.Nil(t, r.Failure)
		assert.Equal(t, map[string]string{"VERSION": "1.2"}, r.Outputs)
		r = b.run(agents.Assignment{Command: "echo OTHER=1 >>$BILLOW_OUTPUT; exit 1", OutputFile: file})
		assert.Nil(t, r.Outputs)
		if file == "" { // nothing is left for the next in this slot
			r = b.run(agents.Assignment{Command: "true"})
			assert.Nil(t, r.Outputs)
			r = b.run(agents.Assignment{Command: "rm -f $BILLOW_OUTPUT; true"})
			assert.Nil(t, r.Outputs)
		}
	}
	assert.FileExists(t, given)
}

func TestBadOutputsAreAFailure(t *testing.T) {
	b := newBench(t, Options{})
	for command, want := range map[string]string{
		"echo A=1 >$BILLOW_OUTPUT; echo nonsense >>$BILLOW_OUTPUT": "$BILLOW_OUTPUT, line 2",
		"head -c 1048577 /dev/zero >$BILLOW_OUTPUT":                "larger than 1024 KiB",
		"rm -f $BILLOW_OUTPUT; mkfifo $BILLOW_OUTPUT":              "no longer a plain file",
		"rm -f $BILLOW_OUTPUT; mkdir $BILLOW_OUTPUT":               "$BILLOW_OUTPUT",
		"rm -f $BILLOW_OUTPUT; ln -s /etc/passwd $BILLOW_OUTPUT":   "$BILLOW_OUTPUT",
	} {
		r := b.run(agents.Assignment{Command: command})
		require.NotNil(t, r.Failure, command)
		assert.Contains(t, r.Failure.Message, want, command)
		assert.True(t, r.Failure.Exited)
		assert.Zero(t, r.Failure.Exit)
		// And the next in the slot is not disturbed.
		require.Nil(t, b.run(agents.Assignment{Command: "true"}).Failure, command)
	}
	passwd, err := os.Stat("/etc/passwd")
	require.NoError(t, err)
	assert.Positive(t, passwd.Size())
}
