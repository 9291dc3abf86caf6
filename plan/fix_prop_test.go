package plan

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// graphOf is what fixes must not change: the tasks with their statuses, waves, agents, commands and needs, and who
// is kept apart from whom.
func graphOf(p *Plan) []string {
	apart := Exclusions(p)
	var out []string
	for i, t := range p.Tasks {
		out = append(out, fmt.Sprint(t.ID, t.Needs, t.Status, t.Wave, t.Agent, t.Run, t.Criteria(), t.Accept, apart[i]))
	}
	return out
}

// changing are the codes whose fixes say what was meant and was not read so: a status, a need, a key. Those of all
// others leave what a run would do as it is.
var changing = []string{"P005", "P006", "P010", "P013", "P014", "P015", "P031", "P037", "P049"}

// requireSound checks what fixes promise, of any text: together they leave fewer problems,
// alone no more errors; they touch nothing beside their spans, and keep the meaning.
func requireSound(t require.TestingT, src []byte) (fixes int) {
	before := Read("plan.yaml", src, Options{})
	if before.Plan == nil {
		return 0
	}
	problems := TryFixes(src, findAll(src), findAll)
	var edits []TextEdit
	keeps := true
	for _, p := range problems {
		if len(p.Fix) == 0 {
			continue
		}
		fixes++
		keeps = keeps && !slices.Contains(changing, p.Code)
		require.False(t, clash(src, edits, p.Fix), "%s: the fixes of one answer do not touch each other", p.Code)
		edits = append(edits, p.Fix...)
		if len(problems) < 100 {
			// Another fix may be needed for it to be one problem less.
			alone := carryOutEdits(src, p.Fix)
			require.LessOrEqual(t, len(Errors(findAll(alone))), len(Errors(problems)), "%s alone:\n%s", p.Code, alone)
		}
	}
	text := carryOutEdits(src, edits)
	// Between the spans there is what was there.
	rest, at := string(text), 0
	slices.SortFunc(edits, func(a, b TextEdit) int { return a.Start - b.Start })
	for _, e := range edits {
		between := string(src[at:e.Start])
		require.True(t, strings.HasPrefix(rest, between+e.New))
		rest, at = rest[len(between)+len(e.New):], e.End
	}
	require.Equal(t, string(src[at:]), rest)

	after := Read("plan.yaml", text, Options{})
	require.NotNil(t, after.Plan, "%s", text)
	if keeps {
		require.Equal(t, graphOf(before.Plan), graphOf(after.Plan), "%s\nbecame\n%s", src, text)
	}
	ids := func(p *Plan) (out []string) {
		for _, t := range p.Tasks {
			out = append(out, t.ID)
		}
		return out
	}
	if len(before.Plan.Tasks) > 0 {
		require.Equal(t, ids(before.Plan), ids(after.Plan))
	}
	if fixes > 0 {
		left := findAll(text)
		require.True(t, fewer(left, problems), "%s\nbecame\n%s", src, text)
		if len(Errors(left)) == len(Errors(problems)) {
			require.Less(t, len(left), len(problems), "%s\nbecame\n%s", src, text)
		}
	} else {
		require.Equal(t, string(src), string(text))
	}
	once, _ := ApplyFixes(src, findAll)
	again, more := ApplyFixes(once, findAll)
	require.Empty(t, more)
	require.Equal(t, string(once), string(again), "to fix again changes nothing")
	return fixes
}

func TestFixesOfRealPlansKeepTheirMeaning(t *testing.T) {
	fixes := 0
	for _, path := range corpus(t) {
		src, err := os.ReadFile(path)
		require.NoError(t, err)
		n := requireSound(t, src)
		t.Logf("%s: %d", filepath.Base(path), n)
		fixes += n
		// The same with the fixes of a repaired text.
		if repaired := Repair("plan.yaml", src, Options{}); len(repaired.Repairs) > 0 {
			fixes += requireSound(t, repaired.Bytes)
		}
	}
	require.Greater(t, fixes, 40)
}

// drawFlawed draws a plan with the slips that there are fixes for, and some that there are none for.
func drawFlawed(t *rapid.T) string {
	word := func(words ...string) string { return rapid.SampledFrom(words).Draw(t, "word") }
	ids := []string{"T-01", "T-02", "build_app", "deploy", "1.10"}
	mention := func() string {
		return word("T-01", "T-02", "build_app", "deploy", "1.10", "t1", "T2", "build-app", "depoly", "gone", "none", `"T 02"`, "'Deploy'")
	}
	list := func(indent string) string {
		n := rapid.IntRange(0, 3).Draw(t, "items")
		items := make([]string, n)
		for i := range items {
			items[i] = mention()
		}
		switch word("flow", "block", "flush", "comments", "text") {
		case "block":
			if n > 0 {
				return "\n" + indent + "  - " + strings.Join(items, "\n"+indent+"  - ")
			}
		case "flush":
			if n > 0 {
				return "\n" + indent + "- " + strings.Join(items, " # why\n"+indent+"- ")
			}
		case "comments":
			return " [ " + strings.Join(items, " ,  ") + " ] # all"
		case "text":
			if n == 1 {
				return " " + items[0]
			}
		}
		return " [" + strings.Join(items, ", ") + "]"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "status: %s\n", word("pending", "completed", "complted", "'in progress'"))
	if rapid.Bool().Draw(t, "metrics") {
		fmt.Fprintf(&b, "plan_metrics: {wave_1_task_count: %s, total_dependencies: 3}\n", word("1", `"2"`, "many"))
	}
	fmt.Fprintf(&b, "pools: {database: 1}\ncontracts:\n  - {from_task: %s, to_task: %s}\ntasks:\n", mention(), mention())
	waves := rapid.Bool().Draw(t, "waves")
	for i, id := range ids[:rapid.IntRange(1, len(ids)).Draw(t, "tasks")] {
		if word("flow", "block", "block", "block") == "flow" {
			fmt.Fprintf(&b, "- {id: %s, run: make, status: %s, %s: [%s]}\n", id, word("done", "blockd", "skiped"),
				word("conflicts_with", "depends_on"), mention())
			continue
		}
		fmt.Fprintf(&b, "- id: %s\n  run: make\n", id)
		if waves {
			fmt.Fprintf(&b, "  wave: %d\n", 1+i/2)
		}
		for _, key := range []string{"status", "conflicts", "needs", "limits", "pool", "criteria", "again"} {
			if !rapid.Bool().Draw(t, key) {
				continue
			}
			switch key {
			case "status":
				fmt.Fprintf(&b, "  status: %s\n", word("pending", "complted", `"pendign"`, "nonsense", "'done'", "failed"))
			case "conflicts":
				fmt.Fprintf(&b, "  %s:%s\n", word("conflicts_with", "conflictsWith"), list("  "))
			case "needs":
				fmt.Fprintf(&b, "  %s:%s\n", word("depends_on", "dependancies", "deps"), list("  "))
			case "limits":
				fmt.Fprintf(&b, "  %s: %s\n", word("timeout", "timout"), word("5m", "soon"))
			case "pool":
				fmt.Fprintf(&b, "  pool: %s\n", word("database", "databse", "other"))
			case "criteria":
				fmt.Fprintf(&b, "  acceptance_criteria:\n  - %s\n", word("GET /x answers: 200", "it is: 'so'", "check: make test", "fine"))
			case "again":
				fmt.Fprintf(&b, "  retry: {limit: 1, on: [%s]}\n", word("flaky", "transiant", "no"))
			}
		}
	}
	text := b.String()
	switch word("unix", "windows", "mark", "cut") {
	case "windows":
		text = strings.ReplaceAll(text, "\n", "\r\n")
	case "mark":
		text = bom + text
	case "cut":
		text = strings.TrimRight(text, "\n")
	}
	return text
}

func TestFixesKeepTheMeaningOfAnyPlan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { requireSound(t, []byte(drawFlawed(t))) })
}

func TestFixesGoOnPastThoseListed(t *testing.T) {
	var text strings.Builder
	// So large that fixes are not tried one by one for long.
	text.WriteString(strings.Repeat("# a comment\n", 100_000) + "tasks:\n")
	for i := range 1000 {
		fmt.Fprintf(&text, "- {id: t%d, run: x, status: complted}\n", i)
	}
	got, fixed := ApplyFixes([]byte(text.String()), findAll)
	require.Len(t, fixed, 1000)
	require.Equal(t, strings.ReplaceAll(text.String(), "complted", "completed"), string(got))
}

// FuzzFix holds what `billow fix` does to any bytes to what fixes promise.
func FuzzFix(f *testing.F) {
	for _, c := range slices.Concat(Codes(), RepairCodes()) {
		f.Add([]byte(c.Bad))
	}
	for _, r := range Rules() {
		f.Add([]byte(r.Bad))
	}
	for _, seed := range []string{
		"- id: a\n  run: x\n", "tasks: {a: {dependson: [b], status: 'Done'}, b: {run: x}}\n",
		"\ufefftasks:\r\n- id: a\r\n  deps: [a, a]\r\n  status: complted # c\r\n- {id: b, deps: A, conflicts_with: [a, \"a\"]}",
		"status: done\nplan:\n  waves:\n  - wave: 2\n    tasks:\n    - task_id: 1.1\n      timout: 3\n      pool: x\n",
		"tasks:\n- id: a\n  run: |\n    x\n  acceptance_criteria:\n  - a: b\n  title: a: b\n\tstatus: done\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 4096 {
			return
		}
		requireSound(t, data)
		if repaired := Repair("plan.yaml", data, Options{}); len(repaired.Repairs) > 0 {
			requireSound(t, repaired.Bytes)
		}
	})
}
