package plan

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestFalseAlarms lists what the rules find in the collected plans that can be read. Each line of the golden file was
// read beside its plan and found true, which its head says; a new one has to be before it is added.
func TestFalseAlarms(t *testing.T) {
	const golden = "testdata/false_alarms.golden"
	reachable := func(string) (bool, string) { return true, "" }
	var b strings.Builder
	for _, path := range corpus(t) {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		doc := Read(filepath.Base(path), text, Options{})
		if doc.Plan == nil {
			continue // TestPlansThatAreNotYAMLAreExplained
		}
		// Who is reachable is a matter of the configuration, and not of the plan.
		problems := append(doc.Problems, Check(doc.Plan, doc.Source, CheckOptions{Agents: reachable, DefaultAgent: "gem-implementer"})...)
		for _, p := range problems {
			fmt.Fprintf(&b, "%s %s %s:%d %s\n", p.Code, p.Severity, p.File, p.Line, p.Text)
		}
	}
	was, err := os.ReadFile(golden)
	require.NoError(t, err)
	head, lines := "", ""
	for line := range strings.Lines(string(was)) {
		if strings.HasPrefix(line, "#") {
			head += line
		} else {
			lines += line
		}
	}
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(head+b.String()), 0o666))
		return
	}
	assert.Equal(t, lines, b.String(), "%s; read each new line beside its plan, and mend the rule where it is wrong", golden)
	assert.Contains(t, head, fmt.Sprintf("# %d hits", strings.Count(lines, "\n")), "the head counts them")
}
