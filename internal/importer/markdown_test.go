package importer

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/plan"
)

func bundle(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var list []plan.TaskFile
	for name, text := range files {
		list = append(list, plan.TaskFile{Name: name, Text: []byte(text)})
	}
	src, err := plan.Bundle(list)
	require.NoError(t, err)
	return src
}

func TestAFolderOfTaskFilesBecomesAPlanThatReadsWell(t *testing.T) {
	r, err := Import("epic", bundle(t, map[string]string{
		"epic.md": "---\nname: Companion\nstatus: open\nprd: a.md\n---\n\n# Why\n",
		"001.md":  "---\nname: Form\nstatus: closed\ncreated: 2026-01-02\n---\n# Form\n\nA form.\n",
		"002.md":  "---\nname: Store\nstatus: open\ndepends_on: [001, 9]\nparallel: false\n---\n\nKeep it.\n",
		"003.md":  "---\nstatus: in-progress\nconflicts_with: [002]\nrun: make\nenv: {A: \"1\"}\n---\n# Build it\n",
		"004.md":  "---\ntitle: Ship\nstatus: open\ndepends_on: 002\nestimate: 2h\n---\n",
	}), Options{ID: "companion", Agent: "human"})
	require.NoError(t, err)
	sound(t, r)
	assert.Equal(t, Markdown, r.Format)
	assert.Equal(t, `# Imported from epic by billow import.
plan_id: companion
objective: Companion
status: pending
defaults:
  agent: human # does the tasks that name nobody
name: Companion
prd: a.md
tasks:
  - id: "001"
    title: Form
    status: completed
    description: |
      # Form

      A form.
    created: 2026-01-02

  - id: "002"
    title: Store
    status: pending
    # left out: depends on 9, which is not there
    depends_on: ["001"]
    # parallel: false, so it runs with no other that it has no order with
    conflicts_with: ["003"]
    description: Keep it.

  - id: "003"
    title: Build it
    status: in_progress
    conflicts_with: ["002"]
    description: "# Build it"
    run: make
    env:
      A: "1"

  - id: "004"
    title: Ship
    status: pending
    depends_on: ["002"]
    estimate: "2h"
`, string(r.Plan))
	assert.Equal(t, []Note{
		{File: "epic/002.md", Line: 2, Column: 1, Task: "002", Text: `task 002 depends on "9", which is not there`},
		{File: "epic/epic.md", Line: 6, Column: 1, Text: "the text below the front matter is left out: a plan has no place for it"},
	}, r.Notes)
}

func TestAFolderThatCannotBeReadIsRefusedWithThePlace(t *testing.T) {
	_, err := Import("epic", bundle(t, map[string]string{"1.md": "---\nstatus: open\nname: a: b\n---\n"}), Options{})
	assert.ErrorContains(t, err, "epic/1.md:3:8: ")
	_, err = Import("1.md", []byte("---\nstatus: open\n---\n"), Options{Format: Markdown})
	assert.EqualError(t, err, "1.md: a single file is no folder of task files")
}
