package importer

import (
	"strings"
	"unicode"

	"billow/plan"
)

// width is where long texts are broken.
const width = 110

// writer writes YAML as a person would: block style, no quotes where none are needed, scripts as they are. The
// encoder of a library was left because none of them places comments without a syntax tree around them, and they
// differ in what they quote.
type writer struct {
	b strings.Builder
	// depth is the indentation of the next line in spaces; dash is true where it begins an item of a list.
	depth int
	dash  bool
}

// pair is one key of a mapping that is written.
type pair struct{ name, value string }

func (w *writer) line(text string) {
	indent := w.depth
	if w.dash {
		indent -= 2
	}
	if text != "" {
		w.b.WriteString(strings.Repeat(" ", indent))
	}
	if w.dash {
		w.b.WriteString("- ")
		w.dash = false
	}
	w.b.WriteString(text)
	w.b.WriteByte('\n')
}

// comment writes a comment, which may have several lines.
func (w *writer) comment(text string) {
	for _, line := range commentLines(text) {
		w.line(line)
	}
}

// commentLines makes comments of a text: what no comment can hold is left out.
func commentLines(text string) []string {
	var out []string
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		line = strings.TrimRight(strings.Map(func(r rune) rune {
			if r == '\t' {
				return ' '
			}
			if !plan.PlainRune(r) {
				return -1
			}
			return r
		}, line), " ")
		out = append(out, strings.TrimRight("# "+line, " "))
	}
	return out
}

// under writes what f writes as the value of a key.
func (w *writer) under(key string, f func()) {
	w.line(key + ":")
	w.depth += 2
	f()
	w.depth -= 2
}

// item writes what f writes as an item of a list.
func (w *writer) item(f func()) {
	w.depth += 2
	w.dash = true
	f()
	w.depth -= 2
}

// text writes a key with a text; nothing where there is none.
func (w *writer) text(key, value string) {
	if strings.TrimSpace(value) != "" {
		w.scalar(key+":", value)
	}
}

// scalar writes a text behind what leads to it (`key:`, or nothing for an item).
func (w *writer) scalar(lead, value string) {
	if lead != "" {
		lead += " "
	}
	value = strings.ToValidUTF8(strings.ReplaceAll(value, "\r\n", "\n"), "\ufffd")
	block := strings.Trim(value, "\n")
	switch {
	case strings.Contains(block, "\n") && literal(block):
		w.block(lead, "|", strings.Split(block, "\n"))
	case len(value) > width && foldable(value):
		w.block(lead, ">-", fold(value, width-w.depth))
	default:
		w.line(lead + word(value, false))
	}
}

// block writes a block scalar: in an item at the item's indentation, under a key two further in.
func (w *writer) block(lead, sign string, lines []string) {
	w.line(lead + sign)
	if lead != "" {
		w.depth += 2
		defer func() { w.depth -= 2 }()
	}
	for _, line := range lines {
		w.line(line)
	}
}

// list writes a list of texts: on one line where they are words that fit, else an item each.
func (w *writer) list(key string, items []string) {
	if len(items) == 0 {
		return
	}
	words := make([]string, len(items))
	plain := true
	for i, item := range items {
		words[i] = word(item, true)
		plain = plain && !strings.ContainsAny(item, " \n\t")
	}
	if one := key + ": [" + strings.Join(words, ", ") + "]"; plain && len(one)+w.depth <= width {
		w.line(one)
		return
	}
	w.under(key, func() {
		for _, item := range items {
			w.item(func() { w.scalar("", item) })
		}
	})
}

// exact is scalar for values of which a line end counts, as those of variables.
func (w *writer) exact(lead, value string) {
	block := strings.TrimSuffix(value, "\n")
	switch {
	case !strings.Contains(value, "\n"):
		w.scalar(lead, value)
	case block == "" || strings.Trim(block, "\n") != block || !literal(block):
		w.line(lead + " " + plan.Quote(value))
	case block == value:
		w.block(lead, " |-", strings.Split(block, "\n"))
	default:
		w.block(lead, " |", strings.Split(block, "\n"))
	}
}

// pairs writes a mapping of texts.
func (w *writer) pairs(key string, pairs []pair) {
	if len(pairs) == 0 {
		return
	}
	w.under(key, func() {
		for _, p := range pairs {
			w.exact(word(p.name, false)+":", p.value)
		}
	})
}

// value writes any tree under a key; numbers and truths stay what they are.
func (w *writer) value(key string, v *plan.Value) { w.tree(word(key, false)+":", v) }

func (w *writer) tree(lead string, v *plan.Value) {
	space := ""
	if lead != "" {
		space = " "
	}
	switch {
	case v.IsNull():
		w.line(lead + space + "null")
	case v.Kind == plan.Scalar && v.Style == plan.Plain && v.Text != "" && bare(v.Text):
		w.line(lead + space + v.Text)
	case v.Kind == plan.Scalar:
		w.scalar(lead, v.Text)
	case v.Kind == plan.List && len(v.Items) == 0:
		w.line(lead + space + "[]")
	case v.Kind == plan.Map && len(v.Fields) == 0:
		w.line(lead + space + "{}")
	default:
		if lead != "" {
			w.line(lead)
			w.depth += 2
			defer func() { w.depth -= 2 }()
		}
		for _, item := range v.Items {
			w.item(func() { w.tree("", item) })
		}
		for _, f := range v.Fields {
			w.value(f.Key, f.Value)
		}
	}
}

// bare reports whether a plain scalar of JSON may stand as it is: a number, true or false.
func bare(text string) bool {
	return text == "true" || text == "false" || strings.Trim(text, "0123456789+-.eE") == ""
}

// word writes a text on one line: plain where every reader takes it for the same text, else in quotes.
func word(text string, flow bool) string {
	switch {
	case plainWord(text, flow):
		return text
	case strings.ContainsFunc(text, func(r rune) bool { return !plan.PlainRune(r) }):
		return plan.Quote(text)
	case !strings.ContainsAny(text, `"\`), text == "":
		return `"` + text + `"`
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}

// plainWord reports whether a text can do without quotes. It says no to some that could.
func plainWord(text string, flow bool) bool {
	if text == "" || strings.HasSuffix(text, " ") || strings.HasSuffix(text, ":") ||
		strings.Contains(text, ": ") || strings.Contains(text, " #") {
		return false
	}
	switch strings.ToLower(text) {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity":
		return false
	}
	for i, r := range text {
		letter := r == '_' || r == '/' || r < 0x80 && unicode.IsLetter(r)
		switch {
		case letter:
		case i == 0, !plan.PlainRune(r):
			return false
		case flow && r != '-' && r != '.' && (r < '0' || r > '9'):
			return false
		}
	}
	return true
}

// literal reports whether a text of several lines can stand in a block as it is. One that begins with a blank
// would need its indentation written down.
func literal(text string) bool {
	return text[0] != ' ' && text[0] != '\t' && !strings.ContainsFunc(text, func(r rune) bool {
		return r != '\n' && r != '\t' && !plan.PlainRune(r)
	})
}

// foldable reports whether a text can be broken at its blanks and come out the same.
func foldable(text string) bool {
	return text == strings.Join(strings.Fields(text), " ") && !strings.ContainsFunc(text, func(r rune) bool {
		return !plan.PlainRune(r) || unicode.IsSpace(r) && r != ' '
	})
}

func fold(text string, width int) []string {
	var lines []string
	line := ""
	for part := range strings.SplitSeq(text, " ") {
		if line != "" && len(line)+1+len(part) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += part
	}
	return append(lines, line)
}
