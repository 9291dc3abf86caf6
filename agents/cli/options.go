package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"billow/plan"
)

// Options say how a program is run; what is zero is as the preset says. The zero Options are of no use: there
// must be a Preset or a Command.
type Options struct {
	// Name is what messages call the agent; the preset's name, else the command.
	Name string
	// Preset names a known CLI: claude, codex, copilot, opencode, gemini or cursor.
	Preset  string
	Command string
	// Args replace the preset's arguments (Args and Last both); MoreArgs are added behind the preset's Args.
	Args, MoreArgs []string
	// Prompt is how the brief is given; PromptStdin without a preset.
	Prompt Prompt
	// Model is used where an assignment asks for none; ModelFlag stands before it.
	Model, ModelFlag string
	// Env is added to the assignment's environment, KEY=VALUE.
	Env []string
	// Timeouts are used where the assignment has none of its own, one by one.
	Timeouts plan.Timeouts
	// Grace is the time between TERM and KILL; 0 is 10 s.
	Grace time.Duration
	// ReportFile is a file the program leaves its report in; {dir} in it is the attempt's folder, and a
	// relative path counts from the folder it works in. "" finds the report in what is printed.
	ReportFile string
	// ReportOptional lets exit status and acceptance decide where there is no report.
	ReportOptional bool
	// Supervisor are the arguments that lead billow's own main to proc.Supervise. With them the work survives
	// billow and can be adopted; nil runs it as a plain child.
	Supervisor []string
}

// maxArg is the longest brief that is given as an argument: the system's limit for one is 128 KiB.
const maxArg = 100 << 10

// resolved lays the options over their preset.
func (o Options) resolved() (Preset, error) {
	var p Preset
	if o.Preset != "" {
		found := false
		if p, found = findPreset(o.Preset); !found {
			var names []string
			for _, p := range Presets() {
				names = append(names, p.Name)
			}
			return p, fmt.Errorf("unknown agent program %q: write one of %s, or a command", o.Preset, strings.Join(names, ", "))
		}
	}
	if o.Command != "" {
		p.Command = o.Command
	}
	if p.Command == "" {
		return p, fmt.Errorf("an agent that is a program needs a command or the name of a preset")
	}
	if o.Args != nil {
		p.Args, p.Last = o.Args, nil
	}
	p.Args = slices.Concat(p.Args, o.MoreArgs)
	if o.ModelFlag != "" {
		p.ModelFlag = o.ModelFlag
	}
	if o.Prompt != "" {
		p.Prompt = o.Prompt
	}
	switch p.Prompt {
	case "":
		p.Prompt = PromptStdin
	case PromptStdin, PromptFile, PromptArg:
	default:
		return p, fmt.Errorf("unknown way %q to give a prompt: write stdin, file or arg", p.Prompt)
	}
	p.Name = o.Name
	if p.Name == "" {
		p.Name = o.Preset
	}
	if p.Name == "" {
		p.Name = p.Command
	}
	return p, nil
}

// arguments makes the argument list for one brief.
func (p Preset) arguments(model, brief, briefFile, dir string) []string {
	args := slices.Clone(p.Args)
	if model != "" && p.ModelFlag != "" {
		args = append(args, p.ModelFlag, model)
	}
	args = append(args, p.Last...)
	value, placeholder := "", ""
	switch p.Prompt {
	case PromptFile:
		value, placeholder = briefFile, "{brief}"
	case PromptArg:
		value, placeholder = brief, "{prompt}"
		if len(value) > maxArg {
			value = "Read the file " + briefFile + " and do what it says."
		}
	}
	if placeholder != "" && !slices.ContainsFunc(args, func(s string) bool { return strings.Contains(s, placeholder) }) {
		args = append(args, placeholder)
	}
	// One pass, so that a placeholder in the brief's own text is left alone.
	replace := strings.NewReplacer("{brief}", briefFile, "{dir}", dir)
	if p.Prompt == PromptArg {
		replace = strings.NewReplacer("{brief}", briefFile, "{dir}", dir, "{prompt}", value)
	}
	for i := range args {
		args[i] = replace.Replace(args[i])
	}
	return args
}
