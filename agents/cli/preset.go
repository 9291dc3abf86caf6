package cli

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"billow/plan"
)

// Prompt is how a program is given its brief.
type Prompt string

const (
	// PromptStdin: on standard input, which is the file brief.md.
	PromptStdin Prompt = "stdin"
	// PromptFile: the path of brief.md, where {brief} stands in the arguments, else as the last one.
	PromptFile Prompt = "file"
	// PromptArg: the text, where {prompt} stands in the arguments, else as the last one. A brief too long for
	// an argument becomes a sentence that names the file.
	PromptArg Prompt = "arg"
)

// Preset is how one agent CLI is run without a person.
type Preset struct {
	Name, Command string
	// Args come before the model, Last behind it. {brief}, {prompt} and {dir} in them are replaced.
	Args, Last []string
	// ModelFlag stands before the model's name.
	ModelFlag string
	Prompt    Prompt
	// Version are the arguments that print the version, Install says how to get the program, Docs are the
	// pages this was taken from.
	Version []string
	Install string
	Docs    []string
}

//go:embed presets.yaml
var presetFile []byte

// The presets are constant; they are read on first use because a constant cannot be made of YAML.
var readPresets = sync.OnceValues(func() ([]Preset, error) { return parsePresets("presets.yaml", presetFile) })

// Presets returns the agent CLIs billow knows, sorted by name.
func Presets() []Preset {
	presets, err := readPresets()
	if err != nil {
		// The file is part of the program and a test reads it; no input of a user leads here.
		panic(err)
	}
	return slices.Clone(presets)
}

// findPreset returns the preset of this name; ok is false when there is none.
func findPreset(name string) (p Preset, ok bool) {
	for _, p := range Presets() {
		if p.Name == name {
			return p, true
		}
	}
	return Preset{}, false
}

func parsePresets(name string, src []byte) ([]Preset, error) {
	doc, problems := plan.Parse(name, src, plan.Limits{})
	if bad := plan.Errors(problems); len(bad) > 0 {
		return nil, fmt.Errorf("%s:%d:%d: %s", name, bad[0].Line, bad[0].Column, bad[0].Text)
	}
	var out []Preset
	for _, f := range doc.Root.Fields {
		p := Preset{Name: f.Key}
		for _, f := range f.Value.Fields {
			switch f.Key {
			case "command":
				p.Command = f.Value.Text
			case "args":
				p.Args = words(f.Value)
			case "last":
				p.Last = words(f.Value)
			case "model_flag":
				p.ModelFlag = f.Value.Text
			case "prompt":
				p.Prompt = Prompt(f.Value.Text)
			case "version":
				p.Version = words(f.Value)
			case "install":
				p.Install = f.Value.Text
			case "docs":
				p.Docs = words(f.Value)
			default:
				return nil, fmt.Errorf("%s:%d:%d: unknown key %q", name, f.Pos.Line, f.Pos.Column, f.Key)
			}
		}
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b Preset) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

func words(v *plan.Value) []string {
	var out []string
	for _, item := range v.Items {
		out = append(out, item.Text)
	}
	return out
}
