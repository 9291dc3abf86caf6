package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEveryPresetIsWhole(t *testing.T) {
	_, err := parsePresets("presets.yaml", presetFile)
	require.NoError(t, err)
	var names []string
	for _, p := range Presets() {
		names = append(names, p.Name)
		assert.NotEmpty(t, p.Command, p.Name)
		assert.NotEmpty(t, p.Args, p.Name)
		assert.Equal(t, PromptStdin, p.Prompt, p.Name)
		assert.Equal(t, "--model", p.ModelFlag, p.Name)
		assert.NotEmpty(t, p.Version, p.Name)
		assert.NotEmpty(t, p.Install, p.Name)
		require.NotEmpty(t, p.Docs, p.Name)
		for _, d := range p.Docs {
			assert.True(t, strings.HasPrefix(d, "https://"), d)
		}
	}
	assert.Equal(t, []string{"claude", "codex", "copilot", "cursor", "gemini", "opencode"}, names)
}

func TestAnUnknownKeyInAPresetIsAnErrorWithItsPlace(t *testing.T) {
	_, err := parsePresets("p.yaml", []byte("a:\n  command: x\n  colour: red\n"))
	assert.EqualError(t, err, `p.yaml:3:3: unknown key "colour"`)
	_, err = parsePresets("p.yaml", []byte("a: [\n"))
	assert.ErrorContains(t, err, "p.yaml:")
}

func TestArgumentsAreMadeOfPresetOptionsAndModel(t *testing.T) {
	for name, c := range map[string]struct {
		opts  Options
		model string
		want  []string
	}{
		"claude":         {Options{Preset: "claude"}, "", []string{"--print", "--output-format", "stream-json", "--verbose", "--permission-mode", "acceptEdits"}},
		"codex":          {Options{Preset: "codex"}, "m", []string{"exec", "--json", "--sandbox", "workspace-write", "--skip-git-repo-check", "--model", "m", "-"}},
		"more":           {Options{Preset: "codex", MoreArgs: []string{"-c", "x=y"}}, "", []string{"exec", "--json", "--sandbox", "workspace-write", "--skip-git-repo-check", "-c", "x=y", "-"}},
		"own":            {Options{Preset: "codex", Args: []string{"e"}}, "m", []string{"e", "--model", "m"}},
		"no model flag":  {Options{Command: "x"}, "m", nil},
		"file":           {Options{Command: "x", Prompt: PromptFile}, "", []string{"/d/brief.md"}},
		"file in place":  {Options{Command: "x", Prompt: PromptFile, Args: []string{"--in={brief}", "-v"}}, "", []string{"--in=/d/brief.md", "-v"}},
		"arg":            {Options{Command: "x", Prompt: PromptArg, Args: []string{"-p"}}, "", []string{"-p", "do {dir}"}},
		"arg in place":   {Options{Command: "x", Prompt: PromptArg, Args: []string{"-p", "{prompt}", "--out", "{dir}/o"}}, "", []string{"-p", "do {dir}", "--out", "/d/o"}},
		"empty but ours": {Options{Preset: "claude", Args: []string{}}, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := c.opts.resolved()
			require.NoError(t, err)
			got := p.arguments(c.model, "do {dir}", "/d/brief.md", "/d")
			assert.ElementsMatch(t, c.want, got)
			assert.Equal(t, len(c.want) == 0, len(got) == 0)
			if len(c.want) > 0 {
				assert.Equal(t, c.want, got)
			}
		})
	}
}

func TestABriefTooLongForAnArgumentIsNamedInstead(t *testing.T) {
	p, err := Options{Command: "x", Prompt: PromptArg}.resolved()
	require.NoError(t, err)
	assert.Equal(t, []string{"Read the file /d/brief.md and do what it says."}, p.arguments("", strings.Repeat("x", maxArg+1), "/d/brief.md", "/d"))
}

func TestBadOptionsAreErrors(t *testing.T) {
	for text, o := range map[string]Options{
		`unknown agent program "clod": write one of claude, codex, copilot, cursor, gemini, opencode, or a command`: {Preset: "clod"},
		"an agent that is a program needs a command or the name of a preset":                                        {},
		`unknown way "pipe" to give a prompt: write stdin, file or arg`:                                             {Command: "x", Prompt: "pipe"},
	} {
		_, err := New(o)
		assert.EqualError(t, err, text)
	}
}

func TestDoctorSaysWhatIsThere(t *testing.T) {
	bin := t.TempDir()
	for name, script := range map[string]string{"claude": "echo 2.1.0 '(Claude Code)'; echo more", "codex": "echo broken >&2; exit 1"} {
		require.NoError(t, os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755))
	}
	found := map[string]Finding{}
	for _, f := range Doctor(t.Context(), []string{"PATH=" + bin}) {
		found[f.Preset.Name] = f
	}
	require.Len(t, found, len(Presets()))
	assert.Equal(t, "2.1.0 (Claude Code)", found["claude"].Version)
	assert.Equal(t, filepath.Join(bin, "claude"), found["claude"].Path)
	assert.NoError(t, found["claude"].Err)
	assert.NotEmpty(t, found["codex"].Path)
	assert.ErrorContains(t, found["codex"].Err, "broken")
	assert.Empty(t, found["gemini"].Path)
	assert.ErrorContains(t, found["gemini"].Err, "gemini is not installed or not in PATH")
}
