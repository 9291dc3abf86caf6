package plan

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestDiagrams compares the pictures of testdata/diagram/*.txtar, each a plan.yaml and what is drawn of it.
// BILLOW_UPDATE=1 writes them anew.
func TestDiagrams(t *testing.T) {
	paths, err := filepath.Glob("testdata/diagram/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			require.NoError(t, err)
			doc := Read("plan.yaml", archive.Files[0].Data, Options{})
			require.NotNil(t, doc.Plan)
			reduced := strings.Contains(string(archive.Comment), "reduced")
			d := doc.Plan.Diagram(DiagramOptions{Reduced: reduced, Statuses: map[string]string{"deploy": "running"}})
			asJSON, err := json.MarshalIndent(d, "", "  ")
			require.NoError(t, err)
			got := map[string]string{"dot": d.DOT(), "mermaid": d.Mermaid(), "text": d.Text(), "json": string(asJSON) + "\n"}
			if os.Getenv("BILLOW_UPDATE") != "" {
				archive.Files = archive.Files[:1]
				for _, name := range []string{"text", "dot", "mermaid", "json"} {
					archive.Files = append(archive.Files, txtar.File{Name: name, Data: []byte(got[name])})
				}
				require.NoError(t, os.WriteFile(path, txtar.Format(archive), 0o644))
			}
			require.Len(t, archive.Files, 5)
			for _, file := range archive.Files[1:] {
				assert.Equal(t, string(file.Data), got[file.Name], file.Name)
			}
		})
	}
}

func TestDiagramsObeyNoTextOfThePlan(t *testing.T) {
	p := planOf(
		task("\x1b]0;x\a", nil),
		task("a\"]; x [", nil, func(t *Task) { t.Title = "\x1b[2J<b> `x` \"y\" \\ #1\n\u202elast" }),
		task("end", needs("a\"]; x [")))
	d := p.Diagram(DiagramOptions{})
	assert.Contains(t, d.DOT(), `"a\"]; x [" -> "end"`)
	assert.Contains(t, d.DOT(), `label="a\"]; x [\n[2J<b> `+"`x`"+` \"y\" \\ #1 last"`)
	assert.Contains(t, d.Mermaid(), `t1["a#quot;]; x [<br/>[2J#lt;b#gt; #96;x#96; #quot;y#quot; \ #35;1 last"]:::pending`)
	for _, text := range []string{d.DOT(), d.Mermaid(), d.Text()} {
		assert.NotContains(t, text, "\x1b")
		assert.NotContains(t, text, "\u202e")
	}
}

func TestDiagramOfNothingIsStillOne(t *testing.T) {
	d := planOf().Diagram(DiagramOptions{})
	assert.Equal(t, "digraph \"test\" {\n  rankdir=LR;\n  node [shape=box, style=\"rounded,filled\", fontname=\"sans-serif\"];\n}\n", d.DOT())
	assert.Equal(t, "flowchart LR\n", d.Mermaid())
	assert.Equal(t, "test\n", d.Text())
	text, err := json.Marshal(d)
	require.NoError(t, err)
	assert.Equal(t, `{"plan":"test","tasks":[],"edges":[],"critical_path":[]}`, string(text))
}

func TestDiagramTellsHowLongTheCriticalPathTakes(t *testing.T) {
	p := planOf(task("a", nil), task("b", needs("a")))
	d := p.Diagram(DiagramOptions{Durations: map[string]time.Duration{"a": time.Minute, "b": 3500 * time.Millisecond}})
	assert.InDelta(t, 63.5, d.LengthSeconds, 0.001)
	assert.Contains(t, d.Text(), "critical path: 2 tasks, 1m3.5s\n")
}

func TestDiagramOfABrokenPlanShowsTheCircle(t *testing.T) {
	p := planOf(task("a", needs("b", "ghost")), task("b", needs("a")))
	d := p.Diagram(DiagramOptions{Reduced: true})
	assert.Equal(t, [][]string{{"a", "b"}}, d.Cycles)
	assert.Contains(t, d.Text(), "circle: a -> b -> a\n")
}

func TestDiagramOfADenseGraphIsQuick(t *testing.T) {
	began := time.Now()
	d := layered(26, 64).Diagram(DiagramOptions{Reduced: true})
	for _, text := range []string{d.DOT(), d.Mermaid(), d.Text()} {
		assert.NotEmpty(t, text)
	}
	assert.Less(t, time.Since(began), soon)
}
