package plan_test

import (
	"bytes"
	"encoding/json"
	"go/build"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/plan"
)

// suiteCase is a file of the public yaml-test-suite (github.com/yaml/yaml-test-suite).
type suiteCase struct {
	name string
	text []byte
	// want is the first document as JSON; "" where the suite does not say.
	want string
	// bad is true where a reader has to refuse the file.
	bad bool
}

// yamlSuite are the files of the yaml-test-suite. The module of goccy/go-yaml carries them, so they stand in
// the cache of modules wherever billow is built; a copy of our own would be one more that gets old.
func yamlSuite(t *testing.T) []suiteCase {
	t.Helper()
	module, err := build.Import("github.com/goccy/go-yaml", ".", build.FindOnly)
	if err != nil {
		t.Skip("no yaml-test-suite: the sources of goccy/go-yaml are not here:", err)
	}
	folder := filepath.Join(module.Dir, "testdata", "yaml-test-suite")
	if strings.Contains(filepath.ToSlash(module.Dir), "/vendor/") {
		t.Skip("no yaml-test-suite: vendored modules come without test data")
	}
	var cases []suiteCase
	require.NoError(t, filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Name() != "in.yaml" {
			return err
		}
		dir := filepath.Dir(path)
		name, err := filepath.Rel(folder, dir)
		require.NoError(t, err)
		c := suiteCase{name: filepath.ToSlash(name)}
		c.text, err = os.ReadFile(path)
		require.NoError(t, err)
		_, err = os.Stat(filepath.Join(dir, "error"))
		c.bad = err == nil
		if data, err := os.ReadFile(filepath.Join(dir, "in.json")); err == nil && len(data) > 0 {
			var first any
			require.NoError(t, json.NewDecoder(bytes.NewReader(data)).Decode(&first), name)
			c.want = asJSON(t, first)
		}
		cases = append(cases, c)
		return nil
	}))
	require.Greater(t, len(cases), 400)
	return cases
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	return string(text)
}

func TestPublicYAMLIsReadAsItsAuthorsSayOrRefused(t *testing.T) {
	// Both goccy and yaml.v3 read these, too.
	accepted := []string{"tabs-in-various-contexts/003", "wrong-indented-flow-sequence", "wrong-indented-multiline-quoted-scalar"}
	different := map[string]string{
		"anchors-and-tags":                            "a scalar with a tag is text",
		"tags-in-block-sequence":                      "a scalar with a tag is text",
		"tags-in-explicit-mapping":                    "a scalar with a tag is text",
		"tags-in-implicit-mapping":                    "a scalar with a tag is text",
		"three-explicit-integers-in-a-block-sequence": "a scalar with a tag is text",
		"trailing-line-of-spaces/01":                  "blanks without a line end, at the end of a block scalar, are no line",
		"trailing-whitespace-in-streams/02":           "blanks without a line end, at the end of a block scalar, are no line",
	}
	read, good := 0, 0
	for _, c := range yamlSuite(t) {
		src, problems := plan.Parse(c.name, c.text, plan.Limits{})
		if src.Root == nil {
			assert.NotEmpty(t, plan.Errors(problems), c.name)
		}
		if c.bad {
			assert.Equal(t, slices.Contains(accepted, c.name), src.Root != nil, c.name)
			continue
		}
		good++
		if src.Root == nil {
			continue
		}
		read++
		switch got := asJSON(t, plan.ToAny(src.Root)); {
		case c.want == "":
		case different[c.name] != "":
			assert.NotEqual(t, c.want, got, "%s: not different any more", c.name)
		default:
			assert.Equal(t, c.want, got, c.name)
		}
	}
	// Refused are documents without anything, collections as keys, %TAG, and what goccy does not know.
	assert.Greater(t, read, good*8/10)
}

func TestEditWithoutAChangeGivesBackAnyYAML(t *testing.T) {
	for _, c := range yamlSuite(t) {
		doc := plan.Read("plan.yaml", c.text, plan.Options{})
		if doc.Plan == nil {
			assert.NotEmpty(t, plan.Errors(doc.Problems), c.name)
			continue
		}
		got, err := plan.Edit(doc.Plan, doc.Source, nil)
		require.NoError(t, err, c.name)
		assert.Equal(t, string(c.text), string(got), c.name)
	}
}

func TestRepairIsHonestAboutAnyYAML(t *testing.T) {
	for _, c := range yamlSuite(t) {
		got := plan.Repair("plan.yaml", c.text, plan.Options{})
		honest(t, c.text, got)
		if src, _ := plan.Parse("plan.yaml", c.text, plan.Limits{}); src.Root != nil {
			assert.Equal(t, string(c.text), string(got.Bytes), "%s: what can be read is not repaired", c.name)
		}
	}
}

// TestEditKeepsAnyYAMLAroundIt puts every file of the suite between the statuses of two tasks.
func TestEditKeepsAnyYAMLAroundIt(t *testing.T) {
	edited := 0
	for _, c := range yamlSuite(t) {
		inner := strings.TrimSuffix(string(c.text), "\n")
		inner = strings.ReplaceAll(strings.TrimPrefix(inner, "---\n"), "\n", "\n      ")
		for _, eol := range []string{"\n", "\r\n"} {
			text := "tasks:\n  - id: a\n    status: pending # a\n    x:\n      " + inner + "\n    wave: 1\n  - id: b\n    status: 'pending'\n    wave: 2\n"
			text = strings.ReplaceAll(text, "\n", eol)
			doc := plan.Read("plan.yaml", []byte(text), plan.Options{})
			if doc.Plan == nil || len(plan.Errors(doc.Problems)) > 0 || len(doc.Plan.Tasks) != 2 {
				continue
			}
			require.Empty(t, plan.CanEdit(doc.Plan, doc.Source), c.name)
			got, err := plan.Edit(doc.Plan, doc.Source, []plan.Change{
				{Task: "b", Key: "status", Value: "completed"}, {Task: "a", Key: "status", Value: "failed"},
			})
			require.NoError(t, err, c.name)
			want := strings.Replace(text, "status: pending # a"+eol, "status: failed # a"+eol, 1)
			want = strings.TrimSuffix(want, "'pending'"+eol+"    wave: 2"+eol) + "'completed'" + eol + "    wave: 2" + eol
			require.Equal(t, want, string(got), c.name)
			edited++
		}
	}
	require.Greater(t, edited, 300)
}

// filesOfOthers are collected files that are no plans, by patterns of their paths.
func filesOfOthers(t *testing.T, patterns ...string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for _, pattern := range patterns {
		found, err := filepath.Glob(filepath.Join("..", "..", "shared", "corpus", filepath.FromSlash(pattern)))
		require.NoError(t, err)
		for _, file := range found {
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			files[filepath.Base(file)] = data
		}
	}
	if len(files) == 0 {
		t.Skip("no collection of real files beside the repository")
	}
	return files
}

func TestFilesOfOthersAreNoExecutablePlan(t *testing.T) {
	for name, data := range filesOfOthers(t, "argo/*", "config/*", "envelopes/*", "github-actions/*") {
		doc := plan.Read(name, data, plan.Options{})
		errors := plan.Errors(doc.Problems)
		if assert.Len(t, errors, 1, name) {
			assert.Equal(t, "P010", errors[0].Code, name)
			assert.Contains(t, errors[0].Text, "not an executable plan", name)
		}
	}
}

// TestEditKeepsEveryOtherByteOfTaskmasterFiles holds for them because their words are those of plans.
func TestEditKeepsEveryOtherByteOfTaskmasterFiles(t *testing.T) {
	for name, data := range filesOfOthers(t, "taskmaster/*") {
		doc := plan.Read(name, data, plan.Options{})
		require.Empty(t, plan.Errors(doc.Problems), name)
		require.Greater(t, len(doc.Plan.Tasks), 5, name)
		for _, task := range doc.Plan.Tasks {
			got, err := plan.Edit(doc.Plan, doc.Source, []plan.Change{{Task: task.ID, Key: "status", Value: "cancelled"}})
			require.NoError(t, err, name)
			was := task.Source.Get("status")
			want := string(data[:was.Pos.Offset]) + `"cancelled"` + string(data[was.End:])
			require.Equal(t, want, string(got), name)
		}
	}
}
