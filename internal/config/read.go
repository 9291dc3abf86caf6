package config

import (
	"fmt"
	"slices"
	"strings"

	"billow/plan"
)

// The codes of problems with configuration; one code is one rule.
const (
	// notRead: the file is no YAML, or nothing that settings can be read from.
	notRead = "C001"
	// unknownKey: a key that billow does not know.
	unknownKey = "C002"
	// badValue: a value that a key cannot have.
	badValue = "C003"
	// badAgent: an agent that cannot be reached as it is written.
	badAgent = "C004"
	// badRoute: a route whose expression is wrong.
	badRoute = "C005"
)

// reader reads one file.
type reader struct {
	config *Config
	doc    *plan.Source
	layer  Layer
	// folder is where the file lies; paths in it are relative to that.
	folder string
}

// unreadable takes over what Parse said of the file, in words that fit configuration.
func (r *reader) unreadable(problems []plan.Problem) {
	for _, p := range problems {
		switch p.Code {
		case "P004":
			// An empty file says nothing, and that is allowed.
			continue
		case "P005":
			p.Hint = "settings are keys with values, such as `jobs: 4`"
		case "P008":
			p.Text, p.Hint = "the file has several documents; only the first is read", "put all settings above this line"
		}
		p.Code = notRead
		p.Severity = r.severity(p.Severity)
		r.config.Problems = append(r.config.Problems, p)
	}
}

// severity softens what is wrong with another tool's file: billow can do without it.
func (r *reader) severity(s plan.Severity) plan.Severity {
	if r.layer == GemTeam && s == plan.Error {
		return plan.Warning
	}
	return s
}

func (r *reader) problem(code string, severity plan.Severity, pos plan.Pos, text, hint string) {
	r.config.Problems = append(r.config.Problems, plan.Problem{
		Code: code, Severity: r.severity(severity), File: r.doc.Name,
		Line: pos.Line, Column: pos.Column, Text: text, Hint: hint, Source: r.doc.Line(pos.Line),
	})
}

func (r *reader) wrong(f plan.Field, path, want string) {
	found := "a mapping"
	switch f.Value.Kind {
	case plan.Scalar:
		found = fmt.Sprintf("%q", clip(f.Value.Text))
	case plan.List:
		found = "a list"
	case plan.Null:
		found = "nothing"
	}
	pos := f.Value.Pos
	if f.Value.IsNull() {
		pos = f.Pos
	}
	r.problem(badValue, plan.Error, pos, fmt.Sprintf("%s must be %s, found %s", path, want, found), "")
}

func (r *reader) origin(pos plan.Pos) Origin {
	return Origin{Layer: r.layer, Name: r.doc.Name, Line: pos.Line}
}

// read takes the whole file over.
func (r *reader) read() {
	if r.layer == GemTeam {
		r.config.GemTeam = r.doc.Root
	}
	keys := map[string]setting{}
	var paths []string
	for _, s := range settings() {
		// The key of .gem-team.yaml comes first, so that billow's own wins where a file has both.
		for _, key := range []string{s.gem, s.key} {
			if key == "" || r.layer == GemTeam && key != s.gem {
				continue
			}
			if _, double := keys[key]; !double {
				keys[key], paths = s, append(paths, key)
			}
		}
	}
	found := map[string]plan.Field{}
	r.walk("", r.doc.Root, paths, found)
	for _, path := range paths {
		if f, ok := found[path]; ok {
			r.take(keys[path], path, f)
		}
	}
	if r.layer == GemTeam {
		return
	}
	for _, f := range r.doc.Root.Fields {
		switch f.Key {
		case "agents":
			r.entries(f, r.config.agents)
		case "adapters":
			r.entries(f, r.config.adapters)
		case "routes":
			r.routes(f)
		}
	}
}

func (r *reader) take(s setting, path string, f plan.Field) {
	if f.Value.IsNull() {
		// `jobs:` with nothing behind it leaves what was.
		return
	}
	if want := s.set(r.config, f.Value); want != "" {
		r.wrong(f, path, want)
		return
	}
	r.config.origins[s.key] = r.origin(f.Pos)
	if s.doubt != nil {
		if text, hint := s.doubt(f.Value); text != "" {
			r.problem(badValue, plan.Warning, f.Value.Pos, path+" "+text, hint)
		}
	}
}

// walk finds the fields that stand at the paths, and names keys that lead to none.
func (r *reader) walk(prefix string, v *plan.Value, paths []string, found map[string]plan.Field) {
	for _, f := range v.Fields {
		path := prefix + f.Key
		within := func(p string) bool { return strings.HasPrefix(p, path+".") }
		switch {
		case slices.Contains(paths, path):
			found[path] = f
		case slices.ContainsFunc(paths, within):
			switch f.Value.Kind {
			case plan.Map:
				r.walk(path+".", f.Value, paths, found)
			case plan.Null:
			default:
				r.wrong(f, path, "a mapping")
			}
		case prefix == "" && r.layer != GemTeam && slices.Contains(structures(), f.Key):
		default:
			r.unknown(prefix, f, paths)
		}
	}
}

// structures are the keys of billow.yaml that are no plain settings.
func structures() []string { return []string{"agents", "adapters", "routes"} }

// unknown names a key that leads nowhere. .gem-team.yaml may hold blocks of other tools: such a one is worth a
// note, but a key in a block that billow knows, or one that belongs into billow.yaml, a warning.
func (r *reader) unknown(prefix string, f plan.Field, paths []string) {
	var known []string
	if prefix == "" && r.layer != GemTeam {
		known = structures()
	}
	for _, p := range paths {
		if rest, ok := strings.CutPrefix(p, prefix); ok {
			name, _, _ := strings.Cut(rest, ".")
			if !slices.Contains(known, name) {
				known = append(known, name)
			}
		}
	}
	near := plan.Nearest(f.Key, known)
	if r.layer == GemTeam && prefix == "" && near == "" {
		if own(f.Key) {
			r.problem(unknownKey, plan.Warning, f.Pos, fmt.Sprintf("`%s` counts in billow.yaml, not here", clip(f.Key)), "move it there")
			return
		}
		r.problem(unknownKey, plan.Info, f.Pos, fmt.Sprintf("billow does not know the block `%s` and leaves it to others", clip(f.Key)), "")
		return
	}
	r.problem(unknownKey, plan.Warning, f.Pos, fmt.Sprintf("billow does not know the setting `%s`", clip(prefix+f.Key)), suggestion(near, known))
}

// own reports whether a key is one that billow.yaml has at its top.
func own(key string) bool {
	return slices.Contains(structures(), key) || slices.ContainsFunc(settings(), func(s setting) bool {
		top, _, _ := strings.Cut(s.key, ".")
		return top == key
	})
}

// suggestion is the hint for an unknown word.
func suggestion(near string, known []string) string {
	if near != "" {
		return fmt.Sprintf("did you mean `%s`?", near)
	}
	if len(known) > 0 {
		return "there are " + strings.Join(known, ", ")
	}
	return ""
}

// clip shortens a text of the user's for a message.
func clip(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
