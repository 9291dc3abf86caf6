package plan

import (
	"math"
	"strconv"
	"strings"
)

// Strings reads a value as a list of texts, as plans mean it: nothing is no text, a scalar is a list of
// one, a list is its items. An item that became a mapping through an unquoted `: ` reads back as the text
// it was meant to be ("key: value"); empty items are left out.
func (v *Value) Strings() []string {
	switch {
	case v.IsNull():
		return nil
	case v.Kind != List:
		return []string{v.Inline()}
	}
	out := make([]string, 0, len(v.Items))
	for _, item := range v.Items {
		if !item.IsNull() {
			out = append(out, item.Inline())
		}
	}
	return out
}

// Elements reads a value as a list: nothing has no elements, and anything but a list is the one element of a list.
func (v *Value) Elements() []*Value {
	switch {
	case v.IsNull():
		return nil
	case v.Kind == List:
		return v.Items
	}
	return []*Value{v}
}

// Inline is the value as one text: a scalar as it is, a mapping as "key: value, key: value", a list as
// its items with commas between. It is for people; it cannot always be read back.
func (v *Value) Inline() string {
	if v == nil {
		return ""
	}
	if v.Kind == Scalar {
		return v.Text
	}
	var b strings.Builder
	v.inline(&b)
	return b.String()
}

func (v *Value) inline(b *strings.Builder) {
	if v == nil {
		return
	}
	switch v.Kind {
	case Scalar:
		b.WriteString(v.Text)
	case List:
		for i, item := range v.Items {
			if i > 0 {
				b.WriteString(", ")
			}
			item.inline(b)
		}
	case Map:
		for i, f := range v.Fields {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(f.Key)
			b.WriteString(":")
			if !f.Value.IsNull() {
				b.WriteString(" ")
				f.Value.inline(b)
			}
		}
	}
}

// AsBool reads a truth value; ok is false when v is none. yes, no, on and off count too, because models
// write them.
func (v *Value) AsBool() (truth, ok bool) {
	if v == nil || v.Kind != Scalar {
		return false, false
	}
	switch strings.ToLower(strings.TrimSpace(v.Text)) {
	case "true", "yes", "on":
		return true, true
	case "false", "no", "off":
		return false, true
	}
	return false, false
}

// AsInt reads a whole number, quoted or not; ok is false when v is none. 3.0 is 3.
func (v *Value) AsInt() (n int, ok bool) {
	if v == nil || v.Kind != Scalar {
		return 0, false
	}
	text := strings.TrimSpace(v.Text)
	if n, err := strconv.Atoi(text); err == nil {
		return n, true
	}
	f, ok := decimal(text)
	if !ok || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return 0, false
	}
	return int(f), true
}

// ToAny turns a value into plain Go for expressions: nil, bool, int, float64, string, []any and
// map[string]any. Plain scalars are typed by the core schema of YAML 1.2; quoted, block and tagged ones
// are strings. Of a key that stands twice the last counts.
func ToAny(v *Value) any {
	if v == nil {
		return nil
	}
	switch v.Kind {
	case Scalar:
		if v.Style == Plain && !v.Tagged {
			return coreScalar(v.Text)
		}
		return v.Text
	case List:
		out := make([]any, len(v.Items))
		for i, item := range v.Items {
			out[i] = ToAny(item)
		}
		return out
	case Map:
		out := make(map[string]any, len(v.Fields))
		for _, f := range v.Fields {
			out[f.Key] = ToAny(f.Value)
		}
		return out
	}
	return nil
}

// coreScalar types the text of a plain scalar by the core schema of YAML 1.2 (§10.3.2): so `yes` is a
// text, 0o17 is 15 and 017 is 17.
func coreScalar(text string) any {
	switch text {
	case "", "~", "null", "Null", "NULL":
		return nil
	case "true", "True", "TRUE":
		return true
	case "false", "False", "FALSE":
		return false
	case ".nan", ".NaN", ".NAN":
		return math.NaN()
	case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF":
		return math.Inf(1)
	case "-.inf", "-.Inf", "-.INF":
		return math.Inf(-1)
	}
	if digits, ok := strings.CutPrefix(text, "0o"); ok {
		return integer(digits, 8, text)
	}
	if digits, ok := strings.CutPrefix(text, "0x"); ok {
		return integer(digits, 16, text)
	}
	if n, err := strconv.Atoi(text); err == nil {
		return n
	}
	if f, ok := decimal(text); ok {
		return f
	}
	return text
}

// integer reads digits in a base, and gives the text back where they are none.
func integer(digits string, base int, text string) any {
	if n, err := strconv.ParseUint(digits, base, 63); err == nil {
		return int(n)
	}
	return text
}

// decimal reads a number of the core schema. strconv alone knows more: hexadecimal floats, underscores,
// "inf" and "nan".
func decimal(text string) (float64, bool) {
	digits := false
	for i := range len(text) {
		switch c := text[i]; {
		case c >= '0' && c <= '9':
			digits = true
		case strings.IndexByte("+-.eE", c) < 0:
			return 0, false
		}
	}
	if !digits {
		return 0, false
	}
	f, err := strconv.ParseFloat(text, 64)
	return f, err == nil
}
