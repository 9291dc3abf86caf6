package agents

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"billow/plan"
)

// yamlWriter writes plan.Values as YAML for briefs: block style, texts of several lines as literal blocks, so
// that a model reads them as they were written. goccy's encoder was left because it takes Go values and would
// turn the id 007 into a number.
type yamlWriter struct {
	strings.Builder
	mask func(string) string
}

func (w *yamlWriter) mapping(v *plan.Value, indent int) {
	for _, f := range v.Fields {
		// The first key of a list item stands beside its dash.
		if !strings.HasSuffix(w.String(), "- ") {
			w.indent(indent)
		}
		w.WriteString(quoteIfNeeded(w.mask(f.Key), false))
		w.WriteByte(':')
		w.nested(f.Value, indent)
	}
}

// nested writes what stands behind a key.
func (w *yamlWriter) nested(v *plan.Value, indent int) {
	switch {
	case v.IsNull():
		w.WriteString(" null\n")
	case v.Kind == plan.Map && len(v.Fields) > 0:
		w.WriteByte('\n')
		w.mapping(v, indent+1)
	case v.Kind == plan.List && len(v.Items) > 0:
		w.WriteByte('\n')
		w.list(v, indent+1)
	default:
		w.WriteByte(' ')
		w.scalar(v, indent+1)
	}
}

func (w *yamlWriter) list(v *plan.Value, indent int) {
	for _, item := range v.Items {
		w.indent(indent)
		switch {
		case item.IsNull():
			w.WriteString("- null\n")
		case item.Kind == plan.Map && len(item.Fields) > 0:
			w.WriteString("- ")
			w.mapping(item, indent+1)
		case item.Kind == plan.List && len(item.Items) > 0:
			w.WriteString("-\n")
			w.list(item, indent+1)
		default:
			w.WriteString("- ")
			w.scalar(item, indent+1)
		}
	}
}

// scalar writes text, and the empty collections.
func (w *yamlWriter) scalar(v *plan.Value, indent int) {
	switch v.Kind {
	case plan.Map:
		w.WriteString("{}\n")
		return
	case plan.List:
		w.WriteString("[]\n")
		return
	}
	s := w.mask(v.Text)
	if !strings.Contains(s, "\n") || !fitsLiteral(s) {
		w.WriteString(quoteIfNeeded(s, v.Style == plan.Plain) + "\n")
		return
	}
	body := strings.TrimRight(s, "\n")
	switch len(s) - len(body) {
	case 0:
		w.WriteString("|-\n")
	case 1:
		w.WriteString("|\n")
	default:
		w.WriteString("|+\n")
	}
	for line := range strings.SplitSeq(body, "\n") {
		if line != "" {
			w.indent(indent)
		}
		w.WriteString(line + "\n")
	}
	for range len(s) - len(body) - 1 {
		w.WriteByte('\n')
	}
}

func (w *yamlWriter) indent(n int) {
	for range n {
		w.WriteString("  ")
	}
}

// fitsLiteral reports whether a text can stand in a literal block as it is.
func fitsLiteral(s string) bool {
	if strings.TrimLeft(s, "\n") != s || s[0] == ' ' || s[0] == '\t' || strings.Trim(s, " \t\n") == "" {
		return false
	}
	for _, r := range s {
		if r != '\n' && r != '\t' && !unicode.IsPrint(r) || r == utf8.RuneError {
			return false
		}
	}
	return true
}

// quoteIfNeeded gives the text plain where that reads as the same text again. plain is true for scalars that
// were plain in the source: true, 0.95 and 007 stay as they are.
func quoteIfNeeded(s string, plain bool) string {
	switch strings.ToLower(s) {
	case "", "~", "null":
		return strconv.Quote(s)
	case "true", "false", "yes", "no", "on", "off", ".nan", ".inf", "-.inf":
		if !plain {
			return strconv.Quote(s)
		}
	}
	if !plain {
		if _, err := strconv.ParseFloat(s, 64); err == nil || s[0] >= '0' && s[0] <= '9' && !strings.ContainsAny(s, " /") {
			return strconv.Quote(s)
		}
	}
	head, _ := utf8.DecodeRuneInString(s)
	if !unicode.IsLetter(head) && !unicode.IsDigit(head) && !strings.ContainsRune("/.$(+^\\", head) ||
		strings.Contains(s, ": ") || strings.Contains(s, " #") || strings.HasSuffix(s, ":") ||
		strings.TrimSpace(s) != s {
		return strconv.Quote(s)
	}
	for _, r := range s {
		if !unicode.IsPrint(r) || r == utf8.RuneError {
			return strconv.Quote(s)
		}
	}
	return s
}
