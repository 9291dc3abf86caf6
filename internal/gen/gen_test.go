package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestReferencePagesAreNotStale(t *testing.T) {
	all, err := pages()
	require.NoError(t, err)
	made := map[string]bool{}
	for _, p := range all {
		made[p.name] = true
		text, err := os.ReadFile(filepath.Join(folder, p.name))
		if assert.NoError(t, err, "run: make generate") {
			assert.Equal(t, p.text, string(text), "docs/reference/%s is stale; run: make generate", p.name)
		}
	}
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	for _, e := range entries {
		assert.True(t, made[e.Name()], "nothing makes docs/reference/%s", e.Name())
	}
}

func TestPagesAreWrittenAsTheyAre(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, write(dir))
	all, err := pages()
	require.NoError(t, err)
	for _, p := range all {
		text, err := os.ReadFile(filepath.Join(dir, p.name))
		require.NoError(t, err)
		assert.Equal(t, p.text, string(text))
	}
}

func TestCommentsBecomeParagraphsAndBlocks(t *testing.T) {
	assert.Equal(t, "One line and its second.\n\n```yaml\na: 1\n  b\n```\n\nThe end.",
		paragraph("One line\nand its second.\n\n\ta: 1\n\t  b\n\nThe end.\n"))
}
