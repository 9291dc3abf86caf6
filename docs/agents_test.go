package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/plan"
)

// llms.txt has the form of llmstxt.org: a title, a quote, and sections of links.
func TestTheListForModelsHasEveryPage(t *testing.T) {
	data, err := os.ReadFile("../llms.txt")
	require.NoError(t, err)
	require.Regexp(t, `\A# billow\n\n> .+\n\n`, string(data))
	entry := regexp.MustCompile(`^- \[[^\]]+\]\(([^)]+)\): .+$`)
	listed := map[string]bool{}
	section := false
	for _, line := range strings.Split(string(data), "\n") {
		switch m := entry.FindStringSubmatch(line); {
		case strings.HasPrefix(line, "## "):
			section = true
		case section && line != "":
			if assert.NotNil(t, m, "a section has links and nothing else, found %q", line) {
				assert.FileExists(t, filepath.Join("..", m[1]))
				assert.False(t, listed[m[1]], "%s stands twice", m[1])
				listed[m[1]] = true
			}
		}
	}
	for _, pattern := range []string{"../docs/guide/*.md", "../docs/reference/*.md", "../schemas/*.json", "../skills/*/SKILL.md"} {
		found, err := filepath.Glob(pattern)
		require.NoError(t, err)
		require.NotEmpty(t, found, pattern)
		for _, file := range found {
			assert.True(t, listed[strings.TrimPrefix(file, "../")], "llms.txt does not list %s", file)
		}
	}
}

// The front matter is what an agent decides by whether it reads on; the limits are those of the Agent Skills
// convention (agentskills.io/specification).
func TestSkillsSayWhatTheyAreFor(t *testing.T) {
	files, err := filepath.Glob("../skills/*/SKILL.md")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		_, rest, ok := strings.Cut(string(data), "---\n")
		require.True(t, ok, file)
		head, body, ok := strings.Cut(rest, "\n---\n")
		require.True(t, ok, "%s: no front matter", file)
		source, problems := plan.Parse(file, []byte(head), plan.Limits{})
		require.Empty(t, problems, file)
		fields := map[string]string{}
		for _, f := range source.Root.Fields {
			require.Contains(t, []string{"name", "description", "license", "compatibility", "metadata", "allowed-tools"}, f.Key, file)
			fields[f.Key] = f.Value.Inline()
		}
		assert.Equal(t, filepath.Base(filepath.Dir(file)), fields["name"], "the name of a skill is that of its folder")
		assert.Regexp(t, `^[a-z0-9]+(-[a-z0-9]+)*$`, fields["name"])
		assert.LessOrEqual(t, len(fields["description"]), 1024, file)
		assert.Contains(t, fields["description"], "Use when", "%s: the description says when it is of use", file)
		assert.LessOrEqual(t, strings.Count(body, "\n"), 500, "%s is read whole, so it is short", file)
	}
}

// A code that a page names is one that there is.
func TestCodesInTheDocumentationExist(t *testing.T) {
	code := regexp.MustCompile(`\b[PR]0\d\d\b`)
	for _, file := range pages(t) {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, name := range code.FindAllString(string(data), -1) {
			_, ok := plan.Explain(name)
			assert.True(t, ok, "%s: there is no code %s", file, name)
		}
	}
}
