package plan

import (
	"bytes"
	"path"
	"strings"
)

// FileKind is what a Markdown file in a folder of tasks is.
type FileKind uint8

const (
	// NoTask: a file beside the tasks, such as a README, an analysis or a progress report.
	NoTask FileKind = iota
	// TaskOne: a file that is one task.
	TaskOne
	// TaskPlan: the file that says what all the tasks are for (epic.md, plan.md).
	TaskPlan
)

// SortFile says what a Markdown file in a folder of tasks is, by its name (relative to the folder, with slashes) and
// its front matter; why is the reason for NoTask, for people. It looks at the keys alone, so that a front matter that
// is not YAML is still a task's, and its fault is told instead of passed over.
//
// The rule was found with folders of ccpm, beads and taskgraph: a task's front matter has an id, a status, a list of
// what it needs, or a command. Notes about a task name it (`issue: 003`) and have no name of their own; epic.md or
// plan.md at the top is the plan's.
func SortFile(name string, text []byte) (kind FileKind, why string) {
	if !ValidName(name) {
		return NoTask, "its name cannot be that of a task file"
	}
	base := strings.ToLower(path.Base(name))
	m := cutFrontMatter(text)
	switch {
	case base == "readme.md":
		return NoTask, "it is for people"
	case !m.found:
		return NoTask, "it has no front matter"
	case base == "epic.md" || base == "plan.md":
		if strings.Contains(name, "/") {
			return NoTask, "it is about the folder it is in"
		}
		return TaskPlan, ""
	}
	keys := m.keys(text)
	has := func(names ...string) bool {
		for _, name := range names {
			if _, ok := keys[name]; ok {
				return true
			}
		}
		return false
	}
	switch {
	case has("id", "task_id"):
		return TaskOne, ""
	case has("issue") && !has("name", "title"):
		return NoTask, "it is about another task (`issue`)"
	case has("status", "dependencies", "depends_on", "deps", "blocked_by", "run"):
		return TaskOne, ""
	}
	return NoTask, "its front matter has neither id nor status, depends_on or run"
}

// LeftOut is the problem, for information, of a Markdown file in a folder that is no task.
func LeftOut(folder, name, why string) Problem {
	return Problem{Code: codeLeftOut, Severity: Info, File: path.Join(folder, name), Text: "left out: " + why}
}

// frontMatter is where the front matter of a Markdown file stands.
type frontMatter struct {
	// found is true where the file begins with `---`; closed where a second one follows.
	found, closed bool
	// start and end are the lines between, body is where what follows begins. Without an end, the front matter goes
	// to the first empty line.
	start, end, body int
}

// cutFrontMatter finds the front matter of a file.
func cutFrontMatter(text []byte) frontMatter {
	at := 0
	if bytes.HasPrefix(text, []byte(bom)) {
		at = len(bom)
	}
	end, next := lineAt(text, at)
	if !isRule(text[at:end]) || next == end {
		return frontMatter{}
	}
	m := frontMatter{found: true, start: next, end: -1}
	for at = next; at < len(text); at = next {
		end, next = lineAt(text, at)
		line := text[at:end]
		if isRule(line) {
			m.closed, m.end, m.body = true, at, next
			return m
		}
		if m.end < 0 && len(bytes.TrimSpace(line)) == 0 {
			m.end = at
		}
		if next == end {
			break
		}
	}
	if m.end < 0 {
		m.end = len(text)
	}
	m.body = m.end
	return m
}

// isRule reports whether a line is the `---` around a front matter.
func isRule(line []byte) bool { return string(bytes.TrimRight(line, " \t")) == "---" }

// keys are the keys of a front matter, with what follows on their line, as they look: nothing is parsed.
func (m frontMatter) keys(text []byte) map[string]string {
	out := map[string]string{}
	for at := m.start; at < m.end; {
		end, next := lineAt(text, at)
		key, value, ok := strings.Cut(string(text[at:end]), ":")
		key = strings.TrimRight(key, " \t")
		if ok && key != "" && !strings.ContainsAny(key[:1], "# \t-") {
			key = strings.Trim(key, `"'`)
			if _, twice := out[key]; !twice {
				out[key] = strings.Trim(value, "\"' \t")
			}
		}
		if next == end {
			break
		}
		at = next
	}
	return out
}
