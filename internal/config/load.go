package config

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"billow/plan"
)

// The names of the files in a project's root.
const (
	ProjectFile = "billow.yaml"
	GemTeamFile = ".gem-team.yaml"
)

// Sources are what a Config is read from. All may be left out; without ReadFile no file is read.
type Sources struct {
	// Root is the project's root.
	Root string
	// UserFile is the user's own file; where it is "" it is billow/billow.yaml under $XDG_CONFIG_HOME, else
	// under .config in $HOME.
	UserFile string
	// Environ is the environment, KEY=VALUE.
	Environ []string
	// Plan and Flags are values by key ("jobs", "timeouts.total"). A flag may also set "agents.NAME" to an
	// adapter.
	Plan, Flags map[string]string
	// ReadFile reads a file; fs.ErrNotExist is a file that is not there, which is no error.
	ReadFile func(name string) ([]byte, error)
}

// maxBytes is how large a configuration file may be.
const maxBytes = 1 << 20

// Load reads the configuration. What is wrong with what people wrote is in Problems; the error is a file
// that is there and cannot be read, or a flag that no setting has.
func Load(src Sources) (*Config, error) {
	c := defaults()
	for _, file := range []struct {
		layer Layer
		path  string
	}{
		{User, src.userFile()},
		{GemTeam, filepath.Join(src.Root, GemTeamFile)},
		{Project, filepath.Join(src.Root, ProjectFile)},
	} {
		if err := c.file(src, file.layer, file.path); err != nil {
			return nil, err
		}
	}
	if err := c.pairs(src.Plan, Plan); err != nil {
		return nil, err
	}
	c.environment(src.Environ)
	if err := c.pairs(src.Flags, Flag); err != nil {
		return nil, err
	}
	c.checkAgents()
	return c, nil
}

// userFile is where the user's own file is looked for, "" where that is unknown.
func (src Sources) userFile() string {
	if src.UserFile != "" {
		return src.UserFile
	}
	folder := ""
	for _, entry := range src.Environ {
		switch name, value, _ := strings.Cut(entry, "="); {
		case name == "XDG_CONFIG_HOME" && filepath.IsAbs(value):
			return filepath.Join(value, "billow", ProjectFile)
		case name == "HOME" && value != "":
			folder = filepath.Join(value, ".config", "billow", ProjectFile)
		}
	}
	return folder
}

// file reads one file, if it is there.
func (c *Config) file(src Sources, layer Layer, path string) error {
	if src.ReadFile == nil || path == "" {
		return nil
	}
	text, err := src.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the configuration: %w", err)
	}
	name := path
	if layer != User {
		name = filepath.Base(path)
	}
	doc, problems := plan.Parse(name, text, plan.Limits{MaxBytes: maxBytes})
	r := &reader{config: c, doc: doc, layer: layer, folder: filepath.Dir(path)}
	r.unreadable(problems)
	if doc.Root != nil && doc.Root.Kind == plan.Map {
		r.read()
	}
	return nil
}

// environment takes the BILLOW_ variables over. An empty one says nothing; others with such a name are a
// task's own, unless they are nearly one of these.
func (c *Config) environment(environ []string) {
	var known []string
	by := map[string]setting{}
	for _, s := range settings() {
		if s.variable != "" {
			known, by[s.variable] = append(known, s.variable), s
		}
	}
	for _, entry := range environ {
		name, text, ok := strings.Cut(entry, "=")
		if !ok || !strings.HasPrefix(name, "BILLOW_") || text == "" {
			continue
		}
		if s, ok := by[name]; ok {
			c.scalar(s, text, Origin{Layer: Environment, Name: name})
		} else if near := plan.Nearest(name, known); near != "" {
			c.Problems = append(c.Problems, plan.Problem{
				Code: unknownKey, Severity: plan.Warning, File: clip(name),
				Text: "billow does not know this variable", Hint: "did you mean " + near + "?",
			})
		}
	}
}

// pairs takes values by key over.
func (c *Config) pairs(values map[string]string, layer Layer) error {
	for _, key := range slices.Sorted(maps.Keys(values)) {
		from := Origin{Layer: layer}
		if layer == Flag {
			from.Name = "--" + strings.ReplaceAll(key, "_", "-")
		}
		if name, ok := strings.CutPrefix(key, "agents."); ok && name != "" {
			c.agents[name] = entry{adapter: values[key], origin: from}
			continue
		}
		i := slices.IndexFunc(settings(), func(s setting) bool { return s.key == key })
		if i < 0 {
			return fmt.Errorf("no setting is called %q", key)
		}
		c.scalar(settings()[i], values[key], from)
	}
	return nil
}

// scalar takes one text from outside of any file over.
func (c *Config) scalar(s setting, text string, origin Origin) {
	if want := s.set(c, &plan.Value{Kind: plan.Scalar, Text: text}); want != "" {
		c.Problems = append(c.Problems, plan.Problem{
			Code: badValue, Severity: plan.Error, File: origin.String(),
			Text: fmt.Sprintf("%s must be %s, found %q", s.key, want, clip(text)),
		})
		return
	}
	c.origins[s.key] = origin
	if s.doubt != nil {
		if text, hint := s.doubt(&plan.Value{Kind: plan.Scalar, Text: text}); text != "" {
			c.Problems = append(c.Problems, plan.Problem{Code: badValue, Severity: plan.Warning, File: origin.String(), Text: s.key + " " + text, Hint: hint})
		}
	}
}
