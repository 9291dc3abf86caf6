// Gen writes the reference pages under docs/reference from what they describe: the commands, the rules of
// plans, the settings, the events and the exit statuses. A test says when they are stale. Start with pages.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

//go:generate go run .

// folder is where the pages go, as seen from this package's folder, where go generate runs.
const folder = "../../docs/reference"

func main() {
	if err := write(folder); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func write(to string) error {
	all, err := pages()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	for _, p := range all {
		if err := os.WriteFile(filepath.Join(to, p.name), []byte(p.text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// page is one file under docs/reference.
type page struct {
	name, text string
}

// head begins every page.
func head(title string) string {
	return "<!-- Made by `make generate`; do not edit. -->\n\n# " + title + "\n\n"
}

// pages are all of them.
func pages() ([]page, error) {
	settings, err := configPage()
	if err != nil {
		return nil, err
	}
	events, err := eventsPage()
	if err != nil {
		return nil, err
	}
	return []page{
		{"cli.md", cliPage()},
		{"problems.md", problemsPage()},
		{"config.md", settings},
		{"events.md", events},
		{"exit-statuses.md", exitPage()},
	}, nil
}
