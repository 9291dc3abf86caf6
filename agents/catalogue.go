package agents

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"billow/plan"
)

// Role is what an agent is for and what it may be given. The roles are data, in roles/*.yaml.
type Role struct {
	// Name is the agent's name as it stands in plans, Aliases other names for it (older and short ones).
	Name    string
	Aliases []string
	// Kind is what the role does: researcher, planner, implementer, tester, reviewer, debugger, critic,
	// writer, designer, devops or simplifier. Who is suitable for a part of a remedy goes by it; see Suitable.
	Kind string
	// About says what it is for in one line that completes "it ...".
	About string
	// ReadOnly is true for roles that look and report and change no source.
	ReadOnly bool
	// Tier is the kind of model it wants: "premium" for judgement, "explore" for routine work.
	Tier string
	// Extends names the input every role is given: base_input.
	Extends string
	// TaskFields are the keys of the task it is given besides id, title, description and acceptance_criteria;
	// ContextFields the keys of the context.
	TaskFields, ContextFields []string
	// Settings are the parts of the configuration it is given: a section, or section.key.
	Settings []string
	// ReportFields are keys its report has besides those that all reports have.
	ReportFields []string
}

//go:embed roles/*.yaml
var roleFiles embed.FS

// The catalogue is constant; it is read on first use because a constant cannot be made of YAML.
var readCatalogue = sync.OnceValues(loadCatalogue)

// Catalogue returns the roles billow knows, sorted by name.
func Catalogue() []Role {
	roles, err := readCatalogue()
	if err != nil {
		// The files are part of the program and a test reads them all; no input of a user leads here.
		panic(err)
	}
	return slices.Clone(roles)
}

// FindRole returns the role with this name or alias; ok is false when the catalogue has none.
func FindRole(name string) (role Role, ok bool) {
	for _, r := range Catalogue() {
		if r.Name == name || slices.Contains(r.Aliases, name) {
			return r, true
		}
	}
	return Role{}, false
}

func loadCatalogue() ([]Role, error) {
	names, err := fs.Glob(roleFiles, "roles/*.yaml")
	if err != nil {
		return nil, err
	}
	var roles []Role
	for _, name := range names {
		src, err := roleFiles.ReadFile(name)
		if err != nil {
			return nil, err
		}
		r, err := readRole(name, src)
		if err != nil {
			return nil, err
		}
		roles = append(roles, r)
	}
	slices.SortFunc(roles, func(a, b Role) int { return strings.Compare(a.Name, b.Name) })
	return roles, nil
}

func readRole(name string, src []byte) (Role, error) {
	doc, problems := plan.Parse(name, src, plan.Limits{})
	if bad := plan.Errors(problems); len(bad) > 0 {
		return Role{}, fmt.Errorf("%s:%d:%d: %s", name, bad[0].Line, bad[0].Column, bad[0].Text)
	}
	if doc == nil || doc.Root == nil {
		return Role{}, fmt.Errorf("%s: no role in it", name)
	}
	var r Role
	for _, f := range doc.Root.Fields {
		switch f.Key {
		case "name":
			r.Name = f.Value.Text
		case "aliases":
			r.Aliases = texts(f.Value)
		case "kind":
			r.Kind = f.Value.Text
		case "about":
			r.About = f.Value.Text
		case "read_only":
			r.ReadOnly = yes(f.Value)
		case "tier":
			r.Tier = f.Value.Text
		case "extends":
			r.Extends = f.Value.Text
		case "task_definition_fields":
			r.TaskFields = texts(f.Value)
		case "context_snapshot_fields":
			r.ContextFields = texts(f.Value)
		case "settings":
			r.Settings = texts(f.Value)
		case "report_fields":
			r.ReportFields = texts(f.Value)
		default:
			return Role{}, fmt.Errorf("%s:%d:%d: unknown key %q", name, f.Pos.Line, f.Pos.Column, f.Key)
		}
	}
	return r, nil
}
