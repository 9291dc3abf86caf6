package importer

import (
	"bytes"
	"path"
	"slices"
	"strconv"
	"strings"

	"billow/plan"
)

// recognise finds out what a source is, from its content; the name decides only how it is parsed.
func recognise(name string, src []byte, limits plan.Limits) (Format, error) {
	s := &source{name: name}
	if len(src) > 0 && src[0] == 0 {
		return Markdown, nil
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(src, []byte("\ufeff")), " \t\r\n")
	if path.Ext(name) == ".json" || bytes.HasPrefix(text, []byte("{")) {
		root, err := s.json(src, limits)
		if err != nil {
			return "", err
		}
		if _, tags := tagsOf(root); len(tags) > 0 {
			return Taskmaster, nil
		}
		return "", s.fail(plan.Pos{}, CanImport, "this is JSON, but no tasks.json of Taskmaster: it has %s", keysOf(root))
	}
	root, err := s.yaml(src, limits)
	if err != nil {
		return "", err
	}
	switch {
	case root.Get("jobs") != nil && root.Get("jobs").Kind == plan.Map:
		return Actions, nil
	case root.Get("tasks") != nil:
		return "", s.fail(plan.Pos{}, "billow check "+name, "this is a plan already")
	}
	what := "nothing that can be imported"
	if api := root.Get("apiVersion"); api != nil {
		what = "a manifest of Kubernetes (" + root.Get("kind").Inline() + "), which cannot be imported"
		if strings.HasPrefix(api.Text, "argoproj.io/") {
			what = "an Argo " + root.Get("kind").Inline() + ", which cannot be imported"
		}
	} else if root.Get("stages") != nil {
		what = "what looks like a pipeline of GitLab, which cannot be imported"
	}
	return "", s.fail(plan.Pos{}, CanImport, "this is %s; its keys are %s", what, keysOf(root))
}

// yaml reads a document that is a mapping.
func (s *source) yaml(src []byte, limits plan.Limits) (*plan.Value, error) {
	doc, problems := plan.Parse(s.name, src, limits)
	for _, p := range problems {
		// What a plan must be is said of plans; here any mapping will do.
		if p.Code == "P005" {
			return nil, s.fail(plan.Pos{}, CanImport, "%s; nothing that can be imported looks like this", p.Text)
		}
		if p.Severity == plan.Error {
			return nil, &Error{File: s.name, Line: p.Line, Column: p.Column, Text: p.Text}
		}
	}
	return doc.Root, nil
}

// keysOf lists the first keys of a mapping for a message.
func keysOf(v *plan.Value) string {
	var keys []string
	for _, f := range v.Fields {
		keys = append(keys, clip(f.Key, 40))
	}
	if len(keys) == 0 {
		return "no keys"
	}
	if n := len(keys); n > 8 {
		keys = append(slices.Clone(keys[:8]), "and "+strconv.Itoa(n-8)+" more")
	}
	return strings.Join(keys, ", ")
}

// clip shortens a text to one line of at most n characters.
func clip(text string, n int) string {
	text = strings.Join(strings.Fields(text), " ")
	if r := []rune(text); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return text
}
