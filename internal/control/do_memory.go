package control

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"billow/internal/intake"
	"billow/plan"
)

// MemoryFile is the name of the files in which billow do looks for what is remembered: docs/memory.yaml in the
// repository, .billow/memory.yaml for the session, and billow/memory.yaml in the user's configuration folder for all
// projects. Under `memory` each has a list of {kind, text, topic, at, applies_to}.
const MemoryFile = "memory.yaml"

// memory reads what is remembered in all scopes. A file that cannot be read is said and passed over: memory helps, and
// keeps nobody from working.
func (s *Service) memory(root string) []intake.Item {
	var items []intake.Item
	for _, from := range []struct{ scope, path string }{
		{"session", filepath.Join(root, ".billow", MemoryFile)},
		{"repository", filepath.Join(root, "docs", MemoryFile)},
		{"global", s.userFile(MemoryFile)},
	} {
		if from.path == "" || !exists(from.path) {
			continue
		}
		data, err := readAtMost(from.path, 1<<20)
		if err != nil {
			s.notice("warning", "%s: %v; nothing is remembered of it", s.relative(from.path), err)
			continue
		}
		items = append(items, s.readMemory(from.path, from.scope, data)...)
	}
	return items
}

func (s *Service) readMemory(path, scope string, data []byte) []intake.Item {
	doc, problems := plan.Parse(path, data, plan.Limits{})
	if bad := plan.Errors(problems); len(bad) > 0 || doc == nil || doc.Root.Get("memory") == nil || doc.Root.Get("memory").Kind != plan.List {
		why := "it has no list under `memory`"
		if len(bad) > 0 {
			why = fmt.Sprintf("line %d: %s", bad[0].Line, bad[0].Text)
		}
		s.notice("warning", "%s: %s; nothing is remembered of it", s.relative(path), why)
		return nil
	}
	var items []intake.Item
	for _, v := range doc.Root.Get("memory").Items {
		item := intake.Item{Kind: v.Get("kind").Inline(), Text: v.Get("text").Inline(), Topic: v.Get("topic").Inline(),
			At: v.Get("at").Inline(), AppliesTo: v.Get("applies_to").Strings(), Scope: scope}
		if item.Text == "" || !slices.Contains(intake.Kinds(), item.Kind) {
			s.notice("warning", "%s:%d: an item needs a text, and a kind: %s", s.relative(path), v.Pos.Line, strings.Join(intake.Kinds(), ", "))
			continue
		}
		items = append(items, item)
	}
	return items
}

// userFile is a file in the user's configuration folder for billow, "" where that is unknown.
func (s *Service) userFile(name string) string {
	home := ""
	for _, e := range s.Environ {
		switch key, value, _ := strings.Cut(e, "="); {
		case key == "XDG_CONFIG_HOME" && filepath.IsAbs(value):
			return filepath.Join(value, "billow", name)
		case key == "HOME" && value != "":
			home = filepath.Join(value, ".config", "billow", name)
		}
	}
	return home
}

// mostRef is how much of a file that was given along is read, and passed on, in bytes.
const mostRef = 16 << 10

// references reads the files given along with an objective.
func (s *Service) references(paths []string) ([]intake.Ref, error) {
	var out []intake.Ref
	for _, path := range paths {
		at := path
		if !filepath.IsAbs(at) {
			at = filepath.Join(s.Dir, at)
		}
		data, err := readAtMost(at, mostRef)
		if err != nil {
			return nil, fmt.Errorf("%w: --ref %s: %w", ErrUsage, path, plainError(err))
		}
		if strings.ContainsRune(string(data), 0) {
			return nil, fmt.Errorf("%w: --ref %s: it is no text", ErrUsage, path)
		}
		out = append(out, intake.Ref{Path: filepath.ToSlash(path), Text: strings.ToValidUTF8(string(data), "")})
	}
	return out, nil
}

// remembered are items as agents are given them.
func remembered(items []intake.Item) []mapping {
	var out []mapping
	for _, i := range items {
		out = append(out, mapping{{"kind", i.Kind}, {"text", i.Text}, {"topic", i.Topic}, {"at", i.At}, {"scope", i.Scope}})
	}
	return out
}

// snapshot is what is remembered as the sections of a context: where each kind of item belongs.
func snapshot(items []intake.Item) mapping {
	var conventions, gotchas, patterns []string
	var decisions []mapping
	for _, i := range items {
		switch i.Kind {
		case "convention":
			conventions = append(conventions, i.Text)
		case "decision":
			decisions = append(decisions, mapping{{"decision", i.Text}})
		case "gotcha", "failure_mode":
			gotchas = append(gotchas, i.Text)
		default:
			patterns = append(patterns, i.Text)
		}
	}
	return mapping{{"conventions", conventions}, {"prior_decisions", decisions},
		{"research_digest", mapping{{"gotchas", gotchas}, {"patterns_found", patterns}}}}
}

// projectFiles are the sources of knowledge that a project may have, in the order of the document.
func projectFiles(root string) []string {
	var out []string
	for _, name := range []string{"docs/PRD.yaml", "AGENTS.md"} {
		if info, err := os.Stat(filepath.Join(root, filepath.FromSlash(name))); err == nil && info.Mode().IsRegular() {
			out = append(out, name)
		}
	}
	return out
}
