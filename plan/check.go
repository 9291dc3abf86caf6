package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// CheckOptions says what Check knows beside the plan. The zero value checks everything that can be seen in
// the plan alone.
type CheckOptions struct {
	// Agents says whether an agent can be reached, and if not what to write to reach it. nil: agents are
	// not checked.
	Agents func(name string) (known bool, hint string)
	// DefaultAgent is who gets the tasks that name nobody and have no command; "" is nobody.
	DefaultAgent string
}

// Rule is one thing that Check looks at.
type Rule struct {
	// Code is P030 ... P069; what Read cannot understand has the codes below.
	Code string
	// Title names what the rule finds, in a few words.
	Title    string
	Severity Severity
	// What says what is found, Why what would happen, in sentences.
	What, Why string
	// Bad is a plan in which the rule finds something, Good the same plan put right.
	Bad, Good string

	check func(*checker)
}

// Rules are the rules of Check, by code.
func Rules() []Rule {
	return []Rule{
		ruleDuplicateID(),
		ruleUnknownNeed(),
		ruleSelfNeed(),
		ruleCycle(),
		ruleLaterWave(),
		ruleSameWave(),
		ruleOneSidedConflict(),
		ruleUnknownConflict(),
		ruleOrderedConflict(),
		ruleSharedOwnership(),
		ruleUnknownAgent(),
		ruleNobody(),
		ruleDebuggerAlone(),
		ruleNoCriteria(),
		ruleDoneTooEarly(),
		rulePlanStatus(),
		ruleExpression(),
		ruleUnreachable(),
		ruleMetrics(),
		ruleUnknownPool(),
		ruleContracts(),
		ruleReadsNoNeed(),
		ruleMissingContract(),
	}
}

// Check finds what is wrong with a plan that could be read: rules that look at how its parts go together.
// src gives the lines for the problems and may be nil. The problems are in the order of the file, those
// without a place first. It takes time in proportion to the plan.
func Check(p *Plan, src *Source, opts CheckOptions) []Problem {
	c := &checker{plan: p, source: src, opts: opts, order: Order(p), look: 200_000, walk: 2_000_000}
	for _, rule := range Rules() {
		c.rule, c.alike = rule, 0
		rule.check(c)
		if c.alike > maxAlike {
			c.problems = append(c.problems, Problem{
				Code: rule.Code, Severity: rule.Severity, File: p.Name,
				Text: "and " + strconv.Itoa(c.alike-maxAlike) + " more like these",
				Hint: "mend those listed and check again",
			})
		}
	}
	slices.SortStableFunc(c.problems, func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line, a.Column-b.Column)
	})
	return c.problems
}

// Explain gives the page of a code, in Markdown; false when there is no such code.
func Explain(code string) (string, bool) {
	for _, c := range slices.Concat(Codes(), RepairCodes()) {
		if strings.EqualFold(c.Code, code) {
			return fmt.Sprintf("# %s: %s\n\n%s\n%s", c.Code, c.Title, c.What, examples(c.Bad, c.Good)), true
		}
	}
	for _, r := range Rules() {
		if strings.EqualFold(r.Code, code) {
			return fmt.Sprintf("# %s: %s\n\nSeverity: %s\n\n%s\n\n%s\n%s",
				r.Code, r.Title, r.Severity, r.What, r.Why, examples(r.Bad, r.Good)), true
		}
	}
	return "", false
}

// examples are the last part of a page, "" where there are none.
func examples(bad, good string) string {
	if bad == "" {
		return ""
	}
	return fmt.Sprintf("\nSuch a plan:\n\n```yaml\n%s```\n\nPut right:\n\n```yaml\n%s```\n", bad, good)
}

// checker is one run of Check.
type checker struct {
	plan        *Plan
	source      *Source
	opts        CheckOptions
	order       *Schedule
	expressions Expressions
	compiled    []expression // nil until somebody asks

	rule     Rule
	alike    int // problems of this rule so far
	problems []Problem

	// look and walk are how many words and edges may still be compared and followed for hints and for
	// questions that only some plans ask; what they run out for is left unsaid.
	look, walk int
	allIDs     []string
	byShape    map[string]string
	seen       []int // per task: the last search that met it
	search     int
}

// report records a problem of the rule with a task, or with the plan where t is nil.
func (c *checker) report(t *Task, pos Pos, text, hint string) {
	c.alike++
	if c.alike > maxAlike {
		return
	}
	problem := Problem{
		Code: c.rule.Code, Severity: c.rule.Severity, File: c.plan.Name, Line: pos.Line, Column: pos.Column,
		Text: text, Hint: hint,
	}
	if c.source != nil {
		var in Pos
		problem.File, in = c.source.Place(pos)
		problem.Line, problem.Column = in.Line, in.Column
	}
	if t != nil {
		problem.Task = t.ID
	}
	if c.source != nil && pos.Line > 0 && pos.Column <= maxSourceLine {
		problem.Source = c.source.Line(pos.Line)
		if len(problem.Source) > maxSourceLine {
			problem.Source = strings.ToValidUTF8(problem.Source[:maxSourceLine], "") + "…"
		}
	}
	c.problems = append(c.problems, problem)
}

// line names the line of a place in a message: in a folder of task files, with its file.
func (c *checker) line(pos Pos) string {
	if c.source != nil && c.source.parts != nil {
		file, in := c.source.Place(pos)
		return fmt.Sprintf("%s:%d", file, in.Line)
	}
	return fmt.Sprintf("line %d", pos.Line)
}

// at is where a key's value stands in a task, or the task where it has no such key.
func (t *Task) at(key string) Pos {
	for i := range t.fields() {
		if f := t.Source.Fields[i]; f.Key == key {
			return place(f)
		}
	}
	return t.begin()
}

// begin is where a task is named.
func (t *Task) begin() Pos {
	if t.IDPos.Line > 0 {
		return t.IDPos
	}
	return t.Pos
}

func (t *Task) fields() []Field {
	if t.Source == nil {
		return nil
	}
	return t.Source.Fields
}

// entry is where a word stands in a list of a task, whichever of the keys it is under.
func (t *Task) entry(word string, keys ...string) Pos {
	for _, key := range keys {
		v := t.Source.Get(key)
		if v == nil {
			continue
		}
		for _, item := range append([]*Value{v}, v.Items...) {
			if item == nil {
				continue
			}
			if item.Kind == Map {
				for _, f := range item.Fields {
					if f.Value != nil && f.Value.Kind == Scalar && strings.TrimSpace(f.Value.Text) == word {
						return place(f)
					}
				}
				continue
			}
			if item.Kind == Scalar && (strings.TrimSpace(item.Text) == word || holdsWord(item.Text, word)) {
				return item.Pos
			}
		}
	}
	return t.begin()
}

// holdsWord reports whether a text such as "T1, T2" lists a word.
func holdsWord(text, word string) bool {
	if !strings.Contains(text, ",") {
		return false
	}
	for part := range strings.SplitSeq(text, ",") {
		if strings.TrimSpace(part) == word {
			return true
		}
	}
	return false
}

// needEntry is where a task names another that it needs.
func (t *Task) needEntry(id string) Pos {
	return t.entry(id, "dependencies", "depends_on", "deps", "blocked_by", "consumes")
}

// settled reports whether a task is over and will not run again by itself.
func (t *Task) settled() bool {
	return t.Status == Completed || t.Status == Skipped || t.Status == Cancelled
}

// meant guesses which task a wrong id was to name: "did you mean ...?", "" for no idea.
func (c *checker) meant(id string) string {
	if c.byShape == nil {
		c.byShape = make(map[string]string, len(c.plan.Tasks))
		for _, t := range c.plan.Tasks {
			c.allIDs = append(c.allIDs, t.ID)
			c.byShape[idShape(t.ID)] = t.ID
		}
	}
	near := c.byShape[idShape(id)]
	if near == "" && c.look > 0 {
		c.look -= len(c.allIDs)
		near = nearest(id, c.allIDs)
	}
	if near == "" {
		return ""
	}
	return fmt.Sprintf("did you mean %q?", near)
}

// idShape is an id without what people get wrong: case, separators, leading zeros. T-01, t1 and T_1 are one.
func idShape(id string) string {
	var b strings.Builder
	digit := false
	for i := range len(id) {
		ch := id[i]
		switch {
		case ch == '-' || ch == '_' || ch == ' ' || ch == '.':
			digit = false
			continue
		case ch == '0' && !digit && i+1 < len(id) && id[i+1] >= '0' && id[i+1] <= '9':
			continue
		case ch >= 'A' && ch <= 'Z':
			ch |= 0x20
		}
		digit = ch >= '0' && ch <= '9'
		b.WriteByte(ch)
	}
	return b.String()
}

// waitsFor reports whether a task waits for another, directly or through others. It says no when it would
// have to look too far.
func (c *checker) waitsFor(t, other int) bool {
	if c.seen == nil {
		c.seen = make([]int, len(c.plan.Tasks))
	}
	c.search++
	stack := []int{t}
	for len(stack) > 0 {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, need := range c.order.Needs[at] {
			if need == other {
				return true
			}
			if c.walk--; c.walk < 0 {
				return false
			}
			// What lies lower than the other task cannot wait for it.
			if c.seen[need] != c.search && c.order.Level[need] > c.order.Level[other] {
				c.seen[need] = c.search
				stack = append(stack, need)
			}
		}
	}
	return false
}

// ordered reports whether two tasks never run at the same time because of their order alone.
func (c *checker) ordered(a, b int) bool {
	return c.order.Barriers && c.order.Wave[a] != c.order.Wave[b] || c.waitsFor(a, b) || c.waitsFor(b, a)
}

// inside is the place of an expression's error, within the value that holds the expression.
func (c *checker) inside(v *Value, e *ExprError, fallback Pos) Pos {
	if v == nil {
		return fallback
	}
	if e.Line == 0 || c.source == nil || v.Pos.Line == 0 {
		return v.Pos
	}
	// Expressions are read without the blanks around them.
	text := v.Text[len(v.Text)-len(strings.TrimLeft(v.Text, " \t\r\n")):]
	skipped := strings.Count(v.Text, "\n") - strings.Count(text, "\n")
	lines := strings.Split(strings.TrimRight(text, " \t\r\n"), "\n")
	if e.Line > len(lines) {
		return v.Pos
	}
	line, from, want := v.Pos.Line, v.Pos.Column, lines[e.Line-1]
	switch {
	case v.Style == Literal:
		line, from = line+skipped+e.Line, 1
	case len(lines) > 1 || v.Style == Folded || v.Style == Alias:
		return v.Pos
	}
	source := []rune(c.source.Line(line))
	if from > len(source) {
		return v.Pos
	}
	rest := string(source[from-1:])
	if i := strings.Index(rest, want); i >= 0 {
		return Pos{Line: line, Column: from + utf8.RuneCountInString(rest[:i]) + e.Column - 1}
	}
	if v.Style == SingleQuoted || v.Style == DoubleQuoted {
		return Pos{Line: line, Column: from + 1 + quotedWidth([]rune(rest)[1:], e.Column-1, v.Style)}
	}
	return v.Pos
}

// quotedWidth is how many characters of a quoted text stand for its first n.
func quotedWidth(raw []rune, n int, style Style) int {
	i := 0
	for ; n > 0 && i < len(raw); n-- {
		switch {
		case style == SingleQuoted && raw[i] == '\'':
			i += 2
		case style == DoubleQuoted && raw[i] == '\\' && i+1 < len(raw):
			i += 2 + map[rune]int{'x': 2, 'u': 4, 'U': 8}[raw[i+1]]
		default:
			i++
		}
	}
	return min(i, len(raw))
}

// firstIDs lists some ids of tasks for a message.
func firstIDs(tasks []*Task) string {
	var ids []string
	for i, t := range tasks {
		if i == 5 {
			ids = append(ids, fmt.Sprintf("%d more", len(tasks)-i))
			break
		}
		ids = append(ids, strconv.Quote(clip(t.ID)))
	}
	return strings.Join(ids, ", ")
}

// plural is a number with its noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
