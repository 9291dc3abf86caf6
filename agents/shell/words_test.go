package shell

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"billow/internal/proc"
)

func TestPlainCommandsNeedNoShell(t *testing.T) {
	for command, want := range map[string][]string{
		"true":                          {"true"},
		"  go  test\t./... \n":          {"go", "test", "./..."},
		"make -j4 CC=gcc all":           {"make", "-j4", "CC=gcc", "all"},
		`git commit -m "it's done"`:     {"git", "commit", "-m", "it's done"},
		`grep 'a$b|c' "" ''`:            {"grep", "a$b|c", "", ""},
		`./run a'b c'd"e"`:              {"./run", "ab cde"},
		"'/opt/my tool/x' é":            {"/opt/my tool/x", "é"},
		"docker run --rm img@sha256:ab": {"docker", "run", "--rm", "img@sha256:ab"},
	} {
		got, ok := plainWords(command)
		assert.True(t, ok, command)
		assert.Equal(t, want, got, command)
	}
}

func TestShellSyntaxGoesToTheShell(t *testing.T) {
	for _, command := range []string{
		"", " \n", "a b\nc d", "echo $HOME", "echo `x`", "a | b", "a && b", "a; b", "a &", "a > f", "a < f", "(a)",
		"{ a; }", "ls *.go", "ls a?", "ls [ab]", "ls ~", "ls ~/x", "a # note", "a !b", "X=1 a", "X=1", `a "$b"`, "a \"`b`\"",
		`a "b\c"`, `a b\ c`, `a 'b`, `a "b`, "a 'b\nc'", "a\rb", "a\x00b", "a b{1,2}", "if", "cd x", "exit 1", "echo a",
		"test -e x", ". ./env", ": x", "time make", "exec a", "'cd' x", "'' x", "export A=1", "source x", "umask 0",
	} {
		words, ok := plainWords(command)
		assert.False(t, ok, "%q gave %q", command, words)
	}
}

// Whatever is taken for plain, a real shell takes the same way.
func TestPlainWordsAreWhatAShellMakesOfThem(t *testing.T) {
	show := filepath.Join(t.TempDir(), "show")
	require.NoError(t, os.WriteFile(show, []byte("#!/bin/sh\nfor a; do printf '<%s>' \"$a\"; done\n"), 0o755))
	rapid.Check(t, func(rt *rapid.T) {
		parts := rapid.SliceOfN(rapid.SampledFrom([]string{
			"a", "B-1", "=", "x=y", ":", "@", "%", "+", ",", "^", " ", "  ", "\t", "'", `"`, "' '", `" "`, "'$x'", `"a b"`, "''", "#", "~", "é",
			"*", "\\", "!", "]", "\n",
		}), 0, 12).Draw(rt, "parts")
		command := show + " " + strings.Join(parts, "")
		words, ok := plainWords(command)
		if !ok {
			return
		}
		var want strings.Builder
		for _, w := range words[1:] {
			want.WriteString("<" + w + ">")
		}
		result, err := proc.Run(t.Context(), proc.Spec{Path: "/bin/sh", Args: []string{"-e", "-c", command}})
		require.NoError(rt, err)
		require.Equal(rt, want.String(), string(result.Stdout), "%q", command)
	})
}
