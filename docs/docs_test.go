// Package docs holds the documentation against the program: its plans are read and checked, its commands and links
// exist, its picture of the states is what the engine does. Start with pages.
package docs

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/agents/script"
	"billow/internal/config"
	"billow/plan"
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "billow-docs")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary = sync.OnceValues(func() (string, error) {
		path := filepath.Join(dir, "billow")
		out, err := exec.Command("go", "build", "-o", path, "billow/cmd/billow").CombinedOutput()
		if err != nil {
			err = fmt.Errorf("%w: %s", err, out)
		}
		return path, err
	})
	return m.Run()
}

// binary builds the program, once for all tests.
var binary func() (string, error)

// pages are the pages that people write, relative to this folder.
func pages(t *testing.T) []string {
	t.Helper()
	files := []string{"../README.md", "../ARCHITECTURE.md", "../CONTRIBUTING.md", "../llms.txt"}
	for _, pattern := range []string{"*.md", "guide/*.md", "design/*.md", "../examples/*/README.md", "../skills/*/SKILL.md"} {
		found, err := filepath.Glob(pattern)
		require.NoError(t, err)
		files = append(files, found...)
	}
	require.Greater(t, len(files), 20)
	return files
}

// block is one fenced block of a page.
type block struct {
	language, text string
	file           string
	line           int
}

func blocks(t *testing.T, file string) []block {
	t.Helper()
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	var out []block
	var in *block
	number := 0
	for line := range strings.Lines(string(data)) {
		number++
		fence, isFence := strings.CutPrefix(strings.TrimRight(line, "\n"), "```")
		switch {
		case isFence && in == nil:
			in = &block{language: fence, file: file, line: number}
		case isFence:
			out = append(out, *in)
			in = nil
		case in != nil:
			in.text += line
		}
	}
	require.Nil(t, in, "%s: a block is not closed", file)
	return out
}

func TestPlansInTheDocumentationAreSound(t *testing.T) {
	plans := 0
	for _, file := range pages(t) {
		for _, b := range blocks(t, file) {
			if b.language != "yaml" {
				continue
			}
			var problems []plan.Problem
			switch name, _, _ := strings.Cut(strings.TrimPrefix(b.text, "# "), "\n"); name {
			case "plan.yaml":
				plans++
				doc := plan.Read(name, []byte(b.text), plan.Options{})
				require.NotNil(t, doc.Plan, "%s:%d", file, b.line)
				problems = append(doc.Problems, plan.Check(doc.Plan, doc.Source, plan.CheckOptions{})...)
			case "billow.yaml":
				read := func(name string) ([]byte, error) {
					if filepath.Base(name) == "billow.yaml" {
						return []byte(b.text), nil
					}
					return nil, fs.ErrNotExist
				}
				c, err := config.Load(config.Sources{Root: t.TempDir(), ReadFile: read})
				require.NoError(t, err)
				problems = c.Problems
			case "agents.yaml":
				_, problems = script.Parse(name, []byte(b.text))
			default:
				t.Errorf("%s:%d: the block does not begin with the name of its file, such as # plan.yaml", file, b.line)
			}
			for _, p := range problems {
				if p.Severity != plan.Info {
					t.Errorf("%s:%d: %s %s (line %d of the block)", file, b.line, p.Code, p.Text, p.Line)
				}
			}
		}
	}
	assert.GreaterOrEqual(t, plans, 10)
}

// Commands stand in console blocks and, within a text, in backquotes.
func TestCommandsInTheDocumentationExist(t *testing.T) {
	bin, err := binary()
	require.NoError(t, err)
	help := map[string]string{}
	helpOf := func(verb string) string {
		if _, ok := help[verb]; !ok {
			text, err := exec.Command(bin, verb, "--help").CombinedOutput()
			assert.NoError(t, err, "there is no command %q", verb)
			assert.Contains(t, string(text), "billow "+verb, "there is no command %q", verb)
			help[verb] = string(text)
		}
		return help[verb]
	}
	for _, file := range pages(t) {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		for number, line := range strings.Split(string(data), "\n") {
			for _, words := range commands(line) {
				text := helpOf(words[0])
				for _, word := range words[1:] {
					flag, _, _ := strings.Cut(word, "=")
					if strings.HasPrefix(flag, "-") && flag != "-" && !hasFlag(text, flag) {
						t.Errorf("%s:%d: billow %s has no flag %s", file, number+1, words[0], flag)
					}
				}
			}
		}
	}
	assert.Contains(t, help, "run")
	assert.Contains(t, help, "explain")
}

var inText = regexp.MustCompile("`(billow [a-z][^`]*)`")

// commands are the words behind `billow` of every command in a line.
func commands(line string) [][]string {
	var found []string
	if command, ok := strings.CutPrefix(line, "$ "); ok {
		command, _, _ = strings.Cut(command, " # ")
		if _, after, ok := strings.Cut(command, "billow "); ok {
			found = append(found, after)
		}
	}
	for _, m := range inText.FindAllStringSubmatch(line, -1) {
		found = append(found, strings.TrimPrefix(m[1], "billow "))
	}
	var out [][]string
	for _, command := range found {
		if words := strings.Fields(command); len(words) > 0 {
			out = append(out, words)
		}
	}
	return out
}

// hasFlag looks for a flag in a help text.
func hasFlag(help, flag string) bool {
	return regexp.MustCompile(`(?m)(^|[\s,])` + regexp.QuoteMeta(flag) + `([\s,=]|$)`).MatchString(help)
}

var (
	link     = regexp.MustCompile(`\]\(([^)#\s]+)[^)]*\)`)
	testName = regexp.MustCompile(`\b(Test|Fuzz)[A-Z][A-Za-z0-9]+`)
)

// Links lead somewhere, and tests that are named are there.
func TestNamesInTheDocumentationExist(t *testing.T) {
	tests := map[string]bool{}
	require.NoError(t, filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		data, err := os.ReadFile(path)
		for _, m := range regexp.MustCompile(`(?m)^func ((Test|Fuzz)\w+)\(`).FindAllStringSubmatch(string(data), -1) {
			tests[m[1]] = true
		}
		return err
	}))
	for _, file := range pages(t) {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, m := range link.FindAllStringSubmatch(string(data), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			_, err := os.Stat(filepath.Join(filepath.Dir(file), m[1]))
			assert.NoError(t, err, "%s: a link leads nowhere", file)
		}
		if filepath.Base(file) == "ARCHITECTURE.md" {
			for _, name := range testName.FindAllString(string(data), -1) {
				assert.True(t, tests[name], "%s: there is no %s", file, name)
			}
		}
	}
}
