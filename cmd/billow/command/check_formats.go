package command

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"billow/internal/control"
	"billow/internal/text"
)

// checkFormat is how check prints what it found.
type checkFormat struct {
	// format is one of checkFormats, "" for text, which on GitHub's runner is followed by annotations. sarif is a
	// file for SARIF beside it, "-" for standard output instead of it.
	format, sarif string
}

func checkFormats() []string { return []string{"text", "json", "github", "sarif"} }

func (m *program) checkFormatFlags(cmd *cobra.Command) *checkFormat {
	f := &checkFormat{}
	cmd.Flags().StringVar(&f.format, "format", "", "text, json, github (annotations) or sarif (default text)")
	m.complete(cmd, "format", cobra.FixedCompletions(checkFormats(), cobra.ShellCompDirectiveNoFileComp))
	cmd.Flags().StringVar(&f.sarif, "sarif", "", "print SARIF 2.1.0; --sarif=`FILE` writes it there, beside what is printed")
	// Without a value of its own, so that `check --sarif plan.yaml` does not write over the plan.
	cmd.Flags().Lookup("sarif").NoOptDefVal = "-"
	return f
}

// parse checks what the flag library cannot, and fits the flags to each other.
func (f *checkFormat) parse(m *program) error {
	if f.format != "" && !slices.Contains(checkFormats(), f.format) {
		return fmt.Errorf("--format is %s, not %q", strings.Join(checkFormats(), ", "), f.format)
	}
	asked := f.format
	for _, other := range []struct {
		given  bool
		format string
	}{{m.json, "json"}, {f.sarif == "-", "sarif"}} {
		if !other.given {
			continue
		}
		if asked != "" && asked != other.format {
			return fmt.Errorf("standard output is %s or %s, not both", asked, other.format)
		}
		asked = other.format
	}
	f.format = asked
	if f.sarif == "-" {
		f.sarif = ""
	}
	return nil
}

// showCheck prints what check found.
func (m *program) showCheck(s *control.Service, r *control.CheckResponse, f *checkFormat) error {
	sarif := func(w io.Writer) error {
		return text.SARIF(w, r, text.SARIFOptions{Version: control.Version().Version, Codes: control.Codes(),
			Places: text.Places{Dir: s.Dir, Root: repository(s.Dir)}})
	}
	if f.sarif != "" {
		err := preparePlace(f.sarif)
		if err == nil {
			err = replaceFile(f.sarif, sarif)
		}
		if err != nil {
			return fmt.Errorf("--sarif: %w", err)
		}
	}
	annotate := func(w io.Writer) {
		text.GitHubProblems(w, r, control.Codes(), annotationPlaces(s.Dir, os.Getenv))
	}
	switch f.format {
	case "sarif":
		return buffered(m.Out, sarif)
	case "github":
		return buffered(m.Out, func(w io.Writer) error { annotate(w); return nil })
	case "json":
		m.json = true
	}
	return m.show(r, func(w io.Writer, st text.Style) {
		text.Check(w, r, st)
		if f.format == "" && onGitHub(os.Getenv) {
			annotate(w)
		}
	})
}
