// Package cli reaches agents that are programs: the command lines of Claude Code, Codex, Copilot, OpenCode,
// Gemini and Cursor, and any other program that reads a brief and prints a report.
//
// There is one adapter. How each program is run is data (presets.yaml), and everything in it can be overridden
// by Options. The program gets the brief on standard input, as a file or as an argument; what it prints goes
// straight to files, and the report is found in it by agents.ParseReport. The package knows no run, no plan
// file and no provider's API. Start with New.
package cli
