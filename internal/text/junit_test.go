package text

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"billow/engine"
	"billow/internal/control"
)

func junit(t require.TestingT, r RunReport) string {
	var b bytes.Buffer
	require.NoError(t, JUnit(&b, r))
	return b.String()
}

func TestJUnitHasACaseForEachTask(t *testing.T) {
	got := junit(t, someRun(t))
	expect(t, "junit.xml", got)
	assert.NoError(t, checkJUnit(got))
}

func TestJUnitOfARunThatCameToNothingIsAnError(t *testing.T) {
	got := junit(t, notRead())
	expect(t, "junit-problems.xml", got)
	assert.NoError(t, checkJUnit(got))

	r := someRun(t)
	r.Err = errText("write the history: no space left")
	got = junit(t, r)
	assert.NoError(t, checkJUnit(got))
	assert.Contains(t, got, `tests="9" failures="1" errors="2"`)
	assert.Contains(t, got, `<error message="write the history: no space left" type="run">`)
}

// Whatever ids, reasons and logs hold, the report is XML that the schemas allow, and its numbers are right.
func TestJUnitIsValidWhateverTasksSay(t *testing.T) {
	root := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		anything := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))
		r := RunReport{Plan: anything.Draw(t, "plan"), Began: began(), Host: "h"}
		r.Run = &control.RunResponse{Run: "r", PlanID: anything.Draw(t, "id"), Root: root, Plan: anything.Draw(t, "path")}
		r.Tasks = &control.StatusResponse{PlanID: r.Run.PlanID}
		for i := range rapid.IntRange(0, 5).Draw(t, "tasks") {
			v := control.StatusTask{Why: anything.Draw(t, "why")}
			v.ID = fmt.Sprintf("%d%s", i, anything.Draw(t, "task"))
			v.State = rapid.SampledFrom(engine.TaskStates()).Draw(t, "state")
			v.Wave = rapid.IntRange(0, 3).Draw(t, "wave")
			v.Attempt = rapid.IntRange(0, 1).Draw(t, "attempt")
			if v.Attempt > 0 && v.State == engine.Failed {
				dir := r.Run.AttemptDir(v.ID, 1)
				require.NoError(t, os.MkdirAll(dir, 0o755))
				require.NoError(t, os.WriteFile(dir+"/stdout.log", []byte(anything.Draw(t, "log")), 0o600))
			}
			r.Tasks.Tasks = append(r.Tasks.Tasks, v)
		}
		if rapid.Bool().Draw(t, "error") {
			r.Err = errText(anything.Draw(t, "error text"))
		}
		got := junit(t, r)
		require.NoError(t, checkJUnit(got), got)
	})
}

func TestTheJUnitCheckFindsFaults(t *testing.T) {
	good := junit(t, someRun(t))
	require.NoError(t, checkJUnit(good))
	for _, c := range []struct{ old, new, says string }{
		{`tests="8"`, `tests="7"`, "tests"},
		{`failures="1"`, `failures="0"`, "failures"},
		{`hostname="builder"`, ``, "hostname"},
		{`timestamp="2026-03-04T05:06:07"`, `timestamp="2026-03-04T05:06:07Z"`, "timestamp"},
		{`time="2.000"`, `time="2s"`, "time"},
		{`<system-err></system-err>`, ``, "system-err"},
		{`<failure message="exit status 2" type="fixable">`, `<failure message="exit status 2">`, "type"},
		{`name="build"`, `name="build" file="x"`, "file"},
		{`name="build"`, `name=" build"`, "token"},
		{`<skipped `, `<skipped></skipped><skipped `, "skipped"},
	} {
		require.Contains(t, good, c.old)
		assert.ErrorContains(t, checkJUnit(strings.Replace(good, c.old, c.new, 1)), c.says, "%s", c.old)
	}
}

// checkJUnit holds a report against what the schemas of Ant's reports (windyroad's JUnit.xsd) and of Jenkins's
// xunit plugin (junit-10.xsd) both allow, and its numbers against its cases.
func checkJUnit(report string) error {
	root, err := parseXML(report)
	if err != nil {
		return err
	}
	return errors.Join(root.check("testsuites"), countCases(root))
}

// element is what the schemas say of one element.
type element struct {
	// attributes have a pattern each; those whose pattern begins with ? may be absent.
	attributes map[string]string
	// children are in this order; the last character says how many: 1, ? or *. choice allows one of them.
	children []string
	choice   bool
	text     bool
}

const (
	token   = `\S+( \S+)*`
	number  = `\d+`
	decimal = `\d+(\.\d+)?`
	text    = `(?s).*`
)

func junitSchema() map[string]element {
	detail := element{attributes: map[string]string{"message": "?" + text, "type": text}, text: true}
	return map[string]element{
		"testsuites": {children: []string{"testsuite*"}},
		"testsuite": {children: []string{"properties1", "testcase*", "system-out1", "system-err1"},
			attributes: map[string]string{"id": number, "package": token, "name": token, "hostname": token, "tests": number,
				"failures": number, "errors": number, "skipped": "?" + number, "time": `\d{1,3}(\.\d*)?|\d+\.\d+`,
				"timestamp": `\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d`}},
		"properties": {children: []string{"property*"}},
		"property":   {attributes: map[string]string{"name": token, "value": text}},
		"testcase": {children: []string{"skipped?", "error?", "failure?"}, choice: true,
			attributes: map[string]string{"name": token, "classname": token, "time": decimal}},
		"skipped": {attributes: map[string]string{"message": "?" + text}},
		"error":   detail, "failure": detail,
		"system-out": {text: true}, "system-err": {text: true},
	}
}

// node is an element of a document.
type node struct {
	name       string
	attributes map[string]string
	children   []*node
	text       string
}

func parseXML(s string) (*node, error) {
	d := xml.NewDecoder(strings.NewReader(s))
	var stack []*node
	var root *node
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			n := &node{name: tok.Name.Local, attributes: map[string]string{}}
			for _, a := range tok.Attr {
				n.attributes[a.Name.Local] = a.Value
			}
			if len(stack) > 0 {
				stack[len(stack)-1].children = append(stack[len(stack)-1].children, n)
			} else {
				root = n
			}
			stack = append(stack, n)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			if len(stack) > 0 {
				stack[len(stack)-1].text += string(tok)
			}
		}
	}
	if root == nil {
		return nil, errors.New("no element")
	}
	return root, nil
}

func (n *node) check(want string) error {
	if n.name != want {
		return fmt.Errorf("%s instead of %s", n.name, want)
	}
	e, ok := junitSchema()[n.name]
	if !ok {
		return fmt.Errorf("%s is unknown", n.name)
	}
	var found []error
	for name, value := range n.attributes {
		if _, ok := e.attributes[name]; !ok {
			found = append(found, fmt.Errorf("%s: attribute %s is unknown (%q)", n.name, name, value))
		}
	}
	for name, pattern := range e.attributes {
		pattern, optional := strings.CutPrefix(pattern, "?")
		value, ok := n.attributes[name]
		switch {
		case !ok && !optional:
			found = append(found, fmt.Errorf("%s has no %s", n.name, name))
		case ok && !regexp.MustCompile(`^(?:`+pattern+`)$`).MatchString(value):
			found = append(found, fmt.Errorf("%s: %s=%q is no %s", n.name, name, value, map[bool]string{true: "token", false: pattern}[pattern == token]))
		}
	}
	if !e.text && strings.TrimSpace(n.text) != "" {
		found = append(found, fmt.Errorf("%s holds text", n.name))
	}
	if e.choice && len(n.children) > 1 {
		found = append(found, fmt.Errorf("%s has a %s and a %s", n.name, n.children[0].name, n.children[1].name))
	}
	rest := n.children
	for _, child := range e.children {
		name, often := child[:len(child)-1], child[len(child)-1]
		k := slices.IndexFunc(rest, func(c *node) bool { return c.name != name })
		if k < 0 {
			k = len(rest)
		}
		if often == '1' && k != 1 || often == '?' && k > 1 {
			found = append(found, fmt.Errorf("%s has %d times %s", n.name, k, name))
		}
		for _, c := range rest[:k] {
			found = append(found, c.check(name))
		}
		rest = rest[k:]
	}
	if len(rest) > 0 {
		found = append(found, fmt.Errorf("%s: %s does not belong here", n.name, rest[0].name))
	}
	return errors.Join(found...)
}

// countCases holds the numbers of a suite against its cases.
func countCases(root *node) error {
	var found []error
	for _, suite := range root.children {
		n := map[string]int{}
		for _, c := range suite.children {
			if c.name != "testcase" {
				continue
			}
			n["tests"]++
			for _, of := range c.children {
				n[map[string]string{"failure": "failures", "error": "errors", "skipped": "skipped"}[of.name]]++
			}
		}
		for _, name := range []string{"tests", "failures", "errors", "skipped"} {
			if suite.attributes[name] != strconv.Itoa(n[name]) {
				found = append(found, fmt.Errorf("%s=%q, there are %d", name, suite.attributes[name], n[name]))
			}
		}
	}
	return errors.Join(found...)
}
