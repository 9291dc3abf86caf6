package config

import "strings"

// The tiers of models, by the names that roles have for them.
const (
	TierPremium = "premium"
	TierExplore = "explore"
)

// ModelFor is the model that an agent of a tier is asked to use, "" for its adapter's own default: the agent's own, else,
// where model_routing is enabled, that of the tier. A tier's `model (provider)` is for agents of that provider: claude is
// anthropic's, codex openai's, gemini google's, and an entry's `provider` counts before that. Adapters that serve several
// providers are given it too, opencode as provider/model. Where nothing is known of the provider the name is passed on to
// all.
func (c *Config) ModelFor(a Agent, tier string) string {
	if a.Model != "" || !c.Gem.ModelRouting || a.Adapter == "run" || a.Adapter == "human" {
		return a.Model
	}
	text := ""
	switch tier {
	case TierPremium:
		text = c.Gem.PremiumModel
	case TierExplore:
		text = c.Gem.ExploreModel
	}
	model, provider := modelAndProvider(text)
	if model == "" || provider == "" || strings.EqualFold(provider, a.Provider) {
		return model
	}
	vendor, bound := vendors()[a.Adapter]
	switch {
	case bound && !strings.EqualFold(provider, vendor) && c.knowsProvider(provider):
		return ""
	case a.Adapter == "opencode" && !strings.Contains(model, "/"):
		return strings.ToLower(provider) + "/" + model
	}
	return model
}

// vendors are the providers of adapters that have one only.
func vendors() map[string]string {
	return map[string]string{"claude": "anthropic", "codex": "openai", "gemini": "google"}
}

// knowsProvider reports whether any agent could be of a provider.
func (c *Config) knowsProvider(name string) bool {
	for adapter, vendor := range vendors() {
		if strings.EqualFold(name, vendor) || strings.EqualFold(name, adapter) {
			return true
		}
	}
	for entry := range c.agents {
		if a, ok := c.Agent(entry); ok && strings.EqualFold(name, a.Provider) {
			return true
		}
	}
	return false
}

// modelAndProvider takes `model (provider)` apart.
func modelAndProvider(text string) (model, provider string) {
	text = strings.TrimSpace(text)
	i := strings.LastIndexByte(text, '(')
	if i <= 0 || !strings.HasSuffix(text, ")") {
		return text, ""
	}
	return strings.TrimSpace(text[:i]), strings.TrimSpace(text[i+1 : len(text)-1])
}
