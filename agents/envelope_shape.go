package agents

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"billow/plan"
)

// An envelope has some ninety keys in twenty objects. The types in envelope.go are the one description of
// them; what follows reads and writes any of them by reflection. A reader by hand for each type was left
// because it would say everything three times, and encoding/json because it gives up the file at the first
// value of another shape and forgets unknown keys.

// into fills a struct from an object: what has no field in it, or a shape that the field cannot hold, goes
// into Other.
func (r *envelopeReader) into(v *plan.Value, target any) {
	r.fill(v, reflect.ValueOf(target).Elem(), "")
}

func (r *envelopeReader) fill(v *plan.Value, s reflect.Value, path string) {
	var other []plan.Field
	for _, f := range v.Fields {
		field, tag, ok := fieldOf(s, f.Key)
		switch {
		case !ok:
			if near := plan.Nearest(f.Key, keysOf(s.Type())); near != "" && v.Get(near) == nil {
				r.problem(envelopeSlip, plan.Warning, f.Pos, fmt.Sprintf("the format has no key %q here", oneLine(path+f.Key)), fmt.Sprintf("did you mean %q?", near))
			}
			other = append(other, f)
		case saysNothing(f.Value):
			other = append(other, f)
		case !r.set(f.Value, field, tag, path+f.Key):
			field.SetZero()
			r.problem(envelopeShape, plan.Info, f.Value.Pos, fmt.Sprintf("%s is %s where the format has %s", oneLine(path+f.Key), shapeName(f.Value, field), wanted(field, tag)), "")
			other = append(other, f)
		}
	}
	if len(other) > 0 {
		s.FieldByName("Other").Set(reflect.ValueOf(other))
	}
}

// set puts a value into a field; false when it does not fit.
func (r *envelopeReader) set(v *plan.Value, to reflect.Value, shape, path string) bool {
	switch to.Kind() {
	case reflect.String:
		truth := v.Style == plan.Plain && (v.Text == "true" || v.Text == "false")
		to.SetString(v.Text)
		return v.Kind == plan.Scalar && !truth
	case reflect.Bool:
		yes, ok := v.AsBool()
		to.SetBool(yes)
		return v.Kind == plan.Scalar && ok
	case reflect.Int:
		n, ok := v.AsInt()
		to.SetInt(int64(n))
		return v.Kind == plan.Scalar && ok
	case reflect.Float64:
		n, err := strconv.ParseFloat(strings.TrimSpace(v.Text), 64)
		to.SetFloat(n)
		return v.Kind == plan.Scalar && err == nil && !math.IsInf(n, 0) && !math.IsNaN(n)
	case reflect.Struct:
		return r.setStruct(v, to, path)
	case reflect.Slice:
		if shape == "keyed" && v.Kind == plan.Map {
			return setKeyed(v, to)
		}
		return r.setList(v, to, path)
	}
	return false
}

func (r *envelopeReader) setStruct(v *plan.Value, to reflect.Value, path string) bool {
	switch v.Kind {
	case plan.Map:
		if _, keyed := to.Interface().(KeyDir); keyed {
			return false
		}
		r.fill(v, to, path+".")
		return true
	case plan.Scalar:
		// "tabs" for {"text": "tabs"}, as the first form has it.
		first := to.Field(0)
		return first.Kind() == reflect.String && r.set(v, first, "", path)
	case plan.List:
		for i := range to.NumField() {
			if to.Type().Field(i).Tag.Get("shape") == "list" {
				return r.setList(v, to.Field(i), path)
			}
		}
	}
	return false
}

// setList fills a slice; a text alone is a list of one. All items have to fit.
func (r *envelopeReader) setList(v *plan.Value, to reflect.Value, path string) bool {
	items := v.Items
	switch v.Kind {
	case plan.Scalar:
		items = []*plan.Value{v}
	case plan.Map:
		return false
	}
	out := reflect.MakeSlice(to.Type(), len(items), len(items))
	said := len(r.problems)
	for i, item := range items {
		if !r.set(item, out.Index(i), "", fmt.Sprintf("%s[%d]", path, i)) {
			// One problem for the list is enough.
			r.problems = r.problems[:said]
			return false
		}
	}
	to.Set(out)
	return true
}

// setKeyed reads an object of names and texts as the list of its entries.
func setKeyed(v *plan.Value, to reflect.Value) bool {
	var dirs []KeyDir
	for _, f := range v.Fields {
		dir := KeyDir{Path: f.Key}
		if f.Value.Kind == plan.Null {
			return false
		}
		for _, item := range f.Value.Elements() {
			if item.Kind != plan.Scalar || item.Style == plan.Plain {
				return false
			}
			dir.Purpose = append(dir.Purpose, item.Text)
		}
		dirs = append(dirs, dir)
	}
	to.Set(reflect.ValueOf(dirs))
	return true
}

// shapeOf is a struct as a value, in the order of its fields; nothing in it says nothing.
func shapeOf(source any) *plan.Value {
	v := valueOf(reflect.Indirect(reflect.ValueOf(source)))
	if v == nil {
		v = &plan.Value{Kind: plan.Map}
	}
	return v
}

// valueOf is nil for what says nothing.
func valueOf(from reflect.Value) *plan.Value {
	if from.IsZero() {
		return nil
	}
	switch from.Kind() {
	case reflect.String:
		return scalarOf(from.String())
	case reflect.Bool:
		return &plan.Value{Kind: plan.Scalar, Text: "true"}
	case reflect.Int:
		return numberOf(int(from.Int()))
	case reflect.Float64:
		return &plan.Value{Kind: plan.Scalar, Text: strconv.FormatFloat(from.Float(), 'g', -1, 64)}
	case reflect.Slice:
		if dirs, ok := from.Interface().([]KeyDir); ok {
			return keyedValue(dirs)
		}
		out := &plan.Value{Kind: plan.List}
		for i := range from.Len() {
			item := valueOf(from.Index(i))
			switch {
			case item != nil:
			case from.Type().Elem().Kind() == reflect.Struct:
				item = &plan.Value{Kind: plan.Map}
			default:
				item = scalarOf("")
			}
			out.Items = append(out.Items, item)
		}
		return out
	case reflect.Struct:
		return structValue(from)
	}
	return nil
}

func structValue(from reflect.Value) *plan.Value {
	out := &plan.Value{Kind: plan.Map}
	var only *plan.Value
	for i := range from.NumField() {
		key := keyOf(from.Type().Field(i))
		if key == "" {
			continue
		}
		if v := valueOf(from.Field(i)); v != nil {
			out.Fields = append(out.Fields, plan.Field{Key: key, Value: v})
			if from.Type().Field(i).Tag.Get("shape") == "list" {
				only = v
			}
		}
	}
	other, _ := from.FieldByName("Other").Interface().([]plan.Field)
	for _, f := range other {
		// A field that was set since it was read takes the place of what stood there.
		if out.Get(f.Key) == nil {
			out.Fields = append(out.Fields, f)
		}
	}
	if only != nil && len(out.Fields) == 1 {
		return only
	}
	return out
}

// keyedValue is an object of folders and purposes, or a list of folders where none has a purpose.
func keyedValue(dirs []KeyDir) *plan.Value {
	names, keyed := &plan.Value{Kind: plan.List}, &plan.Value{Kind: plan.Map}
	plainList := true
	for _, d := range dirs {
		names.Items = append(names.Items, scalarOf(d.Path))
		purpose := &plan.Value{Kind: plan.List}
		for _, p := range d.Purpose {
			purpose.Items = append(purpose.Items, scalarOf(p))
		}
		plainList = plainList && len(d.Purpose) == 0
		keyed.Fields = append(keyed.Fields, plan.Field{Key: d.Path, Value: purpose})
	}
	if plainList {
		return names
	}
	return keyed
}

// fieldOf is the field of a struct that a key belongs to, and its shape.
func fieldOf(s reflect.Value, key string) (field reflect.Value, shape string, ok bool) {
	for i := range s.NumField() {
		if t := s.Type().Field(i); key != "" && keyOf(t) == key {
			return s.Field(i), t.Tag.Get("shape"), true
		}
	}
	return reflect.Value{}, "", false
}

func keysOf(t reflect.Type) []string {
	var out []string
	for i := range t.NumField() {
		if key := keyOf(t.Field(i)); key != "" {
			out = append(out, key)
		}
	}
	return out
}

// keyOf is the key of a field, "" for those that are none.
func keyOf(f reflect.StructField) string {
	return strings.TrimPrefix(f.Tag.Get("json"), "-")
}

// saysNothing reports whether a value is one that a field has anyhow.
func saysNothing(v *plan.Value) bool {
	switch {
	case v.IsNull():
		return true
	case v.Kind == plan.Map:
		return len(v.Fields) == 0
	case v.Kind == plan.List:
		return len(v.Items) == 0
	case v.Style != plan.Plain:
		return v.Text == ""
	}
	n, err := strconv.ParseFloat(v.Text, 64)
	return v.Text == "false" || err == nil && n == 0
}

func shapeName(v *plan.Value, field reflect.Value) string {
	switch v.Kind {
	case plan.Map:
		return "an object"
	case plan.List:
		if field.Kind() == reflect.Slice {
			return "a list with other items"
		}
		return "a list"
	case plan.Scalar:
		return fmt.Sprintf("%q", oneLine(v.Text))
	}
	return "nothing"
}

// wanted says what a field holds.
func wanted(field reflect.Value, shape string) string {
	switch field.Kind() {
	case reflect.String:
		return "a text"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Float64:
		return "a number"
	case reflect.Struct:
		return "an object"
	}
	switch elem := field.Type().Elem(); {
	case shape == "keyed":
		return "an object of folders and what they are for"
	case elem.Kind() == reflect.Struct:
		return "a list of objects with " + strings.Join(keysOf(elem), ", ")
	}
	return "a list of texts"
}

// appendJSON writes a value as JSON. Bare words that are numbers, true or false stay so, others become texts.
func appendJSON(out []byte, v *plan.Value) []byte {
	switch {
	case v == nil || v.Kind == plan.Null:
		return append(out, "null"...)
	case v.Kind == plan.Map:
		out = append(out, '{')
		for i, f := range v.Fields {
			if i > 0 {
				out = append(out, ',')
			}
			out = append(appendText(out, f.Key), ':')
			out = appendJSON(out, f.Value)
		}
		return append(out, '}')
	case v.Kind == plan.List:
		out = append(out, '[')
		for i, item := range v.Items {
			if i > 0 {
				out = append(out, ',')
			}
			out = appendJSON(out, item)
		}
		return append(out, ']')
	case v.Style == plan.Plain && bareInJSON(v.Text):
		return append(out, v.Text...)
	}
	return appendText(out, v.Text)
}

func bareInJSON(s string) bool {
	return !slices.Contains([]string{"", "null"}, s) && !strings.HasPrefix(s, `"`) && json.Valid([]byte(s))
}

// appendText cannot fail: Marshal takes every string.
func appendText(out []byte, s string) []byte {
	text, _ := json.Marshal(s)
	return append(out, text...)
}
