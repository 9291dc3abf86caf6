// Gen writes the reference pages under docs/reference from what they describe: the commands, the keys and rules
// of plans, the settings, the events and the exit statuses; and the schemas. A test says when they are stale. Start
// with files.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

//go:generate go run .

// root is the repository, as seen from this package's folder, where go generate runs.
const root = "../.."

func main() {
	if err := write(root); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func write(root string) error {
	for _, made := range files() {
		all, err := made.make()
		if err != nil {
			return err
		}
		to := filepath.Join(root, made.folder)
		if err := os.MkdirAll(to, 0o755); err != nil {
			return err
		}
		for _, p := range all {
			if err := os.WriteFile(filepath.Join(to, p.name), []byte(p.text), 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

// files are what is made, by the folder of the repository that it goes to.
func files() []made {
	return []made{
		{"docs/reference", "*", pages},
		{"schemas", "*.json", schemaFiles},
	}
}

// made are the files of one folder; nothing but what is made has a name that fits pattern.
type made struct {
	folder, pattern string
	make            func() ([]page, error)
}

// page is one file.
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
		{"plan.md", planPage()},
		{"problems.md", problemsPage()},
		{"config.md", settings},
		{"events.md", events},
		{"exit-statuses.md", exitPage()},
	}, nil
}
