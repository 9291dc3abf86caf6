package docs

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheGuideShowsWhatSimulatePrints(t *testing.T) {
	found := blocks(t, "guide/how-long.md")
	require.Equal(t, "yaml", found[0].language)
	command, want, _ := strings.Cut(found[1].text, "\n")
	args, ok := strings.CutPrefix(command, "$ billow ")
	require.True(t, ok, command)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "plan.yaml"), []byte(found[0].text), 0o644))
	bin, err := binary()
	require.NoError(t, err)
	cmd := exec.Command(bin, strings.Fields(args)...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Equal(t, want, string(out))
}
