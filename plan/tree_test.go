package plan_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/plan"
)

// corpusFiles are real plans; the tests that want them are skipped where they are not at hand.
func corpusFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "shared", "corpus", "plans", "gem", "*.yaml"))
	require.NoError(t, err)
	if len(files) == 0 {
		t.Skip("no collection of real plans beside the repository")
	}
	return files
}

func TestParseAgreesWithYAMLv3OnRealPlans(t *testing.T) {
	for _, file := range corpusFiles(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			src, problems := plan.Parse(filepath.Base(file), data, plan.Limits{})
			want, err := oracle(data)
			if err != nil {
				require.NotEmpty(t, plan.Errors(problems))
				assert.Equal(t, "P001", problems[0].Code)
				return
			}
			require.NotNil(t, src.Root, "%v", problems)
			assert.Equal(t, want, ofValue(src.Root))
		})
	}
}
