package agents

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

func TestTheCatalogueHasFifteenWholeRoles(t *testing.T) {
	_, err := loadCatalogue()
	require.NoError(t, err)
	roles := Catalogue()
	require.Len(t, roles, 15)
	seen := map[string]bool{}
	for _, r := range roles {
		assert.NotEmpty(t, r.About, r.Name)
		assert.Equal(t, "base_input", r.Extends, r.Name)
		assert.Contains(t, []string{"premium", "explore"}, r.Tier, r.Name)
		assert.Contains(t, []string{"researcher", "planner", "implementer", "tester", "reviewer", "debugger",
			"critic", "writer", "designer", "devops", "simplifier"}, r.Kind, r.Name)
		assert.NotEmpty(t, r.TaskFields, r.Name)
		assert.NotEmpty(t, r.ContextFields, r.Name)
		for _, name := range append([]string{r.Name}, r.Aliases...) {
			assert.False(t, seen[name], "%s names two roles", name)
			seen[name] = true
			found, ok := FindRole(name)
			require.True(t, ok, name)
			assert.Equal(t, r, found)
		}
	}
	for alias, name := range map[string]string{
		"gem-chrome-tester": "gem-browser-tester", "implementer": "gem-implementer", "devops": "gem-devops",
		"doc-writer": "gem-documentation-writer",
	} {
		r, ok := FindRole(alias)
		assert.True(t, ok, alias)
		assert.Equal(t, name, r.Name)
	}
	_, ok := FindRole("gem-orchestrator")
	assert.False(t, ok)
}

func TestAnUnknownKeyInARoleIsAnErrorWithItsPlace(t *testing.T) {
	_, err := readRole("x.yaml", []byte("name: a\ncolour: red\n"))
	assert.EqualError(t, err, `x.yaml:2:1: unknown key "colour"`)
	_, err = readRole("x.yaml", []byte("name: [a\n"))
	assert.ErrorContains(t, err, "x.yaml:")
}

// The lists of fields are those of the gem-orchestrator document, word for word.
func TestTheCatalogueAgreesWithTheGemOrchestratorDocument(t *testing.T) {
	doc, err := os.ReadFile("../../shared/mission/gem-orchestrator.md")
	if err != nil {
		t.Skip("the gem-orchestrator document is not here")
	}
	block := regexp.MustCompile(`(?s)agent_input_reference:\n  context_passing.*?\n</agent_input_reference>`).Find(doc)
	require.NotNil(t, block)
	var want struct {
		Ref struct {
			Agents map[string]struct {
				Extends string   `yaml:"extends"`
				Task    []string `yaml:"task_definition_fields"`
				Context []string `yaml:"context_snapshot_fields"`
			} `yaml:"agents"`
		} `yaml:"agent_input_reference"`
	}
	src, _ := strings.CutSuffix(string(block), "</agent_input_reference>")
	require.NoError(t, yaml.Unmarshal([]byte(src), &want))
	require.Len(t, want.Ref.Agents, len(Catalogue()))
	for _, r := range Catalogue() {
		w := want.Ref.Agents[r.Name]
		assert.Equal(t, w.Extends, r.Extends, r.Name)
		assert.Equal(t, w.Task, r.TaskFields, r.Name)
		assert.Equal(t, w.Context, r.ContextFields, r.Name)
	}
}
