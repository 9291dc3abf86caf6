package main

import (
	"fmt"
	"regexp"
	"strings"

	"billow/internal/config"
)

// configPage has every setting: what it does from the comments of config.Config, the rest from its table.
func configPage() (string, error) {
	var b strings.Builder
	b.WriteString(head("Settings"))
	b.WriteString("Settings are read from, the first counts most: the command line, the environment, `billow.yaml` in the " +
		"project's root, `.gem-team.yaml` beside it, and `~/.config/billow/billow.yaml`. `billow config` prints each value " +
		"and where it came from. A dot in a key stands for a mapping: `timeouts.total` is\n\n```yaml\ntimeouts:\n  total: 10m\n```\n\n")
	b.WriteString("| setting | default | environment | in `.gem-team.yaml` |\n| --- | --- | --- | --- |\n")
	for _, s := range config.Settings() {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", code(s.Key), code(s.Default), code(s.Variable), code(s.Gem))
	}
	said := map[string]bool{}
	for _, part := range []struct{ title, name string }{{"What they do", "Config"}, {"For agents and gates", "Gem"}} {
		fields, err := structFields("../config/config.go", part.name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "\n## %s\n", part.title)
		for _, key := range manual(&b, fields) {
			said[key] = true
		}
	}
	for _, s := range config.Settings() {
		if !said[s.Key] {
			return "", fmt.Errorf("internal/config/config.go does not say what %s does", s.Key)
		}
	}
	intro, err := typeComment("../config/agent.go", "Agent")
	if err != nil {
		return "", err
	}
	fields, err := structFields("../config/agent.go", "Agent")
	if err != nil {
		return "", err
	}
	fmt.Fprintf(&b, "\n## Agents\n\n%s\n", nameless(intro))
	manual(&b, fields)
	intro, err = typeComment("../config/route.go", "route")
	if err != nil {
		return "", err
	}
	fmt.Fprintf(&b, "\n## Routes\n\n%s\n", nameless(intro))
	return b.String(), nil
}

// manual writes a paragraph for each field whose comment begins with its keys, and returns the keys.
func manual(b *strings.Builder, fields []field) []string {
	// "Jobs (`jobs`) is how many ..."; behind a semicolon come names in other files.
	begins := regexp.MustCompile(`^[A-Z][A-Za-z0-9]*(?: and [A-Z][A-Za-z0-9]*)? \(([^)]*)\)(.*)$`)
	word := regexp.MustCompile("`[^`]+`")
	var keys []string
	for _, f := range fields {
		first, rest, _ := strings.Cut(f.doc, "\n")
		m := begins.FindStringSubmatch(first)
		if m == nil {
			continue
		}
		own, _, _ := strings.Cut(m[1], ";")
		for _, k := range word.FindAllString(own, -1) {
			keys = append(keys, strings.Trim(k, "`"))
		}
		fmt.Fprintf(b, "\n%s%s\n", own, m[2])
		if rest = strings.TrimSpace(rest); rest != "" {
			fmt.Fprintf(b, "\n%s\n", rest)
		}
	}
	return keys
}

// nameless leaves out "Agent is", with which the comment of a type begins.
func nameless(s string) string {
	if _, rest, ok := strings.Cut(s, " is "); ok {
		return strings.ToUpper(rest[:1]) + rest[1:]
	}
	return s
}

// code is a word between backticks, "" for none.
func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}
