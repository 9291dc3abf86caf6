package plan

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// How the reading of a field goes wrong is the same everywhere: the value has the wrong shape (wrongType)
// or is none of those the key can have (badValue), a problem is recorded, and the field counts as not
// written. The readers here return their zero value then.

// text reads a scalar; nothing is "".
func (r *reader) text(f Field, example string) string {
	switch {
	case f.Value.IsNull():
		return ""
	case f.Value.Kind != Scalar:
		r.wrongType(Error, f, "a text", example)
		return ""
	}
	return f.Value.Text
}

// prose reads something meant for people: whatever its shape, it is taken as text.
func (r *reader) prose(f Field) string {
	if f.Value != nil && f.Value.Kind == List {
		return strings.Join(f.Value.Strings(), "\n")
	}
	return f.Value.Inline()
}

// texts reads a list of texts; a scalar is a list of one, nothing is none. An item that became a mapping
// through an unquoted `: ` counts as the text it was meant to be, with a remark.
func (r *reader) texts(f Field, example string) []string {
	switch {
	case f.Value.IsNull():
		return nil
	case f.Value.Kind == Map:
		r.wrongType(Error, f, "a text or a list of texts", example)
		return nil
	case f.Value.Kind == List:
		for _, item := range f.Value.Items {
			switch {
			case item == nil:
			case item.Kind == List:
				r.wrongType(Error, Field{Key: "an item of " + f.Key, Pos: f.Pos, Value: item}, "a text", "")
			case item.Kind == Map:
				r.colon(Warning, f.Key, item)
			}
		}
	}
	return f.Value.Strings()
}

// colon records that YAML made a mapping of a text. It counts as text all the same.
func (r *reader) colon(severity Severity, key string, item *Value) {
	r.addFixed(codeColon, severity, item.Pos, "an item of "+key+" reads as a mapping because of the `: ` in it",
		"put the whole item in quotes", r.fixer().quoted(item))
}

// names reads a list of single words, such as locks; two that are equal count once, and "none" is none.
func (r *reader) names(f Field, example string) []string {
	return slices.DeleteFunc(unique(r.texts(f, example)), isNone)
}

// unique trims words and leaves out empty and repeated ones, in place.
func unique(words []string) []string {
	out := words[:0]
	var seen map[string]bool
	if len(words) > 8 {
		seen = make(map[string]bool, len(words))
	}
	for _, word := range words {
		word = strings.TrimSpace(word)
		if word == "" || seen[word] || seen == nil && contains(out, word) {
			continue
		}
		if seen != nil {
			seen[word] = true
		}
		out = append(out, word)
	}
	return out
}

// contains looks a word up in a short list.
func contains(words []string, word string) bool {
	for _, w := range words {
		if w == word {
			return true
		}
	}
	return false
}

// flag reads a truth value; nothing is false.
func (r *reader) flag(f Field) bool {
	if f.Value.IsNull() {
		return false
	}
	truth, ok := f.Value.AsBool()
	if !ok {
		r.wrongType(Error, f, "true or false", "true")
	}
	return truth
}

// number reads a whole number between least and most; ok is false when there is none.
func (r *reader) number(f Field, severity Severity, least, most int) (n int, ok bool) {
	if f.Value.IsNull() {
		return 0, false
	}
	n, ok = f.Value.AsInt()
	switch {
	case !ok:
		r.wrongType(severity, f, "a whole number", strconv.Itoa(max(least, 1)))
	case n < least || n > most:
		r.badValue(severity, f, strconv.Itoa(n)+" is out of range",
			"write a number from "+strconv.Itoa(least)+" to "+strconv.Itoa(most))
		return 0, false
	}
	return n, ok
}

// duration reads a length of time; nothing is 0.
func (r *reader) duration(f Field, severity Severity) time.Duration {
	if f.Value.IsNull() {
		return 0
	}
	if f.Value.Kind != Scalar {
		r.wrongType(severity, f, "a duration", "5m")
		return 0
	}
	d, err := ParseDuration(f.Value.Text)
	if err != nil {
		r.badValue(severity, f, err.Error(), "write a number of seconds, or 90s, 5m, 1h30m")
	}
	return d
}

// env reads environment variables: a mapping of names to texts, or a list of NAME=VALUE.
func (r *reader) env(f Field) []EnvVar {
	const example = "{NAME: value}"
	v := f.Value
	switch {
	case v.IsNull():
		return nil
	case v.Kind == Map:
		return r.pairs(f)
	case v.Kind == Scalar && !strings.Contains(v.Text, "="):
		r.wrongType(Error, f, "a mapping of names to values", example)
		return nil
	case v.Kind == Scalar:
		v = &Value{Kind: List, Items: []*Value{v}, Pos: v.Pos}
	}
	var out []EnvVar
	for _, item := range v.Items {
		switch {
		case item.IsNull():
		case item.Kind == Map:
			out = append(out, r.pairs(Field{Key: f.Key, Pos: item.Pos, Value: item})...)
		case item.Kind == Scalar && strings.Contains(item.Text, "="):
			name, value, _ := strings.Cut(item.Text, "=")
			if r.envName(f.Key, name, item.Pos) {
				out = append(out, EnvVar{Name: name, Value: value, Pos: item.Pos})
			}
		default:
			r.wrongType(Error, Field{Key: "an item of " + f.Key, Pos: f.Pos, Value: item}, "NAME=VALUE", "")
		}
	}
	return out
}

// pairs reads a mapping of names to texts.
func (r *reader) pairs(f Field) []EnvVar {
	out := make([]EnvVar, 0, len(f.Value.Fields))
	for _, p := range f.Value.Fields {
		switch {
		case !r.envName(f.Key, p.Key, p.Pos):
		case p.Value == nil || p.Value.Kind <= Scalar:
			value := ""
			if p.Value != nil && p.Value.Kind == Scalar {
				value = p.Value.Text
			}
			out = append(out, EnvVar{Name: p.Key, Value: value, Pos: place(p)})
		default:
			r.wrongType(Error, Field{Key: p.Key + " in " + f.Key, Pos: p.Pos, Value: p.Value}, "a text", "")
		}
	}
	return out
}

// envName says whether a name can be one of the environment: the system knows no others.
func (r *reader) envName(key, name string, pos Pos) bool {
	if name != "" && !strings.ContainsAny(name, "= \t\n\x00") {
		return true
	}
	r.add(codeValue, Error, pos, key+": "+strconv.Quote(clip(name))+" is no name for a variable",
		"use letters, digits and _")
	return false
}

// isName reports whether a text is a name in the sense of shells and expressions: letters, digits, `_`
// and `-`, not beginning with a digit.
func isName(text string) bool {
	for i := range len(text) {
		switch c := text[i]; {
		case c == '_', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
		case i > 0 && (c == '-' || c >= '0' && c <= '9'):
		default:
			return false
		}
	}
	return text != ""
}

// inner looks at each key of a mapping field and remarks on those that are not among known.
func (r *reader) inner(f Field, known ...string) {
	for _, k := range f.Value.Fields {
		if contains(known, k.Key) {
			continue
		}
		hint := "it can have " + strings.Join(known, ", ")
		var fix []TextEdit
		near, sure := surely(k.Key, known)
		if near != "" {
			hint = "did you mean `" + near + "`?"
		}
		if sure && f.Value.Get(near) == nil {
			fix = r.fixer().key(k, near)
		}
		r.addFixed(codeKey, Warning, k.Pos, f.Key+" has no key `"+clip(k.Key)+"`", hint, fix)
	}
}
