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
	// Schedule is what Order gives of the plan, where that is known; nil: Check finds it out.
	Schedule *Schedule
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
	// Fix completes "billow fix ...", as a sentence; "" where no problem of the rule has a fix.
	Fix string
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
	c := &checker{plan: p, source: src, opts: opts, order: opts.Schedule, look: 200_000, walk: 2_000_000}
	if c.order == nil {
		c.order = Order(p)
	}
	for _, rule := range Rules() {
		c.rule, c.alike = rule, 0
		rule.check(c)
		if c.alike > maxAlike {
			c.problems = append(c.problems, Problem{
				Code: rule.Code, Severity: rule.Severity, File: p.Name,
				Text: "and " + strconv.Itoa(c.alike-maxAlike) + " more like these",
				Hint: "mend those listed and check again", more: c.alike - maxAlike - 1,
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
			return fmt.Sprintf("# %s: %s\n\n%s\n%s%s", c.Code, c.Title, c.What, mends(c.Fix), examples(c.Bad, c.Good)), true
		}
	}
	for _, r := range Rules() {
		if strings.EqualFold(r.Code, code) {
			return fmt.Sprintf("# %s: %s\n\nSeverity: %s\n\n%s\n\n%s\n%s%s",
				r.Code, r.Title, r.Severity, r.What, r.Why, mends(r.Fix), examples(r.Bad, r.Good)), true
		}
	}
	return "", false
}

// mends is the part of a page that says what billow fix does, "" where it does nothing.
func mends(fix string) string {
	if fix == "" {
		return ""
	}
	return "\n`billow fix` " + fix + "\n"
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
	// byShape are the ids of each shape, byDigits those with the same digits in them.
	byShape, byDigits map[string][]string
	seen              []int // per task: the last search that met it
	search            int
}

// report records a problem of the rule with a task, or with the plan where t is nil.
func (c *checker) report(t *Task, pos Pos, text, hint string) { c.reportFixed(t, pos, text, hint, nil) }

// reportFixed is report for a problem that edits mend; nil where none surely do.
func (c *checker) reportFixed(t *Task, pos Pos, text, hint string, fix []TextEdit) {
	c.alike++
	if c.alike > maxAlike {
		return
	}
	problem := Problem{
		Code: c.rule.Code, Severity: c.rule.Severity, File: c.plan.Name, Line: pos.Line, Column: pos.Column,
		Text: text, Hint: hint, Fix: fix,
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
	pos, _ := t.mention(word, keys...)
	return pos
}

// mention is where a word stands in a list of a task, and the value that is the word and nothing else; nil
// where there is none.
func (t *Task) mention(word string, keys ...string) (Pos, *Value) {
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
						return place(f), f.Value
					}
				}
				continue
			}
			switch {
			case item.Kind != Scalar:
			case strings.TrimSpace(item.Text) == word:
				return item.Pos, item
			case holdsWord(item.Text, word):
				return item.Pos, nil
			}
		}
	}
	return t.begin(), nil
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
func (t *Task) needEntry(id string) Pos { return t.entry(id, needKeys()...) }

// needKeys are the keys under which a task says what it needs.
func needKeys() []string {
	return []string{"dependencies", "depends_on", "deps", "blocked_by", "consumes"}
}

// fixer makes edits of the plan's file.
func (c *checker) fixer() fixer { return fixer{c.source} }

// settled reports whether a task is over and will not run again by itself.
func (t *Task) settled() bool {
	return t.Status == Completed || t.Status == Skipped || t.Status == Cancelled
}

// meant guesses which task a wrong id was to name: "did you mean ...?", "" for no idea.
func (c *checker) meant(id string) string {
	near, _ := c.guess(id)
	if near == "" {
		return ""
	}
	return fmt.Sprintf("did you mean %q?", near)
}

// guess is the task that a wrong id was probably to name, "" for no idea. sure is true where there is no doubt:
// it is the only one that differs in nothing but case, separators and leading zeros, or in two letters that
// were swapped. Where the digits differ there is not even a guess: T12 is not T11 with a slip.
func (c *checker) guess(id string) (near string, sure bool) {
	if c.byShape == nil {
		c.byShape, c.byDigits = map[string][]string{}, map[string][]string{}
		for i, t := range c.plan.Tasks {
			if c.plan.index[t.ID] != i {
				continue
			}
			shape := idShape(t.ID)
			c.byShape[shape] = append(c.byShape[shape], t.ID)
			c.byDigits[digitsOf(shape)] = append(c.byDigits[digitsOf(shape)], t.ID)
		}
	}
	shape := idShape(id)
	if alike := c.byShape[shape]; len(alike) > 0 {
		return alike[0], len(alike) == 1
	}
	candidates := c.byDigits[digitsOf(shape)]
	if c.look -= len(candidates); c.look < 0 {
		return "", false
	}
	near = nearest(id, candidates)
	return near, near != "" && swapped(id, near)
}

// digitsOf is the digits of an id's shape, those of each number apart.
func digitsOf(shape string) string {
	return strings.Join(strings.FieldsFunc(shape, func(r rune) bool { return r < '0' || r > '9' }), " ")
}

// swapped reports whether two words differ in two neighbouring letters that changed places, and in nothing else.
func swapped(a, b string) bool {
	if len(a) != len(b) || len(a) < 5 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:] && letter(a[i]) && letter(a[i+1])
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
