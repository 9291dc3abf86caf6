package config

// SettingInfo is what can be said of a setting without any configuration.
type SettingInfo struct {
	// Key is its path in billow.yaml; Gem the one in .gem-team.yaml and Variable its name in the environment,
	// "" where it has none.
	Key, Gem, Variable string
	// Effect is what comes of it in this version.
	Effect Effect
	// Default is its value when nobody says anything, as people read it.
	Default string
	// Shape is what a value may look like.
	Shape Shape
}

// Shape is what the value of a setting may look like without Load taking it for an error. Nothing at all
// (`jobs:`) is right everywhere.
type Shape struct {
	// Kind is text, word (one of Words, in any case), exactly (one of Words as it is written), words (a list, of
	// Words where there are any), names (a list, and no truth value), command, number (whole, from Least to Most), share (0 to 1), truth, duration,
	// size (a number of bytes) or amount (of a budget; Words has its kind).
	Kind        string
	Words       []string
	Least, Most int
}

// Settings lists the settings in the order of the manual.
func Settings() []SettingInfo {
	c := defaults()
	var out []SettingInfo
	for _, s := range settings() {
		out = append(out, SettingInfo{Key: s.key, Gem: s.gem, Variable: s.variable, Effect: s.effect, Default: s.show(c), Shape: s.shape})
	}
	return out
}

// Code is one kind of problem with configuration.
type Code struct {
	Code, Title, What string
}

// Codes are the kinds of problems with configuration, by code.
func Codes() []Code {
	return []Code{
		{notRead, "a file that cannot be read", "The file is no YAML, or holds no settings: they are keys with values, such as `jobs: 4`."},
		{unknownKey, "an unknown setting", "Billow has no setting, and no variable, of this name. It counts for nothing."},
		{badValue, "a value that a setting cannot have", "The setting wants another kind of value. What it was before stays."},
		{badAgent, "an agent that cannot be reached", "An entry of `agents` or `adapters` leads nowhere: its adapter is unknown, or what the adapter needs is missing."},
		{badRoute, "a route that cannot be worked out", "The `when` of a route is not a right expression."},
	}
}
