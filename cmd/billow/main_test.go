package main_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"billow/cmd/billow/command"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"billow": func() { os.Exit(command.Main(os.Args, command.Std())) },
	})
}

// TestScripts runs testdata/script/*.txtar. Beside the commands of testscript they have:
//
//	status N COMMAND...     run a command that ends with exit status N, and prints no stack trace
//	json                    what the last command printed is one JSON document
//	ndjson                  what the last command printed is one JSON document a line
//	fill FILE N TEXT        write a text N times
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("XDG_CONFIG_HOME", env.WorkDir+"/.config")
			env.Setenv("TZ", "UTC")
			// A program built with the race detector sleeps a second before it exits, unless told not to.
			env.Setenv("GORACE", "atexit_sleep_ms=0")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": statusCommand, "json": jsonCommand, "ndjson": ndjsonCommand, "fill": fillCommand,
		},
	})
}

func statusCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	stderr := ts.ReadFile("stderr")
	if got != want {
		ts.Fatalf("exit status %d, want %d\n%s", got, want, stderr)
	}
	for _, trace := range []string{"goroutine ", "panic:", ".go:"} {
		if strings.Contains(stderr, trace) {
			ts.Fatalf("a stack trace:\n%s", stderr)
		}
	}
	if want != 0 && want < 100 && stderr != "" && !strings.Contains(stderr, "billow:") {
		ts.Fatalf("the error does not say `billow:`:\n%s", stderr)
	}
}

func jsonCommand(ts *testscript.TestScript, _ bool, _ []string) {
	var v any
	if err := json.Unmarshal([]byte(ts.ReadFile("stdout")), &v); err != nil {
		ts.Fatalf("standard output is no JSON: %v", err)
	}
}

func ndjsonCommand(ts *testscript.TestScript, _ bool, _ []string) {
	for line := range strings.Lines(ts.ReadFile("stdout")) {
		var v any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			ts.Fatalf("a line is no JSON: %v: %s", err, line)
		}
	}
}

func fillCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: fill FILE N TEXT")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	text := strings.ReplaceAll(args[2], `\0`, "\x00")
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Repeat(text, n)), 0o644))
}
