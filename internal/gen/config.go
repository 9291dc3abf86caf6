package main

import (
	"fmt"
	"regexp"
	"strings"

	"billow/agents"
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
	gemTeam(&b)
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

// gemTeam lists the keys of .gem-team.yaml with what comes of each.
func gemTeam(b *strings.Builder) {
	b.WriteString("\n## .gem-team.yaml, key by key\n\nKeys of every version of that file are read. A key that billow does not know is a " +
		"warning in a block that it knows, and a note elsewhere: other tools keep theirs there. What is wrong with the file keeps no plan " +
		"from running.\n\n| key | what comes of it | given to |\n| --- | --- | --- |\n")
	for _, s := range config.Settings() {
		if s.Gem == "" {
			continue
		}
		what := map[config.Effect]string{
			config.ForBillow: "billow heeds it, as " + code(s.Key),
			config.ForBriefs: "the agents named here are given it",
		}[s.Effect]
		fmt.Fprintf(b, "| %s | %s | %s |\n", code(s.Gem), what, strings.Join(briefed(s.Gem), ", "))
	}
}

// briefed are the roles whose agents are given a setting of .gem-team.yaml.
func briefed(key string) []string {
	var out []string
	for _, role := range agents.Catalogue() {
		for _, s := range role.Settings {
			if s == key || strings.HasPrefix(key, s+".") {
				out = append(out, code(role.Name))
			}
		}
	}
	return out
}

// manual writes a paragraph for each field whose comment begins with its keys, and returns the keys.
func manual(b *strings.Builder, fields []field) []string {
	var keys []string
	for _, e := range entries(fields) {
		keys = append(keys, e.keys...)
		fmt.Fprintf(b, "\n%s%s\n", e.names, e.first)
		if e.rest != "" {
			fmt.Fprintf(b, "\n%s\n", e.rest)
		}
	}
	return keys
}

// manualEntry is what a comment says of the keys that it begins with.
type manualEntry struct {
	keys []string
	// names are the keys as the comment has them, first is what follows on that line, rest what comes behind it.
	names, first, rest string
}

func entries(fields []field) []manualEntry {
	// "Jobs (`jobs`) is how many ..."; behind a semicolon come names in other files.
	begins := regexp.MustCompile(`^[A-Z][A-Za-z0-9]*(?: and [A-Z][A-Za-z0-9]*)? \(([^)]*)\)(.*)$`)
	word := regexp.MustCompile("`[^`]+`")
	var out []manualEntry
	for _, f := range fields {
		first, rest, _ := strings.Cut(f.doc, "\n")
		m := begins.FindStringSubmatch(first)
		if m == nil {
			continue
		}
		own, _, _ := strings.Cut(m[1], ";")
		e := manualEntry{names: own, first: m[2], rest: strings.TrimSpace(rest)}
		for _, k := range word.FindAllString(own, -1) {
			e.keys = append(e.keys, strings.Trim(k, "`"))
		}
		out = append(out, e)
	}
	return out
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
