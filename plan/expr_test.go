package plan

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func exampleEnv() ExprEnv {
	return ExprEnv{
		Tasks: map[string]ExprTask{
			"build":     {Status: "completed", Outputs: map[string]string{"version": "1.2", "files": "a.go\nb.go"}, Attempts: 2},
			"unit-test": {Status: "failed", Attempts: 1},
		},
		Vars:     map[string]any{"stage": "prod", "list": []any{"x"}},
		Env:      map[string]string{"CI": "true"},
		Item:     map[string]any{"name": "linux", "size": 3},
		Platform: ExprPlatform{OS: "linux", Arch: "amd64"},
	}
}

func TestConditionsSeeTheDocumentedEnvironment(t *testing.T) {
	for src, want := range map[string]bool{
		``:                                      true,
		`tasks.build.status == "completed"`:     true,
		`tasks["unit-test"].status == "failed"`: true,
		`tasks["build"].outputs.version == "1.2" and tasks.build.attempts > 1`: true,
		`tasks["never heard of"].status == "completed"`:                        false,
		`vars.stage == "prod" && env.CI == "true"`:                             true,
		`vars.missing == nil and env.MISSING == ""`:                            true,
		`item.name == "linux" and item.size > 2`:                               true,
		`platform.os in ["linux", "darwin"] and platform.arch == "amd64"`:      true,
		`failed()`:    false,
		`succeeded()`: true,
		`always()`:    true,
		`any(["a", "b"], # == vars.stage or # == "b")`:                     true,
		`let v = tasks.build.outputs.version; v startsWith "1."`:           true,
		`all(split(tasks.build.outputs.files, "\n"), hasSuffix(#, ".go"))`: true,
	} {
		var x Expressions
		got, err := x.EvalWhen(src, exampleEnv())
		require.NoError(t, err, src)
		assert.Equal(t, want, got, src)
	}
}

func TestFunctionsFollowTheNeeds(t *testing.T) {
	var x Expressions
	broken := ExprEnv{NeedFailed: true}
	for src, want := range map[string]bool{``: false, `failed()`: true, `succeeded()`: false, `always()`: true} {
		got, err := x.EvalWhen(src, broken)
		require.NoError(t, err)
		assert.Equal(t, want, got, src)
	}
}

func TestForeachGivesPlainItems(t *testing.T) {
	var x Expressions
	for src, want := range map[string][]any{
		`split(tasks.build.outputs.files, "\n")`: {"a.go", "b.go"},
		`vars.list`:                              {"x"},
		`1..3`:                                   {1, 2, 3},
		`fromJSON("[{\"a\": 1}, \"x\"]")`:        {map[string]any{"a": 1.0}, "x"},
		`map(["a", "b"], upper(#))`:              {"A", "B"},
		`filter(["a", ""], # != "")`:             {"a"},
		`[]`:                                     {},
	} {
		got, err := x.EvalList(src, exampleEnv(), 0)
		require.NoError(t, err, src)
		assert.Equal(t, want, got, src)
	}
}

func TestForeachRefusesWhatIsNoListOrTooLong(t *testing.T) {
	var x Expressions
	_, err := x.EvalList(`vars.stage`, exampleEnv(), 0)
	require.EqualError(t, err, "foreach needs a list and the expression gives a text")
	_, err = x.EvalList(`nil`, exampleEnv(), 0)
	require.EqualError(t, err, "foreach needs a list and the expression gives nothing")
	_, err = x.EvalList(`1..1001`, exampleEnv(), 0)
	require.EqualError(t, err, "foreach gives 1001 items, more than the 1000 allowed")
	_, err = x.EvalList(`1..1001`, exampleEnv(), 2000)
	require.NoError(t, err)
}

func TestInputsAreTexts(t *testing.T) {
	var x Expressions
	for src, want := range map[string]string{
		`tasks.build.outputs.version`:           "1.2",
		`"v" + tasks.build.outputs.version`:     "v1.2",
		`tasks.build.attempts + 1`:              "3",
		`1 / 2`:                                 "0.5",
		`nil`:                                   "",
		`failed()`:                              "false",
		`["a", 1]`:                              `["a",1]`,
		`item`:                                  `{"name":"linux","size":3}`,
		`join(["a", "b"], "+")`:                 "a+b",
		`replace("a.b", ".", "_")`:              "a_b",
		`groupBy([1, 2, 3], # % 2 == 0)`:        `{"false":[1,3],"true":[2]}`,
		`vars.stage == "prod" ? "live" : "dry"`: "live",
	} {
		got, err := x.EvalString(src, exampleEnv())
		require.NoError(t, err, src)
		assert.Equal(t, want, got, src)
	}
}

func TestClassifyRulesSeeTheFailure(t *testing.T) {
	var x Expressions
	env := ClassifyEnv{Exit: 75, Output: "read: connection reset by peer", Attempt: 2}
	for src, want := range map[string]bool{
		`exit == 75`:                            true,
		`output matches "(?i)connection RESET"`: true,
		`output contains "panic:"`:              false,
		`timeout != "" or signal == "killed"`:   false,
		`attempt > 1`:                           true,
	} {
		got, err := x.EvalClassify(src, env)
		require.NoError(t, err, src)
		assert.Equal(t, want, got, src)
	}
	_, bad := x.CompileClassify(`tasks.a.status == "failed"`)
	require.NotNil(t, bad)
	assert.Equal(t, `unknown name "tasks"`, bad.Text)
}

func TestErrorsAreWordedForTheAuthor(t *testing.T) {
	for _, c := range []struct {
		src, text, hint string
		line, column    int
	}{
		{`task.a.status == "failed"`, `unknown name "task"`, "did you mean tasks?", 1, 1},
		{`tasks.build-app.status == "failed"`, `unknown name "app"`, `write tasks["build-app"]`, 1, 13},
		{`tasks["a"].stauts == "failed"`, `a task has no "stauts"`, "did you mean status?", 1, 12},
		{`true and tasks.a.status == "done"`, `no task ever has the status "done"`, `write "completed"`, 1, 28},
		{`"nope" != tasks.a.status`, `no task ever has the status "nope"`, "a status is one of pending, in_progress, blocked, completed, skipped, failed, cancelled", 1, 1},
		{`tasks.a.attempts > "2"`, `> does not go between a number and a text`, "", 1, 18},
		{`env.CI`, `the condition must give true or false and gives a text`, `compare it with something: … == "yes"`, 0, 0},
		{`vars.stage = "x"`, `= does not compare`, "write == instead", 1, 12},
		{`always() and`, `the expression ends too early`, "", 1, 12},
		{`always() )`, `")" does not belong here`, "", 1, 10},
		{"true and\n  nope", `unknown name "nope"`, "", 2, 3},
		{`env.A == "ä" and ♥`, "unrecognized character: U+2665 '♥'", "", 1, 18},
		{`"abc`, `a text does not end`, "put the closing quote", 1, 5},
		{`now().Year() > 2000`, `now() is not available in plans`, "", 1, 1},
		{`len(toJSON($env)) > 1`, `$env is not available in plans`, "", 1, 12},
		{`platform.cpu == "x"`, `platform has no "cpu"`, "it has os, arch", 1, 10},
		{``, `the expression is empty`, "", 0, 0},
	} {
		var x Expressions
		_, err := x.CompileWhen(c.src)
		require.NotNil(t, err, c.src)
		assert.Equal(t, c.text, err.Text, c.src)
		assert.Equal(t, [2]int{c.line, c.column}, [2]int{err.Line, err.Column}, c.src)
		if c.hint != "" {
			assert.Equal(t, c.hint, err.Hint, c.src)
		}
	}
}

func TestEvaluationErrorsAreWordedToo(t *testing.T) {
	var x Expressions
	_, err := x.EvalWhen(`item.name.first.second == 1`, exampleEnv())
	require.Error(t, err)
	_, err = x.EvalWhen(`item`, exampleEnv())
	require.ErrorContains(t, err, "the condition must give true or false and gives a mapping")
}

func TestForeachHasNoItemYet(t *testing.T) {
	var x Expressions
	_, err := x.CompileList(`[item]`)
	require.NotNil(t, err)
	assert.Contains(t, err.Text, "item does not exist yet")
}

func TestTolerantConditionsCallAlwaysOrFailed(t *testing.T) {
	var x Expressions
	for src, want := range map[string]bool{
		`always()`: true, `vars.a == "x" or failed()`: true, `not failed()`: true,
		`succeeded()`: false, `tasks.a.status == "failed"`: false, `vars.failed == ""`: false,
		`"always()" == vars.a`: false, ``: false, `always( `: false,
	} {
		assert.Equal(t, want, x.Tolerant(src), src)
	}
}

func TestReferencesAreTheTasksNamed(t *testing.T) {
	var x Expressions
	assert.Equal(t, []string{"a", "b-c", "d"},
		x.References(`tasks.a.outputs.x + tasks["b-c"].outputs["y"] + (tasks.a.status == "failed" ? tasks.d.status : "")`))
	assert.Empty(t, x.References(`vars.tasks`))
	assert.Empty(t, x.References(`tasks.`))
}

// The expressions that would stop a program: each was seen to run for minutes, to use gigabytes or to end
// the process without the guard.
func TestHostileExpressionsEndSoon(t *testing.T) {
	long := strings.Repeat("x", 4000)
	for name, src := range map[string]string{
		"brackets":       strings.Repeat("(", 4000),
		"closed":         strings.Repeat("(", 1000) + "1" + strings.Repeat(")", 1000),
		"lists":          strings.Repeat("[", 4000),
		"not":            strings.Repeat("!", 4000) + "true",
		"nodes":          strings.Repeat("1+", 1500) + "1",
		"range":          `len(1..900000) > 0`,
		"ranges":         `len(map(1..90000, 1..90000)) > 0`,
		"nested":         `let l = 1..90000; all(l, none(l, # < 0))`,
		"three deep":     `any(1..9, any(1..9, any(1..9, true)))`,
		"reduce":         `reduce(1..20000, #acc + "xxxxxxxxxx", "") == ""`,
		"repeat":         `repeat("` + long[:100] + `", 900000) == ""`,
		"doubled lets":   doubling(60),
		"doubled maps":   `len(["` + long[:100] + `"]` + strings.Repeat(` | map(# + # + # + #)`, 30) + `) > 0`,
		"squared":        `let a = replace("` + long[:2000] + `", "x", "` + long[:1000] + `"); a == ""`,
		"joined":         `let a = join(split("` + long[:2000] + `", ""), "` + long[:1000] + `"); a == ""`,
		"shared lists":   sharing(30),
		"one long group": `let l = map(1..300, "` + long[:1000] + `"); let m = map(l, join(l)); len(m) > 0`,
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			var x Expressions
			_, err := x.EvalWhen(src, exampleEnv())
			require.Error(t, err)
			require.Less(t, time.Since(began), soon)
		})
	}
}

// doubling makes a text that doubles with every let.
func doubling(n int) string {
	var b strings.Builder
	b.WriteString(`let a0 = "x"; `)
	for i := range n {
		b.WriteString("let a" + string(rune('b'+i%24)) + strings.Repeat("b", i/24) + " = ")
		prev := "a0"
		if i > 0 {
			prev = "a" + string(rune('b'+(i-1)%24)) + strings.Repeat("b", (i-1)/24)
		}
		b.WriteString(prev + " + " + prev + "; ")
	}
	b.WriteString("false")
	return b.String()
}

// sharing makes a list that holds itself twice, again and again: small in memory, endless to walk.
func sharing(n int) string {
	src, prev := `let a = ["x"]; `, "a"
	for i := range n {
		next := prev + string(rune('a'+i%26))
		src += "let " + next + " = [" + prev + ", " + prev + "]; "
		prev = next
	}
	return src + prev + " == " + prev + " and false"
}

func TestCompiledExpressionsAreKept(t *testing.T) {
	var x Expressions
	first, err := x.CompileWhen(`always()`)
	require.Nil(t, err)
	second, err := x.CompileWhen(`always()`)
	require.Nil(t, err)
	assert.Same(t, first, second)
	other, err := x.CompileString(`always()`)
	require.Nil(t, err)
	assert.NotSame(t, first, other)
}

func TestAnExpressionCanBeAskedAgain(t *testing.T) {
	var x Expressions
	src := `any(1..60000, # == 60000)` // most of what one evaluation may do
	for range 10 {
		got, err := x.EvalWhen(src, ExprEnv{})
		require.NoError(t, err)
		require.True(t, got)
	}
}

func TestAnyTextIsCompiledWithoutPanic(t *testing.T) {
	parts := []string{"tasks", "[", "]", ".", `"a"`, "status", "(", ")", "==", " ", "and", "map", "{", "}", "#", "1..", "9",
		"let x = ", ";", "?", ":", "!", "item", "|", "filter", ",", "always()", "\n", "`", "'", "\\", "ü"}
	rapid.Check(t, func(t *rapid.T) {
		src := strings.Join(rapid.SliceOfN(rapid.SampledFrom(parts), 0, 12).Draw(t, "src"), "")
		var x Expressions
		_, _ = x.EvalWhen(src, exampleEnv())
		_, _ = x.EvalList(src, exampleEnv(), 0)
		_, _ = x.EvalString(src, exampleEnv())
		if _, err := x.CompileWhen(src); err != nil {
			require.NotEmpty(t, err.Text)
			require.NotContains(t, err.Text, "plan.", "a Go type in %q", err.Text)
		}
	})
}

func TestVarsAreTextsUnlessTheyAreLists(t *testing.T) {
	doc := Read("plan.yaml", []byte("vars: {n: 5, on: true, list: [1, b]}\ntasks: [{id: a, run: x}]\n"), Options{})
	assert.Equal(t, map[string]any{"n": "5", "on": "false", "list": []any{1, "b"}, "more": "7"},
		doc.Plan.ExprVars(map[string]string{"on": "false", "more": "7"}))
}
