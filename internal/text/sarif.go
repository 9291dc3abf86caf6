package text

import (
	"encoding/json"
	"io"
	"net/url"
	"strings"

	"billow/internal/control"
	"billow/plan"
)

// SARIFOptions are what SARIF says beside the problems.
type SARIFOptions struct {
	// Version is billow's; Codes are what it looks for.
	Version string
	Codes   []control.Code
	// Places.Root should be the root of the repository: that is what readers of SARIF take names to be
	// relative to.
	Places Places
}

// SARIF writes what is wrong with plans as one SARIF 2.1.0 log, the format that code scanners and editors
// exchange. A fix is given with its lines and columns; one of a file that is not the plan is left out, as its
// text is not known here.
func SARIF(w io.Writer, r *control.CheckResponse, o SARIFOptions) error {
	run := sarifRun{
		Tool: sarifTool{Driver: sarifDriver{Name: "billow", Version: o.Version, Rules: []sarifRule{}}},
		// Columns count letters: an editor that counts UTF-16 has to know.
		ColumnKind: "unicodeCodePoints",
		Results:    []sarifResult{},
	}
	index := map[string]int{}
	for i, c := range o.Codes {
		index[c.Code] = i
		rule := sarifRule{ID: c.Code, Short: sarifText{Text: c.Title}, Full: sarifText{Text: c.What},
			Help: sarifText{Text: c.Page, Markdown: c.Page}}
		if c.Severity != "" {
			rule.Default = &sarifDefault{Level: sarifLevel(c.Severity)}
		}
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, rule)
	}
	for _, c := range r.Plans {
		for _, p := range c.Problems {
			result := sarifResult{RuleID: p.Code, Level: sarifLevel(p.Severity), Message: sarifText{Text: advice(p)},
				Locations: []sarifLocation{sarifPlace(p, o.Places)}}
			if i, ok := index[p.Code]; ok {
				result.RuleIndex = &i
			}
			if c.Source != nil {
				result.Fixes = sarifFixes(p, c.Source, o.Places)
			}
			run.Results = append(run.Results, result)
		}
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(sarifLog{Schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
		Version: "2.1.0", Runs: []sarifRun{run}})
}

// advice is what is wrong and, on a line of its own, what to write instead.
func advice(p plan.Problem) string {
	if p.Hint == "" {
		return p.Text
	}
	return p.Text + "\nhint: " + p.Hint
}

func sarifLevel(s plan.Severity) string {
	switch s {
	case plan.Error:
		return "error"
	case plan.Warning:
		return "warning"
	}
	return "note"
}

// sarifPlace is where a problem is; one of a whole file has no region.
func sarifPlace(p plan.Problem, places Places) sarifLocation {
	l := sarifLocation{Physical: sarifPhysical{Artifact: sarifFile(p.File, places)}}
	if p.Line > 0 {
		l.Physical.Region = &sarifRegion{StartLine: p.Line, StartColumn: p.Column}
		if p.Source != "" {
			l.Physical.Region.Snippet = &sarifContent{Text: strings.ToValidUTF8(p.Source, "\ufffd")}
		}
	}
	if p.Task != "" {
		l.Logical = []sarifLogical{{Name: p.Task, Kind: "task"}}
	}
	return l
}

// sarifFile names a file: relative to the repository, or absolute where it lies outside.
func sarifFile(file string, places Places) sarifArtifact {
	name, inside := places.name(file)
	if inside {
		return sarifArtifact{URI: (&url.URL{Path: name}).String(), Base: "%SRCROOT%"}
	}
	return sarifArtifact{URI: (&url.URL{Scheme: "file", Path: name}).String()}
}

func sarifFixes(p plan.Problem, src *plan.Source, places Places) []sarifFix {
	if len(p.Fix) == 0 {
		return nil
	}
	change := sarifChange{Artifact: sarifFile(p.File, places)}
	for _, edit := range p.Fix {
		file, from := src.Place(src.Pos(edit.Start))
		_, to := src.Place(src.Pos(edit.End))
		if file != p.File {
			return nil
		}
		change.Replacements = append(change.Replacements, sarifReplacement{
			Deleted:  sarifRegion{StartLine: from.Line, StartColumn: from.Column, EndLine: to.Line, EndColumn: to.Column},
			Inserted: sarifContent{Text: edit.New},
		})
	}
	what := p.Hint
	if what == "" {
		what = p.Text
	}
	return []sarifFix{{Description: sarifText{Text: what}, Changes: []sarifChange{change}}}
}

// What follows is the part of SARIF that is used, named as the standard names it.

type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool       sarifTool     `json:"tool"`
	ColumnKind string        `json:"columnKind"`
	Results    []sarifResult `json:"results"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name    string      `json:"name"`
	Version string      `json:"version,omitempty"`
	Rules   []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID      string        `json:"id"`
	Short   sarifText     `json:"shortDescription"`
	Full    sarifText     `json:"fullDescription"`
	Help    sarifText     `json:"help"`
	Default *sarifDefault `json:"defaultConfiguration,omitempty"`
}

type sarifDefault struct {
	Level string `json:"level"`
}

type sarifText struct {
	Text     string `json:"text"`
	Markdown string `json:"markdown,omitempty"`
}

type sarifResult struct {
	RuleID    string          `json:"ruleId"`
	RuleIndex *int            `json:"ruleIndex,omitempty"`
	Level     string          `json:"level"`
	Message   sarifText       `json:"message"`
	Locations []sarifLocation `json:"locations"`
	Fixes     []sarifFix      `json:"fixes,omitempty"`
}

type sarifLocation struct {
	Physical sarifPhysical  `json:"physicalLocation"`
	Logical  []sarifLogical `json:"logicalLocations,omitempty"`
}

type sarifPhysical struct {
	Artifact sarifArtifact `json:"artifactLocation"`
	Region   *sarifRegion  `json:"region,omitempty"`
}

type sarifArtifact struct {
	URI  string `json:"uri"`
	Base string `json:"uriBaseId,omitempty"`
}

type sarifLogical struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
}

// sarifRegion is from its start up to, and without, its end.
type sarifRegion struct {
	StartLine   int           `json:"startLine"`
	StartColumn int           `json:"startColumn,omitempty"`
	EndLine     int           `json:"endLine,omitempty"`
	EndColumn   int           `json:"endColumn,omitempty"`
	Snippet     *sarifContent `json:"snippet,omitempty"`
}

type sarifContent struct {
	Text string `json:"text"`
}

type sarifFix struct {
	Description sarifText     `json:"description"`
	Changes     []sarifChange `json:"artifactChanges"`
}

type sarifChange struct {
	Artifact     sarifArtifact      `json:"artifactLocation"`
	Replacements []sarifReplacement `json:"replacements"`
}

type sarifReplacement struct {
	Deleted  sarifRegion  `json:"deletedRegion"`
	Inserted sarifContent `json:"insertedContent"`
}
