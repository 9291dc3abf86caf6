package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhatIsMadeIsNotStale(t *testing.T) {
	for _, f := range files() {
		all, err := f.make()
		require.NoError(t, err)
		known := map[string]bool{}
		folder := filepath.Join(root, f.folder)
		for _, p := range all {
			known[p.name] = true
			text, err := os.ReadFile(filepath.Join(folder, p.name))
			if assert.NoError(t, err, "run: make generate") {
				assert.Equal(t, p.text, string(text), "%s/%s is stale; run: make generate", f.folder, p.name)
			}
		}
		found, err := filepath.Glob(filepath.Join(folder, f.pattern))
		require.NoError(t, err)
		for _, file := range found {
			if filepath.Base(file) == "gem-team.md" {
				continue // written by hand, and held by a test of the package docs
			}
			assert.True(t, known[filepath.Base(file)], "nothing makes %s", file)
		}
	}
}

func TestWhatIsMadeIsWrittenAsItIs(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, write(dir))
	for _, f := range files() {
		all, err := f.make()
		require.NoError(t, err)
		for _, p := range all {
			text, err := os.ReadFile(filepath.Join(dir, f.folder, p.name))
			require.NoError(t, err)
			assert.Equal(t, p.text, string(text))
		}
	}
}

func TestCommentsBecomeParagraphsAndBlocks(t *testing.T) {
	assert.Equal(t, "One line and its second.\n\n```yaml\na: 1\n  b\n```\n\nThe end.",
		paragraph("One line\nand its second.\n\n\ta: 1\n\t  b\n\nThe end.\n"))
}
