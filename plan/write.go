package plan

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// yamlWriter writes values as YAML or JSON that reads as the same values again: block style with a list's dashes dash
// columns behind the column of its key, texts of several lines as literal blocks, short lists of words between
// brackets; or flow style.
type yamlWriter struct {
	strings.Builder
	dash int
	// json is true where keys and texts are in double quotes, as in JSON.
	json bool
	// oneLine keeps texts of several lines on one, in double quotes.
	oneLine bool
}

// maxFlowList is how long a list between brackets becomes at most in block style.
const maxFlowList = 80

// mapping writes fields in block style, each on lines of its own from a column on; the first stands where the writer is.
func (w *yamlWriter) mapping(fields []Field, column int) {
	for i, f := range fields {
		if i > 0 {
			w.line(column)
		}
		w.WriteString(w.word(f.Key, false) + ":")
		w.nested(f.Value, column)
	}
}

// nested writes what stands behind a key in a column: with the blank or the line end before it, without a line end
// behind it.
func (w *yamlWriter) nested(v *Value, column int) {
	switch {
	case v.IsNull():
		w.WriteString(" null")
	case v.Kind == Map && len(v.Fields) > 0:
		w.line(column + 2)
		w.mapping(v.Fields, column+2)
	case v.Kind == List && !w.fitsLine(v):
		for _, item := range v.Items {
			w.line(column + w.dash)
			w.item(item, column+w.dash)
		}
	default:
		w.WriteByte(' ')
		w.scalar(v, column)
	}
}

// item writes an item of a list whose dash stands in a column.
func (w *yamlWriter) item(v *Value, column int) {
	w.WriteByte('-')
	switch {
	case v.IsNull():
		w.WriteString(" null")
	case v.Kind == Map && len(v.Fields) > 0:
		w.WriteByte(' ')
		w.mapping(v.Fields, column+2)
	case v.Kind == List && !w.fitsLine(v):
		for i, item := range v.Items {
			if i == 0 {
				w.WriteByte(' ')
			} else {
				w.line(column + 2)
			}
			w.item(item, column+2)
		}
	default:
		w.WriteByte(' ')
		w.scalar(v, column)
	}
}

// fitsLine reports whether a list is written between brackets in block style: words and numbers, and not too many.
func (w *yamlWriter) fitsLine(v *Value) bool {
	size := 0
	for _, item := range v.Items {
		if item == nil || item.Kind != Scalar || strings.ContainsAny(item.Text, " \n") {
			return false
		}
		size += len(item.Text) + 2
	}
	return size <= maxFlowList
}

// scalar writes what is no block collection, beside a key or behind a dash in a column.
func (w *yamlWriter) scalar(v *Value, column int) {
	if v.Kind != Scalar || w.oneLine || !fitsLiteral(v.Text) {
		w.flow(v, false)
		return
	}
	body, ended := strings.CutSuffix(v.Text, "\n")
	w.WriteByte('|')
	if !ended {
		w.WriteByte('-')
	}
	for line := range strings.SplitSeq(body, "\n") {
		if line == "" {
			w.WriteByte('\n')
			continue
		}
		w.line(column + 2)
		w.WriteString(line)
	}
}

// flow writes a value on one line; within is true between brackets.
func (w *yamlWriter) flow(v *Value, within bool) {
	switch {
	case v.IsNull():
		w.WriteString("null")
	case v.Kind == List:
		w.WriteByte('[')
		for i, item := range v.Items {
			if i > 0 {
				w.WriteString(", ")
			}
			w.flow(item, true)
		}
		w.WriteByte(']')
	case v.Kind == Map:
		w.WriteByte('{')
		for i, f := range v.Fields {
			if i > 0 {
				w.WriteString(", ")
			}
			w.WriteString(w.word(f.Key, true) + ": ")
			w.flow(f.Value, true)
		}
		w.WriteByte('}')
	case w.json && v.plainMatters() && literalJSON(v.Text):
		w.WriteString(v.Text)
	case !w.json && v.plainMatters() && (!within || !strings.ContainsAny(v.Text, ",[]{}:\"")):
		w.WriteString(v.Text)
	default:
		w.WriteString(w.word(v.Text, within))
	}
}

// spread writes a value in flow style with each key and item on a line of its own, as far as it does not fit one: step
// columns further in than the column of the line that the writer is on.
func (w *yamlWriter) spread(v *Value, column, step int) {
	n := len(v.items())
	if n == 0 || v.Kind == List && w.fitsLine(v) {
		w.flow(v, true)
		return
	}
	open, shut := byte('{'), byte('}')
	if v.Kind == List {
		open, shut = '[', ']'
	}
	w.WriteByte(open)
	for i, inner := range v.items() {
		if i > 0 {
			w.WriteByte(',')
		}
		w.line(column + step)
		if v.Kind == Map {
			w.WriteString(w.word(v.Fields[i].Key, true) + ": ")
		}
		w.spread(inner, column+step, step)
	}
	w.line(column)
	w.WriteByte(shut)
}

// items are the values of a list or a mapping.
func (v *Value) items() []*Value {
	if v == nil || v.Kind != Map {
		if v == nil {
			return nil
		}
		return v.Items
	}
	out := make([]*Value, len(v.Fields))
	for i := range v.Fields {
		out[i] = v.Fields[i].Value
	}
	return out
}

// line begins a line at a column.
func (w *yamlWriter) line(column int) {
	w.WriteByte('\n')
	for range column {
		w.WriteByte(' ')
	}
}

// word writes a text on one line, without quotes where every reader takes it for that text.
func (w *yamlWriter) word(text string, within bool) string {
	switch {
	case w.json:
		return quoteJSON(text)
	case plainText(text) && !(within && strings.ContainsAny(text, ",[]{}:\"'")):
		return text
	}
	return Quote(text)
}

// plainText reports whether a text can stand without quotes in block style, and every YAML reader takes it for that text.
func plainText(text string) bool {
	head, _ := utf8.DecodeRuneInString(text)
	if !unicode.IsLetter(head) && head != '/' && head != '$' && head != '_' && !strings.HasPrefix(text, "./") {
		return false
	}
	return !reserved(text) && !strings.Contains(text, ": ") && !strings.Contains(text, " #") && !strings.HasSuffix(text, ":") &&
		!strings.HasSuffix(text, " ") && printable(text)
}

// canBePlain reports whether a text can stand without quotes in block style and reads as itself.
func canBePlain(text string) bool {
	if !plainStart(text, 0, false) || !printable(text) || strings.HasPrefix(text, "---") || strings.HasPrefix(text, "...") {
		return false
	}
	got, err := plain(text, 0, -1, false, false)
	return err == nil && got.text == text && got.end == len(text) && !isNull(text) && !strings.HasSuffix(text, ":")
}

// fitsLiteral reports whether a text of several lines can stand in a literal block that ends with it.
func fitsLiteral(text string) bool {
	body := strings.TrimSuffix(text, "\n")
	if body == "" || body == text && !strings.Contains(text, "\n") || strings.HasSuffix(body, "\n") {
		return false
	}
	if body[0] == '\n' || body[0] == ' ' || body[0] == '\t' {
		return false // the indentation of its first line is that of the block
	}
	for line := range strings.SplitSeq(body, "\n") {
		if line != "" && strings.Trim(line, " \t") == "" || !printable(strings.ReplaceAll(line, "\t", " ")) {
			return false
		}
	}
	return true
}

// quoteJSON writes a text as JSON, in characters that everyone sees.
func quoteJSON(text string) string {
	return quoteWith(text, func(r rune) string {
		if r < 0x10000 {
			return fmt.Sprintf(`\u%04x`, r)
		}
		high, low := utf16.EncodeRune(r)
		return fmt.Sprintf(`\u%04x\u%04x`, high, low)
	})
}
