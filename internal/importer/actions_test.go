package importer

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/plan"
)

// What comes of the workflow was read by eye: each job, each combination of the matrix, each step in its order.
func TestAWorkflowBecomesAPlanThatReadsWell(t *testing.T) {
	src, err := os.ReadFile("testdata/ci.yml")
	require.NoError(t, err)
	want, err := os.ReadFile("testdata/ci.plan.yaml")
	require.NoError(t, err)
	r, err := Import("ci.yml", src, Options{ID: "ci"})
	require.NoError(t, err)
	sound(t, r)
	assert.Equal(t, string(want), string(r.Plan))
	var notes []string
	for _, n := range r.Notes {
		notes = append(notes, fmt.Sprintf("%d:%d %s: %s", n.Line, n.Column, n.Task, n.Text))
	}
	assert.Equal(t, []string{
		"8:1 : permissions: a task has the rights of whoever runs it",
		"16:9 lint: uses: actions/setup-go@4a36011 is left out",
		"23:5 test-macos-latest-1.2: runs-on: macos-latest: the task is skipped on other systems than macOS",
		"24:5 test: fail-fast: when one task of test fails, the others go on; billow run --fail-fast starts nothing more",
		"31:5 test-ubuntu-latest-1.2: services: db is not started",
		"34:7 test-ubuntu-latest-1.2: outputs: digest: ${{ steps.image.outputs.digest }}",
		"48:5 deploy: if: github.ref is $GITHUB_REF here, which is empty outside of GitHub's runner",
		"48:5 deploy: if: always() && github.ref == 'refs/heads/main' && needs.lint.result == 'success' && " +
			"github.event.pull_request.draft: what of it has no counterpart a person decides, by approving the task",
		"55:3 notify: the job notify has nothing that can be run here; the task asks a person",
		"59:9 notify: uses: some/notification@v1 is left out",
		"62:5 again: uses: ./.github/workflows/again.yml: a workflow that is called is not read; the task asks a person",
	}, notes)
}

// The example is that of GitHub's own page about include.
func TestAMatrixExpandsAsGitHubSays(t *testing.T) {
	for _, test := range []struct {
		matrix string
		want   []string
	}{
		{`{fruit: [apple, pear], animal: [cat, dog], include: [{color: green}, {color: pink, animal: cat},
			{fruit: apple, shape: circle}, {fruit: banana}, {fruit: banana, animal: cat}]}`, []string{
			"fruit=apple animal=cat color=pink shape=circle", "fruit=apple animal=dog color=green shape=circle",
			"fruit=pear animal=cat color=pink", "fruit=pear animal=dog color=green", "fruit=banana", "fruit=banana animal=cat"}},
		{`{include: [{a: 1}, {b: 2}]}`, []string{"a=1", "b=2"}},
		{`{a: [1, 2], exclude: [{a: 1}]}`, []string{"a=2"}},
		{`{a: [1, 2], b: [x, y], exclude: [{a: 1, b: x}, {c: 1}]}`, []string{"a=1 b=y", "a=2 b=x", "a=2 b=y"}},
		{`{a: [1], exclude: [{a: 1}], include: [{a: 3}]}`, []string{"a=3"}},
		{`{a: []}`, nil},
	} {
		src, problems := plan.Parse("m", []byte("m: "+test.matrix), plan.Limits{})
		require.Empty(t, problems)
		all, simple, over := matrixOf(src.Root.Get("m"))
		assert.True(t, simple)
		assert.False(t, over)
		var got []string
		for _, c := range all {
			var words []string
			for _, f := range c {
				words = append(words, f.Key+"="+f.Value.Text)
			}
			got = append(got, strings.Join(words, " "))
		}
		assert.Equal(t, test.want, got, test.matrix)
	}
}

func TestAMatrixThatIsTooLargeOrNotKnown(t *testing.T) {
	numbers := "[" + strings.Repeat("1, ", 19) + "1]"
	src := "jobs:\n  a:\n    strategy: {matrix: {a: " + numbers + ", b: " + numbers + "}}\n    steps: [{run: make}]\n"
	_, err := Import("ci.yml", []byte(src), Options{})
	assert.EqualError(t, err, "ci.yml:3:16: the matrix of a makes more than 256 jobs, which is GitHub's limit too")

	src = "jobs:\n  a:\n    strategy: {matrix: '${{ fromJSON(needs.x.outputs.m) }}'}\n    steps: [{run: 'make ${{ matrix.x }}'}]\n"
	r, err := Import("ci.yml", []byte(src), Options{})
	require.NoError(t, err)
	sound(t, r)
	assert.Contains(t, string(r.Plan), "# left out: the matrix, which is known only when the workflow runs\n")
	assert.Contains(t, string(r.Plan), "      # to be replaced by hand: ${{ matrix.x }}\n      make ${{ matrix.x }}\n")
}

func TestExpressionsAreWorkedOutAsActionsDoes(t *testing.T) {
	known := func(path []string) (any, bool) {
		v, ok := map[string]any{"a": "text", "t": true, "n": 1.5, "e": "", "z": nil}[strings.Join(path, ".")]
		return v, ok
	}
	for expr, want := range map[string]any{
		"a": "text", "'it''s'": "it's", "1": 1.0, "-1.5e3": -1500.0, "0xff": 255.0, "null": nil, "TRUE": nil,
		"a == 'TEXT'": true, "a != 'x'": true, "1 == '1'": true, "e == 0": true, "z == ''": true, "t == 1": true,
		"'b' > 'A'": true, "2 < 10": true, "n >= 1.5 && n <= 1.5": true, "!a": false, "!e": true, "!!e": false,
		"a && 'yes' || 'no'": "yes", "e && 'yes' || 'no'": "no", "(e || t) && n": 1.5,
		"contains('Hello', 'ELL')": true, "contains(fromJSON('[\"a\", 1]'), 1)": true, "startsWith(a, 'Te')": true,
		"endsWith(a, 'x')": false, "format('{0}-{1}', a, n)": "text-1.5", "toJSON(a)": `"text"`,
	} {
		n, err := parseExpr(expr)
		if expr == "TRUE" {
			require.NoError(t, err)
			assert.Equal(t, "ref", n.op)
			continue
		}
		require.NoError(t, err, expr)
		n = n.fold(known)
		assert.Equal(t, "value", n.op, expr)
		assert.Equal(t, want, n.value, expr)
	}
	for _, expr := range []string{"", "a b", "'open", "(a", "a)", "a.", "a[b]", "f(a", "f(a,)", "== a", "a ==", "1.2.3", "\"a\"",
		"'a'.b", strings.Repeat("(", 60) + "a" + strings.Repeat(")", 60), strings.Repeat("!", 100) + "a"} {
		_, err := parseExpr(expr)
		assert.Error(t, err, expr)
	}
}

func TestConditionsOfJobsBecomeExpressionsOfPlans(t *testing.T) {
	for _, test := range []struct{ condition, when, asks string }{
		{"always()", "always()", ""},
		{"${{ !cancelled() }}", "always()", ""},
		{"failure() && true", "failed()", ""},
		{"success() || failure()", "succeeded() || failed()", ""},
		{"false", "false", ""},
		{"github.event_name == 'push' && (github.ref == 'a' || startsWith(github.ref, 'refs/tags/'))",
			`env.GITHUB_EVENT_NAME == "push" && (env.GITHUB_REF == "a" || env.GITHUB_REF startsWith "refs/tags/")`, ""},
		{"needs.one.outputs.go == 'yes'", `tasks["one"].outputs.go == "yes"`, ""},
		{"needs.one.outputs.a-b != ''", `tasks["one"].outputs["a-b"] != ""`, ""},
		{"needs.two.result == 'success'", `(tasks["two-1"].status == "completed" && tasks["two-2"].status == "completed")`, ""},
		{"always() && needs.one.result != 'skipped'", `always() && !(tasks["one"].status == "skipped")`, ""},
		{"contains(needs.*.result, 'failure')",
			`(tasks["one"].status == "failed" || tasks["two-1"].status == "failed" || tasks["two-2"].status == "failed")`, ""},
		{"inputs.dry && inputs.channel == 'x' && vars.REGION", `vars.dry == "true" && vars.channel == "x" && vars.REGION != ""`, ""},
		{"!github.event.inputs.dry", `!(vars.dry == "true")`, ""},
		{"github.event.pull_request.draft == false && always()", "always()", "github.event.pull_request.draft == false && always()"},
		{"a b", "", "a b"},
		{"needs.two.outputs.x", "", "needs.two.outputs.x"},
		{"hashFiles('x') != ''", "", "hashFiles('x') != ''"},
	} {
		src := `on: {workflow_dispatch: {inputs: {dry: {type: boolean}, channel: {default: x}}}}
jobs:
  one: {steps: [{run: make}]}
  two: {strategy: {matrix: {n: [1, 2]}}, steps: [{run: make}]}
  last:
    needs: [one, two]
    if: ` + plan.Quote(test.condition) + `
    steps: [{run: make}]
`
		r, err := Import("ci.yml", []byte(src), Options{})
		require.NoError(t, err)
		task := sound(t, r).Task("last")
		assert.Equal(t, test.when, task.When, test.condition)
		assert.Equal(t, test.asks != "", task.RequiresApproval, test.condition)
		if test.asks != "" {
			assert.Contains(t, string(r.Plan), "# approve it where this holds: "+test.asks+"\n")
		}
	}
}

func TestExpressionsInScriptsCountWhereTheyStand(t *testing.T) {
	for _, test := range []struct{ script, want string }{
		{"echo ${{ github.sha }}", "echo ${GITHUB_SHA}"},
		{`echo "${{ github.sha }}"`, `echo "${GITHUB_SHA}"`},
		{`V='${{ github.sha }}'`, `V="${GITHUB_SHA}"`},
		{`V='a ${{ github.sha }} b'`, `V='a '"${GITHUB_SHA}"' b'`},
		{`echo "it's ${{ github.sha }}"`, `echo "it's ${GITHUB_SHA}"`},
		{`echo it\'s ${{ github.sha }}`, `echo it\'s ${GITHUB_SHA}`},
		{`echo "$(f '${{ github.sha }}')"`, `echo "$(f "${GITHUB_SHA}")"`},
		{"# don't\necho '${{ github.sha }}'", "# don't\necho \"${GITHUB_SHA}\""},
		{"cat <<E\nit's ${{ github.sha }}\nE\necho '${{ github.sha }}'", "cat <<E\nit's ${GITHUB_SHA}\nE\necho \"${GITHUB_SHA}\""},
		{"cat <<'E'\n${{ github.sha }}\nE", "# to be replaced by hand: ${{ github.sha }}\ncat <<'E'\n${{ github.sha }}\nE"},
		{"cat <<'E'\n${{ github.job }}\nE", "cat <<'E'\na\nE"},
		{"f <<< '${{ github.sha }}'", "f <<< \"${GITHUB_SHA}\""},
		{"echo ${{ env.X || 'y' }}", "echo ${X:-y}"},
		{"echo ${{ '}}' }} ${{ env.X }}", "echo }} ${X}"},
		{"echo ${{ runner.temp }}", "echo ${RUNNER_TEMP:-/tmp}"},
		{"echo ${{ github.event.number }}", "# to be replaced by hand: ${{ github.event.number }}\necho ${{ github.event.number }}"},
		{"echo ${{ github.sha", "echo ${{ github.sha"},
	} {
		src := "jobs:\n  a:\n    steps:\n      - run: " + plan.Quote(test.script) + "\n"
		r, err := Import("ci.yml", []byte(src), Options{})
		require.NoError(t, err)
		assert.Equal(t, test.want, strings.TrimSuffix(sound(t, r).Task("a").Run, "\n"), test.script)
	}
}
