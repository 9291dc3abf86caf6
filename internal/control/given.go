package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"billow/agents"
	"billow/internal/config"
	"billow/plan"
)

// mostFindings is how many findings about a plan its planner is told at once.
const mostFindings = 20

// givenPlan is the text of the plan that an agent gives back, and where it was: in its report, at the place for drafts,
// or at the path that the report names, if that is not the plan's own. Paths are relative to the root. There is no text
// where there is no plan.
func givenPlan(o *Opened, report *plan.Value, draft, own string) (text []byte, from string, err error) {
	for _, v := range []*plan.Value{report.Get("plan"), report.Get("plan_yaml"), report.Get("outputs").Get("plan")} {
		switch {
		case v.IsNull():
		case v.Kind == plan.Map:
			text, err := json.MarshalIndent(plan.ToAny(v), "", "  ")
			return append(text, '\n'), "the report", err
		case v.Kind == plan.Scalar && strings.Contains(v.Text, "\n"):
			return []byte(strings.TrimRight(v.Text, "\n") + "\n"), "the report", nil
		}
	}
	paths := []string{draft}
	if named := filepath.FromSlash(report.Get("plan_path").Inline()); named != "" && filepath.IsLocal(named) && filepath.Clean(named) != own {
		paths = append(paths, named)
	}
	for _, path := range paths {
		data, err := readAtMost(filepath.Join(o.Root, path), o.Config.Limits.MaxFileBytes)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return nil, "", fmt.Errorf("%s: %w", path, plainError(err))
		default:
			return data, path, nil
		}
	}
	return nil, "", nil
}

// readGiven reads and checks the text of a plan that an agent gives back, as if it stood at the plan's own path. What can
// be repaired without doubt is repaired, and said. Findings are what is wrong with it all the same.
func (s *Service) readGiven(o *Opened) (findings []string) {
	doc := plan.Read(o.Path, o.Data, o.readOptions())
	if plan.MayRepair(doc.Problems) {
		repaired := plan.Repair(o.Path, o.Data, o.readOptions())
		for _, r := range repaired.Repairs {
			s.notice("info", "the planner's plan is repaired at line %d: %s", r.Line, r.Text)
		}
		o.Data = repaired.Bytes
	}
	s.read(o)
	findings = findingsOf(plan.Errors(o.Problems))
	if len(findings) == 0 && (o.Plan() == nil || len(o.Plan().Tasks) == 0) {
		return []string{"the plan has no tasks"}
	}
	return findings
}

// findingsOf are problems as whoever wrote the plan is told them.
func findingsOf(problems []plan.Problem) []string {
	var out []string
	for _, p := range problems[:min(len(problems), mostFindings)] {
		line := p.Code + " " + p.Text
		if p.Line > 0 {
			line = fmt.Sprintf("line %d: %s", p.Line, line)
		}
		if p.Hint != "" {
			line += " (" + p.Hint + ")"
		}
		out = append(out, line)
	}
	return out
}

// team are the agents a plan may name: those of the catalogue that can be reached, and those that have an entry.
func (o *Opened) team() []string {
	var out []string
	for _, r := range agents.Catalogue() {
		if _, ok := o.Config.Agent(r.Name); ok {
			out = append(out, r.Name+": "+r.About)
		}
	}
	for _, name := range o.Config.AgentNames() {
		if _, known := agents.FindRole(name); !known && !slices.Contains(config.Adapters(), name) {
			out = append(out, name)
		}
	}
	return out
}
