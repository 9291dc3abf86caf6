package plan

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEveryCodeOfReadingExplainsItself(t *testing.T) {
	last := ""
	for _, c := range Codes() {
		assert.Greater(t, c.Code, last, "codes ascend and are used once")
		assert.Less(t, c.Code, "P030")
		last = c.Code
		assert.NotEmpty(t, c.Title, c.Code)
		assert.NotEmpty(t, c.What, c.Code)
		page, ok := Explain(strings.ToLower(c.Code))
		require.True(t, ok, c.Code)
		assert.Contains(t, page, c.What)
		if c.Bad == "" {
			continue
		}
		assert.True(t, hasCode(readAll(c.Bad), c.Code), "%s: its bad example is not found:\n%s", c.Code, show(readAll(c.Bad)))
		good := readAll(c.Good)
		assert.False(t, hasCode(good, c.Code), "%s: its good example is:\n%s", c.Code, show(good))
		assert.Empty(t, Errors(good), "%s: its good example runs", c.Code)
	}
}

// readAll are all problems of a plan before the rules of Check.
func readAll(text string) []Problem {
	doc := Read("plan.yaml", []byte(text), Options{})
	problems := append([]Problem(nil), doc.Problems...)
	if doc.Plan != nil {
		problems = append(problems, CanEdit(doc.Plan, doc.Source)...)
	}
	return problems
}

func TestEveryCodeThatIsUsedHasAPage(t *testing.T) {
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	code := regexp.MustCompile(`"(P0\d\d)"`)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, m := range code.FindAllStringSubmatch(string(text), -1) {
			_, ok := Explain(m[1])
			assert.True(t, ok, "%s: %s has no page; see Codes and Rules", file, m[1])
		}
	}
}
