package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"billow/cmd/billow/command"
)

// cliPage lists every command with its help and flags.
func cliPage() string {
	var b strings.Builder
	b.WriteString(head("Commands"))
	root := command.Root()
	b.WriteString("Results are on standard output, everything else on standard error. Exit statuses are in " +
		"[exit-statuses.md](exit-statuses.md).\n\nEvery command takes:\n\n")
	flags(&b, root.PersistentFlags())
	commands(&b, root)
	return b.String()
}

func commands(b *strings.Builder, parent *cobra.Command) {
	for _, c := range parent.Commands() {
		if !c.IsAvailableCommand() || c.Name() == "help" {
			continue
		}
		fmt.Fprintf(b, "\n## %s\n\n", c.CommandPath())
		text := c.Long
		if text == "" {
			text = c.Short + "."
		}
		fmt.Fprintf(b, "%s\n\n", text)
		if c.Runnable() {
			fmt.Fprintf(b, "```\n%s\n```\n", c.UseLine())
		}
		b.WriteString("\n")
		flags(b, c.LocalNonPersistentFlags())
		if c.Example != "" {
			fmt.Fprintf(b, "\n```sh\n%s\n```\n", unindent(c.Example))
		}
		commands(b, c)
	}
}

// flags lists flags as help does, without the one for help.
func flags(b *strings.Builder, set interface{ FlagUsages() string }) {
	var lines []string
	for line := range strings.Lines(set.FlagUsages()) {
		if !strings.Contains(line, "--help ") {
			lines = append(lines, line)
		}
	}
	if len(lines) > 0 {
		fmt.Fprintf(b, "```\n%s```\n", strings.Join(lines, ""))
	}
}

// cell is text for a cell of a table.
func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

func unindent(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.TrimPrefix(lines[i], "  ")
	}
	return strings.Join(lines, "\n")
}
