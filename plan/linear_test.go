package plan_test

import (
	"bytes"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/plan"
)

// eachTask makes plans of n tasks of a pattern, in which <n> is the number of the task, <n-1> of the one before it
// and <n+1> of the one behind it, which is missing for the last.
func eachTask(pattern string) func(n int) []byte {
	return func(n int) []byte {
		var b strings.Builder
		b.WriteString("tasks:\n")
		for i := range n {
			words := strings.NewReplacer("<n>", strconv.Itoa(i), "<n-1>", strconv.Itoa(max(i-1, 0)), "<n+1>", strconv.Itoa(i+1))
			b.WriteString(words.Replace(pattern))
		}
		return []byte(b.String())
	}
}

// oneLine is a plan as a program writes it that does not care for readers.
func oneLine(n int) []byte {
	_, list, _ := bytes.Cut(bracesPlan(n), []byte("tasks:\n  - "))
	list = bytes.ReplaceAll(bytes.TrimSpace(list), []byte("\n  - "), []byte(", "))
	return slices.Concat([]byte(`{"tasks": [`), list, []byte("]}"))
}

// TestTwiceTheTasksTakeTwiceTheMemory holds reading, checking, ordering and editing to a cost in proportion to
// the file, for plans that are well and for those in which everything is wrong. Memory stands for time here,
// because it can be measured on a busy machine.
func TestTwiceTheTasksTakeTwiceTheMemory(t *testing.T) {
	for name, make := range map[string]func(n int) []byte{
		"commands":     commandPlan,
		"braces":       bracesPlan,
		"agents":       agentsPlan,
		"waves":        bigPlan,
		"windows":      func(n int) []byte { return bytes.ReplaceAll(bigPlan(n), []byte("\n"), []byte("\r\n")) },
		"anchors":      func(n int) []byte { return append([]byte("base: &base {agent: x}\n"), bigPlan(n)...) },
		"one line":     oneLine,
		"chain":        eachTask("- {id: a<n>, run: x, deps: [a<n+1>]}\n"),
		"pairs":        eachTask("- {id: a<n>, run: x, conflicts_with: [a<n-1>]}\n"),
		"rings":        eachTask("- {id: a<n>, run: x, deps: [a<n-1>, a<n+1>]}\n"),
		"no such need": eachTask("- {id: a<n>, run: x, deps: [b<n-1>]}\n"),
		"the same id":  eachTask("- {id: a, run: x<n>}\n"),
		"statuses":     eachTask("- {id: a<n>, run: x, status: complted}\n"),
		"keys":         eachTask("- {id: a<n>, run: x, timout: 5m}\n"),
		"own files":    eachTask("- {id: a<n>, run: x, ownership: {paths: [src/m<n>/**], mode: exclusive}}\n"),
		"own the same": eachTask("- {id: a<n>, run: x, wave: 1, ownership: {paths: [src/**], mode: exclusive}}\n"),
		"not editable": eachTask("- id: a<n>\n  run: x\n  status: >-\n    done\n"),
		"expressions":  eachTask("- {id: a<n>, run: x, deps: [a<n-1>], when: 'tasks[\"a<n-1>\"].attempts > <n+1>'}\n"),
		"other wave":   eachTask("- {id: a<n>, run: x, wave: <n+1>, deps: [a<n+1>]}\n"),
		"criteria":     eachTask("- {id: a<n>, run: x, acceptance_criteria: [{it: so}]}\n"),
		"long text":    eachTask("- id: a<n>\n  run: x\n  description: |\n" + strings.Repeat("    a line of text\n", 20) + ""),
	} {
		t.Run(name, func(t *testing.T) {
			once, twice := memory(t, make(400)), memory(t, make(800))
			assert.Less(t, twice, once*5/2)
		})
	}
}

// memory is how many bytes are allocated to study a plan, also one with errors, and to write all statuses.
func memory(t *testing.T, text []byte) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	doc := plan.Read("plan.yaml", text, plan.Options{})
	require.NotNil(t, doc.Plan)
	plan.Check(doc.Plan, doc.Source, plan.CheckOptions{})
	plan.Order(doc.Plan)
	plan.FindExclusions(doc.Plan)
	if len(plan.CanEdit(doc.Plan, doc.Source)) == 0 {
		var changes []plan.Change
		for _, task := range doc.Plan.Tasks {
			changes = append(changes, plan.Change{Task: task.ID, Key: "status", Value: "completed"})
		}
		_, err := plan.Edit(doc.Plan, doc.Source, changes)
		require.NoError(t, err)
	}
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
