package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/cmd/billow/command"
)

// The table of the gem-orchestrator document is honest as far as a test can tell: every row says where it is done, by
// names of files and commands that exist, or that it is not yet.
func TestTheGemTeamTableNamesWhatThereIs(t *testing.T) {
	data, err := os.ReadFile("reference/gem-team.md")
	require.NoError(t, err)
	verbs := map[string]bool{}
	for _, c := range command.Root().Commands() {
		verbs[c.Name()] = true
	}
	rows := 0
	for line := range strings.Lines(string(data)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if !strings.HasPrefix(line, "| ") || len(cells) != 2 || strings.Contains(line, "---") || strings.HasPrefix(line, "| the document |") {
			continue
		}
		rows++
		where := strings.TrimSpace(cells[1])
		if where == "not yet" {
			continue
		}
		names := regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(where, -1)
		assert.NotEmpty(t, names, line)
		for _, m := range names {
			switch verb, isVerb := strings.CutPrefix(m[1], "billow "); {
			case isVerb:
				assert.True(t, verbs[verb], "%s: there is no command %s", strings.TrimSpace(line), m[1])
			case strings.HasPrefix(m[1], "--"):
			default:
				_, err := os.Stat(filepath.Join("..", filepath.FromSlash(m[1])))
				assert.NoError(t, err, strings.TrimSpace(line))
			}
		}
	}
	assert.Greater(t, rows, 50, "the table is not read")
}
