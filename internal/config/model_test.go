package config_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAnAgentWithoutAModelIsGivenThatOfItsTier(t *testing.T) {
	const agents = `agents:
  claude1: claude
  codex1: codex
  own: {adapter: codex, model: mine}
  open: opencode
  copy: copilot
  proxied: {adapter: claude, provider: OpenAI}
  lab: {adapter: codex, provider: lab}
  person: human
`
	for _, tt := range []struct {
		tiers, tier string
		want        map[string]string
	}{
		{"{premium: gpt-5.6-sol (openai), explore: gpt-5.6-luna (openai)}", "explore", map[string]string{
			"claude1": "", "codex1": "gpt-5.6-luna", "own": "mine", "open": "openai/gpt-5.6-luna", "copy": "gpt-5.6-luna",
			"proxied": "gpt-5.6-luna", "lab": "gpt-5.6-luna", "person": ""}},
		{"{premium: opus (anthropic)}", "premium", map[string]string{"claude1": "opus", "codex1": "", "open": "anthropic/opus", "copy": "opus"}},
		{"{premium: opus (anthropic)}", "explore", map[string]string{"claude1": "", "codex1": ""}},
		{"{premium: big (lab)}", "premium", map[string]string{"claude1": "", "lab": "big"}},
		{"{premium: big (nobody)}", "premium", map[string]string{"claude1": "big", "codex1": "big"}},
		{"{premium: best}", "premium", map[string]string{"claude1": "best", "codex1": "best", "own": "mine"}},
		{"{premium: best}", "", map[string]string{"claude1": "", "own": "mine"}},
	} {
		c := read(t, agents+"model_routing: {enabled: true, tiers: "+tt.tiers+"}\n")
		require.Empty(t, problems(c))
		for name, want := range tt.want {
			a, ok := c.Agent(name)
			require.True(t, ok, name)
			assert.Equal(t, want, c.ModelFor(a, tt.tier), "%s of %s, %s", name, tt.tiers, tt.tier)
		}
	}
	c := read(t, agents+"model_routing: {enabled: false, tiers: {premium: best}}\n")
	a, _ := c.Agent("codex1")
	assert.Empty(t, c.ModelFor(a, "premium"), "not enabled")
}
